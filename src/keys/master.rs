//! The server's own keys: stored in the database, encrypted with the master key, which is kept outside of it.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::aead::{
    AES_256_GCM, AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, RandomizedNonceKey, UnboundKey,
};
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::config::Config;
use crate::failure::{Failure, without_name};
use crate::files::owner::{self, OwnedBy};
use crate::files::{FileError, NamedFile};
use crate::keys::height::{self, TrailHeight};
use crate::oauth::id::ClientId;
use crate::oauth::token::refresh::RefreshName;
use crate::secret::{Hash, from_base64url, random, to_base64url};
use crate::store::db::{Conn, Db, DbError};
use crate::store::paths::parent;
use crate::store::server_keys;

/// The largest file of a master key, in bytes; its text has 43 characters.
const MAX_SIZE: u64 = 4096;

/// The row with the secret from which all other keys are derived.
const ROOT: &str = "root";

/// The keys for refresh tokens, forms, sealed texts, pairwise identifiers, client secrets, counts of guesses, nonces and the
/// audit trail; the same on every node of one database.
#[derive(Debug)]
pub struct ServerKeys {
    /// A hash of the encrypted root as it was read, to detect when the database holds another one.
    root: Hash,
    master: Arc<MasterKey>,
    refresh: hmac::Key,
    form: hmac::Key,
    pairwise: hmac::Key,
    guesses: hmac::Key,
    secrets: hmac::Key,
    events: hmac::Key,
    nonces: hmac::Key,
    text: TextKey,
    session_names: SessionNameKey,
}

impl ServerKeys {
    /// Reads the server's keys, or makes them on the first start.
    ///
    /// # Errors
    /// If the master key is missing, invalid, or not the one that the database was made with.
    pub async fn open(config: &Config, db: &Db, now: Timestamp) -> Result<Self, Failure> {
        let find = async |conn: &mut _| server_keys::find(conn, ROOT).await;
        let is_first_start = db.read(find).await?.is_none();
        let master = match MasterKey::load(config)? {
            Some(master) => master,
            None if is_first_start => MasterKey::make(config)?,
            // A new key would be wrong, and would take the place of the right one.
            None => return Err(MasterKey::missing(config)),
        };
        let master = Arc::new(master);
        if is_first_start {
            let sealed = Self::new_root(&master)?;
            let keys = Self::of(master.clone(), &sealed)?;
            let height = TrailHeight::beginning().row(|message| keys.event_mac(message));
            db.write(async move |tx| {
                if server_keys::save(tx, ROOT, &sealed, now).await? {
                    server_keys::save(tx, height::ROW, &height, now).await?;
                }
                Ok(())
            })
            .await?;
        }
        let sealed = db.read(find).await?;
        let sealed = sealed.ok_or_else(|| Failure::Internal("the server's key was not stored".into()))?;
        Self::of(master, &sealed)
    }

    /// Reads the server's keys, and makes nothing. `None` if the server has none yet, or there is no master key here.
    ///
    /// # Errors
    /// If the master key is invalid, or not the one that the database was made with.
    pub async fn find(config: &Config, db: &Db) -> Result<Option<Self>, Failure> {
        let Some(sealed) = db.read(async |conn: &mut _| server_keys::find(conn, ROOT).await).await? else {
            return Ok(None);
        };
        MasterKey::load(config)?.map(|master| Self::of(master, &sealed)).transpose()
    }

    /// A new random root for [`Self::of`], encrypted.
    ///
    /// # Errors
    /// Only failures of the cryptographic library.
    pub fn new_root(master: &MasterKey) -> Result<Vec<u8>, Failure> {
        master.seal(ROOT, Zeroizing::new(random::<32>().to_vec()))
    }

