//! The public keys that clients (RFC 7591 §2) and trusted issuers publish at a `jwks_uri`.

use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use tokio::sync::Mutex;

use crate::fetch::{FetchError, Fetcher};
use crate::jose::foreign::ForeignKeys;

/// For how long keys are considered current.
const AGE: Duration = Duration::from_secs(600);
/// For how long they are still used when newer ones cannot be read.
const STALE: Duration = Duration::from_secs(24 * 3600);
/// The pause between two reads of one address, whatever tokens claim, so that nobody can make this server call more
/// often.
const PAUSE: Duration = Duration::from_secs(10);
const ADDRESSES: usize = 1000;

/// Why there are no keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoKeys {
    #[error("{0}")]
    Fetch(#[from] FetchError),
    #[error("the answer has the status {0}")]
    Status(u16),
    #[error("the answer is not a JWK Set with a key that verifies signatures")]
    Content,
    #[error("reading it failed a moment ago")]
    Lately,
}

/// The keys by their addresses.
pub struct RemoteKeys(Cache<String, Arc<Place>>);

#[derive(Default)]
struct Place {
    read: RwLock<Option<(Arc<ForeignKeys>, Instant)>>,
    /// When it was last read, successfully or not; locked while a task reads.
    tried: Mutex<Option<Instant>>,
}

impl RemoteKeys {
    /// An empty cache.
    pub fn new() -> Self {
        Self(Cache::new(ADDRESSES))
    }

    /// The keys at an address. They are read again when they are old, or when `token` names a key that is not among
    /// them.
    ///
    /// A token that names a known key never waits for a read that another token caused.
    ///
    /// # Errors
    /// If the keys cannot be read and no usable older ones are known.
    pub async fn at(&self, fetcher: &Fetcher, uri: &str, token: &str) -> Result<Arc<ForeignKeys>, NoKeys> {
        let place = self.0.get(uri).unwrap_or_else(|| {
            let place = Arc::<Place>::default();
            self.0.insert(uri.to_owned(), place.clone());
            place
        });
        let known = place.known();
        if let Some((keys, at)) = &known
            && at.elapsed() < AGE
            && !keys.lacks(token)
        {
            return Ok(keys.clone());
        }
        match place.renew(fetcher, uri, known.as_ref().map(|(_, at)| *at)).await {
            Ok(keys) => Ok(keys),
            Err(why) => match known.filter(|(_, at)| at.elapsed() < STALE) {
                Some((keys, _)) => Ok(keys),
                None => Err(why),
            },
        }
    }
}

impl Default for RemoteKeys {
    fn default() -> Self {
        Self::new()
    }
}

impl Place {
    fn known(&self) -> Option<(Arc<ForeignKeys>, Instant)> {
        self.read.read().ok().and_then(|read| read.clone())
    }

    /// Reads the keys, once for all tasks that wait. `seen` is when the keys were read that did not suffice.
    async fn renew(
        &self,
        fetcher: &Fetcher,
        uri: &str,
        seen: Option<Instant>,
    ) -> Result<Arc<ForeignKeys>, NoKeys> {
        let mut tried = self.tried.lock().await;
        if let Some((keys, at)) = self.known()
            && seen.is_none_or(|seen| at > seen)
        {
            return Ok(keys);
        }
        if tried.is_some_and(|at| at.elapsed() < PAUSE) {
            return Err(NoKeys::Lately);
        }
        let at = Instant::now();
        *tried = Some(at);
        let keys = Arc::new(fetch(fetcher, uri).await?);
        if let Ok(mut read) = self.read.write() {
            *read = Some((keys.clone(), at));
        }
        Ok(keys)
    }
}

/// Reads a JWK Set.
async fn fetch(fetcher: &Fetcher, uri: &str) -> Result<ForeignKeys, NoKeys> {
    let answer = fetcher.get(uri).await?;
    if !answer.status.is_success() {
        return Err(NoKeys::Status(answer.status.as_u16()));
    }
    let text = std::str::from_utf8(&answer.body).map_err(|_| NoKeys::Content)?;
    ForeignKeys::read(text).filter(|keys| !keys.is_empty()).ok_or(NoKeys::Content)
}
