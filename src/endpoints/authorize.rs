//! The authorization endpoint (RFC 6749 §3.1).

use actix_web::{HttpRequest, HttpResponse, web};

use crate::answer;
use crate::app::App;
use crate::authorization::{self, Checked, Resumed, Waiting};
use crate::failure::Failure;
use crate::form;
use crate::oauth::interaction::{Next, Progress};
use crate::oauth::params::Params;
use crate::oauth::request::Refusal;

/// A request in the query: with a session and consent it is answered at once.
pub(super) async fn get(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let params = match Params::parse(request.query_string().as_bytes()) {
        Ok(params) => params,
        Err(error) => return answer::authorization_error(&app, &request, Refusal::Page(error).into()),
    };
    let checked = match authorization::validate(&app, &request, &params).await {
        Ok(checked) => checked,
        Err(denied) => return answer::authorization_error(&app, &request, denied),
    };
    let outcome = answer_or_ask(&app, &request, &checked, &params).await;
    outcome.unwrap_or_else(|failure| authorization::fail(&app, &request, &checked.request, &failure))
}

/// A request in the body.
///
/// It may come from another site, and then without the Lax cookies: it is kept as a flow and goes on with a
/// GET here, which sees the session.
pub(super) async fn post(app: web::Data<App>, request: HttpRequest, body: web::Payload) -> HttpResponse {
    let params = match form::read(&request, body).await {
        Ok(params) => params,
        // A body that is no form holds no redirect URI that could be verified.
        Err(error) => return answer::authorization_error(&app, &request, Refusal::Page(error).into()),
    };
    let checked = match authorization::validate(&app, &request, &params).await {
        Ok(checked) => checked,
        Err(denied) => return answer::authorization_error(&app, &request, denied),
    };
    let waiting = Waiting::request(&checked, &params);
    let begun = authorization::begin_flow(&app, &request, waiting, "authorize/resume").await;
    begun.unwrap_or_else(|failure| authorization::fail(&app, &request, &checked.request, &failure))
}

/// Where a flow comes back to after each of its pages.
pub(super) async fn resume(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let params = Params::parse(request.query_string().as_bytes()).unwrap_or_default();
    let Resumed { flow, checked, .. } = match authorization::resume_flow(&app, &request, &params).await {
        Ok(resumed) => resumed,
        Err(denied) => return answer::authorization_error(&app, &request, denied),
    };
    let accounts = match authorization::accounts(&app, &request, Some(&checked.request.client_id)).await {
        Ok(accounts) => accounts,
        Err(failure) => return authorization::fail(&app, &request, &checked.request, &failure),
    };
    match authorization::next(&app, &checked, &accounts, &flow.progress) {
        Ok(Next::SignIn(_)) => answer::see_other(&authorization::flow_url(&app, "sign-in", &flow.id)),
        Ok(Next::SignUp) => answer::see_other(&authorization::flow_url(&app, "sign-up", &flow.id)),
        Ok(Next::Select) => answer::see_other(&authorization::flow_url(&app, "accounts", &flow.id)),
        Ok(Next::Consent(_)) => answer::see_other(&authorization::flow_url(&app, "consent", &flow.id)),
        Ok(Next::Issue(signed_in)) => authorization::issue(&app, &request, &checked, signed_in).await,
        Err(error) => authorization::decline(&app, &request, checked, error).await,
    }
}

async fn answer_or_ask(
    app: &App,
    request: &HttpRequest,
    checked: &Checked,
    params: &Params,
) -> Result<HttpResponse, Failure> {
    let accounts = authorization::accounts(app, request, Some(&checked.request.client_id)).await?;
    let begin =
        async |page| authorization::begin_flow(app, request, Waiting::request(checked, params), page).await;
    match authorization::next(app, checked, &accounts, &Progress::default()) {
        Ok(Next::SignIn(_)) => begin("sign-in").await,
        Ok(Next::SignUp) => begin("sign-up").await,
        Ok(Next::Select) => begin("accounts").await,
        Ok(Next::Consent(_)) => begin("consent").await,
        Ok(Next::Issue(signed_in)) => Ok(authorization::issue(app, request, checked, signed_in).await),
        Err(error) => Ok(authorization::decline(app, request, checked.clone(), error).await),
    }
}
