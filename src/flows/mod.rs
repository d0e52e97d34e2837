//! The authorization request on its way from the endpoint over the pages to its answer.

mod device;
mod response;

use std::sync::Arc;

use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};

use crate::app::App;
use crate::cache::catalogue::{Catalogue, Freshness};
use crate::clock::Seconds;
use crate::failure::{Denied, Failure};
use crate::http::answer::{self, CallingClient, Surface};
use crate::http::browser;
use crate::oauth::client::Client;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::device::Device;
use crate::oauth::id::{ClientId, FlowId, SessionId, UserId};
use crate::oauth::reason::Reason;
use crate::oauth::request::interaction::{self, Next, Progress, SignedIn};
use crate::oauth::request::params::Params;
use crate::oauth::request::received::Received;
use crate::oauth::request::response_type::ResponseType;
use crate::oauth::request::{self, AnswerTo, AuthorizationRequest, Known, Refusal};
use crate::secret::{Hash, random_id, random_token};
use crate::store::clients::StoredClient;
use crate::store::db::{Conn, DbError};
use crate::store::flows::{Flow, Waiting};
use crate::store::{flows, sessions};
use crate::tokens::id_token;
use crate::tokens::subject;

/// Seconds between two notes that a session was seen.
const SEEN_EVERY: Seconds = 60;
/// How long a flow that is over still leads back to its application.
const FLOW_MEMORY: Seconds = 24 * 3600;

/// A request that has passed every check, and who made it.
#[derive(Clone)]
pub struct Checked {
    pub client: Arc<StoredClient>,
    pub request: AuthorizationRequest,
    pub catalogue: Arc<Catalogue>,
}

/// Validates a whole request; what a cached record would refuse, or answer with tokens, is asked of the database.
pub async fn validate(
    app: &App,
    http: &HttpRequest,
    received: &Received,
) -> Result<Checked, Denied<Refusal>> {
    let id = request::client_id(received).map_err(Refusal::Page)?;
    http.extensions_mut().insert(CallingClient(id.to_string()));
    match validate_with(app, &id, received, Freshness::Cached).await {
        // What brings tokens has no gate behind it, as a code has; and what only some may do may turn somebody away.
        Ok(checked)
            if checked.request.response_type != ResponseType::Code
                || !checked.request.required_groups.is_empty() => {}
        Err(Denied::Refused(_)) => {}
        outcome => return outcome,
    }
    validate_with(app, &id, received, Freshness::Now).await
}

async fn validate_with(
    app: &App,
    id: &ClientId,
    received: &Received,
    freshness: Freshness,
) -> Result<Checked, Denied<Refusal>> {
    let Some(client) = app.registry.client(id, freshness).await? else {
        let error = Reason::ClientUnknown.because("no client is registered with this client_id");
        return Err(Refusal::Page(error).into());
    };
    let catalogue = app.registry.catalogue(freshness).await?;
    let pkce = app.config.oauth.require_pkce.default_policy();
    let known = Known { catalogue: &*catalogue, issuer: &app.issuer, pkce };
    let mut request = request::validate(&client.client, received, &known)?;
    if request.prompt.create && !app.config.sign_up.enabled {
        let error = Reason::PromptUnknown
            .because("people cannot make accounts here, so prompt=create is not supported");
        return Err(request.refuse(error).into());
    }
    match hinted(app, &client.client, received.params()).await {
        // The request may want somebody by the claim sub as well: then it is the one of both, or nobody.
        Ok(Some(subject)) if request.expected.is_empty() || request.expected.contains(&subject) => {
            request.expected = vec![subject];
        }
        Ok(Some(_)) => {
            let error = Reason::SignInOtherPerson
                .because("the id_token_hint names somebody else than the parameter claims");
            return Err(request.refuse(error).into());
        }
        Ok(None) => {}
        Err(Denied::Refused(error)) => {
            return Err(request.refuse(error).into());
        }
        Err(Denied::Failed(failure)) => return Err(failure.into()),
    }
    Ok(Checked { client, request, catalogue })
}

/// Whom the request's id_token_hint names (OpenID Connect Core §3.1.2.1).
async fn hinted(app: &App, client: &Client, params: &Params) -> Result<Option<String>, Denied<OAuthError>> {
    let Some(token) = params.one("id_token_hint")? else { return Ok(None) };
    let hint = id_token::read_hint(app, token).await?;
    if hint.client != client.id {
        return Err(Reason::HintOtherClient
            .because("the id_token_hint was not issued to this client")
            .into());
    }
    Ok(Some(hint.names.subject))
}

