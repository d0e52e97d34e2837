//! Hostile input at every entry: refused in good time, never a 5xx, and always treated as text.

mod amount;
mod connection;
mod connections;
mod encoding;
mod host;
mod nul;
mod smuggling;
mod text;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::relying_party::Registration;
use crate::support::{Answer, TestServer};

const FORM: &str = "application/x-www-form-urlencoded";

/// Parameters that are given hostile values, at the authorization and the token endpoint.
const AUTHORIZE: [&str; 10] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "request",
    "nonce",
];

/// Sends raw bytes. Returns what came back until the server closed the connection.
fn raw(server: &TestServer, bytes: &[u8]) -> String {
    let mut link = connect(server);
    // A server that answers early may have closed its end already.
    let _ = link.write_all(bytes);
    answer_of(link)
}

fn connect(server: &TestServer) -> TcpStream {
    let link = TcpStream::connect(server.url.trim_start_matches("http://")).expect("the server listens");
    link.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    link
}

fn answer_of(mut link: TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut part = [0; 16 * 1024];
    // A reset after the answer loses nothing: the bytes before it are the answer.
    while let Ok(count @ 1..) = link.read(&mut part) {
        bytes.extend_from_slice(&part[..count]);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[track_caller]
fn status_of(answer: &str) -> u16 {
    let status = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
    status.and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no status in {answer:?}"))
}

#[track_caller]
fn assert_4xx(answer: &Answer, what: &str) {
    assert!(answer.status.is_client_error(), "{what}: {answer:?}");
    assert_eq!(answer.location(), None, "{what}");
}

async fn assert_well(server: &TestServer) {
    assert_eq!(server.get("/healthz").await.status, 200);
    let service = server.register(Registration::service(&grantor::secret::random_id())).await;
    let answer = service.token(&[("grant_type", "client_credentials"), ("scope", "read")]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// The memory of a process in KiB.
#[cfg(target_os = "linux")]
fn resident(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
