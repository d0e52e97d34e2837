//! The sign-up page, if the operator enables it (Initiating User Registration via OpenID Connect §3).

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::destination::Destination;
use super::new_session::{NewSessionPlan, SessionPlacement, StayChoice};
use crate::app::App;
use crate::face::reason_text;
use crate::face::text_names::{SIGN_UP_MISTAKES, named};
use crate::face::view::{SignUpPage, SignUpProblem};
use crate::failure::Denied;
use crate::http::answer;
use crate::http::call::{Call, Request};
use crate::metrics::counters::SignInResult;
use crate::network::Networks;
use crate::oauth::display_text::is_line;
use crate::oauth::error::OAuthError;
use crate::oauth::id::UserId;
use crate::oauth::identity::password::{PasswordFault, PasswordPolicy};
use crate::oauth::identity::user;
use crate::oauth::reason::Reason;
use crate::oauth::request::Refusal;
use crate::oauth::request::params::Params;
use crate::oauth::row_budget::RowKind;
use crate::operations::fault::Faults;
use crate::operations::sign_up::{self, NewAccount, SignUpRefusal};
use crate::operations::users::HashedPassword;
use crate::secret::passwords::Requester;
use crate::secret::{Secret, random_id};

pub async fn show(app: web::Data<App>, request: Request) -> HttpResponse {
    match find(&app, &request).await {
        Ok(destination) => page(&app, &request, &destination, &SignUpForm::default(), None),
        Err(denied) => answer::authorization_error(&app, &request, denied).await,
    }
}

pub async fn submit(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    let read = match check_enabled(&app) {
        Ok(()) => Destination::read(&app, &request, body, PURPOSE).await,
        Err(refusal) => Err(refusal.into()),
    };
    let (destination, form) = match read {
        Ok(read) => read,
        Err(denied) => return answer::authorization_error(&app, &request, denied).await,
    };
    if form.count("cancel") > 0 {
        let error = Reason::SignInCancelled.because("the person went back instead of making an account");
        return destination.decline(&app, &request, error).await;
    }
    let wanted = SignUpForm::of(&form);
    if let Err(problem) = wanted.check(app.config.passwords.policy()) {
        return page(&app, &request, &destination, &wanted, Some(problem));
    }
    match create(&app, &request, &destination, &wanted).await {
        Ok(onward) => onward,
        // Everything but the name was checked before.
        Err(Denied::Refused(SignUpRefusal::Faults(_))) => {
            page(&app, &request, &destination, &wanted, Some(Problem::Taken))
        }
        Err(Denied::Refused(SignUpRefusal::Wait(wait))) => {
            let error = Reason::SignUpTooMany.because("too many accounts were created").after(wait);
            answer::page_error(&app, &request, error.into())
        }
        Err(Denied::Failed(failure)) => answer::page_error(&app, &request, failure.into()),
    }
}

async fn find(app: &App, request: &Request) -> Result<Destination, Denied<Refusal>> {
    check_enabled(app)?;
    Destination::find(app, request).await
}

/// Without sign-up the page does not exist.
fn check_enabled(app: &App) -> Result<(), Refusal> {
    match app.config.sign_up.enabled {
        true => Ok(()),
        false => Err(Refusal::Page(Reason::SignUpOff.because("people cannot make accounts here"))),
    }
}

const PURPOSE: &str = "sign-up";

/// The account that the person wants.
#[derive(Default)]
struct SignUpForm<'f> {
    username: &'f str,
    name: &'f str,
    name_problem: Option<Problem>,
    password: &'f str,
    stay: bool,
}

/// A mistake in the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Problem {
    Username,
    Taken,
    NameLength,
    NameCharacter,
    Password(PasswordFault),
}

impl Problem {
    fn view(self) -> SignUpProblem {
        let (field, kind) = match self {
            Self::Username => ("username", const { named(&SIGN_UP_MISTAKES, "username") }),
            Self::Taken => ("username", const { named(&SIGN_UP_MISTAKES, "taken") }),
            Self::NameLength => ("name", const { named(&SIGN_UP_MISTAKES, "name_length") }),
            Self::NameCharacter => ("name", const { named(&SIGN_UP_MISTAKES, "name_character") }),
            Self::Password(fault) => ("password", reason_text::password(fault)),
        };
        SignUpProblem { field, kind }
    }
}

