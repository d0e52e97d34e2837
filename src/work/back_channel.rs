//! Delivers back-channel logout notifications, with retries (OpenID Connect Back-Channel Logout).
//!
//! The deliveries are written in the transaction that ends the session.

use std::sync::Arc;

use super::outbox::{self, Claim, Claimed, Outbox};
use super::wake::Wake;
use crate::app::App;
use crate::cache::catalogue::Freshness;
use crate::clock::Timestamp;
use crate::failure::Failure;
use crate::fetch::FetchError;
use crate::oauth::id::ClientId;
use crate::oauth::identity::logout_token::pause_after;
use crate::store::db::{Conn, DbError, Tx};
use crate::store::deliveries::DeliveryOutcome;
use crate::store::logout_deliveries::{self, DueDelivery};
use crate::tokens::id_token::Signer;

/// Sends due notifications as long as the server runs.
pub async fn run(app: Arc<App>) {
    outbox::run::<LogoutNotifications>(app).await;
}

struct LogoutNotifications;

impl Outbox for LogoutNotifications {
    type Receiver = ClientId;
    type Due = DueDelivery;

    const CALLS: usize = 64;
    const CALLS_TO_ONE: usize = 4;
    const WHAT: &'static str = "logout notifications";

    fn wake(app: &App) -> &Wake {
        &app.back_channel
    }

    async fn receivers(conn: &mut Conn, now: Timestamp) -> Result<Vec<ClientId>, DbError> {
        logout_deliveries::clients_due(conn, now).await
    }

    async fn claim(tx: &mut Tx, client: &ClientId, claim: &Claim) -> Result<Vec<DueDelivery>, DbError> {
        logout_deliveries::claim(tx, client, claim.most, claim.until, claim.now).await
    }

    async fn attempt(app: &App, due: DueDelivery, claimed: Claimed) {
        notify_and_record(app, due, claimed).await;
    }
}

async fn notify_and_record(app: &App, due: DueDelivery, claimed: Claimed) {
    let outcome = match notify(app, &due, claimed).await {
        Ok(()) => DeliveryOutcome::Delivered,
        Err(NotificationError::Never(why)) => DeliveryOutcome::Failed(why.into()),
        Err(NotificationError::Now(why)) => {
            DeliveryOutcome::after_failure(why, pause_after(due.attempt), app.now())
        }
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

async fn notify(app: &App, due: &DueDelivery, claimed: Claimed) -> Result<(), NotificationError> {
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
    if claimed.is_too_old() {
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
