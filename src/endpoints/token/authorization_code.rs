//! `grant_type=authorization_code` (RFC 6749 §4.1.3).

use std::sync::Arc;

use super::{Issued, begin_grant, lifetime};
use crate::app::App;
use crate::clock::Seconds;
use crate::failure::Denied;
use crate::oauth::client::Client;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::code::{self, Redemption};
use crate::oauth::grant::may_issue;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::oauth::request::pkce;
use crate::oauth::token::TokenAnswer;
use crate::secret::Hash;
use crate::store::clients::StoredClient;
use crate::store::codes::NotConsumable;
use crate::store::db::Tx;
use crate::store::{codes, grants};
use crate::tokens::access_token::Draft;
use crate::tokens::id_token::Signer;

pub(super) struct Prepared {
    code: Hash,
    redemption: Redemption,
}

pub(super) fn prepare(params: &Params) -> Result<Prepared, OAuthError> {
    let Some(code) = params.one("code")? else {
        return Err(Reason::CodeMissing.because("the parameter code is missing"));
    };
    let redemption = Redemption {
        redirect_uri: params.one("redirect_uri")?.map(str::to_owned),
        verifier: pkce::verifier(params)?.map(str::to_owned),
    };
    Ok(Prepared { code: Hash::of(code), redemption })
}

pub(super) async fn issue(
    app: &App,
    client: &StoredClient,
    prepared: Prepared,
    draft: Arc<Draft>,
) -> Result<Option<TokenAnswer>, Denied<OAuthError>> {
    let signer = Signer::of(app, &client.client).await?;
    let (calling, client, keys) = (&client.client, client.client.clone(), app.keys.clone());
    let (now, plan) = (app.now(), draft.clone());
    let lifetime = lifetime(app, &client);
    let work = async move |tx: &mut Tx| {
        let calling = (&client.id, client.version);
        let consumed = codes::consume(tx, &prepared.code, calling, now, lifetime.idle_expires_at).await?;
        let Some((code, status)) = consumed else {
            return refuse(tx, &prepared.code, &client, now).await;
        };
        may_issue(&status, &plan.required_groups(&client, &code.grant.granted.scope))?;
        code::redeem(&code, &prepared.redemption, now)?;
        let sign_in = (&code.grant, code.nonce.as_deref());
        begin_grant(tx, &client, sign_in, (&plan, &keys), (lifetime, now)).await.map(Some)
    };
    Issued::answer(app.db.write(work).await?, app, calling, &draft, signer).await
}

/// Says why the code was not to be had; a replay also ends everything that was issued from it.
async fn refuse(
    tx: &mut Tx,
    code: &Hash,
    client: &Client,
    now: Seconds,
) -> Result<Option<Issued>, Denied<OAuthError>> {
    let error = match codes::why_not(tx, code, &client.id).await? {
        NotConsumable::ClientChanged => return Ok(None),
        NotConsumable::Unknown => Reason::CodeUnknown.because("the code is not known here"),
        NotConsumable::OfAnotherClient => {
            Reason::CodeWrongClient.because("the code was issued to another client")
        }
        NotConsumable::Consumed { grant } => {
            grants::revoke(tx, &grant, Reason::CodeReplayed, now).await?;
            Reason::CodeReplayed
                .because("the code was redeemed before; everything issued from it has been revoked")
        }
    };
    Err(error.into())
}
