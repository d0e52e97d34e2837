//! `grantor client add-secret` and `remove-secret`: together they change a secret without an outage.

use clap::Args;
use serde_json::json;
use zeroize::Zeroizing;

use super::super::question::Question;
use super::super::time::iso;
use super::super::{Desk, Manner, Trouble, block_on, say};
use super::show::find;
use super::unknown;
use crate::clock::Seconds;
use crate::config::Span;
use crate::keys::master::Keys;
use crate::oauth::client::{AuthMethod, Client, ClientSecret, SecretHash};
use crate::oauth::id::ClientId;
use crate::secret::{Hash, Secret, random_client_secret, random_id};
use crate::store::clients::ClientRecord;
use crate::store::db::{DbError, Tx};
use crate::store::{client_secrets, clients};

/// Secrets of one client: each may cost an Argon2 hash at every wrong guess.
const MOST: usize = 5;

#[derive(Args)]
pub(in crate::cli) struct Add {
    /// The client_id
    id: String,
    /// The secret; without this option one is generated, and printed once
    #[arg(long, value_name = "S")]
    secret: Option<String>,
    /// When it ends, counted from now, for example 30d; without this option it does not
    #[arg(long, value_name = "TIME", value_parser = lifetime)]
    expires_in: Option<Span>,
    #[command(flatten)]
    manner: Manner,
}

#[derive(Args)]
pub(in crate::cli) struct Remove {
    /// The client_id
    id: String,
    /// The secret's id
    secret_id: String,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    manner: Manner,
}

fn lifetime(text: &str) -> Result<Span, String> {
    let span = Span::parse(text).filter(|span| span.seconds() > 0);
    span.ok_or_else(|| "write a length of time such as 30m, 8h or 30d".into())
}

pub(super) fn check_secret(secret: &str) -> Result<(), Trouble> {
    if secret.is_empty() || secret.len() > 1024 {
        return Err("a secret has 1 to 1024 bytes".into());
    }
    Ok(())
}

/// Bytes of a secret that signs, at least: as many as SHA-256 has (RFC 7518 §3.2).
const SHORTEST_SIGNING: usize = 32;

/// What is stored of a secret of `client` that was chosen or is drawn now, and the drawn one.
pub(super) async fn made(
    desk: &Desk,
    client: &Client,
    chosen: Option<&str>,
    expires_at: Option<Seconds>,
) -> Result<(ClientSecret, Option<Secret>), Trouble> {
    let generated = chosen.is_none().then(random_client_secret);
    let text = chosen.or(generated.as_ref().map(|secret| secret.expose().as_str())).unwrap_or_default();
    let hash = match chosen {
        Some(chosen) => SecretHash::Argon2(desk.passwords()?.hash(Secret::new(chosen.to_owned())).await?),
        None => SecretHash::Sha256(Hash::of(text).to_text()),
    };
    let id = random_id();
    let sealed = match client.auth_method {
        Some(AuthMethod::SecretJwt) => Some(sealed(desk, &id, text).await?),
        _ => None,
    };
    Ok((ClientSecret { id, hash, sealed, expires_at }, generated))
}

/// The secret of a client that signs with it, so that this server can verify what it signed.
async fn sealed(desk: &Desk, id: &str, secret: &str) -> Result<Vec<u8>, Trouble> {
    if secret.len() < SHORTEST_SIGNING {
        return Err(format!("a secret that signs has at least {SHORTEST_SIGNING} bytes").into());
    }
    let keys = Keys::open(&desk.config, &desk.db, desk.now).await?;
    Ok(keys.master().seal(id, Zeroizing::new(secret.as_bytes().to_vec()))?)
}

