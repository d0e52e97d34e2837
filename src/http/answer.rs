//! Answers that are not a success, each in the form that its surface demands.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use minijinja::context;
use serde_json::json;

use crate::app::App;
use crate::failure::{Denied, Failure};
use crate::oauth::error::OAuthError;
use crate::oauth::error_code::ErrorCode;
use crate::oauth::reason::{Reason, Who};
use crate::oauth::request::Refusal;
use crate::oauth::request::response_mode::ResponseMode;
use crate::oauth::request::return_address::ReturnAddress;

/// Seconds after which an overloaded server is worth another try.
pub const RETRY_AFTER: &str = "1";
/// Seconds after which whoever has guessed too often may go on.
const RETRY_LATER: &str = "600";

/// Who reads an answer, and so what its errors look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// A program that speaks OAuth: JSON with `error`.
    OAuth,
    /// A person: a page.
    Page,
    /// Any other program: JSON with `message`.
    Api,
}

/// Names a request in its answer and in the log.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

pub fn request_id(request: &HttpRequest) -> String {
    request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default()
}

/// The JSON of an OAuth endpoint (RFC 6749 §5.2), whatever the request accepts.
pub fn oauth_error(app: &App, request: &HttpRequest, denied: Denied<OAuthError>) -> HttpResponse {
    oauth_json(app, &request_id(request), &told(request, denied))
}

/// The JSON of an endpoint that takes access tokens, with the challenge of RFC 6750 §3; `scope` is what it needs.
pub fn bearer_error(
    app: &App,
    request: &HttpRequest,
    denied: Denied<OAuthError>,
    scope: &'static str,
) -> HttpResponse {
    let error = told(request, denied);
    let mut response = oauth_json(app, &request_id(request), &error);
    if !matches!(response.status().as_u16(), 400 | 401 | 403) {
        return response;
    }
    let mut challenge = String::from("Bearer realm=\"grantor\"");
    // Who sent no token is told no error: the request was none (RFC 6750 §3.1).
    if error.reason != Reason::BearerMissing {
        let (code, uri) = (error.code().as_str(), error_uri(app, &error));
        let description = &error.description;
        challenge.push_str(&format!(
            ", error=\"{code}\", error_description=\"{description}\", error_uri=\"{uri}\""
        ));
    }
    if error.code() == ErrorCode::InsufficientScope {
        challenge.push_str(&format!(", scope=\"{scope}\""));
    }
    // Descriptions are printable ASCII without quotes (RFC 6749 §5.2).
    if let Ok(challenge) = header::HeaderValue::try_from(challenge) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

fn oauth_json(app: &App, request_id: &str, error: &OAuthError) -> HttpResponse {
    let of_code = || StatusCode::from_u16(error.code().status()).unwrap_or(StatusCode::BAD_REQUEST);
    let status = http_status(error.reason).unwrap_or_else(of_code);
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CACHE_CONTROL, "no-store")).insert_header((header::PRAGMA, "no-cache"));
    if status == StatusCode::UNAUTHORIZED {
        response.insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"grantor\", charset=\"UTF-8\""));
    }
    if error.code() == ErrorCode::TemporarilyUnavailable {
        response.insert_header((header::RETRY_AFTER, RETRY_AFTER));
    }
    let response = response.json(json!({
        "error": error.code().as_str(),
        "error_description": error.description,
        "error_uri": error_uri(app, error),
        "reason": error.reason.word(),
        "request_id": request_id,
    }));
    because(error, response)
}

/// The answer with its reason, for whoever counts them.
fn because(error: &OAuthError, mut response: HttpResponse) -> HttpResponse {
    response.extensions_mut().insert(error.reason);
    response
}

/// Why a request was refused, or not answered as it should have been.
pub fn reason_of(response: &HttpResponse) -> Option<Reason> {
    response.extensions().get::<Reason>().copied()
}

