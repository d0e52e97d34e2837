//! `grant_type=client_credentials` (RFC 6749 §4.4).

use std::sync::Arc;

use super::request::{Decision, TokenRequest, draft};
use crate::failure::Denied;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::scope;
use crate::oauth::token::{AccessToken, TokenResponse};
use crate::store::clients::{self, StoredClient};
use crate::store::db::{Batch, Conn};
use crate::store::{access_tokens, used_assertions};
use crate::tokens::access_token::Draft;
use crate::tokens::possession::{SingleUse, replayed};

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
    PreparedToken { token, draft }: PreparedToken,
) -> Result<Option<TokenResponse>, Denied<OAuthError>> {
    let (app, client) = (asked.app, &client.client);
    let (id, version) = (client.id.clone(), client.version);
    let mut batch = Batch::new();
    if let Some(hash) = draft.stored(&token) {
        let proof = draft.proof().map(|proof| &proof.id);
        batch = access_tokens::save_for_client_in(batch, &hash, &token, version, proof);
    }
    // After the token, which is stored only with a new proof.
    if let Some(SingleUse { id: proof, until }) = draft.proof() {
        batch = used_assertions::consume_for_client_in(batch, proof, *until, (&id, version));
    }
    let must_store = !batch.is_empty();
    let has_stored = must_store && app.db.run(batch).await?.iter().all(|changed| *changed == 1);
    if !has_stored {
        let find = async move |conn: &mut Conn| clients::is_unchanged(conn, &id, version).await;
        match (app.db.read(find).await?, must_store) {
            (false, _) => return Ok(None),
            (true, true) if draft.proof().is_some() => return Err(replayed().into()),
            (true, true) => return Ok(None),
            (true, false) => {}
        }
    }
    let text = draft.finish(app, client, &token, None)?;
    let asked = scope::requested(asked.params)?.is_some();
    Ok(Some(TokenResponse::new(text, &token, asked)))
}
