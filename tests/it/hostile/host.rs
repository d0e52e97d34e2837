//! Headers that claim another host: the server only uses its configured URL.

use super::{FORM, raw, status_of};
use crate::support::TestServer;

/// What a proxy or an attacker may claim about the host.
const CLAIMS: [&str; 9] = [
    "X-Forwarded-Host: evil.example",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Port: 666",
    "X-Forwarded-Prefix: /evil.example",
    "X-Forwarded-Server: evil.example",
    "Forwarded: host=evil.example;proto=https;for=1.2.3.4",
    "X-Original-URL: /evil.example",
    "X-Rewrite-URL: /evil.example",
    "X-HTTP-Method-Override: DELETE",
];

#[tokio::test]
async fn no_header_decides_what_the_server_calls_itself() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let consent = browser.open(&web.url_with(&[])).await;
    browser.sign_in(&consent, "alice").await;
    let own = server.url.trim_start_matches("http://").to_owned();
    let session = format!("Cookie: grantor-session={}", browser.cookies["grantor-session"]);
    let path_of = |url: String| url.replace(&server.url, "");
    let requests = [
        ("GET", "/".to_owned(), ""),
        ("GET", "/errors".into(), ""),
        ("GET", "/errors/code.expired".into(), ""),
        ("GET", "/nothing".into(), "Accept: text/html"),
        ("GET", "/.well-known/oauth-authorization-server".into(), ""),
        ("GET", "/jwks".into(), ""),
        ("GET", "/authorize?client_id=nobody".into(), ""),
        ("GET", path_of(web.url_with(&[])), ""),
        ("GET", path_of(web.url_with(&[("scope", "unknown")])), ""),
        ("GET", path_of(web.url_with(&[])), &session),
        ("POST", "/token".into(), ""),
        ("DELETE", "/authorize".into(), ""),
    ];
    for (method, path, header) in requests {
        let ask = |target: &str, host: &str, claims: &str| {
            let head = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n{claims}{header}");
            let head = head.trim_end().to_owned() + "\r\nConnection: close\r\nContent-Length: 0\r\n";
            without_ids(&raw(&server, format!("{head}Content-Type: {FORM}\r\n\r\n").as_bytes()))
        };
        let clean = ask(&path, &own, "");
        assert!(status_of(&clean.join("\n")) < 500 && clean.len() > 4, "{clean:?}");
        let all = CLAIMS.join("\r\n") + "\r\n";
        let absolute = format!("http://evil.example{path}");
        for (target, host, claims) in [
            (path.as_str(), "evil.example", ""),
            (&path, "evil.example:443", ""),
            (&path, "", ""),
            (&path, &own, &all),
            (&path, "evil.example", &all),
            (&absolute, &own, ""),
            (&absolute, "evil.example", &all),
        ] {
            let answer = ask(target, host, claims);
            assert_eq!(answer, clean, "{method} {target} with Host {host:?} and {claims:?}");
            assert!(!answer.iter().any(|line| line.contains("evil.example")));
        }
        for claim in CLAIMS {
            assert_eq!(ask(&path, &own, &format!("{claim}\r\n")), clean, "{method} {path} with {claim}");
        }
    }
}

/// The lines of an answer in a fixed order, without the date, ids and random values.
fn without_ids(answer: &str) -> Vec<String> {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let mut lines: Vec<String> =
        head.lines().filter(|line| !line.starts_with("date:")).map(without_chance).collect();
    // The order of headers has no meaning.
    lines[1..].sort();
    lines.extend(body.lines().map(without_chance));
    lines
}

fn without_chance(line: &str) -> String {
    let is_of_id = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let (mut text, mut word) = (String::new(), String::new());
    for c in line.chars().chain(['\n']) {
        if is_of_id(c) {
            word.push(c);
            continue;
        }
        let is_id = word.len() >= 22 && word.contains(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit());
        let is_time = word.len() == 10 && word.bytes().all(|b| b.is_ascii_digit());
        text.push_str(if is_id || is_time { "ID" } else { &word });
        text.push(c);
        word.clear();
    }
    text
}
