//! `grant_type=urn:openid:params:grant-type:ciba` (CIBA Core §10.1).

use std::sync::Arc;

use super::polled::{self, PolledGrant, PreparedPoll};
use super::request::{Decision, TokenRequest};
use crate::failure::Denied;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::backchannel::POLL_REASONS;
use crate::oauth::reason::Reason;
use crate::oauth::token::TokenResponse;
use crate::store::backchannel_requests;
use crate::store::clients::StoredClient;

pub(super) const PARAMS: &[&str] = &[REQUEST.parameter];

const REQUEST: PolledGrant = PolledGrant {
    parameter: "auth_req_id",
    missing: (Reason::AuthReqIdMissing, "the parameter auth_req_id is missing"),
    unknown: (Reason::AuthReqIdUnknown, "the auth_req_id is not known here"),
    reasons: POLL_REASONS,
    requests: backchannel_requests::POLLED,
};

pub(super) async fn prepare(
    asked: &TokenRequest<'_>,
    decision: Decision<'_>,
) -> Result<PreparedPoll, Denied<OAuthError>> {
    polled::prepare(&REQUEST, asked, decision).await
}

pub(super) async fn issue(
    asked: &TokenRequest<'_>,
    client: &Arc<StoredClient>,
    prepared: PreparedPoll,
) -> Result<Option<TokenResponse>, Denied<OAuthError>> {
    polled::issue(&REQUEST, asked, client, prepared).await
}
