//! The token endpoint (RFC 6749 §3.2): who asks, for which grant, and then read → a rule decides → write.

mod authorization_code;
mod client_credentials;
mod refresh_token;

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

use super::client_auth::{self, Credentials};
use crate::answer;
use crate::app::App;
use crate::failure::{Denied, Failure};
use crate::form;
use crate::id_tokens::{Beside, Signer};
use crate::oauth::client::GrantType;
use crate::oauth::error::{OAuthError, shown};
use crate::oauth::id_token::Authentication;
use crate::oauth::params::Params;
use crate::oauth::reason::Reason;
use crate::oauth::token::TokenAnswer;
use crate::registry::Freshness;
use crate::store::clients::StoredClient;

/// What this endpoint knows by name; anything else is ignored.
const KNOWN: [&str; 8] = [
    "grant_type",
    "client_id",
    "client_secret",
    "code",
    "redirect_uri",
    "code_verifier",
    "refresh_token",
    "scope",
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
    AuthorizationCode(authorization_code::Prepared),
    ClientCredentials(client_credentials::Prepared),
    RefreshToken(refresh_token::Prepared),
}

async fn exchange(
    app: &App,
    request: &HttpRequest,
    body: web::Payload,
) -> Result<TokenAnswer, Denied<OAuthError>> {
    let params = form::read(request, body).await?;
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
        GrantType::AuthorizationCode => Prepared::AuthorizationCode(authorization_code::prepare(params)?),
        GrantType::ClientCredentials => {
            let scopes = app.registry.scopes(freshness).await?;
            Prepared::ClientCredentials(client_credentials::prepare(&client.client, params, &*scopes)?)
        }
        GrantType::RefreshToken => Prepared::RefreshToken(refresh_token::prepare(params)?),
    };
    Ok((client, prepared))
}

/// What a transaction has issued, and the sign-in that is still to be told of.
struct Issued {
    answer: TokenAnswer,
    authentication: Option<Authentication>,
}

impl Issued {
    /// Signs the ID Token, which is not to be done while the database waits.
    async fn with_id_token(self, signer: Option<Signer<'_>>) -> Result<TokenAnswer, Denied<OAuthError>> {
        let Self { mut answer, authentication } = self;
        if let (Some(signer), Some(authentication)) = (signer, authentication) {
            let beside = Beside { access_token: Some(&answer.access_token), code: None };
            answer.id_token = Some(signer.sign(&authentication, beside).await?);
        }
        Ok(answer)
    }
}

/// Issues the tokens; `None` when the client has changed since it authenticated.
async fn issue(
    app: &App,
    client: &StoredClient,
    prepared: Prepared,
) -> Result<Option<TokenAnswer>, Denied<OAuthError>> {
    match prepared {
        Prepared::AuthorizationCode(prepared) => authorization_code::issue(app, client, prepared).await,
        Prepared::ClientCredentials(prepared) => client_credentials::issue(app, client, prepared).await,
        Prepared::RefreshToken(prepared) => refresh_token::issue(app, client, prepared).await,
    }
}
