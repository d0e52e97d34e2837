//! The web site of the demo application: its routes, the middleware around them, and its home page.

use std::net::TcpListener;

use actix_web::body::MessageBody;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::{Server, ServerHandle, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::{Next, from_fn};
use actix_web::{App as ActixApp, HttpRequest, HttpResponse, HttpServer, Route, guard, web};
use minijinja::{Value, context};

use super::broken::{BROKEN, How};
use super::relying_party::RelyingParty;
use super::site::{COOKIE, Site, nothing_here, session_id};
use super::{family, logos, notes, redirected, setup, television, tokens};
use crate::cli::CliError;
use crate::clock::Clock;

/// The maximum size of a form in bytes; the largest has five check boxes.
const MAX_FORM_SIZE: usize = 4 * 1024;

/// As on the server's own pages: nothing from other sites, no scripts, no framing.
const HEADERS: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "same-origin"),
];

/// Serves the demo application; the handle stops it.
pub(super) fn start(
    listener: TcpListener,
    party: RelyingParty,
    clock: Clock,
) -> Result<(Server, ServerHandle), CliError> {
    let site = web::Data::new(Site::new(party, clock)?);
    let factory = move || {
        ActixApp::new()
            .app_data(site.clone())
            .app_data(web::FormConfig::default().limit(MAX_FORM_SIZE))
            .wrap(from_fn(surround))
            .route("/", get().to(home))
            .route("/sign-in", web::post().to(redirected::sign_in))
            // Without HEAD, because GET redeems a code.
            .route("/callback", web::get().to(redirected::callback))
            .route("/tokens", get().to(tokens::show))
            .route("/refresh", web::post().to(tokens::refresh))
            .route("/userinfo", web::post().to(tokens::userinfo))
            .route("/service-token", web::post().to(tokens::service_token))
            .route("/replay-refresh", web::post().to(family::replay))
            .route("/notes", get().to(notes::show))
            .route("/notes/sign-in", web::post().to(redirected::sign_in_to_notes))
            .route("/notes/callback", get().to(redirected::callback))
            .route(notes::BACK_CHANNEL, web::post().to(notes::back_channel))
            .route("/sign-out-everywhere", web::post().to(notes::sign_out_everywhere))
            .route("/television", web::post().to(television::begin))
            // Without HEAD, because GET asks for tokens.
            .route("/television", web::get().to(television::show))
            .route("/television/qr", get().to(television::picture))
            .route("/break/{id}", web::post().to(redirected::break_on_purpose))
            .route("/result", get().to(result))
            .route("/sign-out", web::post().to(sign_out))
            .route("/style.css", get().to(style))
            .route("/logo/{name}", get().to(logos::show))
            .default_service(web::to(not_found))
    };
    let server = HttpServer::new(factory)
        .workers(1)
        .disable_signals()
        .shutdown_timeout(1)
        .listen(listener)
        .map_err(|error| format!("the demo application cannot listen: {error}"))?
        .run();
    let handle = server.handle();
    Ok((server, handle))
}

/// GET that changes nothing, and HEAD (RFC 9110 §9.2.1).
fn get() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// Refuses forms from other sites, redirects requests for other host names, and sets the headers.
async fn surround(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, actix_web::Error> {
    let refusal = request.app_data::<web::Data<Site>>().and_then(|site| refusal(site, &request));
    let mut response = match refusal {
        Some(refusal) => request.into_response(refusal),
        None => next.call(request).await?.map_into_boxed_body(),
    };
    for (name, value) in HEADERS {
        if !response.headers().contains_key(&name) {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
    }
    Ok(response)
}

fn refusal(site: &Site, request: &ServiceRequest) -> Option<HttpResponse> {
    // The server itself calls this one, by another name, and proves who it is by its signature.
    if request.path() == notes::BACK_CHANNEL {
        return None;
    }
    let origin = site.party.origin();
    let is_get = matches!(*request.method(), Method::GET | Method::HEAD);
    let asked_for = text(request.headers(), header::HOST).map(|host| format!("http://{host}"));
    // Cookies of 127.0.0.1 are not sent to localhost: a sign-in that begins at 127.0.0.1 could not be continued.
    if is_get && asked_for.as_deref() != Some(origin) {
        let location = format!("{origin}{}", request.uri());
        return Some(HttpResponse::TemporaryRedirect().insert_header((header::LOCATION, location)).finish());
    }
    let is_ours = asked_for.as_deref() == Some(origin)
        && text(request.headers(), header::ORIGIN).is_none_or(|from| from == origin)
        && text(request.headers(), HeaderName::from_static("sec-fetch-site"))
            .is_none_or(|site| site == "same-origin");
    (!is_get && !is_ours).then(|| {
        let why = "The form was not sent from one of the demo's own pages.";
        site.rejected(StatusCode::FORBIDDEN, "The demo does not take this form", why)
    })
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

async fn home(site: web::Data<Site>, request: HttpRequest) -> HttpResponse {
    let held = site.sessions.with(session_id(&request).as_deref(), |session| session.held.clone()).flatten();
    let scopes: Vec<Value> = setup::OFFERED
        .iter()
        .map(|scope| {
            let is_usual = redirected::DEFAULT_SCOPES.contains(&scope.name);
            context! { name => scope.name, description => scope.description, is_usual }
        })
        .collect();
    let broken = |belongs: fn(&How) -> bool| -> Vec<Value> {
        let chosen = BROKEN.iter().filter(|broken| belongs(&broken.how));
        chosen
            .map(|broken| {
                context! { id => broken.id, title => broken.title, fault => broken.fault, error => broken.error }
            })
            .collect()
    };
    let context = context! {
        signed_in => held.is_some(),
        name => held.and_then(|held| held.name),
        scopes,
        redirected => broken(|how| matches!(how, How::Ask(_))),
        in_vain => broken(|how| matches!(how, How::AskInVain(_))),
        called => broken(|how| matches!(how, How::Redeem(_) | How::Call { .. })),
    };
    site.page(StatusCode::OK, "home.html", context)
}

/// The last answer, kept for display; reloading the page does not repeat the request.
async fn result(site: web::Data<Site>, request: HttpRequest) -> HttpResponse {
    let kept = site.sessions.with(session_id(&request).as_deref(), |session| session.result.clone());
    match kept.flatten() {
        Some(context) => site.page(StatusCode::OK, "result.html", context),
        None => nothing_here(&site),
    }
}

async fn sign_out(site: web::Data<Site>, request: HttpRequest) -> HttpResponse {
    drop(site.sessions.leave(session_id(&request).as_deref()));
    let mut removal = Cookie::build(COOKIE, "").path("/").http_only(true).same_site(SameSite::Lax).finish();
    removal.make_removal();
    HttpResponse::SeeOther().insert_header((header::LOCATION, "/")).cookie(removal).finish()
}

async fn style(site: web::Data<Site>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/css; charset=utf-8")
        // The URL of the style sheet changes with its content.
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(site.style.clone())
}

async fn not_found(site: web::Data<Site>) -> HttpResponse {
    site.rejected(StatusCode::NOT_FOUND, "There is no such page", "The demo has nothing at this address.")
}
