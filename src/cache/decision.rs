//! Decisions on the catalogue: first on a copy that may be a second old, and after a refusal on the current data.
//!
//! What a request proves is not part of the decision. It is verified and used up only once (see [`OneTimeProof`]).

use std::cell::Cell;
use std::sync::Arc;
use std::time::Instant;

use super::catalogue::{Catalogue, CatalogueCache, MAX_AGE};
use crate::failure::{Denied, Failure};
use crate::oauth::error::OAuthError;
use crate::oauth::id::ClientId;
use crate::store::clients::StoredClient;

/// Clients, scopes and resources for one decision.
pub struct View<'a> {
    cache: &'a CatalogueCache,
    /// The moment when the decision began.
    began: Instant,
    /// The decision does not use copies that are older than this.
    since: Instant,
    /// Whether the decision has used a copy from before it began.
    has_aged: Cell<bool>,
}

impl<'a> View<'a> {
    fn new(cache: &'a CatalogueCache, began: Instant, since: Instant) -> Self {
        Self { cache, began, since, has_aged: Cell::new(false) }
    }

    /// The client with this id. `None` if it is not registered.
    ///
    /// # Errors
    /// Only failures of the database.
    pub async fn client(&self, id: &ClientId) -> Result<Option<Arc<StoredClient>>, Failure> {
        let (client, at) = self.cache.client_since(id, self.since).await?;
        self.note_age(at);
        Ok(client)
    }

    /// The scopes and resources, from a read that is recent enough for this decision.
    ///
    /// # Errors
    /// Only failures of the database.
    pub async fn catalogue(&self) -> Result<Arc<Catalogue>, Failure> {
        let (catalogue, at) = self.cache.catalogue_since(self.since).await?;
        self.note_age(at);
        Ok(catalogue)
    }

    fn note_age(&self, read_at: Instant) {
        if read_at < self.began {
            self.has_aged.set(true);
        }
    }
}

impl CatalogueCache {
    /// A view that only uses data read from now on.
    pub fn fresh(&self) -> View<'_> {
        let now = Instant::now();
        View::new(self, now, now)
    }

    /// Decides on a copy that may be a second old; after a refusal on such a copy, decides once more on a fresh one.
    ///
    /// The second outcome counts. A failure is final, so that a database that does not answer is asked only once.
    ///
    /// # Errors
    /// What `decide` returns: a refusal of the second decision, or a failure of either.
    pub async fn decide<T, R>(
        &self,
        mut decide: impl AsyncFnMut(&View<'_>) -> Result<T, Denied<R>>,
    ) -> Result<T, Denied<R>> {
        let began = Instant::now();
        let view = View::new(self, began, began.checked_sub(MAX_AGE).unwrap_or(began));
        match decide(&view).await {
            Err(Denied::Refused(_)) if view.has_aged.get() => decide(&View::new(self, began, began)).await,
            outcome => outcome,
        }
    }

    /// Decides like [`Self::decide`], then acts on the decision. Returns what `act` returns.
    ///
    /// `act` returns `None` if the data behind the decision has changed since. Then both steps run once more. A refusal
    /// by `act` is final.
    ///
    /// # Errors
    /// What `decide` or `act` returns; [`Failure::Busy`] if the data changed twice.
    pub async fn decide_and_act<D, T, R>(
        &self,
        mut decide: impl AsyncFnMut(&View<'_>) -> Result<D, Denied<R>>,
        mut act: impl AsyncFnMut(D) -> Result<Option<T>, Denied<R>>,
    ) -> Result<T, Denied<R>> {
        let decided = self.decide(&mut decide).await?;
        if let Some(done) = act(decided).await? {
            return Ok(done);
        }
        let decided = decide(&self.fresh()).await?;
        act(decided).await?.ok_or(Denied::Failed(Failure::Busy("a client that keeps changing")))
    }

    /// Whether a condition is true. If it is false on an old copy, it is checked once more on a fresh one.
    ///
    /// # Errors
    /// The failure of `check`.
    pub async fn holds(
        &self,
        mut check: impl AsyncFnMut(&View<'_>) -> Result<bool, Failure>,
    ) -> Result<bool, Failure> {
        let decided = self.decide(async |view| match check(view).await? {
            true => Ok(()),
            false => Err(Denied::Refused(())),
        });
        match decided.await {
            Ok(()) => Ok(true),
            Err(Denied::Refused(())) => Ok(false),
            Err(Denied::Failed(failure)) => Err(failure),
        }
    }
}

/// Something that a request proves. It is verified only once, even if the decision is made twice.
///
/// The first verdict counts, also a refusal. A failure is not a verdict.
#[derive(Debug)]
pub struct OneTimeProof<T>(Option<Result<T, OAuthError>>);

impl<T> Default for OneTimeProof<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Clone> OneTimeProof<T> {
    /// What the request proves. Runs `verify` if no verdict is known yet.
    ///
    /// # Errors
    /// The refusal that the first call got, or the failure of `verify`.
    pub async fn get(
        &mut self,
        verify: impl AsyncFnOnce() -> Result<T, Denied<OAuthError>>,
    ) -> Result<T, Denied<OAuthError>> {
        let verdict = match &self.0 {
            Some(verdict) => verdict.clone(),
            None => match verify().await {
                Ok(proven) => Ok(proven),
                Err(Denied::Refused(error)) => Err(error),
                Err(Denied::Failed(failure)) => return Err(failure.into()),
            },
        };
        self.0 = Some(verdict.clone());
        Ok(verdict?)
    }
}
