//! The secrets of a client. Two secrets at a time allow a change without an outage.

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{event, existing, management};
use crate::clock::Timestamp;
use crate::failure::Denied;
use crate::keys::master::ServerKeys;
use crate::oauth::client::{AuthMethod, Client, ClientSecret, SecretHash};
use crate::oauth::id::ClientId;
use crate::operations::event::Act;
use crate::operations::fault::{Fault, Faults};
use crate::operations::list::{self, Cursor, List, Listing};
use crate::operations::terms::Version;
use crate::operations::{Context, Done, Outcome};
use crate::secret::passwords::Passwords;
use crate::secret::{Hash, Secret, random_client_secret, random_id};
use crate::store::client_secrets::SecretRecord;
use crate::store::clients::ClientRecord;
use crate::store::db::{Conn, Tx};
use crate::store::{client_secrets, clients};

const CURSOR: Cursor = Cursor::of("secrets");
/// The largest number of secrets of a client.
const MAX_SECRETS: usize = 5;
/// The least length in bytes of a secret that signs: the output length of SHA-256 (RFC 7518 §3.2).
const MIN_SIGNING_LENGTH: usize = 32;

/// A secret that a person chose, hashed.
pub struct ChosenSecret {
    text: Secret,
    hash: String,
}

/// The source of a new secret.
pub enum SecretSource {
    Chosen(ChosenSecret),
    /// The server generates it and shows it once.
    Generated,
}

/// A secret that was added.
#[derive(Clone, Debug)]
pub struct AddedSecret {
    pub id: String,
    pub expires_at: Option<Timestamp>,
    /// The secret itself, if the server generated it. It is stored nowhere else.
    pub generated: Option<Secret>,
}

/// What the removal of a secret means for its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretRemoval {
    /// Requests with this secret are refused.
    OfOne,
    /// The client gets no tokens until it has another secret.
    OfTheLast,
}

impl ChosenSecret {
    /// The largest length in bytes.
    pub const MAX_LENGTH: usize = 1024;

    /// Checks and hashes a secret.
    ///
    /// # Errors
    /// If the secret has the wrong length, or if the queue of hashing jobs is full.
    pub async fn new(passwords: &Passwords, text: Secret) -> Result<Self, Denied<Faults>> {
        if !(1..=Self::MAX_LENGTH).contains(&text.expose().len()) {
            return Err(Fault::invalid(
                "client_secret",
                format!("a secret has 1 to {} bytes", Self::MAX_LENGTH),
            )
            .into());
        }
        let hash = passwords.hash(text.clone()).await?;
        Ok(Self { text, hash })
    }
}

/// Adds a secret to a client.
///
/// # Errors
/// If there is no such client, the actor may not change it, it uses no secrets, or it already has as many as it may have.
pub async fn add_secret(
    context: &Context<'_>,
    client: &ClientId,
    source: SecretSource,
    expires_at: Option<Timestamp>,
) -> Outcome<AddedSecret> {
    let key = client.clone();
    let record = context.read(async move |conn: &mut Conn| existing(conn, &key).await).await?;
    let (secret, generated) = made(context, &record.client, source, expires_at).await?;
    let added = AddedSecret { id: secret.id.clone(), expires_at, generated };
    let (key, now, actor) = (client.clone(), context.now, context.actor.clone());
    context
        .act(async move |tx: &mut Tx| {
            let record = existing(tx, &key).await?;
            management::may_change(&actor, [&record.client])?;
            takes_another(&record)?;
            // Between the check and this transaction, the client's authentication method has changed. The prepared
            // secret does not fit the new one.
            if (record.client.auth_method == Some(AuthMethod::SecretJwt)) != secret.sealed.is_some() {
                return Err(changed_meanwhile(&key).into());
            }
            clients::add_secret(tx, &key, &secret, now).await?;
            let event = event(Act::ClientSecretAdded, &record.client);
            let event = event.creating(members(&added.id, added.expires_at));
            Ok(Done { outcome: added.clone(), event })
        })
        .await
}

