//! Redeems codes, refreshes tokens, and shows both.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use minijinja::{Value, context};
use oauth2::TokenResponse as _;
use oauth2::basic::BasicTokenResponse;

use super::broken::{Broken, CodeMisuse, How};
use super::calendar;
use super::identity::{self, Expected};
use super::recorder::HttpExchange;
use super::relying_party::TokenCall;
use super::sessions::{IssuedTokens, Pending};
use super::setup::{self, SignInClient};
use super::site::{Site, nothing_here, see_other, session_id};
use crate::clock::{Seconds, Timestamp};

/// The texts of a page that shows a call.
#[derive(Clone, Copy)]
pub(super) struct CallExplanation {
    title: &'static str,
    fault: Option<&'static str>,
    lesson: &'static str,
    /// Whether a refresh would show the effect.
    may_refresh: bool,
}

impl CallExplanation {
    pub(super) fn new(title: &'static str, lesson: &'static str) -> Self {
        Self { title, fault: None, lesson, may_refresh: false }
    }
}

impl From<&'static Broken> for CallExplanation {
    fn from(broken: &'static Broken) -> Self {
        let may_refresh = matches!(broken.how, How::Redeem(CodeMisuse::Replay));
        Self { title: broken.title, fault: Some(broken.fault), lesson: broken.lesson, may_refresh }
    }
}

