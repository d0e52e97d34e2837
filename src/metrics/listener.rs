//! The listener for metrics: `GET /metrics` in Prometheus' text format, and nothing else.

use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::{StatusCode, header};
use actix_web::{App as ActixApp, HttpRequest, HttpResponse, web};
use prometheus_client::encoding::prometheus_text::CONTENT_TYPE;

use super::Metrics;
use crate::app::App;
use crate::config::TrustedProxies;
use crate::connection::{self, Deadlines, ListenerOptions, Seats};
use crate::failure::Failure;
use crate::http::answer;
use crate::http::call::Call;
use crate::http::general_error;
use crate::http::route::{Route, Surface};
use crate::telemetry;

/// The maximum number of connections; Prometheus uses one.
const CONNECTIONS: usize = 64;
/// How long an answer may still take when the server stops.
const SHUTDOWN: Duration = Duration::from_secs(1);

static ROUTE: Route = Route { path: "/metrics", surface: Surface::Api, class: None, at_root: false };

/// Serves the metrics at `listener` until the handle stops it.
///
/// `seats`: the connections that the metrics are about.
///
/// # Errors
/// If the listener cannot be used.
pub fn serve(listener: TcpListener, app: Arc<App>, seats: Arc<Seats>) -> Result<ServerHandle, Failure> {
    let http = &app.config.http;
    let (refusals, clock) = (app.refusals.clone(), app.clock.clone());
    let options = ListenerOptions {
        large_head: Arc::new(move |peer| refusals.large_head(peer, clock.now())),
        seats: Seats::new(CONNECTIONS, CONNECTIONS, TrustedProxies::default()),
        deadlines: Deadlines {
            request: http.deadline.duration(),
            keep_alive: http.keep_alive.duration(),
            clock: app.clock.clone(),
        },
        tls: None,
        workers: 1,
        shutdown: SHUTDOWN,
    };
    let metrics = web::Data::new(Metrics::new(app, seats));
    let factory = move || {
        let resource = web::resource("/metrics")
            .route(web::get().to(show))
            .route(web::head().to(show))
            .default_service(web::to(method_not_allowed));
        ActixApp::new().app_data(metrics.clone()).service(resource).default_service(web::to(not_found))
    };
    let server = connection::serve(listener, options, factory)
        .map_err(|error| Failure::Internal(format!("cannot listen for metrics: {error}")))?;
    let handle = server.handle();
    actix_web::rt::spawn(server);
    Ok(handle)
}

fn call(metrics: &Metrics, request: &HttpRequest) -> Call {
    Call::begin(&metrics.app, request, &ROUTE)
}

async fn show(metrics: web::Data<Metrics>, request: HttpRequest) -> HttpResponse {
    match metrics.text().await {
        Ok(text) => HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, CONTENT_TYPE))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .body(text),
        Err(error) => {
            let failure = Failure::Internal(format!("the metrics cannot be written: {error}"));
            let call = Rc::new(call(&metrics, &request));
            telemetry::in_request(call.clone(), async { answer::api_failure(&call, &failure) }).await
        }
    }
}

async fn method_not_allowed(metrics: web::Data<Metrics>, request: HttpRequest) -> HttpResponse {
    let description = "this endpoint takes GET, HEAD";
    let mut response =
        general_error::plain(&call(&metrics, &request), StatusCode::METHOD_NOT_ALLOWED, description);
    response.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static("GET, HEAD"));
    response
}

async fn not_found(metrics: web::Data<Metrics>, request: HttpRequest) -> HttpResponse {
    general_error::plain(
        &call(&metrics, &request),
        StatusCode::NOT_FOUND,
        "there is nothing here but /metrics",
    )
}
