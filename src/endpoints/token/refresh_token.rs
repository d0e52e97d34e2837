//! `grant_type=refresh_token` (RFC 6749 §6), rotating (RFC 9700 §4.14).

use std::sync::Arc;

use super::request::{Decision, TokenRequest, draft};
use crate::app::App;
use crate::clock::Timestamp;
use crate::failure::Denied;
use crate::issuing::{Issued, ReplayedGrant, ResponseSigner, TokenPair, granted_scope};
use crate::network::Network;
use crate::oauth::client::Client;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::{may_issue, scope};
use crate::oauth::id::{ClientId, GrantId, UserId};
use crate::oauth::reason::Reason;
use crate::oauth::token::TokenResponse;
use crate::oauth::token::binding::Binding;
use crate::oauth::token::refresh::{self, Chain, RefreshName, RefreshVerdict};
use crate::operations::actor::Actor;
use crate::secret::Hash;
use crate::store::clients::StoredClient;
use crate::store::db::{Batch, Tx};
use crate::store::grants::{Lifetime, RefreshRotation};
use crate::store::{access_tokens, grants, sessions};
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
    let (token, scope) = (token.to_owned(), scope::requested(asked.params)?.map(str::to_owned));
    Ok(PreparedRefresh { token, scope, draft: draft(asked, &decision).await? })
}

fn unknown() -> OAuthError {
    Reason::RefreshTokenUnknown.because("the refresh token is not known here")
}

/// What a chain that was bound to nothing is bound to from now on: what its public client proves (RFC 9449 §5).
fn bound_now(client: &Client, plan: &Draft, chain: &Chain) -> Option<Binding> {
    Binding::of_refresh_token(client, plan.binding()).filter(|_| chain.grant.binding.is_none())
}

/// What the log says about an unusual refresh.
#[derive(Clone, Debug)]
struct Unusual {
    user: UserId,
    verdict: RefreshVerdict,
    generation: u32,
    /// How often the successor was issued again before.
    answered_again: i64,
    is_another_network: bool,
}

/// What a refresh token names. `None` if it is made up: only this server can make a valid MAC, so made-up tokens never reach the
/// database.
fn genuine(app: &App, token: &str) -> Option<RefreshName> {
    let read = RefreshName::parse(token).filter(|(name, mac)| app.keys.is_refresh_token(name, mac));
    read.map(|(name, _)| name)
}

