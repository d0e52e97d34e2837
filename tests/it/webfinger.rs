//! WebFinger: from the address of an account to the issuer (OpenID Connect Discovery §2, RFC 7033).

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, TestServer};

const PATH: &str = "/.well-known/webfinger";
const REL: &str = "http://openid.net/specs/connect/1.0/issuer";

async fn ask(server: &TestServer, query: &[(&str, &str)]) -> Answer {
    server.get(&format!("{PATH}?{}", serde_urlencoded::to_string(query).unwrap())).await
}

#[track_caller]
fn assert_refused(answer: &Answer, status: u16, message: &str) {
    assert_eq!((answer.status.as_u16(), answer.get("message").as_str()), (status, message), "{answer:?}");
    assert_eq!(answer.json()["request_id"], answer.header("x-request-id"), "{answer:?}");
}

#[tokio::test]
async fn it_is_off_unless_hosts_are_configured() {
    let server = TestServer::start().await;
    let resource = format!("acct:alice@{}", server.url.trim_start_matches("http://"));
    let off = ask(&server, &[("resource", &resource), ("rel", REL)]).await;
    assert_refused(&off, 404, "404 Not Found");
    let elsewhere = server.get("/.well-known/made-up").await;
    assert_eq!(off.get("description"), elsewhere.get("description"));
}

#[tokio::test]
async fn the_issuer_of_every_account_of_a_host_is_the_same_whether_the_account_exists_or_not() {
    let server = TestServer::start_with(&[("webfinger.hosts", "example.com id.example.com:8443")]).await;
    server.user("alice").await;
    for resource in [
        "acct:alice@example.com",
        "acct:nobody@example.com",
        "acct:alice@EXAMPLE.com",
        "https://example.com/alice",
        "acct:alice@id.example.com:8443",
    ] {
        for query in [
            vec![("resource", resource)],
            vec![("resource", resource), ("rel", REL)],
            vec![("rel", "http://webfinger.net/rel/avatar"), ("rel", REL), ("resource", resource)],
        ] {
            let answer = ask(&server, &query).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(answer.header("content-type"), "application/jrd+json");
            assert_eq!(answer.header("access-control-allow-origin"), "*");
            let links = json!([{ "rel": REL, "href": server.url }]);
            assert_eq!(answer.json(), json!({ "subject": resource, "links": links }));
        }
        let other = ask(&server, &[("resource", resource), ("rel", "http://webfinger.net/rel/avatar")]).await;
        assert_eq!(other.json(), json!({ "subject": resource, "links": [] }));
    }
}

#[tokio::test]
async fn other_hosts_are_not_found_and_other_resources_are_refused() {
    let server = TestServer::start_with(&[("webfinger.hosts", "example.com")]).await;
    for resource in ["acct:alice@other.example", "acct:alice@sub.example.com", "acct:alice@example.com:8443"]
    {
        assert_refused(&ask(&server, &[("resource", resource)]).await, 404, "404 Not Found");
    }
    let at = |length: usize| format!("acct:{}@example.com", "a".repeat(length - "acct:@example.com".len()));
    assert_eq!(ask(&server, &[("resource", &at(1024))]).await.status, 200);
    let (long, longer) = (at(1025), at(9000));
    for query in [
        vec![],
        vec![("resource", "")],
        vec![("resource", "alice@example.com")],
        vec![("resource", "mailto:alice@example.com")],
        vec![("resource", "acct:@example.com")],
        vec![("resource", "acct:a\nb@example.com")],
        vec![("resource", "acct:a@example.com"), ("resource", "acct:b@example.com")],
        vec![("resource", long.as_str())],
        vec![("resource", longer.as_str())],
    ] {
        assert_refused(&ask(&server, &query).await, 400, "400 Bad Request");
    }
    let many: String = (0..101).map(|_| "rel=x&").collect();
    let many = server.get(&format!("{PATH}?{many}resource=acct:a@example.com")).await;
    assert_refused(&many, 400, "400 Bad Request");
}

#[tokio::test]
async fn scripts_of_every_origin_may_ask_and_the_path_is_at_the_root_of_the_host() {
    let server = TestServer::start_with(&[
        ("webfinger.hosts", "example.com"),
        ("public_url", "https://id.example.com/auth"),
    ])
    .await;
    let query = "resource=acct:alice@example.com";
    let origin = [("origin", "https://anywhere.example")];
    let path = format!("{PATH}?{query}");
    let answer = server.browser().request(Method::GET, &path, &origin, "").await;
    assert_eq!(answer.header("access-control-allow-origin"), "*", "{answer:?}");
    assert_eq!(answer.json()["links"][0]["href"], "https://id.example.com/auth");
    let preflight = server.browser().request(Method::OPTIONS, PATH, &origin, "").await;
    assert_eq!(preflight.status, 204, "{preflight:?}");
    assert_eq!(server.get(&format!("/auth{path}")).await.status, 404);
    let post = server.browser().request(Method::POST, PATH, &[], query).await;
    assert_refused(&post, 405, "405 Method Not Allowed");
}
