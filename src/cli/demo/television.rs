//! A television in the browser: it shows a code, and waits until somebody allows it on another device (RFC 8628).

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use minijinja::context;

use super::sessions::Television;
use super::site::{Site, nothing_here, see_other, session_id};
use super::tokens::{CallExplanation, show_result};
use crate::clock::Seconds;
use crate::http::qr;

/// The default interval in seconds (RFC 8628 §3.2), which is also the step of `slow_down` (§3.5).
const INTERVAL: Seconds = Seconds::new(5);

/// Gets a code from the server.
pub(super) async fn begin(site: web::Data<Site>, request: HttpRequest) -> HttpResponse {
    let called = site.party.begin_device().await;
    let member = |name: &str| called.exchange.as_ref().and_then(|exchange| exchange.member(name));
    let parts = ["device_code", "user_code", "verification_uri", "verification_uri_complete"].map(member);
    let [Some(device_code), Some(user_code), Some(address), Some(complete)] = parts else {
        return show_result(&site, &request, CallExplanation::new("The television got no code", ""), called);
    };
    let next = site.clock.now() + INTERVAL;
    let waiting = Television { device_code, user_code, address, complete, interval: INTERVAL, next };
    let id =
        site.sessions.enter(session_id(&request).as_deref(), |session| session.television = Some(waiting));
    see_other("/television", &id)
}

/// The screen, which reloads itself until there is an answer.
pub(super) async fn show(site: web::Data<Site>, request: HttpRequest) -> HttpResponse {
    let Some(mut waiting) = waiting(&site, &request) else { return nothing_here(&site) };
    if site.clock.now() < waiting.next {
        return screen(&site, &waiting);
    }
    let called = site.party.poll_device(&waiting.device_code).await;
    let error = called.exchange.as_ref().and_then(|exchange| exchange.member("error"));
    let explanation = match error.as_deref() {
        Some("authorization_pending") => None,
        Some("slow_down") => {
            waiting.interval = waiting.interval + INTERVAL;
            None
        }
        Some(_) => Some(CallExplanation::new("The television was not connected", "")),
        None => Some(CallExplanation::new(
            "The television is connected",
            "No one typed a password on the television: it polled, and got its own tokens when the person answered on \
             another device.",
        )),
    };
    let next = explanation
        .is_none()
        .then(|| Television { next: site.clock.now() + waiting.interval, ..waiting.clone() });
    site.sessions.with(session_id(&request).as_deref(), |session| session.television = next);
    match explanation {
        None => screen(&site, &waiting),
        Some(explanation) => show_result(&site, &request, explanation, called),
    }
}

/// A QR code of the address with the code, drawn by the application itself.
pub(super) async fn picture(site: web::Data<Site>, request: HttpRequest) -> HttpResponse {
    match waiting(&site, &request).and_then(|waiting| qr::svg(&waiting.complete)) {
        Some(svg) => HttpResponse::Ok().content_type("image/svg+xml").body(svg),
        None => nothing_here(&site),
    }
}

fn waiting(site: &Site, request: &HttpRequest) -> Option<Television> {
    site.sessions.with(session_id(request).as_deref(), |session| session.television.clone()).flatten()
}

fn screen(site: &Site, waiting: &Television) -> HttpResponse {
    let context = context! {
        user_code => &waiting.user_code,
        address => &waiting.address,
        complete => &waiting.complete,
    };
    let mut response = site.page(StatusCode::OK, "television.html", context);
    if let Ok(seconds) = header::HeaderValue::try_from(waiting.interval.to_string()) {
        response.headers_mut().insert(header::REFRESH, seconds);
    }
    response
}
