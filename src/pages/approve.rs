//! The pages on which people find the requests that applications on other devices send them (CIBA), and begin to answer one.
//! The question itself is the consent page.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::destination::requests_url;
use super::waiting_requests::{self, AnswerableRequest, minutes_left, minutes_since};
use super::{account_list, application};
use crate::app::App;
use crate::face::view::{ApproveAnsweredPage, ApproveOtherPage, ApprovePage, WaitingRequest, Words};
use crate::failure::{Denied, Failure};
use crate::flows::{self, Accounts, NewFlow};
use crate::http::answer;
use crate::http::call::{Call, Request};
use crate::oauth::error::OAuthError;
use crate::oauth::grant::backchannel::{BackchannelAnswer, BackchannelRequest};
use crate::oauth::id::GrantId;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::store::backchannel_requests;
use crate::store::db::Conn;
use crate::store::flows::FlowRequest;

/// The most bytes of an id in an address; the ids of requests are shorter.
const MAX_ID_LENGTH: usize = 64;

/// The list of the requests, and the page after an answer.
pub async fn list(app: web::Data<App>, request: Request) -> HttpResponse {
    let query = Params::parse(request.query_string().as_bytes()).unwrap_or_default();
    let answered = match (query.count("allowed"), query.count("denied")) {
        (0, 0) => None,
        (allowed, _) => Some(allowed > 0),
    };
    match shown(&app, &request, answered).await {
        Ok(page) => page,
        Err(failure) => answer::page_error(&app, &request, failure.into()),
    }
}

/// `answered`: whether the person has just allowed a request; `None` if the person has not come from an answer.
async fn shown(app: &App, request: &Request, answered: Option<bool>) -> Result<HttpResponse, Failure> {
    let accounts = flows::accounts(app, request, None).await?;
    let waiting = waiting_requests::find(app, request, &accounts.people).await?;
    if let Some(allowed) = answered {
        let view = ApproveAnsweredPage { allowed, waiting: waiting.len() };
        return Ok(app.pages.show(request.reader(), StatusCode::OK, &view));
    }
    if accounts.people.is_empty() {
        return Ok(answer::see_other(&requests_url(app, "sign-in")));
    }
    let requests = rows(app, request, &accounts, &waiting).await?;
    Ok(app.pages.show(request.reader(), StatusCode::OK, &ApprovePage { requests }))
}

/// The requests as the page shows them. If several people are signed in, each request says whose it is.
async fn rows(
    app: &App,
    call: &Call,
    accounts: &Accounts,
    waiting: &[AnswerableRequest],
) -> Result<Vec<WaitingRequest>, Failure> {
    let people = match accounts.people.as_slice() {
        [] | [_] => Vec::new(),
        several => account_list::shown(app, several).await?,
    };
    let languages = call.text_languages();
    let row = |AnswerableRequest { request, client, person }: &AnswerableRequest| WaitingRequest {
        from: application::shown(app, call, &client.client),
        initial: account_list::initials(&Words::of(&client.client.name, &languages).text),
        message: request.binding_message.as_ref().map(ToString::to_string),
        minutes: minutes_since(request, call.now),
        left: minutes_left(request, call.now),
        account: people.get(*person).cloned(),
        href: format!("{}/approve/{}", app.issuer, request.grant),
    };
    Ok(waiting.iter().map(row).collect())
}

/// Leads to the question of one request, for the person whose request it is.
pub async fn open(app: web::Data<App>, request: Request, id: web::Path<String>) -> HttpResponse {
    let query = Params::parse(request.query_string().as_bytes()).unwrap_or_default();
    let wants_another = query.count("another") > 0;
    match begin(&app, &request, &id, wants_another).await {
        Ok(answer) => answer,
        Err(denied) => answer::page_error(&app, &request, denied),
    }
}

async fn begin(
    app: &App,
    request: &Request,
    id: &str,
    wants_another: bool,
) -> Result<HttpResponse, Denied<OAuthError>> {
    let waiting = existing(app, request, id).await?;
    let accounts = flows::accounts(app, request, None).await?;
    let is_here = accounts.people.iter().any(|here| here.user == waiting.user);
    if !is_here && !accounts.people.is_empty() && !wants_another {
        return Ok(other_account(app, request, &waiting, &accounts).await?);
    }
    let flow = NewFlow { waiting: FlowRequest::Backchannel(waiting.grant), id: None };
    Ok(flows::begin_flow(app, request, flow, "authorize/resume").await?)
}

/// The request, which waits for its answer. Ids that were never given out get the answer of those whose request is over.
async fn existing(app: &App, call: &Call, id: &str) -> Result<BackchannelRequest, Denied<OAuthError>> {
    let over = || Reason::BackchannelAnswered.because("the request has been answered or has expired");
    if id.len() > MAX_ID_LENGTH || id.contains('\0') {
        return Err(over().into());
    }
    let (id, now) = (GrantId::new(id), call.now);
    let find = async move |conn: &mut Conn| backchannel_requests::find(conn, &id).await;
    let found: Option<BackchannelRequest> = app.db.read(find).await.map_err(Failure::from)?;
    let is_open =
        |found: &BackchannelRequest| found.answer == BackchannelAnswer::Awaited && now < found.expires_at;
    Ok(found.filter(is_open).ok_or_else(over)?)
}

/// The page for people who cannot answer this request. It does not say who can.
async fn other_account(
    app: &App,
    call: &Call,
    waiting: &BackchannelRequest,
    accounts: &Accounts,
) -> Result<HttpResponse, Failure> {
    let error =
        Reason::BackchannelOtherPerson.because("the request waits for another account than those signed in");
    let view = ApproveOtherPage {
        accounts: account_list::shown(app, &accounts.people).await?,
        another: format!("{}/approve/{}?another=1", app.issuer, waiting.grant),
    };
    let page = app.pages.show(call.reader(), StatusCode::FORBIDDEN, &view);
    Ok(answer::refused_by_page(call, page, &error))
}
