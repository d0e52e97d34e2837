//! What the grants share whose client polls while a person decides elsewhere (RFC 8628 §3.4, CIBA Core §10.1).

use std::sync::Arc;

use super::request::{Decision, TokenRequest, draft};
use crate::clock::{Seconds, Timestamp};
use crate::failure::Denied;
use crate::issuing::{AllowedSignIn, NewGrant, begin_grant};
use crate::oauth::error::OAuthError;
use crate::oauth::grant::polling::{Poll, PollEffect, PollReasons, evaluate_poll};
use crate::oauth::grant::{Grant, UserStatus, may_issue};
use crate::oauth::id::ClientId;
use crate::oauth::identity::session::LiveSessions;
use crate::oauth::reason::Reason;
use crate::oauth::token::TokenResponse;
use crate::secret::Hash;
use crate::store::clients::StoredClient;
use crate::store::db::{DbError, Tx};
use crate::store::grants;
use crate::tokens::access_token::Draft;

/// A request that waits for a person, by what its client polls with.
pub(super) trait Polled: 'static {
    /// The parameter that a client polls with.
    const PARAMETER: &'static str;
    const MISSING: (Reason, &'static str);
    const UNKNOWN: (Reason, &'static str);
    const REASONS: PollReasons;

    /// Uses up the code, if a person has allowed the request and the client is unchanged.
    async fn consume(
        tx: &mut Tx,
        code: &Hash,
        client: (&ClientId, i64),
        live: LiveSessions,
        purge_after: Timestamp,
    ) -> Result<Option<(Grant, UserStatus)>, DbError>;

    /// The state of the request. `None` if it is not known.
    async fn find(tx: &mut Tx, code: &Hash) -> Result<Option<Poll>, DbError>;

    /// Records a poll, and the interval from now on.
    async fn note(tx: &mut Tx, code: &Hash, interval: Seconds, now: Timestamp) -> Result<(), DbError>;
}

pub(super) struct PreparedPoll {
    code: Hash,
    draft: Arc<Draft>,
}

pub(super) async fn prepare<P: Polled>(
    asked: &TokenRequest<'_>,
    decision: Decision<'_>,
) -> Result<PreparedPoll, Denied<OAuthError>> {
    let Some(code) = asked.params.one(P::PARAMETER)? else {
        let (reason, what) = P::MISSING;
        return Err(reason.because(what).into());
    };
    Ok(PreparedPoll { code: Hash::of(code), draft: draft(asked, &decision).await? })
}

pub(super) async fn issue<P: Polled>(
    asked: &TokenRequest<'_>,
    client: &Arc<StoredClient>,
    prepared: PreparedPoll,
) -> Result<Option<TokenResponse>, Denied<OAuthError>> {
    let PreparedPoll { code: hash, draft } = prepared;
    let redeem = async move |tx: &mut Tx, new: &NewGrant| {
        let NewGrant { client, draft, lifetime, live, .. } = new;
        let client = &client.client;
        let calling = (&client.id, client.version);
        let consumed = P::consume(tx, &hash, calling, *live, lifetime.purge_after()).await?;
        let Some((grant, status)) = consumed else {
            return refuse::<P>(tx, &hash, new).await;
        };
        may_issue(&status, &draft.required_groups(client, &grant.granted.scope))
            .map_err(|error| error.about(&grant.user))?;
        Ok(Some(AllowedSignIn { grant, nonce: None }))
    };
    begin_grant((asked.app, asked.call), client, draft, redeem).await
}

/// Finds out what the client waits for, and records the poll.
async fn refuse<P: Polled>(
    tx: &mut Tx,
    code: &Hash,
    new: &NewGrant,
) -> Result<Option<AllowedSignIn>, Denied<OAuthError>> {
    let now = new.live.now;
    let Some(polled) = P::find(tx, code).await? else {
        let (reason, what) = P::UNKNOWN;
        return Err(reason.because(what).into());
    };
    let evaluated = evaluate_poll(&polled, &new.client.client.id, &P::REASONS, now);
    let Some((mut error, effect)) = evaluated else { return Ok(None) };
    match effect {
        PollEffect::Nothing => {}
        PollEffect::Poll { interval } => P::note(tx, code, interval, now).await?,
        PollEffect::Revoke if !grants::exists(tx, &polled.grant).await? => {
            let (reason, what) = P::REASONS.refused_before;
            error = reason.because(what);
        }
        PollEffect::Revoke => {
            let why = (error.reason, polled.allowed_by.as_ref());
            new.revoke_replayed(tx, &polled.grant, why).await?;
        }
    }
    Err(error.about(polled.allowed_by.as_ref()).into())
}