pub(super) async fn issue(
    asked: &TokenRequest<'_>,
    client: &Arc<StoredClient>,
    prepared: PreparedRefresh,
) -> Result<Option<TokenResponse>, Denied<OAuthError>> {
    let (app, now) = (asked.app, asked.call.now);
    let name = genuine(app, &prepared.token).ok_or_else(unknown)?;
    let response_signer = ResponseSigner::begin(app, &client.client, prepared.draft.clone(), asked.call.now).await?;
    let (stored, keys, tokens) = (client.clone(), app.keys.clone(), &app.config.tokens);
    let idle_expires_at = now + tokens.refresh_token_idle_lifetime.seconds();
    let (demands, grace) = (app.config.oauth.demands(), tokens.refresh_token_grace.seconds());
    let (live, actor) = (app.live_sessions(now), asked.call.acting_client(&client.client));
    let (network, grant) = (Network::of(asked.call.address).to_string(), name.grant_id.clone());

    let work = async move |tx: &mut Tx| {
        let (client, plan) = (&stored.client, &prepared.draft);
        let found = grants::find_chain(tx, &name.grant_id, (&client.id, client.version), live).await?;
        let Some(presented) = found else { return Err(unknown().into()) };
        if !presented.client_unchanged {
            return Ok(None);
        }
        let chain = presented.chain;
        let about = |error: OAuthError| error.about(&chain.grant.user);
        let verdict = match refresh::evaluate(&chain, &name, &client.id, grace, now) {
            Ok(verdict) => verdict,
            Err(error) => return refuse(tx, (&name, &client.id, &actor), about(error), now).await,
        };
        Binding::check(chain.grant.binding.as_ref(), plan.proven(), "refresh token").map_err(about)?;
        let scope = granted_scope(client, &chain.grant, prepared.scope.as_deref()).map_err(about)?;
        may_issue(&presented.user, &plan.required_groups(client, &scope)).map_err(about)?;
        let token = plan.of_grant(client, &chain.grant, &scope).map_err(about)?;
        plan.use_up_proof(tx).await?;
        // A token that stays is written like its own successor, which moves the ends of the chain.
        let next = verdict.given(&name, refresh::is_replaced(client, &demands, &chain.grant));
        let successor = keys.refresh_token(&next);
        let bound = bound_now(client, plan, &chain);
        if verdict.is_valid() {
            let hash = Hash::of(&successor);
            let (from, binding) = (chain.generation, bound.as_ref());
            let rotation = RefreshRotation { from, to: &next, successor: &hash, network: &network, binding };
            let lifetime = Lifetime::new(idle_expires_at, chain.expires_at).with(&token);
            if !grants::rotate(tx, rotation, lifetime, now).await? {
                return Err(unknown().into());
            }
        }
        let mut batch = Batch::new();
        if verdict == RefreshVerdict::AnswerAgain {
            batch = grants::note_answer_again(batch, &name.grant_id, bound.as_ref());
        }
        // A refresh is a use of the session, so that an application in use does not lose its grant.
        if presented.session_seen_at.is_some_and(|seen_at| live.must_note(seen_at)) {
            batch = sessions::touch_in(batch, &chain.grant.session, now);
        }
        if let Some(hash) = plan.stored(&token) {
            batch = access_tokens::save_in(batch, &hash, &token);
        }
        tx.run(batch).await?;
        let issued = Issued::of(&chain.grant, scope, None, TokenPair { access: token, refresh: Some(successor) });
        Ok(Some((issued, Unusual::of(verdict, &name, &chain, &network))))
    };
    let Some((issued, unusual)) = app.db.decide(work).await? else { return Ok(None) };
    if let Some(unusual) = unusual {
        unusual.note(asked, &client.client.id, &grant);
    }
    response_signer.answer(Some(issued)).await
}

impl Unusual {
    /// `None` for the usual rotation.
    fn of(verdict: RefreshVerdict, presented: &RefreshName, chain: &Chain, network: &str) -> Option<Self> {
        (verdict != RefreshVerdict::Rotate).then(|| Self {
            user: chain.grant.user.clone(),
            verdict,
            generation: presented.generation,
            answered_again: chain.answered_again,
            is_another_network: chain.rotated_from.as_deref().is_some_and(|before| before != network),
        })
    }

    /// Notes what happened in the log and in the counts.
    fn note(self, asked: &TokenRequest<'_>, client: &ClientId, grant: &GrantId) {
        asked.call.set_user(&self.user);
        if self.verdict == RefreshVerdict::AnswerAgain {
            asked.app.activity.refresh_answered_again(client, asked.call.now);
        }
        self.log(grant);
    }

    fn log(self, grant: &GrantId) {
        let generation = self.generation;
        match self.verdict {
            RefreshVerdict::Rotate => {}
            RefreshVerdict::CatchUp => tracing::warn!(
                grant = grant.as_str(),
                generation,
                "a refresh token is newer than its record: the database has lost what was written last"
            ),
            RefreshVerdict::AnswerAgain => tracing::info!(
                grant = grant.as_str(),
                generation,
                times = self.answered_again + 1,
                from_another_network = self.is_another_network,
                "a replaced refresh token was presented again, and its successor was issued again"
            ),
        }
    }
}

/// A replaced token that is reused ends the chain; other refusals change nothing.
async fn refuse(
    tx: &mut Tx,
    (name, client, actor): (&RefreshName, &ClientId, &Actor),
    error: OAuthError,
    now: Timestamp,
) -> Result<Option<(Issued, Option<Unusual>)>, Denied<OAuthError>> {
    if error.reason == Reason::RefreshTokenReused {
        let user = error.user.as_deref();
        let replayed = ReplayedGrant { grant: &name.grant_id, client, user, why: error.reason };
        replayed.revoke(tx, actor, now).await?;
    }
    Err(error.into())
}
