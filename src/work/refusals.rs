//! Sums up the refusals that the log did not get one by one.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::http::refusal_log::WINDOW;

/// Sums up once in each [`WINDOW`], as long as the server runs.
pub async fn run(app: Arc<App>) {
    let every = Duration::from_secs(WINDOW.as_i64().unsigned_abs());
    loop {
        tokio::time::sleep(every).await;
        app.refusals.sum_up(app.now());
    }
}
