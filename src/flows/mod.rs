//! The flow of an authorization request, from the endpoint through the pages to its answer.

mod asked;
mod backchannel;
mod device;
pub mod pushed;
pub mod request_object;
mod response;
mod sealed;
mod waiting;

use std::sync::Arc;

use actix_web::HttpResponse;

use crate::app::App;
use crate::cache::catalogue::Catalogue;
use crate::cache::decision::{OneTimeProof, View};
use crate::clock::Timestamp;
use crate::failure::{Denied, Failure};
use crate::http::answer;
use crate::http::browser::{self, SessionToken};
use crate::http::call::{Call, Request};
use crate::http::limiting;
use crate::oauth::client::Client;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::granted::Granted;
use crate::oauth::id::{ClientId, SessionId, UserId};
use crate::oauth::identity::logout::Hint;
use crate::oauth::reason::Reason;
use crate::oauth::request::interaction::{self, FlowProgress, Next, SignedIn};
use crate::oauth::request::received::Received;
use crate::oauth::request::response_type::ResponseType;
use crate::oauth::request::{self, AnswerTo, AuthorizationRequest, Refusal, ServerContext};
use crate::secret::Hash;
use crate::store::clients::StoredClient;
use crate::store::db::Conn;
use crate::store::flows::{Flow, FlowRequest};
use crate::store::sessions::{self, LiveSession};
use crate::tokens::for_client::AuthorizationSigner;
use crate::tokens::id_token;
use crate::tokens::subject;
use response::Answering;
use waiting::Refuser;
pub use waiting::{
    NewFlow, ResumedFlow, begin_flow, begin_posted_flow, resume_flow, resume_posted, show_answered,
};

/// A request that has passed all checks, and its client.
#[derive(Clone)]
pub struct CheckedRequest {
    pub client: Arc<StoredClient>,
    pub request: AuthorizationRequest,
    pub catalogue: Arc<Catalogue>,
}

impl CheckedRequest {
    /// What the request is granted if this person is sent back now.
    pub fn granted_to(&self, signed_in: &SignedIn) -> Granted {
        self.request.granted_after(signed_in.consent.as_ref(), &*self.catalogue)
    }

    /// The request as it waits for a person, with the person that its hint names in place of the hint.
    pub fn waiting(&self, received: Received) -> FlowRequest {
        FlowRequest::Application(match self.request.expected.as_slice() {
            // A hint names exactly one person.
            [subject] => received.with_verified_hint(subject),
            _ => received,
        })
    }
}

/// Validates an authorization request.
///
/// A request that is refused because of a cached record is decided again with the database. Two cases are always decided
/// with the database: a request that is answered with tokens, because no later check follows as it does for a code; and a
/// request that only some groups may make, because it may turn a person away.
///
/// # Errors
/// If the request is refused; the refusal says where it must be sent.
pub async fn validate(
    app: &App,
    call: &Call,
    received: &Received,
) -> Result<CheckedRequest, Denied<Refusal>> {
    let id = request::client_id(received).map_err(Refusal::Page)?;
    call.set_client(id.clone());
    if let Ok(Some(tags)) = received.params().one("ui_locales") {
        call.languages.asked_for(tags, call.now);
    }
    let mut hint = OneTimeProof::default();
    let mut decide = async |view: &View<'_>| validate_over(app, call, view, (&id, received), &mut hint).await;
    let checked = app.cache.decide(&mut decide).await?;
    let request = &checked.request;
    match request.response_type == ResponseType::Code && request.required_groups.is_empty() {
        true => Ok(checked),
        false => decide(&app.cache.fresh()).await,
    }
}

/// The client of a request.
///
/// # Errors
/// If no client has this id; the refusal is shown on a page.
async fn known_client(
    call: &Call,
    view: &View<'_>,
    id: &ClientId,
) -> Result<Arc<StoredClient>, Denied<Refusal>> {
    let Some(client) = view.client(id).await? else {
        let error = Reason::ClientUnknown.because("no client is registered with this client_id");
        return Err(Refusal::Page(error).into());
    };
    call.set_application(&client);
    request::check_enabled(&client.client)?;
    Ok(client)
}

async fn validate_over(
    app: &App,
    call: &Call,
    view: &View<'_>,
    (id, received): (&ClientId, &Received),
    hint: &mut OneTimeProof<Hint>,
) -> Result<CheckedRequest, Denied<Refusal>> {
    let client = known_client(call, view, id).await?;
    let catalogue = view.catalogue().await?;
    let known = ServerContext {
        catalogue: &*catalogue,
        issuer: &app.issuer,
        demands: app.config.oauth.demands(),
        algorithms: app.config.token_algorithms(),
    };
    let mut request = request::validate(&client.client, received, &known)?;
    if request.prompt.create && !app.config.sign_up.enabled {
        let error = Reason::PromptUnknown
            .because("people cannot make accounts here, so prompt=create is not supported");
        return Err(request.refuse(error).into());
    }
    match hinted(app, call.now, &client.client, received, hint).await {
        // If the `sub` claim also requests a person, both must be the same.
        Ok(Some(subject)) if request.expected.is_empty() || request.expected.contains(&subject) => {
            request.expected = vec![subject];
        }
        Ok(Some(_)) => {
            let error = Reason::SignInOtherPerson
                .because("the id_token_hint and the parameter claims name different people");
            return Err(request.refuse(error).into());
        }
        Ok(None) => {}
        Err(Denied::Refused(error)) => {
            return Err(request.refuse(error).into());
        }
        Err(Denied::Failed(failure)) => return Err(failure.into()),
    }
    Ok(CheckedRequest { client, request, catalogue })
}

