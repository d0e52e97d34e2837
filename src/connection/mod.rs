//! Connections below HTTP: how many may be open, and how long each step of one may take.
//!
//! An accepted connection takes a seat ([`Seats`]) and is served by actix-http over a stream that reports to a
//! [`Lifeline`]. Beside it, [`watch`] closes it when a deadline of the lifeline has passed, or when it must give way.

mod lifeline;
mod seats;
mod service;
mod stream;

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_http::error::{DispatchError, ParseError};
use actix_http::{HttpService, KeepAlive, Request};
use actix_server::{Server, ServerBuilder};
use actix_service::{IntoServiceFactory, Service, ServiceFactory, fn_factory, fn_service};
use actix_web::Error;
use actix_web::body::BoxBody;
use actix_web::dev::{AppConfig, ServiceResponse};
use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio::time::Sleep;
use tokio_rustls::TlsAcceptor;

pub use lifeline::Deadlines;
use lifeline::Judgement;
pub(crate) use lifeline::Lifeline;
pub use seats::Seats;
use service::{WAITING_FOR_MORE, watched};
use stream::{Transport, WatchedStream};

/// How many more connections are accepted while the ones that give way to them are still closing.
const SPARE: usize = 64;
/// How many bytes of answers the system takes for a peer that does not read. By default it takes some megabytes, and the
/// server would answer that many requests for nothing.
const SEND_BUFFER: usize = 64 * 1024;
/// Longer than any deadline.
const LONG: Duration = Duration::from_secs(365 * 86_400);

/// Is called with the address of a peer that sends a head which is too large, or has too many fields.
pub type HeadReport = Arc<dyn Fn(IpAddr) + Send + Sync>;

/// How a listener serves.
#[derive(Clone)]
pub struct ListenerOptions {
    pub seats: Arc<Seats>,
    pub deadlines: Deadlines,
    pub large_head: HeadReport,
    /// `None` for plain HTTP.
    pub tls: Option<Arc<ServerConfig>>,
    pub workers: usize,
    /// How long a stopping server waits for requests in flight.
    pub shutdown: Duration,
}

/// A server for the connections of a listener.
///
/// # Errors
/// If the listener cannot be used.
pub fn serve<F, I, S>(listener: TcpListener, options: ListenerOptions, app: F) -> std::io::Result<Server>
where
    F: Fn() -> I + Clone + Send + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<
            Request,
            Config = AppConfig,
            Response = ServiceResponse<BoxBody>,
            Error = Error,
            InitError = (),
        > + 'static,
    S::Service: 'static,
{
    let builder = ServerBuilder::new()
        .workers(options.workers)
        // A last resort, because a connection gets its seat only after it has been accepted.
        .max_concurrent_connections((options.seats.most() + SPARE).div_ceil(options.workers))
        .disable_signals()
        .shutdown_timeout(options.shutdown.as_secs());
    let stopping = builder.graceful_shutdown_signal();
    // Accepted connections inherit it.
    if let Err(error) = rustix::net::sockopt::set_socket_send_buffer_size(&listener, SEND_BUFFER) {
        tracing::debug!("SO_SNDBUF cannot be set: {error}");
    }
    // Otherwise the last piece of a long answer waits until the client has confirmed the piece before, which takes 40 ms.
    if let Err(error) = rustix::net::sockopt::set_tcp_nodelay(&listener, true) {
        tracing::debug!("TCP_NODELAY cannot be set: {error}");
    }
    let name = format!("http {}", listener.local_addr()?);
    let server = builder.listen(name, listener, move || {
        let stopping = stopping.clone();
        let app = Rc::new(app().into_factory());
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            // The lifeline watches how long a request takes, and how long a connection is idle.
            .keep_alive(KeepAlive::Os)
            .client_request_timeout(Duration::ZERO)
            .client_disconnect_timeout(lifeline::LINGER)
            .h1_write_buffer_size(WAITING_FOR_MORE)
            .on_connect_ext(|stream: &WatchedStream, data| {
                data.insert(stream.lifeline().clone());
                stream.client_certificate().map(|certificate| data.insert(certificate));
            })
            .h1(fn_factory(move || {
                let app = app.clone();
                async move { app.new_service(AppConfig::default()).await.map(watched) }
            }));
        let (http, options) = (Rc::new(http), options.clone());
        fn_factory(move || {
            let (http, options) = (http.clone(), options.clone());
            async move {
                let http = Rc::new(http.new_service(()).await?);
                Ok::<_, ()>(fn_service(move |socket: TcpStream| {
                    let (http, options) = (http.clone(), options.clone());
                    // actix-server has room for this future twice.
                    Box::pin(async move {
                        connection(socket, &options, &*http).await;
                        Ok::<_, ()>(())
                    })
                }))
            }
        })
    })?;
    Ok(server.run())
}

