//! Storage threads, each with its own runtime, so that running jobs do not have to be `Send`.

use std::future::{Future, ready};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::oneshot;

use super::error::DbError;

/// What the work of a storage thread waits for, besides time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum WaitsFor {
    /// Only other threads: it costs less to wake a thread that watches no sockets.
    Threads,
    Sockets,
}

/// Runs a single-threaded runtime on a new thread. Returns when `serve` has reported that it is ready.
pub(super) async fn storage_thread<F>(
    (name, waits_for): (&str, WaitsFor),
    serve: impl FnOnce(oneshot::Sender<Result<(), DbError>>) -> F + Send + 'static,
) -> Result<(), DbError>
where
    F: Future<Output = ()>,
{
    let (opened, outcome) = oneshot::channel();
    let spawned = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_time();
        if waits_for == WaitsFor::Sockets {
            runtime.enable_io();
        }
        if let Ok(runtime) = runtime.build() {
            runtime.block_on(serve(opened));
        }
    });
    spawned.map_err(|_| DbError::Stopped)?;
    outcome.await.map_err(|_| DbError::Stopped)?
}

/// Runs the workers of a thread to their ends. Each is polled only when it was woken itself.
pub(super) async fn serve_all(workers: impl Iterator<Item = impl Future<Output = ()>>) {
    workers.collect::<FuturesUnordered<_>>().for_each(|()| ready(())).await;
}