/// Keeps a request until a person has answered, bound to this browser; `page` is where to send it.
pub async fn begin_flow(
    app: &App,
    http: &HttpRequest,
    (client, waiting): (ClientId, Waiting),
    page: &str,
) -> Result<HttpResponse, Failure> {
    let (id, cookie, now) = (FlowId::new(random_id()), random_token(), app.now());
    let location = flow_url(app, page, &id);
    let set = browser::new_flow_cookie(app, &id, &cookie, now);
    let ends_at = now + app.config.sign_in.flow_lifetime.seconds();
    app.db
        .write::<_, DbError, _>(async move |tx| {
            let until = (ends_at, ends_at + FLOW_MEMORY);
            flows::save(tx, &id, &Hash::of(&cookie), (&client, &waiting), until).await
        })
        .await?;
    let mut response = answer::see_other(&location);
    for cookie in browser::surplus_flow_cookies(app, http).iter().chain([&set]) {
        // The cookie was made here, of characters that stand in a header.
        let _ = response.add_cookie(cookie);
    }
    Ok(response)
}

/// The address of a page of a flow.
pub fn flow_url(app: &App, page: &str, flow: &FlowId) -> String {
    format!("{}/{page}?flow={flow}", app.issuer)
}

/// A flow that this browser may go on with, its cookie's secret, and its request, checked anew.
pub struct Resumed {
    pub flow: Flow,
    pub browser: String,
    pub checked: Checked,
    /// The device whose request it is.
    pub device: Option<Device>,
}

/// Finds the flow that a page belongs to; only the browser that began it may go on.
pub async fn resume_flow(app: &App, http: &HttpRequest, params: &Params) -> Result<Resumed, Denied<Refusal>> {
    let (flow, browser) = find_flow(app, http, params).await?;
    let (checked, device) = match &flow.waiting {
        Waiting::Application(received) => (validate(app, http, received).await?, None),
        Waiting::Device(id) => {
            device::resume(app, http, id).await.map(|(checked, device)| (checked, Some(device)))?
        }
    };
    if app.now() >= flow.ends_at {
        let error = Reason::FlowExpired.because("the sign-in took too long; start it again");
        return Err(checked.request.refuse(error).into());
    }
    Ok(Resumed { flow, browser, checked, device })
}

async fn find_flow(
    app: &App,
    http: &HttpRequest,
    params: &Params,
) -> Result<(Flow, String), Denied<Refusal>> {
    let unknown = || -> Denied<Refusal> {
        Refusal::Page(Reason::FlowUnknown.because("this sign-in is not known here")).into()
    };
    let id = params.one("flow").map_err(Refusal::Page)?.map(FlowId::new).ok_or_else(unknown)?;
    let Some(cookie) = browser::flow_cookie(app, http, &id) else { return Err(other_browser()) };
    let now = app.now();
    let found = app.db.read::<_, DbError, _>(async move |conn| flows::find(conn, &id, now).await).await?;
    let flow = found.ok_or_else(unknown)?;
    if !flow.belongs_to(&cookie) {
        return Err(other_browser());
    }
    Ok((flow, cookie))
}

fn other_browser() -> Denied<Refusal> {
    let error = Reason::FlowOtherBrowser.because("this browser does not have the cookie of this sign-in");
    Refusal::Page(error).into()
}

/// The accounts that are signed in in one browser, the last signed in first.
#[derive(Clone, Debug, Default)]
pub struct Accounts {
    pub people: Vec<SignedIn>,
    /// The cookie's token for each of them.
    tokens: Vec<String>,
}

impl Accounts {
    /// The token that stands for the session of this user.
    pub fn token_of(&self, user: &UserId) -> Option<&str> {
        let at = self.people.iter().position(|here| here.user == *user)?;
        self.tokens.get(at).map(String::as_str)
    }

    /// The tokens but for those of some sessions.
    pub fn tokens_without(&self, ended: &[&SessionId]) -> Vec<String> {
        let all = self.people.iter().zip(&self.tokens);
        let others = all.filter(|(here, _)| !ended.contains(&&here.session));
        others.map(|(_, token)| token.clone()).collect()
    }