/// The person that the `id_token_hint` names (OpenID Connect Core §3.1.2.1); `None` if there is no hint.
async fn hinted(
    app: &App,
    now: Timestamp,
    client: &Client,
    received: &Received,
    hint: &mut OneTimeProof<Hint>,
) -> Result<Option<String>, Denied<OAuthError>> {
    if let Some(subject) = received.verified_hint() {
        return Ok(Some(subject.to_owned()));
    }
    let Some(token) = received.params().one("id_token_hint")? else { return Ok(None) };
    let hint = hint.get(async || id_token::read_hint(app, token, now).await).await?;
    if hint.client != client.id {
        return Err(Reason::HintOtherClient
            .because("the id_token_hint was not issued to this client")
            .into());
    }
    Ok(Some(hint.names.subject))
}

/// The accounts that are signed in with one browser, the most recent sign-in first.
#[derive(Clone, Debug, Default)]
pub struct Accounts {
    pub people: Vec<SignedIn>,
    /// The session token of each account, from the cookies.
    tokens: Vec<SessionToken>,
}

impl Accounts {
    /// The session token of this user.
    pub fn token_of(&self, user: &UserId) -> Option<&SessionToken> {
        let at = self.people.iter().position(|here| here.user == *user)?;
        self.tokens.get(at)
    }

    /// The session tokens without those of some sessions.
    pub fn tokens_without(&self, ended: &[&SessionId]) -> Vec<SessionToken> {
        let all = self.people.iter().zip(&self.tokens);
        let others = all.filter(|(here, _)| !ended.contains(&&here.session));
        others.map(|(_, token)| token.clone()).collect()
    }

    /// The account of this session.
    pub fn find(&self, session: &str) -> Option<&SignedIn> {
        self.people.iter().find(|here| here.session.as_str() == session)
    }
}

/// The accounts that are signed in with this browser, and what each has answered to `client`, if there is one. The request is
/// counted for each of them.
///
/// # Errors
/// Only failures, of which [`Failure::Limited`] says that too many requests came for one of the accounts.
pub async fn accounts(app: &App, http: &Request, client: Option<&ClientId>) -> Result<Accounts, Failure> {
    let accounts = uncounted_accounts(app, http, client).await?;
    limiting::count_accounts(app, http, accounts.people.iter().map(|here| &here.user))?;
    Ok(accounts)
}

/// Returns the accounts as [`accounts`] does, and does not count the request for them.
///
/// # Errors
/// Only failures of the database.
pub async fn uncounted_accounts(
    app: &App,
    http: &Request,
    client: Option<&ClientId>,
) -> Result<Accounts, Failure> {
    let tokens = browser::session_tokens(app, http);
    if tokens.is_empty() {
        return Ok(Accounts::default());
    }
    let hashes: Vec<Hash> = tokens.iter().map(|token| Hash::of(&token.text)).collect();
    let (client, live) = (client.cloned(), app.live_sessions(http.now));
    let find = async move |conn: &mut Conn| {
        let mut found = Vec::with_capacity(hashes.len());
        for hash in &hashes {
            found.push(sessions::find(conn, hash, client.as_ref(), live).await?);
        }
        Ok(found)
    };
    let found = app.db.read(find).await?;
    let mut accounts = Accounts::default();
    let mut live_tokens: Vec<(SessionToken, LiveSession)> =
        tokens.into_iter().zip(found).filter_map(|(token, found)| Some((token, found?))).collect();
    // Each cookie has its own order.
    if live_tokens.iter().any(|(token, _)| token.is_kept) {
        live_tokens.sort_by_key(|(_, found)| std::cmp::Reverse(found.signed_in.authentication.at));
    }
    for (token, found) in live_tokens {
        if live.must_note(found.last_seen_at) {
            note_seen(app, &found.signed_in, live.now);
        }
        accounts.people.push(found.signed_in);
        accounts.tokens.push(token);
    }
    Ok(accounts)
}

/// Records the use of a session in the background; a lost record does no harm, because the next use makes another.
fn note_seen(app: &App, signed_in: &SignedIn, now: Timestamp) {
    let (db, session) = (app.db.clone(), signed_in.session.clone());
    actix_web::rt::spawn(async move {
        let touched = db.write(async move |tx| sessions::touch(tx, &session, now).await);
        if let Err(error) = touched.await {
            tracing::warn!("the time at which a session was last used was not stored: {error}");
        }
    });
}

