//! The page of a link that an operator has made, on which a person sets a password.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};

use crate::app::App;
use crate::face::reason_text;
use crate::face::text_names::{PASSWORD_MISTAKES, named};
use crate::face::view::{NewPasswordProblem, PasswordSetPage, SetPasswordPage};
use crate::failure::Denied;
use crate::http::answer;
use crate::http::browser;
use crate::http::call::Request;
use crate::http::form;
use crate::network::Networks;
use crate::oauth::error::OAuthError;
use crate::oauth::identity::claims::Person;
use crate::oauth::identity::password::PasswordFault;
use crate::oauth::identity::user::is_same_password;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::operations::password_links::{self, LinkHolder};
use crate::operations::users::HashedPassword;
use crate::secret::Secret;
use crate::secret::passwords::Requester;

const PURPOSE: &str = "password";

/// Shows the form, and changes nothing: programs that look into e-mail open links, too.
pub async fn show(app: web::Data<App>, request: Request) -> HttpResponse {
    let query = Params::parse(request.query_string().as_bytes()).unwrap_or_default();
    if query.count("set") > 0 {
        return app.pages.show(request.reader(), StatusCode::OK, &PasswordSetPage {});
    }
    let token = query.one("token").ok().flatten().unwrap_or_default();
    match find(&app, &request, token).await {
        Ok(holder) => {
            page(&app, &request, StatusCode::OK, &ShownLink { holder: &holder, token, problem: None })
        }
        Err(denied) => answer::page_error(&app, &request, denied),
    }
}

pub async fn submit(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    match set(&app, &request, body).await {
        Ok(answer) => answer,
        Err(denied) => answer::page_error(&app, &request, denied),
    }
}

async fn set(app: &App, request: &Request, body: web::Payload) -> Result<HttpResponse, Denied<OAuthError>> {
    let form = form::read(request, body).await?;
    let field = |name| form.one(name).ok().flatten().unwrap_or_default();
    let (token, password) = (field("token"), field("password"));
    let browser = browser::binding(app, request).unwrap_or_default();
    let is_ours = app.keys.is_form_token(field("form_token"), PURPOSE, &[&browser, token]);
    if !is_ours || !browser::is_same_origin(app, request) {
        return Err(browser::forged().into());
    }
    // A password is hashed only for a link that works, because hashing is expensive.
    let holder = find(app, request, token).await?;
    let person = &holder.person;
    if let Err(problem) = check(app, person, password, field("repeated")) {
        let shown = ShownLink { holder: &holder, token, problem: Some(problem) };
        return Ok(page(app, request, StatusCode::UNPROCESSABLE_ENTITY, &shown));
    }
    let passwords = app.passwords.asked_by(Requester::person(Networks::of(request.address).network));
    let password = Secret::new(password.to_owned());
    let policy = app.config.passwords.policy();
    let hashed = HashedPassword::new(&passwords, policy, password, &person.names()).await.map_err(over)?;
    password_links::redeem(&app.operations(request.now, request.actor()), token, hashed)
        .await
        .map_err(over)?;
    app.back_channel.wake();
    tracing::info!("a person set a password by a link");
    Ok(answer::see_other(&format!("{}/password?set=1", app.issuer)))
}

/// What is wrong with the form.
#[derive(Clone, Copy)]
enum FormProblem {
    /// The password that was typed again is another one.
    Repeated,
    Password(PasswordFault),
}

impl FormProblem {
    fn shown(self) -> NewPasswordProblem {
        match self {
            Self::Repeated => NewPasswordProblem {
                field: "repeated",
                kind: const { named(&PASSWORD_MISTAKES, "repeated") },
            },
            Self::Password(fault) => {
                NewPasswordProblem { field: "password", kind: reason_text::password(fault) }
            }
        }
    }
}

fn check(app: &App, person: &Person, password: &str, repeated: &str) -> Result<(), FormProblem> {
    let policy = app.config.passwords.policy();
    policy.check(password, &person.names()).map_err(FormProblem::Password)?;
    if is_same_password(password, repeated) { Ok(()) } else { Err(FormProblem::Repeated) }
}

/// The person who may set a password by this link.
async fn find(app: &App, request: &Request, token: &str) -> Result<LinkHolder, Denied<OAuthError>> {
    let found = password_links::find(&app.operations_of_a_stranger(request.now, request.actor()), token)
        .await
        .map_err(over)?;
    let holder = found.ok_or_else(|| Denied::Refused(refusal()))?;
    request.set_person(&holder.person.id, &holder.person.username);
    Ok(holder)
}

fn refusal() -> OAuthError {
    Reason::PasswordLinkOver
        .because("the link was used, was replaced or has ended, or the account is disabled")
}

/// The form was checked before, so a refusal means that the link is over: another copy of the form was first.
fn over<T>(denied: Denied<T>) -> Denied<OAuthError> {
    match denied {
        Denied::Refused(_) => refusal().into(),
        Denied::Failed(failure) => failure.into(),
    }
}

/// What the page shows.
struct ShownLink<'a> {
    holder: &'a LinkHolder,
    token: &'a str,
    problem: Option<FormProblem>,
}

fn page(app: &App, request: &Request, status: StatusCode, shown: &ShownLink<'_>) -> HttpResponse {
    let known = browser::binding(app, request);
    let browser = known.clone().unwrap_or_else(crate::secret::random_token);
    let view = SetPasswordPage {
        username: shown.holder.person.username.clone(),
        has_password: shown.holder.has_password,
        token: shown.token.to_owned(),
        form_token: app.keys.form_token(PURPOSE, &[&browser, shown.token]),
        shortest: app.config.passwords.min_length,
        problem: shown.problem.map(FormProblem::shown),
    };
    let mut response = app.pages.show(request.reader(), status, &view);
    // The address contains the token, which no one else needs to see. With no-referrer, Chrome would send Origin: null.
    let referrer = header::HeaderValue::from_static("strict-origin");
    response.headers_mut().insert(header::REFERRER_POLICY, referrer);
    if known.is_none() {
        // The cookie consists of characters that are allowed in a header.
        let _ = response.add_cookie(&browser::binding_cookie(app, browser));
    }
    response
}
