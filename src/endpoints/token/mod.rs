//! The token endpoint (RFC 6749 §3.2): who asks, for which grant, and then read → a rule decides → write.

mod authorization_code;
mod client_credentials;
mod device_code;
mod foreign;
mod jwt_bearer;
mod refresh_token;
mod token_exchange;

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

use super::client_auth::{self, Credentials};
use crate::app::App;
use crate::cache::catalogue::Freshness;
use crate::clock::Seconds;
use crate::failure::{Denied, Failure};
use crate::http::answer;
use crate::http::form;
use crate::keys::master::Keys;
use crate::oauth::client::{Client, GrantType};
use crate::oauth::error::{OAuthError, shown};
use crate::oauth::grant::Grant;
use crate::oauth::grant::scope::{OPENID, Scope};
use crate::oauth::identity::authentication::Authentication;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::oauth::token::id_token::IdTokenSource;
use crate::oauth::token::refresh::RefreshName;
use crate::oauth::token::{AccessToken, TokenAnswer};
use crate::secret::Hash;
use crate::store::access_tokens;
use crate::store::clients::StoredClient;
use crate::store::db::Tx;
use crate::store::grants::{self, Lifetime};
use crate::tokens::access_token::Draft;
use crate::tokens::id_token::{Beside, Signer};

/// What this endpoint knows by name; anything else is ignored.
const KNOWN: [&str; 13] = [
    "grant_type",
    "code",
    "redirect_uri",
    "code_verifier",
    "refresh_token",
    "scope",
    "device_code",
    "assertion",
    "subject_token",
    "subject_token_type",
    "actor_token",
    "actor_token_type",
    "requested_token_type",
];

pub(super) async fn post(app: web::Data<App>, request: HttpRequest, body: web::Payload) -> HttpResponse {
    match exchange(&app, &request, body).await {
        Ok(answer) => HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::PRAGMA, "no-cache"))
            .json(answer),
        Err(denied) => answer::oauth_error(&app, &request, denied),
    }
}

/// What a grant needs for its work, read and checked; nothing is written yet.
enum Prepared {
    AuthorizationCode(authorization_code::Prepared, Arc<Draft>),
    ClientCredentials(Box<AccessToken>, Arc<Draft>),
    RefreshToken(refresh_token::Prepared, Arc<Draft>),
    DeviceCode(device_code::Prepared, Arc<Draft>),
    JwtBearer(Box<jwt_bearer::Prepared>, Arc<Draft>),
    TokenExchange(Box<token_exchange::Prepared>),
}

async fn exchange(
    app: &App,
    request: &HttpRequest,
    body: web::Payload,
) -> Result<TokenAnswer, Denied<OAuthError>> {
    let params = form::read(request, body).await?;
    params.check(&client_auth::PARAMS)?;
    params.check(&KNOWN)?;
    let grant = grant_type(&params)?;
    let credentials = client_auth::credentials(request, &params)?;

    // First on a record that may be a second old. What it refuses, and what it can no longer issue because
    // the client has changed, is decided again on the record of this moment.
    if let Ok((client, prepared)) = prepare(app, &credentials, grant, &params, Freshness::Cached).await
        && let Some(answer) = issue(app, &client, prepared).await?
    {
        return Ok(noted(request, grant, answer));
    }
    let (client, prepared) = prepare(app, &credentials, grant, &params, Freshness::Now).await?;
    match issue(app, &client, prepared).await? {
        Some(answer) => Ok(noted(request, grant, answer)),
        None => Err(Denied::Failed(Failure::Busy("a client that keeps changing"))),
    }
}

/// Tells the operator why a person's application will have to ask again so soon.
fn noted(request: &HttpRequest, grant: GrantType, answer: TokenAnswer) -> TokenAnswer {
    if grant == GrantType::AuthorizationCode && answer.refresh_token.is_none() {
        tracing::info!(
            request_id = answer::request_id(request),
            client = answer::calling_client(request),
            no_refresh_token = "the client is not registered for the grant refresh_token",
            "tokens were issued"
        );
    }
    answer
}

fn grant_type(params: &Params) -> Result<GrantType, OAuthError> {
    let Some(name) = params.one("grant_type")? else {
        return Err(Reason::GrantTypeMissing.because("the parameter grant_type is missing"));
    };
    GrantType::parse(name).ok_or_else(|| {
        Reason::GrantTypeUnsupported.because(format!("the grant_type {} is not supported", shown(name)))
    })
}

