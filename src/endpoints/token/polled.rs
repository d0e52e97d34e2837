//! What the grants share whose client polls while a person decides elsewhere (RFC 8628 §3.4, CIBA Core §10.1).

use std::sync::Arc;

use super::request::{Decision, TokenRequest, draft};
use crate::failure::Denied;
use crate::issuing::{AllowedSignIn, NewGrant, begin_grant};
use crate::oauth::error::OAuthError;
use crate::oauth::grant::may_issue;
use crate::oauth::grant::polling::{PollEffect, PollReasons, evaluate_poll};
use crate::oauth::reason::Reason;
use crate::oauth::token::TokenResponse;
use crate::secret::Hash;
use crate::store::clients::StoredClient;
use crate::store::db::Tx;
use crate::store::grants;
use crate::store::polled::PolledRequests;
use crate::tokens::access_token::Draft;

/// A grant whose client polls.
pub(super) struct PolledGrant {
    /// The parameter that a client polls with.
    pub(super) parameter: &'static str,
    pub(super) missing: (Reason, &'static str),
    pub(super) unknown: (Reason, &'static str),
    pub(super) reasons: PollReasons,
    /// Where the requests are stored.
    pub(super) requests: PolledRequests,
}

pub(super) struct PreparedPoll {
    code: Hash,
    draft: Arc<Draft>,
}

pub(super) async fn prepare(
    grant: &PolledGrant,
    asked: &TokenRequest<'_>,
    decision: Decision<'_>,
) -> Result<PreparedPoll, Denied<OAuthError>> {
    let Some(code) = asked.params.one(grant.parameter)? else {
        let (reason, what) = grant.missing;
        return Err(reason.because(what).into());
    };
    Ok(PreparedPoll { code: Hash::of(code), draft: draft(asked, &decision).await? })
}

pub(super) async fn issue(
    polled: &'static PolledGrant,
    asked: &TokenRequest<'_>,
    client: &Arc<StoredClient>,
    prepared: PreparedPoll,
) -> Result<Option<TokenResponse>, Denied<OAuthError>> {
    let PreparedPoll { code: hash, draft } = prepared;
    let redeem = async move |tx: &mut Tx, new: &NewGrant| {
        let NewGrant { client, draft, lifetime, live, .. } = new;
        let client = &client.client;
        let calling = (&client.id, client.version);
        let consumed = polled.requests.consume(tx, &hash, calling, *live, lifetime.purge_after()).await?;
        let Some((grant, status)) = consumed else {
            return refuse(polled, tx, &hash, new).await;
        };
        may_issue(&status, &draft.required_groups(client, &grant.granted.scope))
            .map_err(|error| error.about(&grant.user))?;
        Ok(Some(AllowedSignIn { grant, nonce: None }))
    };
    begin_grant((asked.app, asked.call), client, draft, redeem).await
}

/// Finds out what the client waits for, and records the poll.
async fn refuse(
    grant: &PolledGrant,
    tx: &mut Tx,
    code: &Hash,
    new: &NewGrant,
) -> Result<Option<AllowedSignIn>, Denied<OAuthError>> {
    let now = new.live.now;
    let Some(polled) = grant.requests.find(tx, code).await? else {
        let (reason, what) = grant.unknown;
        return Err(reason.because(what).into());
    };
    let evaluated = evaluate_poll(&polled, &new.client.client.id, &grant.reasons, now);
    let Some((mut error, effect)) = evaluated else { return Ok(None) };
    match effect {
        PollEffect::Nothing => {}
        PollEffect::Poll { interval } => grant.requests.note_poll(tx, code, interval, now).await?,
        PollEffect::Revoke if !grants::exists(tx, &polled.grant).await? => {
            let (reason, what) = grant.reasons.refused_before;
            error = reason.because(what);
        }
        PollEffect::Revoke => {
            let why = (error.reason, polled.allowed_by.as_ref());
            new.revoke_replayed(tx, &polled.grant, why).await?;
        }
    }
    Err(error.about(polled.allowed_by.as_ref()).into())
}