    /// The keys that are derived from an encrypted root.
    ///
    /// # Errors
    /// If the root was not encrypted with this master key.
    pub fn of(master: impl Into<Arc<MasterKey>>, sealed: &[u8]) -> Result<Self, Failure> {
        let master = master.into();
        let root = hmac::Key::new(hmac::HMAC_SHA256, &master.open(ROOT, sealed)?);
        Ok(Self {
            root: fingerprint(sealed),
            master,
            refresh: derived(&root, "refresh"),
            form: derived(&root, "form"),
            pairwise: derived(&root, "pairwise"),
            guesses: derived(&root, "guesses"),
            secrets: derived(&root, "client secrets"),
            events: derived(&root, "events"),
            nonces: derived(&root, "dpop nonces"),
            text: TextKey::derive(&root)?,
            session_names: SessionNameKey::derive(&root)?,
        })
    }

    /// Reads the server's keys for a command, and never makes new ones. `None` if the database has no keys yet, or if this
    /// account has no master key.
    ///
    /// # Errors
    /// If the master key is invalid, or not the one that the database was made with.
    pub async fn existing(config: &Config, db: &Db, now: Timestamp) -> Result<Option<Self>, Failure> {
        let exist = db.read(async |conn: &mut _| server_keys::find(conn, ROOT).await).await?.is_some();
        if !exist || MasterKey::load(config)?.is_none() {
            return Ok(None);
        }
        Self::open(config, db, now).await.map(Some)
    }

    /// The MAC over a part of the audit trail.
    pub fn event_mac(&self, message: &[u8]) -> [u8; 32] {
        let mut mac = [0; 32];
        mac.copy_from_slice(hmac::sign(&self.events, message).as_ref());
        mac
    }

    /// The nonce with this number for DPoP proofs: 22 characters of base64url, the same on every node.
    pub fn dpop_nonce(&self, number: i64) -> String {
        let mac = hmac::sign(&self.nonces, &number.to_be_bytes());
        to_base64url(mac.as_ref().split_at(16).0)
    }

    /// The master key, which encrypts further keys.
    pub fn master(&self) -> &Arc<MasterKey> {
        &self.master
    }

    /// Whether the database still holds the root from which these keys were derived.
    ///
    /// # Errors
    /// Only failures of the database.
    pub async fn are_those_of(&self, conn: &mut Conn) -> Result<bool, DbError> {
        let sealed = server_keys::find(conn, ROOT).await?;
        Ok(sealed.is_some_and(|sealed| fingerprint(&sealed) == self.root))
    }

    /// The refresh token with this name: the same on every node and at every call.
    pub fn refresh_token(&self, name: &RefreshName) -> String {
        name.token(hmac::sign(&self.refresh, &name.message()).as_ref())
    }

    /// Whether this server made the refresh token with this name and MAC. It does not check whether the token is still
    /// valid.
    pub fn is_refresh_token(&self, name: &RefreshName, mac: &[u8]) -> bool {
        hmac::verify(&self.refresh, &name.message(), mac).is_ok()
    }

    /// The pairwise `sub` of a user in a sector (OpenID Connect Core §8.1). It reveals nothing about the user's id, and
    /// never changes as long as the server's key exists.
    pub fn pairwise_subject(&self, sector: &str, user: &str) -> String {
        to_base64url(hmac::sign(&self.pairwise, format!("sub\0{sector}\0{user}").as_bytes()).as_ref())
    }

    /// The pairwise `sid` of a session in a sector: always the same, and only this server can find the session by it.
    pub fn pairwise_session(&self, sector: &str, session: &str) -> String {
        self.session_names.name(sector, session)
    }

    /// The session that [`Self::pairwise_session`] named so for this sector; `None` if it did not make the name.
    pub fn session_named(&self, sector: &str, name: &str) -> Option<String> {
        self.session_names.session(sector, name)
    }

    /// A name for what a person typed, such as the name of an account that does not exist. It looks like the id of a
    /// user, and reveals nothing about the text to those who read the database.
    pub fn name_of_typed(&self, text: &str) -> String {
        let mac = hmac::sign(&self.guesses, format!("name\0{text}").as_bytes());
        to_base64url(mac.as_ref().split_at(16).0)
    }

