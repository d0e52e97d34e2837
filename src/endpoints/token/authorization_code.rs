//! `grant_type=authorization_code` (RFC 6749 §4.1.3).

use std::sync::Arc;

use super::issue::{AllowedSignIn, NewGrant, begin_grant, draft};
use super::request::{Decision, TokenRequest};
use crate::failure::Denied;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::code::{self, Redemption};
use crate::oauth::grant::may_issue;
use crate::oauth::reason::Reason;
use crate::oauth::request::pkce;
use crate::oauth::token::TokenResponse;
use crate::secret::Hash;
use crate::store::clients::StoredClient;
use crate::store::codes::NotConsumable;
use crate::store::db::Tx;
use crate::store::{codes, grants};
use crate::tokens::access_token::Draft;

pub(super) const PARAMS: &[&str] = &["code", "redirect_uri", "code_verifier"];

pub(super) struct PreparedCode {
    code: Hash,
    redemption: Redemption,
    draft: Arc<Draft>,
}

pub(super) async fn prepare(
    asked: &TokenRequest<'_>,
    decision: Decision<'_>,
) -> Result<PreparedCode, Denied<OAuthError>> {
    let Some(code) = asked.params.one("code")? else {
        return Err(Reason::CodeMissing.because("the parameter code is missing").into());
    };
    let redemption = Redemption {
        redirect_uri: asked.params.one("redirect_uri")?.map(str::to_owned),
        verifier: pkce::verifier(asked.params)?.map(str::to_owned),
    };
    Ok(PreparedCode { code: Hash::of(code), redemption, draft: draft(asked, &decision).await? })
}

pub(super) async fn issue(
    asked: &TokenRequest<'_>,
    client: &Arc<StoredClient>,
    prepared: PreparedCode,
) -> Result<Option<TokenResponse>, Denied<OAuthError>> {
    let PreparedCode { code: hash, redemption, draft } = prepared;
    let redeem = async move |tx: &mut Tx, new: &NewGrant| {
        let NewGrant { client, draft, lifetime, live, .. } = new;
        let client = &client.client;
        let calling = (&client.id, client.version);
        let consumed = codes::consume(tx, &hash, calling, *live, lifetime.purge_after()).await?;
        let Some((code, status)) = consumed else {
            return refuse(tx, &hash, new).await;
        };
        let about = |error: OAuthError| error.about(&code.grant.user);
        may_issue(&status, &draft.required_groups(client, &code.grant.granted.scope)).map_err(about)?;
        code::redeem(&code, &redemption, live.now).map_err(about)?;
        Ok(Some(AllowedSignIn { grant: code.grant, nonce: code.nonce }))
    };
    begin_grant(asked, client, draft, redeem).await
}

/// Says why the code cannot be redeemed. If the code is replayed, also revokes everything that was issued from it (RFC
/// 6749 §4.1.2).
async fn refuse(
    tx: &mut Tx,
    code: &Hash,
    new: &NewGrant,
) -> Result<Option<AllowedSignIn>, Denied<OAuthError>> {
    let error = match codes::why_not(tx, code, &new.client.client.id).await? {
        NotConsumable::ClientChanged => return Ok(None),
        NotConsumable::Unknown => Reason::CodeUnknown.because("the code is not known here"),
        NotConsumable::OfAnotherClient => {
            Reason::CodeWrongClient.because("the code was issued to another client")
        }
        NotConsumable::Consumed { grant, user } if !grants::exists(tx, &grant).await? => {
            Reason::CodeRefusedBefore
                .because("the code was used up by an earlier request, which was refused; nothing was issued from it")
                .about(&user)
        }
        NotConsumable::Consumed { grant, user } => {
            new.revoke_replayed(tx, &grant, (Reason::CodeReplayed, Some(&user))).await?;
            Reason::CodeReplayed
                .because("the code was redeemed before; everything issued from it has been revoked")
                .about(&user)
        }
    };
    Err(error.into())
}
