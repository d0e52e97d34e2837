//! The authorization endpoint (RFC 6749 §3.1).

use actix_web::{HttpResponse, web};

use crate::app::App;
use crate::failure::{Denied, Failure};
use crate::flows::{self, CheckedRequest, NewFlow};
use crate::http::answer;
use crate::http::call::Request;
use crate::http::form;
use crate::oauth::error::OAuthError;
use crate::oauth::request::Refusal;
use crate::oauth::request::interaction::{FlowProgress, Next};
use crate::oauth::request::params::Params;
use crate::oauth::request::received::{Received, Source};
use crate::store::flows::{Flow, FlowKey, FlowRequest};

/// A request in the query: with a session and consent it is answered at once.
pub async fn get(app: web::Data<App>, request: Request) -> HttpResponse {
    let params = Params::parse(request.query_string().as_bytes());
    let (checked, arrived) = match checked(&app, &request, Source::Query, params).await {
        Ok(checked) => checked,
        Err(denied) => return answer::authorization_error(&app, &request, denied).await,
    };
    match answer_or_ask(&app, &request, &checked, arrived).await {
        Ok(answer) => answer,
        Err(failure) => flows::fail(&app, &request, &checked.request, &failure).await,
    }
}

/// A request in the body.
///
/// It may come from another site, and then without the Lax cookies. So it is kept as a flow, and continues with a GET
/// on this server, which has the session cookie.
pub async fn post(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    let params = form::read(&request, body).await;
    let (checked, arrived) = match checked(&app, &request, Source::Form, params).await {
        Ok(checked) => checked,
        Err(denied) => return answer::authorization_error(&app, &request, denied).await,
    };
    match wait_posted(&app, &request, &checked, arrived).await {
        Ok(answer) => answer,
        Err(failure) => flows::fail(&app, &request, &checked.request, &failure).await,
    }
}

/// Keeps a request of a form as a flow, unless it was pushed and has its answer.
async fn wait_posted(
    app: &App,
    request: &Request,
    checked: &CheckedRequest,
    arrived: Arrived,
) -> Result<HttpResponse, Failure> {
    match arrived.waiting(checked) {
        Some(flow) if flows::pushed::is_answered(app, request, &flow.key).await? => {
            Ok(flows::show_answered(app, request, &flow).await)
        }
        _ => flows::begin_posted_flow(app, request, arrived.flow(checked)).await,
    }
}

/// Where a flow returns to after each of its pages.
pub async fn resume(app: web::Data<App>, request: Request) -> HttpResponse {
    let params = Params::parse(request.query_string().as_bytes()).unwrap_or_default();
    let resumed = match flows::resume_posted(&app, &request, &params).await {
        Ok(resumed) => resumed,
        Err(denied) => return answer::authorization_error(&app, &request, denied).await,
    };
    let checked = resumed.checked.clone();
    let accounts = match flows::accounts(&app, &request, Some(&checked.request.client_id)).await {
        Ok(accounts) => accounts,
        Err(failure) => return flows::fail(&app, &request, &checked.request, &failure).await,
    };
    match flows::next(&app, &request, &checked, &accounts, &resumed.progress) {
        Ok(Next::Issue(signed_in)) => {
            flows::issue(&app, &request, &checked, signed_in, Some(resumed.flow())).await
        }
        Ok(next) => match resumed.onward(&app, &request, flows::page(&next)).await {
            Ok(answer) => answer,
            Err(failure) => flows::fail(&app, &request, &checked.request, &failure).await,
        },
        // Nothing is stored for strangers, who have not even refused.
        Err(error) if accounts.people.is_empty() && !resumed.flow().is_pushed() => {
            flows::refuse(&app, &request, checked, error, None).await
        }
        Err(error) => flows::refuse(&app, &request, checked, error, Some(resumed.flow())).await,
    }
}

async fn answer_or_ask(
    app: &App,
    request: &Request,
    checked: &CheckedRequest,
    arrived: Arrived,
) -> Result<HttpResponse, Failure> {
    let accounts = flows::accounts(app, request, Some(&checked.request.client_id)).await?;
    // Without a page in between, only a pushed request can get a second answer.
    let pushed = arrived.waiting(checked);
    match flows::next(app, request, checked, &accounts, &FlowProgress::default()) {
        Ok(Next::Issue(signed_in)) => {
            Ok(flows::issue(app, request, checked, signed_in, pushed.as_ref()).await)
        }
        Err(error) => Ok(flows::refuse(app, request, checked.clone(), error, pushed.as_ref()).await),
        Ok(next) => match &pushed {
            Some(flow) if flows::pushed::is_answered(app, request, &flow.key).await? => {
                Ok(flows::show_answered(app, request, flow).await)
            }
            _ => flows::begin_flow(app, request, arrived.flow(checked), flows::page(&next)).await,
        },
    }
}

/// A request at this endpoint.
struct Arrived {
    received: Received,
    /// The id and the end of the request if it was pushed.
    pushed: Option<FlowKey>,
}

impl Arrived {
    /// The pushed request, as it is answered once. `None` if it was not pushed.
    fn waiting(&self, checked: &CheckedRequest) -> Option<Flow> {
        let key = self.pushed.clone()?;
        Some(Flow::new(key, checked.waiting(self.received.clone()), ""))
    }

    /// What the browser gets if the request is refused. A pushed request is used up by a refusal that goes to its client.
    async fn refused(self, app: &App, call: &Request, denied: Denied<Refusal>) -> Denied<Refusal> {
        let Some(key) = self.pushed else { return denied };
        let flow = Flow::new(key, FlowRequest::Application(self.received), "");
        flows::pushed::use_up(app, call, &flow, denied).await
    }

    /// What waits for a person.
    fn flow(self, checked: &CheckedRequest) -> NewFlow {
        NewFlow { waiting: checked.waiting(self.received), id: self.pushed.map(|key| key.id) }
    }
}

/// Finds the request, which is in the parameters or was pushed before, and checks it.
async fn checked(
    app: &App,
    request: &Request,
    source: Source,
    params: Result<Params, OAuthError>,
) -> Result<(CheckedRequest, Arrived), Denied<Refusal>> {
    // Parameters that cannot be read have no redirect URI to verify.
    let params = params.map_err(Refusal::Page)?;
    let arrived = match flows::pushed::find(app, request, &params).await? {
        Some(pushed) => Arrived { received: pushed.received, pushed: Some(pushed.key) },
        None => {
            let received = flows::request_object::resolve(app, request, source, params).await?;
            Arrived { received, pushed: None }
        }
    };
    match flows::validate(app, request, &arrived.received).await {
        Ok(checked) => Ok((checked, arrived)),
        Err(denied) => Err(arrived.refused(app, request, denied).await),
    }
}