/// Returns a page of the secrets of a client, the oldest first. The filter is the client.
///
/// # Errors
/// If there is no such client, or the limit or the cursor is not valid.
pub async fn list_secrets(
    context: &Context<'_>,
    listing: Listing<ClientId>,
) -> Result<List<SecretRecord>, Denied<Faults>> {
    let client = listing.filter.clone();
    let record = context.read(async move |conn: &mut Conn| existing(conn, &client).await).await?;
    Ok(list::of_all(record.secrets, CURSOR, listing, |secret| secret.id.clone())?)
}

/// Finds a secret of a client, without the secret itself.
///
/// # Errors
/// If there is no such client or secret, or the secret has another version than the terms name.
pub async fn find_secret(
    context: &Context<'_>,
    client: &ClientId,
    secret: &str,
) -> Result<SecretRecord, Denied<Faults>> {
    let (client, secret, terms) = (client.clone(), secret.to_owned(), context.terms.clone());
    context
        .read(async move |conn: &mut Conn| {
            let record = existing(conn, &client).await?;
            let found = of_client(&record, &secret)?;
            terms.check(&members_of(found))?;
            Ok(found.clone())
        })
        .await
}

/// Returns the version of a secret, which has another one when it ends at another time.
pub fn secret_version(secret: &SecretRecord) -> Version {
    Version::of(&members_of(secret))
}

/// Changes when a secret ends. `None`: it no longer ends by itself. The outcome is the secret, as [`find_secret`] returns it.
///
/// # Errors
/// If there is no such client or secret, the secret has another version, the time is over, or the actor may not change the
/// client.
pub async fn set_secret_end(
    context: &Context<'_>,
    client: &ClientId,
    secret: &str,
    expires_at: Option<Timestamp>,
) -> Outcome<SecretRecord> {
    if expires_at.is_some_and(|end| end <= context.now) {
        let sentence = "the time is over already; delete the secret to end it now";
        return Err(Fault::invalid("expires_at", sentence).into());
    }
    let (key, secret) = (client.clone(), secret.to_owned());
    let Context { terms, actor, .. } = context.clone();
    context
        .act(async move |tx: &mut Tx| {
            let record = existing(tx, &key).await?;
            management::may_change(&actor, [&record.client])?;
            let before = of_client(&record, &secret)?;
            terms.check(&members_of(before))?;
            client_secrets::set_end(tx, &key, &secret, expires_at).await?;
            let after = SecretRecord { expires_at, ..before.clone() };
            let event = event(Act::ClientSecretChanged, &record.client)
                .changing(members_of(before), members_of(&after));
            Ok(Done { outcome: after, event })
        })
        .await
}

/// Returns what the removal of a secret would mean.
///
/// # Errors
/// If there is no such client or secret.
pub async fn check_remove_secret(
    context: &Context<'_>,
    client: &ClientId,
    secret: &str,
) -> Result<SecretRemoval, Denied<Faults>> {
    let (client, secret, now) = (client.clone(), secret.to_owned(), context.now);
    context
        .read(async move |conn: &mut Conn| {
            Ok(SecretRemoval::of(&existing(conn, &client).await?, &secret, now)?)
        })
        .await
}

/// Removes a secret if that still means what the caller `expected`.
///
/// # Errors
/// If there is no such client or secret, the secret has another version, the actor may not change the client, or the removal
/// now means something else.
pub async fn remove_secret(
    context: &Context<'_>,
    client: &ClientId,
    secret: &str,
    expected: SecretRemoval,
) -> Outcome<()> {
    let (key, secret) = (client.clone(), secret.to_owned());
    let Context { now, terms, actor, .. } = context.clone();
    context
        .act(async move |tx: &mut Tx| {
            let record = existing(tx, &key).await?;
            management::may_change(&actor, [&record.client])?;
            let before = members_of(of_client(&record, &secret)?);
            terms.check(&before)?;
            if SecretRemoval::of(&record, &secret, now)? != expected {
                return Err(changed_meanwhile(&key).into());
            }
            client_secrets::delete(tx, &key, &secret).await?;
            Ok(Done { outcome: (), event: event(Act::ClientSecretRemoved, &record.client).deleting(before) })
        })
        .await
}

