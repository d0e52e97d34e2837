//! Storage threads: each with a runtime of its own, so that jobs need not be `Send` once they run.

use std::future::Future;

use tokio::sync::oneshot;

use super::error::DbError;

/// Runs a single-threaded runtime on a thread of its own; returns once `serve` said that it is ready.
pub(super) async fn storage_thread<F>(
    name: &str,
    serve: impl FnOnce(oneshot::Sender<Result<(), DbError>>) -> F + Send + 'static,
) -> Result<(), DbError>
where
    F: Future<Output = ()>,
{
    let (opened, outcome) = oneshot::channel();
    let spawned = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() {
            runtime.block_on(serve(opened));
        }
    });
    spawned.map_err(|_| DbError::Stopped)?;
    outcome.await.map_err(|_| DbError::Stopped)?
}