/// Serves one connection to its end.
async fn connection<H>(socket: TcpStream, options: &ListenerOptions, http: &H)
where
    H: Service<(WatchedStream, Option<SocketAddr>), Response = (), Error = DispatchError>,
{
    // The socket has no peer address if the peer has already closed the connection.
    let Ok(peer) = socket.peer_addr() else { return };
    let Some(seat) = options.seats.take(peer.ip()) else { return };
    #[cfg(target_os = "linux")]
    limit_silence(&socket, options.deadlines.request);
    let lifeline =
        Rc::new(Lifeline::new(options.deadlines.clone(), peer.ip(), seat, options.large_head.clone()));
    let exchange = pin!(async {
        let transport = match &options.tls {
            None => Transport::Plain(socket),
            Some(config) => match TlsAcceptor::from(config.clone()).accept(socket).await {
                Ok(stream) => Transport::Tls(Box::new(stream)),
                Err(error) => {
                    tracing::debug!(address = %peer.ip(), "TLS was not set up: {error}");
                    return;
                }
            },
        };
        lifeline.open();
        let stream = WatchedStream::new(transport, lifeline.clone());
        if let Err(error) = http.call((stream, Some(peer))).await {
            // HTTP has answered with 431 itself: it takes 96 header fields.
            if matches!(error, DispatchError::Parse(ParseError::TooLarge)) {
                (options.large_head)(peer.ip());
            }
            report(&error, peer);
        }
    });
    watch(exchange, &lifeline).await;
}

/// Lets the system end a connection whose peer does not confirm what it was sent (`TCP_USER_TIMEOUT`, RFC 5482).
#[cfg(target_os = "linux")]
fn limit_silence(socket: &TcpStream, longest: Duration) {
    let millis = u32::try_from(longest.as_millis()).unwrap_or(u32::MAX);
    if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(socket, millis) {
        tracing::debug!("TCP_USER_TIMEOUT cannot be set: {error}");
    }
}

/// Logs why a connection ended with an error: because of what the client sent, or because of a defect.
fn report(error: &DispatchError, peer: SocketAddr) {
    let address = peer.ip();
    match error {
        DispatchError::InternalError => tracing::warn!(%address, "a connection ended: {error}"),
        _ => tracing::debug!(%address, "a connection ended: {error}"),
    }
}

/// Runs an exchange to its end, or drops it when its lifeline says so.
async fn watch(mut exchange: Pin<&mut impl Future<Output = ()>>, lifeline: &Lifeline) {
    // One timer for all deadlines of a connection. It is set again only when it goes off, or when a deadline is earlier.
    let mut alarm = pin!(tokio::time::sleep(LONG));
    std::future::poll_fn(|cx| {
        loop {
            if exchange.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            match next_step(lifeline, alarm.as_mut(), cx) {
                Judgement::Wait(_) => return Poll::Pending,
                Judgement::Leave => {}
                Judgement::Drop => return Poll::Ready(()),
            }
        }
    })
    .await;
}

/// Returns the lifeline's judgement. Sets the alarm if the judgement is to wait.
fn next_step(lifeline: &Lifeline, mut alarm: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Judgement {
    loop {
        let judgement = lifeline.judge(cx);
        let Judgement::Wait(Some(due)) = judgement else { return judgement };
        let due = tokio::time::Instant::from(due);
        if alarm.deadline() > due || alarm.is_elapsed() {
            alarm.as_mut().reset(due);
        }
        if alarm.as_mut().poll(cx).is_pending() {
            return judgement;
        }
    }
}
