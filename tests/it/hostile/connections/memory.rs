//! The memory that a thousand hostile connections of each kind take, and an honest client beside them.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use grantor::store::logos;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use super::{TIMEOUT, form, statuses};
use crate::metrics::reply;
use crate::support::TestServer;
use crate::support::cluster::node;
use crate::support::memory::resident;
use crate::support::server::readiness;
use crate::support::{Answer, Browser};

const HOSTILE: usize = 1000;
/// How soon an honest client gets its token, on a busy machine and with a debug build.
const SOON: Duration = Duration::from_secs(5);
/// In KiB. The tests are a debug build, in which a connection itself takes some kilobytes more.
const MORE: u64 = 48 * 1024 + if cfg!(debug_assertions) { HOSTILE as u64 * 10 } else { 0 };

#[tokio::test]
async fn a_thousand_hostile_connections_of_each_kind_take_little_memory() {
    grantor::config::descriptors::raise_limit();
    let server = TestServer::start().await;
    let service = server.service().await;
    let chunked = "Transfer-Encoding: chunked";
    let mut too_much = Vec::new();
    let long = form("/token", "Content-Length: 60000");
    for (what, sent) in [
        ("silence", String::new()),
        ("unfinished heads", format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX: {}", "x".repeat(23_000))),
        ("bodies that nobody wants", format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{chunked}\r\n\r\n")),
        ("forms that do not end", format!("{long}{}", "a".repeat(7_000))),
        ("answers that nobody reads", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".repeat(500)),
    ] {
        let node = node(&server, &[("http.deadline", "30s"), ("http.workers", "2")]);
        let there = service.at(&node.url);
        readiness(&mut Browser::new(&node.url), 200).await;
        token(&there.token(&[("grant_type", "client_credentials")]).await, what);
        let idle = resident(node.child.id());
        let held = hold(address(&node.url), HOSTILE, &sent).await;
        let mut most = 0;
        for _ in 0..10 {
            let began = Instant::now();
            token(&there.token(&[("grant_type", "client_credentials")]).await, what);
            assert!(began.elapsed() < SOON, "{what}: {:?}", began.elapsed());
            most = most.max(resident(node.child.id()));
        }
        if most > (2 * idle).max(idle + MORE) {
            too_much.push(format!("{what}: {idle} KiB became {most} KiB"));
        }
        drop(held);
    }
    assert!(too_much.is_empty(), "{too_much:?}");
}

/// How many bytes of unfinished requests and unread answers all connections may hold, and each in any case.
const MOST_BYTES: usize = 16 * 1024 * 1024;
const FREE_BYTES: usize = 4 * 1024;

#[tokio::test]
async fn unfinished_requests_share_a_bounded_memory_and_the_largest_network_gives_way() {
    grantor::config::descriptors::raise_limit();
    let options = [("http.deadline", "120s"), ("http.keep_alive", "1h"), ("metrics.listen", "127.0.0.1:0")];
    let server = TestServer::start_with(&options).await;
    let head = |length| format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX: {}", "x".repeat(length));
    let sent = head(30_000);
    let each = sent.len();
    let mut honest = TcpStream::connect(address(&server.url)).await.unwrap();
    honest.write_all(head(8000).as_bytes()).await.unwrap();
    let before = open(&server).await;
    let fit = MOST_BYTES / (each - FREE_BYTES);
    // Two more or fewer, because connections of the test itself come and go.
    let mut held = hold(address(&server.url), fit - 60, &sent).await;
    let began = Instant::now();
    while open(&server).await < before + fit - 62 {
        assert!(began.elapsed() < TIMEOUT, "{} of {fit} do not fit", held.len());
    }
    held.extend(hold(address(&server.url), 100, &sent).await);
    let mut left = before + held.len();
    while left > before + fit + 2 {
        assert!(began.elapsed() < TIMEOUT, "{left} are open, although {fit} fit");
        left = open(&server).await;
    }
    assert!(left > before + fit - 62, "{left} are open, although {fit} fit");
    honest.write_all(b"\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut came = String::new();
    honest.read_to_string(&mut came).await.unwrap();
    assert_eq!(statuses(&came), ["200"], "{came}");
    drop(held);
}

/// The largest body of an answer that a stranger can ask for: a logo.
const LOGO: usize = 128 * 1024;

#[tokio::test]
async fn unread_answers_share_a_bounded_memory_and_a_slow_reader_of_another_network_gets_its_answer() {
    /// Of each of two kinds.
    const LINKS: usize = 150;
    grantor::config::descriptors::raise_limit();
    let options = [
        ("http.deadline", "120s"),
        ("http.keep_alive", "1h"),
        ("limits.enabled", "false"),
        ("metrics.listen", "127.0.0.1:0"),
    ];
    let server = TestServer::start_with(&options).await;
    for (digest, length) in [("large", LOGO), ("half", LOGO / 2)] {
        let bytes = vec![7; length];
        server.store(async move |tx| logos::save(tx, digest, "image/png", &bytes).await).await;
    }
    let get = |path| format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    let (first, large) = (get("/healthz"), get("/logos/large"));
    let mut slow = TcpStream::connect(address(&server.url)).await.unwrap();
    let last = large.replace("Host: x", "Host: x\r\nConnection: close");
    slow.write_all((first.clone() + &large + &last).as_bytes()).await.unwrap();
    served(&server, 1).await;
    let before = open(&server).await;
    // How much the system takes of an unread answer is its own affair. If one kind of connection stops at the end
    // of a large logo, the other kind stops in the middle of one, and then the server holds it.
    let mut held = Vec::new();
    for more in ["", &get("/logos/half")] {
        let sent = first.clone() + more + &large.repeat(3);
        held.extend(hold(address(&server.url), LINKS, &sent).await);
    }
    served(&server, 1 + held.len()).await;
    let (began, fit) = (Instant::now(), MOST_BYTES / (LOGO - FREE_BYTES));
    let mut left = before + held.len();
    while left > before + fit + LINKS {
        assert!(began.elapsed() < TIMEOUT, "{left} are open, although {fit} that stop in a large logo fit");
        left = open(&server).await;
    }
    let mut came = Vec::new();
    slow.read_to_end(&mut came).await.unwrap();
    assert_eq!(statuses(&String::from_utf8_lossy(&came)), ["200"; 3]);
    assert!(came.len() > 2 * LOGO && came.ends_with(&[7; LOGO]), "{} bytes", came.len());
    // A connection holds less than two logos.
    let left = open(&server).await;
    assert!(left >= before - 1 + fit / 2, "{left} are open, although {} fit in any case", fit / 2);
    drop(held);
}

/// Waits until this many connections have been served: the first request of each is for `/healthz`.
async fn served(server: &TestServer, count: usize) {
    let (began, labels) = (Instant::now(), [("endpoint", "/healthz"), ("status", "200")]);
    loop {
        let served = reply(server).await.with("grantor_http_responses_total", &labels);
        if served >= count as f64 {
            return;
        }
        assert!(began.elapsed() < TIMEOUT, "{served} of {count} connections are served");
    }
}

/// How many connections are open, as the metrics say.
async fn open(server: &TestServer) -> usize {
    reply(server).await.value("grantor_http_connections").unwrap() as usize
}

fn address(url: &str) -> SocketAddr {
    url.trim_start_matches("http://").parse().expect("an address")
}

#[track_caller]
fn token(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 200, "{what}: {answer:?}");
}

/// Connections from an address that no honest client has, each of which has sent this and reads nothing.
async fn hold(address: SocketAddr, count: usize, sent: &str) -> Vec<TcpStream> {
    let mut held = Vec::new();
    for _ in 0..count {
        let socket = TcpSocket::new_v4().expect("a socket");
        // Otherwise the kernel would take many answers off the server's hands.
        socket.set_recv_buffer_size(4096).expect("a small buffer");
        socket.bind((Ipv4Addr::new(127, 0, 0, 9), 0).into()).expect("an address of this machine");
        let stream = socket.connect(address).await.expect("the server listens");
        stream.writable().await.expect("a connection");
        match stream.try_write(sent.as_bytes()) {
            Err(error) if error.kind() != ErrorKind::WouldBlock => panic!("{error}"),
            _ => held.push(stream),
        }
    }
    held
}
