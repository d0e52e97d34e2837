//! The public keys of others that publish them at an address of their own (`jwks_uri`): of clients (RFC 7591 §2), and of
//! issuers that are trusted.

use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use tokio::sync::Mutex;

use crate::fetch::{FetchError, Fetcher};
use crate::jose::foreign::ForeignKeys;

/// How long keys are taken for the present ones.
const AGE: Duration = Duration::from_secs(600);
/// How long they serve where newer ones cannot be had.
const STALE: Duration = Duration::from_secs(24 * 3600);
/// Between two readings of one address, whatever tokens claim: nobody is to make this server call more often.
const PAUSE: Duration = Duration::from_secs(10);
const ADDRESSES: usize = 1000;

/// Why there are none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoKeys {
    #[error("{0}")]
    Fetch(#[from] FetchError),
    #[error("the answer has the status {0}")]
    Status(u16),
    #[error("the answer is no JWK Set with a key to verify signatures by")]
    Content,
    #[error("it was read a moment ago, in vain")]
    Lately,
}

/// The keys by their addresses.
pub struct RemoteKeys(Cache<String, Arc<Place>>);

#[derive(Default)]
struct Place {
    read: RwLock<Option<(Arc<ForeignKeys>, Instant)>>,
    /// When it was last read, well or not; held while somebody reads.
    tried: Mutex<Option<Instant>>,
}

impl RemoteKeys {
    pub fn new() -> Self {
        Self(Cache::new(ADDRESSES))
    }

    /// The keys at an address, read again when they are old or `token` names a key that is not among them.
    ///
    /// Who names a key that is there never waits for somebody who does not.
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

    /// Reads the keys anew, once for all who wait for them; `seen` is when those were read that do not suffice.
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
