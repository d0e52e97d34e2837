//! The keys that sign and decrypt, through a cache that is at most a second old; makes new keys when they are due.
//!
//! Every node reads the same rows and applies the same rule at its own time, so all agree. If several nodes make a key
//! at the same time, the database accepts one.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::cache::fresh::{Fresh, fresh_or_last};
use crate::clock::{Seconds, Timestamp};
use crate::clock_watch::ClockWatch;
use crate::config::KeyOptions;
use crate::failure::Failure;
use crate::jose::JoseError;
use crate::jose::jwe::EncryptedToken;
use crate::jose::key::SigningKey;
use crate::jose::own_key::OwnDecryptionKey;
use crate::jose::verify::VerifyingKey;
use crate::keys::master::MasterKey;
use crate::oauth::signing_key::{
    DueKey, JWKS_MAX_AGE, KeyAlgorithm, KeyRecord, KeyState, Schedule, SigningAlgorithm, signing,
};
use crate::store::db::{Db, DbError, Tx};
use crate::store::signing_keys::{self, StoredKey};

/// The maximum age of the cache, which is how long a change needs to reach every node.
const MAX_AGE: Duration = Duration::from_secs(1);

/// The keys at one moment.
#[derive(Debug)]
pub struct CurrentKeys {
    at: Timestamp,
    jwks: String,
    signing: Vec<Arc<SigningKey>>,
    published: Vec<VerifyingKey>,
    /// The published keys that decrypt, those that others are to encrypt for first.
    decrypting: Vec<Arc<OwnDecryptionKey>>,
}

impl CurrentKeys {
    /// The JWK Set that `/jwks` returns (RFC 7517 §5).
    pub fn jwks(&self) -> &str {
        &self.jwks
    }

    /// The key to sign with; `None` if the configuration does not offer the algorithm.
    pub fn signing(&self, algorithm: SigningAlgorithm) -> Option<&Arc<SigningKey>> {
        self.signing.iter().find(|key| key.algorithm() == algorithm)
    }

    /// Whether one of the published keys has this `kid`.
    pub fn publishes(&self, kid: &str) -> bool {
        self.published.iter().any(|key| key.kid() == kid)
    }

    /// The key that decrypts a token: the one that its `kid` names, or without a `kid` the one of its algorithm that others
    /// are to encrypt for now. `None` if it is not known.
    pub fn decrypting(&self, token: &EncryptedToken<'_>) -> Option<&Arc<OwnDecryptionKey>> {
        match token.kid() {
            Some(kid) => self.decrypting.iter().find(|key| key.kid() == kid),
            None => self.decrypting.iter().find(|key| key.algorithm() == token.algorithm()),
        }
    }

    /// The published keys: every valid token of this server is signed by one of them.
    pub fn published(&self) -> &[VerifyingKey] {
        &self.published
    }
}

/// The cache. Clones share their content.
#[derive(Clone)]
pub struct KeySet(Arc<KeySetState>);

struct KeySetState {
    db: Db,
    /// No key is made by a wrong clock: others would sign with it years too late.
    watch: ClockWatch,
    master: Arc<MasterKey>,
    algorithms: Vec<SigningAlgorithm>,
    /// The algorithms for signing, and those for encryption.
    all: Vec<KeyAlgorithm>,
    schedule: Schedule,
    /// Decrypted keys by `kid`, because parsing an RSA key is slow.
    opened: Mutex<HashMap<String, Arc<SigningKey>>>,
    /// Keys that decrypt, by `kid`.
    decrypting: Mutex<HashMap<String, Arc<OwnDecryptionKey>>>,
    current: Fresh<CurrentKeys, Arc<Failure>>,
    is_rotating: AtomicBool,
}

