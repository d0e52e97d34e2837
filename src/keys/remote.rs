//! The public keys that clients (RFC 7591 §2) and trusted issuers publish at a `jwks_uri`.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use quick_cache::unsync;

use crate::cache::fresh::Fresh;
use crate::fetch::{FetchError, Fetcher};
use crate::jose::foreign::ForeignKeys;
use crate::jose::key_flaw::{KeySetReport, in_a_sentence};
use crate::network::Network;
use crate::x509::ClientCertificate;
use crate::x509::registered::RegisteredCertificates;

/// For how long keys are considered current.
const MAX_AGE: Duration = Duration::from_secs(600);
/// For how long they are still used when newer ones cannot be read.
const MAX_STALE_AGE: Duration = Duration::from_secs(24 * 3600);
/// The time in which the unknown keys of one network cause at most one read of an address. It is also the pause after a
/// read that failed.
const PAUSE: Duration = Duration::from_secs(10);
/// The time between two reads of one address, whatever tokens claim and wherever they come from, so that no one can make
/// this server call more often.
const INTERVAL: Duration = Duration::from_secs(1);
const ADDRESSES: usize = 1000;
/// How many networks are remembered that have sent an unknown key. A network that is forgotten may cause another read;
/// [`INTERVAL`] remains the bound.
const NETWORKS: usize = 10_000;

/// Why there are no keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoKeys {
    #[error("{0}")]
    Fetch(#[from] FetchError),
    #[error("the answer has the status {0}")]
    Status(u16),
    #[error("the answer is not a JWK Set")]
    Content,
    #[error("the JWK Set has no key to verify signatures by: {0}")]
    Unusable(String),
    #[error("the answer is not a JWK Set with certificates, or with public keys that certificates can have")]
    NoCertificates,
}

/// What a JWK Set at an address is read as.
pub trait PublishedSet: Sized {
    /// Reads a JWK Set.
    ///
    /// # Errors
    /// If the text is not a JWK Set, or has nothing that can be used.
    fn of_jwks(text: &str) -> Result<Self, NoKeys>;
}

/// What parties publish, by its addresses.
pub struct RemoteKeys<K> {
    places: Cache<String, Arc<RemoteKeySet<K>>>,
    /// When a network last caused a read of an address by an unknown key.
    asked: Mutex<unsync::Cache<(String, Network), Instant>>,
    /// Earlier than any read.
    made_at: Instant,
}

struct RemoteKeySet<K> {
    keys: Fresh<K, NoKeys>,
    last: Mutex<LastRead>,
}

#[derive(Default)]
struct LastRead {
    /// When the last read began; `None` before the first one.
    began: Option<Instant>,
    /// Why the last read failed; `None` if it succeeded or has not ended.
    failed: Option<NoKeys>,
}

impl RemoteKeys<ForeignKeys> {
    /// The keys at an address. They are read again when they are old, or when `token` names a key that is not among
    /// them. `address` is where the token comes from.
    ///
    /// # Errors
    /// Those of [`Self::with`].
    pub async fn at(
        &self,
        fetcher: &Fetcher,
        uri: &str,
        token: &str,
        address: IpAddr,
    ) -> Result<Arc<ForeignKeys>, NoKeys> {
        self.with(fetcher, uri, address, |keys| !keys.lacks(token)).await
    }
}

impl RemoteKeys<RegisteredCertificates> {
    /// The certificates at an address. They are read again when they are old, or when `certificate` is not among them.
    /// `address` is where the certificate comes from.
    ///
    /// # Errors
    /// Those of [`Self::with`].
    pub async fn at(
        &self,
        fetcher: &Fetcher,
        uri: &str,
        certificate: &ClientCertificate,
        address: IpAddr,
    ) -> Result<Arc<RegisteredCertificates>, NoKeys> {
        self.with(fetcher, uri, address, |certificates| certificates.have(certificate)).await
    }
}

impl<K: PublishedSet> RemoteKeys<K> {
    /// An empty cache.
    pub fn new() -> Self {
        Self {
            places: Cache::new(ADDRESSES),
            asked: Mutex::new(unsync::Cache::new(NETWORKS)),
            made_at: Instant::now(),
        }
    }

