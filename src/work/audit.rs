//! Writes the events of the audit trail that wait in memory, numbers and chains new events, and hands them over to webhooks.

use std::sync::Arc;
use std::time::Duration;

use super::webhooks;
use crate::app::App;
use crate::audit::chain;
use crate::store::db::DbError;

/// For how long events wait in memory, and without a number.
const EVERY: Duration = Duration::from_secs(1);

/// Writes and numbers as long as the server runs.
pub async fn run(app: Arc<App>) {
    let mut is_away = false;
    loop {
        tokio::time::sleep(EVERY).await;
        match pass(&app).await {
            Ok(()) => is_away = false,
            // Logged once for each outage, because the next attempt is in a second.
            Err(error) if !is_away => {
                is_away = true;
                tracing::warn!("events of the audit trail wait for the database: {error}");
            }
            Err(_) => {}
        }
    }
}

/// Writes the events that wait, numbers new ones, and hands them over to webhooks.
///
/// # Errors
/// Only failures of the database. The events still wait then.
pub async fn pass(app: &App) -> Result<(), DbError> {
    // First what is older.
    chain::number(&app.db, &app.keys, &app.audit.holder, app.now()).await?;
    app.audit.flush((&app.db, &app.keys), app.now(), false).await?;
    webhooks::hand_over(app).await
}

/// Writes everything that waits, because the server stops.
pub async fn finish(app: &App) {
    let work = async {
        chain::number(&app.db, &app.keys, &app.audit.holder, app.now()).await?;
        app.audit.flush((&app.db, &app.keys), app.now(), true).await?;
        chain::release(&app.db, &app.audit.holder).await
    };
    if let Err(error) = work.await {
        tracing::warn!("the last events of the audit trail were not stored: {error}");
    }
}
