//! The sign-in page.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::destination::Destination;
use super::new_session::{NewSessionPlan, SessionPlacement, StayChoice};
use super::password::{self, PasswordCheck, RightPassword};
use crate::app::App;
use crate::clock::Seconds;
use crate::face::view::{SignInPage, SignInProblem, WaitTime};
use crate::failure::{Denied, Failure};
use crate::flows::{self, Accounts};
use crate::http::answer;
use crate::http::call::{Call, Request};
use crate::metrics::counters::SignInResult;
use crate::oauth::identity::user;
use crate::oauth::reason::Reason;
use crate::oauth::request::interaction::Next;
use crate::oauth::request::params::Params;
use crate::operations::actor::{Actor, ActorKind};
use crate::operations::event::{Act, Event, ObjectKind};
use crate::operations::sessions;
use crate::telemetry::RequestFacts as _;

pub async fn show(app: web::Data<App>, request: Request) -> HttpResponse {
    let query = Params::parse(request.query_string().as_bytes()).unwrap_or_default();
    let destination = match Destination::find(&app, &request).await {
        Ok(destination) => destination,
        Err(denied) => return answer::authorization_error(&app, &request, denied).await,
    };
    let accounts = match flows::accounts(&app, &request, destination.client()).await {
        Ok(accounts) => accounts,
        Err(failure) => return answer::page_error(&app, &request, failure.into()),
    };
    if is_another(&query) {
        let typed = Typed { username: "", stay: StayChoice::shown(&app, false) };
        return page(&app, &request, (&destination, &query), &typed, None);
    }
    match username(&app, &request, &destination, &accounts) {
        Some((username, stays)) => {
            let typed = Typed { username: &username, stay: StayChoice::shown(&app, stays) };
            page(&app, &request, (&destination, &query), &typed, None)
        }
        // The person has signed in with another tab in between.
        None => answer::see_other(&destination.onward(&app)),
    }
}

/// What is typed into the form, except for the password.
struct Typed<'t> {
    username: &'t str,
    stay: StayChoice,
}

/// The user name to fill in, which may be empty, and whether the person who has to sign in again stays signed in; `None` if
/// the person need not sign in.
fn username(
    app: &App,
    call: &Call,
    destination: &Destination,
    accounts: &Accounts,
) -> Option<(String, bool)> {
    let resumed = match destination {
        Destination::Flow(resumed) => resumed,
        Destination::Page(_) => return accounts.people.is_empty().then(|| (String::new(), false)),
    };
    match flows::next(app, call, &resumed.checked, accounts, &resumed.progress) {
        Ok(Next::Authenticate(needed)) => {
            let hint = resumed.checked.request.prompt.login_hint.as_deref();
            let hint = hint.filter(|hint| hint.len() <= user::MAX_NAME_LENGTH);
            let known = needed.account.map(|here| here.username.as_str());
            let own = needed.account.and_then(|here| accounts.token_of(&here.user));
            let stays = own.is_some_and(|token| token.is_kept);
            Some((known.or(hint).unwrap_or_default().to_owned(), stays))
        }
        Ok(_) | Err(_) => None,
    }
}

/// Whether the person wants to sign in to an additional account.
fn is_another(query: &Params) -> bool {
    query.count("another") > 0
}

pub async fn submit(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    let query = Params::parse(request.query_string().as_bytes()).unwrap_or_default();
    let (destination, form) = match Destination::read(&app, &request, body, PURPOSE).await {
        Ok(read) => read,
        Err(denied) => return answer::authorization_error(&app, &request, denied).await,
    };
    if form.count("cancel") > 0 {
        let error = Reason::SignInCancelled.because("the person went back instead of signing in");
        return destination.decline(&app, &request, error).await;
    }
    let username = form.typed("username").unwrap_or_default();
    let password = form.one("password").ok().flatten().unwrap_or_default();
    let typed = Typed { username, stay: StayChoice::of(&app, &form) };
    let count = |result| {
        app.counters.sign_ins.count(result);
        app.activity.signed_in(result, request.now);
    };
    match sign_in(&app, &request, &destination, &query, (&typed, password)).await {
        Ok(SignInOutcome::Begun(onward)) => {
            count(SignInResult::Succeeded);
            onward
        }
        Ok(SignInOutcome::Wrong) => {
            count(SignInResult::Wrong);
            record_refusal(&app, &request, username, "sign_in.failed");
            tracing::info!(reason = "sign_in.failed", "a sign-in failed");
            page(&app, &request, (&destination, &query), &typed, Some(SignInProblem::Wrong))
        }
        Ok(SignInOutcome::Wait(wait)) => {
            count(SignInResult::Delayed);
            let error = Reason::SignInGuesses.because("too many wrong guesses").after(wait);
            record_refusal(&app, &request, username, error.reason.word());
            let problem = SignInProblem::Wait { time: WaitTime::of(wait), reason: error.reason.word() };
            let page = page(&app, &request, (&destination, &query), &typed, Some(problem));
            answer::refused_by_page(&request, page, &error)
        }
        Err(failure) => {
            count(SignInResult::Failed);
            answer::page_error(&app, &request, failure.into())
        }
    }
}

