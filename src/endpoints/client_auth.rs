//! Who is the client? The one module that decides it, for every endpoint (RFC 6749 §2.3).

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpMessage as _, HttpRequest};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use quick_cache::sync::Cache;

use crate::answer::CallingClient;
use crate::app::App;
use crate::clock::Seconds;
use crate::failure::{Denied, Failure};
use crate::oauth::client::{AuthMethod, ClientSecret, SecretHash};
use crate::oauth::error::OAuthError;
use crate::oauth::id::ClientId;
use crate::oauth::params::Params;
use crate::oauth::reason::Reason;
use crate::passwords::Verified;
use crate::registry::Freshness;
use crate::secret::{Hash, Secret, equal, random};
use crate::store::clients::{self, StoredClient};
use crate::store::db::DbError;

/// Seconds between two notes that a secret was used.
const USED_EVERY: Seconds = 60;
/// Bytes of a secret; longer ones are not hashed.
const LONGEST_SECRET: usize = 1024;

/// What a request offers to prove who its client is.
#[derive(Debug)]
pub(super) struct Credentials {
    method: AuthMethod,
    id: ClientId,
    secret: Secret,
}

/// Reads the credentials; more than one method at once is refused.
pub(super) fn credentials(request: &HttpRequest, params: &Params) -> Result<Credentials, OAuthError> {
    let basic = basic(request)?;
    let body_id = params.one("client_id")?;
    let body_secret = params.one("client_secret")?;
    let credentials = match (basic, body_secret) {
        (Some(_), Some(_)) => {
            return Err(Reason::ClientMethodsMixed.because(
                "the client secret stands in the Authorization header and in the body; send one of them",
            ));
        }
        (Some((id, _)), None) if body_id.is_some_and(|body_id| body_id != id) => {
            return Err(Reason::ClientIdMismatch
                .because("the client_id in the body is not the one in the Authorization header"));
        }
        // An empty secret is none, as an empty parameter is (RFC 6749 §3.2): some libraries send it for public clients.
        (Some((id, secret)), None) if secret.expose().is_empty() => {
            Credentials { method: AuthMethod::None, id: known_form(&id)?, secret }
        }
        (Some((id, secret)), None) => Credentials { method: AuthMethod::Basic, id: known_form(&id)?, secret },
        (None, Some(secret)) => {
            let secret = Secret::new(secret.to_owned());
            Credentials { method: AuthMethod::Post, id: required(body_id)?, secret }
        }
        (None, None) => Credentials {
            method: AuthMethod::None,
            id: required(body_id)?,
            secret: Secret::new(String::new()),
        },
    };
    request.extensions_mut().insert(CallingClient(credentials.id.to_string()));
    Ok(credentials)
}

fn required(id: Option<&str>) -> Result<ClientId, OAuthError> {
    let missing = || {
        Reason::ClientAuthenticationMissing
            .because("the request has neither an Authorization header nor a client_id in its body")
    };
    known_form(id.ok_or_else(missing)?)
}

fn known_form(id: &str) -> Result<ClientId, OAuthError> {
    ClientId::parse(id).ok_or_else(unknown)
}

fn unknown() -> OAuthError {
    Reason::ClientUnknown.because("no client is registered with this client_id")
}

/// Id and secret of Basic credentials, form-decoded (RFC 6749 §2.3.1).
fn basic(request: &HttpRequest) -> Result<Option<(String, Secret)>, OAuthError> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let Some(value) = headers.next() else { return Ok(None) };
    if headers.next().is_some() {
        return Err(Reason::ClientMethodsMixed.because("the request has more than one Authorization header"));
    }
    let malformed =
        || Reason::ClientBasicMalformed.because("the Authorization header is not Basic credentials");
    value.to_str().ok().and_then(parse_basic).map(Some).ok_or_else(malformed)
}

fn parse_basic(value: &str) -> Option<(String, Secret)> {
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let encoded = encoded.trim();
    let decoded = STANDARD.decode(encoded).or_else(|_| STANDARD_NO_PAD.decode(encoded)).ok()?;
    let decoded = Secret::new(String::from_utf8(decoded).ok()?);
    let (id, secret) = decoded.expose().split_once(':')?;
    Some((form_decoded(id)?, Secret::new(form_decoded(secret)?)))
}

fn form_decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// Who the client of a whole request is; what a cached record would refuse is asked of the database.
pub(super) async fn identify(
    app: &App,
    request: &HttpRequest,
    params: &Params,
) -> Result<Arc<StoredClient>, Denied<OAuthError>> {
    let credentials = credentials(request, params)?;
    match authenticate(app, &credentials, Freshness::Cached).await {
        Err(Denied::Refused(_)) => authenticate(app, &credentials, Freshness::Now).await,
        identified => identified,
    }
}

/// Finds the client and verifies that it is who it says.
pub(super) async fn authenticate(
    app: &App,
    credentials: &Credentials,
    freshness: Freshness,
) -> Result<Arc<StoredClient>, Denied<OAuthError>> {
    let stored = app.registry.client(&credentials.id, freshness).await?.ok_or_else(unknown)?;
    if stored.client.disabled {
        return Err(Reason::ClientDisabled.because("this client is disabled").into());
    }
    stored.client.accepts(credentials.method)?;
    if credentials.method == AuthMethod::None {
        return Ok(stored);
    }
    let secret = find_secret(app, &stored, &credentials.secret).await?;
    let secret = secret.ok_or_else(|| {
        Reason::ClientSecretWrong.because("the client secret is not one of this client's live secrets")
    })?;
    note_use(app, &secret.id);
    Ok(stored)
}

/// The live secret that was presented.
async fn find_secret<'c>(
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
fn note_use(app: &App, secret: &str) {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(id: &str, secret: &str) -> Option<(String, String)> {
        let header = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
        parse_basic(&header).map(|(id, secret)| (id, secret.expose().clone()))
    }

    #[test]
    fn basic_credentials_are_form_decoded() {
        assert_eq!(read("a%3Ab+c", "p%25%C3%A4"), Some(("a:b c".into(), "p%ä".into())));
        assert_eq!(read("a", "b:c"), Some(("a".into(), "b:c".into())), "the first colon divides");
        assert_eq!(parse_basic("Basic !!!"), None);
        assert_eq!(parse_basic("Bearer abc"), None);
        assert_eq!(parse_basic("Basic"), None);
        assert_eq!(parse_basic(&format!("bAsIc {}", STANDARD.encode("a:b"))).unwrap().0, "a");
        assert_eq!(read("a%FF", "x"), None);
    }

    proptest! {
        #[test]
        fn what_a_client_encodes_comes_back(id in "[ -~]{1,40}", secret in "[ -~]{1,40}") {
            let encode = |text: &str| serde_urlencoded::to_string([("", text)]).unwrap()[1..].to_owned();
            prop_assert_eq!(read(&encode(&id), &encode(&secret)), Some((id, secret)));
        }

        #[test]
        fn no_header_makes_it_panic(value in ".{0,80}") {
            let _ = parse_basic(&value);
        }
    }
}
