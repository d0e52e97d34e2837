//! `grant_type=client_credentials` (RFC 6749 §4.4).

use std::sync::Arc;

use super::request::{Decision, TokenRequest, draft};
use crate::failure::Denied;
use crate::oauth::error::OAuthError;
use crate::oauth::token::{AccessToken, TokenResponse};
use crate::store::access_tokens;
use crate::store::clients::{self, StoredClient};
use crate::store::db::{Conn, Tx};
use crate::tokens::access_token::Draft;

pub(super) const PARAMS: &[&str] = &[];

pub(super) struct PreparedToken {
    token: AccessToken,
    draft: Arc<Draft>,
}

pub(super) async fn prepare(
    asked: &TokenRequest<'_>,
    decision: Decision<'_>,
) -> Result<PreparedToken, Denied<OAuthError>> {
    let draft = draft(asked, &decision).await?;
    Ok(PreparedToken { token: draft.of_client(decision.client, asked.params)?, draft })
}

pub(super) async fn issue(
    asked: &TokenRequest<'_>,
    client: &StoredClient,
    prepared: PreparedToken,
) -> Result<Option<TokenResponse>, Denied<OAuthError>> {
    let PreparedToken { token, draft } = prepared;
    let (app, client) = (asked.app, &client.client);
    let (id, version) = (client.id.clone(), client.version);
    let stored = draft.stored(&token);
    let may_have_it = match stored.is_some() || draft.has_proof() {
        true => {
            let (token, draft) = (token.clone(), draft.clone());
            let save = async move |tx: &mut Tx| -> Result<bool, Denied<OAuthError>> {
                if draft.has_proof() && !draft.use_up_proof_for(tx, (&id, version)).await? {
                    return Ok(false);
                }
                match &stored {
                    Some(hash) => Ok(access_tokens::save_for_client(tx, hash, &token, version).await?),
                    None => Ok(true),
                }
            };
            app.db.decide(save).await?
        }
        false => {
            let find = async move |conn: &mut Conn| clients::is_unchanged(conn, &id, version).await;
            app.db.read(find).await?
        }
    };
    if !may_have_it {
        return Ok(None);
    }
    let text = draft.finish(app, client, &token, None)?;
    Ok(Some(TokenResponse::new(text, &token)))
}
