//! The sign-in page.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use minijinja::context;

use super::flow_form;
use super::new_session::{NewSessionPlan, SessionPlacement};
use crate::app::App;
use crate::failure::{Denied, Failure};
use crate::flows::{self, ResumedFlow};
use crate::http::answer;
use crate::http::call::Request;
use crate::oauth::id::UserId;
use crate::oauth::identity::authentication::Proof;
use crate::oauth::identity::user;
use crate::oauth::reason::Reason;
use crate::oauth::request::interaction::Next;
use crate::oauth::request::params::Params;
use crate::operations::sessions::{self, ProvenSignIn};
use crate::secret::Secret;
use crate::secret::passwords::PasswordVerdict;
use crate::store::users;

pub async fn show(app: web::Data<App>, request: Request) -> HttpResponse {
    let query = Params::parse(request.query_string().as_bytes()).unwrap_or_default();
    let resumed = match flows::resume_flow(&app, &request, &query).await {
        Ok(resumed) => resumed,
        Err(denied) => return answer::authorization_error(&app, &request, denied),
    };
    let asked = &resumed.checked.request;
    let accounts = match flows::accounts(&app, &request, Some(&asked.client_id)).await {
        Ok(accounts) => accounts,
        Err(failure) => return answer::page_error(&app, &request, failure.into()),
    };
    if is_another(&query) {
        return page(&app, &resumed, &query, StatusCode::OK, "");
    }
    match flows::next(&app, &request, &resumed.checked, &accounts, &resumed.flow.progress) {
        Ok(Next::Authenticate(needed)) => {
            let hint = asked.prompt.login_hint.as_deref().filter(|hint| hint.len() <= user::MAX_NAME_LENGTH);
            let known = needed.account.map(|here| here.username.as_str());
            page(&app, &resumed, &query, StatusCode::OK, known.or(hint).unwrap_or_default())
        }
        // The person has signed in with another tab in between.
        Ok(_) | Err(_) => answer::see_other(&flows::flow_url(&app, "authorize/resume", &resumed.flow.id)),
    }
}

/// Whether the person wants to sign in to an additional account.
fn is_another(query: &Params) -> bool {
    query.count("another") > 0
}

pub async fn submit(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    let query = Params::parse(request.query_string().as_bytes()).unwrap_or_default();
    let (resumed, form) = match flow_form::read(&app, &request, body, PURPOSE).await {
        Ok(read) => read,
        Err(denied) => return answer::authorization_error(&app, &request, denied),
    };
    if form.count("cancel") > 0 {
        let error = Reason::SignInCancelled.because("the person went back instead of signing in");
        return flows::decline(&app, &request, resumed.checked, error).await;
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
                request_id = request.id,
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

fn page(
    app: &App,
    resumed: &ResumedFlow,
    query: &Params,
    status: StatusCode,
    username: &str,
) -> HttpResponse {
    let another = if is_another(query) { "&another=1" } else { "" };
    app.pages.render(
        status,
        "sign_in.html",
        context! {
            client => &resumed.checked.client.client.name,
            action => format!("{}{another}", flows::flow_url(app, "sign-in", &resumed.flow.id)),
            form_token => flow_form::token(app, resumed, PURPOSE),
            username,
            failed => status != StatusCode::OK,
            sign_up => app.config.sign_up.enabled.then(|| flows::flow_url(app, "sign-up", &resumed.flow.id)),
        },
    )
}

/// A user who gave the right password.
struct PasswordSignIn {
    user: UserId,
    /// The stored hash that the password matched.
    hash: String,
    /// The password hashed with the current parameters, if they have changed.
    todays_hash: Option<String>,
}

/// The user with this name and password. Unknown, disabled and wrong take the same time and get the same answer.
async fn verify(app: &App, username: &str, password: &str) -> Result<Option<PasswordSignIn>, Failure> {
    if password.is_empty()
        || password.len() > user::MAX_PASSWORD_LENGTH
        || username.len() > user::MAX_NAME_LENGTH
    {
        return Ok(None);
    }
    let name = username.to_owned();
    let found = app.db.read(async move |conn| users::find_by_name(conn, &name).await).await?;
    let hash = found.as_ref().and_then(|user| user.password_hash.clone());
    let verified = app.passwords.verify(Secret::new(password.to_owned()), hash.clone()).await?;
    let todays_hash = match verified {
        PasswordVerdict::Wrong => return Ok(None),
        PasswordVerdict::Right => None,
        PasswordVerdict::RightAndRehashed(new) => Some(new),
    };
    Ok(match (found, hash) {
        (Some(user), Some(hash)) if !user.disabled => {
            Some(PasswordSignIn { user: user.user, hash, todays_hash })
        }
        _ => None,
    })
}

/// Begins a session with a new cookie, and continues the flow.
///
/// `None` if the password was changed or the user disabled while the password was being verified.
async fn begin_session(
    app: &App,
    request: &Request,
    resumed: &ResumedFlow,
    query: &Params,
    proven: PasswordSignIn,
) -> Result<Option<HttpResponse>, Failure> {
    let placement = if is_another(query) { SessionPlacement::Alongside } else { SessionPlacement::InPlace };
    let PasswordSignIn { user, hash, todays_hash: rehashed } = proven;
    let plan = NewSessionPlan::prepare(app, request, resumed, &user, placement).await?;
    let sign_in = ProvenSignIn { start: plan.start.clone(), proof: Proof::Password { hash }, rehashed };
    match sessions::sign_in(&app.operations(request.now), sign_in).await {
        Ok(_) => Ok(Some(plan.onward(app))),
        Err(Denied::Refused(_)) => Ok(None),
        Err(Denied::Failed(failure)) => Err(failure),
    }
}
