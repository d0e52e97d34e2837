//! `grant_type=authorization_code` (RFC 6749 §4.1.3).

use super::Issued;
use crate::app::App;
use crate::clock::Seconds;
use crate::failure::Denied;
use crate::id_tokens::Signer;
use crate::oauth::client::{Client, GrantType};
use crate::oauth::code::{self, Code, Redemption};
use crate::oauth::error::OAuthError;
use crate::oauth::grant::may_issue;
use crate::oauth::params::Params;
use crate::oauth::pkce;
use crate::oauth::reason::Reason;
use crate::oauth::refresh::RefreshName;
use crate::oauth::scope::OPENID;
use crate::oauth::token::{ACCESS_TOKEN_PREFIX, AccessToken, TokenAnswer};
use crate::secret::{Hash, random_token};
use crate::store::clients::StoredClient;
use crate::store::codes::NotConsumable;
use crate::store::db::Tx;
use crate::store::grants::Lifetime;
use crate::store::{access_tokens, codes, grants};

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

/// Times and secrets, drawn before the transaction, which may run more than once.
struct Drawn {
    access_token: String,
    now: Seconds,
    access_token_lifetime: Seconds,
    refresh: Lifetime,
}

impl Drawn {
    fn new(app: &App) -> Self {
        let (now, tokens) = (app.now(), &app.config.tokens);
        Self {
            access_token: format!("{ACCESS_TOKEN_PREFIX}{}", random_token()),
            now,
            access_token_lifetime: tokens.access_token_lifetime.seconds(),
            refresh: Lifetime {
                idle_expires_at: now + tokens.refresh_token_idle_lifetime.seconds(),
                expires_at: now + tokens.refresh_token_lifetime.seconds(),
            },
        }
    }
}

pub(super) async fn issue(
    app: &App,
    client: &StoredClient,
    prepared: Prepared,
) -> Result<Option<TokenAnswer>, Denied<OAuthError>> {
    let signer = Signer::of(app, &client.client).await?;
    let (client, keys, drawn) = (client.client.clone(), app.keys.clone(), Drawn::new(app));
    let work = async move |tx: &mut Tx| {
        let consumed = codes::consume(tx, &prepared.code, &client.id, client.version, drawn.now).await?;
        let Some((code, standing)) = consumed else {
            return refuse(tx, &prepared.code, &client, drawn.now).await;
        };
        may_issue(standing)?;
        code::redeem(&code, &prepared.redemption, drawn.now)?;
        let refresh_token = client
            .grants
            .contains(&GrantType::RefreshToken)
            .then(|| keys.refresh_token(&RefreshName { grant_id: code.grant.id.clone(), generation: 0 }));
        save(tx, &code, refresh_token.as_deref(), &drawn).await?;
        let answer = TokenAnswer {
            access_token: drawn.access_token.clone(),
            token_type: "Bearer",
            expires_in: drawn.access_token_lifetime,
            scope: code.grant.scope.to_string(),
            refresh_token,
            id_token: None,
        };
        let authentication = code.grant.scope.contains(OPENID).then(|| code.authentication());
        Ok(Some(Issued { answer, authentication }))
    };
    let issued: Option<Issued> = app.db.write(work).await?;
    match issued {
        Some(issued) => issued.with_id_token(signer).await.map(Some),
        None => Ok(None),
    }
}

async fn save(
    tx: &mut Tx,
    code: &Code,
    refresh_token: Option<&str>,
    drawn: &Drawn,
) -> Result<(), Denied<OAuthError>> {
    let expires_at = drawn.now + drawn.access_token_lifetime;
    let token = AccessToken::of(&code.grant, code.grant.scope.clone(), drawn.now, expires_at);
    let refresh_hash = refresh_token.map(Hash::of);
    let batch = grants::save_in(tx.batch(), &code.grant, refresh_hash.as_ref(), drawn.refresh, drawn.now);
    let batch = access_tokens::save_in(batch, &Hash::of(&drawn.access_token), &token);
    Ok(batch.execute().await?)
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
