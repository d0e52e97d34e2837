//! Secrets that are told: compared with what is stored of them, and their use noted.

use aws_lc_rs::hmac;
use quick_cache::sync::Cache;

use crate::app::App;
use crate::clock::Seconds;
use crate::failure::Failure;
use crate::oauth::client::{ClientSecret, SecretHash};
use crate::passwords::Verified;
use crate::secret::{Hash, Secret, equal, random};
use crate::store::clients::{self, StoredClient};
use crate::store::db::DbError;

/// Seconds between two notes that a secret was used.
const USED_EVERY: Seconds = 60;
/// Bytes of a secret; longer ones are not hashed.
const LONGEST_SECRET: usize = 1024;

/// The live secret that was presented.
pub(super) async fn find_secret<'c>(
    app: &App,
    stored: &'c StoredClient,
    presented: &Secret,
) -> Result<Option<&'c ClientSecret>, Failure> {
    if presented.expose().len() > LONGEST_SECRET {
        return Ok(None);
    }
    let (now, digest) = (app.now(), Hash::of(presented.expose()).to_text());
    for secret in stored.secrets.iter().filter(|secret| secret.is_live(now)) {
        let is_right = match &secret.hash {
            SecretHash::Sha256(hash) => equal(hash.as_bytes(), digest.as_bytes()),
            SecretHash::Argon2(hash) => app.secrets.verify(app, hash, presented).await?,
        };
        if is_right {
            return Ok(Some(secret));
        }
    }
    Ok(None)
}

/// Remembers in this process what Argon2 said about a secret that a person chose, so that each is hashed once.
///
/// It holds no secret: its keys are MACs under a key of this process alone.
pub struct SecretCache {
    key: hmac::Key,
    verdicts: Cache<[u8; 32], bool>,
    used: Cache<String, Seconds>,
}

impl SecretCache {
    const LARGEST: usize = 10_000;

    pub fn new() -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &random::<32>()),
            verdicts: Cache::new(Self::LARGEST),
            used: Cache::new(Self::LARGEST),
        }
    }

    async fn verify(&self, app: &App, hash: &str, presented: &Secret) -> Result<bool, Failure> {
        let message = format!("{hash}\0{}", presented.expose());
        let mut key = [0; 32];
        key.copy_from_slice(hmac::sign(&self.key, message.as_bytes()).as_ref());
        if let Some(verdict) = self.verdicts.get(&key) {
            return Ok(verdict);
        }
        let verified = app.passwords.verify(presented.clone(), Some(hash.to_owned())).await?;
        let is_right = verified != Verified::Wrong;
        self.verdicts.insert(key, is_right);
        Ok(is_right)
    }

    /// Whether a use is worth a note, at most once a minute for each secret.
    fn is_due(&self, id: &str, now: Seconds) -> bool {
        let is_due = self.used.get(id).is_none_or(|last| now - last >= USED_EVERY);
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

/// Notes the use outside the request.
pub(super) fn note_use(app: &App, secret: &str) {
    let now = app.now();
    if !app.secrets.is_due(secret, now) {
        return;
    }
    let (db, id) = (app.db.clone(), secret.to_owned());
    actix_web::rt::spawn(async move {
        let touch = async move |tx: &mut _| clients::touch_secret(tx, &id, now, USED_EVERY).await;
        if let Err(error) = db.write::<_, DbError, _>(touch).await {
            tracing::warn!("a client secret's last use was not noted: {error}");
        }
    });
}
