//! Client secrets: compares them with the stored hashes, and records their use.

use crate::app::App;
use crate::cache::secrets::SecretCheck;
use crate::clock::Seconds;
use crate::failure::{Denied, Failure};
use crate::http::call::Call;
use crate::network::Networks;
use crate::oauth::client::{ClientSecret, SecretHash};
use crate::oauth::error::OAuthError;
use crate::oauth::id::ClientId;
use crate::oauth::reason::Reason;
use crate::oauth::row_budget::RowKind;
use crate::operations::guesses::{self, Admission, Guess};
use crate::secret::passwords::Requester;
use crate::secret::{Hash, Secret, equal};
use crate::store::clients::{self, StoredClient};

/// At most once in this many seconds the use of a secret is recorded.
const USED_EVERY: Seconds = Seconds::new(60);
/// The maximum length of a secret in bytes; longer ones are not hashed.
const MAX_SECRET_LENGTH: usize = 1024;

/// A valid secret that a person chose.
struct Chosen<'c> {
    secret: &'c ClientSecret,
    phc: &'c str,
    tag: i64,
}

/// The valid stored secret that matches the presented one.
///
/// # Errors
/// If too many wrong secrets came for this client from this network.
pub(super) async fn find_secret<'c>(
    app: &App,
    call: &Call,
    stored: &'c StoredClient,
    presented: &Secret,
) -> Result<Option<&'c ClientSecret>, Denied<OAuthError>> {
    if presented.expose().len() > MAX_SECRET_LENGTH {
        return Ok(None);
    }
    let digest = Hash::of(presented.expose()).to_text();
    let mut chosen = Vec::new();
    for secret in stored.secrets.iter().filter(|secret| secret.is_live(call.now)) {
        match &secret.hash {
            SecretHash::Sha256(hash) if equal(hash.as_bytes(), digest.as_bytes()) => return Ok(Some(secret)),
            SecretHash::Sha256(_) => {}
            SecretHash::Argon2 { phc, tag } => chosen.push(Chosen { secret, phc, tag: *tag }),
        }
    }
    match chosen.first() {
        Some(first) => {
            let tag = app.keys.secret_tag(&stored.client.id, presented.expose());
            let candidate = chosen.iter().find(|chosen| chosen.tag == tag);
            let is_right =
                is_right(app, call, &stored.client.id, candidate.map(|c| c.phc), first.phc, presented);
            Ok(if is_right.await? { candidate.map(|candidate| candidate.secret) } else { None })
        }
        None => Ok(None),
    }
}

/// Whether the presented secret matches the candidate. The check costs one hash, also without a candidate: then the
/// secret is compared with a hash like `any` that nothing matches. A secret that was accepted before costs nothing.
async fn is_right(
    app: &App,
    call: &Call,
    client: &ClientId,
    candidate: Option<&str>,
    any: &str,
    presented: &Secret,
) -> Result<bool, Denied<OAuthError>> {
    let remembered = candidate.and_then(|phc| app.secrets.verdict(phc, presented));
    if let Some(verdict) = remembered {
        return Ok(verdict);
    }
    let networks = Networks::of(call.address);
    let checked = match candidate {
        Some(phc) => {
            let check = async || check(app, call, client, &networks, phc.to_owned(), presented).await;
            app.secrets.check(phc, presented, &networks.site, check).await?
        }
        None => check(app, call, client, &networks, app.passwords.stand_in(any)?, presented).await?,
    };
    match checked {
        SecretCheck::Right => Ok(true),
        SecretCheck::Wrong => Ok(false),
        SecretCheck::Wait(wait) => {
            let error = Reason::ClientSecretGuesses
                .because("too many wrong secrets came for this client from this network");
            Err(error.after(wait).into())
        }
    }
}

/// Counts the guess, and then hashes the presented secret. If the secret is right, takes the guess back.
async fn check(
    app: &App,
    call: &Call,
    client: &ClientId,
    networks: &Networks,
    phc: String,
    presented: &Secret,
) -> Result<SecretCheck, Failure> {
    let stranger = app.operations_of_a_stranger(call.now, call.actor());
    let draw = app.draw(RowKind::Guess, networks.site.clone(), call.now).await?;
    let guess = match guesses::count(&stranger, Guess::client_secret(client, networks), draw).await? {
        Admission::Counted(guess) => guess,
        Admission::Wait(wait) => return Ok(SecretCheck::Wait(wait)),
    };
    let passwords = app.passwords.asked_by(Requester::application(networks.network.clone()));
    let matches = passwords.matches(presented.clone(), phc).await;
    if !matches!(matches, Ok(false)) {
        guess.forget(&app.operations(call.now, call.actor())).await?;
    }
    Ok(if matches? { SecretCheck::Right } else { SecretCheck::Wrong })
}

/// Records the use in the background.
pub(super) fn note_use(app: &App, call: &Call, secret: &str) {
    let now = call.now;
    if !app.secrets.is_due(secret, now, USED_EVERY) {
        return;
    }
    let (db, id) = (app.db.clone(), secret.to_owned());
    actix_web::rt::spawn(async move {
        let touch = async move |tx: &mut _| clients::touch_secret(tx, &id, now, USED_EVERY).await;
        if let Err(error) = db.write(touch).await {
            tracing::warn!("a client secret's last use was not noted: {error}");
        }
    });
}
