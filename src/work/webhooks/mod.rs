//! Webhooks: hands events over from the audit trail to the outbox, and delivers what is in the outbox (Standard Webhooks).

mod handing_over;
mod sending;

use std::sync::Arc;

use super::outbox::{self, Claim, Claimed, Outbox};
use super::wake::Wake;
use crate::app::App;
use crate::clock::Timestamp;
use crate::operations::webhooks::MAX_WEBHOOKS;
use crate::store::db::{Conn, DbError, Tx};
use crate::store::webhook_deliveries::{self, DueMessage};

pub use handing_over::hand_over;

/// Sends due messages as long as the server runs.
pub async fn run(app: Arc<App>) {
    outbox::run::<WebhookMessages>(app).await;
}

struct WebhookMessages;

impl Outbox for WebhookMessages {
    type Receiver = String;
    type Due = DueMessage;

    /// Every webhook has its places, so that slow ones never delay the others.
    const CALLS: usize = MAX_WEBHOOKS.unsigned_abs() as usize * Self::CALLS_TO_ONE;
    const CALLS_TO_ONE: usize = 4;
    const WHAT: &'static str = "messages to webhooks";

    fn wake(app: &App) -> &Wake {
        &app.webhooks
    }

    async fn receivers(conn: &mut Conn, now: Timestamp) -> Result<Vec<String>, DbError> {
        webhook_deliveries::webhooks_due(conn, now).await
    }

    async fn claim(tx: &mut Tx, webhook: &String, claim: &Claim) -> Result<Vec<DueMessage>, DbError> {
        webhook_deliveries::claim(tx, webhook, claim.most, claim.until, claim.now).await
    }

    async fn attempt(app: &App, due: DueMessage, claimed: Claimed) {
        sending::send_and_record(app, due, claimed).await;
    }
}
