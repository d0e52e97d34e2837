//! `grant_type=client_credentials` (RFC 6749 §4.4).

use crate::app::App;
use crate::failure::Denied;
use crate::oauth::client::Client;
use crate::oauth::error::OAuthError;
use crate::oauth::params::Params;
use crate::oauth::scope::{self, KnownScopes, Scope};
use crate::oauth::token::{ACCESS_TOKEN_PREFIX, AccessToken, TokenAnswer};
use crate::secret::{Hash, random_token};
use crate::store::access_tokens;
use crate::store::clients::StoredClient;
use crate::store::db::DbError;

pub(super) struct Prepared {
    scope: Scope,
}

pub(super) fn prepare(
    client: &Client,
    params: &Params,
    known: &impl KnownScopes,
) -> Result<Prepared, OAuthError> {
    Ok(Prepared { scope: scope::resolve(params.one("scope")?, client, known)? })
}

pub(super) async fn issue(
    app: &App,
    client: &StoredClient,
    Prepared { scope }: Prepared,
) -> Result<Option<TokenAnswer>, Denied<OAuthError>> {
    let token = format!("{ACCESS_TOKEN_PREFIX}{}", random_token());
    let (now, lifetime) = (app.now(), app.config.tokens.access_token_lifetime.seconds());
    let scope_text = scope.to_string();
    let record = AccessToken {
        client_id: client.client.id.clone(),
        user_id: None,
        grant_id: None,
        scope,
        issued_at: now,
        expires_at: now + lifetime,
    };
    let (hash, version) = (Hash::of(&token), client.client.version);
    let save = async move |tx: &mut _| access_tokens::save_for_client(tx, &hash, &record, version).await;
    if !app.db.write::<_, DbError, _>(save).await? {
        return Ok(None);
    }
    Ok(Some(TokenAnswer {
        access_token: token,
        token_type: "Bearer",
        expires_in: lifetime,
        scope: scope_text,
        refresh_token: None,
        id_token: None,
    }))
}
