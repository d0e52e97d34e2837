//! Pushed authorization requests (RFC 9126): how a request gets its `request_uri`, and how the `request_uri` leads to it.
//!
//! A `request_uri` contains the request itself, sealed under the server's key, so that a node stores nothing until the client
//! has an answer. Only a request that is too long for an address has a row. Its id is that of the flow that it becomes, in
//! however many tabs, and a flow is answered once, also with an error.

use super::sealed::{self, PUSHED};
use super::waiting::{self, Refuser, store_for_stranger};
use super::{CheckedRequest, validate};
use crate::app::App;
use crate::clock::Seconds;
use crate::failure::{Denied, Failure};
use crate::http::call::Request;
use crate::oauth::id::{ClientId, FlowId};
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::oauth::request::received::Received;
use crate::oauth::request::{self, Refusal};
use crate::oauth::row_budget::RowKind;
use crate::secret::random_token;
use crate::store::db::{Conn, Tx};
use crate::store::flows::{self, Flow, FlowKey, FlowRequest};

/// What each `request_uri` begins with (RFC 9126 §2.2).
const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// A request that a client has pushed, and has sent a browser with.
pub struct PushedRequest {
    pub key: FlowKey,
    pub received: Received,
}

/// Keeps a checked request for its client. Returns the `request_uri`, and for how long it works.
///
/// # Errors
/// [`Failure::TooManyFlows`] if the request needs a row and there are too many, or other failures.
pub async fn push(
    app: &App,
    call: &Request,
    checked: &CheckedRequest,
    received: Received,
) -> Result<(String, Seconds), Failure> {
    let lifetime = app.config.oauth.pushed_request_lifetime.seconds();
    let key = FlowKey { id: FlowId::new(random_token()), expires_at: call.now + lifetime };
    // No browser has it yet.
    let flow = Flow::new(key, checked.waiting(received), "");
    let address = match sealed::seal(app, PUSHED, &flow)? {
        Some(sealed) => sealed,
        None => store(app, call, checked, &flow).await?,
    };
    Ok((format!("{PREFIX}{address}"), lifetime))
}

/// Stores a request that is too long for an address. Returns its id.
async fn store(app: &App, call: &Request, checked: &CheckedRequest, flow: &Flow) -> Result<String, Failure> {
    let client = &checked.client.client;
    let id = flow.key.id.to_string();
    let row = flow.clone().with_id(row_id(&flow.key.id));
    let save = async move |tx: &mut Tx| flows::save_pushed(tx, &row).await;
    if client.kind.is_public() {
        store_for_stranger(app, call, RowKind::PushedRequest, save).await?;
        return Ok(id);
    }
    let draw = app.draw_for_client(RowKind::PushedRequest, &client.id, call.now).await?;
    waiting::store_within(&app.db, draw, save).await?;
    Ok(id)
}

/// The id of the row with a pushed request. It differs from that of the flow, whose row knows a browser.
fn row_id(flow: &FlowId) -> FlowId {
    FlowId::new(format!("{flow}.pushed"))
}

/// Finds the request that the parameter `request_uri` of an authorization request names; the server ignores every other
/// parameter except `client_id` (RFC 9126 §4). `None` if there is no such parameter, or if it is not one of ours. Whether it
/// has its answer is decided later: by the transaction that answers, or by [`is_answered`] before a page.
///
/// # Errors
/// If the request is unknown, is of another client, or has ended. The last uses the request up.
pub async fn find(
    app: &App,
    call: &Request,
    params: &Params,
) -> Result<Option<PushedRequest>, Denied<Refusal>> {
    let Ok(Some(uri)) = params.one("request_uri") else { return Ok(None) };
    let Some(address) = uri.strip_prefix(PREFIX) else { return Ok(None) };
    let client = request::client_id_of(params).map_err(Refusal::Page)?;
    call.set_client(client.clone());
    let flow = match sealed::open(app, PUSHED, address) {
        Some(flow) => flow,
        None => stored(app, call, address).await?.ok_or_else(unknown)?,
    };
    let FlowRequest::Application(received) = &flow.waiting else { return Err(unknown()) };
    if !is_of(&client, received) {
        return Err(unknown());
    }
    if call.now >= flow.key.purge_after() {
        return Err(unknown());
    }
    if call.now >= flow.key.expires_at {
        let error = Reason::PushedRequestExpired
            .because("the request_uri has ended; push the request again, and use its request_uri at once");
        // The application, which is verified, may push the request again by itself.
        let denied = match validate(app, call, received).await {
            Ok(checked) => checked.request.refuse(error).into(),
            Err(denied) => denied,
        };
        return Err(use_up(app, call, &flow, denied).await);
    }
    Ok(Some(PushedRequest { key: flow.key.clone(), received: received.clone() }))
}

/// Uses a pushed request up with a refusal that goes to its client, from whichever tab. Returns what the browser gets: the
/// refusal, or that the request has its answer already. A refusal on a page is no answer, and stays as it is; so does the
/// refusal of a request that was not pushed.
pub async fn use_up(app: &App, call: &Request, flow: &Flow, denied: Denied<Refusal>) -> Denied<Refusal> {
    if !flow.is_pushed() || !matches!(denied, Denied::Refused(Refusal::Redirect { .. })) {
        return denied;
    }
    match waiting::note_refused(app, call, flow, Refuser::Server).await {
        Ok(true) => denied,
        Ok(false) => waiting::answered(app, call, flow).await.map_or_else(Denied::from, Denied::from),
        Err(failure) => failure.into(),
    }
}

/// Whether the request has its answer.
///
/// # Errors
/// Only failures of the database.
pub async fn is_answered(app: &App, call: &Request, key: &FlowKey) -> Result<bool, Failure> {
    let (id, now) = (key.id.clone(), call.now);
    let stored = app.db.read(async move |conn: &mut Conn| flows::find(conn, &id, now).await).await?;
    Ok(stored.is_some_and(|stored| stored.is_answered))
}

async fn stored(app: &App, call: &Request, address: &str) -> Result<Option<Flow>, Failure> {
    if address.len() > waiting::MAX_ID_LENGTH {
        return Ok(None);
    }
    let (flow_id, now) = (FlowId::new(address), call.now);
    let id = row_id(&flow_id);
    let found = app.db.read(async move |conn: &mut Conn| flows::find(conn, &id, now).await).await?;
    let row = found.and_then(|found| found.flow);
    Ok(row.map(|row| row.with_id(flow_id)))
}

fn is_of(client: &ClientId, received: &Received) -> bool {
    request::client_id(received).is_ok_and(|id| id == *client)
}

fn unknown() -> Denied<Refusal> {
    let error = Reason::PushedRequestUnknown
        .because("the request_uri is not one that this server gave to the client");
    Refusal::Page(error).into()
}