    /// A number for what a person typed: always the same for one text, and as good as random.
    pub fn number_of_typed(&self, text: &str) -> u64 {
        let mac = hmac::sign(&self.guesses, format!("number\0{text}").as_bytes());
        mac.as_ref().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// The first 16 bits of a MAC of a client secret. They are too few to recognize a secret, and enough to choose the
    /// hash with which the secret is compared.
    pub fn secret_tag(&self, client: &ClientId, secret: &str) -> i64 {
        let mac = hmac::sign(&self.secrets, format!("{client}\0{secret}").as_bytes());
        mac.as_ref().iter().take(2).fold(0, |tag, byte| tag << 8 | i64::from(*byte))
    }

    /// The text, encrypted for a cookie or an address, so that only this server can read it and no one can change it.
    /// `purpose` keeps uses apart. The result is base64url.
    ///
    /// # Errors
    /// Only failures.
    pub fn seal_text(&self, purpose: &str, text: &str) -> Result<String, Failure> {
        seal(&self.text.0, purpose, text.as_bytes().to_vec()).map(|sealed| to_base64url(&sealed))
    }

    /// The text that [`Self::seal_text`] encrypted for this purpose; `None` if it did not make the value.
    pub fn open_text(&self, purpose: &str, value: &str) -> Option<String> {
        let opened = open(&self.text.0, purpose, &from_base64url(value)?)?;
        String::from_utf8(opened.to_vec()).ok()
    }

    /// The MAC of a holder of a credential and an Idempotency-Key, for the answer that is kept for them.
    pub fn kept_answer_mac(&self, holder: &str, idempotency_key: &str) -> Vec<u8> {
        let message = form_message("kept_answer", &[holder, idempotency_key]);
        hmac::sign(&self.form, message.as_bytes()).as_ref().to_vec()
    }

    /// The hidden value of a form. It proves that this server showed the form to this browser.
    pub fn form_token(&self, purpose: &str, bound_to: &[&str]) -> String {
        to_base64url(hmac::sign(&self.form, form_message(purpose, bound_to).as_bytes()).as_ref())
    }

    /// Whether [`Self::form_token`] made this value for this purpose and these bindings.
    pub fn is_form_token(&self, token: &str, purpose: &str, bound_to: &[&str]) -> bool {
        let mac = from_base64url(token).unwrap_or_default();
        hmac::verify(&self.form, form_message(purpose, bound_to).as_bytes(), &mac).is_ok()
    }
}

fn fingerprint(sealed: &[u8]) -> Hash {
    Hash::of_bytes(sealed)
}

fn derived(root: &hmac::Key, purpose: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(root, purpose.as_bytes()).as_ref())
}

/// Encrypts what browsers keep. One key encrypts a text for every authorization request of a stranger and for every
/// sign-in, for as long as the database exists: the nonces of AES-GCM would not be enough, so it is AES-GCM-SIV (RFC
/// 8452).
struct TextKey(RandomizedNonceKey);

impl std::fmt::Debug for TextKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl TextKey {
    fn derive(root: &hmac::Key) -> Result<Self, Failure> {
        let bytes = hmac::sign(root, b"sealed text");
        let key = RandomizedNonceKey::new(&AES_256_GCM_SIV, bytes.as_ref());
        key.map(Self).map_err(|_| Failure::Internal("the key of sealed texts could not be derived".into()))
    }
}

/// Encrypts the ids of sessions for one sector each. Equal ids must give equal names, so there is no random nonce, which
/// AES-GCM-SIV permits: it then reveals which messages are equal, and nothing else (RFC 8452 §9).
struct SessionNameKey(LessSafeKey);

impl std::fmt::Debug for SessionNameKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl SessionNameKey {
    fn derive(root: &hmac::Key) -> Result<Self, Failure> {
        let bytes = hmac::sign(root, b"session names");
        let key = UnboundKey::new(&AES_256_GCM_SIV, bytes.as_ref());
        key.map(|key| Self(LessSafeKey::new(key)))
            .map_err(|_| Failure::Internal("the key of session names could not be derived".into()))
    }

    fn name(&self, sector: &str, session: &str) -> String {
        let mut bytes = session.as_bytes().to_vec();
        // It fails only for texts of many gigabytes.
        let _ = self.0.seal_in_place_append_tag(Self::nonce(), Aad::from(sector), &mut bytes);
        to_base64url(&bytes)
    }

