//! `grant_type=urn:ietf:params:oauth:grant-type:device_code` (RFC 8628 §3.4).

use std::sync::Arc;

use super::polled::{self, Polled, PreparedPoll};
use super::request::{Decision, TokenRequest};
use crate::clock::{Seconds, Timestamp};
use crate::failure::Denied;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::device::POLL_REASONS;
use crate::oauth::grant::polling::{Poll, PollReasons};
use crate::oauth::grant::{Grant, UserStatus};
use crate::oauth::id::ClientId;
use crate::oauth::identity::session::LiveSessions;
use crate::oauth::reason::Reason;
use crate::oauth::token::TokenResponse;
use crate::secret::Hash;
use crate::store::clients::StoredClient;
use crate::store::db::{DbError, Tx};
use crate::store::device_codes;

pub(super) const PARAMS: &[&str] = &[PolledDevice::PARAMETER];

/// The request of a device.
struct PolledDevice;

impl Polled for PolledDevice {
    const PARAMETER: &'static str = "device_code";
    const MISSING: (Reason, &'static str) = (Reason::DeviceCodeMissing, "the parameter device_code is missing");
    const UNKNOWN: (Reason, &'static str) = (Reason::DeviceCodeUnknown, "the device code is not known here");
    const REASONS: PollReasons = POLL_REASONS;

    async fn consume(
        tx: &mut Tx,
        code: &Hash,
        client: (&ClientId, i64),
        live: LiveSessions,
        purge_after: Timestamp,
    ) -> Result<Option<(Grant, UserStatus)>, DbError> {
        device_codes::consume(tx, code, client, live, purge_after).await
    }

    async fn find(tx: &mut Tx, code: &Hash) -> Result<Option<Poll>, DbError> {
        device_codes::find_polled(tx, code).await
    }

    async fn note(tx: &mut Tx, code: &Hash, interval: Seconds, now: Timestamp) -> Result<(), DbError> {
        device_codes::note_poll(tx, code, interval, now).await
    }
}

pub(super) async fn prepare(
    asked: &TokenRequest<'_>,
    decision: Decision<'_>,
) -> Result<PreparedPoll, Denied<OAuthError>> {
    polled::prepare::<PolledDevice>(asked, decision).await
}

pub(super) async fn issue(
    asked: &TokenRequest<'_>,
    client: &Arc<StoredClient>,
    prepared: PreparedPoll,
) -> Result<Option<TokenResponse>, Denied<OAuthError>> {
    polled::issue::<PolledDevice>(asked, client, prepared).await
}
