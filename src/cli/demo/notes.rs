//! A second application of the same person, which the server signs out by a call of its own (OpenID Connect Back-Channel
//! Logout).

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use minijinja::context;
use serde_json::Value as Json;
use url::form_urlencoded;

use super::identity::{self, Expected};
use super::logos;
use super::notes_sessions::NotesSession;
use super::sessions::Pending;
use super::setup;
use super::site::{Site, SiteForm, see_other, session_id};
use super::tokens::{self, CallExplanation, time_of_day};
use crate::jose::foreign::{ForeignVerifier, verify};

/// What the header of its pages shows, and where that leads.
const NAME: &str = "Demo Notes";
const HOME: &str = "/notes";

/// Where the server calls.
pub(super) const BACK_CHANNEL: &str = "/notes/back-channel";

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// The `state` with which the server sends a person back who has signed out there (OpenID Connect RP-Initiated Logout §3).
pub(super) const SIGNED_OUT: &str = "signed-out";

/// How often the page looks whether the person is still signed in, in seconds.
const REFRESH: &str = "2";

/// Redeems the code of a sign-in to the second application.
pub(super) async fn redeem(
    site: &Site,
    request: &HttpRequest,
    pending: Pending,
    code: String,
) -> HttpResponse {
    let called = site.party.redeem(pending.who, &code, &pending.verifier, None).await;
    let Some(token) = called.exchange.as_ref().and_then(|exchange| exchange.member("id_token")) else {
        return tokens::show_result(
            site,
            request,
            CallExplanation::new("The code was not accepted", ""),
            called,
        );
    };
    let expected = Expected {
        issuer: site.party.issuer(),
        client: setup::NOTES,
        nonce: Some(&pending.nonce),
        now: site.clock.now(),
    };
    let claims = match identity::check(&token, &expected) {
        Ok((_, claims)) => claims,
        Err(why) => {
            return rejected(site, why);
        }
    };
    let Some(sid) = claims.get("sid").and_then(Json::as_str).map(str::to_owned) else {
        let why = "It has no sid, so Demo Notes could not be signed out later.";
        return rejected(site, why);
    };
    let name = match called.exchange.as_ref().and_then(|exchange| exchange.member("access_token")) {
        Some(token) => {
            site.party.userinfo(&token).await.exchange.and_then(|exchange| exchange.member("name"))
        }
        None => None,
    };
    site.notes.begin(NotesSession { sid: sid.clone(), name, ended: None });
    let id = site.sessions.enter(session_id(request).as_deref(), |session| session.notes = Some(sid));
    see_other("/notes", &id)
}

/// A page for an ID Token that the second application does not accept.
fn rejected(site: &Site, why: &str) -> HttpResponse {
    let title = "Demo Notes does not accept this ID Token";
    let context = context! { application => NAME, home => HOME, logo => logos::NOTES.path, title, why };
    site.page(StatusCode::BAD_GATEWAY, "rejected.html", context)
}

/// The page of the second application, which reloads itself while the person is signed in.
pub(super) async fn show(site: web::Data<Site>, request: HttpRequest) -> HttpResponse {
    let kept = |session: &mut super::sessions::Session| (session.notes.clone(), session.held.is_some());
    let (sid, has_calendar) = site.sessions.with(session_id(&request).as_deref(), kept).unwrap_or_default();
    let session = sid.and_then(|sid| site.notes.find(&sid));
    let is_signed_in = session.as_ref().is_some_and(|session| session.ended.is_none());
    let ended = session.as_ref().and_then(|session| session.ended.clone());
    let mut query = form_urlencoded::parse(request.query_string().as_bytes());
    let returns = query.any(|(name, value)| name == "state" && value == SIGNED_OUT);
    let context = context! {
        application => NAME,
        home => HOME,
        logo => logos::NOTES.path,
        is_signed_in,
        is_waiting => is_signed_in && returns,
        has_calendar,
        name => session.and_then(|session| session.name),
        ended_at => ended.as_ref().map(|(at, _)| at),
        logout_token => ended.as_ref().map(|(_, claims)| claims),
    };
    let mut response = site.page(StatusCode::OK, "notes.html", context);
    if is_signed_in {
        response.headers_mut().insert(header::REFRESH, header::HeaderValue::from_static(REFRESH));
    }
    response
}

/// Takes the call of the server: a token that only the server can sign, for this application, about an event
/// (OpenID Connect Back-Channel Logout §2.6).
pub(super) async fn back_channel(site: web::Data<Site>, form: SiteForm) -> HttpResponse {
    let token = form.iter().find(|(name, _)| name == "logout_token").map(|(_, value)| value.as_str());
    let claims = match token {
        Some(token) => accepted(&site, token).await,
        None => None,
    };
    let Some(claims) = claims else { return HttpResponse::BadRequest().finish() };
    site.notes.end(&claims, &time_of_day(site.clock.now()));
    HttpResponse::NoContent().finish()
}

async fn accepted(site: &Site, token: &str) -> Option<Json> {
    let keys = site.party.keys().await?;
    let claims = verify(token, &["logout+jwt"], ForeignVerifier::Keys(&keys)).ok()?;
    let text = |name: &str| claims.get(name).and_then(Json::as_str);
    let is_for_us = text("iss") == Some(site.party.issuer()) && text("aud") == Some(setup::NOTES);
    let is_fresh =
        claims.get("exp").and_then(Json::as_i64).is_some_and(|exp| exp > site.clock.now().as_unix());
    let is_event = claims.get("events").and_then(|events| events.get(EVENT)).is_some();
    (is_for_us && is_fresh && is_event && claims.get("nonce").is_none()).then_some(claims)
}

/// Signs out of the first application and sends the person to the server, which ends the session and notifies the second.
pub(super) async fn sign_out_everywhere(site: web::Data<Site>, request: HttpRequest) -> HttpResponse {
    let id = session_id(&request);
    let held = site.sessions.with(id.as_deref(), |session| session.held.take()).flatten();
    let location = site.party.logout(held.and_then(|held| held.id_token).as_deref());
    HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish()
}
