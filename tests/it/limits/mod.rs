//! Limits of requests: for each network and endpoint, for clients that have authenticated, and for accounts.

mod clients;
mod log;
mod office;
mod people;
mod private_keys;

use std::io::{Read as _, Write as _};
use std::time::Duration;

use reqwest::Method;

use crate::support::cluster::Cluster;
use crate::support::database::{TestDatabase, engine};
use crate::support::{Answer, TestServer};

/// The server accepts the client address that this test sends.
const PROXIED: (&str, &str) = ("http.trusted_proxies", "127.0.0.1");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A request of each kind, with the option that limits it. Each is refused for another reason, or answered.
const KINDS: [(&str, Method, &str); 12] = [
    ("pages", Method::GET, "/"),
    ("pages", Method::GET, "/authorize"),
    ("pages", Method::POST, "/sign-in"),
    ("token", Method::POST, "/token"),
    ("token", Method::POST, "/revoke"),
    ("introspection", Method::POST, "/introspect"),
    ("device_authorization", Method::POST, "/device_authorization"),
    ("userinfo", Method::GET, "/userinfo"),
    ("metadata", Method::GET, "/jwks"),
    ("metadata", Method::GET, "/.well-known/openid-configuration"),
    ("metadata", Method::GET, "/assets/none.css"),
    ("metadata", Method::GET, "/made/up"),
];

/// Sends a request of this network.
async fn send(server: &TestServer, from: &str, method: &Method, path: &str) -> Answer {
    let headers = [FORM, ("x-forwarded-for", from)];
    server.browser().request(method.clone(), path, &headers, "client_id=none&grant_type=none").await
}

