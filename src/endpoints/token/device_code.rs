//! `grant_type=urn:ietf:params:oauth:grant-type:device_code` (RFC 8628 §3.4).

use std::sync::Arc;

use super::{Issued, begin_grant, lifetime};
use crate::app::App;
use crate::clock::Seconds;
use crate::failure::Denied;
use crate::oauth::client::Client;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::device::{Consequence, judge};
use crate::oauth::grant::may_issue;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::oauth::token::TokenAnswer;
use crate::secret::Hash;
use crate::store::clients::StoredClient;
use crate::store::db::Tx;
use crate::store::{device_codes, grants};
use crate::tokens::access_token::Draft;
use crate::tokens::id_token::Signer;

pub(super) struct Prepared {
    code: Hash,
}

pub(super) fn prepare(params: &Params) -> Result<Prepared, OAuthError> {
    let Some(code) = params.one("device_code")? else {
        return Err(Reason::DeviceCodeMissing.because("the parameter device_code is missing"));
    };
    Ok(Prepared { code: Hash::of(code) })
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
        let consumed =
            device_codes::consume(tx, &prepared.code, calling, now, lifetime.idle_expires_at).await?;
        let Some((grant, status)) = consumed else {
            return refuse(tx, &prepared.code, &client, now).await;
        };
        may_issue(&status, &plan.required_groups(&client, &grant.granted.scope))?;
        begin_grant(tx, &client, (&grant, None), (&plan, &keys), (lifetime, now)).await.map(Some)
    };
    Issued::answer(app.db.write(work).await?, app, calling, &draft, signer).await
}

/// Says what the device is waiting for, and remembers that it asked.
async fn refuse(
    tx: &mut Tx,
    code: &Hash,
    client: &Client,
    now: Seconds,
) -> Result<Option<Issued>, Denied<OAuthError>> {
    let Some(polled) = device_codes::find_polled(tx, code).await? else {
        return Err(Reason::DeviceCodeUnknown.because("the device code is not known here").into());
    };
    let Some((error, consequence)) = judge(&polled, &client.id, now) else { return Ok(None) };
    match consequence {
        Consequence::Nothing => {}
        Consequence::Poll { interval } => device_codes::note_poll(tx, code, interval, now).await?,
        Consequence::Revoke => {
            grants::revoke(tx, &polled.grant, Reason::DeviceCodeReplayed, now).await?;
        }
    }
    Err(error.into())
}
