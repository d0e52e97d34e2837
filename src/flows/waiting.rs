//! Flows that wait for a person: how they begin, how the pages find them again, and what happens after their answer.

use actix_web::HttpResponse;

use super::sealed::{self, FLOW};
use super::{CheckedRequest, accounts, backchannel, device, pushed, uncounted_accounts, validate};
use crate::app::App;
use crate::cache::catalogue::Freshness;
use crate::cache::row_budgets::Draw;
use crate::clock::Timestamp;
use crate::failure::{Denied, Failure};
use crate::http::answer;
use crate::http::browser;
use crate::http::call::{Call, Request};
use crate::network::Networks;
use crate::oauth::client::Client;
use crate::oauth::grant::backchannel::BackchannelRequest;
use crate::oauth::grant::device::DeviceRequest;
use crate::oauth::id::FlowId;
use crate::oauth::localized_text::LocalizedText;
use crate::oauth::reason::Reason;
use crate::oauth::request::interaction::FlowProgress;
use crate::oauth::request::params::Params;
use crate::oauth::request::return_address::ReturnAddress;
use crate::oauth::request::{self, Answered, Refusal};
use crate::oauth::row_budget::RowKind;
use crate::secret::{random_id, random_token};
use crate::store::db::{Db, DbError, Tx};
use crate::store::flows::{self, Flow, FlowKey, FlowRequest, StoredFlow};

/// The most characters of an id in an address. A sealed flow is longer.
pub(super) const MAX_ID_LENGTH: usize = 64;

/// What a flow begins with: the request, and its id if it has one already.
pub struct NewFlow {
    pub waiting: FlowRequest,
    /// The id of a pushed request.
    pub id: Option<FlowId>,
}

/// Keeps a request until a person has answered it, bound to this browser, and sends the browser to `page`.
///
/// # Errors
/// [`Failure::TooManyFlows`] if the request needs a row and there are too many, or other failures.
pub async fn begin_flow(
    app: &App,
    http: &Request,
    new: NewFlow,
    page: &str,
) -> Result<HttpResponse, Failure> {
    let browser = browser::binding(app, http).unwrap_or_else(random_token);
    let flow = new_flow(app, http, new, &browser);
    let mut response = answer::see_other(&url(app, page, &keep(app, http, &flow).await?));
    // The cookies here and below consist of characters that are valid in a header.
    let _ = response.add_cookie(&browser::binding_cookie(app, browser));
    Ok(response)
}

/// Keeps a request that came by POST, as [`begin_flow`] does, until [`resume_posted`].
///
/// # Errors
/// Those of [`begin_flow`].
pub async fn begin_posted_flow(app: &App, http: &Request, new: NewFlow) -> Result<HttpResponse, Failure> {
    if browser::binding(app, http).is_some() {
        return begin_flow(app, http, new, "authorize/resume").await;
    }
    let browser = random_token();
    let flow = new_flow(app, http, new, &browser);
    let mut response = answer::see_other(&url(app, "authorize/resume", &keep(app, http, &flow).await?));
    let _ = response.add_cookie(&browser::posted_cookie(app, browser));
    Ok(response)
}

/// When the flow began.
fn begun_at(app: &App, flow: &FlowKey) -> Timestamp {
    flow.expires_at - app.config.sign_in.flow_lifetime.seconds()
}

fn new_flow(app: &App, http: &Request, new: NewFlow, browser: &str) -> Flow {
    let expires_at = http.now + app.config.sign_in.flow_lifetime.seconds();
    let id = new.id.unwrap_or_else(|| FlowId::new(random_id()));
    Flow::new(FlowKey { id, expires_at }, new.waiting, browser)
}

/// Returns what names the flow in the address of its pages: the sealed flow, or the id of its row if it is too long.
///
/// A flow that is too long is the only one that takes a row before a person has done anything.
async fn keep(app: &App, call: &Call, flow: &Flow) -> Result<String, Failure> {
    if let Some(sealed) = sealed::seal(app, FLOW, flow)? {
        return Ok(sealed);
    }
    let stored = flow.clone();
    let save = async move |tx: &mut Tx| flows::save(tx, &stored).await;
    store_for_stranger(app, call, RowKind::Flow, save).await?;
    Ok(flow.key.id.to_string())
}

/// Stores a row of a flow for someone who need not be signed in. No other row of a flow is stored for strangers.
///
/// # Errors
/// [`Failure::TooManyFlows`], or other failures.
pub(super) async fn store_for_stranger<T: Send + 'static>(
    app: &App,
    call: &Call,
    kind: RowKind,
    save: impl AsyncFn(&mut Tx) -> Result<T, DbError> + Send + 'static,
) -> Result<T, Failure> {
    let draw = app.draw(kind, Networks::of(call.address).site, call.now).await?;
    store_within(&app.db_for_strangers, draw, save).await
}

