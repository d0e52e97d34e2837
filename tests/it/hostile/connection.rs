//! Connections that send nothing, little, or something other than HTTP.

use std::io::Write as _;
use std::net::TcpStream;

use super::{FORM, answer_of, assert_well, connect, status_of};
use crate::support::TestServer;

#[tokio::test]
async fn unfinished_requests_leave_the_server_working() {
    let server = TestServer::start().await;
    let head =
        format!("POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: 1000\r\n\r\n");
    let whole = format!("{head}grant_type=client_credentials&client_id=web&");
    // Cut at every place where a parser could fail, and more often than there are workers or connections.
    for cut in (0..whole.len()).step_by(3) {
        let mut link = connect(&server);
        link.write_all(&whole.as_bytes()[..cut]).unwrap();
        drop(link);
    }
    let chunked = format!(
        "POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    for body in ["", "5\r\ngra", "5\r\ngrant\r\n", "ffffffffffffffff\r\nx", "zz\r\n", "-1\r\n", "0\r\n"] {
        let mut link = connect(&server);
        link.write_all(format!("{chunked}{body}").as_bytes()).unwrap();
        drop(link);
    }
    assert_well(&server).await;
}

#[tokio::test]
async fn slow_bodies_delay_no_others_and_end_with_the_deadline() {
    let server = TestServer::start_with(&[("http.deadline", "2s")]).await;
    let begun = |path: &str| {
        let mut link = connect(&server);
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: 1000");
        link.write_all(format!("{head}\r\n\r\ngrant_type=").as_bytes()).unwrap();
        link
    };
    let (json, page) = ("\"error\":\"temporarily_unavailable\"", "Please try again");
    let slow = (0..25).flat_map(|_| [(begun("/token"), json), (begun("/authorize"), page)]);
    let slow: Vec<(TcpStream, &str)> = slow.collect();
    // A single worker serves fifty of them, and answers other requests at the same time.
    assert_well(&server).await;
    for (link, marker) in slow {
        let answer = answer_of(link);
        assert_eq!(status_of(&answer), 503, "{answer}");
        assert!(answer.to_lowercase().contains("\r\nretry-after: "), "{answer}");
        assert!(answer.contains(marker), "{answer}");
    }
    assert_well(&server).await;
}

#[tokio::test]
#[rustfmt::skip]
async fn bytes_that_are_not_http_get_no_5xx_and_disturb_nothing() {
    let server = TestServer::start().await;
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(300_000));
    let headers = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "a: b\r\n".repeat(2000));
    let requests = [
        "\0\0\0\0\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET  /  HTTP/1.1\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0", "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n",
        "POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "GET /\u{ff} HTTP/1.1\r\nHost: x\r\n\r\n", "GET /%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        &long,
        &headers,
    ];
    for request in requests {
        let mut link = connect(&server);
        let _ = link.write_all(request.as_bytes());
        let _ = link.shutdown(std::net::Shutdown::Write);
        let answer = answer_of(link);
        assert!(answer.is_empty() || (400..500).contains(&status_of(&answer)), "{request:?}: {answer:?}");
        assert!(!answer.contains("\r\nlocation:"), "{request:?}: {answer:?}");
    }
    assert_well(&server).await;
}
