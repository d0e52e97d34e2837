//! A cache for client secrets: which ones Argon2 has accepted, and when each was last used.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use quick_cache::sync::Cache;

use super::in_flight_reads::InFlightReads;
use crate::clock::{Seconds, Timestamp};
use crate::failure::Failure;
use crate::secret::{Secret, random};

/// Longer than any check takes.
const LONGEST_CHECK: Duration = Duration::from_secs(3600);

/// Remembers the results of Argon2 for chosen secrets, so that each is hashed once in this process.
///
/// It does not contain secrets: its keys are MACs made with a key of this process.
pub struct SecretCache {
    key: hmac::Key,
    verdicts: Cache<[u8; 32], bool>,
    used: Cache<String, Timestamp>,
    checks: InFlightReads<([u8; 32], String), SecretCheck, Arc<Failure>>,
}

/// What was found out about a presented secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretCheck {
    Right,
    Wrong,
    /// It was not hashed: there is room for the next guess after this time.
    Wait(Seconds),
}

impl SecretCache {
    const MAX_ENTRIES: usize = 10_000;

    /// An empty cache.
    pub fn new() -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &random::<32>()),
            verdicts: Cache::new(Self::MAX_ENTRIES),
            used: Cache::new(Self::MAX_ENTRIES),
            checks: InFlightReads::new(),
        }
    }

    /// Whether the secret matches the hash, if Argon2 has checked that lately; otherwise `None`.
    pub fn verdict(&self, phc: &str, presented: &Secret) -> Option<bool> {
        self.verdicts.get(&self.name(phc, presented))
    }

    /// The result of `check`, which is remembered unless the secret has to wait. Requests from one `network` that
    /// present the same secret at the same time share one check: a service with many processes starts them all at once.
    ///
    /// # Errors
    /// The failure of the check.
    pub async fn check(
        &self,
        phc: &str,
        presented: &Secret,
        network: &str,
        check: impl AsyncFnOnce() -> Result<SecretCheck, Failure>,
    ) -> Result<SecretCheck, Failure> {
        let (name, now) = (self.name(phc, presented), Instant::now());
        // A check that is under way is recent enough, whenever it has begun.
        let since = now.checked_sub(LONGEST_CHECK).unwrap_or(now);
        let check = async || check().await.map_err(Arc::new);
        let checked = self.checks.read(&(name, network.to_owned()), since, check).await;
        let (checked, _) = checked.map_err(Failure::Shared)?;
        if checked == SecretCheck::Right {
            self.verdicts.insert(name, true);
        }
        if checked == SecretCheck::Wrong {
            self.verdicts.insert(name, false);
        }
        Ok(checked)
    }

    fn name(&self, phc: &str, presented: &Secret) -> [u8; 32] {
        let message = zeroize::Zeroizing::new(format!("{phc}\0{}", presented.expose()));
        let mut name = [0; 32];
        name.copy_from_slice(hmac::sign(&self.key, message.as_bytes()).as_ref());
        name
    }

    /// Whether the use of a secret should be recorded: at most once in `every` seconds for each secret.
    pub fn is_due(&self, id: &str, now: Timestamp, every: Seconds) -> bool {
        let is_due = self.used.get(id).is_none_or(|last| now - last >= every);
        if is_due {
            self.used.insert(id.to_owned(), now);
        }
        is_due
    }
}

impl Default for SecretCache {
    fn default() -> Self {
        Self::new()
    }
}
