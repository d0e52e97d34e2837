//! WebFinger: which issuer signs in the accounts of a host (OpenID Connect Discovery §2, RFC 7033).
//!
//! The answer depends on the host alone, so no one learns from it which accounts exist.

use std::str::FromStr;

use serde::Serialize;
use url::Url;

use crate::oauth::error::OAuthError;
use crate::oauth::host;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;

/// The relation between an account and the issuer that signs it in (OpenID Connect Discovery §2).
const ISSUER_REL: &str = "http://openid.net/specs/connect/1.0/issuer";
/// The maximum length of a resource in bytes.
const MAX_RESOURCE_LENGTH: usize = 1024;

/// The hosts whose accounts this server signs in, each in its normal form, with its port if it has one.
#[derive(Clone, Debug, Default)]
pub struct WebFingerHosts(Vec<String>);

/// Parses a list separated by spaces. The error is a sentence about the first invalid entry, which it does not repeat.
impl FromStr for WebFingerHosts {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let wrong = "it has a word that is not a host in lower case, such as example.com";
        let read = |entry: &str| normal(entry).filter(|normal| normal == entry).ok_or(wrong);
        text.split_whitespace().map(read).collect::<Result<_, _>>().map(Self)
    }
}

/// A host with its port, if it has one, in its normal form. `None` if the text is anything else.
fn normal(text: &str) -> Option<String> {
    if text.contains(['/', '?', '#', '@', '\\']) {
        return None;
    }
    of_url(&Url::parse(&format!("https://{text}/")).ok()?)
}

fn of_url(url: &Url) -> Option<String> {
    let host = url.host_str().filter(|_| host::is_plain(url))?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

impl WebFingerHosts {
    /// Whether no host is named, so that WebFinger is off.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The descriptor of the account that a request names (RFC 7033 §4.2). `None` if the account is of another host.
    ///
    /// # Errors
    /// If the parameter `resource` is missing, repeated, too long, or neither an account nor a web address.
    pub fn describe<'a>(
        &self,
        params: &'a Params,
        issuer: &'a str,
    ) -> Result<Option<AccountDescriptor<'a>>, OAuthError> {
        let malformed = |what: &'static str| Reason::RequestMalformed.because(what);
        let resource =
            params.one("resource")?.ok_or_else(|| malformed("the parameter resource is missing"))?;
        if resource.len() > MAX_RESOURCE_LENGTH {
            return Err(malformed("the parameter resource is longer than 1024 bytes"));
        }
        let Some(host) = host_of(resource) else {
            return Err(malformed(
                "the parameter resource is neither an account such as acct:jane@example.com nor a web address",
            ));
        };
        let mut rels = params.pairs().iter().filter(|(name, _)| name == "rel").peekable();
        let is_wanted = rels.peek().is_none() || rels.any(|(_, rel)| rel == ISSUER_REL);
        let link = AccountLink { rel: ISSUER_REL, href: issuer };
        let links = is_wanted.then_some(link).into_iter().collect();
        Ok(self.0.contains(&host).then_some(AccountDescriptor { subject: resource, links }))
    }
}

/// The host of an account (`acct:jane@example.com`, RFC 7565) or of a web address. `None` for any other text.
fn host_of(resource: &str) -> Option<String> {
    let (scheme, rest) = resource.split_once(':')?;
    match scheme.to_ascii_lowercase().as_str() {
        "acct" => {
            let (user, host) = rest.rsplit_once('@')?;
            normal(host).filter(|_| !user.is_empty())
        }
        "https" | "http" => of_url(&Url::parse(resource).ok()?),
        _ => None,
    }
}

/// What is known about an account: a JSON Resource Descriptor (RFC 7033 §4.4).
#[derive(Debug, Serialize)]
pub struct AccountDescriptor<'a> {
    subject: &'a str,
    links: Vec<AccountLink<'a>>,
}

#[derive(Debug, Serialize)]
struct AccountLink<'a> {
    rel: &'static str,
    href: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_and_web_addresses_have_a_host() {
        for (resource, host) in [
            ("acct:jane@example.com", Some("example.com")),
            ("ACCT:jane@EXAMPLE.com", Some("example.com")),
            ("acct:jane%40other@example.com", Some("example.com")),
            ("acct:jane@b\u{fc}cher.example", Some("xn--bcher-kva.example")),
            ("acct:jane@example.com:8443", Some("example.com:8443")),
            ("https://example.com/jane", Some("example.com")),
            ("https://example.com:443/", Some("example.com")),
            ("https://jane@example.com:8443", Some("example.com:8443")),
            ("acct:@example.com", None),
            ("acct:jane", None),
            ("acct:jane@", None),
            ("acct:jane@exa mple.com", None),
            ("acct:jane@example.com/path", None),
            ("acct:jane@example.com?x", None),
            ("acct:jane@a;b.example", None),
            ("jane@example.com", None),
            ("mailto:jane@example.com", None),
            ("https:", None),
            ("", None),
        ] {
            assert_eq!(host_of(resource).as_deref(), host, "{resource}");
        }
    }

    #[test]
    fn hosts_are_listed_in_lower_case() {
        let hosts: WebFingerHosts = " example.com  id.example.com:8443 ".parse().unwrap();
        assert_eq!(hosts.0, ["example.com", "id.example.com:8443"]);
        assert!("".parse::<WebFingerHosts>().unwrap().is_empty());
        for wrong in [
            "Example.com",
            "https://example.com",
            "example.com/",
            "jane@example.com",
            "*.example.com",
            "a:443",
        ] {
            assert!(wrong.parse::<WebFingerHosts>().is_err(), "{wrong}");
        }
    }
}
