//! Makes ID Tokens, signed with the algorithm that the client expects, and reads those that are sent as hints.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::cache::catalogue::Freshness;
use crate::clock::Timestamp;
use crate::failure::{Denied, Failure};
use crate::jose::key::SigningKey;
use crate::jose::verify::{Expiry, verify};
use crate::oauth::client::{Client, IdTokenClaims};
use crate::oauth::error::OAuthError;
use crate::oauth::grant::scope::{OPENID, Scope};
use crate::oauth::id::{ClientId, SessionId, UserId};
use crate::oauth::identity::claims::{Claims, Person};
use crate::oauth::identity::logout::Hint;
use crate::oauth::identity::logout_token::{self, LogoutToken};
use crate::oauth::reason::Reason;
use crate::oauth::signing_key::SigningAlgorithm;
use crate::oauth::token::id_token::{IdToken, IdTokenSource, NamesForClient, TYP};
use crate::secret::random_id;
use crate::store::db::Conn;
use crate::store::users;
use crate::tokens::for_client::{NESTED, encrypt, offered, signing};
use crate::tokens::subject;

/// Signs the ID Tokens of one client.
pub struct Signer<'a> {
    app: &'a App,
    client: &'a Client,
    key: Arc<SigningKey>,
    now: Timestamp,
}

/// What is issued together with an ID Token, and bound to it.
#[derive(Clone, Copy, Debug, Default)]
pub struct IdTokenHashes<'a> {
    pub access_token: Option<&'a str>,
    pub code: Option<&'a str>,
}

impl IdTokenHashes<'_> {
    /// Whether the ID Token is all that the client gets: there is nothing that would give it access to UserInfo.
    fn is_alone(&self) -> bool {
        self.access_token.is_none() && self.code.is_none()
    }
}

impl<'a> Signer<'a> {
    /// A signer for a client. `None` if the client may not get ID Tokens. Call this before the transaction uses
    /// anything up, because it can fail.
    ///
    /// # Errors
    /// [`Failure::Internal`] if the server has no key for the client's algorithm; otherwise only failures of the
    /// database.
    pub async fn of(app: &'a App, client: &'a Client, now: Timestamp) -> Result<Option<Self>, Failure> {
        if !client.scopes.contains(OPENID) {
            return Ok(None);
        }
        let algorithm = offered(app, client.id_token_alg, client.profile(&app.config.oauth.demands()));
        let key = key(app, &client.id, algorithm, now).await?;
        Ok(Some(Self { app, client, key, now }))
    }

    /// Signs an ID Token about a sign-in, with the requested claims about the person, and those of `scope` that the
    /// client is registered for. Without an access token or a code beside it, it contains all claims of the scope
    /// (OpenID Connect Core §5.4).
    ///
    /// # Errors
    /// Failures of the database, of the signature and of the encryption to the client's key.
    pub async fn sign(
        &self,
        source: &IdTokenSource,
        scope: &Scope,
        hashes: IdTokenHashes<'_>,
    ) -> Result<String, Failure> {
        let of_scope = match hashes.is_alone() {
            true => &IdTokenClaims::Scopes,
            false => &self.client.id_token_claims,
        };
        let claims = match source.claims.is_empty() && *of_scope == IdTokenClaims::None {
            true => Claims::new(),
            false => self.claims(source, scope, of_scope).await?,
        };
        self.sign_with_claims(source, hashes, claims)
    }

    /// The requested claims about the person, and of the claims of `scope` those in `of_scope`.
    async fn claims(
        &self,
        source: &IdTokenSource,
        scope: &Scope,
        of_scope: &IdTokenClaims,
    ) -> Result<Claims, Failure> {
        let Some(person) = self.person(&source.user).await? else { return Ok(Claims::new()) };
        if *of_scope == IdTokenClaims::None {
            return Ok(source.claims_about(&person, std::iter::empty(), of_scope));
        }
        let catalogue = self.app.cache.catalogue(Freshness::Cached).await?;
        Ok(source.claims_about(&person, catalogue.claims_of(scope), of_scope))
    }

