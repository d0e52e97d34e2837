//! The way to the authorization server and back, also for requests that are broken on purpose.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use minijinja::{Value, context};

use super::broken::{self, Broken, CodeMisuse, How};
use super::explained::explained;
use super::relying_party::RelyingParty;
use super::sessions::Pending;
use super::setup::{self, SignInClient};
use super::site::{Site, SiteForm, nothing_here, see_other, session_id};
use super::{notes, tokens};
use crate::oauth::request::params::Params;

/// The scopes that are ticked on the home page, and requested if none are chosen.
pub(super) const DEFAULT_SCOPES: [&str; 3] = ["openid", "profile", "calendar.read"];

/// The parameters of an answer that the application reads.
const KNOWN: [&str; 6] = ["code", "error", "error_description", "error_uri", "state", "iss"];

/// Sends the person to the server with the scopes of the form.
pub(super) async fn sign_in(site: web::Data<Site>, request: HttpRequest, form: SiteForm) -> HttpResponse {
    let is_chosen = |name: &str| form.iter().any(|(field, value)| field == "scope" && value == name);
    let scopes: Vec<&str> =
        setup::OFFERED.iter().map(|scope| scope.name).filter(|name| is_chosen(name)).collect();
    let is_public = form.iter().any(|(field, value)| field == "client" && value == "public");
    begin(&site, &request, if is_public { SignInClient::Public } else { SignInClient::Web }, &scopes, None)
}

/// Sends the person to the server for the second application; the server asks nothing if it knows the browser.
pub(super) async fn sign_in_to_notes(site: web::Data<Site>, request: HttpRequest) -> HttpResponse {
    begin(&site, &request, SignInClient::Notes, &["openid", "profile"], None)
}

/// Sends the broken request that the person chose.
pub(super) async fn break_on_purpose(
    site: web::Data<Site>,
    request: HttpRequest,
    id: web::Path<String>,
) -> HttpResponse {
    let Some(broken) = broken::find(&id) else { return nothing_here(&site) };
    match &broken.how {
        How::Ask(_) | How::AskInVain(_) => {
            begin(&site, &request, SignInClient::Web, &DEFAULT_SCOPES, Some(broken))
        }
        How::Redeem(misuse) => {
            let held = site.sessions.with(session_id(&request).as_deref(), |session| session.held.clone());
            match held.flatten() {
                Some(held) if *misuse == CodeMisuse::Replay => {
                    tokens::replay(&site, &request, &held, broken).await
                }
                _ => begin(&site, &request, SignInClient::Web, &DEFAULT_SCOPES, Some(broken)),
            }
        }
        How::Call { sender, form } => {
            let called = site.party.send(*sender, form).await;
            tokens::show_result(&site, &request, broken.into(), called)
        }
    }
}

fn begin(
    site: &Site,
    request: &HttpRequest,
    who: SignInClient,
    scopes: &[&str],
    broken: Option<&'static Broken>,
) -> HttpResponse {
    let (url, pending) = site.party.begin(who, scopes, broken);
    let id = site.sessions.enter(session_id(request).as_deref(), |session| session.expect(pending));
    see_other(url.as_str(), &id)
}

/// The parameters at the redirect URI (RFC 6749 §4.1.2), with each known one at most once.
struct AuthorizationResponse(Vec<(&'static str, String)>);

impl AuthorizationResponse {
    fn read(query: &str) -> Option<Self> {
        let params = Params::parse(query.as_bytes()).ok()?;
        let mut known = Vec::new();
        for name in KNOWN {
            if let Some(value) = params.one(name).ok()? {
                known.push((name, value.to_owned()));
            }
        }
        Some(Self(known))
    }

    fn one(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }
}

/// Checks the origin of an answer before anything in it is used, then acts on it.
pub(super) async fn callback(site: web::Data<Site>, request: HttpRequest) -> HttpResponse {
    let refuse =
        |why: &str| site.rejected(StatusCode::BAD_REQUEST, "The demo does not accept this answer", why);
    let Some(answer) = AuthorizationResponse::read(request.query_string()) else {
        return refuse("A parameter came twice, or cannot be read.");
    };
    let id = session_id(&request);
    let state = answer.one("state").unwrap_or_default();
    let expected = site.sessions.with(id.as_deref(), |session| session.take(state)).flatten();
    let Some(pending) = expected else {
        return refuse(
            "Its state does not belong to a sign-in that this browser began here, or that sign-in has already returned. Somebody else may have made this link, so the demo ignores it (RFC 6749 section 10.12).",
        );
    };
    if answer.one("iss") != Some(site.party.issuer()) {
        return refuse("Its iss is not the server that the demo sent you to (RFC 9207).");
    }
    if answer.one("error").is_some() {
        let shown = refused(&site.party, &pending, &answer);
        let id = site.sessions.enter(id.as_deref(), |session| session.result = Some(shown));
        return see_other("/result", &id);
    }
    let Some(code) = answer.one("code").map(str::to_owned) else {
        return refuse("It has neither a code nor an error.");
    };
    if pending.who == SignInClient::Notes {
        return notes::redeem(&site, &request, pending, code).await;
    }
    tokens::redeem(&site, &request, pending, code, answer.0).await
}

/// The values for the page of an error that came by redirect.
fn refused(party: &RelyingParty, pending: &Pending, answer: &AuthorizationResponse) -> Value {
    let error_uri = answer.one("error_uri");
    // The scheme of a link could run a script, so the link may only lead to the server's own pages.
    let own_page = error_uri.filter(|uri| uri.starts_with(&format!("{}/", party.issuer())));
    // The last part of the page's URL is the reason.
    let reason = own_page.and_then(|uri| uri.rsplit('/').next());
    let lesson = pending.broken.map_or("The server sent you back with an error.", |broken| broken.lesson);
    context! {
        title => pending.broken.map_or("The sign-in did not succeed", |broken| broken.title),
        lesson,
        fault => pending.broken.map(|broken| broken.fault),
        changed => pending.broken.map(Broken::changed).unwrap_or_default(),
        left_out => pending.broken.map(Broken::left_out).unwrap_or_default(),
        refusal => context! {
            error => answer.one("error"),
            description => answer.one("error_description"),
            uri => own_page,
            explained => own_page.and_then(explained),
            reason,
        },
        came => answer.0.clone(),
        sent => pending.sent.clone(),
        authorize => format!("{}/authorize", party.issuer()),
    }
}