/// Stores a row of a flow within the budget that was drawn on.
///
/// # Errors
/// [`Failure::TooManyFlows`], or other failures.
pub(super) async fn store_within<T: Send + 'static>(
    db: &Db,
    draw: Draw,
    save: impl AsyncFn(&mut Tx) -> Result<T, DbError> + Send + 'static,
) -> Result<T, Failure> {
    let counting = draw.counting();
    let save = async move |tx: &mut Tx| match counting.count(tx).await? {
        Ok(()) => save(tx).await.map(Ok),
        Err(wait) => Ok(Err(wait)),
    };
    let stored = db.write(save).await?;
    let stored = stored.map_err(Failure::TooManyFlows)?;
    draw.stored();
    Ok(stored)
}

fn url(app: &App, page: &str, address: &str) -> String {
    format!("{}/{page}?flow={address}", app.issuer)
}

/// A flow that this browser may continue, and its request, validated again.
pub struct ResumedFlow {
    pub key: FlowKey,
    pub progress: FlowProgress,
    /// The secret of the browser.
    pub browser: String,
    pub checked: CheckedRequest,
    /// The device whose request it is.
    pub device: Option<DeviceRequest>,
    /// The backchannel request that it is.
    pub backchannel: Option<BackchannelRequest>,
    flow: Flow,
    /// What names the flow in the address of its pages.
    address: String,
}

impl ResumedFlow {
    /// The flow itself.
    pub fn flow(&self) -> &Flow {
        &self.flow
    }

    /// The request and the flow.
    pub(super) fn into_parts(self) -> (CheckedRequest, Flow) {
        (self.checked, self.flow)
    }

    /// The URL of a page of this flow.
    pub fn url(&self, app: &App, page: &str) -> String {
        url(app, page, &self.address)
    }

    /// Sends the person on to a page. A flow that began with a POST gets the browser's own secret first, because the
    /// other one is replaced by the next POST.
    ///
    /// # Errors
    /// [`Failure::TooManyFlows`] if the flow needs a row and there are too many, or other failures.
    pub async fn onward(self, app: &App, http: &Request, page: &str) -> Result<HttpResponse, Failure> {
        let own = browser::binding(app, http);
        if own.as_ref() == Some(&self.browser) {
            return Ok(answer::see_other(&self.url(app, page)));
        }
        let own = own.unwrap_or_else(random_token);
        let flow = Flow::new(self.key, self.flow.waiting, &own);
        let mut response = answer::see_other(&url(app, page, &keep(app, http, &flow).await?));
        let _ = response.add_cookie(&browser::binding_cookie(app, own));
        Ok(response)
    }
}

/// Finds the flow of a page. Only the browser that began the flow may continue it.
///
/// # Errors
/// If the flow is unknown, was begun by another browser, has its answer already or has ended, or if its request is refused
/// now.
pub async fn resume_flow(app: &App, http: &Request, params: &Params) -> Result<ResumedFlow, Denied<Refusal>> {
    resume(app, http, params, browser::binding(app, http).into_iter().collect()).await
}

/// Finds the flow, as [`resume_flow`] does, also if it has just begun with a POST from another site.
///
/// # Errors
/// Those of [`resume_flow`].
pub async fn resume_posted(
    app: &App,
    http: &Request,
    params: &Params,
) -> Result<ResumedFlow, Denied<Refusal>> {
    let secrets = browser::binding(app, http).into_iter().chain(browser::posted_binding(app, http));
    resume(app, http, params, secrets.collect()).await
}

async fn resume(
    app: &App,
    http: &Request,
    params: &Params,
    secrets: Vec<String>,
) -> Result<ResumedFlow, Denied<Refusal>> {
    let address = params.one("flow").map_err(Refusal::Page)?.ok_or_else(unknown)?;
    let (flow, stored) = find(app, http, address, &secrets).await?;
    let browser = secrets.into_iter().find(|secret| flow.belongs_to(secret)).ok_or_else(other_browser)?;
    if stored.is_answered {
        return Err(answered(app, http, &flow).await?.into());
    }
    if let FlowRequest::Application(received) = &flow.waiting
        && let Ok(Some(tags)) = received.params().one("ui_locales")
    {
        http.languages.asked_for(tags, begun_at(app, &flow.key));
    }
    let (mut device, mut backchannel) = (None, None);
    let checked = match &flow.waiting {
        FlowRequest::Application(received) => match validate(app, http, received).await {
            Ok(checked) => checked,
            Err(denied) => return Err(pushed::use_up(app, http, &flow, denied).await),
        },
        FlowRequest::Device(id) => {
            let (checked, found) = device::resume(app, http, id).await?;
            device = Some(found);
            checked
        }
        FlowRequest::Backchannel(id) => {
            let (checked, found) = backchannel::resume(app, http, id).await?;
            backchannel = Some(found);
            checked
        }
    };
    if http.now >= flow.key.expires_at {
        let error = Reason::FlowExpired.because("the sign-in took too long; start it again");
        let denied = checked.request.refuse(error).into();
        return Err(pushed::use_up(app, http, &flow, denied).await);
    }
    let (key, address) = (flow.key.clone(), address.to_owned());
    let progress = stored.progress;
    Ok(ResumedFlow { key, progress, browser, checked, device, backchannel, flow, address })
}

