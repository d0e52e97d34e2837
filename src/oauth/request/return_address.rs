//! Return addresses: the redirect URI and the mode of an authorization response (RFC 6749 §3.1.2.3).

use std::borrow::Cow;

use strum::IntoStaticStr;
use url::Url;

use crate::oauth::client::demand::Demands;
use crate::oauth::client::{Client, ClientKind};
use crate::oauth::detail::{Detail, DetailSubject};
use crate::oauth::error::OAuthError;
use crate::oauth::host::is_own_device;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::oauth::request::redirect_uri::RegisteredUri;
use crate::oauth::request::response_mode::ResponseMode;
use crate::oauth::request::signed_response::ResponseProtection;

/// Where and how an answer is sent. It can only be made after the client and the redirect URI were verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnAddress {
    uri: Box<str>,
    mode: ResponseMode,
    /// How the answer is signed; `None` unless the mode is a signed one.
    protection: Option<Box<ResponseProtection>>,
}

impl ReturnAddress {
    /// Verifies the requested redirect URI (RFC 6749 §3.1.2.3).
    ///
    /// # Errors
    /// If it is missing, repeated or not registered; the error is shown on a page, never sent by redirect.
    pub fn verify(client: &Client, params: &Params) -> Result<Self, OAuthError> {
        if params.count("redirect_uri") > 1 {
            return Err(Reason::RedirectUriRepeated
                .because("the parameter redirect_uri is repeated")
                .with(registered_for(client)));
        }
        let Some(requested) = params.one("redirect_uri")? else {
            return Err(Reason::RedirectUriMissing
                .because("the parameter redirect_uri is missing")
                .with(registered_for(client)));
        };
        if is_registered(&client.redirect_uris, client, requested) {
            return Ok(Self::of(requested));
        }
        Err(mismatch(client, requested))
    }

    /// The address after a sign-out (OpenID Connect RP-Initiated Logout §3.1). It is compared as a redirect URI is, so a
    /// native application may use any port of its loopback address.
    ///
    /// # Errors
    /// If the client has not registered it.
    pub fn after_logout(client: &Client, requested: &str) -> Result<Self, Box<Detail>> {
        let registered = &client.post_logout_redirect_uris;
        match is_registered(registered, client, requested) {
            true => Ok(Self::of(requested)),
            false => {
                let (detail, _) = compared(registered, client.kind, requested);
                Err(Box::new(Detail { subject: DetailSubject::PostLogoutRedirectUri, ..detail }))
            }
        }
    }

    fn of(requested: &str) -> Self {
        Self { uri: requested.into(), mode: ResponseMode::Query, protection: None }
    }

    /// The home page of the web site to which the address belongs. `None` for an application on a device.
    pub fn site(&self, kind: ClientKind) -> Option<String> {
        let url = Url::parse(&self.uri).ok().filter(|url| matches!(url.scheme(), "https" | "http"))?;
        (kind != ClientKind::Native).then(|| format!("{}/", url.origin().ascii_serialization()))
    }

    /// The address with the response mode `mode`, for answers to `client`.
    pub fn by(self, mode: ResponseMode, client: &Client, demands: &Demands) -> Self {
        let protection = mode.is_signed().then(|| Box::new(ResponseProtection::of(client, demands)));
        Self { mode, protection, ..self }
    }

    /// Whether only the application itself gets what is sent here: an https address, which its domain proves. Any program on
    /// a person's device can listen on a loopback port, with a certificate that the device trusts, or claim a private scheme
    /// (RFC 8252 §8.6).
    pub fn is_proven(&self) -> bool {
        let url = Url::parse(&self.uri).ok().filter(|url| url.scheme() == "https");
        url.is_some_and(|url| url.host().is_some_and(|host| !is_own_device(&host)))
    }

    /// The redirect URI, without the parameters of an answer.
    pub fn as_str(&self) -> &str {
        &self.uri
    }

    /// How the answer is sent to the address.
    pub fn mode(&self) -> ResponseMode {
        self.mode
    }

    /// How the answer is signed; `None` if it is not.
    pub fn protection(&self) -> Option<&ResponseProtection> {
        self.protection.as_deref()
    }

    /// The address with `answer` in its query or fragment.
    pub fn with(&self, answer: &[(&str, &str)]) -> String {
        // All pairs are text, so encoding cannot fail.
        let encoded = serde_urlencoded::to_string(answer).unwrap_or_default();
        let separator = match (self.mode, self.uri.split_once('?')) {
            // Registered addresses have no fragment.
            (ResponseMode::Fragment | ResponseMode::FragmentJwt, _) => "#",
            (_, None) => "?",
            (_, Some((_, ""))) => "",
            (_, Some(_)) => "&",
        };
        format!("{}{separator}{encoded}", self.uri)
    }
}