/// Redeems the code and keeps the tokens; or redeems it in a wrong way, if the person asked for that.
pub(super) async fn redeem(
    site: &Site,
    request: &HttpRequest,
    pending: Pending,
    code: String,
    came: Vec<(&'static str, String)>,
) -> HttpResponse {
    let misuse = pending.broken.and_then(|broken| match broken.how {
        How::Redeem(misuse) => Some(misuse),
        _ => None,
    });
    let called = site.party.redeem(pending.who, &code, &pending.verifier, misuse).await;
    let (Some(tokens), Some(exchange)) = (&called.tokens, &called.exchange) else {
        let explanation = pending
            .broken
            .map_or(CallExplanation::new("The code was not accepted", ""), CallExplanation::from);
        return show_result(site, request, explanation, called);
    };
    let name = name_of_person(site, tokens).await;
    let shown = match shown(site, (pending.who, Some(&pending.nonce)), tokens, exchange) {
        Ok(shown) => context! { name => name.clone(), sent => pending.sent, came, ..shown },
        Err(why) => return not_believed(site, why),
    };
    let held = IssuedTokens {
        who: pending.who,
        code,
        verifier: pending.verifier,
        access_token: tokens.access_token().secret().clone(),
        refresh_token: tokens.refresh_token().map(|token| token.secret().clone()),
        id_token: exchange.member("id_token"),
        name,
        view: shown,
    };
    let kept = held.clone();
    let id = site.sessions.renew(session_id(request).as_deref(), |session| session.held = Some(kept));
    if let (Some(CodeMisuse::Replay), Some(broken)) = (misuse, pending.broken) {
        let called = site.party.redeem(held.who, &held.code, &held.verifier, misuse).await;
        return keep_result(site, Some(&id), broken.into(), called);
    }
    see_other("/tokens", &id)
}

/// Shows the tokens of the last sign-in or refresh.
pub(super) async fn show(site: web::Data<Site>, request: HttpRequest) -> HttpResponse {
    match held(&site, &request) {
        Some(held) => site.page(StatusCode::OK, "tokens.html", held.view),
        None => nothing_here(&site),
    }
}

pub(super) async fn refresh(site: web::Data<Site>, request: HttpRequest) -> HttpResponse {
    let Some(held) = held(&site, &request) else { return nothing_here(&site) };
    let Some(refresh_token) = &held.refresh_token else { return nothing_here(&site) };
    let called = site.party.refresh(held.who, refresh_token).await;
    let (Some(tokens), Some(exchange)) = (&called.tokens, &called.exchange) else {
        let lesson = "Only the tokens are lost: sign in again to get new ones.";
        return show_result(&site, &request, CallExplanation::new("The refresh was refused", lesson), called);
    };
    let shown = match shown(&site, (held.who, None), tokens, exchange) {
        Ok(shown) => context! { name => held.name.clone(), replaced => true, ..shown },
        Err(why) => return not_believed(&site, why),
    };
    let id = site.sessions.enter(session_id(&request).as_deref(), |session| {
        // If an answer has no refresh token, the old one stays valid (RFC 6749 §6).
        let newest = tokens.refresh_token().map(|token| token.secret().clone()).or(held.refresh_token);
        let access_token = tokens.access_token().secret().clone();
        let id_token = exchange.member("id_token").or_else(|| held.id_token.clone());
        session.held =
            Some(IssuedTokens { access_token, refresh_token: newest, id_token, view: shown, ..held });
    });
    see_other("/tokens", &id)
}

/// Asks the server who signed in.
pub(super) async fn userinfo(site: web::Data<Site>, request: HttpRequest) -> HttpResponse {
    let Some(held) = held(&site, &request) else { return nothing_here(&site) };
    let called = site.party.userinfo(&held.access_token).await;
    let lesson = "UserInfo accepts the access token, and its scopes decide what it returns: always sub, and the claims of profile and email with these scopes.";
    show_result(&site, &request, CallExplanation::new("Who signed in", lesson), called)
}

fn not_believed(site: &Site, why: &str) -> HttpResponse {
    site.rejected(StatusCode::BAD_GATEWAY, "The demo does not accept this ID Token", why)
}

/// Redeems a code that was redeemed before.
pub(super) async fn replay(
    site: &Site,
    request: &HttpRequest,
    held: &IssuedTokens,
    broken: &'static Broken,
) -> HttpResponse {
    let called = site.party.redeem(held.who, &held.code, &held.verifier, Some(CodeMisuse::Replay)).await;
    show_result(site, request, broken.into(), called)
}

pub(super) async fn service_token(site: web::Data<Site>, request: HttpRequest) -> HttpResponse {
    let called = site.party.service_token().await;
    let lesson = "A token for the application itself: no person took part, and so there is no refresh token. The request had no scope, so the server gave all scopes of this client that are not sensitive.";
    show_result(&site, &request, CallExplanation::new("A token for a program", lesson), called)
}

/// Keeps a call for its page and redirects the browser there.
pub(super) fn show_result(
    site: &Site,
    request: &HttpRequest,
    explanation: CallExplanation,
    called: TokenCall,
) -> HttpResponse {
    keep_result(site, session_id(request).as_deref(), explanation, called)
}

fn keep_result(
    site: &Site,
    session: Option<&str>,
    explanation: CallExplanation,
    called: TokenCall,
) -> HttpResponse {
    let Some(exchange) = called.exchange else {
        let why = "The demo could not reach the server's token endpoint; its terminal may say why.";
        return site.rejected(StatusCode::BAD_GATEWAY, "No answer came", why);
    };
    let id = site.sessions.enter(session, |session| {
        let CallExplanation { title, fault, lesson, may_refresh } = explanation;
        session.result = Some(context! { title, fault, lesson, may_refresh, exchange => exchange.view() });
    });
    see_other("/result", &id)
}

/// The person's name, by the UserInfo endpoint; `None` if the application may not know it.
async fn name_of_person(site: &Site, tokens: &BasicTokenResponse) -> Option<String> {
    let may_ask = tokens.scopes()?.iter().any(|scope| scope.as_str() == "openid");
    if !may_ask {
        return None;
    }
    site.party.userinfo(tokens.access_token().secret()).await.exchange?.member("name")
}

pub(super) fn held(site: &Site, request: &HttpRequest) -> Option<IssuedTokens> {
    site.sessions.with(session_id(request).as_deref(), |session| session.held.clone()).flatten()
}

/// The values of a token response for its page.
///
/// # Errors
/// Why its ID Token is not accepted.
fn shown(
    site: &Site,
    (who, nonce): (SignInClient, Option<&str>),
    tokens: &BasicTokenResponse,
    exchange: &HttpExchange,
) -> Result<Value, &'static str> {
    let lifetime = tokens.expires_in().map(Seconds::from);
    let scopes: Vec<Value> = tokens
        .scopes()
        .into_iter()
        .flatten()
        .map(|name| {
            let offered = setup::OFFERED.iter().find(|scope| scope.name == name.as_str());
            context! { name => name.as_str(), description => offered.map(|scope| scope.description) }
        })
        .collect();
    let client = match who {
        SignInClient::Web => setup::WEB,
        SignInClient::Public => setup::PUBLIC,
        SignInClient::Notes => setup::NOTES,
    };
    let may_see = |name: &str| tokens.scopes().into_iter().flatten().any(|scope| scope.as_str() == name);
    let appointments = may_see("calendar.read").then(|| calendar::appointments(site.clock.now()));
    let expected = Expected { issuer: site.party.issuer(), client, nonce, now: site.clock.now() };
    let id_token = exchange.member("id_token").map(|token| identity::read(&token, &expected)).transpose()?;
    Ok(context! {
        is_public => who == SignInClient::Public,
        client,
        id_token,
        appointments,
        access_token => tokens.access_token().secret(),
        refresh_token => tokens.refresh_token().map(|token| token.secret()),
        token_type => tokens.token_type().as_ref(),
        scopes,
        lifetime => lifetime.map(Seconds::as_i64),
        until => lifetime.map(|lifetime| time_of_day(site.clock.now() + lifetime)),
        authorize => format!("{}/authorize", site.party.issuer()),
        exchange => exchange.view(),
    })
}

/// The time of day in UTC.
pub(super) fn time_of_day(at: Timestamp) -> String {
    let second = at.as_unix().rem_euclid(86_400);
    format!("{:02}:{:02}:{:02} UTC", second / 3600, second / 60 % 60, second % 60)
}
