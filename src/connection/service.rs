//! The service above HTTP: it reports when a request begins, and when its answer begins and ends.

use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_http::{ConnectionType, HttpMessage as _, Payload, Request, Response};
use actix_service::{Service, fn_service};
use actix_web::Error;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::Bytes;
use futures_util::ready;

use super::lifeline::{BodyLength, Lifeline};

/// How many bytes of a body HTTP gets at once. HTTP never makes its buffer for answers smaller, which begins with 8 KiB.
const PIECE: usize = 7 * 1024;
/// HTTP takes another piece if fewer bytes than these wait to be written.
pub(super) const WAITING_FOR_MORE: usize = 4 * 1024;

/// The application, with every request reported to the lifeline of its connection.
pub(super) fn watched<S>(
    app: S,
) -> impl Service<Request, Response = Response<WatchedBody>, Error = Infallible>
where
    S: Service<Request, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
{
    let app = Rc::new(app);
    fn_service(move |mut request: Request| {
        let app = app.clone();
        async move {
            let lifeline = request.conn_data::<Rc<Lifeline>>().cloned();
            if let Some(lifeline) = &lifeline {
                std::future::poll_fn(|_| lifeline.poll_turn()).await;
                lifeline.begin(length_of(&mut request));
            }
            let response = match app.call(request).await {
                Ok(answered) => Response::from(answered),
                Err(error) => error.error_response().into(),
            };
            Ok(response.map_body(|head, body| {
                let length = if let BodySize::Sized(length) = body.size() { length } else { 0 };
                if lifeline.as_ref().is_some_and(|lifeline| !lifeline.answer_begins(length)) {
                    head.set_connection_type(ConnectionType::Close);
                }
                WatchedBody { body, part: Bytes::new(), lifeline }
            }))
        }
    })
}

fn length_of(request: &mut Request) -> BodyLength {
    if matches!(request.payload(), Payload::None) {
        return BodyLength::Bytes(0);
    }
    let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    length.map_or(BodyLength::Unknown, BodyLength::Bytes)
}

/// The body of an answer. HTTP drops it when it has the last byte.
pub(super) struct WatchedBody {
    body: BoxBody,
    /// What HTTP has not taken yet of the last part of the body.
    part: Bytes,
    lifeline: Option<Rc<Lifeline>>,
}

impl MessageBody for WatchedBody {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        if this.part.is_empty() {
            match ready!(Pin::new(&mut this.body).poll_next(cx)) {
                Some(Ok(part)) => this.part = part,
                end => return Poll::Ready(end),
            }
        }
        let piece = this.part.len().min(PIECE);
        Poll::Ready(Some(Ok(this.part.split_to(piece))))
    }
}

impl Drop for WatchedBody {
    fn drop(&mut self) {
        if let Some(lifeline) = &self.lifeline {
            lifeline.answer_ends();
        }
    }
}
