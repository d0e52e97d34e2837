//! Redirect URIs: which may be registered, and the comparison of a requested one (RFC 6749 §3.1.2).

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::reserved_schemes::is_reserved;
use crate::oauth::client::kind::ClientKind;
use crate::oauth::host::{self, WRONG_HOST};

/// A redirect URI that was checked when it was registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct RegisteredUri(String);

impl RegisteredUri {
    const MAX_LENGTH: usize = 2048;
    /// The number of characters that a refusal shows.
    const MAX_SHOWN: usize = 300;

    /// Checks a redirect URI before it is stored, for a client without schemes of its own.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn register(text: &str, kind: ClientKind) -> Result<Self, String> {
        Self::register_for(text, kind, &[])
    }

    /// Checks a redirect URI before it is stored. `schemes`: the schemes without a dot that the client may use, each
    /// checked by [`check_scheme`].
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn register_for(text: &str, kind: ClientKind, schemes: &[String]) -> Result<Self, String> {
        let shown: String = text.chars().take(Self::MAX_SHOWN).collect();
        let refuse = |why: &str| Err(format!("the redirect URI {shown:?} {why}"));
        if text.is_empty() || text.len() > Self::MAX_LENGTH {
            return refuse("must have between 1 and 2048 characters");
        }
        if !text.bytes().all(|b| b.is_ascii_graphic())
            || text.contains(['\\', '"', '<', '>', '^', '`', '{', '|', '}'])
        {
            return refuse(
                "may hold only characters of RFC 3986; write other ones percent-encoded, hosts in punycode",
            );
        }
        if has_broken_escape(text) {
            return refuse("has a percent sign that two hexadecimal digits do not follow");
        }
        if text.contains('#') {
            return refuse("must not have a fragment (RFC 6749 section 3.1.2)");
        }
        if text.contains('*') {
            return refuse("must not have a wildcard; register every address in full");
        }
        let Ok(url) = Url::parse(text) else { return refuse("is not an absolute URI") };
        if !url.username().is_empty() || url.password().is_some() || authority(text).contains('@') {
            return refuse("must not have a user name or password in it");
        }
        match url.scheme() {
            "https" if url.host().is_some() => {}
            "http" if is_loopback(&url) => {}
            "http" => return refuse("must be https; http is for 127.0.0.1, [::1] and localhost only"),
            scheme if kind == ClientKind::Native && is_allowed_scheme(scheme, schemes) => {
                return private_fault(text, &url).map_or_else(|| Ok(Self(text.to_owned())), refuse);
            }
            scheme if is_private_scheme(scheme) => {
                return refuse("has a private scheme, which only clients of kind native may use");
            }
            scheme if kind == ClientKind::Native && check_scheme(scheme).is_ok() => {
                return refuse(&format!(
                    "must be https, http on loopback, or have a scheme like com.example.app; `allowed_schemes` can allow \
                     {scheme}, but any other application on the device can claim such a scheme and then gets the answers"
                ));
            }
            _ => {
                return refuse(
                    "must be https, http on loopback, or for a native client a scheme like com.example.app",
                );
            }
        }
        if !host::is_plain(&url) {
            return refuse(&format!("has a host that {WRONG_HOST}"));
        }
        // If the URL standard would rewrite the text, two parsers could read it differently.
        if url.as_str() != text && url.as_str().strip_suffix('/') != Some(text) {
            return Err(format!(
                "the redirect URI {text:?} is not in its normal form; write {:?}",
                url.as_str()
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// Reads a stored redirect URI, which was checked before it was stored.
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The URI exactly as it was registered.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a requested URI is equal byte for byte, except for the port of a native client's loopback address (RFC
    /// 8252 §7.3).
    pub fn matches(&self, requested: &str, kind: ClientKind) -> bool {
        self.0 == requested || (kind == ClientKind::Native && self.matches_on_another_port(requested))
    }

    fn matches_on_another_port(&self, requested: &str) -> bool {
        LOOPBACK.iter().any(|origin| {
            let registered_rest = self.0.strip_prefix(origin).and_then(after_port);
            let requested_rest = requested.strip_prefix(origin).and_then(after_port);
            registered_rest.is_some() && registered_rest == requested_rest
        })
    }

    /// Whether [`matches`](Self::matches) ignores the port.
    pub fn has_free_port(&self, kind: ClientKind) -> bool {
        kind == ClientKind::Native
            && LOOPBACK.iter().any(|origin| self.0.strip_prefix(origin).and_then(after_port).is_some())
    }
}

/// The addresses on which a native client may use any port.
const LOOPBACK: [&str; 3] = ["http://127.0.0.1", "http://[::1]", "http://localhost"];

/// Reads a stored redirect URI. The rules may have been different when it was registered, so this checks only what all
/// rules have required.
impl TryFrom<String> for RegisteredUri {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if Url::parse(&text).is_ok() { Ok(Self(text)) } else { Err("not an absolute URI") }
    }
}

/// Whether a percent sign begins no escape (RFC 3986 §2.1).
fn has_broken_escape(text: &str) -> bool {
    let is_whole =
        |after: &str| after.len() >= 2 && after.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    text.split('%').skip(1).any(|after| !is_whole(after))
}

/// What follows an optional `:port`; `None` if the host continues or the port is invalid.
fn after_port(rest: &str) -> Option<&str> {
    let Some(port_and_rest) = rest.strip_prefix(':') else {
        return (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(rest);
    };
    let digits = port_and_rest.bytes().take_while(u8::is_ascii_digit).count();
    let (port, rest) = port_and_rest.split_at(digits);
    let is_port = !port.starts_with('0') && port.parse::<u16>().is_ok();
    (is_port && (rest.is_empty() || rest.starts_with(['/', '?']))).then_some(rest)
}

fn authority(text: &str) -> &str {
    let after_scheme = text.split_once("://").map_or("", |(_, rest)| rest);
    after_scheme.split(['/', '?', '#']).next().unwrap_or_default()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address == std::net::Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == std::net::Ipv6Addr::LOCALHOST,
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// What is wrong with a URI of an allowed private scheme; `None` if nothing is.
fn private_fault(text: &str, url: &Url) -> Option<&'static str> {
    if !text.starts_with(url.scheme()) {
        return Some("must have its scheme in lower case");
    }
    // What follows the slashes is no host of a network: applications also use capitals and underscores.
    let is_word = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
    };
    let fault = "may have only letters, digits, hyphens, dots and underscores between slashes";
    (!url.host_str().is_none_or(is_word)).then_some(fault)
}

/// Checks a scheme without a dot that a client's redirect URIs may have: letters, digits and hyphens in lower case, and none
/// that browsers or systems handle themselves. A scheme with a dot needs no permission.
///
/// # Errors
/// A sentence for the operator.
pub fn check_scheme(scheme: &str) -> Result<(), String> {
    let is_word = scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !is_word || scheme.len() > MAX_SCHEME_LENGTH {
        return Err(format!(
            "the scheme {scheme:?} is not a word of lower-case letters, digits and hyphens, of at most {MAX_SCHEME_LENGTH}"
        ));
    }
    match is_reserved(scheme) {
        true => Err(format!(
            "the scheme {scheme} belongs to browsers or systems and can never be a redirect URI's"
        )),
        false => Ok(()),
    }
}

/// The maximum length of a scheme without a dot.
const MAX_SCHEME_LENGTH: usize = 40;

/// Whether a native client may use the scheme.
fn is_allowed_scheme(scheme: &str, schemes: &[String]) -> bool {
    is_private_scheme(scheme) || (schemes.iter().any(|own| own == scheme) && check_scheme(scheme).is_ok())
}

/// Whether the scheme is a reversed domain name, such as `com.example.app` (RFC 8252 §7.1).
fn is_private_scheme(scheme: &str) -> bool {
    scheme.split('.').count() >= 2 && scheme.split('.').all(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ambiguous_addresses_may_not_be_registered() {
        use ClientKind::{Native, Web};
        for good in [
            "https://app.example/cb",
            "https://app.example",
            "https://app.example:8443/cb?tenant=1",
            "http://127.0.0.1/cb",
            "http://[::1]:9000/cb",
            "http://localhost:3000/cb",
        ] {
            assert!(RegisteredUri::register(good, Web).is_ok(), "{good}");
        }
        for good in [
            "com.example.app:/cb",
            "com.example.app://cb",
            "com.example.app:///cb",
            "com.example.app://Sign_in/cb",
            "http://127.0.0.1/cb",
        ] {
            assert!(RegisteredUri::register(good, Native).is_ok(), "{good}");
        }
    }

    #[test]
    fn addresses_that_parsers_read_differently_may_not_be_registered() {
        use ClientKind::{Native, Web};
        for bad in [
            "",
            "/cb",
            "cb",
            "app.example/cb",
            "http://app.example/cb",
            "https://app.example/cb#f",
            "https://app.example/cb#",
            "https://*.app.example/cb",
            "https://app.example/*",
            "https://u@app.example/cb",
            "https://u:p@app.example/cb",
            "https://@app.example/cb",
            "https://app.example/../cb",
            "https://app.example/a/./cb",
            "https://app.example/%2e%2e/cb",
            "https://APP.example/cb",
            "HTTPS://app.example/cb",
            "https://app.example:443/cb",
            "https:app.example/cb",
            "https:///app.example/cb",
            "https://app.example\\cb",
            "https://app.example/c b",
            "https://app.example/cb\n",
            "https://bücher.example/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "ftp://app.example/cb",
            "http://localhost.evil/cb",
            "http://127.0.0.1.evil/cb",
            "http://127.1/cb",
            "http://2130706433/cb",
            "http://0.0.0.0/cb",
            "http://127.0.0.2/cb",
            "blob:https://app.example/x",
            "com.example.app:/cb",
            "about:blank",
            "https://app.example/\u{7f}",
            "https://evil.example;sandbox/cb",
            "https://evil.example,x/cb",
            "https://evil.example'x/cb",
            "https://a_b.example/cb",
            "https://example./cb",
        ] {
            assert!(RegisteredUri::register(bad, Web).is_err(), "{bad}");
        }
        for bad in [
            "myapp:/cb",
            "javascript:alert(1)",
            "Com.Example.App:/cb",
            "com.example.app:/cb#f",
            "com.example.app://u@h/cb",
            "com.example.app://a;b/cb",
        ] {
            assert!(RegisteredUri::register(bad, Native).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_scheme_without_a_dot_needs_permission_and_dangerous_ones_never_get_it() {
        let cursor = "cursor://anysphere.cursor-mcp/oauth/callback";
        let allowed = |uri: &str, schemes: &[&str]| {
            let schemes: Vec<String> = schemes.iter().map(|scheme| (*scheme).to_owned()).collect();
            RegisteredUri::register_for(uri, ClientKind::Native, &schemes)
        };
        assert!(allowed(cursor, &["cursor"]).is_ok());
        assert!(
            allowed("msauth://com.example.app/2jmj7l5rSw0yVb%2FvlWAYkK%2FYBwk%3D", &["cursor", "msauth"])
                .is_ok()
        );
        let refused = allowed(cursor, &["vscode"]).unwrap_err();
        assert!(refused.contains("`allowed_schemes` can allow cursor"), "{refused}");
        assert!(allowed("Cursor://a/b", &["cursor"]).is_err());
        let own = ["cursor".to_owned()];
        assert!(RegisteredUri::register_for(cursor, ClientKind::Web, &own).is_err());
        for never in [
            "javascript",
            "JavaScript",
            "data",
            "file",
            "FILE",
            "about",
            "blob",
            "http",
            "https",
            "ws",
            "wss",
            "mailto",
            "vbscript",
            "x-javascript",
            "view-source",
            "chrome-extension",
            "intent",
            "ms-settings",
            "tel",
            "",
            "a.b",
            "1a",
            "a:b",
            "a b",
            "c\u{fc}rsor",
        ] {
            assert!(check_scheme(never).is_err(), "{never}");
            let uri = format!("{never}://a/b");
            let is_refused = allowed(&uri, &[never]).is_err();
            assert!(is_refused || never == "https" || never == "a.b", "{uri}");
        }
        for good in
            ["cursor", "msauth", "msteams", "vscode", "vscode-insiders", "myapp2", "shellfish", "editor"]
        {
            assert_eq!(check_scheme(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn a_scheme_that_systems_handle_themselves_is_reserved() {
        let reserved = "ms-search search-ms search shell hcp webcal callto itms itms-apps itms-services facetime facetime-audio \
                        sip sips sms ssh smb nfs vnc magnet android-app market res resource chrome edge microsoft-edge opera \
                        moz-extension wyciwyg";
        for never in reserved.split(' ') {
            assert!(check_scheme(never).unwrap_err().contains("belongs to browsers or systems"), "{never}");
        }
    }

    proptest! {
        #[test]
        fn registering_never_panics(text in ".{0,80}") {
            let _ = RegisteredUri::register(&text, ClientKind::Native);
        }
    }
}
