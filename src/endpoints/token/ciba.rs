//! `grant_type=urn:openid:params:grant-type:ciba` (CIBA Core §10.1).

use std::sync::Arc;

use super::polled::{self, Polled, PreparedPoll};
use super::request::{Decision, TokenRequest};
use crate::clock::{Seconds, Timestamp};
use crate::failure::Denied;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::backchannel::POLL_REASONS;
use crate::oauth::grant::polling::{Poll, PollReasons};
use crate::oauth::grant::{Grant, UserStatus};
use crate::oauth::id::ClientId;
use crate::oauth::identity::session::LiveSessions;
use crate::oauth::reason::Reason;
use crate::oauth::token::TokenResponse;
use crate::secret::Hash;
use crate::store::backchannel_requests;
use crate::store::clients::StoredClient;
use crate::store::db::{DbError, Tx};

pub(super) const PARAMS: &[&str] = &[PolledBackchannel::PARAMETER];

/// A backchannel request.
struct PolledBackchannel;

impl Polled for PolledBackchannel {
    const PARAMETER: &'static str = "auth_req_id";
    const MISSING: (Reason, &'static str) = (Reason::AuthReqIdMissing, "the parameter auth_req_id is missing");
    const UNKNOWN: (Reason, &'static str) = (Reason::AuthReqIdUnknown, "the auth_req_id is not known here");
    const REASONS: PollReasons = POLL_REASONS;

    async fn consume(
        tx: &mut Tx,
        code: &Hash,
        client: (&ClientId, i64),
        live: LiveSessions,
        purge_after: Timestamp,
    ) -> Result<Option<(Grant, UserStatus)>, DbError> {
        backchannel_requests::consume(tx, code, client, live, purge_after).await
    }

    async fn find(tx: &mut Tx, code: &Hash) -> Result<Option<Poll>, DbError> {
        backchannel_requests::find_polled(tx, code).await
    }

    async fn note(tx: &mut Tx, code: &Hash, interval: Seconds, now: Timestamp) -> Result<(), DbError> {
        backchannel_requests::note_poll(tx, code, interval, now).await
    }
}

pub(super) async fn prepare(
    asked: &TokenRequest<'_>,
    decision: Decision<'_>,
) -> Result<PreparedPoll, Denied<OAuthError>> {
    polled::prepare::<PolledBackchannel>(asked, decision).await
}

pub(super) async fn issue(
    asked: &TokenRequest<'_>,
    client: &Arc<StoredClient>,
    prepared: PreparedPoll,
) -> Result<Option<TokenResponse>, Denied<OAuthError>> {
    polled::issue::<PolledBackchannel>(asked, client, prepared).await
}
