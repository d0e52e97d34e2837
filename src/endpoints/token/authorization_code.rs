//! `grant_type=authorization_code` (RFC 6749 §4.1.3).

use std::sync::Arc;

use super::request::{Decision, TokenRequest, draft};
use crate::failure::Denied;
use crate::issuing::code::{self, PreparedCode};
use crate::oauth::client::demand::Demanded;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::code::Redemption;
use crate::oauth::reason::Reason;
use crate::oauth::request::pkce;
use crate::oauth::token::TokenResponse;
use crate::secret::Hash;
use crate::store::clients::StoredClient;

pub(super) const PARAMS: &[&str] = &["code", "redirect_uri", "code_verifier"];

pub(super) async fn prepare(
    asked: &TokenRequest<'_>,
    decision: Decision<'_>,
) -> Result<PreparedCode, Denied<OAuthError>> {
    let Some(code) = asked.params.one("code")? else {
        return Err(Reason::CodeMissing.because("the parameter code is missing").into());
    };
    let redemption = Redemption {
        redirect_uri: asked.params.one("redirect_uri")?.map(str::to_owned),
        may_omit_redirect_uri: !decision
            .client
            .must(Demanded::TokenRedirectUri, &asked.app.config.oauth.demands()),
        verifier: pkce::verifier(asked.params)?.map(str::to_owned),
    };
    Ok(PreparedCode { code: Hash::of(code), redemption, draft: draft(asked, &decision).await? })
}

pub(super) async fn issue(
    asked: &TokenRequest<'_>,
    client: &Arc<StoredClient>,
    prepared: PreparedCode,
) -> Result<Option<TokenResponse>, Denied<OAuthError>> {
    code::redeem((asked.app, asked.call), client, prepared).await
}