    /// The account of this session.
    pub fn find(&self, session: &str) -> Option<&SignedIn> {
        self.people.iter().find(|here| here.session.as_str() == session)
    }
}

/// Who is signed in in this browser, and what they have allowed `client`, where there is one.
pub async fn accounts(app: &App, http: &HttpRequest, client: Option<&ClientId>) -> Result<Accounts, Failure> {
    let tokens = browser::session_tokens(app, http);
    if tokens.is_empty() {
        return Ok(Accounts::default());
    }
    let hashes: Vec<Hash> = tokens.iter().map(|token| Hash::of(token)).collect();
    let (client, now) = (client.cloned(), app.now());
    let idle_since = now - app.config.sessions.idle_lifetime.seconds();
    let find = async move |conn: &mut Conn| {
        let mut found = Vec::with_capacity(hashes.len());
        for hash in &hashes {
            found.push(sessions::find(conn, hash, client.as_ref(), idle_since, now).await?);
        }
        Ok(found)
    };
    let found = app.db.read::<_, DbError, _>(find).await?;
    let mut accounts = Accounts::default();
    for (token, found) in tokens.into_iter().zip(found) {
        let Some(found) = found else { continue };
        if now - found.last_seen_at >= SEEN_EVERY {
            note_seen(app, &found.signed_in, now);
        }
        accounts.people.push(found.signed_in);
        accounts.tokens.push(token);
    }
    Ok(accounts)
}

/// Notes the sight outside the request: nobody waits for it, and a lost one is the next one's to make.
fn note_seen(app: &App, signed_in: &SignedIn, now: Seconds) {
    let (db, session) = (app.db.clone(), signed_in.session.clone());
    actix_web::rt::spawn(async move {
        let touched = db.write::<_, DbError, _>(async move |tx| sessions::touch(tx, &session, now).await);
        if let Err(error) = touched.await {
            tracing::warn!("a session's last sight was not noted: {error}");
        }
    });
}

/// What a checked request needs next, of who is signed in now.
pub fn next<'a>(
    app: &App,
    checked: &Checked,
    accounts: &'a Accounts,
    progress: &Progress,
) -> Result<Next<'a>, OAuthError> {
    let Checked { client, request, .. } = checked;
    let is_expected = |user: &UserId| {
        request.expected.is_empty() || request.expected.contains(&subject::subject(app, &client.client, user))
    };
    interaction::next(&client.client, request, &accounts.people, progress, is_expected, app.now())
}

/// Gives who asked what the request asks for, and sends the person on.
pub async fn issue(app: &App, http: &HttpRequest, checked: &Checked, signed_in: &SignedIn) -> HttpResponse {
    let (return_to, state) = match &checked.request.answer_to {
        AnswerTo::Application { return_to, state } => (return_to, state),
        AnswerTo::Device(device) => return device::approve(app, http, device, signed_in).await,
    };
    match response::make(app, checked, return_to, signed_in).await {
        Ok(response) => {
            let mut pairs: Vec<(&str, &str)> =
                response.iter().map(|(name, value)| (*name, value.as_str())).collect();
            pairs.extend(state.as_deref().map(|state| ("state", state)));
            pairs.push(("iss", app.issuer.as_str()));
            answer::authorization_response(app, return_to, &pairs)
        }
        Err(failure) => fail(app, http, &checked.request, &failure),
    }
}

/// Tells who asked that there is nothing, and sends the person on.
pub async fn decline(app: &App, http: &HttpRequest, checked: Checked, error: OAuthError) -> HttpResponse {
    match &checked.request.answer_to {
        AnswerTo::Device(device) => device::deny(app, http, device, error).await,
        AnswerTo::Application { .. } => {
            answer::authorization_error(app, http, Denied::Refused(checked.request.refuse(error)))
        }
    }
}

/// Tells of a failure of ours: the application, where client and redirect URI are verified, and otherwise the person.
pub fn fail(
    app: &App,
    http: &HttpRequest,
    request: &AuthorizationRequest,
    failure: &Failure,
) -> HttpResponse {
    match &request.answer_to {
        AnswerTo::Application { return_to, state } => {
            answer::redirect_failure(app, http, (return_to, state.as_deref()), failure)
        }
        AnswerTo::Device(_) => answer::failure(app, &answer::request_id(http), Surface::Page, failure),
    }
}
