//! Acts that change any number of rows: in steps, each in a transaction of its own, so that others who write do not wait.
//!
//! The first step makes the object useless, or nothing new can be added to it; the last one is the act itself, with its
//! event. An act that is interrupted in between is finished by doing it again.

use super::{Context, Done};
use crate::store::db::{Conn, Db, DbError, Refusable, Tx};
use crate::store::steps::{LOOK, Stretch, stretches};

/// What one transaction of an act did.
pub(super) enum Step<T, M> {
    /// There is more to do. The value says what was done.
    More(M),
    /// The act is done.
    Last(Done<T>),
}

impl Context<'_> {
    /// Runs a step of an act again and again, each time in a transaction of its own, until it is the last one. `note` gets
    /// what the steps before it did.
    pub(super) async fn act_in_steps<T, M, E, F>(
        &self,
        step: F,
        mut note: impl FnMut(M),
    ) -> Result<Done<T>, E>
    where
        F: AsyncFn(&mut Tx) -> Result<Step<T, M>, E> + Clone + Send + 'static,
        T: Send + 'static,
        M: Send + 'static,
        E: Refusable,
    {
        loop {
            let (step, keeper, witness) = (step.clone(), self.terms.keeper.clone(), self.witness());
            let step = async move |tx: &mut Tx| -> Result<Step<T, M>, E> {
                let done = step(tx).await?;
                if let Step::Last(done) = &done {
                    witness.record(tx, [&done.event]).await?;
                    if let Some(keeper) = &keeper {
                        keeper.keep(tx, &done.outcome).await?;
                    }
                }
                Ok(done)
            };
            match self.on_terms(step).await? {
                // A rehearsal keeps nothing, so every step would be the first one again.
                Step::More(_) if self.terms.is_rehearsal => return Err(DbError::RehearsedInPart.into()),
                Step::More(done) => note(done),
                Step::Last(done) => return Ok(done),
            }
        }
    }
}

/// Goes through a whole table in the order of its key, and changes the wanted rows in steps. Returns their number.
///
/// `look` returns the next rows after a key, each with whether it is wanted, as [`stretches`] takes them. It reads beside
/// those who write. `change` changes the wanted rows of a stretch in one transaction.
pub(super) async fn walk<K, L, C>(db: &Db, look: L, change: C) -> Result<u64, DbError>
where
    K: Clone + Default + Send + 'static,
    L: AsyncFn(&mut Conn, &K) -> Result<Vec<(K, bool)>, DbError> + Clone + Send + 'static,
    C: AsyncFn(&mut Tx, &Stretch<K>) -> Result<u64, DbError> + Clone + Send + 'static,
{
    let (mut after, mut changed) = (K::default(), 0);
    loop {
        let (look, from) = (look.clone(), after.clone());
        let rows = db.read(async move |conn: &mut Conn| look(conn, &from).await).await?;
        for stretch in stretches(after, &rows) {
            let change = change.clone();
            changed += db.write(async move |tx: &mut Tx| change(tx, &stretch).await).await?;
        }
        match rows.last() {
            Some((last, _)) if rows.len() as i64 >= LOOK => after = last.clone(),
            _ => return Ok(changed),
        }
    }
}