/// Asserts that the answer is a 429 of this policy, in the form of its endpoint.
#[track_caller]
fn assert_limited(answer: &Answer, policy: &str, quota: u32, wait: u32) {
    assert_eq!(answer.status, 429, "{policy}: {answer:?}");
    assert_eq!(answer.location(), None);
    assert_eq!(answer.header("retry-after"), wait.to_string(), "{policy}");
    assert_eq!(answer.header("ratelimit-policy"), format!("\"{policy}\";q={quota};w=60"));
    assert_eq!(answer.header("ratelimit"), format!("\"{policy}\";r=0;t={wait}"));
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn each_endpoint_has_a_limit_for_each_network_and_answers_in_its_own_form() {
    let three = ["pages", "token", "introspection", "device_authorization", "userinfo", "metadata"]
        .map(|name| (format!("limits.{name}"), "3"));
    let options: Vec<(&str, &str)> = three.iter().map(|(name, most)| (name.as_str(), *most)).collect();
    let server = TestServer::start_with(&[&options[..], &[PROXIED]].concat()).await;
    for (index, (policy, method, path)) in KINDS.iter().enumerate() {
        let from = format!("203.0.113.{index}");
        for _ in 0..3 {
            let answer = send(&server, &from, method, path).await;
            assert_ne!(answer.status, 429, "{path}: {answer:?}");
            assert_eq!(answer.header("ratelimit"), "", "{path}");
        }
        let limited = send(&server, &from, method, path).await;
        assert_limited(&limited, policy, 3, 20);
        match limited.header("content-type") {
            "text/html; charset=utf-8" => limited.assert_page(429, "limits.network"),
            _ if matches!(*policy, "metadata") => {
                let json = limited.json();
                assert_eq!(json["message"], "429 Too Many Requests", "{path}");
                assert_eq!(json["reason"], "limits.network", "{path}");
                assert_eq!(json["docs"], format!("{}/errors/limits.network", server.url), "{path}");
                assert_eq!(json["request_id"], limited.header("x-request-id"), "{path}");
            }
            _ => limited.assert_json_error(429, "temporarily_unavailable", "limits.network"),
        }
        assert_ne!(
            send(&server, "198.51.100.1", method, path).await.status,
            429,
            "{path} of another network"
        );
        // It is as many seconds as Retry-After says, and not one less.
        server.clock.advance(Duration::from_secs(19));
        assert_limited(&send(&server, &from, method, path).await, policy, 3, 1);
        server.clock.advance(Duration::from_secs(1));
        assert_ne!(send(&server, &from, method, path).await.status, 429, "{path}");
        assert_limited(&send(&server, &from, method, path).await, policy, 3, 20);
        server.clock.advance(Duration::from_secs(60));
    }
}

#[tokio::test]
async fn a_letter_that_is_percent_encoded_in_the_path_goes_around_no_limit() {
    let one = ["pages", "token", "introspection", "device_authorization", "userinfo", "metadata"]
        .map(|name| (format!("limits.{name}"), "1"));
    let options: Vec<(&str, &str)> = one.iter().map(|(name, most)| (name.as_str(), *most)).collect();
    let server = TestServer::start_with(&[&options[..], &[PROXIED]].concat()).await;
    for (number, (policy, method, path)) in KINDS.iter().filter(|(.., path)| path.len() > 1).enumerate() {
        let from = format!("192.0.2.{number}");
        let letter = path.bytes().rfind(u8::is_ascii_alphabetic).expect("a letter");
        let encoded = path.replacen(char::from(letter), &format!("%{letter:02x}"), 1);
        assert_ne!(send(&server, &from, method, path).await.status, 429, "{path}");
        assert_limited(&send(&server, &from, method, &encoded).await, policy, 1, 60);
    }
}

#[tokio::test]
async fn endpoints_that_share_a_limit_share_it_and_others_do_not() {
    let server = TestServer::start_with(&[PROXIED, ("limits.token", "2"), ("limits.pages", "2")]).await;
    let from = "203.0.113.1";
    assert_ne!(send(&server, from, &Method::POST, "/token").await.status, 429);
    assert_ne!(send(&server, from, &Method::POST, "/revoke").await.status, 429);
    assert_limited(&send(&server, from, &Method::POST, "/token").await, "token", 2, 30);
    assert_limited(&send(&server, from, &Method::POST, "/revoke").await, "token", 2, 30);
    assert_ne!(send(&server, from, &Method::GET, "/").await.status, 429);
    assert_ne!(send(&server, from, &Method::GET, "/device").await.status, 429);
    assert_limited(&send(&server, from, &Method::GET, "/sign-in").await, "pages", 2, 30);
    assert_eq!(send(&server, from, &Method::GET, "/jwks").await.status, 200);
}

#[tokio::test]
async fn health_checks_are_never_limited() {
    let everything = KINDS.map(|(name, ..)| (format!("limits.{name}"), "1"));
    let options: Vec<(&str, &str)> = everything.iter().map(|(name, most)| (name.as_str(), *most)).collect();
    let server = TestServer::start_with(&options).await;
    for _ in 0..5 {
        assert_eq!(server.get("/healthz").await.status, 200);
        assert_eq!(server.get("/readyz").await.status, 200);
    }
    assert_eq!(server.get("/jwks").await.status, 200);
    assert_eq!(server.get("/jwks").await.status, 429);
}

#[tokio::test]
async fn the_addresses_of_an_ipv6_network_count_together_and_its_site_has_four_times_as_much() {
    let server = TestServer::start_with(&[PROXIED, ("limits.token", "2")]).await;
    let post = async |from: &str| send(&server, from, &Method::POST, "/token").await;
    assert_ne!(post("2001:db8:1:1::1").await.status, 429);
    assert_ne!(post("2001:db8:1:1:ffff::2").await.status, 429);
    assert_limited(&post("2001:db8:1:1::3").await, "token", 2, 30);
    for network in 2..=7 {
        assert_ne!(post(&format!("2001:db8:1:{network}::1")).await.status, 429, "{network}");
    }
    assert_limited(&post("2001:db8:1:8::1").await, "token-site", 8, 8);
    assert_ne!(post("2001:db8:2:1::1").await.status, 429, "another site");
    assert_ne!(post("::ffff:203.0.113.1").await.status, 429);
    assert_ne!(post("203.0.113.1").await.status, 429);
    assert_limited(&post("::ffff:203.0.113.1").await, "token", 2, 30);
}

#[tokio::test]
async fn the_address_that_an_untrusted_peer_reports_does_not_count() {
    let server = TestServer::start_with(&[("limits.token", "2")]).await;
    for from in ["203.0.113.1", "203.0.113.2"] {
        assert_ne!(send(&server, from, &Method::POST, "/token").await.status, 429);
    }
    assert_limited(&send(&server, "203.0.113.3", &Method::POST, "/token").await, "token", 2, 30);
}

#[tokio::test]
async fn a_limited_request_is_answered_before_its_body_and_without_the_database() {
    let server = TestServer::start_with(&[("limits.token", "1")]).await;
    assert_ne!(server.token(&[("client_id", "none")]).await.status, 429);
    server.sql("ALTER TABLE clients RENAME TO away").await;
    let mut socket = std::net::TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head = "POST /token HTTP/1.1\r\nHost: x\r\nOrigin: https://spa.example\r\n\
                Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n";
    socket.write_all(head.as_bytes()).unwrap();
    // The connection is closed soon after the answer, because its body does not come.
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 429 Too Many Requests\r\n"), "{answer}");
    assert!(answer.contains("limits.network"), "{answer}");
    server.sql("ALTER TABLE away RENAME TO clients").await;
}

#[tokio::test]
async fn a_script_of_any_origin_may_read_when_to_try_again() {
    let server = TestServer::start_with(&[("limits.token", "1"), ("limits.metadata", "3")]).await;
    let origin = ("origin", "https://spa.example");
    let mut answers = Vec::new();
    for _ in 0..2 {
        answers.push(server.browser().request(Method::POST, "/token", &[FORM, origin], "client_id=x").await);
    }
    assert_eq!(answers[0].header("access-control-allow-origin"), "");
    assert_limited(&answers[1], "token", 1, 60);
    assert_eq!(answers[1].header("access-control-allow-origin"), "*");
    for name in ["retry-after", "ratelimit", "ratelimit-policy"] {
        assert!(answers[1].header("access-control-expose-headers").contains(name), "{name}");
    }
    // Otherwise the browser would not even send the request, and the script would learn nothing.
    let asked = [origin, ("access-control-request-method", "POST")];
    for _ in 0..3 {
        assert_eq!(server.browser().request(Method::OPTIONS, "/token", &asked, "").await.status, 204);
    }
    assert_limited(&server.browser().request(Method::OPTIONS, "/token", &asked, "").await, "metadata", 3, 20);
}

#[tokio::test]
async fn each_node_counts_for_itself() {
    let database = TestDatabase::fresh(engine()).await;
    let cluster = Cluster::on(database, 2, &[("limits.token", "1")]).await;
    for mut window in cluster.windows() {
        let first = window.post("/token", &[("client_id", "none")]).await;
        let second = window.post("/token", &[("client_id", "none")]).await;
        assert_ne!(first.status, 429, "{first:?}");
        second.assert_json_error(429, "temporarily_unavailable", "limits.network");
    }
}

#[tokio::test]
async fn nothing_is_limited_and_no_guess_is_counted_when_limits_are_off() {
    let everything = KINDS.map(|(name, ..)| (format!("limits.{name}"), "1"));
    let mut options: Vec<(&str, &str)> =
        everything.iter().map(|(name, most)| (name.as_str(), *most)).collect();
    options.extend([
        ("limits.enabled", "false"),
        ("limits.client", "1"),
        ("limits.account", "1"),
        ("limits.free_passwords", "1"),
        ("limits.account_passwords", "1"),
        ("limits.network_passwords", "1"),
    ]);
    let server = TestServer::start_with(&options).await;
    let web = server.web().await;
    let mut alice = server.alice().await;
    let page = alice.open(&web.url_with(&[])).await;
    for _ in 0..12 {
        let wrong = alice.submit_only(&page, &[("username", "alice"), ("password", "wrong")]).await;
        assert_eq!(wrong.status, 422, "{wrong:?}");
    }
    let code = web.code(&mut alice).await;
    assert_eq!(web.redeem_by_hand(&code).await.status, 200);
    for (_, method, path) in &KINDS {
        for _ in 0..3 {
            assert_ne!(send(&server, "", method, path).await.status, 429, "{path}");
        }
    }
    assert_eq!(server.number("SELECT count(*) FROM guesses").await, 0);
}
