//! A unit of work for a storage thread, and the channel for its answer.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use tokio::sync::oneshot;

use super::connection::{Conn, Tx};
use super::error::{DbError, Refusable};
use super::statement::Batch;

tokio::task_local! {
    static IN_A_JOB: ();
}

/// Whether the caller is a job, which must not start another one.
pub(super) fn inside_a_job() -> bool {
    IN_A_JOB.try_with(|()| ()).is_ok()
}

/// What happens to the transaction of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TransactionEnd {
    Commit,
    RollBack,
    /// Roll back and run again: it conflicted with another transaction.
    Again,
}

/// The work of one caller. It may run more than once; only the last outcome is returned.
pub(super) trait Job: Send {
    fn writes(&self) -> bool;
    /// Whether the caller no longer waits.
    fn is_abandoned(&self) -> bool;
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> LocalBoxFuture<'a, TransactionEnd>;
    /// The statements of the job if it is nothing else, so that they can be sent together with those of other jobs.
    fn batch(&self) -> Option<&Batch> {
        None
    }
    /// Keeps how many rows each of its statements has changed, if they were sent together with those of other jobs.
    fn keep_changed(&mut self, _: Vec<u64>) {}
    /// Returns the last outcome to the caller.
    fn answer(self: Box<Self>);
    /// Returns a failure to the caller instead.
    fn fail(self: Box<Self>, error: DbError);
}

/// Runs a job and catches its panic.
pub(super) async fn run_guarded(job: &mut dyn Job, tx: &mut Tx) -> Result<TransactionEnd, DbError> {
    tx.forget_failure();
    let work = AssertUnwindSafe(IN_A_JOB.scope((), job.run(tx))).catch_unwind();
    work.await.map_err(|_| DbError::Panicked)
}

struct Reply<T, E> {
    outcome: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<T, E>>,
}

impl<T, E: Refusable> Reply<T, E> {
    /// Stores the outcome and decides about the transaction: after any database error it rolls back, whatever the job
    /// returned.
    fn keep(&mut self, outcome: Result<T, E>, conn: &Conn) -> TransactionEnd {
        let failed = outcome.as_ref().err().and_then(Refusable::failure);
        let verdict = match failed {
            Some(DbError::Conflict(_)) => TransactionEnd::Again,
            _ if conn.met_a_conflict() => TransactionEnd::Again,
            Some(_) => TransactionEnd::RollBack,
            None if conn.has_failed() => TransactionEnd::RollBack,
            None => TransactionEnd::Commit,
        };
        let hides_a_failure = failed.is_none() && conn.has_failed();
        self.outcome = Some(if hides_a_failure { Err(DbError::Swallowed.into()) } else { outcome });
        verdict
    }

    fn send(self) {
        let outcome = self.outcome.unwrap_or_else(|| Err(DbError::Stopped.into()));
        let _ = self.answer.send(outcome);
    }

    fn fail(self, error: DbError) {
        let _ = self.answer.send(Err(error.into()));
    }
}

macro_rules! job {
    ($name:ident, $handle:ty, $writes:literal) => {
        pub(super) struct $name<F, T, E> {
            work: F,
            reply: Reply<T, E>,
        }

        impl<F, T, E> $name<F, T, E> {
            pub(super) fn new(work: F, answer: oneshot::Sender<Result<T, E>>) -> Self {
                Self { work, reply: Reply { outcome: None, answer } }
            }
        }

        impl<F, T, E> Job for $name<F, T, E>
        where
            F: AsyncFn(&mut $handle) -> Result<T, E> + Send,
            T: Send,
            E: Refusable,
        {
            fn writes(&self) -> bool {
                $writes
            }

            fn is_abandoned(&self) -> bool {
                self.reply.answer.is_closed()
            }

            fn run<'a>(&'a mut self, tx: &'a mut Tx) -> LocalBoxFuture<'a, TransactionEnd> {
                Box::pin(async move {
                    let outcome = (self.work)(tx).await;
                    self.reply.keep(outcome, tx)
                })
            }

            fn answer(self: Box<Self>) {
                self.reply.send();
            }

            fn fail(self: Box<Self>, error: DbError) {
                self.reply.fail(error);
            }
        }
    };
}

job!(ReadJob, Conn, false);
job!(WriteJob, Tx, true);

/// A job that is only a batch of statements.
pub(super) struct BatchJob {
    batch: Batch,
    reply: Reply<Vec<u64>, DbError>,
}

impl BatchJob {
    pub(super) fn new(batch: Batch, answer: oneshot::Sender<Result<Vec<u64>, DbError>>) -> Self {
        Self { batch, reply: Reply { outcome: None, answer } }
    }
}

impl Job for BatchJob {
    fn writes(&self) -> bool {
        true
    }

    fn is_abandoned(&self) -> bool {
        self.reply.answer.is_closed()
    }

    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> LocalBoxFuture<'a, TransactionEnd> {
        Box::pin(async move {
            let changed = tx.run(self.batch.clone()).await;
            self.reply.keep(changed, tx)
        })
    }

    fn batch(&self) -> Option<&Batch> {
        Some(&self.batch)
    }

    fn keep_changed(&mut self, changed: Vec<u64>) {
        self.reply.outcome = Some(Ok(changed));
    }

    fn answer(self: Box<Self>) {
        self.reply.send();
    }

    fn fail(self: Box<Self>, error: DbError) {
        self.reply.fail(error);
    }
}
