//! A cache for client secrets: which ones Argon2 has accepted, and when each was last used.

use aws_lc_rs::hmac;
use quick_cache::sync::Cache;

use crate::clock::{Seconds, Timestamp};
use crate::failure::Failure;
use crate::secret::passwords::{PasswordVerdict, Passwords};
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

    pub async fn verify(
        &self,
        passwords: &Passwords,
        hash: &str,
        presented: &Secret,
    ) -> Result<bool, Failure> {
        let message = format!("{hash}\0{}", presented.expose());
        let mut key = [0; 32];
        key.copy_from_slice(hmac::sign(&self.key, message.as_bytes()).as_ref());
        if let Some(verdict) = self.verdicts.get(&key) {
            return Ok(verdict);
        }
        let verified = passwords.verify(presented.clone(), Some(hash.to_owned())).await?;
        let is_right = verified != PasswordVerdict::Wrong;
        self.verdicts.insert(key, is_right);
        Ok(is_right)
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