impl SecretSource {
    /// The fault of a chosen secret that is too short for a client that signs with it.
    pub(super) fn fault_for(&self, client: &Client) -> Option<Fault> {
        let Self::Chosen(chosen) = self else { return None };
        let signs = client.auth_method == Some(AuthMethod::SecretJwt);
        let is_too_short = signs && chosen.text.expose().len() < MIN_SIGNING_LENGTH;
        let sentence = format!("a secret that signs has at least {MIN_SIGNING_LENGTH} bytes");
        is_too_short.then(|| Fault::invalid("client_secret", sentence))
    }
}

/// Returns what the database stores of a new secret of `client`, and the secret itself if it was generated.
pub(super) async fn made(
    context: &Context<'_>,
    client: &Client,
    source: SecretSource,
    expires_at: Option<Timestamp>,
) -> Result<(ClientSecret, Option<Secret>), Denied<Faults>> {
    if let Some(fault) = source.fault_for(client) {
        return Err(fault.into());
    }
    let (text, hash, is_generated) = match source {
        SecretSource::Chosen(chosen) => {
            let keys = ServerKeys::open(context.config, context.db, context.now).await?;
            let tag = keys.secret_tag(&client.id, chosen.text.expose());
            (chosen.text, SecretHash::Argon2 { phc: chosen.hash, tag }, false)
        }
        SecretSource::Generated => {
            let text = random_client_secret();
            let hash = SecretHash::Sha256(Hash::of(text.expose()).to_text());
            (text, hash, true)
        }
    };
    let id = random_id();
    let sealed = match client.auth_method {
        Some(AuthMethod::SecretJwt) => Some(sealed(context, &id, text.expose()).await?),
        _ => None,
    };
    Ok((ClientSecret { id, hash, sealed, expires_at }, is_generated.then_some(text)))
}

/// Seals the secret of a client that signs with it: the server needs the secret itself to verify the signatures.
async fn sealed(context: &Context<'_>, id: &str, secret: &str) -> Result<Vec<u8>, Denied<Faults>> {
    let keys = ServerKeys::open(context.config, context.db, context.now).await?;
    Ok(keys.master().seal(id, Zeroizing::new(secret.as_bytes().to_vec()))?)
}

/// Checks that a client can get one more secret.
///
/// # Errors
/// If the client uses no secrets, or has as many as it may have.
pub fn takes_another(record: &ClientRecord) -> Result<(), Fault> {
    let (id, kind) = (&record.client.id, record.client.kind);
    let sentence = if kind.is_public() {
        format!("the {} client {id} is public and cannot keep a secret", kind.as_str())
    } else if let Some(method) = record.client.auth_method.filter(|method| !method.needs_secret()) {
        format!("the client {id} {} and has no secret", method.instead_of_a_secret())
    } else if record.secrets.len() >= MAX_SECRETS {
        format!(
            "the client {id} has {MAX_SECRETS} secrets, which is the most; remove one before you add another"
        )
    } else {
        return Ok(());
    };
    Err(Fault::conflict(None, sentence))
}

impl SecretRemoval {
    fn of(record: &ClientRecord, secret: &str, now: Timestamp) -> Result<Self, Fault> {
        let removed = of_client(record, secret)?;
        let others = record.secrets.iter().filter(|found| found.id != secret && found.is_live(now));
        let is_last = removed.is_live(now) && others.count() == 0 && !record.client.kind.is_public();
        Ok(if is_last { Self::OfTheLast } else { Self::OfOne })
    }
}

/// The secret of a client with this id.
fn of_client<'r>(record: &'r ClientRecord, secret: &str) -> Result<&'r SecretRecord, Fault> {
    let id = &record.client.id;
    let unknown = || Fault::not_found(format!("the client {id} has no secret with the id {secret}"));
    record.secrets.iter().find(|found| found.id == secret).ok_or_else(unknown)
}

/// The members that a change may affect. The secret itself is not one of them.
fn members(id: &str, expires_at: Option<Timestamp>) -> Value {
    json!({ "id": id, "expires_at": expires_at.map(Timestamp::iso) })
}

fn members_of(secret: &SecretRecord) -> Value {
    members(&secret.id, secret.expires_at)
}

fn changed_meanwhile(client: &ClientId) -> Fault {
    Fault::conflict(
        None,
        format!("the secrets of the client {client} were changed in the meantime, so nothing was done"),
    )
}
