//! What surrounds every request: its id, its deadline, and a net for panics.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpResponse, web};
use futures_util::FutureExt as _;

use crate::app::App;
use crate::failure::Failure;
use crate::http::answer::{self, CallingClient, RequestId};
use crate::http::cors;
use crate::http::places::{Place, place_of};
use crate::secret::random_id;
use crate::store::db::DbError;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request an id, bounds its time, and turns a panic into an answer.
pub async fn wrap(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(app) = request.app_data::<web::Data<App>>().cloned() else {
        return Err(actix_web::error::ErrorInternalServerError("no application state"));
    };
    let (began, id) = (Instant::now(), random_id());
    request.extensions_mut().insert(RequestId(id.clone()));
    // The request itself goes on into the handler, and with it everything that could be asked of it.
    let (method, path) = (request.method().clone(), request.path().to_owned());
    let origin = request.headers().get(header::ORIGIN).cloned();
    let place = place_of(&app.issuer, &path);
    let surface = place.surface;
    let deadline = app.config.http.deadline.duration();
    let handled = tokio::time::timeout(deadline, AssertUnwindSafe(next.call(request)).catch_unwind()).await;
    let failure = match handled {
        Ok(Ok(answered)) => {
            let mut response = answered?.map_into_boxed_body();
            let client =
                response.request().extensions().get::<CallingClient>().map(|client| client.0.clone());
            finish(response.headers_mut(), &id);
            cors::allow(&app, surface, (origin, client), response.headers_mut()).await;
            tracing::debug!(
                request_id = id,
                method = method.as_str(),
                path,
                status = response.status().as_u16(),
                micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
                "answered"
            );
            count(&app, place, response.response(), began);
            return Ok(response);
        }
        Ok(Err(_panic)) => Failure::Internal("a handler panicked".into()),
        Err(_) => Failure::Database(DbError::Deadline),
    };
    let mut response = answer::failure(&app, &id, surface, &failure);
    finish(response.headers_mut(), &id);
    cors::allow(&app, surface, (origin, None), response.headers_mut()).await;
    count(&app, place, &response, began);
    Err(InternalError::from_response("failed", response).into())
}

fn count(app: &App, place: &Place, response: &HttpResponse, began: Instant) {
    if let Some(requests) = &app.requests {
        let (status, reason) = (response.status().as_u16(), answer::reason_of(response));
        requests.count(place.route, status, reason, began.elapsed());
    }
}

/// The headers of every answer.
fn finish(headers: &mut HeaderMap, id: &str) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
}
