//! A cache for client secrets: which ones Argon2 has accepted, and when each was last used.

use aws_lc_rs::hmac;
use quick_cache::sync::Cache;

use crate::clock::{Seconds, Timestamp};
use crate::secret::{Secret, random};

/// Remembers the results of Argon2 for chosen secrets, so that each is hashed once in this process.
///
/// It does not contain secrets: its keys are MACs made with a key of this process.
pub struct SecretCache {
    key: hmac::Key,
    verdicts: Cache<[u8; 32], bool>,
    used: Cache<String, Timestamp>,
}

impl SecretCache {
    const MAX_ENTRIES: usize = 10_000;

    pub fn new() -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &random::<32>()),
            verdicts: Cache::new(Self::MAX_ENTRIES),
            used: Cache::new(Self::MAX_ENTRIES),
        }
    }

    /// Whether Argon2 has found that the secret matches the hash; `None` if it was not asked lately.
    pub fn verdict(&self, phc: &str, presented: &Secret) -> Option<bool> {
        self.verdicts.get(&self.name(phc, presented))
    }

    /// Remembers what Argon2 has found.
    pub fn remember(&self, phc: &str, presented: &Secret, is_right: bool) {
        self.verdicts.insert(self.name(phc, presented), is_right);
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
