//! A thousand hostile connections, and one honest client.

use std::io::{ErrorKind, Write as _};
use std::time::{Duration, Instant};

use super::{Link, Listener, Target, form};
use crate::support::process::ServerProcess;
use crate::support::{Browser, CommandLine};

const HOSTILE: usize = 1000;
/// How soon an honest client gets its token, on a busy machine and with a debug build.
const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn an_honest_client_is_answered_beside_a_thousand_hostile_connections_of_each_kind() {
    grantor::config::descriptors::raise_limit();
    let target = Target::start(Listener::Plain, &[("http.deadline", "30s"), ("http.workers", "2")]).await;
    let service = target.server.service().await;
    let chunked = "Transfer-Encoding: chunked";
    for (what, sent) in [
        ("silence", String::new()),
        ("unfinished heads", "GET /healthz HTTP/1.1\r\nHost: x\r\n".into()),
        ("bodies that nobody wants", target.get().replace("Host: x", &format!("Host: x\r\n{chunked}"))),
        ("forms that do not end", form("/token", chunked)),
        ("answers that nobody reads", target.get().repeat(500)),
    ] {
        let held = hold(&target, &sent, HOSTILE).await;
        let began = Instant::now();
        let answer = service.token(&[("grant_type", "client_credentials")]).await;
        assert_eq!(answer.status, 200, "{what}: {answer:?}");
        assert!(began.elapsed() < SOON, "{what}: {:?}", began.elapsed());
        drop(held);
    }
}

#[tokio::test]
async fn more_connections_than_the_server_has_keep_no_other_network_out() {
    grantor::config::descriptors::raise_limit();
    let options = [("http.deadline", "30s"), ("http.connections", "100")];
    let target = Target::start(Listener::Plain, &options).await;
    let service = target.server.service().await;
    let held = hold(&target, &form("/token", "Transfer-Encoding: chunked"), 300).await;
    let began = Instant::now();
    let answer = service.token(&[("grant_type", "client_credentials")]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    drop(held);
}

/// Connections from an address that no honest client has, each of which has sent this and reads nothing.
async fn hold(target: &Target, sent: &str, count: usize) -> Vec<Box<dyn Link>> {
    let mut held = Vec::new();
    for _ in 0..count {
        let mut link = target.connect_from(9).await;
        link.socket().set_nonblocking(true).unwrap();
        match link.write(sent.as_bytes()) {
            Err(error) if error.kind() != ErrorKind::WouldBlock => panic!("{error}"),
            _ => held.push(link),
        }
    }
    held
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_limit_of_descriptors_is_raised_and_the_log_says_so() {
    let cli = CommandLine::new().await;
    let serving = ServerProcess::start_with_descriptors(&cli.directory(), &cli.config, 100, 1000);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", serving.child.id())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    assert_eq!(line.split_whitespace().skip(3).collect::<Vec<_>>(), ["1000", "1000", "files"]);
    // More connections than the soft limit allowed.
    let address = serving.url.trim_start_matches("http://").to_owned();
    let held: Vec<_> = (0..150).map(|_| std::net::TcpStream::connect(&address).unwrap()).collect();
    assert_eq!(Browser::new(&serving.url).get("/healthz").await.status, 200);
    drop(held);
    let (ended_well, log) = serving.stop();
    assert!(ended_well, "{log}");
    let line = log.lines().find(|line| line.contains("descriptors")).expect("a line");
    assert!(line.contains("this process may have 1000 descriptors open; it serves "), "{line}");
    assert!(!log.contains("Too many open files"), "{log}");
}

#[tokio::test]
async fn more_connections_than_descriptors_are_a_mistake_in_the_configuration() {
    let cli = CommandLine::new().await;
    for (option, value, part) in [
        (
            "GRANTOR_HTTP__CONNECTIONS",
            "4000000000",
            "http.connections is 4000000000, but this process may have ",
        ),
        ("GRANTOR_HTTP__CONNECTIONS_PER_NETWORK", "0", "http.connections_per_network must be at least 1"),
        ("GRANTOR_HTTP__KEEP_ALIVE", "0s", "http.keep_alive must be longer than 0s"),
    ] {
        let output = cli.command(&["config", "check"]).env(option, value).output().unwrap();
        let table = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!((output.status.code(), table.contains(part)), (Some(1), true), "{table}");
    }
}

#[tokio::test]
async fn a_head_that_is_too_large_or_has_too_many_fields_is_a_line_with_the_address() {
    let cli = CommandLine::new().await;
    let serving = cli.serve(&[]);
    let address = serving.url.trim_start_matches("http://").to_owned();
    for (length, status) in [(30_000, "200"), (60_000, "431"), (1_000_000, "431")] {
        let mut link = std::net::TcpStream::connect(&address).unwrap();
        let head = format!("GET /healthz?{} HTTP/1.1\r\nHost: x\r\n", "x".repeat(length));
        // A server that answers early may have closed its end already.
        let _ = link.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes());
        let (came, _) = super::until_closed(&mut link, "a large head");
        assert_eq!(super::statuses(&came), [status], "{length}: {came}");
    }
    // The HTTP library counts the fields, and answers by itself.
    for (fields, status) in [(96, "200"), (97, "431"), (1000, "431")] {
        let mut link = std::net::TcpStream::connect(&address).unwrap();
        let more = "A: b\r\n".repeat(fields - 2);
        let head = format!("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}");
        link.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        let (came, _) = super::until_closed(&mut link, "many fields");
        assert_eq!(super::statuses(&came), [status], "{fields}: {came}");
    }
    // What is not HTTP is not an error of the server either.
    let mut link = std::net::TcpStream::connect(&address).unwrap();
    link.write_all(b"GET / HTTP/1.1\r\nbad header\r\n\r\n").unwrap();
    assert_eq!(super::statuses(&super::until_closed(&mut link, "no HTTP").0), ["400"]);
    let (_, log) = serving.stop();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("head is too large")).collect();
    assert_eq!(lines.len(), 4, "{log}");
    for line in lines {
        assert!(line.contains("\"INFO\"") && line.contains("\"address\":\"127.0.0.1\""), "{line}");
    }
    assert!(!log.contains("\"ERROR\""), "{log}");
}

#[tokio::test]
async fn heads_that_are_too_large_are_summed_up_like_refusals() {
    let cli = CommandLine::new().await;
    let serving = cli.serve(&[]);
    let address = serving.url.trim_start_matches("http://").to_owned();
    let head = format!("GET /healthz?{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(40_000));
    for _ in 0..35 {
        let mut link = std::net::TcpStream::connect(&address).unwrap();
        let _ = link.write_all(head.as_bytes());
        super::until_closed(&mut link, "a large head");
    }
    let (_, log) = serving.stop();
    let lines = log.lines().filter(|line| line.contains("head is too large")).count();
    let sums = log.lines().filter(|line| line.contains("refused more requests of this network"));
    let sum: u64 = sums
        .map(|line| {
            assert!(line.contains("head_too_large ") && line.contains("\"network\":\"127.0.0.1\""), "{line}");
            serde_json::from_str::<serde_json::Value>(line).unwrap()["refused"].as_u64().unwrap()
        })
        .sum();
    // A minute may have ended in between on a slow machine.
    assert!(lines >= 30 && lines as u64 + sum == 35, "{log}");
}
