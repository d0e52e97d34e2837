//! The memory that a thousand hostile connections of each kind take, and an honest client beside them.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use tokio::net::{TcpSocket, TcpStream};

use super::form;
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
        let held = hold(node.url.trim_start_matches("http://").parse().unwrap(), &sent).await;
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

#[track_caller]
fn token(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 200, "{what}: {answer:?}");
}

/// Connections from an address that no honest client has, each of which has sent this and reads nothing.
async fn hold(address: SocketAddr, sent: &str) -> Vec<TcpStream> {
    let mut held = Vec::new();
    for _ in 0..HOSTILE {
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