    fn session(&self, sector: &str, name: &str) -> Option<String> {
        let mut bytes = from_base64url(name)?;
        let opened = self.0.open_in_place(Self::nonce(), Aad::from(sector), &mut bytes).ok()?;
        String::from_utf8(opened.to_vec()).ok()
    }

    fn nonce() -> Nonce {
        Nonce::assume_unique_for_key([0; NONCE_LEN])
    }
}

/// Encrypts: nonce, then ciphertext with tag.
fn seal(key: &RandomizedNonceKey, bound_to: &str, mut bytes: Vec<u8>) -> Result<Vec<u8>, Failure> {
    let nonce = key.seal_in_place_append_tag(Aad::from(bound_to), &mut bytes);
    let nonce = nonce.map_err(|_| Failure::Internal("a value could not be sealed".into()))?;
    Ok([nonce.as_ref(), bytes.as_slice()].concat())
}

/// Decrypts what [`seal`] has made; `None` if it was made with another key or for another use.
fn open(key: &RandomizedNonceKey, bound_to: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut opened = Zeroizing::new(sealed.to_vec());
    let length = key.open_in_place(nonce, Aad::from(bound_to), &mut opened).ok()?.len();
    opened.truncate(length);
    Some(opened)
}

/// The parts contain no NUL, so different lists of parts make different messages.
fn form_message(purpose: &str, bound_to: &[&str]) -> String {
    format!("{purpose}\0{}", bound_to.join("\0"))
}

