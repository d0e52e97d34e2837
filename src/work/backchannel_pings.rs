//! Tells applications that a person has answered their backchannel request, with retries (CIBA Core §10.2).
//!
//! The pings are written in the transaction that stores the answer.

use std::sync::Arc;

use serde_json::json;

use super::outbox::{self, Claim, Claimed, Outbox};
use super::wake::Wake;
use crate::app::App;
use crate::cache::catalogue::Freshness;
use crate::clock::Timestamp;
use crate::failure::Failure;
use crate::fetch::FetchError;
use crate::metrics::counters::DeliveryResult;
use crate::oauth::client::DeliveryMode;
use crate::oauth::grant::backchannel::pause_after_ping;
use crate::oauth::id::ClientId;
use crate::operations::backchannel::{Ping, open_ping};
use crate::store::backchannel_pings::{self, DuePing};
use crate::store::backchannel_requests;
use crate::store::db::{Conn, DbError, Tx};
use crate::store::deliveries::DeliveryOutcome;

/// Sends due pings as long as the server runs.
pub async fn run(app: Arc<App>) {
    outbox::run::<Pings>(app).await;
}

struct Pings;

impl Outbox for Pings {
    type Receiver = ClientId;
    type Due = DuePing;

    const CALLS: usize = 64;
    const CALLS_TO_ONE: usize = 8;
    const WHAT: &'static str = "pings about backchannel requests";

    fn wake(app: &App) -> &Wake {
        &app.backchannel_pings
    }

    async fn receivers(conn: &mut Conn, now: Timestamp) -> Result<Vec<ClientId>, DbError> {
        backchannel_pings::clients_due(conn, now).await
    }

    async fn claim(tx: &mut Tx, client: &ClientId, claim: &Claim) -> Result<Vec<DuePing>, DbError> {
        backchannel_pings::claim(tx, client, claim.most, claim.until, claim.now).await
    }

    async fn attempt(app: &App, due: DuePing, claimed: Claimed) {
        ping_and_record(app, due, claimed).await;
    }
}

async fn ping_and_record(app: &App, due: DuePing, claimed: Claimed) {
    let sent = ping(app, &due, claimed).await;
    let (sent_nothing, now) = (matches!(sent, Ok(Told::Before)), app.now());
    let outcome = match sent {
        Ok(_) => DeliveryOutcome::Delivered,
        Err(PingError::Never(why)) => DeliveryOutcome::Failed(why.into()),
        Err(PingError::Now(why)) => {
            // A ping after the end of the request would be of no use.
            let pause = pause_after_ping(due.attempt).filter(|pause| now + *pause < due.expires_at);
            DeliveryOutcome::after_failure(why, pause, now)
        }
    };
    let (client, request, attempt) = (due.client.as_str(), due.request.as_str(), due.attempt);
    match &outcome {
        DeliveryOutcome::Delivered if sent_nothing => {
            tracing::info!(
                client,
                request,
                attempt,
                "a client fetched its tokens before a ping about them arrived"
            );
        }
        DeliveryOutcome::Delivered => {
            tracing::info!(client, request, attempt, "a ping about an answer has arrived");
        }
        DeliveryOutcome::Again { why, .. } => {
            tracing::info!(client, request, attempt, "a ping about an answer will be sent again: {why}");
        }
        DeliveryOutcome::Failed(why) => {
            tracing::warn!(client, request, attempt, "a ping about an answer is given up: {why}");
        }
    }
    app.counters.pings.count(DeliveryResult::from(&outcome));
    let client = due.client.clone();
    let save = async move |tx: &mut Tx| backchannel_pings::save_outcome(tx, &due, &outcome, now).await;
    if let Err(error) = app.db.write(save).await {
        tracing::warn!(client = client.as_str(), "the result of a ping was not stored: {error}");
    }
}

/// Why an application did not learn of the answer.
enum PingError {
    /// A later attempt may succeed.
    Now(String),
    Never(&'static str),
}

impl From<Failure> for PingError {
    fn from(failure: Failure) -> Self {
        tracing::error!("a ping was not sent: {}", failure.chain());
        Self::Now("this server failed".into())
    }
}

impl From<FetchError> for PingError {
    fn from(error: FetchError) -> Self {
        Self::Now(error.to_string())
    }
}

/// What became of a ping that need not be sent again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    ByPing,
    /// The client asked before, and has its tokens. A ping would make it ask once more, and an `auth_req_id` that comes again
    /// ends what was issued for it.
    Before,
}

async fn ping(app: &App, due: &DuePing, claimed: Claimed) -> Result<Told, PingError> {
    if app.now() >= due.expires_at {
        return Err(PingError::Never("the request has ended"));
    }
    let request = due.request.clone();
    let look = async move |conn: &mut Conn| backchannel_requests::is_redeemed(conn, &request).await;
    if app.db.read(look).await.map_err(Failure::from)? {
        return Ok(Told::Before);
    }
    let client = app.cache.client(&due.client, Freshness::Now).await?;
    let Some(client) = client.as_deref().map(|client| &client.client).filter(|client| !client.disabled)
    else {
        return Err(PingError::Never("the client is gone or disabled"));
    };
    let settings = &client.backchannel;
    let endpoint =
        settings.notification_endpoint.as_ref().filter(|_| settings.delivery == DeliveryMode::Ping);
    let Some(endpoint) = endpoint else {
        return Err(PingError::Never("the client is no longer registered for pings"));
    };
    let Some(ping) = open_ping(&app.keys, &due.request, &due.sealed) else {
        return Err(PingError::Never("what to send cannot be opened with this server's master key"));
    };
    if claimed.is_too_old() {
        // Another node may claim it before the call has ended.
        return Err(PingError::Now("the database took too long to answer".into()));
    }
    let Ping { auth_req_id, client_notification_token } = ping;
    let body = ("application/json", json!({ "auth_req_id": auth_req_id }).to_string());
    let headers = [("authorization", format!("Bearer {client_notification_token}"))];
    let answer = app.fetcher.post(endpoint, body, &headers).await?;
    match answer.status.as_u16() {
        200..300 => Ok(Told::ByPing),
        _ => Err(PingError::Now(format!("it answered {}", answer.status))),
    }
}
