//! Delivers back-channel logout notifications, with retries (OpenID Connect Back-Channel Logout).
//!
//! The deliveries are rows in the database, written in the transaction that ends the session. Every node looks for due
//! deliveries. A node claims a row by moving its next attempt beyond the end of this one: if the node dies, another one
//! retries it later, and no two nodes send it at the same time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::{Id, JoinSet};

use crate::app::App;
use crate::cache::catalogue::Freshness;
use crate::clock::Seconds;
use crate::failure::Failure;
use crate::fetch::FetchError;
use crate::oauth::id::ClientId;
use crate::oauth::identity::logout_token::pause_after;
use crate::store::db::{Conn, Tx};
use crate::store::logout_deliveries::{self, DeliveryOutcome, DueDelivery};
use crate::tokens::id_token::Signer;

/// How often a node looks for deliveries that another node or the command line has left.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// The maximum number of calls at the same time, in total and to one application. So an application that never answers
/// only delays itself.
const CALLS: usize = 64;
const CALLS_TO_ONE: usize = 4;
/// Seconds for what is read before a call and stored after it.
const MARGIN: Seconds = Seconds::new(30);
/// If a call begins later than this after its claim, its result may come after the end of the claim.
const LONGEST_PREPARATION: Duration = Duration::from_secs(15);

/// Sends due deliveries as long as the server runs.
pub async fn run(app: Arc<App>) {
    let mut calls = Calls::default();
    let mut is_away = false;
    loop {
        match calls.begin(&app).await {
            Ok(()) => is_away = false,
            // Logged once for each outage, because the next look is in a second.
            Err(failure) if !is_away => {
                is_away = true;
                tracing::warn!("logout notifications wait for the database: {}", failure.chain());
            }
            Err(_) => {}
        }
        tokio::select! {
            () = app.back_channel.woken() => {}
            () = tokio::time::sleep(POLL_INTERVAL) => {}
            () = calls.end_of_one(), if !calls.tasks.is_empty() => {}
        }
    }
}

/// The calls in progress.
#[derive(Default)]
struct Calls {
    tasks: JoinSet<()>,
    to: HashMap<Id, ClientId>,
}

impl Calls {
    /// Begins as many calls as are allowed now.
    async fn begin(&mut self, app: &Arc<App>) -> Result<(), Failure> {
        let now = app.now();
        let find = async move |conn: &mut Conn| logout_deliveries::clients_due(conn, now).await;
        for client in app.db.read(find).await? {
            let under_way = self.to.values().filter(|called| **called == client).count();
            let room = CALLS_TO_ONE.saturating_sub(under_way).min(CALLS.saturating_sub(self.tasks.len()));
            if room == 0 {
                continue;
            }
            let until = now + app.config.fetch.deadline.seconds() + MARGIN;
            let claim =
                async move |tx: &mut Tx| logout_deliveries::claim(tx, &client, room, until, now).await;
            let claimed = Instant::now();
            for due in app.db.write(claim).await? {
                let (app, client) = (app.clone(), due.client.clone());
                let call = self.tasks.spawn_local(async move { notify_and_record(&app, due, claimed).await });
                self.to.insert(call.id(), client);
            }
        }
        Ok(())
    }

    /// Waits until one call has ended, successfully or not.
    async fn end_of_one(&mut self) {
        let id = match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => id,
            Some(Err(error)) => {
                tracing::error!("the delivery of a logout notification broke off: {error}");
                error.id()
            }
            None => return,
        };
        self.to.remove(&id);
    }
}

async fn notify_and_record(app: &App, due: DueDelivery, claimed: Instant) {
    let outcome = match notify(app, &due, claimed).await {
        Ok(()) => DeliveryOutcome::Delivered,
        Err(NotificationError::Never(why)) => DeliveryOutcome::Failed(why.into()),
        Err(NotificationError::Now(why)) => match pause_after(due.attempt) {
            Some(pause) => DeliveryOutcome::Again { why, at: app.now() + pause },
            None => DeliveryOutcome::Failed(why),
        },
    };
    let (client, session, attempt) = (due.client.as_str(), due.session.as_str(), due.attempt);
    match &outcome {
        DeliveryOutcome::Delivered => {
            tracing::info!(client, session, attempt, "an application was notified of a sign-out");
        }
        DeliveryOutcome::Again { why, .. } => {
            tracing::info!(
                client,
                session,
                attempt,
                "an application will be notified again of a sign-out: {why}"
            );
        }
        DeliveryOutcome::Failed(why) => {
            tracing::warn!(
                client,
                session,
                attempt,
                "an application cannot be notified of a sign-out: {why}"
            );
        }
    }
    let (client, now) = (due.client.clone(), app.now());
    let save_outcome =
        async move |tx: &mut Tx| logout_deliveries::save_outcome(tx, &due, &outcome, now).await;
    if let Err(error) = app.db.write(save_outcome).await {
        tracing::warn!(
            client = client.as_str(),
            "the result of a logout notification was not stored: {error}"
        );
    }
}

/// Why an application was not notified.
enum NotificationError {
    /// A later attempt may succeed.
    Now(String),
    Never(&'static str),
}

impl From<Failure> for NotificationError {
    fn from(failure: Failure) -> Self {
        tracing::error!("a logout token was not made: {}", failure.chain());
        Self::Now("this server failed to make the logout token".into())
    }
}

impl From<FetchError> for NotificationError {
    fn from(error: FetchError) -> Self {
        Self::Now(error.to_string())
    }
}

async fn notify(app: &App, due: &DueDelivery, claimed: Instant) -> Result<(), NotificationError> {
    let client = app.cache.client(&due.client, Freshness::Now).await?;
    let Some(client) = client.as_deref().map(|client| &client.client).filter(|client| !client.disabled)
    else {
        return Err(NotificationError::Never("the client is gone or disabled"));
    };
    let Some(uri) = &client.logout.back_channel else {
        return Err(NotificationError::Never("the client no longer has a back-channel logout URI"));
    };
    let Some(signer) = Signer::of(app, client, app.now()).await? else {
        return Err(NotificationError::Never("the client may no longer use the scope openid"));
    };
    let token = signer.sign_logout(&due.user, &due.session)?;
    if claimed.elapsed() > LONGEST_PREPARATION {
        // Another node may claim it before the call has ended.
        return Err(NotificationError::Now("the database took too long to answer".into()));
    }
    // Our own tokens contain no characters that a form would have to encode.
    let answer = app.fetcher.post_form(uri, format!("logout_token={token}")).await?;
    match answer.status.as_u16() {
        200 | 204 => Ok(()),
        _ => Err(NotificationError::Now(format!("it answered {}", answer.status))),
    }
}