    fn sign_with_claims(
        &self,
        source: &IdTokenSource,
        hashes: IdTokenHashes<'_>,
        claims: Claims,
    ) -> Result<String, Failure> {
        let times = (self.now, self.app.config.tokens.id_token_lifetime.seconds());
        let names = subject::names(self.app, self.client, &source.user, &source.session);
        let algorithm = self.key.algorithm();
        let mut token =
            IdToken::new(&self.app.issuer, &self.client.id, &names, source, times).with_claims(claims);
        if let Some(access_token) = hashes.access_token {
            token = token.with_access_token(algorithm, access_token);
        }
        if let Some(code) = hashes.code {
            token = token.with_code(algorithm, code);
        }
        let signed = self.key.sign(TYP, &token)?;
        match self.client.id_token_encryption {
            None => Ok(signed),
            Some(encryption) => encrypt(recipient(self.client), signed.into_bytes(), NESTED, encryption),
        }
    }

    /// Signs a logout token about a session (OpenID Connect Back-Channel Logout §2.4).
    ///
    /// # Errors
    /// If the signature fails.
    pub fn sign_logout(&self, user: &UserId, session: &SessionId) -> Result<String, Failure> {
        let names = subject::names(self.app, self.client, user, session);
        let id = random_id();
        let token = LogoutToken::new(&self.app.issuer, &self.client.id, &names, &id, self.now);
        Ok(self.key.sign(logout_token::TYP, &token)?)
    }

    async fn person(&self, user: &UserId) -> Result<Option<Person>, Failure> {
        let user = user.clone();
        let find = async move |conn: &mut Conn| users::find_person(conn, &user).await;
        Ok(self.app.db.read(find).await?)
    }
}

/// The UserInfo response signed, encrypted, or both. `None` if the client gets it as plain JSON (OpenID Connect Core
/// §5.3.2).
///
/// # Errors
/// [`Failure::Internal`] if the server has no key for the client's algorithm, or the client has no key to encrypt to.
pub async fn protect_user_info(
    app: &App,
    client: &Client,
    claims: &Claims,
    now: Timestamp,
) -> Result<Option<String>, Failure> {
    let signed = match client.userinfo_alg {
        None => None,
        Some(algorithm) => {
            let mut claims = claims.clone();
            claims.insert("iss".into(), app.issuer.as_str().into());
            claims.insert("aud".into(), client.id.as_str().into());
            Some(key(app, &client.id, algorithm, now).await?.sign(TYP, &claims)?)
        }
    };
    match (client.userinfo_encryption, signed) {
        (None, signed) => Ok(signed),
        (Some(encryption), Some(signed)) => {
            encrypt(recipient(client), signed.into_bytes(), NESTED, encryption).map(Some)
        }
        (Some(encryption), None) => {
            let json = serde_json::to_vec(claims)
                .map_err(|_| Failure::Internal("claims could not be written".into()))?;
            encrypt(recipient(client), json, "json", encryption).map(Some)
        }
    }
}

/// A client and its JWK Set.
fn recipient(client: &Client) -> (&ClientId, &str) {
    (&client.id, client.jwks.as_deref().unwrap_or_default())
}

async fn key(
    app: &App,
    client: &ClientId,
    algorithm: SigningAlgorithm,
    now: Timestamp,
) -> Result<Arc<SigningKey>, Failure> {
    signing(&*app.key_set.current(now).await?, client, algorithm)
}

/// Signs other claims for one client, with the algorithm of its ID Tokens.
///
/// # Errors
/// [`Failure::Internal`] if the server has no key for the client's algorithm, or the signature fails.
pub async fn sign_for(
    app: &App,
    client: &Client,
    typ: &str,
    claims: &impl Serialize,
    now: Timestamp,
) -> Result<String, Failure> {
    let algorithm = offered(app, client.id_token_alg, client.profile(&app.config.oauth.demands()));
    Ok(key(app, &client.id, algorithm, now).await?.sign(typ, claims)?)
}

/// What an `id_token_hint` says: the client, the user and the session. The hint may have expired.
///
/// # Errors
/// If the token is not an ID Token that this server issued; otherwise only failures.
pub async fn read_hint(app: &App, token: &str, now: Timestamp) -> Result<Hint, Denied<OAuthError>> {
    let keys = app.key_set.current(now).await?;
    let claims: HintClaims = verify(token, TYP, keys.published(), Expiry::Ignored).map_err(|why| {
        Reason::HintInvalid.because(format!("the id_token_hint is not an ID Token of this server: {why}"))
    })?;
    if claims.iss != app.issuer {
        return Err(Reason::HintInvalid.because("the id_token_hint is of another issuer").into());
    }
    Ok(Hint {
        client: ClientId::new(claims.aud),
        names: NamesForClient { subject: claims.sub, session: claims.sid },
    })
}

/// The claims of a hint.
#[derive(Deserialize)]
struct HintClaims {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
}