pub(super) fn add(options: &Add) -> Result<(), Trouble> {
    options.secret.as_deref().map_or(Ok(()), check_secret)?;
    block_on(async {
        let desk = Desk::open(&options.manner.common).await?;
        let (client, now) = (ClientId::new(&options.id), desk.now);
        let expires_at = options.expires_in.map(|span| now + span.seconds());
        let record = find(&desk, &client).await?;
        let (secret, generated) = made(&desk, &record.client, options.secret.as_deref(), expires_at).await?;
        let id = secret.id.clone();
        let key = client.clone();
        let work = async move |tx: &mut Tx| {
            let Some(record) = clients::find_record(tx, &key).await? else { return Ok(Err(unknown(&key))) };
            if let Some(trouble) = takes_no_secret(&record) {
                return Ok(Err(trouble));
            }
            // What was made for one way of proving is not stored for another.
            if (record.client.auth_method == Some(AuthMethod::SecretJwt)) != secret.sealed.is_some() {
                return Ok(Err(changed_meanwhile(&key)));
            }
            clients::add_secret(tx, &key, &secret, now).await.map(Ok)
        };
        desk.db.write::<Result<(), Trouble>, DbError, _>(work).await??;
        let generated = generated.as_ref().map(|secret| secret.expose().as_str());
        let until = expires_at.map(iso);
        if options.manner.json {
            let mut json = json!({ "client_id": client.as_str(), "secret_id": id, "expires_at": until });
            if let Some(generated) = generated {
                json["client_secret"] = generated.into();
            }
            return say(json);
        }
        let until = until.map(|time| format!(", which ends at {time}")).unwrap_or_default();
        say(format!("added the secret {id} to the client {client}{until}"))?;
        generated.map_or(Ok(()), |secret| say(format!("the secret, which is shown only now: {secret}")))
    })
}

fn takes_no_secret(record: &ClientRecord) -> Option<Trouble> {
    let (id, kind) = (&record.client.id, record.client.kind);
    if kind.is_public() {
        let sentence = format!("the {} client {id} is public and cannot keep a secret", kind.as_str());
        return Some(sentence.into());
    }
    if record.client.auth_method == Some(AuthMethod::PrivateKeyJwt) {
        return Some(format!("the client {id} signs with its own key and has no secret").into());
    }
    (record.secrets.len() >= MOST).then(|| {
        format!("the client {id} has {MOST} secrets, which is the most; remove one before you add another")
            .into()
    })
}

pub(super) fn remove(options: &Remove) -> Result<(), Trouble> {
    block_on(async {
        let desk = Desk::open(&options.manner.common).await?;
        let (client, now) = (ClientId::new(&options.id), desk.now);
        let removal = Removal::of(&find(&desk, &client).await?, &options.secret_id, now)?;
        let id = &options.secret_id;
        options.question.ask(&match removal {
            Removal::OfOne => format!("Remove the secret {id} of the client {client}? Whoever uses it is refused."),
            Removal::OfTheLast => format!(
                "Remove the last live secret of the client {client}? It gets no tokens until it has another one."
            ),
        })?;
        let (key, secret) = (client.clone(), id.clone());
        let work = async move |tx: &mut Tx| {
            let Some(record) = clients::find_record(tx, &key).await? else { return Ok(Err(unknown(&key))) };
            match Removal::of(&record, &secret, now) {
                Err(trouble) => return Ok(Err(trouble)),
                Ok(found) if found != removal => return Ok(Err(changed_meanwhile(&key))),
                Ok(_) => {}
            }
            client_secrets::delete(tx, &key, &secret).await.map(Ok)
        };
        desk.db.write::<Result<(), Trouble>, DbError, _>(work).await??;
        options.manner.say(
            json!({ "client_id": client.as_str(), "secret_id": id }),
            format!("removed the secret {id} of the client {client}"),
        )
    })
}

/// What the removal of a secret means for its client.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Removal {
    OfOne,
    OfTheLast,
}

impl Removal {
    fn of(record: &ClientRecord, secret: &str, now: Seconds) -> Result<Self, Trouble> {
        let id = &record.client.id;
        let Some(removed) = record.secrets.iter().find(|found| found.id == secret) else {
            return Err(format!("the client {id} has no secret with the id {secret}").into());
        };
        let others = record.secrets.iter().filter(|found| found.id != secret && found.is_live(now));
        let is_last = removed.is_live(now) && others.count() == 0 && !record.client.kind.is_public();
        Ok(if is_last { Self::OfTheLast } else { Self::OfOne })
    }
}

fn changed_meanwhile(client: &ClientId) -> Trouble {
    format!("the secrets of the client {client} were changed meanwhile, so nothing was done").into()
}
