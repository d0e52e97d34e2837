//! Redirect URIs: what may be registered, and the one comparison that decides where an answer goes.

use url::{Host, Url};

use crate::oauth::client::{Client, ClientKind};
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::oauth::request::response_mode::ResponseMode;

/// A return address that was checked when it was registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredUri(String);

/// Where an answer may be sent, and how: it exists only after client and redirect URI were both verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnAddress {
    uri: String,
    mode: ResponseMode,
}

impl RegisteredUri {
    const LONGEST: usize = 2048;

    /// Checks an address before it is stored; the error is a sentence for the operator.
    pub fn register(text: &str, kind: ClientKind) -> Result<Self, String> {
        let refuse = |why: &str| Err(format!("the redirect URI {text:?} {why}"));
        if text.is_empty() || text.len() > Self::LONGEST {
            return refuse("must have between 1 and 2048 characters");
        }
        if !text.bytes().all(|b| b.is_ascii_graphic())
            || text.contains(['\\', '"', '<', '>', '^', '`', '{', '|', '}'])
        {
            return refuse(
                "may hold only characters of RFC 3986; write other ones percent-encoded, hosts in punycode",
            );
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
            scheme if kind == ClientKind::Native && is_private_scheme(scheme) => {
                return if text.starts_with(scheme) {
                    Ok(Self(text.to_owned()))
                } else {
                    refuse("must have its scheme in lower case")
                };
            }
            scheme if is_private_scheme(scheme) => {
                return refuse("has a private scheme, which only clients of kind native may use");
            }
            _ => {
                return refuse(
                    "must be https, http on loopback, or for a native client a scheme like com.example.app",
                );
            }
        }
        // What the URL standard would rewrite, two parsers could read in two ways.
        if url.as_str() != text && url.as_str().strip_suffix('/') != Some(text) {
            return Err(format!(
                "the redirect URI {text:?} is not in its normal form; write {:?}",
                url.as_str()
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// Reads an address that was checked when it was stored.
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Byte for byte, but for the port of a native client's loopback address (RFC 8252 §7.3).
    fn matches(&self, requested: &str, kind: ClientKind) -> bool {
        self.0 == requested || (kind == ClientKind::Native && self.matches_on_another_port(requested))
    }

    fn matches_on_another_port(&self, requested: &str) -> bool {
        const LOOPBACK: [&str; 3] = ["http://127.0.0.1", "http://[::1]", "http://localhost"];
        LOOPBACK.iter().any(|origin| {
            let registered_rest = self.0.strip_prefix(origin).and_then(after_port);
            let requested_rest = requested.strip_prefix(origin).and_then(after_port);
            registered_rest.is_some() && registered_rest == requested_rest
        })
    }
}

/// What follows an optional `:port`; `None` when the host goes on or the port is none.
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

/// A domain name in reverse, such as `com.example.app` (RFC 8252 §7.1).
fn is_private_scheme(scheme: &str) -> bool {
    scheme.split('.').count() >= 2 && scheme.split('.').all(|label| !label.is_empty())
}

impl ReturnAddress {
    /// Finds the requested address among the client's; a refusal here is a page, never a redirect.
    pub fn verify(client: &Client, params: &Params) -> Result<Self, OAuthError> {
        if params.count("redirect_uri") > 1 {
            return Err(Reason::RedirectUriRepeated.because("the parameter redirect_uri is repeated"));
        }
        let Some(requested) = params.one("redirect_uri")? else {
            return Err(Reason::RedirectUriMissing.because("the parameter redirect_uri is missing"));
        };
        if client.redirect_uris.iter().any(|registered| registered.matches(requested, client.kind)) {
            return Ok(Self { uri: requested.to_owned(), mode: ResponseMode::Query });
        }
        Err(mismatch(client, requested))
    }

    /// Finds an address among those that the client has registered for after a sign-out, byte for byte.
    pub fn after_logout(client: &Client, requested: &str) -> Option<Self> {
        let registered = client.post_logout_redirect_uris.iter().find(|uri| uri.as_str() == requested)?;
        Some(Self { uri: registered.as_str().to_owned(), mode: ResponseMode::Query })
    }

    /// The same address, which is answered in another mode.
    pub fn by(self, mode: ResponseMode) -> Self {
        Self { mode, ..self }
    }

    pub fn as_str(&self) -> &str {
        &self.uri
    }

    pub fn mode(&self) -> ResponseMode {
        self.mode
    }

    /// The address with `answer` in its query or fragment.
    pub fn with(&self, answer: &[(&str, &str)]) -> String {
        // Every pair is text, which always encodes.
        let encoded = serde_urlencoded::to_string(answer).unwrap_or_default();
        let separator = match (self.mode, self.uri.split_once('?')) {
            // Registered addresses have no fragment of their own.
            (ResponseMode::Fragment, _) => "#",
            (_, None) => "?",
            (_, Some((_, ""))) => "",
            (_, Some(_)) => "&",
        };
        format!("{}{separator}{encoded}", self.uri)
    }
}

/// Says which rule failed against the registered address that comes nearest, without naming that address.
fn mismatch(client: &Client, requested: &str) -> OAuthError {
    if client.redirect_uris.is_empty() {
        return Reason::RedirectUriNoneRegistered.because("this client has no redirect URI registered");
    }
    let Ok(requested) = Url::parse(requested) else {
        return Reason::RedirectUriMalformed.because("the redirect_uri is not an absolute URI");
    };
    let nearest = client
        .redirect_uris
        .iter()
        .filter_map(|registered| Url::parse(registered.as_str()).ok())
        .map(|registered| first_difference(&registered, &requested))
        .max_by_key(|(nearness, _)| *nearness);
    nearest
        .map_or(Reason::RedirectUriMalformed.because("the redirect_uri is not registered"), |(_, error)| {
            error
        })
}

fn first_difference(registered: &Url, requested: &Url) -> (u8, OAuthError) {
    if registered.host_str() != requested.host_str() {
        return (1, Reason::RedirectUriHost.because("no redirect URI of this client has this host"));
    }
    if registered.scheme() != requested.scheme() {
        return (
            2,
            Reason::RedirectUriScheme
                .because("the redirect_uri differs from the registered one in its scheme"),
        );
    }
    if registered.port_or_known_default() != requested.port_or_known_default() {
        return (
            3,
            Reason::RedirectUriPort.because("the redirect_uri differs from the registered one in its port"),
        );
    }
    if registered.path() != requested.path() {
        return (
            4,
            Reason::RedirectUriPath.because("the redirect_uri differs from the registered one in its path"),
        );
    }
    if registered.query() != requested.query() {
        return (
            5,
            Reason::RedirectUriQuery.because("the redirect_uri differs from the registered one in its query"),
        );
    }
    (
        6,
        Reason::RedirectUriMalformed
            .because("the redirect_uri means the registered one but is not written like it"),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::oauth::client::example;

    fn client(kind: ClientKind, uri: &str) -> Client {
        Client { redirect_uris: vec![RegisteredUri::register(uri, kind).unwrap()], ..example(kind) }
    }

    fn verify(client: &Client, requested: &str) -> Result<ReturnAddress, OAuthError> {
        let query = serde_urlencoded::to_string([("redirect_uri", requested)]).unwrap();
        ReturnAddress::verify(client, &Params::parse(query.as_bytes()).unwrap())
    }

    #[test]
    fn only_addresses_that_mean_one_thing_may_be_registered() {
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
        for good in ["com.example.app:/cb", "com.example.app://cb", "http://127.0.0.1/cb"] {
            assert!(RegisteredUri::register(good, Native).is_ok(), "{good}");
        }
    }

    #[test]
    fn what_two_parsers_could_read_in_two_ways_may_not_be_registered() {
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
        ] {
            assert!(RegisteredUri::register(bad, Web).is_err(), "{bad}");
        }
        for bad in [
            "myapp:/cb",
            "javascript:alert(1)",
            "Com.Example.App:/cb",
            "com.example.app:/cb#f",
            "com.example.app://u@h/cb",
        ] {
            assert!(RegisteredUri::register(bad, Native).is_err(), "{bad}");
        }
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
    fn the_answer_joins_a_query_that_is_there() {
        let by = |mode, uri: &str| {
            ReturnAddress { uri: uri.to_owned(), mode }.with(&[("code", "a b"), ("state", "x&y")])
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
        fn what_is_accepted_is_equal_or_differs_in_a_loopback_port(uri in "(https?://)?[a-z0-9.@:\\\\/?#%\\[\\]-]{0,40}") {
            let web = client(ClientKind::Web, "https://app.example/cb");
            if let Ok(address) = verify(&web, &uri) {
                prop_assert_eq!(address.as_str(), "https://app.example/cb");
            }
        }

        #[test]
        fn registering_never_panics(text in ".{0,80}") {
            let _ = RegisteredUri::register(&text, ClientKind::Native);
        }
    }
}
