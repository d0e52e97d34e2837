//! Looks whether this node can work, and with that renews what its clock says in the database.

use std::sync::Arc;

use crate::app::App;
use crate::clock_watch::RENEW_EVERY;

/// Looks as long as the server runs.
pub async fn run(app: Arc<App>) {
    loop {
        // The look itself logs what has changed.
        let _ = app.readiness.look().await;
        app.readiness.until_next_look(RENEW_EVERY).await;
    }
}