impl KeySet {
    /// Reads the keys and makes those that are due: on the first start one for each algorithm.
    ///
    /// # Errors
    /// If the database fails or the master key does not decrypt a key.
    pub async fn open(
        options: &KeyOptions,
        (db, watch): (&Db, &ClockWatch),
        master: &Arc<MasterKey>,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let set = Self(Arc::new(KeySetState {
            db: db.clone(),
            watch: watch.clone(),
            master: master.clone(),
            algorithms: options.algorithms.clone(),
            all: options.all().collect(),
            schedule: options.schedule(),
            opened: Mutex::default(),
            decrypting: Mutex::default(),
            current: Fresh::default(),
            is_rotating: AtomicBool::new(false),
        }));
        let rotation = set.rotation(&set.stored().await?, now);
        if !rotation.due.is_empty() {
            note(&set.rotate(rotation, now).await?, now);
        }
        set.current(now).await?;
        Ok(set)
    }

    /// The keys as they are at `now`, or at most a second earlier. A call that has taken long returns the keys of a
    /// later call, so that it does not replace them by older ones.
    ///
    /// # Errors
    /// If the database fails or the master key does not decrypt a key.
    pub async fn current(&self, now: Timestamp) -> Result<Arc<CurrentKeys>, Failure> {
        let started = Instant::now();
        let since = started.checked_sub(MAX_AGE).unwrap_or(started);
        let is_of_now = |current: &CurrentKeys| now - current.at <= MAX_AGE.into();
        let read = async || self.read(now).await.map_err(Arc::new);
        let current = self.0.current.get(since, is_of_now, read).await;
        current.map(|(current, _)| current).map_err(Failure::Shared)
    }

    /// The keys for the applications that verify tokens: while the database does not answer, as they were read last, if
    /// that was no longer ago than applications keep them anyway. Also returns how long they may still keep them.
    ///
    /// # Errors
    /// Those of [`Self::current`].
    pub async fn published(&self, now: Timestamp) -> Result<(Arc<CurrentKeys>, Seconds), Failure> {
        let left = |current: &CurrentKeys| JWKS_MAX_AGE - (now - current.at).max(Seconds::ZERO);
        let last =
            self.0.current.kept().filter(|(last, at)| {
                left(last) > Seconds::ZERO && Seconds::from(at.elapsed()) < JWKS_MAX_AGE
            });
        let current = fresh_or_last(self.current(now), last.map(|(last, _)| last)).await?;
        let left = left(&current);
        Ok((current, left))
    }

    async fn read(&self, now: Timestamp) -> Result<CurrentKeys, Failure> {
        let stored = self.stored().await?;
        let rotation = self.rotation(&stored, now);
        if !rotation.due.is_empty() {
            self.rotate_in_background(rotation, now);
        }
        self.current_keys(&stored, now)
    }

    async fn stored(&self) -> Result<Vec<StoredKey>, Failure> {
        Ok(self.0.db.read(async |conn| signing_keys::list(conn).await).await?)
    }

    /// Applies the schedule to the stored keys.
    fn current_keys(&self, stored: &[StoredKey], now: Timestamp) -> Result<CurrentKeys, Failure> {
        let records = records(stored);
        let is_published =
            |key: &&StoredKey| self.0.schedule.state(&records, &key.record, now).is_published();
        let published: Vec<&StoredKey> = stored.iter().filter(is_published).collect();
        let jwks: Vec<&str> = published.iter().map(|key| key.public_jwk.as_str()).collect();
        let verifying = published.iter().filter_map(|key| match key.record.algorithm {
            KeyAlgorithm::Signing(algorithm) => {
                Some(VerifyingKey::read(&key.record.kid, algorithm, &key.public_jwk))
            }
            KeyAlgorithm::Encryption(_) => None,
        });
        let mut signing_keys = Vec::new();
        for algorithm in &self.0.algorithms {
            let kid = signing(&records, (*algorithm).into(), now).map(|record| record.kid.as_str());
            if let Some(key) = published.iter().find(|key| Some(key.record.kid.as_str()) == kid) {
                signing_keys.push(self.opened(key, *algorithm)?);
            }
        }
        Ok(CurrentKeys {
            at: now,
            jwks: format!("{{\"keys\":[{}]}}", jwks.join(",")),
            signing: signing_keys,
            published: verifying.collect::<Result<_, JoseError>>()?,
            decrypting: self.decrypting(&records, &published, now)?,
        })
    }