/// The operator's master key: AES-256-GCM.
pub struct MasterKey(RandomizedNonceKey);

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl MasterKey {
    /// The configured key; `None` if no key is configured and its file does not exist.
    ///
    /// # Errors
    /// If the key is not 32 bytes in base64url, or its file cannot be read.
    pub fn load(config: &Config) -> Result<Option<Self>, Failure> {
        let place = match config.keys.master_key.expose().is_empty() {
            true => config.master_key_file().display().to_string(),
            false => "keys.master_key".to_owned(),
        };
        Self::text(config)?.map(|text| Self::parse(text.trim(), &place)).transpose()
    }

    /// The configured key as text; `None` if no key is configured and its file does not exist.
    ///
    /// # Errors
    /// If the file with the key cannot be read, or is too large for a key.
    pub fn text(config: &Config) -> Result<Option<Zeroizing<String>>, Failure> {
        let configured = config.keys.master_key.expose();
        if !configured.is_empty() {
            return Ok(Some(Zeroizing::new(configured.clone())));
        }
        match Self::text_in(&config.master_key_file()) {
            Err(error) if error.is_missing() => Ok(None),
            text => Ok(Some(text?)),
        }
    }

    /// The text of a file with a key.
    ///
    /// # Errors
    /// If the file cannot be read, or is too large for a key.
    pub fn text_in(path: &Path) -> Result<Zeroizing<String>, FileError> {
        NamedFile::new("the master key", path).of_grantor().text(MAX_SIZE)
    }

    /// Checks that a file contains a key. A file that does not exist is accepted.
    ///
    /// # Errors
    /// If the file cannot be read, or does not contain a key.
    pub fn check_file(file: &NamedFile<'_>) -> Result<(), FileError> {
        match file.text(MAX_SIZE) {
            Err(error) if error.is_missing() => Ok(()),
            Err(error) => Err(error),
            Ok(text) => {
                Self::parse(&text, "").map(drop).map_err(|_| file.wrong("it is not 32 bytes in base64url"))
            }
        }
    }

    /// A new key, in a file beside the database.
    fn make(config: &Config) -> Result<Self, Failure> {
        if let Some(sentence) = config.missing_master_key() {
            return Err(Failure::Internal(sentence));
        }
        let path = config.master_key_file();
        let place = path.display().to_string();
        let text = Self::keep(&path, &to_base64url(&random::<32>()))?;
        // On the first start with SQLite this is as it should be. Nodes on PostgreSQL share one key, and a container may
        // lose its working directory.
        if config.database_options().sqlite_path().is_some() {
            tracing::info!(
                "made the master key {place}: keep a copy of it, apart from those of the database"
            );
        } else {
            tracing::warn!(
                "no master key was configured; a new one is in {place}: every node needs this one; keep it safe, and apart \
                 from the database"
            );
        }
        Self::parse(text.trim(), &place)
    }

    /// The error for a database that was encrypted with a master key when the key's file is missing.
    pub fn missing(config: &Config) -> Failure {
        let place = config.master_key_file();
        Failure::Internal(format!(
            "the master key {} is missing, and this database was made with one; put it back",
            place.display()
        ))
    }

    /// The key from its text in base64url. `place` says in the error where the text came from.
    ///
    /// # Errors
    /// If the text is not 32 bytes in base64url.
    pub fn parse(text: &str, place: &str) -> Result<Self, Failure> {
        let wrong = || Failure::Internal(format!("the master key in {place} is not 32 bytes in base64url"));
        let bytes = Zeroizing::new(from_base64url(text.trim().trim_end_matches('=')).ok_or_else(wrong)?);
        RandomizedNonceKey::new(&AES_256_GCM, &bytes).map(Self).map_err(|_| wrong())
    }

    /// Writes a key to a new file that only its owner can read. Returns the text of the file, which is another key's if
    /// another process made the file first.
    ///
    /// # Errors
    /// If the file cannot be written, or the existing one cannot be read.
    pub fn keep(path: &Path, key: &str) -> Result<Zeroizing<String>, Failure> {
        let failed = |error: &std::io::Error| {
            let denied = error.kind() == std::io::ErrorKind::PermissionDenied;
            let hint = denied.then(|| owner::hint(OwnedBy::Grantor, [parent(path)])).flatten();
            Failure::Internal(format!(
                "cannot make the master key file {}: {}{}",
                path.display(),
                without_name(error),
                hint.map(|hint| format!("; {hint}")).unwrap_or_default()
            ))
        };
        let text = Zeroizing::new(format!("{}\n", key.trim()));
        // A temporary file is readable by its owner only, and it gets its final name when it is complete.
        let mut file = tempfile::NamedTempFile::new_in(parent(path)).map_err(|error| failed(&error))?;
        file.write_all(text.as_bytes())
            .and_then(|()| file.as_file().sync_all())
            .map_err(|error| failed(&error))?;
        match file.persist_noclobber(path) {
            Ok(_) => Ok(text),
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(Self::text_in(path)?),
            Err(error) => Err(failed(&error.error)),
        }
    }

    /// Checks that this key decrypts the server's root key.
    ///
    /// # Errors
    /// If the database was made with another master key.
    pub fn opens(&self, sealed_root: &[u8]) -> Result<(), Failure> {
        self.open(ROOT, sealed_root).map(drop)
    }

    /// The secret, encrypted for the row `id`: nonce, then ciphertext with tag.
    ///
    /// # Errors
    /// Only failures of the cryptographic library.
    pub fn seal(&self, id: &str, mut secret: Zeroizing<Vec<u8>>) -> Result<Vec<u8>, Failure> {
        seal(&self.0, id, std::mem::take(&mut *secret))
    }

    /// The decrypted secret of the row `id`.
    ///
    /// # Errors
    /// If it was encrypted with another master key or for another row.
    pub fn open(&self, id: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let wrong = "the master key is not the one that this database was made with; configure that one";
        open(&self.0, id, sealed).ok_or_else(|| Failure::Internal(wrong.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_master_key_does_not_decrypt() {
        let key = |byte: u8| MasterKey::parse(&to_base64url(&[byte; 32]), "test").unwrap();
        let sealed = key(1).seal("a", Zeroizing::new(b"secret".to_vec())).unwrap();
        assert_eq!(key(1).open("a", &sealed).unwrap().as_slice(), b"secret");
        assert!(key(2).open("a", &sealed).is_err());
        assert!(key(1).open("b", &sealed).is_err(), "a sealed key is bound to its row");
        assert!(key(1).open("a", &sealed[..5]).is_err());
        assert!(MasterKey::parse("dG9vIHNob3J0", "test").is_err());
    }
}
