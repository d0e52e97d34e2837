//! The stream below HTTP: it reports the bytes that come and go, and reads only when the lifeline allows it.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::web::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::lifeline::{Lifeline, Reading};
use crate::x509::ClientCertificate;

/// A TCP connection, with or without TLS.
pub(super) enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A transport that reports its bytes to a lifeline.
pub(super) struct WatchedStream {
    transport: Transport,
    /// Bytes that were read and that HTTP may not have yet.
    surplus: BytesMut,
    /// How many bytes were written since the system had all. HTTP or TLS still has memory for them.
    unflushed: usize,
    lifeline: Rc<Lifeline>,
}

impl WatchedStream {
    pub(super) fn new(transport: Transport, lifeline: Rc<Lifeline>) -> Self {
        Self { transport, surplus: BytesMut::new(), unflushed: 0, lifeline }
    }

    pub(super) fn lifeline(&self) -> &Rc<Lifeline> {
        &self.lifeline
    }

    /// The certificate that the client has shown in the handshake of TLS. `None` if it has shown none, as always where it is
    /// not asked for one.
    pub(super) fn client_certificate(&self) -> Option<Arc<ClientCertificate>> {
        let Transport::Tls(stream) = &self.transport else { return None };
        let shown = stream.get_ref().1.peer_certificates()?;
        let chain = shown.iter().map(|der| der.clone().into_owned()).collect();
        // The handshake has refused what is too large.
        ClientCertificate::new(chain).ok().flatten().map(Arc::new)
    }
}

impl Transport {
    /// Whether the socket has bytes. If not, the task is woken when bytes come.
    fn is_readable(&self, cx: &mut Context<'_>) -> bool {
        let socket = match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => stream.get_ref().0,
        };
        socket.poll_read_ready(cx).is_ready()
    }
}

impl AsyncRead for WatchedStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match this.lifeline.reading() {
            Reading::Read => {}
            Reading::Pause => {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Reading::PutOff => {
                this.lifeline.put_off_read(this.transport.is_readable(cx));
                return Poll::Pending;
            }
            Reading::End(farewell) => {
                // A peer that takes no byte gets none.
                let _ = farewell.map(|text| Pin::new(&mut this.transport).poll_write(cx, text.as_bytes()));
                return Poll::Ready(Ok(()));
            }
        }
        if !this.surplus.is_empty() {
            let fitting = &this.surplus[..this.surplus.len().min(buffer.remaining())];
            let taken = this.lifeline.received(fitting);
            buffer.put_slice(&this.surplus.split_to(taken));
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.transport).poll_read(cx, buffer);
        let received = &buffer.filled()[before..];
        if read.is_pending() {
            this.lifeline.found_nothing();
        } else if !received.is_empty() {
            let taken = this.lifeline.received(received);
            this.surplus.extend_from_slice(&received[taken..]);
            buffer.set_filled(before + taken);
        }
        read
    }
}

impl AsyncWrite for WatchedStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.transport).poll_write(cx, bytes);
        match written {
            Poll::Pending => this.lifeline.is_blocked(this.unflushed + bytes.len()),
            Poll::Ready(Ok(count)) => this.unflushed += count,
            Poll::Ready(Err(_)) => {}
        }
        written
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.transport).poll_flush(cx);
        match flushed {
            Poll::Pending => this.lifeline.is_blocked(this.unflushed),
            Poll::Ready(_) => {
                this.unflushed = 0;
                this.lifeline.flushed(cx);
            }
        }
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let ended = Pin::new(&mut this.transport).poll_shutdown(cx);
        if ended.is_pending() {
            this.lifeline.is_blocked(this.unflushed);
        }
        ended
    }
}

impl AsyncRead for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