/// The flow with this address, and what is stored about it. A stranger without a secret costs no read.
async fn find(
    app: &App,
    http: &Request,
    address: &str,
    secrets: &[String],
) -> Result<(Flow, StoredFlow), Denied<Refusal>> {
    let sealed = sealed::open(app, FLOW, address);
    let id = match &sealed {
        Some(flow) if http.now >= flow.key.purge_after() => return Err(unknown()),
        Some(flow) if !secrets.iter().any(|secret| flow.belongs_to(secret)) => return Err(other_browser()),
        Some(flow) => flow.key.id.clone(),
        None if address.len() > MAX_ID_LENGTH => return Err(unknown()),
        None if secrets.is_empty() => return Err(other_browser()),
        None => FlowId::new(address),
    };
    let now = http.now;
    let stored = app.db.read(async move |conn| flows::find(conn, &id, now).await).await?;
    let mut stored = stored.unwrap_or_default();
    let flow = sealed.or(stored.flow.take()).ok_or_else(unknown)?;
    Ok((flow, stored))
}

fn unknown() -> Denied<Refusal> {
    Refusal::Page(Reason::FlowUnknown.because("this sign-in is not known here")).into()
}

fn other_browser() -> Denied<Refusal> {
    let error = Reason::FlowOtherBrowser.because("this browser does not have the cookie of this sign-in");
    Refusal::Page(error).into()
}

/// The refusal of a flow that has its answer already. A `request_uri` that is used up is an error; otherwise the person gets a
/// way on to the application's home page: the one that is registered, or that of the site of the redirect URI, but never the
/// redirect URI itself.
pub(super) async fn answered(app: &App, http: &Request, flow: &Flow) -> Result<Refusal, Failure> {
    if !flow.is_opened() {
        let error = Reason::PushedRequestUsed
            .because("the request_uri was used already: its request has its answer; push a new request");
        return Ok(Refusal::Page(error));
    }
    let id = match &flow.waiting {
        FlowRequest::Application(received) => request::client_id(received).ok(),
        FlowRequest::Device(_) | FlowRequest::Backchannel(_) => None,
    };
    let client = match &id {
        Some(id) => app.cache.client(id, Freshness::Now).await?,
        None => None,
    };
    if let Some(id) = id {
        http.set_client(id);
    }
    let client = client.filter(|client| !client.client.disabled);
    Ok(Refusal::Answered(Box::new(Answered {
        error: Reason::FlowAnswered.because("this sign-in has its answer already"),
        application: client.as_ref().map(|client| client.client.name.clone()),
        site: client.and_then(|client| site(&client.client, &flow.waiting)),
        is_signed_in: !accounts(app, http, None).await?.people.is_empty(),
    })))
}

fn site(client: &Client, waiting: &FlowRequest) -> Option<LocalizedText> {
    let FlowRequest::Application(received) = waiting else { return None };
    let registered = client.links.site.clone();
    let of_redirect_uri =
        || Some(ReturnAddress::verify(client, received.params()).ok()?.site(client.kind)?.into());
    registered.or_else(of_redirect_uri)
}

/// The page for a person whose request got its answer a moment ago, from a copy of this page.
pub async fn show_answered(app: &App, http: &Request, flow: &Flow) -> HttpResponse {
    let refusal = answered(app, http, flow).await;
    answer::authorization_error(app, http, refusal.map_or_else(Denied::from, Denied::from)).await
}

/// Who has refused a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refuser {
    /// A person, on a page.
    Person,
    /// The server, before a person has answered.
    Server,
}

/// Records that the request was refused. `false` if the request has an answer already.
///
/// # Errors
/// [`Failure::TooManyFlows`], or other failures.
pub(super) async fn note_refused(
    app: &App,
    http: &Request,
    flow: &Flow,
    by: Refuser,
) -> Result<bool, Failure> {
    // A copy that comes later needs no row, so it draws on no budget.
    if flow.is_pushed() && pushed::is_answered(app, http, &flow.key).await? {
        return Ok(false);
    }
    let (key, now) = (flow.key.clone(), http.now);
    let note = async move |tx: &mut Tx| flows::answer(tx, &key, now).await;
    // Each of these requests was pushed by a client that has authenticated, and is no stranger's.
    let is_confidential = http.application().is_some_and(|known| !known.client.kind.is_public());
    if flow.is_pushed() && is_confidential {
        return Ok(app.db.write(note).await?);
    }
    // Neither is somebody who is signed in, and whose consent would be stored, too.
    if !uncounted_accounts(app, http, None).await?.people.is_empty() {
        return Ok(app.db.write(note).await?);
    }
    let kind = if by == Refuser::Person { RowKind::Cancelled } else { RowKind::Flow };
    store_for_stranger(app, http, kind, note).await
}
