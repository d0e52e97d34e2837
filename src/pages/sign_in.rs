//! The sign-in page.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use minijinja::context;

use crate::answer;
use crate::app::App;
use crate::authorization::{self, Accounts, Resumed};
use crate::browser;
use crate::failure::{Denied, Failure};
use crate::form;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::Ended;
use crate::oauth::id::{SessionId, UserId};
use crate::oauth::interaction::{Next, SignedIn};
use crate::oauth::params::Params;
use crate::oauth::reason::Reason;
use crate::oauth::request::Refusal;
use crate::oauth::user;
use crate::passwords::Verified;
use crate::secret::{Hash, Secret, random_id, random_token};
use crate::store::db::{DbError, Tx};
use crate::store::sessions::{self, NewSession};
use crate::store::{flows, users};

pub async fn show(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let query = Params::parse(request.query_string().as_bytes()).unwrap_or_default();
    let resumed = match authorization::resume_flow(&app, &request, &query).await {
        Ok(resumed) => resumed,
        Err(denied) => return answer::authorization_error(&app, &request, denied),
    };
    let asked = &resumed.checked.request;
    let accounts = match authorization::accounts(&app, &request, Some(&asked.client_id)).await {
        Ok(accounts) => accounts,
        Err(failure) => return answer::page_error(&app, &request, failure.into()),
    };
    if is_another(&query) {
        return page(&app, &resumed, &query, StatusCode::OK, "");
    }
    match authorization::next(&app, &resumed.checked, &accounts, &resumed.flow.progress) {
        Ok(Next::SignIn(who)) => {
            let hint = asked.prompt.login_hint.as_deref().filter(|hint| hint.len() <= user::LONGEST_NAME);
            let known = who.map(|here| here.username.as_str());
            page(&app, &resumed, &query, StatusCode::OK, known.or(hint).unwrap_or_default())
        }
        // Signed in meanwhile, in another tab.
        Ok(_) | Err(_) => {
            answer::see_other(&authorization::flow_url(&app, "authorize/resume", &resumed.flow.id))
        }
    }
}

/// Whether the person wants to sign in beside who is signed in already.
fn is_another(query: &Params) -> bool {
    query.count("another") > 0
}

pub async fn submit(app: web::Data<App>, request: HttpRequest, body: web::Payload) -> HttpResponse {
    let query = Params::parse(request.query_string().as_bytes()).unwrap_or_default();
    let outcome = async {
        let resumed = authorization::resume_flow(&app, &request, &query).await?;
        let form = form::read(&request, body).await.map_err(Refusal::Page)?;
        check_form(&app, &request, &resumed, &form).map_err(Refusal::Page)?;
        Ok::<_, Denied<Refusal>>((resumed, form))
    };
    let (resumed, form) = match outcome.await {
        Ok(read) => read,
        Err(denied) => return answer::authorization_error(&app, &request, denied),
    };
    if form.count("cancel") > 0 {
        let error = Reason::SignInCancelled.because("the person went back instead of signing in");
        return authorization::decline(&app, &request, resumed.checked, error);
    }
    let username = form.one("username").ok().flatten().unwrap_or_default();
    let password = form.one("password").ok().flatten().unwrap_or_default();
    let signed_in = async {
        match verify(&app, username, password).await? {
            Some(proven) => begin_session(&app, &request, &resumed, &query, proven).await,
            None => Ok(None),
        }
    };
    match signed_in.await {
        Ok(Some(onward)) => onward,
        Ok(None) => {
            tracing::info!(
                request_id = answer::request_id(&request),
                client = resumed.checked.request.client_id.as_str(),
                reason = "sign_in.failed",
                "a sign-in failed"
            );
            page(&app, &resumed, &query, StatusCode::UNPROCESSABLE_ENTITY, username)
        }
        Err(failure) => answer::page_error(&app, &request, failure.into()),
    }
}

const PURPOSE: &str = "sign-in";

fn check_form(app: &App, request: &HttpRequest, resumed: &Resumed, form: &Params) -> Result<(), OAuthError> {
    let token = form.one("form_token")?.unwrap_or_default();
    let bound_to = [resumed.flow.id.as_str(), resumed.browser.as_str()];
    if !app.keys.is_form_token(token, PURPOSE, &bound_to) || !browser::is_same_origin(app, request) {
        return Err(browser::forged());
    }
    Ok(())
}

fn page(app: &App, resumed: &Resumed, query: &Params, status: StatusCode, username: &str) -> HttpResponse {
    let another = if is_another(query) { "&another=1" } else { "" };
    let bound_to = [resumed.flow.id.as_str(), resumed.browser.as_str()];
    app.pages.render(
        status,
        "sign_in.html",
        context! {
            client => &resumed.checked.client.client.name,
            action => format!("{}{another}", authorization::flow_url(app, "sign-in", &resumed.flow.id)),
            form_token => app.keys.form_token(PURPOSE, &bound_to),
            username,
            failed => status != StatusCode::OK,
        },
    )
}

