//! Addresses.

use std::sync::OnceLock;

use grantor::oauth::client::demand::Demands;
use grantor::oauth::client::{Client, ClientKind, ClientMetadata};
use grantor::oauth::id::ClientId;
use grantor::oauth::request::params::Params;
use grantor::oauth::request::redirect_uri::RegisteredUri;
use grantor::oauth::request::response_mode::ResponseMode;
use grantor::oauth::request::return_address::ReturnAddress;
use grantor::oauth::token::http_uri;
use url::Url;

use super::{check_refusal, text, two};

/// A registered redirect URI, and a requested one in the next line.
pub(super) fn redirect_uri(input: &[u8]) {
    let Some((text, requested)) = two(input) else { return };
    for kind in [ClientKind::Web, ClientKind::Native] {
        let registered = match RegisteredUri::register_for(text, kind, &["cursor".to_owned()]) {
            Ok(registered) => registered,
            Err(sentence) => {
                assert!(sentence.len() > 10 && !sentence.contains(char::is_control), "{sentence:?}");
                continue;
            }
        };
        assert!(registered.as_str() == text && text.len() <= 2048 && registered.matches(text, kind));
        let url = Url::parse(text).expect("a registered URI");
        assert!(url.fragment().is_none() && url.username().is_empty() && url.password().is_none(), "{text}");
        assert!(
            kind == ClientKind::Native || url.host_str().is_some_and(|host| text.contains(host)),
            "{text}"
        );
        if registered.matches(requested, kind) {
            check_match(&url, requested, registered.has_free_port(kind));
        }
    }
}

/// Checks by another parser that a requested address that matched leads to the same application.
fn check_match(registered: &Url, requested: &str, any_port: bool) {
    let url = Url::parse(requested).expect("an address that matched");
    let parts = |url: &Url| {
        (
            url.scheme().to_owned(),
            url.host_str().map(str::to_owned),
            url.path().to_owned(),
            url.query().map(str::to_owned),
        )
    };
    assert_eq!(parts(&url), parts(registered), "{requested}");
    assert!(url.fragment().is_none() && url.username().is_empty() && url.password().is_none(), "{requested}");
    let same_port = url.port_or_known_default() == registered.port_or_known_default();
    assert!(same_port || any_port, "{requested}");
    assert!(!any_port || matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost")), "{requested}");
}

fn native() -> &'static Client {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    CLIENT.get_or_init(|| {
        let uris =
            ["https://app.example/not-for-strangers", "http://127.0.0.1/cb?a=b", "com.example.app:/cb"];
        let uris = uris.map(|uri| RegisteredUri::register(uri, ClientKind::Native).expect("a URI"));
        let redirect_uris = uris.into();
        let metadata = ClientMetadata { redirect_uris, ..ClientMetadata::new("App", ClientKind::Native) };
        Client::new(ClientId::new("app"), metadata)
    })
}

/// The parameter `redirect_uri`, and the answer that goes there.
pub(super) fn return_address(input: &[u8]) {
    let Some(requested) = text(input) else { return };
    let params = Params::from_pairs(vec![("redirect_uri".to_owned(), requested.to_owned())]);
    let to = match ReturnAddress::verify(native(), &params) {
        Ok(to) => to,
        Err(error) => {
            check_refusal(&error);
            assert!(!error.description.contains("not-for-strangers"), "{}", error.description);
            return assert!(
                error.detail.is_some() || error.reason.word().starts_with("parameter"),
                "{error}"
            );
        }
    };
    assert_eq!(to.as_str(), requested);
    let answer = [("code", "a&b=c#d e+f"), ("state", "\u{e9}?"), ("iss", "https://id.example")];
    for mode in [ResponseMode::Query, ResponseMode::Fragment] {
        let url =
            Url::parse(&to.clone().by(mode, native(), &Demands::NOTHING).with(&answer)).expect("an address");
        let before = Url::parse(requested).expect("an address");
        assert_eq!(
            (url.scheme(), url.host_str(), url.path()),
            (before.scheme(), before.host_str(), before.path())
        );
        let sent = if mode == ResponseMode::Query { url.query() } else { url.fragment() };
        let pairs: Vec<_> =
            url::form_urlencoded::parse(sent.unwrap_or_default().as_bytes()).into_owned().collect();
        let expected = answer.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert!(pairs.ends_with(&expected), "{url}");
    }
}

/// The `htu` of a DPoP proof.
pub(super) fn http_uri(input: &[u8]) {
    let Some(sent) = text(input) else { return };
    for own in ["https://id.example/token", "http://[::1]:8080/id/to~ken/x", "https://id.example/"] {
        assert!(http_uri::is_same(own, own));
        let is_same = http_uri::is_same(sent, own);
        assert_eq!(is_same, http_uri::is_same(own, sent), "{sent}");
        if is_same {
            let (url, expected) =
                (Url::parse(sent).expect("an address"), Url::parse(own).expect("an address"));
            assert_eq!(url.origin(), expected.origin(), "{sent}");
            assert!(url.username().is_empty() && url.password().is_none(), "{sent}");
            let path = percent_encoding::percent_decode_str(url.path()).collect::<Vec<u8>>();
            assert_eq!(path, expected.path().as_bytes(), "{sent}");
        }
    }
}
