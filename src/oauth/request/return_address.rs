//! Return addresses: the redirect URI and the mode of an authorization response (RFC 6749 §3.1.2.3).

use url::Url;

use crate::oauth::client::Client;
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::oauth::request::redirect_uri::RegisteredUri;
use crate::oauth::request::response_mode::ResponseMode;

/// Where and how an answer is sent. It can only be made after the client and the redirect URI were verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnAddress {
    uri: String,
    mode: ResponseMode,
}

impl ReturnAddress {
    /// Verifies the requested redirect URI (RFC 6749 §3.1.2.3).
    ///
    /// # Errors
    /// If it is missing, repeated or not registered; the error is shown on a page, never sent by redirect.
    pub fn verify(client: &Client, params: &Params) -> Result<Self, OAuthError> {
        if params.count("redirect_uri") > 1 {
            return Err(Reason::RedirectUriRepeated.because("the parameter redirect_uri is repeated"));
        }
        let Some(requested) = params.one("redirect_uri")? else {
            return Err(Reason::RedirectUriMissing.because("the parameter redirect_uri is missing"));
        };
        if is_registered(&client.redirect_uris, client, requested) {
            return Ok(Self { uri: requested.to_owned(), mode: ResponseMode::Query });
        }
        Err(mismatch(client, requested))
    }

    /// The address after a sign-out; `None` unless the client has registered it (OpenID Connect RP-Initiated Logout
    /// §3.1). It is compared as a redirect URI is, so a native application may use any port of its loopback address.
    pub fn after_logout(client: &Client, requested: &str) -> Option<Self> {
        is_registered(&client.post_logout_redirect_uris, client, requested)
            .then(|| Self { uri: requested.to_owned(), mode: ResponseMode::Query })
    }

    /// The address with the response mode `mode`.
    pub fn by(self, mode: ResponseMode) -> Self {
        Self { mode, ..self }
    }

    /// The redirect URI, without the parameters of an answer.
    pub fn as_str(&self) -> &str {
        &self.uri
    }

    /// How the answer is sent to the address.
    pub fn mode(&self) -> ResponseMode {
        self.mode
    }

    /// The address with `answer` in its query or fragment.
    pub fn with(&self, answer: &[(&str, &str)]) -> String {
        // All pairs are text, so encoding cannot fail.
        let encoded = serde_urlencoded::to_string(answer).unwrap_or_default();
        let separator = match (self.mode, self.uri.split_once('?')) {
            // Registered addresses have no fragment.
            (ResponseMode::Fragment, _) => "#",
            (_, None) => "?",
            (_, Some((_, ""))) => "",
            (_, Some(_)) => "&",
        };
        format!("{}{separator}{encoded}", self.uri)
    }
}

/// Whether one of the client's registered addresses matches: the only comparison of a requested address.
fn is_registered(registered: &[RegisteredUri], client: &Client, requested: &str) -> bool {
    registered.iter().any(|registered| registered.matches(requested, client.kind))
}

/// The refusal for an address that is not registered: it says which part differs from the most similar registered
/// address, without revealing that address.
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
    use crate::oauth::client::{ClientKind, example};

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
    fn the_answer_is_appended_to_an_existing_query() {
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
        fn an_accepted_uri_is_equal_or_differs_only_in_a_loopback_port(uri in "(https?://)?[a-z0-9.@:\\\\/?#%\\[\\]-]{0,40}") {
            let web = client(ClientKind::Web, "https://app.example/cb");
            if let Ok(address) = verify(&web, &uri) {
                prop_assert_eq!(address.as_str(), "https://app.example/cb");
            }
        }
    }
}
