//! A refresh token that comes a second time: what a server does when one of two parties must be a thief (RFC 9700 §4.14).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use minijinja::{Value, context};

use super::relying_party::TokenCall;
use super::sessions::IssuedTokens;
use super::site::{Site, nothing_here, session_id};
use super::tokens::held;

/// Refreshes twice, sends the first token again as a thief would, and then tries the newest one.
pub(super) async fn replay(site: web::Data<Site>, request: HttpRequest) -> HttpResponse {
    let Some(held) = held(&site, &request) else { return nothing_here(&site) };
    let Some(first) = held.refresh_token.clone() else { return nothing_here(&site) };
    let steps = steps(&site, &held, first).await;
    // Nothing of it works any more.
    site.sessions.with(session_id(&request).as_deref(), |session| session.held = None);
    site.page(StatusCode::OK, "family.html", context! { steps })
}

async fn steps(site: &Site, held: &IssuedTokens, first: String) -> Vec<Value> {
    let mut steps = Vec::new();
    let mut newest = first.clone();
    for (title, lesson) in [
        ("The demo refreshes", "It gets a new refresh token; the first one has done its work."),
        (
            "The demo refreshes again",
            "Now the second one has been used, too, so no one who lost an answer needs the first one any more.",
        ),
    ] {
        let called = site.party.refresh(held.who, &newest).await;
        newest = new_refresh_token(&called).unwrap_or(newest);
        steps.push(step(title, lesson, called));
    }
    let replayed = site.party.refresh(held.who, &first).await;
    let lesson = "The first one again: either this sender or the other one has stolen it, and the server cannot know which. \
                  It ends the whole family: every token that came from this sign-in.";
    steps.push(step("A thief sends the first refresh token", lesson, replayed));
    let refused = site.party.refresh(held.who, &newest).await;
    let lesson = "The newest one is refused as well, although it was never used: the person signs in again, and the thief has \
                  nothing.";
    steps.push(step("The demo sends its newest refresh token", lesson, refused));
    steps
}

fn new_refresh_token(called: &TokenCall) -> Option<String> {
    called.exchange.as_ref()?.member("refresh_token")
}

fn step(title: &str, lesson: &str, called: TokenCall) -> Value {
    context! { title, lesson, exchange => called.exchange.map(|exchange| exchange.view()) }
}
