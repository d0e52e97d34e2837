//! A web site of somebody else: answers what it is told to.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Listens until the test process ends.
pub(crate) struct Site {
    pub(crate) port: u16,
    called: Arc<AtomicUsize>,
}

impl Site {
    /// Answers each request by `answer`, which gets path and query, and behind a space the body where there is one,
    /// and gives the whole response but its length.
    pub(crate) fn start(answer: impl Fn(&str) -> (String, String) + Send + Sync + Clone + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let called = Arc::new(AtomicUsize::new(0));
        let site = Self { port, called: called.clone() };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                called.fetch_add(1, Ordering::SeqCst);
                let answer = answer.clone();
                // Browsers open connections ahead of need; none may hold up another.
                std::thread::spawn(move || serve(stream, &answer));
            }
        });
        site
    }

    /// How often somebody has connected.
    pub(crate) fn called(&self) -> usize {
        self.called.load(Ordering::SeqCst)
    }
}

fn serve(mut stream: TcpStream, answer: &impl Fn(&str) -> (String, String)) {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(read) => head.extend_from_slice(&buffer[..read]),
        }
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    let (lines, mut sent) =
        text.split_once("\r\n\r\n").map_or(("", String::new()), |(l, b)| (l, b.to_owned()));
    let length = lines
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    while sent.len() < length.unwrap_or(0) {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(read) => sent.push_str(&String::from_utf8_lossy(&buffer[..read])),
        }
    }
    let path = lines.split(' ').nth(1).unwrap_or("/");
    let (header, body) = answer(format!("{path} {sent}").trim_end());
    let response =
        format!("HTTP/1.1 {header}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    let _ = stream.write_all(response.as_bytes());
    let _ = stream.shutdown(Shutdown::Write);
}

/// A page with this body.
pub(crate) fn page(body: &str) -> (String, String) {
    (
        "200 OK\r\nContent-Type: text/html; charset=utf-8".into(),
        format!("<!doctype html><title>Site</title>{body}"),
    )
}

/// A redirect.
pub(crate) fn redirect(location: &str) -> (String, String) {
    (format!("302 Found\r\nLocation: {location}"), String::new())
}