    /// The published keys that decrypt, decrypted once. Those that others are to encrypt for come first.
    fn decrypting(
        &self,
        records: &[KeyRecord],
        published: &[&StoredKey],
        now: Timestamp,
    ) -> Result<Vec<Arc<OwnDecryptionKey>>, Failure> {
        let mut opened = self.0.decrypting.lock().map_err(poisoned)?;
        let mut found = Vec::new();
        for key in published {
            let KeyRecord { kid, algorithm, .. } = &key.record;
            let KeyAlgorithm::Encryption(of) = *algorithm else { continue };
            let decrypting = match opened.get(kid) {
                Some(known) => known.clone(),
                None => {
                    let pkcs8 = self.0.master.open(kid, &key.sealed)?;
                    Arc::new(OwnDecryptionKey::from_pkcs8(of, &pkcs8)?)
                }
            };
            let is_current = signing(records, *algorithm, now).is_some_and(|current| current.kid == *kid);
            found.push((is_current, decrypting));
        }
        found.sort_by_key(|(is_current, _)| !is_current);
        let found: Vec<_> = found.into_iter().map(|(_, key)| key).collect();
        *opened = found.iter().map(|key| (key.kid().to_owned(), key.clone())).collect();
        Ok(found)
    }

    /// Decrypts a key, once.
    fn opened(&self, key: &StoredKey, algorithm: SigningAlgorithm) -> Result<Arc<SigningKey>, Failure> {
        let kid = &key.record.kid;
        let mut opened = self.0.opened.lock().map_err(poisoned)?;
        if let Some(key) = opened.get(kid) {
            return Ok(key.clone());
        }
        let pkcs8 = self.0.master.open(kid, &key.sealed)?;
        let key = Arc::new(SigningKey::from_pkcs8(algorithm, &pkcs8)?);
        // Keys of earlier rotations are no longer needed.
        opened.retain(|_, other| other.algorithm() != algorithm);
        opened.insert(kid.clone(), key.clone());
        Ok(key)
    }

    /// The keys that are due now, and those that have ended.
    fn rotation(&self, stored: &[StoredKey], now: Timestamp) -> Rotation {
        let records = records(stored);
        let due = self.0.all.iter();
        let due: Vec<DueKey> =
            due.filter_map(|algorithm| self.0.schedule.due(&records, *algorithm, now)).collect();
        let is_over = |key: &&KeyRecord| {
            let state = self.0.schedule.state(&records, key, now);
            matches!(state, KeyState::Ended | KeyState::Retired)
                && due.iter().any(|due| due.algorithm == key.algorithm)
        };
        let over = records.iter().filter(is_over).map(|key| key.kid.clone()).collect();
        Rotation { due, over }
    }

    /// Makes the keys if this node's clock is good. Returns those that were stored.
    async fn rotate(&self, mut rotation: Rotation, now: Timestamp) -> Result<Vec<KeyRecord>, Failure> {
        let verdict = self.0.watch.look().await?;
        if !verdict.may_make_keys() {
            return Ok(Vec::new());
        }
        if !verdict.may_delete() {
            rotation.over.clear();
        }
        rotation.run(&self.0.db, &self.0.master, now).await
    }

    /// Rotates in the background, while requests use the existing keys.
    fn rotate_in_background(&self, rotation: Rotation, now: Timestamp) {
        if self.0.is_rotating.swap(true, Ordering::AcqRel) {
            return;
        }
        let set = self.clone();
        tokio::spawn(async move {
            let rotated = set.rotate(rotation, now).await;
            set.0.current.clear();
            set.0.is_rotating.store(false, Ordering::Release);
            match rotated {
                Ok(made) => note(&made, now),
                // The next read tries again.
                Err(failure) => {
                    tracing::error!("signing keys are due but could not be made: {}", failure.chain());
                }
            }
        });
    }
}

