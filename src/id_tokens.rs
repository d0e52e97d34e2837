//! ID Tokens that go out, signed with the key that a client expects, and those that come back as hints.

use std::sync::Arc;

use serde::Deserialize;

use crate::app::App;
use crate::clock::Seconds;
use crate::failure::{Denied, Failure};
use crate::jose::key::SigningKey;
use crate::jose::verify::{Expiry, verify};
use crate::oauth::client::Client;
use crate::oauth::error::OAuthError;
use crate::oauth::id::{ClientId, SessionId, UserId};
use crate::oauth::id_token::{Authentication, IdToken, TYP};
use crate::oauth::logout::Hint;
use crate::oauth::reason::Reason;
use crate::oauth::scope::OPENID;
use crate::oauth::signing_key::SigningAlgorithm;

/// What signs the ID Tokens for one client.
pub struct Signer<'a> {
    app: &'a App,
    client: ClientId,
    key: Arc<SigningKey>,
}

impl<'a> Signer<'a> {
    /// Finds the key, before anything is used up for the token; `None` for a client that may not have one.
    pub async fn of(app: &'a App, client: &Client) -> Result<Option<Self>, Failure> {
        if !client.scopes.contains(OPENID) {
            return Ok(None);
        }
        let keys = app.key_set.current(app.now()).await?;
        let algorithm = algorithm(&app.config.keys.algorithms, client);
        let Some(key) = keys.signing(algorithm) else {
            let id = &client.id;
            return Err(Failure::Internal(format!(
                "the client {id} wants its ID Tokens signed with {algorithm}, which keys.algorithms does not offer"
            )));
        };
        Ok(Some(Self { app, client: client.id.clone(), key: key.clone() }))
    }

    /// The token that tells of a sign-in, bound to the access token beside it.
    pub fn sign(&self, authentication: &Authentication, access_token: &str) -> Result<String, Failure> {
        let times: (Seconds, Seconds) = (self.app.now(), self.app.config.tokens.id_token_lifetime.seconds());
        let token = IdToken::new(&self.app.issuer, &self.client, authentication, times)
            .with_access_token(self.key.algorithm(), access_token);
        Ok(self.key.sign(TYP, &token)?)
    }
}

/// Verifies an ID Token that comes back as a hint; it may have expired.
pub async fn read_hint(app: &App, token: &str) -> Result<Hint, Denied<OAuthError>> {
    let keys = app.key_set.current(app.now()).await?;
    let claims: HintClaims = verify(token, TYP, keys.published(), Expiry::Ignored).map_err(|why| {
        Reason::HintInvalid.because(format!("the id_token_hint is no ID Token of this server: {why}"))
    })?;
    if claims.iss != app.issuer {
        return Err(Reason::HintInvalid.because("the id_token_hint is of another issuer").into());
    }
    Ok(Hint {
        client: ClientId::new(claims.aud),
        user: UserId::new(claims.sub),
        session: SessionId::new(claims.sid),
    })
}

/// What a hint says, in the form that this server gives it.
#[derive(Deserialize)]
struct HintClaims {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
}

/// What a registration says; RS256 where it says nothing (OpenID Connect Registration §2), if the server offers it.
fn algorithm(offered: &[SigningAlgorithm], client: &Client) -> SigningAlgorithm {
    let usual = SigningAlgorithm::Rs256;
    client.id_token_alg.unwrap_or_else(|| {
        if offered.contains(&usual) { usual } else { offered.first().copied().unwrap_or(usual) }
    })
}
