//! Renews what this node's clock says in the database, and compares it with the others.

use std::sync::Arc;

use crate::app::App;
use crate::clock_watch::RENEW_EVERY;

/// Looks at the clocks as long as the server runs.
pub async fn run(app: Arc<App>) {
    loop {
        tokio::time::sleep(RENEW_EVERY).await;
        // If the database cannot be reached, the work that needs it reports that.
        let _ = app.clock_watch.look().await;
    }
}