/// The client's redirect URIs, for a request that has none of its own.
fn registered_for(client: &Client) -> Detail {
    Detail::of(DetailSubject::RedirectUri).registered(client.redirect_uris.iter().map(RegisteredUri::as_str))
}

/// Whether one of the client's registered addresses matches: the only comparison of a requested address.
fn is_registered(registered: &[RegisteredUri], client: &Client, requested: &str) -> bool {
    registered.iter().any(|registered| registered.matches(requested, client.kind))
}

/// The refusal for a redirect URI that is not registered: it says which part differs from the most similar registered
/// one, without revealing that one.
fn mismatch(client: &Client, requested: &str) -> OAuthError {
    if client.redirect_uris.is_empty() {
        return Reason::RedirectUriNoneRegistered
            .because("this client has no redirect URI registered")
            .with(compared(&client.redirect_uris, client.kind, requested).0);
    }
    let (address, difference) = compared(&client.redirect_uris, client.kind, requested);
    let differs = |reason: Reason, part| {
        reason.because(format!("the redirect_uri differs from the registered one in its {part}"))
    };
    let error = match difference {
        None => Reason::RedirectUriMalformed.because("the redirect_uri is not an absolute URI"),
        Some(Difference::Host) => {
            Reason::RedirectUriHost.because("no redirect URI of this client has this host")
        }
        Some(Difference::Scheme) => differs(Reason::RedirectUriScheme, "scheme"),
        Some(Difference::Port) => differs(Reason::RedirectUriPort, "port"),
        Some(Difference::Path) => differs(Reason::RedirectUriPath, "path"),
        Some(Difference::Query) => differs(Reason::RedirectUriQuery, "query"),
        Some(Difference::Spelling) => Reason::RedirectUriMalformed
            .because("the redirect_uri means the registered one but is not written like it"),
    };
    error.with(address)
}

/// The first part in which an address differs from a registered one, from the greatest difference to the smallest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
enum Difference {
    Host,
    Scheme,
    Port,
    Path,
    Query,
    Spelling,
}

impl Difference {
    /// `any_port`: whether the port may differ.
    fn between(registered: &Url, requested: &Url, any_port: bool) -> Self {
        if requested.host_str().is_none() && registered.scheme() != requested.scheme() {
            // Such as mailto and javascript, which know no hosts.
            Self::Scheme
        } else if registered.host_str() != requested.host_str() {
            Self::Host
        } else if registered.scheme() != requested.scheme() {
            Self::Scheme
        } else if !is_same_port(registered, requested, any_port) {
            Self::Port
        } else if registered.path() != requested.path() {
            Self::Path
        } else if registered.query() != requested.query() {
            Self::Query
        } else {
            Self::Spelling
        }
    }

    /// The text of the part in an address, whose text that came is `came`.
    fn part_of<'a>(self, url: &'a Url, came: &'a str) -> Cow<'a, str> {
        match self {
            Self::Host => url.host_str().unwrap_or_default().into(),
            Self::Port => url.port_or_known_default().map(|port| port.to_string()).unwrap_or_default().into(),
            Self::Scheme => Parts::of(came, url.is_special()).scheme.into(),
            Self::Path => Parts::of(came, url.is_special()).path.into(),
            Self::Query => Parts::of(came, url.is_special()).query.into(),
            Self::Spelling => came.into(),
        }
    }
}

/// Whether the ports are the same, or may differ. No application listens on the port 0.
fn is_same_port(registered: &Url, requested: &Url, any_port: bool) -> bool {
    let (known, came) = (registered.port_or_known_default(), requested.port_or_known_default());
    known == came || (any_port && came != Some(0))
}

/// Parts of an address that is an absolute URI, as it is written. [`Url`] has them only in their normal form.
struct Parts<'a> {
    scheme: &'a str,
    path: &'a str,
    query: &'a str,
}

impl<'a> Parts<'a> {
    /// `is_web`: whether the scheme is one of the web, in whose addresses the URL standard accepts any slashes.
    fn of(came: &'a str, is_web: bool) -> Self {
        let (scheme, rest) = came.split_once(':').unwrap_or_default();
        let rest = rest.split('#').next().unwrap_or_default();
        let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
        let authority = match is_web {
            true => Some(before.trim_start_matches(['/', '\\'])),
            false => before.strip_prefix("//"),
        };
        let path = match authority {
            Some(text) => text.find(|c: char| c == '/' || (is_web && c == '\\')).map_or("", |at| &text[at..]),
            None => before,
        };
        Self { scheme, path, query }
    }
}

