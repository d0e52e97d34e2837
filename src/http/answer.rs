//! Errors, each in the form of its surface.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use serde_json::json;

use super::accept;
use super::call::Call;
use super::console_page;
use super::error_page;
use super::error_status::{error_uri, http_status, retry_after, status_at_resource, status_of};
use super::general_error;
use super::limiting;
use super::route::Surface;
use crate::app::App;
use crate::face::view::Way;
use crate::failure::{Denied, Failure};
use crate::network::{Network, Networks};
use crate::oauth::error::{OAuthError, shown_address};
use crate::oauth::error_code::ErrorCode;
use crate::oauth::id::ClientId;
use crate::oauth::reason::Reason;
use crate::oauth::request::response_mode::ResponseMode;
use crate::oauth::request::return_address::ReturnAddress;
use crate::oauth::request::{Answered, Refusal};
use crate::oauth::token::bearer;
use crate::oauth::token::binding::AccessTokenType;
use crate::oauth::withheld::without_credentials;
use crate::secret::ordered_id;
use crate::store::refusals::KeptRefusal;
use crate::telemetry::RequestFacts as _;
use crate::tokens::for_client::AuthorizationSigner;

/// A refusal on its way to the client: the error, and additional headers of the answer.
#[derive(Clone, Debug)]
pub struct Refused {
    pub error: OAuthError,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Refused {
    /// Adds a header. It replaces a header of the same name.
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl From<OAuthError> for Refused {
    fn from(error: OAuthError) -> Self {
        Self { error, headers: Vec::new() }
    }
}

impl From<OAuthError> for Denied<Refused> {
    fn from(error: OAuthError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<Refused> for Denied<Refused> {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Denied<OAuthError>> for Denied<Refused> {
    fn from(denied: Denied<OAuthError>) -> Self {
        match denied {
            Denied::Refused(error) => Self::Refused(error.into()),
            Denied::Failed(failure) => Self::Failed(failure),
        }
    }
}

/// A JSON error of an OAuth endpoint (RFC 6749 §5.2), whatever the request accepts.
pub fn oauth_error(app: &App, call: &Call, denied: Denied<impl Into<Refused>>) -> HttpResponse {
    let refused = logged(call, denied);
    oauth_json(app, call, refused)
}

/// A JSON error of an endpoint that takes access tokens, with the challenges of RFC 6750 §3 and RFC 9449 §7.1. `scheme`: the
/// one that the request used, whose challenge has the error; `None` if it used none. `scope`: the required one.
pub fn bearer_error(
    app: &App,
    call: &Call,
    denied: Denied<impl Into<Refused>>,
    (scheme, scope): (Option<AccessTokenType>, &'static str),
) -> HttpResponse {
    let mut refused = logged(call, denied);
    let status = status_at_resource(&refused.error);
    if matches!(status.as_u16(), 400 | 401 | 403) {
        // A request without a token gets no error code (RFC 6750 §3.1).
        let error = Some(&refused.error).filter(|error| error.reason != Reason::BearerMissing);
        let used = scheme.unwrap_or(AccessTokenType::Bearer);
        for challenge in AccessTokenType::ACCEPTED
            .map(|scheme| challenge((app, call), scheme, error.filter(|_| scheme == used), scope))
        {
            // Descriptions are printable ASCII without quotes (RFC 6749 §5.2).
            if let Ok(challenge) = HeaderValue::try_from(challenge) {
                refused = refused.with_header(header::WWW_AUTHENTICATE, challenge);
            }
        }
    }
    oauth_json_with(app, call, status, refused)
}

/// The challenge of one scheme (RFC 6750 §3, RFC 9449 §7.1).
fn challenge(
    (app, call): (&App, &Call),
    scheme: AccessTokenType,
    error: Option<&OAuthError>,
    scope: &str,
) -> String {
    let profile = call.profile().unwrap_or(app.config.oauth.profile);
    let mut challenge = bearer::challenge(scheme, profile);
    let Some(error) = error else { return challenge };
    let (code, uri, description) = (error.code().as_str(), error_uri(app, error), &error.description);
    challenge
        .push_str(&format!(", error=\"{code}\", error_description=\"{description}\", error_uri=\"{uri}\""));
    if error.code() == ErrorCode::InsufficientScope {
        challenge.push_str(&format!(", scope=\"{scope}\""));
    }
    challenge
}

fn oauth_json(app: &App, call: &Call, refused: Refused) -> HttpResponse {
    oauth_json_with(app, call, status_of(&refused.error), refused)
}

fn oauth_json_with(
    app: &App,
    call: &Call,
    status: StatusCode,
    Refused { error, headers }: Refused,
) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    response.reason(general_error::name(status));
    response.insert_header((header::CACHE_CONTROL, "no-store")).insert_header((header::PRAGMA, "no-cache"));
    let brings = |name: HeaderName| headers.iter().any(|(brought, _)| *brought == name);
    if status == StatusCode::UNAUTHORIZED && !brings(header::WWW_AUTHENTICATE) {
        response.insert_header((header::WWW_AUTHENTICATE, client_challenge(call)));
    }
    if let Some(wait) = retry_after(status, &error).filter(|_| !brings(header::RETRY_AFTER)) {
        response.insert_header((header::RETRY_AFTER, wait));
    }
    for header in headers {
        response.append_header(header);
    }
    call.set_reason(error.reason);
    let mut body = json!({
        "error": sent_code(call, &error).as_str(),
        "error_description": error.description,
        "error_uri": error_uri(app, &error),
    });
    // The certification suite of FAPI-CIBA accepts no other member there.
    if !call.route.is_backchannel() {
        body["reason"] = error.reason.word().into();
        body["request_id"] = call.id.as_str().into();
    }
    response.json(body)
}

/// The code of an error as the client gets it.
fn sent_code(call: &Call, error: &OAuthError) -> ErrorCode {
    match call.route.is_backchannel() {
        true => error.code().at_backchannel(),
        false => error.code(),
    }
}

/// The challenge for a client that is not authenticated. `Basic` answers a request that used it (RFC 6749 §5.2). A browser
/// asks the person for a password if it gets this scheme, so other requests get one that no browser knows.
fn client_challenge(call: &Call) -> &'static str {
    match call.has_basic() {
        true => "Basic realm=\"grantor\", charset=\"UTF-8\"",
        false => "OAuth-Client realm=\"grantor\"",
    }
}

/// A refused authorization request: a page, or a redirect to the application.
pub async fn authorization_error(app: &App, call: &Call, denied: Denied<Refusal>) -> HttpResponse {
    match denied {
        Denied::Refused(Refusal::Page(error)) => refused_page(app, call, &error),
        Denied::Refused(Refusal::Redirect { to, state, error }) => {
            log_refusal(call, &error);
            redirect_with_error(app, call, &to, state.as_deref(), &error).await
        }
        Denied::Refused(Refusal::Answered(answered)) => {
            log_refusal(call, &answered.error);
            answered_page(app, call, &answered)
        }
        Denied::Failed(failure) => failure_page(app, call, &failure),
    }
}

/// A failure after client and redirect URI were verified: the application gets the error, too. Only a request that exceeds
/// a limit gets a page: an application that sends people here in a loop must not get them back at once.
pub async fn redirect_failure(
    app: &App,
    call: &Call,
    to: &ReturnAddress,
    state: Option<&str>,
    failure: &Failure,
) -> HttpResponse {
    if matches!(failure, Failure::Limited(_) | Failure::TooManyFlows(_)) {
        return failure_page(app, call, failure);
    }
    let error = failed(call, failure);
    redirect_with_error(app, call, to, state, &error).await
}

/// Sends the person back to the application with an error (RFC 6749 §4.1.2.1, RFC 9207). If the application wants it signed
/// and there is no key, the person gets a page.
async fn redirect_with_error(
    app: &App,
    call: &Call,
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
    call.set_reason(error.reason);
    let signer = match AuthorizationSigner::of(app, to, call.now).await {
        Ok(signer) => signer,
        Err(failure) => return failure_page(app, call, &failure),
    };
    // Anyone can send a request that is refused.
    if signer.as_ref().is_some_and(AuthorizationSigner::is_costly)
        && let Err(failure) = limiting::use_private_key(app, call)
    {
        return failure_page(app, call, &failure);
    }
    authorization_response(app, call, (to, signer.as_ref()), &answer)
}

/// Sends a response to the application through the person's browser, in the requested mode. `signer` is the one of the
/// address.
pub fn authorization_response(
    app: &App,
    call: &Call,
    (to, signer): (&ReturnAddress, Option<&AuthorizationSigner<'_>>),
    response: &[(&str, &str)],
) -> HttpResponse {
    let Some(signer) = signer else { return unsigned_response(app, call, to, response) };
    match signer.sign(app, response, call.now) {
        Ok(token) => unsigned_response(app, call, to, &[("response", token.as_str())]),
        Err(failure) => failure_page(app, call, &failure),
    }
}

fn unsigned_response(app: &App, call: &Call, to: &ReturnAddress, response: &[(&str, &str)]) -> HttpResponse {
    match to.mode() {
        ResponseMode::FormPost | ResponseMode::FormPostJwt => {
            app.pages.form_post(call.reader(), to.as_str(), response)
        }
        _ => see_other(&to.with(response)),
    }
}

/// A redirect with status 303: the next request is a GET, whatever this one was (RFC 9700 §4.12).
pub fn see_other(location: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, location))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .finish()
}

/// An error page for a person who cannot be redirected.
pub fn error_page(app: &App, call: &Call, status: StatusCode, error: &OAuthError) -> HttpResponse {
    error_page_with(app, call, status, error, None)
}

fn error_page_with(
    app: &App,
    call: &Call,
    status: StatusCode,
    error: &OAuthError,
    way: Option<Way>,
) -> HttpResponse {
    let wait = retry_after(status, error);
    let view = error_page::of_refusal(app, call, (status, error), error_uri(app, error), way);
    call.set_reason(error.reason);
    let mut response = app.pages.show(call.reader(), status, &view);
    if let Some(wait) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    response
}

/// The page for an address that does not exist.
pub fn page_not_found(app: &App, call: &Call) -> HttpResponse {
    let view = error_page::not_found(app, call);
    app.pages.show(call.reader(), StatusCode::NOT_FOUND, &view)
}

/// 404, because there is no such path: a page if the client prefers HTML, otherwise JSON.
pub fn not_found(app: &App, call: &Call, headers: &HeaderMap) -> HttpResponse {
    if accept::prefers(headers, "text/html", "application/json") {
        let mut page = page_not_found(app, call);
        page.headers_mut().append(header::VARY, HeaderValue::from_static("Accept"));
        return page;
    }
    general_error::plain(call, StatusCode::NOT_FOUND, "there is no resource at this path")
}

/// The page of a request that has its answer already. The person has done nothing wrong, so it is not an error page.
fn answered_page(app: &App, call: &Call, answered: &Answered) -> HttpResponse {
    call.set_reason(answered.error.reason);
    let view = error_page::answered(call, answered, error_uri(app, &answered.error));
    app.pages.show(call.reader(), StatusCode::OK, &view)
}

/// Completes a page that says itself why a request was refused, and logs the refusal.
pub fn refused_by_page(call: &Call, mut page: HttpResponse, error: &OAuthError) -> HttpResponse {
    log_refusal(call, error);
    if let Some(wait) = retry_after(page.status(), error) {
        page.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    call.set_reason(error.reason);
    page
}

fn failure_page(app: &App, call: &Call, failure: &Failure) -> HttpResponse {
    let error = failed(call, failure);
    error_page(app, call, status_of(&error), &error)
}

/// An error page for a refusal or a failure.
pub fn page_error(app: &App, call: &Call, denied: Denied<OAuthError>) -> HttpResponse {
    match denied {
        Denied::Refused(error) => refused_page(app, call, &error),
        Denied::Failed(failure) => failure_page(app, call, &failure),
    }
}

fn refused_page(app: &App, call: &Call, error: &OAuthError) -> HttpResponse {
    log_refusal(call, error);
    error_page(app, call, http_status(error.reason).unwrap_or(StatusCode::BAD_REQUEST), error)
}

/// An error page with a way to continue: the end of the name of its text in the catalogue, and its path on this server.
pub fn page_error_with(
    app: &App,
    call: &Call,
    denied: Denied<OAuthError>,
    text: &'static str,
    path: &str,
) -> HttpResponse {
    let error = match denied {
        Denied::Refused(error) => {
            log_refusal(call, &error);
            error
        }
        Denied::Failed(failure) => return failure_page(app, call, &failure),
    };
    let status = http_status(error.reason).unwrap_or(StatusCode::BAD_REQUEST);
    let href = format!("{}{path}", app.issuer);
    error_page_with(app, call, status, &error, Some(Way::Here { text, href }))
}

/// Answers a failure in the form that the route's surface uses, and logs it. No other place logs it.
pub fn failure(app: &App, call: &Call, failure: &Failure) -> HttpResponse {
    match call.route.surface {
        Surface::OAuth => oauth_json(app, call, failed(call, failure).into()),
        Surface::Page => failure_page(app, call, failure),
        Surface::Console => console_page::error(app, call, &failed(call, failure), None),
        Surface::Api | Surface::Management | Surface::Unknown => {
            general_error::refusal(app, call, &failed(call, failure), &[])
        }
    }
}

/// Answers a failure in the form of the general API, and logs it. No other place logs it.
pub fn api_failure(call: &Call, failure: &Failure) -> HttpResponse {
    let error = failed(call, failure);
    general_error::plain(call, status_of(&error), &error.description)
}

/// Logs a denial, and returns what the client learns about it.
fn logged(call: &Call, denied: Denied<impl Into<Refused>>) -> Refused {
    match denied {
        Denied::Refused(refused) => {
            let refused = refused.into();
            log_refusal(call, &refused.error);
            refused
        }
        Denied::Failed(failure) => failed(call, &failure).into(),
    }
}

/// What the client learns when the server has no room or its database does not answer.
pub fn busy() -> OAuthError {
    Reason::ServerBusy.because("the server is overloaded or its database does not answer; try again soon")
}

/// What the client learns about a failure: only whether to try again, or that the request holds text that cannot be
/// stored.
fn failed(call: &Call, failure: &Failure) -> OAuthError {
    if failure.is_of_request() {
        let error = Reason::ParameterMalformed.because("a text in the request holds the character U+0000");
        log_refusal(call, &error);
        return error;
    }
    if let Failure::TooManyFlows(wait) = failure {
        let error = Reason::FlowTooMany.because("too many requests of this network wait for a person");
        let error = error.after(*wait);
        log_refusal(call, &error);
        return error;
    }
    if let Failure::Limited(limited) = failure {
        let error = limiting::refusal(limited);
        call.set_limited(*limited);
        log_refusal(call, &error);
        return error;
    }
    if failure.is_outage() {
        call.set_outage();
    }
    if failure.is_temporary() {
        if call.refusals.count(Network::of(call.address), Reason::ServerBusy.word(), call.now) {
            tracing::warn!("turned away, {}", failure.chain());
        }
        return busy();
    }
    tracing::error!("failed: {}", failure.chain());
    Reason::ServerFailed
        .because("the server failed; its operator finds the reason in the log by the request id")
}

/// Logs a refusal in one line, and keeps it for the operator. If its network has been refused often in this minute, the
/// refusal is only counted (see `http::refusal_log`).
pub fn log_refusal(call: &Call, error: &OAuthError) {
    if let Some(user) = &error.user {
        call.set_user(user);
    }
    if !call.refusals.count(Network::of(call.address), error.reason.word(), call.now) {
        return;
    }
    let address = error.address();
    tracing::info!(
        reason = error.reason.word(),
        error = sent_code(call, error).as_str(),
        path = &*without_credentials(&call.path),
        came = address.and_then(|address| address.came.as_deref()),
        registered = address.and_then(|address| address.registered.first()),
        "refused: {}",
        without_credentials(&error.description)
    );
    keep(call, error);
}

/// The length in bytes after which the path of a kept refusal is cut.
const MAX_PATH: usize = 200;

/// Keeps a refusal for the operator, except that a device or application has to wait for its person.
fn keep(call: &Call, error: &OAuthError) {
    if error.reason.is_waiting() {
        return;
    }
    call.refusals.kept.add(|| KeptRefusal {
        id: ordered_id(call.now),
        request_id: call.id.clone(),
        created_at: call.now,
        client: call.client().map(|id| ClientId::new(without_credentials(id.as_str()))),
        user: call.user().cloned(),
        address: call.address.to_string(),
        network: Networks::of(call.address).site,
        path: shown_address(&call.path, MAX_PATH),
        reason: error.reason.word().to_owned(),
        description: without_credentials(&error.description).into_owned(),
        detail: error.detail.as_deref().cloned(),
    });
}