/// Records in the audit trail that somebody could not sign in. Without an account of this name, the event has a made-up id:
/// people sometimes type their password into the field for the name.
fn record_refusal(app: &App, call: &Call, username: &str, reason: &'static str) {
    let id = match call.user() {
        Some(user) => user.to_string(),
        None => app.keys.name_of_typed(&user::account_key(username)),
    };
    let actor = Actor {
        address: Some(call.address),
        request_id: Some(call.id.clone()),
        ..Actor::of(ActorKind::Stranger)
    };
    let event = Event::new(Act::SessionRefused, ObjectKind::User, id).because(reason);
    app.audit.refused(event, Arc::new(actor), call.now);
}

/// The outcome of an attempt to sign in.
enum SignInOutcome {
    Begun(HttpResponse),
    Wrong,
    Wait(Seconds),
}

async fn sign_in(
    app: &App,
    request: &Request,
    destination: &Destination,
    query: &Params,
    (typed, password): (&Typed<'_>, &str),
) -> Result<SignInOutcome, Failure> {
    let proven = match password::check(app, request, typed.username, password).await? {
        PasswordCheck::Right(proven) => proven,
        PasswordCheck::Wrong => return Ok(SignInOutcome::Wrong),
        PasswordCheck::Wait(wait) => return Ok(SignInOutcome::Wait(wait)),
    };
    let placement = if is_another(query) { SessionPlacement::Alongside } else { SessionPlacement::InPlace };
    let place = (placement, typed.stay.is_kept(app));
    let begun = begin_session(app, request, destination, place, proven).await?;
    Ok(begun.map_or(SignInOutcome::Wrong, SignInOutcome::Begun))
}

const PURPOSE: &str = "sign-in";

fn page(
    app: &App,
    call: &Call,
    place: (&Destination, &Params),
    typed: &Typed<'_>,
    problem: Option<SignInProblem>,
) -> HttpResponse {
    let (destination, query) = place;
    let another = if is_another(query) { "&another=1" } else { "" };
    let view = SignInPage {
        application: destination.application(app, call),
        to_requests: destination.is_request_elsewhere(),
        action: format!("{}{another}", destination.url(app, "sign-in")),
        form_token: destination.token(app, PURPOSE),
        username: typed.username.to_owned(),
        stay: typed.stay.view(),
        problem,
        forgotten_password: app.config.brand.forgotten_password().map(str::to_owned),
        // No request waits for a new account.
        sign_up: (app.config.sign_up.enabled && !destination.is_request_elsewhere())
            .then(|| destination.url(app, "sign-up")),
    };
    let status = match problem {
        None => StatusCode::OK,
        Some(SignInProblem::Wrong) => StatusCode::UNPROCESSABLE_ENTITY,
        Some(SignInProblem::Wait { .. }) => StatusCode::TOO_MANY_REQUESTS,
    };
    destination.finish(app, app.pages.show(call.reader(), status, &view))
}

/// Begins a session with a new cookie, and sends the person on.
///
/// `None` if the password was changed or the user disabled while the password was being verified.
async fn begin_session(
    app: &App,
    request: &Request,
    destination: &Destination,
    place: (SessionPlacement, bool),
    proven: RightPassword,
) -> Result<Option<HttpResponse>, Failure> {
    let plan = NewSessionPlan::prepare(app, request, destination, &proven.user, place).await?;
    match sessions::sign_in(&app.operations(request.now, request.actor()), proven.sign_in(plan.start.clone()))
        .await
    {
        Ok(done) => {
            tracing::info!(session = done.outcome.as_str(), "a person signed in");
            Ok(Some(plan.onward(app)))
        }
        Err(Denied::Refused(_)) => Ok(None),
        Err(Denied::Failed(failure)) => Err(failure),
    }
}
