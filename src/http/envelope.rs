//! What surrounds every request: its call, its deadline, and the handling of panics.

use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpRequest, web};
use futures_util::FutureExt as _;

use super::answer;
use super::call::Call;
use super::cors;
use super::limiting;
use super::request_id;
use super::route::{Routes, Surface};
use crate::app::App;
use crate::failure::Failure;
use crate::oauth::reason::Reason;
use crate::oauth::withheld::without_credentials;
use crate::store::db::DbError;
use crate::telemetry;
use crate::traces::{self, RequestStart};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// RFC 9449 §8.
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// Makes the request's [`Call`], limits its time, and turns a panic into an answer.
///
/// # Errors
/// Only if the application state is missing, or the server fails below the handlers.
pub async fn wrap(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let (Some(app), Some(routes)) =
        (request.app_data::<web::Data<App>>().cloned(), request.app_data::<web::Data<Routes>>())
    else {
        return Err(actix_web::error::ErrorInternalServerError("no application state"));
    };
    let began = Instant::now();
    let call = Rc::new(Call::begin(&app, request.request(), routes.find(request.match_info().as_str())));
    request.extensions_mut().insert(call.clone());
    let span = traces::begin(|| start(&app, &call, request.request()));
    // Without the box, every open connection would have room for it, twice.
    let answered = Box::pin(traces::within(span, answer(&app, &call, request, next, began)));
    telemetry::in_request(call.clone(), answered).await
}

/// What the span of a request says from its beginning.
fn start<'a>(app: &App, call: &'a Call, request: &'a HttpRequest) -> RequestStart<'a> {
    const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    let known = METHODS.into_iter().find(|method| *method == request.method().as_str());
    RequestStart {
        method: known.unwrap_or("_OTHER"),
        route: (call.route.surface != Surface::Unknown).then_some(call.route.path),
        request_id: &call.id,
        parent: request_id::trace(request, &app.config.http.trusted_proxies),
    }
}

async fn answer(
    app: &App,
    call: &Call,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
    began: Instant,
) -> Result<ServiceResponse<BoxBody>, Error> {
    // The request moves into the handler, so these values are copied before.
    let method = request.method().clone();
    let origin = request.headers().get(header::ORIGIN).cloned();
    if let Err(failure) = limiting::admit(app, call, &method) {
        let mut response = answer::failure(app, call, &failure);
        finish(app, call, origin, response.headers_mut()).await;
        count(app, call, response.status(), began);
        return Ok(request.into_response(response));
    }
    // Before any handler, so that no method and no header shows that something is there.
    if call.is_out_of_reach {
        let mut response = answer::not_found(app, call, request.headers());
        finish(app, call, origin, response.headers_mut()).await;
        count(app, call, response.status(), began);
        return Ok(request.into_response(response));
    }
    let deadline = app.config.http.deadline.duration();
    let handling = async {
        // A form takes its place when all of it has arrived.
        if method != Method::POST && !call.route.is_always_answered() && !call.takes_a_place() {
            return None;
        }
        Some(AssertUnwindSafe(next.call(request)).catch_unwind().await)
    };
    let failure = match tokio::time::timeout(deadline, handling).await {
        Ok(Some(Ok(answered))) => {
            let mut response = answered?.map_into_boxed_body();
            finish(app, call, origin, response.headers_mut()).await;
            tracing::debug!(
                method = method.as_str(),
                path = &*without_credentials(&call.path),
                status = response.status().as_u16(),
                micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
                "answered"
            );
            count(app, call, response.status(), began);
            return Ok(response);
        }
        Ok(None) => Failure::Busy("the server"),
        Ok(Some(Err(_panic))) => Failure::Internal("a handler panicked".into()),
        Err(_) => Failure::Database(DbError::Deadline),
    };
    let mut response = answer::failure(app, call, &failure);
    finish(app, call, origin, response.headers_mut()).await;
    count(app, call, response.status(), began);
    Err(InternalError::from_response("failed", response).into())
}

fn count(app: &App, call: &Call, status: StatusCode, began: Instant) {
    limiting::forgive_outage(app, call);
    traces::note_answer(status.as_u16(), call.reason().map(Reason::word));
    if let Some(reason) = call.reason() {
        app.counters.refused(reason);
        app.activity.refused(call.application().map(|stored| &stored.client), reason, call.now);
    }
    if let Some(requests) = &app.requests {
        requests.count(call.route.path, status.as_u16(), call.reason(), began.elapsed());
    }
}

/// Adds the headers of every answer.
async fn finish(app: &App, call: &Call, origin: Option<HeaderValue>, headers: &mut HeaderMap) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::from_str(&call.id) {
        headers.insert(REQUEST_ID, id);
    }
    if let Some(value) = &app.strict_transport_security {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value.clone());
    }
    if let Some(nonce) = call.dpop_nonce().and_then(|nonce| HeaderValue::from_str(nonce).ok()) {
        headers.insert(DPOP_NONCE, nonce);
    }
    if let Some(limited) = call.limited() {
        limiting::describe(&limited, headers);
    }
    cors::allow(app, call, origin, headers).await;
}
