//! Signing out: which client asks, whether to ask the person, and where to go afterwards (OpenID Connect RP-Initiated
//! Logout §2 and §3).

use crate::oauth::client::Client;
use crate::oauth::error::OAuthError;
use crate::oauth::id::ClientId;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::oauth::request::return_address::ReturnAddress;
use crate::oauth::token::id_token::NamesForClient;

/// The parameters of the logout endpoint; all others are ignored.
pub const KNOWN: [&str; 6] =
    ["id_token_hint", "client_id", "post_logout_redirect_uri", "state", "logout_hint", "ui_locales"];

/// The content of a verified ID Token that is sent as a hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    pub client: ClientId,
    /// The client's identifiers of the person and the session.
    pub names: NamesForClient,
}

/// What happens with a logout request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogoutStep {
    /// No one is signed in, so there is nothing to end.
    Done,
    /// The hint names the session at this index, so it ends without a question.
    End(usize),
    Ask,
}

/// The client of the request or of the hint; `None` if neither names a client.
///
/// # Errors
/// If `client_id` is malformed or repeated, or the request and the hint name different clients.
pub fn client_id(params: &Params, hint: Option<&Hint>) -> Result<Option<ClientId>, OAuthError> {
    let named = match params.one("client_id")? {
        None => None,
        Some(id) => Some(ClientId::parse(id).ok_or_else(unknown)?),
    };
    let hinted = hint.map(|hint| &hint.client);
    match (named, hinted) {
        (Some(named), Some(hinted)) if named != *hinted => {
            Err(Reason::HintOtherClient
                .because("the id_token_hint was not issued to the client of client_id"))
        }
        (named, hinted) => Ok(named.or_else(|| hinted.cloned())),
    }
}

/// The error for a `client_id` that is not registered.
pub fn unknown() -> OAuthError {
    Reason::ClientUnknown.because("no client is registered with this client_id")
}

/// Checks that the client may send people to the logout endpoint and get them back.
///
/// # Errors
/// If the client is disabled.
pub fn check_enabled(client: &Client) -> Result<(), OAuthError> {
    match client.disabled {
        true => Err(Reason::ClientDisabled.because("this client is disabled")),
        false => Ok(()),
    }
}

/// The address to go to after the sign-out; `None` if the request has no `post_logout_redirect_uri`. The address must
/// be registered (OpenID Connect RP-Initiated Logout §3.1); only the port of a native application's loopback address is
/// free (RFC 8252 §7.3).
///
/// # Errors
/// If the address is repeated, malformed or not registered, or the request names no client.
pub fn return_address(client: Option<&Client>, params: &Params) -> Result<Option<ReturnAddress>, OAuthError> {
    let Some(requested) = params.one("post_logout_redirect_uri")? else { return Ok(None) };
    let Some(client) = client else {
        return Err(Reason::LogoutClientMissing
            .because("post_logout_redirect_uri needs client_id or id_token_hint beside it"));
    };
    let address = ReturnAddress::after_logout(client, requested);
    address.map(Some).map_err(|detail| {
        Reason::LogoutRedirectUri
            .because("the post_logout_redirect_uri is not registered for this client")
            .with(*detail)
    })
}

/// Decides whether to ask the person: not if the hint is from a session of this browser. `here`: the identifiers of the
/// browser's sessions for the hint's client.
pub fn step(here: &[NamesForClient], hint: Option<&Hint>) -> LogoutStep {
    let hinted = hint.and_then(|hint| here.iter().position(|names| hint.names == *names));
    match (here, hinted) {
        ([], _) => LogoutStep::Done,
        (_, Some(at)) => LogoutStep::End(at),
        (_, None) => LogoutStep::Ask,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::client::{ClientKind, example};
    use crate::oauth::request::redirect_uri::RegisteredUri;

    fn names(session: &str, subject: &str) -> NamesForClient {
        NamesForClient { subject: subject.into(), session: session.into() }
    }

    fn hint(session: &str, subject: &str) -> Hint {
        Hint { client: ClientId::new("example"), names: names(session, subject) }
    }

    #[test]
    fn a_hint_of_this_browsers_session_makes_the_question_unnecessary() {
        let here = [names("t", "v"), names("s", "u")];
        assert_eq!(step(&[], None), LogoutStep::Done);
        assert_eq!(step(&[], Some(&hint("s", "u"))), LogoutStep::Done);
        assert_eq!(step(&here, Some(&hint("s", "u"))), LogoutStep::End(1));
        assert_eq!(step(&here, Some(&hint("t", "v"))), LogoutStep::End(0));
        for hint in [None, Some(hint("s", "other")), Some(hint("other", "u")), Some(hint("s", "v"))] {
            assert_eq!(step(&here, hint.as_ref()), LogoutStep::Ask, "{hint:?}");
        }
    }

    #[test]
    fn client_id_and_hint_must_name_the_same_client() {
        let id = |text: &str, hint: Option<&Hint>| {
            let params = Params::parse(text.as_bytes()).unwrap();
            client_id(&params, hint).map(|id| id.map(|id| id.to_string())).map_err(|error| error.reason)
        };
        let hint = hint("s", "u");
        assert_eq!(id("", None), Ok(None));
        assert_eq!(id("client_id=a", None), Ok(Some("a".into())));
        assert_eq!(id("", Some(&hint)), Ok(Some("example".into())));
        assert_eq!(id("client_id=example", Some(&hint)), Ok(Some("example".into())));
        assert_eq!(id("client_id=a", Some(&hint)), Err(Reason::HintOtherClient));
        assert_eq!(id("client_id=%C3%A9", None), Err(Reason::ClientUnknown));
    }

    #[test]
    fn the_logout_redirect_must_be_registered_except_for_a_loopback_port() {
        let register = |text| RegisteredUri::register(text, ClientKind::Native).unwrap();
        let uris = vec![register("https://app.example/bye?x=1"), register("http://127.0.0.1/bye")];
        let client = example(ClientKind::Native).with(|metadata| metadata.post_logout_redirect_uris = uris);
        let address = |client: Option<&Client>, uri: &str| {
            let params = Params::from_pairs(vec![("post_logout_redirect_uri".into(), uri.into())]);
            let address = return_address(client, &params).map_err(|error| error.reason);
            address.map(|address| address.map(|address| address.with(&[("state", "a b")])))
        };
        let known = Some(&client);
        let back = "https://app.example/bye?x=1&state=a+b";
        assert_eq!(address(known, "https://app.example/bye?x=1"), Ok(Some(back.into())));
        assert_eq!(address(known, ""), Ok(None));
        let on_a_port = "http://127.0.0.1:49152/bye?state=a+b";
        assert_eq!(address(known, "http://127.0.0.1:49152/bye"), Ok(Some(on_a_port.into())));
        for uri in [
            "https://app.example/bye",
            "https://app.example/bye?x=1&",
            "https://APP.example/bye?x=1",
            "https://app.example/cb",
            "http://127.0.0.1:99/other",
            "http://127.0.0.1:0/bye",
            "http://localhost:99/bye",
            "nonsense",
            "javascript:alert(1)",
        ] {
            assert_eq!(address(known, uri), Err(Reason::LogoutRedirectUri), "{uri}");
        }
        let web = Client {
            metadata: crate::oauth::client::ClientMetadata {
                kind: ClientKind::Web,
                ..client.metadata.clone()
            },
            ..client.clone()
        };
        assert_eq!(address(Some(&web), "http://127.0.0.1:99/bye"), Err(Reason::LogoutRedirectUri));
        assert_eq!(address(None, "https://app.example/bye?x=1"), Err(Reason::LogoutClientMissing));
    }
}
