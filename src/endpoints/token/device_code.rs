//! `grant_type=urn:ietf:params:oauth:grant-type:device_code` (RFC 8628 §3.4).

use std::sync::Arc;

use super::polled::{self, PolledGrant, PreparedPoll};
use super::request::{Decision, TokenRequest};
use crate::failure::Denied;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::device::POLL_REASONS;
use crate::oauth::reason::Reason;
use crate::oauth::token::TokenResponse;
use crate::store::clients::StoredClient;
use crate::store::device_codes;

pub(super) const PARAMS: &[&str] = &[DEVICE.parameter];

const DEVICE: PolledGrant = PolledGrant {
    parameter: "device_code",
    missing: (Reason::DeviceCodeMissing, "the parameter device_code is missing"),
    unknown: (Reason::DeviceCodeUnknown, "the device code is not known here"),
    reasons: POLL_REASONS,
    requests: device_codes::POLLED,
};

pub(super) async fn prepare(
    asked: &TokenRequest<'_>,
    decision: Decision<'_>,
) -> Result<PreparedPoll, Denied<OAuthError>> {
    polled::prepare(&DEVICE, asked, decision).await
}

pub(super) async fn issue(
    asked: &TokenRequest<'_>,
    client: &Arc<StoredClient>,
    prepared: PreparedPoll,
) -> Result<Option<TokenResponse>, Denied<OAuthError>> {
    polled::issue(&DEVICE, asked, client, prepared).await
}
