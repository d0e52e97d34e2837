//! The public keys that clients (RFC 7591 §2) and trusted issuers publish at a `jwks_uri`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;

use crate::cache::fresh::Fresh;
use crate::fetch::{FetchError, Fetcher};
use crate::jose::foreign::ForeignKeys;

/// For how long keys are considered current.
const MAX_AGE: Duration = Duration::from_secs(600);
/// For how long they are still used when newer ones cannot be read.
const MAX_STALE_AGE: Duration = Duration::from_secs(24 * 3600);
/// The pause between two reads of one address, whatever tokens claim, so that no one can make this server call more
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
pub struct RemoteKeys {
    places: Cache<String, Arc<RemoteKeySet>>,
    /// Earlier than any read.
    made_at: Instant,
}

#[derive(Default)]
struct RemoteKeySet {
    keys: Fresh<ForeignKeys, NoKeys>,
    /// The moment of the last read, whether or not it succeeded.
    tried: Mutex<Option<Instant>>,
}

impl RemoteKeys {
    /// An empty cache.
    pub fn new() -> Self {
        Self { places: Cache::new(ADDRESSES), made_at: Instant::now() }
    }

    /// The keys at an address. They are read again when they are old, or when `token` names a key that is not among
    /// them.
    ///
    /// A token that names a known key never waits for a read that another token caused.
    ///
    /// # Errors
    /// If the keys cannot be read and no usable older ones are known.
    pub async fn at(&self, fetcher: &Fetcher, uri: &str, token: &str) -> Result<Arc<ForeignKeys>, NoKeys> {
        let place = self.places.get(uri).unwrap_or_else(|| {
            let place = Arc::<RemoteKeySet>::default();
            self.places.insert(uri.to_owned(), place.clone());
            place
        });
        let known = place.keys.kept();
        if let Some((keys, at)) = &known
            && at.elapsed() < MAX_AGE
            && !keys.lacks(token)
        {
            return Ok(keys.clone());
        }
        // What another call read while this one waited is good enough, even if the key is not in it either.
        let since = known.as_ref().map_or(self.made_at, |(_, at)| *at + Duration::from_nanos(1));
        match place.keys.get(since, |_| true, async || place.read(fetcher, uri).await).await {
            Ok((keys, _)) => Ok(keys),
            Err(why) => match known.filter(|(_, at)| at.elapsed() < MAX_STALE_AGE) {
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

impl RemoteKeySet {
    /// Reads the keys, unless a read was tried a moment ago.
    async fn read(&self, fetcher: &Fetcher, uri: &str) -> Result<ForeignKeys, NoKeys> {
        {
            let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
            if tried.is_some_and(|at| at.elapsed() < PAUSE) {
                return Err(NoKeys::Lately);
            }
            *tried = Some(Instant::now());
        }
        fetch(fetcher, uri).await
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
