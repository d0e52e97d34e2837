//! A proxy between a server and its database, which can break, block or delay connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use url::Url;

/// How the proxy treats connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProxyMode {
    Fine,
    /// Open connections break, and new ones are refused.
    Gone,
    /// Open connections continue, and new ones are refused.
    Full,
    /// Connections stay open, and no data passes.
    Stuck,
    /// Every answer is delayed by this.
    Slow(Duration),
}

/// The same PostgreSQL URL with another address.
pub(crate) fn by_way_of(url: &str, address: SocketAddr) -> String {
    let mut url = Url::parse(url).expect("a URL");
    url.set_ip_host(address.ip()).expect("a host");
    url.set_port(Some(address.port())).expect("a port");
    url.into()
}

type ModeReceiver = watch::Receiver<ProxyMode>;

/// A proxy that listens until the test's runtime ends.
pub(crate) struct Proxy {
    port: u16,
    mode: watch::Sender<ProxyMode>,
    target: watch::Sender<SocketAddr>,
    met: Arc<AtomicUsize>,
}

impl Proxy {
    pub(crate) async fn before(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (mode, seen) = watch::channel(ProxyMode::Fine);
        let (target, leads_to) = watch::channel(target);
        let met = Arc::<AtomicUsize>::default();
        let counted = met.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                if !matches!(*seen.borrow(), ProxyMode::Gone | ProxyMode::Full) {
                    tokio::spawn(carry(near, *leads_to.borrow(), seen.clone()));
                }
            }
        });
        Self { port, mode, target, met }
    }

    /// How many connections were opened so far, including refused ones.
    pub(crate) fn met(&self) -> usize {
        self.met.load(Ordering::Relaxed)
    }

    /// Breaks every connection, and connects new ones to `target`.
    pub(crate) async fn turn_to(&self, target: SocketAddr) {
        self.set(ProxyMode::Gone);
        // Each open connection holds a receiver, and the listener holds one.
        while self.mode.receiver_count() > 1 {
            tokio::task::yield_now().await;
        }
        self.target.send_replace(target);
        self.set(ProxyMode::Fine);
    }

    pub(crate) fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    pub(crate) fn set(&self, mode: ProxyMode) {
        self.mode.send_replace(mode);
    }
}

async fn carry(near: TcpStream, target: SocketAddr, seen: ModeReceiver) {
    let Ok(far) = TcpStream::connect(target).await else { return };
    let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
    let mut until = seen.clone();
    tokio::select! {
        _ = until.wait_for(|mode| *mode == ProxyMode::Gone) => {}
        () = pump(from_near, to_far, seen.clone(), false) => {}
        () = pump(from_far, to_near, seen, true) => {}
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut seen: ModeReceiver, is_answer: bool) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let now = *seen.borrow();
        if let (ProxyMode::Slow(late), true) = (now, is_answer) {
            tokio::time::sleep(late).await;
        }
        let moves = |mode: &ProxyMode| *mode != ProxyMode::Stuck;
        if seen.wait_for(moves).await.is_err() || to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