/// Compares an address with the most similar one of `registered`. The difference is `None` if the address is not an absolute
/// URI.
fn compared(registered: &[RegisteredUri], kind: ClientKind, requested: &str) -> (Detail, Option<Difference>) {
    let url = Url::parse(requested).ok();
    let nearest = url.as_ref().and_then(|url| {
        let parsed = registered.iter().filter_map(|uri| Some((uri, Url::parse(uri.as_str()).ok()?)));
        let compared =
            parsed.map(|(uri, known)| (Difference::between(&known, url, uri.has_free_port(kind)), uri));
        // Of several that differ in the same part, the most similar text; the first of those, because this takes the last.
        let all: Vec<_> = compared.collect();
        all.into_iter()
            .rev()
            .max_by_key(|(difference, uri)| (*difference, in_common(uri.as_str(), requested)))
    });
    let first = nearest.map(|(_, uri)| uri);
    let others = registered.iter().filter(|uri| Some(*uri) != first);
    let known = first.into_iter().chain(others).map(RegisteredUri::as_str);
    let mut address = Detail::of(DetailSubject::RedirectUri).came(requested).registered(known);
    if let Some((url, (difference, _))) = url.as_ref().zip(nearest) {
        let part: &'static str = difference.into();
        address = address.differs(part, &difference.part_of(url, requested));
    }
    (address, nearest.map(|(difference, _)| difference))
}

