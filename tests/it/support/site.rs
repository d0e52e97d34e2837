//! Another party's web site, with answers that the test chooses.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A site that listens until the test process ends.
pub(crate) struct Site {
    pub(crate) port: u16,
    called: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<(String, String)>>>,
}

impl Site {
    /// Starts a site. `answer` gets the path and query, then a space and the body if there is one, and returns the head
    /// and the body of the response without Content-Length.
    pub(crate) fn start(answer: impl Fn(&str) -> (String, String) + Send + Sync + Clone + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let called = Arc::new(AtomicUsize::new(0));
        let requests = Arc::<Mutex<Vec<(String, String)>>>::default();
        let site = Self { port, called: called.clone(), requests: requests.clone() };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                called.fetch_add(1, Ordering::SeqCst);
                let (answer, requests) = (answer.clone(), requests.clone());
                // Browsers open spare connections, so each connection gets its own thread.
                std::thread::spawn(move || serve(stream, &answer, &requests));
            }
        });
        site
    }

    /// The head of each request, in lower case.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.requests().into_iter().map(|(head, _)| head.to_ascii_lowercase()).collect()
    }

    /// The head and the body of each request, as they came.
    pub(crate) fn requests(&self) -> Vec<(String, String)> {
        self.requests.lock().expect("no panic").clone()
    }

    /// How many connections were made.
    pub(crate) fn called(&self) -> usize {
        self.called.load(Ordering::SeqCst)
    }
}

fn serve(
    mut stream: TcpStream,
    answer: &impl Fn(&str) -> (String, String),
    requests: &Mutex<Vec<(String, String)>>,
) {
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
    requests.lock().expect("no panic").push((lines.to_owned(), sent.clone()));
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

/// A page of an application on which a browser arrives after its request, with this text.
pub(crate) fn arrival(text: &str) -> (String, String) {
    page(&format!("<p id=arrived>{text}</p>"))
}

/// A redirect.
pub(crate) fn redirect(location: &str) -> (String, String) {
    (format!("302 Found\r\nLocation: {location}"), String::new())
}
