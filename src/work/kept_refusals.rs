//! Stores refusals for the operator, in batches.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::store::db::Tx;
use crate::store::refusals;

/// The pause between two batches: under a flood, so many refusals are one transaction.
const PAUSE: Duration = Duration::from_millis(200);

/// Stores refusals as long as the server runs; returns at once if `explain.retention` is 0.
pub async fn run(app: Arc<App>) {
    if !app.config.explain.is_on() {
        return;
    }
    loop {
        app.refusals.kept.added().await;
        store(&app).await;
        tokio::time::sleep(PAUSE).await;
    }
}

/// Stores the refusals that wait. When it returns, all that were added before are stored, or dropped.
pub async fn store(app: &App) {
    if !app.config.explain.is_on() {
        return;
    }
    let _turn = app.refusals.kept.turn().await;
    loop {
        let taken = app.refusals.kept.take();
        let Ok(count) = u64::try_from(taken.len()) else { return };
        if count == 0 {
            return;
        }
        let expires_at = app.now() + app.config.explain.retention.seconds();
        let save = async move |tx: &mut Tx| refusals::save(tx, &taken, expires_at).await;
        if let Err(error) = app.db_for_strangers.write(save).await {
            app.refusals.kept.dropped.inc_by(count);
            tracing::warn!("{count} refusals were not kept for grantor explain: {error}");
            return;
        }
    }
}