async fn prepare(
    app: &App,
    credentials: &Credentials,
    grant: GrantType,
    params: &Params,
    freshness: Freshness,
) -> Result<(Arc<StoredClient>, Prepared), Denied<OAuthError>> {
    let client = client_auth::authenticate(app, credentials, freshness).await?;
    client.client.may_use(grant)?;
    let prepared = match grant {
        GrantType::AuthorizationCode => {
            let prepared = authorization_code::prepare(params)?;
            Prepared::AuthorizationCode(prepared, draft(app, &client, params, freshness).await?)
        }
        GrantType::ClientCredentials => {
            let draft = draft(app, &client, params, freshness).await?;
            let token = Box::new(draft.of_client(&client.client, params)?);
            Prepared::ClientCredentials(token, draft)
        }
        GrantType::RefreshToken => {
            let prepared = refresh_token::prepare(params)?;
            Prepared::RefreshToken(prepared, draft(app, &client, params, freshness).await?)
        }
        GrantType::DeviceCode => {
            let prepared = device_code::prepare(params)?;
            Prepared::DeviceCode(prepared, draft(app, &client, params, freshness).await?)
        }
        GrantType::JwtBearer => {
            let draft = draft(app, &client, params, freshness).await?;
            let prepared = jwt_bearer::prepare(app, &client.client, params, &draft).await?;
            Prepared::JwtBearer(Box::new(prepared), draft)
        }
        GrantType::TokenExchange => {
            let prepared = token_exchange::prepare(app, &client.client, params, freshness).await?;
            Prepared::TokenExchange(Box::new(prepared))
        }
    };
    Ok((client, prepared))
}

async fn draft(
    app: &App,
    client: &StoredClient,
    params: &Params,
    freshness: Freshness,
) -> Result<Arc<Draft>, Denied<OAuthError>> {
    Draft::begin(app, &client.client, params, freshness).await.map(Arc::new)
}

/// How long a new grant lives: as long as it can be refreshed, or else until the applications of its session need not be
/// told of the session's end any more.
fn lifetime(app: &App, client: &Client) -> Lifetime {
    let (now, tokens) = (app.now(), &app.config.tokens);
    let (idle, longest) = match client.grants.contains(&GrantType::RefreshToken) {
        true => (tokens.refresh_token_idle_lifetime, tokens.refresh_token_lifetime),
        false => (app.config.sessions.lifetime, app.config.sessions.lifetime),
    };
    Lifetime::new(now + idle.seconds(), now + longest.seconds())
}

/// What a transaction has issued, and the sign-in that is still to be told of.
struct Issued {
    token: AccessToken,
    refresh_token: Option<String>,
    authentication: Authentication,
    id_token: Option<IdTokenSource>,
}

impl Issued {
    /// What `grant` has issued for as much of its scope as was asked for.
    fn of(
        grant: &Grant,
        scope: &Scope,
        nonce: Option<&str>,
        (token, refresh_token): (AccessToken, Option<String>),
    ) -> Self {
        let id_token = scope.contains(OPENID).then(|| grant.id_token(nonce));
        Self { token, refresh_token, authentication: grant.authentication.clone(), id_token }
    }

    /// Signs what is to be signed, which is not to be done while the database waits.
    async fn answer(
        issued: Option<Self>,
        app: &App,
        client: &Client,
        draft: &Draft,
        signer: Option<Signer<'_>>,
    ) -> Result<Option<TokenAnswer>, Denied<OAuthError>> {
        let Some(Self { token, refresh_token, authentication, id_token }) = issued else { return Ok(None) };
        let mut answer = TokenAnswer::new(draft.finish(app, client, &token, Some(&authentication))?, &token);
        answer.refresh_token = refresh_token;
        if let (Some(signer), Some(source)) = (signer, id_token) {
            let beside = Beside { access_token: Some(&answer.access_token), code: None };
            answer.id_token = Some(signer.sign(&source, beside).await?);
        }
        Ok(Some(answer))
    }
}

/// A grant that begins now: stores it with the first of its tokens, which are told afterwards.
async fn begin_grant(
    tx: &mut Tx,
    client: &Client,
    (grant, nonce): (&Grant, Option<&str>),
    (plan, keys): (&Draft, &Keys),
    (lifetime, now): (Lifetime, Seconds),
) -> Result<Issued, Denied<OAuthError>> {
    let first = || keys.refresh_token(&RefreshName { grant_id: grant.id.clone(), generation: 0 });
    let refresh_token = client.grants.contains(&GrantType::RefreshToken).then(first);
    let token = plan.of_grant(client, grant, &grant.granted.scope)?;
    let refresh_hash = refresh_token.as_deref().map(Hash::of);
    let lifetime = lifetime.with(&token);
    let mut batch = grants::save_in(tx.batch(), grant, refresh_hash.as_ref(), lifetime, now);
    if let Some(hash) = plan.stored(&token) {
        batch = access_tokens::save_in(batch, &hash, &token);
    }
    batch.execute().await?;
    Ok(Issued::of(grant, &grant.granted.scope, nonce, (token, refresh_token)))
}

/// Issues the tokens; `None` when the client has changed since it authenticated.
async fn issue(
    app: &App,
    client: &StoredClient,
    prepared: Prepared,
) -> Result<Option<TokenAnswer>, Denied<OAuthError>> {
    match prepared {
        Prepared::AuthorizationCode(prepared, draft) => {
            authorization_code::issue(app, client, prepared, draft).await
        }
        Prepared::ClientCredentials(token, draft) => {
            client_credentials::issue(app, client, *token, &draft).await
        }
        Prepared::RefreshToken(prepared, draft) => refresh_token::issue(app, client, prepared, draft).await,
        Prepared::DeviceCode(prepared, draft) => device_code::issue(app, client, prepared, draft).await,
        Prepared::JwtBearer(prepared, draft) => jwt_bearer::issue(app, client, *prepared, draft).await,
        Prepared::TokenExchange(prepared) => token_exchange::issue(app, *prepared).await,
    }
}
