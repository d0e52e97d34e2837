//! `grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer` (RFC 7523 §2.1).

use std::sync::Arc;

use crate::endpoints::foreign::{TokenRules, TrustedToken, verified};
use super::request::{Decision, TokenRequest, draft};
use crate::failure::Denied;
use crate::oauth::assertion::AssertionKind;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::may_issue;
use crate::oauth::grant::scope::{self, Scope};
use crate::oauth::reason::Reason;
use crate::oauth::token::{AccessToken, TokenResponse};
use crate::secret::Hash;
use crate::store::clients::StoredClient;
use crate::store::db::{Batch, Tx};
use crate::store::{access_tokens, grants, used_assertions};
use crate::tokens::access_token::Draft;

const RULES: TokenRules = TokenRules {
    kind: AssertionKind {
        name: "the assertion",
        claims: Reason::GrantAssertionClaims,
        audience: Reason::GrantAssertionAudience,
        times: Reason::GrantAssertionTimes,
        expired: Reason::GrantAssertionTimes,
    },
    types: &["JWT"],
    malformed: Reason::GrantAssertionMalformed,
    issuer: Reason::GrantAssertionIssuer,
    keys: Reason::GrantAssertionKeys,
    signature: Reason::GrantAssertionSignature,
    subject: Reason::GrantAssertionSubject,
};

pub(super) const PARAMS: &[&str] = &["assertion"];

pub(super) struct PreparedAssertion {
    trusted_token: Arc<TrustedToken>,
    /// Identifies the assertion: a hash of its issuer and the issuer's name for it.
    name: Hash,
    scope: Scope,
    draft: Arc<Draft>,
}

pub(super) async fn prepare(
    asked: &TokenRequest<'_>,
    decision: Decision<'_>,
) -> Result<PreparedAssertion, Denied<OAuthError>> {
    let draft = draft(asked, &decision).await?;
    let (client, params) = (decision.client, asked.params);
    let Some(token) = params.one("assertion")? else {
        return Err(Reason::GrantAssertionMissing.because("the parameter assertion is missing").into());
    };
    let trusted_token = decision.trusted_token.get(async || verified(asked.app, asked.call, client, token, &RULES).await).await?;
    let id = RULES.kind.id(&trusted_token.claims)?;
    let scope = draft.scope_of(&trusted_token.issuer, client, scope::requested(params)?)?;
    // Issuers contain no NUL, so different issuers cannot have the same hash.
    let name = Hash::of(&format!("issuer\0{}\0{id}", trusted_token.claims.iss));
    Ok(PreparedAssertion { trusted_token, name, scope, draft })
}

/// Issues an access token only; for another one the client presents another assertion (RFC 7523 §2.1, RFC 7521 §4.1).
pub(super) async fn issue(
    asked: &TokenRequest<'_>,
    client: &StoredClient,
    prepared: PreparedAssertion,
) -> Result<Option<TokenResponse>, Denied<OAuthError>> {
    let (app, calling, now, draft) = (asked.app, &client.client, asked.call.now, prepared.draft.clone());
    let client = calling.clone();
    let work = async move |tx: &mut Tx| {
        let PreparedAssertion { trusted_token, name, scope, draft: plan } = &prepared;
        if !trusted_token.is_unchanged(tx, &client).await? {
            return Ok(None);
        }
        if !used_assertions::consume(tx, name, trusted_token.expires_at).await? {
            return Err(Reason::GrantAssertionReplayed.because("the assertion was used before").into());
        }
        let (grant, status) = trusted_token.grant(tx, &client, scope, &RULES, now).await?;
        let token = plan.of_trusted_issuer(&client, &grant, scope)?;
        may_issue(&status, &plan.required_groups(&client, &token.granted.scope))
            .map_err(|error| error.about(&grant.user))?;
        plan.use_up_proof(tx).await?;
        let mut batch = grants::save_for_issuer_in(Batch::new(), &grant, trusted_token.issuer_subject(), token.expires_at, now);
        if let Some(hash) = plan.stored(&token) {
            batch = access_tokens::save_in(batch, &hash, &token);
        }
        tx.run(batch).await?;
        Ok(Some(token))
    };
    let issued: Result<Option<AccessToken>, Denied<OAuthError>> = app.db.decide(work).await;
    let Some(token) = issued? else { return Ok(None) };
    Ok(Some(TokenResponse::new(draft.finish(app, calling, &token, None)?, &token, false)))
}
