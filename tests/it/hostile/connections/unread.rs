//! Answers that no client reads, and requests that wait for them.

use std::io::Write as _;
use std::time::{Duration, Instant};

use super::{Listener, TIMEOUT, TOLERANCE, Target, statuses, until_closed};
#[cfg(target_os = "linux")]
use crate::hostile::resident;
use crate::support::{Browser, CommandLine};

/// 33 KB for 33 bytes.
const LARGE: &str = "GET /errors HTTP/1.1\r\nHost: x\r\n\r\n";

#[tokio::test]
async fn a_connection_whose_answers_nobody_reads_is_closed_at_the_deadline() {
    for listener in [Listener::Plain, Listener::Tls] {
        let target = Target::start(listener, &[("http.deadline", "1s"), ("http.keep_alive", "1h")]).await;
        let mut link = target.connect();
        link.socket().set_write_timeout(Some(Duration::from_millis(50))).unwrap();
        let (began, requests) = (Instant::now(), LARGE.repeat(20));
        // A closed connection takes no more requests; before that, one that is full takes none for a while.
        loop {
            match link.write(requests.as_bytes()) {
                Err(error) if !super::is_timeout(&error) => break,
                _ => assert!(began.elapsed() < TIMEOUT, "{listener:?}: still open"),
            }
        }
        assert!(began.elapsed() > Duration::from_secs(1), "{listener:?}: {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn requests_sent_together_are_answered_in_order() {
    let target = Target::start(Listener::Plain, &[]).await;
    let form = super::form("/token", "Content-Length: 5");
    let chunked = super::form("/token", "Transfer-Encoding: chunked");
    let get = target.get();
    let last = get.replace("Host: x", "Host: x\r\nConnection: close");
    let sent =
        format!("{get}{form}grant{get}{LARGE}{get}{chunked}5\r\ngrant\r\n0\r\n\r\n{}{last}", get.repeat(50));
    let mut link = target.sent(&sent);
    let (came, took) = until_closed(&mut *link, "requests");
    let mut expected = vec!["200", "400", "200", "200", "200", "400"];
    expected.extend(["200"; 51]);
    assert_eq!(statuses(&came), expected, "{came}");
    assert!(took < TOLERANCE, "nothing waits for a deadline: {took:?}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn requests_that_wait_for_unread_answers_take_little_memory() {
    const LINKS: usize = 200;
    /// In KiB. What a connection needs that keeps one request, and some room for the allocator.
    const EACH: usize = 100;
    let cli = CommandLine::new().await;
    let serving = cli.serve(&[("GRANTOR_HTTP__WORKERS", "2"), ("GRANTOR_HTTP__DEADLINE", "5s")]);
    let address = serving.url.trim_start_matches("http://").to_owned();
    // The memory that the server needs once, and not for each connection.
    for _ in 0..200 {
        assert_eq!(Browser::new(&serving.url).get("/errors").await.status, 200);
    }
    let before = resident(serving.child.id());
    let requests = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2000) + &LARGE.repeat(200);
    let mut held = Vec::new();
    for _ in 0..LINKS {
        let mut link = std::net::TcpStream::connect(&address).unwrap();
        link.set_nonblocking(true).unwrap();
        let _ = link.write(requests.as_bytes());
        held.push(link);
    }
    // Until the first connection is closed, and all have had their time.
    let (began, mut most) = (Instant::now(), 0);
    while held[0].write(b"G").is_ok_and(|count| count > 0) && began.elapsed() < TIMEOUT {
        most = most.max(resident(serving.child.id()));
        tokio::task::yield_now().await;
    }
    assert!(most < before + LINKS * EACH, "{most} KiB, and {before} KiB before");
    assert_eq!(Browser::new(&serving.url).get("/healthz").await.status, 200);
}
