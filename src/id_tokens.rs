//! Signing ID Tokens: with the key that a client expects, outside every transaction.

use std::sync::Arc;

use crate::app::App;
use crate::clock::Seconds;
use crate::failure::Failure;
use crate::jose::key::SigningKey;
use crate::oauth::client::Client;
use crate::oauth::id::ClientId;
use crate::oauth::id_token::{Authentication, IdToken, TYP};
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

/// What a registration says; RS256 where it says nothing (OpenID Connect Registration §2), if the server offers it.
fn algorithm(offered: &[SigningAlgorithm], client: &Client) -> SigningAlgorithm {
    let usual = SigningAlgorithm::Rs256;
    client.id_token_alg.unwrap_or_else(|| {
        if offered.contains(&usual) { usual } else { offered.first().copied().unwrap_or(usual) }
    })
}
