//! `grant_type=urn:ietf:params:oauth:grant-type:device_code` (RFC 8628 §3.4).

use std::sync::Arc;

use super::request::{Decision, TokenRequest, draft};
use crate::failure::Denied;
use crate::issuing::{AllowedSignIn, NewGrant, begin_grant};
use crate::oauth::error::OAuthError;
use crate::oauth::grant::device::{PollEffect, evaluate_poll};
use crate::oauth::grant::may_issue;
use crate::oauth::reason::Reason;
use crate::oauth::token::TokenResponse;
use crate::secret::Hash;
use crate::store::clients::StoredClient;
use crate::store::db::Tx;
use crate::store::{device_codes, grants};
use crate::tokens::access_token::Draft;

pub(super) const PARAMS: &[&str] = &["device_code"];

pub(super) struct PreparedDeviceCode {
    code: Hash,
    draft: Arc<Draft>,
}

pub(super) async fn prepare(
    asked: &TokenRequest<'_>,
    decision: Decision<'_>,
) -> Result<PreparedDeviceCode, Denied<OAuthError>> {
    let Some(code) = asked.params.one("device_code")? else {
        return Err(Reason::DeviceCodeMissing.because("the parameter device_code is missing").into());
    };
    Ok(PreparedDeviceCode { code: Hash::of(code), draft: draft(asked, &decision).await? })
}

pub(super) async fn issue(
    asked: &TokenRequest<'_>,
    client: &Arc<StoredClient>,
    prepared: PreparedDeviceCode,
) -> Result<Option<TokenResponse>, Denied<OAuthError>> {
    let PreparedDeviceCode { code: hash, draft } = prepared;
    let redeem = async move |tx: &mut Tx, new: &NewGrant| {
        let NewGrant { client, draft, lifetime, live, .. } = new;
        let client = &client.client;
        let calling = (&client.id, client.version);
        let consumed = device_codes::consume(tx, &hash, calling, *live, lifetime.purge_after()).await?;
        let Some((grant, status)) = consumed else {
            return refuse(tx, &hash, new).await;
        };
        may_issue(&status, &draft.required_groups(client, &grant.granted.scope))
            .map_err(|error| error.about(&grant.user))?;
        Ok(Some(AllowedSignIn { grant, nonce: None }))
    };
    begin_grant((asked.app, asked.call), client, draft, redeem).await
}

/// Finds out what the device waits for, and records the poll.
async fn refuse(
    tx: &mut Tx,
    code: &Hash,
    new: &NewGrant,
) -> Result<Option<AllowedSignIn>, Denied<OAuthError>> {
    let now = new.live.now;
    let Some(polled) = device_codes::find_polled(tx, code).await? else {
        return Err(Reason::DeviceCodeUnknown.because("the device code is not known here").into());
    };
    let Some((mut error, effect)) = evaluate_poll(&polled, &new.client.client.id, now) else { return Ok(None) };
    match effect {
        PollEffect::Nothing => {}
        PollEffect::Poll { interval } => device_codes::note_poll(tx, code, interval, now).await?,
        PollEffect::Revoke if !grants::exists(tx, &polled.grant).await? => {
            let what = "the device code was used up by an earlier request, which was refused; nothing was issued from it";
            error = Reason::DeviceCodeRefusedBefore.because(what);
        }
        PollEffect::Revoke => {
            let why = (Reason::DeviceCodeReplayed, polled.allowed_by.as_ref());
            new.revoke_replayed(tx, &polled.grant, why).await?;
        }
    }
    Err(error.about(polled.allowed_by.as_ref()).into())
}
