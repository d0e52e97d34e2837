//! The token endpoint (RFC 6749 §3.2): authenticates the client, reads what the grant needs, decides, writes, and
//! signs.

mod polled;
mod request;

use std::cell::Cell;

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use super::client_auth::{self, Credentials};
use crate::app::App;
use crate::audit::Issuance;
use crate::cache::decision::OneTimeProof;
use crate::failure::Denied;
use crate::http::call::{Call, Request};
use crate::http::sender;
use crate::oauth::client::GrantType;
use crate::oauth::client::demand::Demanded;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::{self, authorization_details};
use crate::oauth::token::TokenResponse;
use crate::oauth::token::binding::AccessTokenType;
use request::{Decision, Proofs, TokenRequest};

/// The list of grant types. Each is a submodule with
///
/// * `PARAMS`: its parameters, besides those of every request;
/// * `prepare`: reads and checks what the grant needs, and writes nothing. After a refusal on an old copy of the
///   catalogue it is called once more, so a [`OneTimeProof`] holds everything that must be verified only once;
/// * `issue`: issues the tokens. It returns `None` if the client, or the issuer of a token that it presented, has
///   changed since `prepare`.
macro_rules! grant_types {
    ($($module:ident: $grant:ident),+ $(,)?) => {
        $(mod $module;)+

        /// The parameters of each grant.
        const PARAMS: &[&[&str]] = &[$($module::PARAMS),+];

        async fn issue(
            asked: &TokenRequest<'_>,
            request: &Request,
            proofs: &mut Proofs,
            grant: GrantType,
        ) -> Result<TokenResponse, Denied<OAuthError>> {
            match grant {
                $(GrantType::$grant => {
                    // What an issuer vouched for is verified against its record. If a record has changed since, it
                    // is verified again.
                    let has_changed = Cell::new(false);
                    asked.app.cache.decide_and_act(
                        async |view| {
                            if has_changed.take() {
                                proofs.trusted_token = OneTimeProof::default();
                            }
                            let client = proofs.credentials.authenticate(asked.app, asked.call, view).await?;
                            client.client.may_use(grant)?;
                            let possession = proofs.possession_for(&client.client).get(async || {
                                sender::possession(asked.app, request, &client.client).map_err(Denied::Refused)
                            });
                            let possession = possession.await?;
                            sender::check_demand(asked.app, request, &client.client, &possession)?;
                            let decision = Decision {
                                client: &client.client,
                                view,
                                possession,
                                trusted_token: &mut proofs.trusted_token,
                            };
                            let prepared = $module::prepare(asked, decision).await?;
                            Ok((client, prepared))
                        },
                        async |(client, prepared)| {
                            let issued = $module::issue(asked, &client, prepared).await?;
                            has_changed.set(issued.is_none());
                            Ok(issued)
                        },
                    ).await
                })+
            }
        }
    };
}

grant_types! {
    authorization_code: AuthorizationCode,
    ciba: Ciba,
    client_credentials: ClientCredentials,
    device_code: DeviceCode,
    jwt_bearer: JwtBearer,
    refresh_token: RefreshToken,
    token_exchange: TokenExchange,
}

pub async fn post(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    match exchange(&app, &request, body).await {
        Ok(answer) => HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::PRAGMA, "no-cache"))
            .json(answer),
        Err(denied) => client_auth::refusal(&app, &request, denied).await,
    }
}

async fn exchange(
    app: &App,
    request: &Request,
    body: web::Payload,
) -> Result<TokenResponse, Denied<OAuthError>> {
    let params = client_auth::read_form(request, body).await?;
    // Read first, because this notes the client. Refused only after the parameters of the grant.
    let credentials = client_auth::credentials(request, &params);
    params.check(&["grant_type", "scope", authorization_details::PARAMETER])?;
    PARAMS.iter().try_for_each(|names| params.check(names))?;
    let grant = grant::requested_type(&params)?;
    let mut proofs = Proofs::of(credentials?);
    let asked = TokenRequest { app, call: request, params: &params };
    let answer = issue(&asked, request, &mut proofs, grant).await?;
    app.counters.issue(grant);
    if let Some(client) = request.application() {
        let scope = answer.scope.as_deref().unwrap_or_default();
        app.activity.issued(&client.client, grant, scope, request.now);
        // Every token of a client with bound tokens has the certificate's binding, and the type Bearer.
        let is_bound =
            client.client.certificate.bound_tokens || answer.token_type == AccessTokenType::Dpop.as_str();
        app.report(&client.client, &[(Demanded::Dpop, is_bound)], request.now);
        if grant == GrantType::AuthorizationCode {
            let has_redirect_uri = params.one("redirect_uri")?.is_some();
            app.report(&client.client, &[(Demanded::TokenRedirectUri, has_redirect_uri)], request.now);
        }
    }
    if app.config.audit.issuances {
        app.audit.issued(issuance(request, &proofs.credentials, grant, &answer));
    }
    if grant == GrantType::AuthorizationCode && answer.refresh_token.is_none() {
        explain_no_refresh_token();
    }
    Ok(answer)
}

/// An answer with tokens, for the audit trail.
fn issuance(call: &Call, credentials: &Credentials, grant: GrantType, answer: &TokenResponse) -> Issuance {
    Issuance {
        at: call.now,
        grant_type: grant.into(),
        client: credentials.client().clone(),
        is_proven: credentials.are_proven(),
        issued_for: answer.issued_for.clone(),
        scope: answer.scope.clone().unwrap_or_default(),
        address: call.address,
        request_id: call.id.clone(),
    }
}

/// Explains in the log why the application will soon have to send its person here again.
fn explain_no_refresh_token() {
    tracing::info!(
        no_refresh_token = "the client is not registered for the grant refresh_token",
        "tokens were issued"
    );
}