/// The status of a mistake in the HTTP request itself, on whatever surface.
fn http_status(reason: Reason) -> Option<StatusCode> {
    match reason {
        Reason::RequestMediaType => Some(StatusCode::UNSUPPORTED_MEDIA_TYPE),
        Reason::RequestTooLarge => Some(StatusCode::PAYLOAD_TOO_LARGE),
        Reason::RequestMethod => Some(StatusCode::METHOD_NOT_ALLOWED),
        Reason::UserCodeGuesses => Some(StatusCode::TOO_MANY_REQUESTS),
        _ => None,
    }
}

/// A refused authorization request: a page, or back to the application.
pub fn authorization_error(app: &App, request: &HttpRequest, denied: Denied<Refusal>) -> HttpResponse {
    match denied {
        Denied::Refused(Refusal::Page(error)) => {
            log_refusal(request, &error);
            let status = http_status(error.reason).unwrap_or(StatusCode::BAD_REQUEST);
            error_page(app, &request_id(request), status, &error)
        }
        Denied::Refused(Refusal::Redirect { to, state, error }) => {
            log_refusal(request, &error);
            redirect_with_error(app, &to, state.as_deref(), &error)
        }
        Denied::Failed(failure) => failure_page(app, &request_id(request), &failure),
    }
}

/// A failure after client and redirect URI were verified: the application is told, not only the person.
pub fn redirect_failure(
    app: &App,
    request: &HttpRequest,
    (to, state): (&ReturnAddress, Option<&str>),
    failure: &Failure,
) -> HttpResponse {
    let error = failed(&request_id(request), failure);
    redirect_with_error(app, to, state, &error)
}

/// Sends the person back to the application with an error (RFC 6749 §4.1.2.1, RFC 9207).
pub fn redirect_with_error(
    app: &App,
    to: &ReturnAddress,
    state: Option<&str>,
    error: &OAuthError,
) -> HttpResponse {
    let uri = error_uri(app, error);
    let mut answer = vec![
        ("error", error.code().as_str()),
        ("error_description", error.description.as_ref()),
        ("error_uri", uri.as_str()),
    ];
    answer.extend(state.map(|state| ("state", state)));
    answer.push(("iss", app.issuer.as_str()));
    because(error, authorization_response(app, to, &answer))
}

/// Sends a response to the application by way of the person's browser, in the mode that the request asked for.
pub fn authorization_response(app: &App, to: &ReturnAddress, response: &[(&str, &str)]) -> HttpResponse {
    match to.mode() {
        ResponseMode::Query | ResponseMode::Fragment => see_other(&to.with(response)),
        ResponseMode::FormPost => app.pages.form_post(to.as_str(), response),
    }
}

/// 303: the next request is a GET, whatever this one was (RFC 9700 §4.12).
pub fn see_other(location: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, location))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .finish()
}

/// A page for a person who cannot be sent anywhere.
pub fn error_page(app: &App, request_id: &str, status: StatusCode, error: &OAuthError) -> HttpResponse {
    error_page_with(app, request_id, status, error, None)
}

fn error_page_with(
    app: &App,
    request_id: &str,
    status: StatusCode,
    error: &OAuthError,
    onward: Option<minijinja::Value>,
) -> HttpResponse {
    let first = error.reason.who().first().copied().unwrap_or(Who::Developer);
    let context = context! {
        title => title(status, first),
        audience => if status.is_server_error() { "nobody" } else { audience(first) },
        what => error.reason.what(),
        fix => error.reason.fix(),
        description => &error.description,
        error => error.code().as_str(),
        reason => error.reason.word(),
        docs => error_uri(app, error),
        request_id,
        onward,
    };
    let mut response = because(error, app.pages.render(status, "error.html", context));
    let wait = match status {
        StatusCode::SERVICE_UNAVAILABLE => RETRY_AFTER,
        StatusCode::TOO_MANY_REQUESTS => RETRY_LATER,
        _ => return response,
    };
    response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static(wait));
    response
}

fn title(status: StatusCode, who: Who) -> &'static str {
    match (status.as_u16(), who) {
        (503, _) => "Please try again in a moment",
        (500.., _) => "Something broke here",
        (429, _) => "Too many attempts",
        (_, Who::Person) => "Please start again",
        (_, Who::Operator) => "This is switched off at present",
        _ => "This link does not work",
    }
}