/// Keys to make, and the `kid`s of those to delete at the same time.
#[derive(Debug, Default)]
pub struct Rotation {
    pub due: Vec<DueKey>,
    pub over: Vec<String>,
}

/// New keys that are not stored yet, and the names of the old keys to delete in the same transaction.
#[derive(Debug)]
pub struct MadeKeys {
    made: Vec<(StoredKey, DueKey)>,
    over: Vec<String>,
}

impl Rotation {
    /// Creates the keys and stores those that no other process has created in the meantime. Returns the stored ones.
    ///
    /// # Errors
    /// If a key cannot be generated or encrypted, or the database fails.
    pub async fn run(
        self,
        db: &Db,
        master: &Arc<MasterKey>,
        now: Timestamp,
    ) -> Result<Vec<KeyRecord>, Failure> {
        let made = self.make(master, now).await?;
        Ok(db.write(async move |tx: &mut Tx| made.save(tx).await).await?)
    }

    /// Creates the keys on another thread, so that requests do not wait. Stores nothing.
    ///
    /// # Errors
    /// If a key cannot be generated or encrypted.
    pub async fn make(self, master: &Arc<MasterKey>, now: Timestamp) -> Result<MadeKeys, Failure> {
        let Self { due, over } = self;
        let master = master.clone();
        let made = tokio::task::spawn_blocking(move || {
            due.into_iter()
                .map(|due| Ok((make(&master, &due, now)?, due)))
                .collect::<Result<Vec<_>, Failure>>()
        });
        let made = made.await.map_err(|_| Failure::Internal("the making of a key panicked".into()))??;
        Ok(MadeKeys { made, over })
    }
}

impl MadeKeys {
    /// Stores the keys that no other process has created in the meantime, and deletes the old ones. Returns the records
    /// of the stored keys.
    ///
    /// # Errors
    /// Only failures of the database.
    pub async fn save(&self, tx: &mut Tx) -> Result<Vec<KeyRecord>, DbError> {
        let mut saved = Vec::new();
        for (key, due) in &self.made {
            if signing_keys::save_due(tx, key, due).await? {
                saved.push(key.record.clone());
            }
        }
        for kid in &self.over {
            signing_keys::delete(tx, kid).await?;
        }
        Ok(saved)
    }
}

/// Logs the keys that the server made by itself.
fn note(made: &[KeyRecord], now: Timestamp) {
    for KeyRecord { kid, algorithm, signs_from, .. } in made {
        let wait = *signs_from - now;
        tracing::info!(
            "made the {algorithm} key {kid}, which {}",
            algorithm.takes_over(&format!("in {wait} seconds"))
        );
    }
}

fn poisoned<T>(_: PoisonError<T>) -> Failure {
    Failure::Internal("a thread panicked over the keys".into())
}

fn make(master: &MasterKey, due: &DueKey, now: Timestamp) -> Result<StoredKey, Failure> {
    let (kid, pkcs8, public_jwk) = match due.algorithm {
        KeyAlgorithm::Signing(algorithm) => {
            let key = SigningKey::generate(algorithm)?;
            (key.kid().to_owned(), key.to_pkcs8()?, key.public_jwk()?)
        }
        KeyAlgorithm::Encryption(algorithm) => {
            let key = OwnDecryptionKey::generate(algorithm)?;
            (key.kid().to_owned(), key.to_pkcs8(), key.public_jwk())
        }
    };
    let record = KeyRecord {
        kid,
        algorithm: due.algorithm,
        created_at: now,
        signs_from: due.signs_from,
        retired_at: None,
    };
    Ok(StoredKey { sealed: master.seal(&record.kid, pkcs8)?, public_jwk, record })
}

/// The records of the stored keys, which are the input of the rule in [`Schedule`].
pub fn records(stored: &[StoredKey]) -> Vec<KeyRecord> {
    stored.iter().map(|key| key.record.clone()).collect()
}