/// A user whose password was right, and the hash that said so.
struct Proven {
    user: UserId,
    hash: String,
    /// The same password hashed with today's parameters, where those have changed.
    todays_hash: Option<String>,
}

/// The user whose name and password these are; the same time and answer whoever is unknown, disabled or wrong.
async fn verify(app: &App, username: &str, password: &str) -> Result<Option<Proven>, Failure> {
    if password.is_empty() || password.len() > user::LONGEST_PASSWORD || username.len() > user::LONGEST_NAME {
        return Ok(None);
    }
    let name = username.to_owned();
    let found =
        app.db.read::<_, DbError, _>(async move |conn| users::find_by_name(conn, &name).await).await?;
    let hash = found.as_ref().and_then(|user| user.password_hash.clone());
    let verified = app.passwords.verify(Secret::new(password.to_owned()), hash.clone()).await?;
    let todays_hash = match verified {
        Verified::Wrong => return Ok(None),
        Verified::Right => None,
        Verified::RightAndRehashed(new) => Some(new),
    };
    Ok(match (found, hash) {
        (Some(user), Some(hash)) if !user.disabled => Some(Proven { user: user.user, hash, todays_hash }),
        _ => None,
    })
}

/// Begins a session with a new cookie, and goes on with the flow.
///
/// It comes in the place of the person's own in this browser, or else of the account that was asked to sign in anew, or
/// that is the only one; beside the others where the person wanted to use another account. `None` when the password was changed or the user
/// disabled while the password was being verified.
async fn begin_session(
    app: &App,
    request: &HttpRequest,
    resumed: &Resumed,
    query: &Params,
    proven: Proven,
) -> Result<Option<HttpResponse>, Failure> {
    let (cookie, now) = (random_token(), app.now());
    let session = NewSession {
        cookie: Hash::of(&cookie),
        id: SessionId::new(random_id()),
        user: proven.user.clone(),
        auth_time: now,
        expires_at: now + app.config.sessions.lifetime.seconds(),
    };
    let accounts = authorization::accounts(app, request, Some(&resumed.checked.request.client_id)).await?;
    let before = accounts.token_of(&proven.user).map(Hash::of);
    let surplus = surplus(app, resumed, query, &accounts, &proven.user);
    let gone: Vec<&SessionId> = surplus
        .iter()
        .chain(accounts.people.iter().filter(|here| here.user == proven.user).map(|here| &here.session))
        .collect();
    let tokens: Vec<String> = [cookie].into_iter().chain(accounts.tokens_without(&gone)).collect();
    let (flow, ended) = (resumed.flow.id.clone(), surplus.clone());
    let work = async move |tx: &mut Tx| {
        let Some(id) = sessions::begin(tx, before.as_ref(), &session, &proven.hash).await? else {
            return Ok(false);
        };
        for session in &ended {
            sessions::end(tx, session, Ended::SessionReplaced, now).await?;
        }
        if let Some(new) = &proven.todays_hash {
            users::rehash(tx, &proven.user, &proven.hash, new).await?;
        }
        flows::note_signed_in(tx, &flow, &id).await?;
        Ok(true)
    };
    if !app.db.write::<_, DbError, _>(work).await? {
        return Ok(None);
    }
    if !surplus.is_empty() {
        app.back_channel.wake();
    }
    let mut response = answer::see_other(&authorization::flow_url(app, "authorize/resume", &resumed.flow.id));
    // The cookie was made here, of characters that stand in a header.
    let _ = response.add_cookie(&browser::session_cookie(app, &tokens));
    Ok(Some(response))
}

/// The sessions that end with this sign-in.
fn surplus(
    app: &App,
    resumed: &Resumed,
    query: &Params,
    accounts: &Accounts,
    user: &UserId,
) -> Vec<SessionId> {
    let others: Vec<&SignedIn> = accounts.people.iter().filter(|here| here.user != *user).collect();
    let beyond = |room: usize| others.iter().skip(room).map(|here| here.session.clone()).collect();
    // Whoever is signed in already replaces nobody.
    if others.len() < accounts.people.len() {
        return Vec::new();
    }
    if is_another(query) {
        return beyond(browser::ACCOUNTS - 1);
    }
    match authorization::next(app, &resumed.checked, accounts, &resumed.flow.progress) {
        Ok(Next::SignIn(Some(asked))) => vec![asked.session.clone()],
        // Of several none was asked: the new one comes beside them, as far as there is room.
        _ if others.len() > 1 => beyond(browser::ACCOUNTS - 1),
        _ => beyond(0),
    }
}
