//! Writes what this process has counted, once a minute.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::activity::HourCounts;
use crate::app::App;
use crate::clock::Timestamp;
use crate::oauth::activity::FactCounts;
use crate::oauth::id::ClientId;
use crate::store::db::{DbError, Tx};
use crate::store::{client_activity, hourly_counts};

/// How long counts wait in memory.
const EVERY: Duration = Duration::from_secs(60);

/// Writes as long as the server runs.
pub async fn run(app: Arc<App>) {
    loop {
        tokio::time::sleep(EVERY).await;
        store(&app).await;
    }
}

/// Writes what was counted. When it returns, all that was counted before is stored, or waits for the next attempt.
///
/// A transaction that failed although it was committed is written again, so after an outage counts may be too high.
pub async fn store(app: &App) {
    let _turn = app.activity.turn().await;
    let mut failed = None;
    for (at, mut hour) in app.activity.take() {
        let written = match &failed {
            None => write(app, at, &mut hour).await,
            Some(_) => Ok(()),
        };
        failed = failed.or(written.err());
        // Empty if everything was written.
        app.activity.put_back(at, hour);
    }
    if let Some(error) = failed {
        tracing::warn!("hourly counts wait for the database: {error}");
    }
}

/// Writes the counts of an hour, and takes out of them what is written.
async fn write(app: &App, at: Timestamp, hour: &mut HourCounts) -> Result<(), DbError> {
    let mut counts: Vec<_> = hour.server.iter().map(|(count, number)| (*count, *number)).collect();
    // In one order, so that two nodes do not wait for each other.
    counts.sort_unstable();
    app.db.write(async move |tx: &mut Tx| hourly_counts::add(tx, at, &counts).await).await?;
    hour.server = HashMap::new();
    let mut clients: Vec<ClientId> = hour.clients.keys().cloned().collect();
    clients.sort_unstable();
    for together in clients.chunks(client_activity::TOGETHER) {
        let counts = |id: &ClientId| Some((id.clone(), HourCounts::counts(hour.clients.get(id)?)));
        let added: Vec<(ClientId, FactCounts)> = together.iter().filter_map(counts).collect();
        app.db.write(async move |tx: &mut Tx| client_activity::add(tx, at, &added).await).await?;
        for id in together {
            hour.clients.remove(id);
        }
    }
    Ok(())
}
