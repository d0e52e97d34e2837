//! Connections that are held: each is closed, and soon.

mod bounds;
mod crowd;
mod held;
#[cfg(target_os = "linux")]
mod memory;
mod unread;

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::FORM;
use crate::support::TestServer;
use crate::support::tls::certificate;

/// How much later than planned a busy machine may do something.
const TOLERANCE: Duration = Duration::from_secs(5);
/// No wait in these tests lasts longer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The listeners of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listener {
    Plain,
    Tls,
    Metrics,
}

const LISTENERS: [Listener; 3] = [Listener::Plain, Listener::Tls, Listener::Metrics];

/// A server, seen through one of its listeners.
struct Target {
    server: TestServer,
    listener: Listener,
    tls: Option<Arc<ClientConfig>>,
    _directory: tempfile::TempDir,
}

/// One connection to a server.
trait Link: Read + Write + Send {
    fn socket(&self) -> &TcpStream;
}

impl Link for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

impl Link for StreamOwned<ClientConnection, TcpStream> {
    fn socket(&self) -> &TcpStream {
        &self.sock
    }
}

impl Target {
    async fn start(listener: Listener, options: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let path = |name: &str| directory.path().join(name).display().to_string();
        let (cert, key) = (path("cert.pem"), path("key.pem"));
        let mut all = options.to_vec();
        let mut tls = None;
        match listener {
            Listener::Plain => {}
            Listener::Metrics => all.push(("metrics.listen", "127.0.0.1:0")),
            Listener::Tls => {
                certificate(directory.path());
                all.extend([
                    ("tls.certificate", &*cert),
                    ("tls.key", &*key),
                    ("public_url", "https://localhost"),
                ]);
                let mut roots = RootCertStore::empty();
                roots.add(CertificateDer::from_pem_file(&cert).expect("a certificate")).expect("a root");
                let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                    .with_safe_default_protocol_versions()
                    .expect("versions")
                    .with_root_certificates(roots)
                    .with_no_client_auth();
                tls = Some(Arc::new(config));
            }
        }
        let server = TestServer::start_with(&all).await;
        Self { server, listener, tls, _directory: directory }
    }

    fn address(&self) -> SocketAddr {
        let url = match self.listener {
            Listener::Metrics => self.server.metrics.as_deref().expect("metrics are on"),
            Listener::Plain | Listener::Tls => &self.server.url,
        };
        url.trim_start_matches("http://").parse().expect("an address")
    }

    /// A path that is answered with 200.
    fn path(&self) -> &'static str {
        if self.listener == Listener::Metrics { "/metrics" } else { "/healthz" }
    }

    fn get(&self) -> String {
        format!("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", self.path())
    }

    fn connect(&self) -> Box<dyn Link> {
        let socket = TcpStream::connect(self.address()).expect("the server listens");
        self.link(socket)
    }

    /// A connection from another address of this machine.
    async fn connect_from(&self, last_byte: u8) -> Box<dyn Link> {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.bind((Ipv4Addr::new(127, 0, 0, last_byte), 0).into()).expect("an address of this machine");
        let socket =
            socket.connect(self.address()).await.expect("the server listens").into_std().expect("a socket");
        socket.set_nonblocking(false).expect("a socket");
        self.link(socket)
    }

    fn link(&self, socket: TcpStream) -> Box<dyn Link> {
        socket.set_read_timeout(Some(TIMEOUT)).expect("a timeout");
        match &self.tls {
            None => Box::new(socket),
            Some(config) => {
                let name = "localhost".try_into().expect("a name");
                let client = ClientConnection::new(config.clone(), name).expect("a client");
                Box::new(StreamOwned::new(client, socket))
            }
        }
    }

    /// A connection that has sent this.
    fn sent(&self, bytes: &str) -> Box<dyn Link> {
        let mut link = self.connect();
        link.write_all(bytes.as_bytes()).expect("the server reads");
        link
    }
}

/// The head of a form for `path`.
fn form(path: &str, length: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\n{length}\r\n\r\n")
}

/// Reads until the server closes the connection. Returns what came, and how long that took.
#[track_caller]
fn until_closed(link: &mut dyn Link, what: &str) -> (String, Duration) {
    let (began, mut came, mut part) = (Instant::now(), Vec::new(), [0; 16 * 1024]);
    loop {
        match link.read(&mut part) {
            Ok(0) => break,
            Ok(count) => came.extend_from_slice(&part[..count]),
            Err(error) if is_timeout(&error) => panic!("{what}: still open after {:?}", began.elapsed()),
            Err(_) => break,
        }
        assert!(began.elapsed() < TIMEOUT, "{what}: still open");
    }
    (String::from_utf8_lossy(&came).into_owned(), began.elapsed())
}

fn is_timeout(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Sends a request and reads its answer. Returns whether it is a 200; otherwise the connection is closed.
fn answers(link: &mut dyn Link, request: &str) -> bool {
    if link.write_all(request.as_bytes()).is_err() {
        return false;
    }
    let mut came = String::new();
    let mut part = [0; 16 * 1024];
    while !is_whole(&came) {
        match link.read(&mut part) {
            Ok(count @ 1..) => came.push_str(&String::from_utf8_lossy(&part[..count])),
            Err(error) if is_timeout(&error) => panic!("neither an answer nor an end: {came:?}"),
            _ => return false,
        }
    }
    came.starts_with("HTTP/1.1 200 ")
}

/// Whether an answer with a length has come to its end.
fn is_whole(answer: &str) -> bool {
    let Some((head, body)) = answer.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.and_then(|length| length.parse().ok()).unwrap_or(usize::MAX)
}

/// The statuses of the answers that came.
fn statuses(came: &str) -> Vec<&str> {
    came.split("HTTP/1.1 ").skip(1).filter_map(|answer| answer.get(..3)).collect()
}