    /// The keys at an address, read again when they are old or not `enough`.
    ///
    /// A call whose keys are known never waits for a read that another call caused. An unknown key waits at most
    /// [`INTERVAL`] for its read to begin, however many other networks send unknown keys: all of them share that read.
    ///
    /// # Errors
    /// If the keys cannot be read and no usable older ones are known.
    async fn with(
        &self,
        fetcher: &Fetcher,
        uri: &str,
        address: IpAddr,
        enough: impl Fn(&K) -> bool,
    ) -> Result<Arc<K>, NoKeys> {
        let place = self.places.get(uri).unwrap_or_else(|| {
            let place = Arc::new(RemoteKeySet { keys: Fresh::default(), last: Mutex::default() });
            self.places.insert(uri.to_owned(), place.clone());
            place
        });
        let known = place.keys.kept();
        let since = match &known {
            // What another call read while this one waited is good enough.
            None => self.made_at,
            Some((_, at)) if at.elapsed() >= MAX_AGE => *at + Duration::from_nanos(1),
            Some((keys, _)) if enough(keys) => return Ok(keys.clone()),
            Some(_) => self.may_read_from(uri, Network::of(address)),
        };
        match place.keys.get(since, |_| true, async || place.read(fetcher, uri).await).await {
            Ok((keys, _)) => Ok(keys),
            Err(why) => match known.filter(|(_, at)| at.elapsed() < MAX_STALE_AGE) {
                Some((keys, _)) => Ok(keys),
                None => Err(why),
            },
        }
    }

    /// Since when the keys must have been read for an unknown key from this network: since now, unless the network has
    /// already caused a read within [`PAUSE`]. Then that read is good enough, also while it still runs.
    fn may_read_from(&self, uri: &str, network: Network) -> Instant {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (uri.to_owned(), network);
        if let Some(at) = asked.get(&key).copied().filter(|at| at.elapsed() < PAUSE) {
            return at;
        }
        let now = Instant::now();
        asked.insert(key, now);
        now
    }
}

impl<K: PublishedSet> Default for RemoteKeys<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: PublishedSet> RemoteKeySet<K> {
    /// Reads the keys when [`INTERVAL`] has passed since the last read. A read that failed within [`PAUSE`] is not
    /// repeated; its error is returned again.
    async fn read(&self, fetcher: &Fetcher, uri: &str) -> Result<K, NoKeys> {
        while let Some(wait) = self.begin_or_wait()? {
            tokio::time::sleep(wait).await;
        }
        let outcome = fetch(fetcher, uri).await;
        self.last().failed = outcome.as_ref().err().cloned();
        outcome
    }

    /// How long to wait before a read may begin; `None` if it begins now.
    ///
    /// # Errors
    /// The error of a read that failed within [`PAUSE`].
    fn begin_or_wait(&self) -> Result<Option<Duration>, NoKeys> {
        let mut last = self.last();
        let age = last.began.map(|began| began.elapsed());
        if let (Some(why), Some(age)) = (&last.failed, age)
            && age < PAUSE
        {
            return Err(why.clone());
        }
        if let Some(wait) = age.and_then(|age| INTERVAL.checked_sub(age)).filter(|wait| !wait.is_zero()) {
            return Ok(Some(wait));
        }
        *last = LastRead { began: Some(Instant::now()), failed: None };
        Ok(None)
    }

    fn last(&self) -> MutexGuard<'_, LastRead> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads the JWK Set at an address.
async fn fetch<K: PublishedSet>(fetcher: &Fetcher, uri: &str) -> Result<K, NoKeys> {
    let answer = fetcher.get(uri).await?;
    if !answer.status.is_success() {
        return Err(NoKeys::Status(answer.status.as_u16()));
    }
    K::of_jwks(str::from_utf8(&answer.body).map_err(|_| NoKeys::Content)?)
}

/// The keys that verify signatures.
impl PublishedSet for ForeignKeys {
    fn of_jwks(text: &str) -> Result<Self, NoKeys> {
        let keys = Self::read(text).ok_or(NoKeys::Content)?;
        let report = KeySetReport::of(text).ok_or(NoKeys::Content)?;
        if !report.has_usable() {
            let flaws = in_a_sentence(&report.flawed.iter().collect::<Vec<_>>());
            return Err(NoKeys::Unusable(flaws));
        }
        let beyond = report.beyond();
        if !beyond.is_empty() {
            tracing::warn!("a JWK Set has too many keys: {}", in_a_sentence(&beyond));
        }
        Ok(keys)
    }
}

/// The certificates of a client, and its keys as those of certificates.
impl PublishedSet for RegisteredCertificates {
    fn of_jwks(text: &str) -> Result<Self, NoKeys> {
        let found = Self::read(text);
        if found.is_empty() { Err(NoKeys::NoCertificates) } else { Ok(found) }
    }
}