impl<'f> SignUpForm<'f> {
    fn of(form: &'f Params) -> Self {
        let name = form.typed("name");
        Self {
            username: form.typed("username").unwrap_or_default(),
            name_problem: name_problem(&name),
            name: name.unwrap_or_default(),
            password: form.one("password").ok().flatten().unwrap_or_default(),
            stay: form.count("stay") > 0,
        }
    }

    fn check(&self, policy: PasswordPolicy) -> Result<(), Problem> {
        user::check_chosen_username(self.username).map_err(|_| Problem::Username)?;
        if let Some(problem) = self.name_problem {
            return Err(problem);
        }
        policy.check(self.password, &self.names()).map_err(Problem::Password)
    }

    /// What the password must not be.
    fn names(&self) -> [&'f str; 2] {
        [self.username, self.name]
    }

    fn account(&self, id: UserId, password: HashedPassword) -> NewAccount {
        let name = Some(self.name.to_owned()).filter(|name| !name.is_empty());
        NewAccount { id, username: self.username.to_owned(), name, password }
    }
}

/// What is wrong with the full name, as it was read; `None` if nothing is.
fn name_problem(read: &Result<&str, OAuthError>) -> Option<Problem> {
    match read {
        Ok(name) if name.len() > user::MAX_NAME_LENGTH => Some(Problem::NameLength),
        Err(error) if error.reason == Reason::ParameterTooLong => Some(Problem::NameLength),
        Ok(name) if is_line(name) => None,
        _ => Some(Problem::NameCharacter),
    }
}

/// Creates the account and signs it in.
async fn create(
    app: &App,
    request: &Request,
    destination: &Destination,
    wanted: &SignUpForm<'_>,
) -> Result<HttpResponse, Denied<SignUpRefusal>> {
    let (context, networks) =
        (app.operations_of_a_stranger(request.now, request.actor()), Networks::of(request.address));
    let id = UserId::new(random_id());
    let is_kept = StayChoice::shown(app, wanted.stay).is_kept(app);
    let place = (SessionPlacement::Alongside, is_kept);
    let plan = NewSessionPlan::prepare(app, request, destination, &id, place).await?;
    let draw = app.draw(RowKind::SignUp, networks.site, request.now).await?;
    // Before the password is hashed, which is expensive. The account is counted when it is stored.
    sign_up::check(&context, draw.counting()).await?;
    let password = Secret::new(wanted.password.to_owned());
    let passwords = app.passwords.asked_by(Requester::person(networks.network));
    let (policy, names) = (app.config.passwords.policy(), wanted.names());
    let password = HashedPassword::new(&passwords, policy, password, &names).await.map_err(refused)?;
    let account = wanted.account(id.clone(), password);
    sign_up::create(&context, account, plan.start.clone(), draw.counting()).await?;
    draw.stored();
    request.set_user(&id);
    tracing::info!("a person made an account");
    app.counters.sign_ins.count(SignInResult::SignedUp);
    app.activity.signed_in(SignInResult::SignedUp, request.now);
    Ok(plan.onward(app))
}

fn refused(denied: Denied<Faults>) -> Denied<SignUpRefusal> {
    match denied {
        Denied::Refused(faults) => faults.into(),
        Denied::Failed(failure) => failure.into(),
    }
}

fn page(
    app: &App,
    call: &Call,
    destination: &Destination,
    wanted: &SignUpForm<'_>,
    problem: Option<Problem>,
) -> HttpResponse {
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let view = SignUpPage {
        application: destination.application(app, call),
        action: destination.url(app, "sign-up"),
        sign_in: format!("{}&another=1", destination.url(app, "sign-in")),
        form_token: destination.token(app, PURPOSE),
        username: wanted.username.to_owned(),
        name: wanted.name.to_owned(),
        shortest: app.config.passwords.min_length,
        stay: StayChoice::shown(app, wanted.stay).view(),
        problem: problem.map(Problem::view),
    };
    destination.finish(app, app.pages.show(call.reader(), status, &view))
}
