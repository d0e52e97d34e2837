//! The secrets of a client: two of them together change a secret without an outage.

use zeroize::Zeroizing;

use super::{event, existing};
use crate::clock::Seconds;
use crate::failure::Denied;
use crate::keys::master::Keys;
use crate::oauth::client::{AuthMethod, Client, ClientSecret, SecretHash};
use crate::oauth::id::ClientId;
use crate::operations::event::Act;
use crate::operations::fault::{Fault, Faults};
use crate::operations::{Context, Done, Outcome};
use crate::secret::passwords::Passwords;
use crate::secret::{Hash, Secret, random_client_secret, random_id};
use crate::store::clients::ClientRecord;
use crate::store::db::{Conn, Tx};
use crate::store::{client_secrets, clients};

/// Secrets of one client at most: each may cost an Argon2 hash at every wrong guess.
const MOST: usize = 5;
/// Bytes of a secret at most.
const LONGEST: usize = 1024;
/// Bytes of a secret that signs, at least: as many as SHA-256 has (RFC 7518 §3.2).
const SHORTEST_SIGNING: usize = 32;

/// A secret that someone chose, hashed.
pub struct ChosenSecret {
    text: Secret,
    hash: String,
}

/// Where a new secret comes from.
pub enum SecretSource {
    Chosen(ChosenSecret),
    /// It is drawn, and shown once.
    Generated,
}

/// A secret that was added.
#[derive(Clone, Debug)]
pub struct AddedSecret {
    pub id: String,
    pub expires_at: Option<Seconds>,
    /// The secret itself, if it was generated: nothing else keeps it.
    pub generated: Option<Secret>,
}

/// What the removal of a secret means for its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretRemoval {
    /// Whoever uses this secret is refused.
    OfOne,
    /// The client gets no tokens until it has another one.
    OfTheLast,
}

impl ChosenSecret {
    /// Checks and hashes a secret.
    ///
    /// # Errors
    ///
    /// A secret of the wrong length is refused; a full queue is a failure.
    pub async fn new(passwords: &Passwords, text: Secret) -> Result<Self, Denied<Faults>> {
        if !(1..=LONGEST).contains(&text.expose().len()) {
            return Err(Fault::invalid("client_secret", format!("a secret has 1 to {LONGEST} bytes")).into());
        }
        let hash = passwords.hash(text.clone()).await?;
        Ok(Self { text, hash })
    }
}

/// Adds a secret to a client.
///
/// # Errors
///
/// Not found; a client that has no secrets, or as many as it can have.
pub async fn add_secret(
    context: &Context<'_>,
    client: &ClientId,
    source: SecretSource,
    expires_at: Option<Seconds>,
) -> Outcome<AddedSecret> {
    let key = client.clone();
    let record = context.read(async move |conn: &mut Conn| existing(conn, &key).await).await?;
    let (secret, generated) = made(context, &record.client, source, expires_at).await?;
    let added = AddedSecret { id: secret.id.clone(), expires_at, generated };
    let (key, now) = (client.clone(), context.now);
    context
        .act(async move |tx: &mut Tx| {
            let record = existing(tx, &key).await?;
            takes_another(&record)?;
            // What was made for one way of proving is not stored for another.
            if (record.client.auth_method == Some(AuthMethod::SecretJwt)) != secret.sealed.is_some() {
                return Err(changed_meanwhile(&key).into());
            }
            clients::add_secret(tx, &key, &secret, now).await?;
            Ok(Done { outcome: added.clone(), event: event(Act::ClientSecretAdded, &record.client) })
        })
        .await
}

/// What the removal of a secret would mean.
///
/// # Errors
///
/// Not found.
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

/// Removes a secret, if that means what was `expected`.
///
/// # Errors
///
/// Not found, and a removal that means something else by now.
pub async fn remove_secret(
    context: &Context<'_>,
    client: &ClientId,
    secret: &str,
    expected: SecretRemoval,
) -> Outcome<()> {
    let (key, secret, now) = (client.clone(), secret.to_owned(), context.now);
    context
        .act(async move |tx: &mut Tx| {
            let record = existing(tx, &key).await?;
            if SecretRemoval::of(&record, &secret, now)? != expected {
                return Err(changed_meanwhile(&key).into());
            }
            client_secrets::delete(tx, &key, &secret).await?;
            Ok(Done { outcome: (), event: event(Act::ClientSecretRemoved, &record.client) })
        })
        .await
}

/// What is stored of a new secret of `client`, and the secret itself if it was drawn.
async fn made(
    context: &Context<'_>,
    client: &Client,
    source: SecretSource,
    expires_at: Option<Seconds>,
) -> Result<(ClientSecret, Option<Secret>), Denied<Faults>> {
    let (text, hash, is_generated) = match source {
        SecretSource::Chosen(chosen) => (chosen.text, SecretHash::Argon2(chosen.hash), false),
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

/// The secret of a client that signs with it, so that this server can verify what it signed.
async fn sealed(context: &Context<'_>, id: &str, secret: &str) -> Result<Vec<u8>, Denied<Faults>> {
    if secret.len() < SHORTEST_SIGNING {
        let sentence = format!("a secret that signs has at least {SHORTEST_SIGNING} bytes");
        return Err(Fault::invalid("client_secret", sentence).into());
    }
    let keys = Keys::open(context.config, context.db, context.now).await?;
    Ok(keys.master().seal(id, Zeroizing::new(secret.as_bytes().to_vec()))?)
}

fn takes_another(record: &ClientRecord) -> Result<(), Fault> {
    let (id, kind) = (&record.client.id, record.client.kind);
    let sentence = if kind.is_public() {
        format!("the {} client {id} is public and cannot keep a secret", kind.as_str())
    } else if record.client.auth_method == Some(AuthMethod::PrivateKeyJwt) {
        format!("the client {id} signs with its own key and has no secret")
    } else if record.secrets.len() >= MOST {
        format!("the client {id} has {MOST} secrets, which is the most; remove one before you add another")
    } else {
        return Ok(());
    };
    Err(Fault::conflict(None, sentence))
}

impl SecretRemoval {
    fn of(record: &ClientRecord, secret: &str, now: Seconds) -> Result<Self, Fault> {
        let id = &record.client.id;
        let Some(removed) = record.secrets.iter().find(|found| found.id == secret) else {
            return Err(Fault::not_found(format!("the client {id} has no secret with the id {secret}")));
        };
        let others = record.secrets.iter().filter(|found| found.id != secret && found.is_live(now));
        let is_last = removed.is_live(now) && others.count() == 0 && !record.client.kind.is_public();
        Ok(if is_last { Self::OfTheLast } else { Self::OfOne })
    }
}

fn changed_meanwhile(client: &ClientId) -> Fault {
    Fault::conflict(
        None,
        format!("the secrets of the client {client} were changed meanwhile, so nothing was done"),
    )
}
