//! The authorization endpoint (RFC 6749 §3.1).

use actix_web::{HttpResponse, web};

use crate::app::App;
use crate::failure::Failure;
use crate::flows::{self, CheckedRequest};
use crate::http::answer;
use crate::http::call::Request;
use crate::http::form;
use crate::oauth::request::Refusal;
use crate::oauth::request::interaction::{FlowProgress, Next};
use crate::oauth::request::params::Params;
use crate::oauth::request::received::{Received, Source};

/// A request in the query: with a session and consent it is answered at once.
pub async fn get(app: web::Data<App>, request: Request) -> HttpResponse {
    let received = match Params::parse(request.query_string().as_bytes()) {
        Ok(params) => Received::resolve(Source::Query, params),
        Err(error) => return answer::authorization_error(&app, &request, Refusal::Page(error).into()),
    };
    let checked = match flows::validate(&app, &request, &received).await {
        Ok(checked) => checked,
        Err(denied) => return answer::authorization_error(&app, &request, denied),
    };
    let outcome = answer_or_ask(&app, &request, &checked, received).await;
    outcome.unwrap_or_else(|failure| flows::fail(&app, &request, &checked.request, &failure))
}

/// A request in the body.
///
/// It may come from another site, and then without the Lax cookies. So it is kept as a flow, and continues with a GET
/// on this server, which has the session cookie.
pub async fn post(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    let received = match form::read(&request, body).await {
        Ok(params) => Received::resolve(Source::Form, params),
        // A body that is not a form has no redirect URI to verify.
        Err(error) => return answer::authorization_error(&app, &request, Refusal::Page(error).into()),
    };
    let checked = match flows::validate(&app, &request, &received).await {
        Ok(checked) => checked,
        Err(denied) => return answer::authorization_error(&app, &request, denied),
    };
    let begun = flows::begin_posted_flow(&app, &request, checked.waiting(received)).await;
    begun.unwrap_or_else(|failure| flows::fail(&app, &request, &checked.request, &failure))
}

/// Where a flow returns to after each of its pages.
pub async fn resume(app: web::Data<App>, request: Request) -> HttpResponse {
    let params = Params::parse(request.query_string().as_bytes()).unwrap_or_default();
    let resumed = match flows::resume_posted(&app, &request, &params).await {
        Ok(resumed) => resumed,
        Err(denied) => return answer::authorization_error(&app, &request, denied),
    };
    let checked = resumed.checked.clone();
    let accounts = match flows::accounts(&app, &request, Some(&checked.request.client_id)).await {
        Ok(accounts) => accounts,
        Err(failure) => return flows::fail(&app, &request, &checked.request, &failure),
    };
    match flows::next(&app, &request, &checked, &accounts, &resumed.progress) {
        Ok(Next::Issue(signed_in)) => flows::issue(&app, &request, &checked, signed_in, Some(&resumed)).await,
        Ok(next) => {
            let onward = resumed.onward(&app, &request, flows::page(&next)).await;
            onward.unwrap_or_else(|failure| flows::fail(&app, &request, &checked.request, &failure))
        }
        // Nothing is stored for strangers, who have not even refused.
        Err(error) if accounts.people.is_empty() => flows::refuse(&app, &request, checked, error).await,
        Err(error) => flows::decline(&app, &request, resumed, error).await,
    }
}

async fn answer_or_ask(
    app: &App,
    request: &Request,
    checked: &CheckedRequest,
    received: Received,
) -> Result<HttpResponse, Failure> {
    let accounts = flows::accounts(app, request, Some(&checked.request.client_id)).await?;
    match flows::next(app, request, checked, &accounts, &FlowProgress::default()) {
        Ok(Next::Issue(signed_in)) => Ok(flows::issue(app, request, checked, signed_in, None).await),
        Ok(next) => flows::begin_flow(app, request, checked.waiting(received), flows::page(&next)).await,
        Err(error) => Ok(flows::refuse(app, request, checked.clone(), error).await),
    }
}