/// The page for the next step of a request, for [`ResumedFlow::url`]. If no page is needed, the endpoint that answers.
pub fn page(next: &Next<'_>) -> &'static str {
    match next {
        Next::Authenticate(_) => "sign-in",
        Next::SignUp => "sign-up",
        Next::SelectAccount => "accounts",
        Next::Consent(_) => "consent",
        Next::Issue(_) => "authorize/resume",
    }
}

/// Returns the next step of a checked request, for the accounts that are signed in now.
///
/// # Errors
/// If the request cannot go on, for example with `prompt=none` when the person would have to sign in.
pub fn next<'a>(
    app: &App,
    call: &Call,
    checked: &CheckedRequest,
    accounts: &'a Accounts,
    progress: &FlowProgress,
) -> Result<Next<'a>, OAuthError> {
    let CheckedRequest { client, request, .. } = checked;
    let is_expected = |user: &UserId| {
        request.expected.is_empty() || request.expected.contains(&subject::subject(app, &client.client, user))
    };
    interaction::next(&client.client, request, &accounts.people, progress, is_expected, call.now)
}

/// Issues what was requested, and sends the person on. `flow`: the flow that waited for the person, or the pushed request,
/// which is answered once; `None` if a request of a query is answered without a page.
pub async fn issue(
    app: &App,
    http: &Request,
    checked: &CheckedRequest,
    signed_in: &SignedIn,
    flow: Option<&Flow>,
) -> HttpResponse {
    let request = &checked.request;
    let (return_to, state) = match &request.answer_to {
        AnswerTo::Application { return_to, state } => (return_to, state),
        AnswerTo::Device(device) => {
            return device::approve(app, http, device, checked, signed_in).await;
        }
        AnswerTo::Backchannel(request) => {
            return backchannel::approve(app, http, request, checked, signed_in).await;
        }
    };
    // The key is found before anything is used up.
    let signer = match AuthorizationSigner::of(app, return_to, http.now).await {
        Ok(signer) => signer,
        Err(failure) => return fail(app, http, request, &failure).await,
    };
    let answering = Answering { checked, return_to, signed_in, flow: flow.map(|flow| &flow.key) };
    match (response::make(app, http, &answering).await, flow) {
        (Ok(Some(response)), _) => {
            app.activity.authorized(&checked.client.client, request, http.now);
            app.report(&checked.client.client, &request.demanded(), http.now);
            let mut pairs: Vec<(&str, &str)> =
                response.iter().map(|(name, value)| (*name, value.as_str())).collect();
            pairs.extend(state.as_deref().map(|state| ("state", state)));
            pairs.push(("iss", app.issuer.as_str()));
            answer::authorization_response(app, http, (return_to, signer.as_ref()), &pairs)
        }
        (Ok(None), Some(flow)) => show_answered(app, http, flow).await,
        (Ok(None), None) => {
            let failure = Failure::Internal("a request without a flow was answered before".into());
            fail(app, http, request, &failure).await
        }
        (Err(failure), _) => {
            http.set_user(&signed_in.user);
            fail(app, http, request, &failure).await
        }
    }
}

/// Sends the application or the device the person's refusal instead of what it asked for, and sends the person on.
pub async fn decline(app: &App, http: &Request, resumed: ResumedFlow, error: OAuthError) -> HttpResponse {
    let (checked, flow) = resumed.into_parts();
    refuse_as(app, http, checked, error, Some((&flow, Refuser::Person))).await
}

/// Sends the application or the device a refusal, and sends the person on. `flow`: as for [`issue`], the flow or the pushed
/// request, which is answered once; `None` if nothing remembers the refusal.
pub async fn refuse(
    app: &App,
    http: &Request,
    checked: CheckedRequest,
    error: OAuthError,
    flow: Option<&Flow>,
) -> HttpResponse {
    refuse_as(app, http, checked, error, flow.map(|flow| (flow, Refuser::Server))).await
}

async fn refuse_as(
    app: &App,
    http: &Request,
    checked: CheckedRequest,
    error: OAuthError,
    flow: Option<(&Flow, Refuser)>,
) -> HttpResponse {
    let request = checked.request;
    match &request.answer_to {
        AnswerTo::Device(device) => {
            return device::deny(app, http, device, &request.client_id, error).await;
        }
        AnswerTo::Backchannel(id) => {
            return backchannel::deny(app, http, id, &request.client_id, error).await;
        }
        AnswerTo::Application { .. } => {}
    }
    if let Some((flow, by)) = flow {
        match waiting::note_refused(app, http, flow, by).await {
            Ok(true) => {}
            Ok(false) => return show_answered(app, http, flow).await,
            Err(failure) => return fail(app, http, &request, &failure).await,
        }
    }
    answer::authorization_error(app, http, Denied::Refused(request.refuse(error))).await
}

/// Reports a failure: to the application if client and redirect URI are verified, otherwise to the person.
pub async fn fail(app: &App, call: &Call, request: &AuthorizationRequest, failure: &Failure) -> HttpResponse {
    match &request.answer_to {
        AnswerTo::Application { return_to, state } => {
            answer::redirect_failure(app, call, return_to, state.as_deref(), failure).await
        }
        AnswerTo::Device(_) | AnswerTo::Backchannel(_) => answer::failure(app, call, failure),
    }
}