/// The number of bytes with which both texts begin, and of those with which both end.
fn in_common(one: &str, other: &str) -> usize {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let begin = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let rest = |text: &[u8]| text.len() - begin;
    let end = one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count();
    begin + end.min(rest(one)).min(rest(other))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::oauth::client::example;

    fn client(kind: ClientKind, uri: &str) -> Client {
        example(kind)
            .with(|metadata| metadata.redirect_uris = vec![RegisteredUri::register(uri, kind).unwrap()])
    }

    fn verify(client: &Client, requested: &str) -> Result<ReturnAddress, OAuthError> {
        let query = serde_urlencoded::to_string([("redirect_uri", requested)]).unwrap();
        ReturnAddress::verify(client, &Params::parse(query.as_bytes()).unwrap())
    }

    #[test]
    fn a_native_client_may_change_the_loopback_port_and_nothing_else() {
        let native = client(ClientKind::Native, "http://127.0.0.1/cb?x=1");
        assert!(verify(&native, "http://127.0.0.1:51004/cb?x=1").is_ok());
        for bad in [
            "http://localhost:51004/cb?x=1",
            "http://127.0.0.1:51004/cb",
            "http://127.0.0.1:51004/cb?x=2",
            "http://127.0.0.1:0/cb?x=1",
            "http://127.0.0.1:65536/cb?x=1",
            "http://127.0.0.1:/cb?x=1",
            "http://127.0.0.1:80a/cb?x=1",
            "http://127.0.0.1.evil/cb?x=1",
            "http://127.0.0.1:1@evil/cb?x=1",
            "https://127.0.0.1:51004/cb?x=1",
            "http://127.1:51004/cb?x=1",
            "http://127.0.0.1:080/cb?x=1",
        ] {
            assert!(verify(&native, bad).is_err(), "{bad}");
        }
        assert!(
            verify(&client(ClientKind::Web, "http://127.0.0.1/cb"), "http://127.0.0.1:51004/cb").is_err()
        );
        assert!(verify(&client(ClientKind::Native, "http://[::1]:1/cb"), "http://[::1]:51004/cb").is_ok());
        assert!(
            verify(&client(ClientKind::Native, "http://localhost/cb"), "http://localhost:51004/cb").is_ok()
        );
    }

    #[test]
    fn the_refusal_names_the_part_that_differs() {
        let web = client(ClientKind::Web, "https://app.example/cb?a=1");
        let reason = |uri| verify(&web, uri).unwrap_err().reason;
        assert_eq!(reason("http://app.example/cb?a=1"), Reason::RedirectUriScheme);
        assert_eq!(reason("https://evil.example/cb?a=1"), Reason::RedirectUriHost);
        assert_eq!(reason("https://app.example:444/cb?a=1"), Reason::RedirectUriPort);
        assert_eq!(reason("https://app.example/cb/?a=1"), Reason::RedirectUriPath);
        assert_eq!(reason("https://app.example/cb?a=2"), Reason::RedirectUriQuery);
        assert_eq!(reason("https://APP.example/cb?a=1"), Reason::RedirectUriMalformed);
        assert_eq!(reason("/cb"), Reason::RedirectUriMalformed);
    }

    #[test]
    fn of_several_addresses_the_most_similar_one_is_compared() {
        let known = [
            "https://app.example.com/x",
            "https://app.example.com/auth/callback",
            "https://app.example.com/y",
            "https://zzz.example.org/",
        ];
        let web = example(ClientKind::Web).with(|metadata| {
            let uris = known.iter().map(|uri| RegisteredUri::register(uri, ClientKind::Web).unwrap());
            metadata.redirect_uris = uris.collect();
        });
        for (requested, nearest) in [
            ("https://app.example.com/auth/callback/", known[1]),
            ("https://app.example.com/auth/Callback", known[1]),
            ("http://app.example.com/auth/callback", known[1]),
            ("https://app.example.co/auth/callback", known[1]),
            ("https://zzz.example.org/x", known[3]),
            ("https://app.example.com/", known[0]),
        ] {
            let detail = verify(&web, requested).unwrap_err().detail.unwrap();
            assert_eq!(detail.registered[0], nearest, "{requested}");
        }
        let script = verify(&web, "javascript:alert(1)").unwrap_err();
        assert_eq!(script.reason, Reason::RedirectUriScheme);
    }

    #[test]
    fn the_part_that_differs_is_shown_as_it_came() {
        for (uri, kind, requested, part, text) in [
            ("https://app.example/cb", ClientKind::Web, "HTTP://app.example/cb", "scheme", "HTTP"),
            ("https://app.example/cb", ClientKind::Web, "https://app.example/a%20b", "path", "/a%20b"),
            ("https://app.example/cb", ClientKind::Web, "https://app.example/x/../y?z", "path", "/x/../y"),
            ("https://app.example/cb", ClientKind::Web, "https:\\\\app.example\\y", "path", "%5Cy"),
            ("https://app.example/cb", ClientKind::Web, "https://app.example", "path", "(empty)"),
            ("https://app.example/cb", ClientKind::Web, "https://app.example/cb?%41#x", "query", "%41"),
            (
                "https://app.example/cb",
                ClientKind::Web,
                " https://app.example/cb",
                "spelling",
                "%20https://app.example/cb",
            ),
            ("http://127.0.0.1/cb", ClientKind::Web, "http://127.0.0.1:5/x", "port", "5"),
            ("http://127.0.0.1/cb", ClientKind::Native, "http://127.0.0.1:5/x", "path", "/x"),
            ("http://[::1]:9/cb", ClientKind::Native, "http://[::1]:5/cb?y", "query", "y"),
            ("http://localhost/cb", ClientKind::Native, "http://localhost:0/cb", "port", "0"),
            (
                "http://localhost/cb",
                ClientKind::Native,
                "http://localhost:080/cb",
                "spelling",
                "http://localhost:080/cb",
            ),
            ("https://localhost/cb", ClientKind::Native, "https://localhost:5/x", "port", "5"),
            ("com.example.app:/cb", ClientKind::Native, "com.example.app:/x", "path", "/x"),
            ("com.example.app://a/cb", ClientKind::Native, "com.example.app://a/x?y", "path", "/x"),
        ] {
            let error = verify(&client(kind, uri), requested).unwrap_err();
            let differs = error.detail.unwrap().differs.unwrap();
            assert_eq!(differs, (part.into(), text.to_owned()), "{requested}");
        }
    }

    #[test]
    fn the_answer_is_appended_to_an_existing_query() {
        let by = |mode, uri: &str| {
            ReturnAddress { mode, ..ReturnAddress::of(uri) }.with(&[("code", "a b"), ("state", "x&y")])
        };
        let with = |uri: &str| by(ResponseMode::Query, uri);
        assert_eq!(with("https://a.example/cb"), "https://a.example/cb?code=a+b&state=x%26y");
        assert_eq!(with("https://a.example/cb?t=1"), "https://a.example/cb?t=1&code=a+b&state=x%26y");
        assert_eq!(with("https://a.example/cb?"), "https://a.example/cb?code=a+b&state=x%26y");
        assert_eq!(
            by(ResponseMode::Fragment, "https://a.example/cb?t=1"),
            "https://a.example/cb?t=1#code=a+b&state=x%26y"
        );
    }

    proptest! {
        #[test]
        fn an_accepted_uri_is_equal_or_differs_only_in_a_loopback_port(uri in "(https?://)?[a-z0-9.@:\\\\/?#%\\[\\]-]{0,40}") {
            let web = client(ClientKind::Web, "https://app.example/cb");
            if let Ok(address) = verify(&web, &uri) {
                prop_assert_eq!(address.as_str(), "https://app.example/cb");
            }
        }
    }
}
