//! Registered redirect URIs are used byte for byte, and a loopback address with any port (RFC 8252 §7.3).

use grantor::oauth::client::ClientKind;
use url::Url;

use super::register;
use crate::support::{Answer, TestServer};

#[tokio::test]
async fn a_native_client_is_answered_on_any_port_of_its_loopback_address() {
    let server = TestServer::start().await;
    let uris = ["http://127.0.0.1/cb?x=1", "http://[::1]:9000/cb?x=1", "http://localhost:1/here"];
    let native = server.register(register(ClientKind::Native, "native", &uris)).await;
    let mut browser = server.alice().await;
    for port in ["", ":1", ":80", ":443", ":9000", ":51004", ":65535"] {
        for (host, rest) in [("127.0.0.1", "/cb?x=1"), ("[::1]", "/cb?x=1"), ("localhost", "/here")] {
            let uri = format!("http://{host}{port}{rest}");
            let back = browser.authorize(&native.url_with(&[("redirect_uri", &uri)])).await;
            assert_returned_to(&back, &uri, "code");
            let refused =
                browser.get(&native.url_with(&[("redirect_uri", &uri), ("scope", "unknown")])).await;
            assert_returned_to(&refused, &uri, "error");
        }
    }
}

#[tokio::test]
async fn localhost_and_other_ports_are_accepted_only_if_registered() {
    let server = TestServer::start().await;
    let native = server.register(register(ClientKind::Native, "native", &["http://127.0.0.1/cb"])).await;
    let web = server.register(register(ClientKind::Web, "web", &["http://127.0.0.1/cb"])).await;
    let spa = server.register(register(ClientKind::Spa, "spa", &["http://127.0.0.1:3000/cb"])).await;
    for (client, uri, reason) in [
        (&native, "http://localhost/cb", "redirect_uri.host_mismatch"),
        (&native, "http://[::1]/cb", "redirect_uri.host_mismatch"),
        (&web, "http://127.0.0.1:51004/cb", "redirect_uri.port_mismatch"),
        (&web, "http://127.0.0.1:80/cb", "redirect_uri.malformed"),
        (&spa, "http://127.0.0.1:3001/cb", "redirect_uri.port_mismatch"),
        (&spa, "http://127.0.0.1/cb", "redirect_uri.port_mismatch"),
    ] {
        server.get(&client.url_with(&[("redirect_uri", uri)])).await.assert_page(400, reason);
    }
    let good =
        server.get(&native.url_with(&[("redirect_uri", "http://127.0.0.1:7/cb"), ("scope", "x")])).await;
    assert_returned_to(&good, "http://127.0.0.1:7/cb", "error");
}

#[tokio::test]
#[rustfmt::skip]
async fn registered_uris_are_returned_to_byte_for_byte() {
    let server = TestServer::start().await;
    let mut browser = server.alice().await;
    let web = [
        "https://app.example", "https://app.example/", "https://app.example/a/b.c;d=1/%20%C3%A4/~x",
        "https://app.example:8443/cb", "https://xn--bcher-kva.example/cb", "https://app.example/cb?",
        "https://app.example/cb?code=mine&state=mine", "https://app.example/cb?a=%26&b=+",
        "http://localhost:3000/cb", "https://[2001:db8::1]/cb",
        "https://app.example/cb?next=https://other.example/?x",
    ];
    let native =
        ["com.example.app:/cb", "com.example.app:cb", "com.example.app://cb/x?y=1", "http://127.0.0.1/cb"];
    let web_client = server.register(register(ClientKind::Web, "web", &web)).await;
    let native_client = server.register(register(ClientKind::Native, "native", &native)).await;
    let all = web.iter().map(|uri| (&web_client, uri)).chain(native.iter().map(|uri| (&native_client, uri)));
    for (client, uri) in all {
        let back = browser.authorize(&client.url_with(&[("redirect_uri", uri)])).await;
        assert_returned_to(&back, uri, "code");
        let refused =
            browser.get(&client.url_with(&[("redirect_uri", uri), ("response_type", "token")])).await;
        assert_returned_to(&refused, uri, "error");
    }
}

/// Asserts that the answer goes to `uri` byte for byte, and that a browser reads the same host in it.
#[track_caller]
fn assert_returned_to(answer: &Answer, uri: &str, member: &str) {
    let location = answer.location().unwrap_or_else(|| panic!("a redirect to {uri}: {answer:?}"));
    assert_eq!(answer.status, 303);
    let added = location.strip_prefix(uri).unwrap_or_else(|| panic!("{location} does not begin with {uri}"));
    let expected = match uri.split_once('?') {
        None => format!("?{member}="),
        Some((_, "")) => format!("{member}="),
        Some(_) => format!("&{member}="),
    };
    assert!(added.starts_with(&expected), "{location}");
    let (registered, sent) = (Url::parse(uri).unwrap(), Url::parse(&location).unwrap());
    assert_eq!(sent.origin().ascii_serialization(), registered.origin().ascii_serialization());
    assert_eq!(
        (sent.scheme(), sent.host_str(), sent.port(), sent.path(), sent.fragment()),
        (registered.scheme(), registered.host_str(), registered.port(), registered.path(), None)
    );
}
