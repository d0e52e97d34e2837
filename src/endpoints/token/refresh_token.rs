//! `grant_type=refresh_token` (RFC 6749 §6), rotating (RFC 9700 §4.14).

use std::sync::Arc;

use super::issue::{ResponseSigner, Issued, TokenPair, draft};
use super::request::{Decision, TokenRequest};
use crate::clock::Timestamp;
use crate::failure::Denied;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::may_issue;
use crate::oauth::grant::scope;
use crate::oauth::reason::Reason;
use crate::oauth::token::TokenResponse;
use crate::oauth::token::refresh::{self, RefreshName, RefreshVerdict};
use crate::secret::Hash;
use crate::store::clients::StoredClient;
use crate::store::db::Tx;
use crate::store::grants::Lifetime;
use crate::store::{access_tokens, grants};
use crate::tokens::access_token::Draft;

pub(super) const PARAMS: &[&str] = &["refresh_token"];

pub(super) struct PreparedRefresh {
    token: String,
    scope: Option<String>,
    draft: Arc<Draft>,
}

pub(super) async fn prepare(
    asked: &TokenRequest<'_>,
    decision: Decision<'_>,
) -> Result<PreparedRefresh, Denied<OAuthError>> {
    let Some(token) = asked.params.one("refresh_token")? else {
        return Err(Reason::RefreshTokenMissing.because("the parameter refresh_token is missing").into());
    };
    let (token, scope) = (token.to_owned(), asked.params.one("scope")?.map(str::to_owned));
    Ok(PreparedRefresh { token, scope, draft: draft(asked, &decision).await? })
}

fn unknown() -> OAuthError {
    Reason::RefreshTokenUnknown.because("the refresh token is not known here")
}

pub(super) async fn issue(
    asked: &TokenRequest<'_>,
    client: &StoredClient,
    prepared: PreparedRefresh,
) -> Result<Option<TokenResponse>, Denied<OAuthError>> {
    let (app, now) = (asked.app, asked.call.now);
    let Some((name, mac)) = RefreshName::parse(&prepared.token) else { return Err(unknown().into()) };
    // Only this server can make a valid MAC, so made-up tokens never reach the database.
    if !app.keys.is_refresh_token(&name, &mac) {
        return Err(unknown().into());
    }
    let response_signer = ResponseSigner::begin(app, &client.client, prepared.draft.clone(), asked.call.now).await?;
    let (client, keys, tokens) = (client.client.clone(), app.keys.clone(), &app.config.tokens);
    let grace = tokens.refresh_token_grace.seconds();
    let idle_expires_at = now + tokens.refresh_token_idle_lifetime.seconds();

    let work = async move |tx: &mut Tx| {
        let plan = &prepared.draft;
        let found = grants::find_chain(tx, &name.grant_id, &client.id, client.version).await?;
        let Some(presented) = found else { return Err(unknown().into()) };
        if !presented.client_unchanged {
            return Ok(None);
        }
        let chain = presented.chain;
        let verdict = match refresh::evaluate(&chain, &name, &client.id, grace, now) {
            Ok(verdict) => verdict,
            Err(error) => return refuse(tx, &name, error, now).await,
        };
        let scope = scope::narrow(prepared.scope.as_deref(), &chain.grant.granted.scope)?;
        may_issue(&presented.user, &plan.required_groups(&client, &scope))?;
        let token = plan.of_grant(&client, &chain.grant, &scope)?;
        let successor = keys.refresh_token(&name.successor());
        if verdict == RefreshVerdict::Rotate {
            let hashes = (Hash::of(&prepared.token), Hash::of(&successor));
            let lifetime = Lifetime::new(idle_expires_at, chain.expires_at).with(&token);
            if !grants::rotate(tx, (&name, &hashes.0), &hashes.1, lifetime, now).await? {
                return Err(unknown().into());
            }
        }
        if let Some(hash) = plan.stored(&token) {
            access_tokens::save_in(tx.batch(), &hash, &token).execute().await?;
        }
        Ok(Some(Issued::of(&chain.grant, &scope, None, TokenPair { access: token, refresh: Some(successor) })))
    };
    response_signer.answer(app.db.decide(work).await?).await
}

/// A replaced token that is reused ends the chain; other refusals change nothing.
async fn refuse(
    tx: &mut Tx,
    name: &RefreshName,
    error: OAuthError,
    now: Timestamp,
) -> Result<Option<Issued>, Denied<OAuthError>> {
    if error.reason == Reason::RefreshTokenReused {
        grants::revoke(tx, &name.grant_id, Reason::RefreshTokenReused, now).await?;
    }
    Err(error.into())
}
