//! Redeems authorization codes (RFC 6749 §4.1.3).

use std::sync::Arc;

use super::{AllowedSignIn, NewGrant, begin_grant};
use crate::app::App;
use crate::failure::Denied;
use crate::http::call::Call;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::code::{self, Redemption};
use crate::oauth::grant::may_issue;
use crate::oauth::reason::Reason;
use crate::oauth::token::TokenResponse;
use crate::secret::Hash;
use crate::store::clients::StoredClient;
use crate::store::codes::NotConsumable;
use crate::store::db::Tx;
use crate::store::{codes, grants};
use crate::tokens::access_token::Draft;

/// A code that is to be redeemed, and what its answer is made from.
pub struct PreparedCode {
    pub code: Hash,
    pub redemption: Redemption,
    pub draft: Arc<Draft>,
}

/// Redeems a code for the first tokens of a grant. `None` if the client has changed since it was authenticated.
///
/// # Errors
/// If the code cannot be redeemed by this client and with this verifier.
pub async fn redeem(
    (app, call): (&App, &Call),
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
        code::redeem(&code, &redemption, draft.proven(), live.now).map_err(about)?;
        Ok(Some(AllowedSignIn { grant: code.grant, nonce: code.nonce }))
    };
    begin_grant((app, call), client, draft, redeem).await
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
