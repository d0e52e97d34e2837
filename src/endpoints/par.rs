//! `/par`: an application pushes its authorization request, and gets a `request_uri` for the browser (RFC 9126).

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::client_auth;
use crate::app::App;
use crate::clock::Seconds;
use crate::failure::{Denied, Failure};
use crate::flows;
use crate::http::answer;
use crate::http::call::Request;
use crate::http::sender;
use crate::oauth::client::Client;
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;
use crate::oauth::request::Refusal;
use crate::oauth::request::params::Params;
use crate::oauth::request::received::{Received, Source};
use crate::oauth::token::binding::Binding;

/// The response (RFC 9126 §2.2).
#[derive(Serialize)]
struct PushedResponse {
    request_uri: String,
    expires_in: Seconds,
}

pub async fn post(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    match push(&app, &request, body).await {
        Ok(pushed) => HttpResponse::Created().insert_header((header::CACHE_CONTROL, "no-store")).json(pushed),
        Err(denied) => answer::oauth_error(&app, &request, denied),
    }
}

async fn push(
    app: &App,
    request: &Request,
    body: web::Payload,
) -> Result<PushedResponse, Denied<OAuthError>> {
    let params = client_auth::read_form(request, body).await?;
    let client = client_auth::identify(app, request, &params).await?;
    if params.count("request_uri") > 0 {
        let error = Reason::PushedRequestNested
            .because("a pushed request has its parameters itself, and no request_uri");
        return Err(error.into());
    }
    let params = bound(app, request, &client.client, params).await?;
    let received = Received::resolve(Source::Pushed, params.with("client_id", client.client.id.as_str()));
    // The checks are those of the authorization endpoint, so nothing is refused there that was accepted here.
    let checked = flows::validate(app, request, &received).await.map_err(|denied| match denied {
        Denied::Refused(refusal) => Denied::Refused(error_of(refusal)),
        Denied::Failed(failure) => Denied::Failed(failure),
    })?;
    let pushed: Result<_, Failure> = flows::pushed::push(app, request, &checked, received).await;
    let (request_uri, expires_in) = pushed?;
    Ok(PushedResponse { request_uri, expires_in })
}

/// The parameters with the key of the request's DPoP proof as `dpop_jkt`, so that the code is bound to it (RFC 9449 §10.1).
async fn bound(
    app: &App,
    request: &Request,
    client: &Client,
    params: Params,
) -> Result<Params, Denied<OAuthError>> {
    let possession = sender::possession(app, request, client)?;
    let Some(Binding::DpopKey(key)) = &possession.binding else { return Ok(params) };
    if params.one("dpop_jkt")?.is_some_and(|named| named != key) {
        let error = Reason::DpopJktMismatch
            .because("the parameter dpop_jkt is not the thumbprint of the key of the DPoP proof");
        return Err(error.into());
    }
    let params = params.with_only("dpop_jkt", key);
    // A public client may be anyone, who must not store anything. A proof that it sends again gives nothing away: the
    // thumbprint is not secret, and only the key itself can redeem the code.
    if !client.kind.is_public() {
        sender::use_up(app, possession).await?;
    }
    Ok(params)
}

/// The error of a refusal, which the application gets itself instead of the person's browser.
fn error_of(refusal: Refusal) -> OAuthError {
    match refusal {
        Refusal::Page(error) | Refusal::Redirect { error, .. } => error,
        Refusal::Answered(answered) => answered.error,
    }
}
