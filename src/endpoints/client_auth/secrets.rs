//! Client secrets: compares them with the stored hashes, and records their use.

use crate::app::App;
use crate::clock::Seconds;
use crate::failure::Failure;
use crate::http::call::Call;
use crate::oauth::client::{ClientSecret, SecretHash};
use crate::operations::guesses::Networks;
use crate::secret::passwords::Requester;
use crate::secret::{Hash, Secret, equal};
use crate::store::clients::{self, StoredClient};

/// At most once in this many seconds the use of a secret is recorded.
const USED_EVERY: Seconds = Seconds::new(60);
/// The maximum length of a secret in bytes; longer ones are not hashed.
const LONGEST_SECRET: usize = 1024;

/// The valid stored secret that matches the presented one.
pub(super) async fn find_secret<'c>(
    app: &App,
    call: &Call,
    stored: &'c StoredClient,
    presented: &Secret,
) -> Result<Option<&'c ClientSecret>, Failure> {
    if presented.expose().len() > LONGEST_SECRET {
        return Ok(None);
    }
    let passwords = app.passwords.asked_by(Requester::application(Networks::of(call.address).network));
    let (now, digest) = (call.now, Hash::of(presented.expose()).to_text());
    for secret in stored.secrets.iter().filter(|secret| secret.is_live(now)) {
        let is_right = match &secret.hash {
            SecretHash::Sha256(hash) => equal(hash.as_bytes(), digest.as_bytes()),
            SecretHash::Argon2(hash) => app.secrets.verify(&passwords, hash, presented).await?,
        };
        if is_right {
            return Ok(Some(secret));
        }
    }
    Ok(None)
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
