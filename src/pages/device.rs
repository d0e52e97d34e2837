//! The page on which a person types the code that a device shows (RFC 8628 §3.3). The person signs in first, so that wrong
//! codes are counted for an account and keep no one else from typing theirs.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};

use super::destination::{device_url, shown_code};
use super::waiting_requests;
use crate::app::App;
use crate::clock::Seconds;
use crate::face::text_names::{WAYS, named};
use crate::face::view::{DeviceAnsweredPage, DevicePage, DeviceProblem, WaitTime};
use crate::failure::Failure;
use crate::flows::{self, NewFlow};
use crate::http::answer;
use crate::http::browser;
use crate::http::call::Request;
use crate::http::form;
use crate::http::general_error;
use crate::http::qr;
use crate::network::Networks;
use crate::oauth::grant::device::{DeviceRequest, UserCode};
use crate::oauth::id::UserId;
use crate::oauth::reason::Reason;
use crate::oauth::request::interaction::SignedIn;
use crate::oauth::request::params::Params;
use crate::oauth::row_budget::RowKind;
use crate::operations::devices::{self, FoundDevice, TypedCode};
use crate::store::flows::FlowRequest;

const PURPOSE: &str = "device";

pub async fn show(app: web::Data<App>, request: Request) -> HttpResponse {
    let query = Params::parse(request.query_string().as_bytes()).unwrap_or_default();
    for (outcome, allowed) in [("allowed", true), ("denied", false)] {
        if query.count(outcome) > 0 {
            return app.pages.show(request.reader(), StatusCode::OK, &DeviceAnsweredPage { allowed });
        }
    }
    // Only a code in the form that devices show is put into the field again.
    let code = shown_code(&query, "user_code");
    match people(&app, &request).await {
        Ok((people, waiting)) if !people.is_empty() => {
            page(&app, &request, (StatusCode::OK, waiting), &code, None)
        }
        Ok(_) => answer::see_other(&device_url(&app, "sign-in", &code)),
        Err(failure) => answer::page_error(&app, &request, failure.into()),
    }
}

/// The people who are signed in, and how many requests of applications wait for them.
async fn people(app: &App, request: &Request) -> Result<(Vec<SignedIn>, usize), Failure> {
    let people = flows::accounts(app, request, None).await?.people;
    let waiting = waiting_requests::count(app, request, &people).await?;
    Ok((people, waiting))
}

/// The user whose wrong codes are counted: the last of the signed-in users to sign in. `None` if no one is signed in.
async fn account(app: &App, request: &Request) -> Result<Option<UserId>, Failure> {
    let accounts = flows::accounts(app, request, None).await?;
    Ok(accounts.people.into_iter().next().map(|here| here.user))
}

pub async fn submit(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    let form = match form::read(&request, body).await {
        Ok(form) => form,
        Err(error) => return answer::page_error(&app, &request, error.into()),
    };
    let browser = browser::binding(&app, &request).unwrap_or_default();
    let token = form.one("form_token").ok().flatten().unwrap_or_default();
    if !app.keys.is_form_token(token, PURPOSE, &[&browser]) || !browser::is_same_origin(&app, &request) {
        return answer::page_error_with(
            &app,
            &request,
            browser::forged().into(),
            const { named(&WAYS, "device") },
            "/device",
        );
    }
    let user = match account(&app, &request).await {
        Ok(Some(user)) => user,
        Ok(None) => {
            return answer::see_other(&device_url(&app, "sign-in", &shown_code(&form, "user_code")));
        }
        Err(failure) => return answer::page_error(&app, &request, failure.into()),
    };
    request.set_user(&user);
    let typed = form.typed("user_code").unwrap_or_default();
    let found = match UserCode::parse(typed) {
        // Text that cannot be a code does not count as a guess.
        None => Ok(FoundDevice::Nothing),
        Some(code) => find(&app, &request, code, user).await,
    };
    answer_to(&app, &request, typed, found).await
}

async fn find(app: &App, request: &Request, code: UserCode, user: UserId) -> Result<FoundDevice, Failure> {
    let networks = Networks::of(request.address);
    let draw = app.draw(RowKind::Guess, networks.site.clone(), request.now).await?;
    let typed = TypedCode { code, user, networks, draw };
    devices::find_by_code(&app.operations(request.now, request.actor()), typed).await
}

async fn answer_to(
    app: &App,
    request: &Request,
    typed: &str,
    found: Result<FoundDevice, Failure>,
) -> HttpResponse {
    match found {
        Ok(FoundDevice::Device(device)) => begin(app, request, &device).await,
        Ok(FoundDevice::Nothing) => {
            tracing::info!(reason = "user_code.unknown", "a user code was wrong");
            page(app, request, (StatusCode::UNPROCESSABLE_ENTITY, 0), typed, None)
        }
        Ok(FoundDevice::Wait(wait)) => {
            let error = Reason::UserCodeGuesses.because("too many wrong guesses").after(wait);
            let page = page(app, request, (StatusCode::TOO_MANY_REQUESTS, 0), typed, Some(wait));
            answer::refused_by_page(request, page, &error)
        }
        Err(failure) => answer::page_error(app, request, failure.into()),
    }
}

async fn begin(app: &App, request: &Request, device: &DeviceRequest) -> HttpResponse {
    let waiting = FlowRequest::Device(device.grant.clone());
    match flows::begin_flow(app, request, NewFlow { waiting, id: None }, "authorize/resume").await {
        Ok(onward) => onward,
        Err(failure) => answer::page_error(app, request, failure.into()),
    }
}

/// `waiting`: how many requests of applications wait for the person.
fn page(
    app: &App,
    request: &Request,
    (status, waiting): (StatusCode, usize),
    code: &str,
    wait: Option<Seconds>,
) -> HttpResponse {
    let known = browser::binding(app, request);
    let browser = known.clone().unwrap_or_else(crate::secret::random_token);
    let problem = (status != StatusCode::OK).then(|| match wait {
        Some(wait) => {
            DeviceProblem::Wait { time: WaitTime::of(wait), reason: Reason::UserCodeGuesses.word() }
        }
        None => DeviceProblem::Unknown,
    });
    let form_token = app.keys.form_token(PURPOSE, &[&browser]);
    let view = DevicePage { code: code.to_owned(), form_token, waiting, problem };
    let mut response = app.pages.show(request.reader(), status, &view);
    if known.is_none() {
        // The cookie consists of characters that are allowed in a header.
        let _ = response.add_cookie(&browser::binding_cookie(app, browser));
    }
    response
}

/// A picture of the address with the code in it, for devices that cannot draw one.
pub async fn picture(app: web::Data<App>, request: Request) -> HttpResponse {
    let query = Params::parse(request.query_string().as_bytes()).unwrap_or_default();
    let code = query.one("user_code").ok().flatten().and_then(UserCode::parse);
    let drawn = code.and_then(|code| qr::svg(&format!("{}/device?user_code={code}", app.issuer)));
    match drawn {
        Some(svg) => HttpResponse::Ok()
            .content_type("image/svg+xml")
            .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'"))
            .insert_header((header::CACHE_CONTROL, "private, max-age=600"))
            .body(svg),
        None => general_error::plain(
            &request,
            StatusCode::NOT_FOUND,
            "the user_code does not have the form of this server's codes",
        ),
    }
}
