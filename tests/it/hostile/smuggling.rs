//! Requests whose end two readers could see at different places (request smuggling): refused, and the connection closed.

use std::time::{Duration, Instant};

use super::{assert_well, raw, status_of};
use crate::support::TestServer;

/// Far more than a refusal takes, and far less than the server keeps an idle connection.
const QUICK: Duration = Duration::from_secs(10);
/// What a proxy would take for a body, and a server that sees another end for a request of its own.
const HIDDEN: &str = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

/// Header lines that leave the end of a request open to opinion.
#[rustfmt::skip]
const LENGTHS: [&str; 18] = [
    "Content-Length: 4\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 4",
    "Content-Length: 0\r\nContent-Length: 40", "Content-Length: 4\r\nContent-Length: 4",
    "Content-Length: +4", "Content-Length: -4", "Content-Length: 0x4", "Content-Length: 4, 4", "Content-Length: 4 4",
    "Content-Length: 99999999999999999999", "Content-Length : 4", "Transfer-Encoding : chunked",
    "Transfer-Encoding: xchunked", "Transfer-Encoding: identity, chunked", "Transfer-Encoding: \u{b}chunked",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    "A: b\r\n Content-Length: 4", "A: b\rContent-Length: 4",
];

/// Sizes of a chunk that are not only hexadecimal digits.
const CHUNKS: [&str; 6] = ["+5", "-5", "0x5", "5 5", "ffffffffffffffffff", "5\n"];

/// Asserts that the server answers one request with 400 and closes the connection.
#[track_caller]
fn assert_refused(server: &TestServer, request: &str) {
    let began = Instant::now();
    let answer = raw(server, request.as_bytes());
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{request:?}: {answer}");
    assert_eq!(status_of(&answer), 400, "{request:?}: {answer}");
    assert!(began.elapsed() < QUICK, "{request:?}: still open after {:?}", began.elapsed());
}

#[tokio::test]
async fn a_request_without_one_clear_end_is_refused_and_its_connection_closed() {
    let server = TestServer::start().await;
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    for lines in LENGTHS {
        assert_refused(
            &server,
            &format!("POST /token HTTP/1.1\r\nHost: x\r\n{form}{lines}\r\n\r\n0\r\n\r\n{HIDDEN}"),
        );
    }
    for size in CHUNKS {
        let head = format!("POST /token HTTP/1.1\r\nHost: x\r\n{form}Transfer-Encoding: chunked\r\n\r\n");
        assert_refused(&server, &format!("{head}{size}\r\ngrant\r\n0\r\n\r\n{HIDDEN}"));
    }
    for (version, hosts) in [
        ("1.0", "Host: x\r\nTransfer-Encoding: chunked\r\n"),
        ("1.1", ""),
        ("1.1", "Host: x\r\nHost: y\r\n"),
        ("1.1", "Host: x\r\nA: \0\r\n"),
    ] {
        assert_refused(&server, &format!("POST /token HTTP/{version}\r\n{hosts}{form}\r\n0\r\n\r\n{HIDDEN}"));
    }
    assert_well(&server).await;
}