/// Whom the page speaks of; the template has a sentence for each.
fn audience(who: Who) -> &'static str {
    match who {
        Who::Developer => "developer",
        Who::Operator => "operator",
        Who::Person => "person",
        Who::Nobody => "nobody",
    }
}

fn failure_page(app: &App, request_id: &str, failure: &Failure) -> HttpResponse {
    let error = failed(request_id, failure);
    let status = StatusCode::from_u16(error.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    error_page(app, request_id, status, &error)
}

/// A refusal on a page of ours, or a failure.
pub fn page_error(app: &App, request: &HttpRequest, denied: Denied<OAuthError>) -> HttpResponse {
    authorization_error(
        app,
        request,
        match denied {
            Denied::Refused(error) => Denied::Refused(Refusal::Page(error)),
            Denied::Failed(failure) => Denied::Failed(failure),
        },
    )
}

/// The same with a way on: a link's text and its path here.
pub fn page_error_with(
    app: &App,
    request: &HttpRequest,
    denied: Denied<OAuthError>,
    text: &str,
    path: &str,
) -> HttpResponse {
    let error = match denied {
        Denied::Refused(error) => {
            log_refusal(request, &error);
            error
        }
        Denied::Failed(failure) => return failure_page(app, &request_id(request), &failure),
    };
    let status = http_status(error.reason).unwrap_or(StatusCode::BAD_REQUEST);
    let href = format!("{}{path}", app.issuer);
    error_page_with(app, &request_id(request), status, &error, Some(context! { text, href }))
}

/// The general API's form: `message` carries the code, `description` the detail.
pub fn api_error(request_id: &str, status: StatusCode, description: &str) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.insert_header((header::RETRY_AFTER, RETRY_AFTER));
    }
    response.json(json!({
        "message": format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or("Error")),
        "description": description,
        "request_id": request_id,
    }))
}

/// A failure in the form of its surface; it is logged here, once.
pub fn failure(app: &App, request_id: &str, surface: Surface, failure: &Failure) -> HttpResponse {
    match surface {
        Surface::OAuth => oauth_json(app, request_id, &failed(request_id, failure)),
        Surface::Page => failure_page(app, request_id, failure),
        Surface::Api => {
            let error = failed(request_id, failure);
            let status =
                StatusCode::from_u16(error.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            api_error(request_id, status, &error.description)
        }
    }
}

/// What a client is told, once the log has it.
fn told(request: &HttpRequest, denied: Denied<OAuthError>) -> OAuthError {
    match denied {
        Denied::Refused(error) => {
            log_refusal(request, &error);
            error
        }
        Denied::Failed(failure) => failed(&request_id(request), &failure),
    }
}

/// What a client is told of a failure: nothing but whether to try again.
fn failed(id: &str, failure: &Failure) -> OAuthError {
    if failure.is_temporary() {
        tracing::warn!(request_id = id, "turned away, {}", failure.chain());
        return Reason::ServerBusy
            .because("the server is overloaded or its database is away; try again soon");
    }
    tracing::error!(request_id = id, "failed: {}", failure.chain());
    Reason::ServerFailed.because("the server failed; its operator finds the reason under the request id")
}

fn error_uri(app: &App, error: &OAuthError) -> String {
    format!("{}/errors/{}", app.issuer, error.reason.word())
}

/// One line for a refusal that is answered.
pub fn log_refusal(request: &HttpRequest, error: &OAuthError) {
    let path = request.path();
    tracing::info!(
        request_id = request_id(request),
        reason = error.reason.word(),
        error = error.code().as_str(),
        client = calling_client(request),
        path,
        "refused: {}",
        error.description
    );
}

/// The client that a request says it comes from, for the log; empty where that is not known.
pub fn calling_client(request: &HttpRequest) -> String {
    request.extensions().get::<CallingClient>().map(|client| client.0.clone()).unwrap_or_default()
}

/// Who a request says it comes from, for the log.
#[derive(Clone, Debug)]
pub struct CallingClient(pub String);
