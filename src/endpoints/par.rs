//! `/par`: an application pushes its authorization request, and gets a `request_uri` for the browser (RFC 9126).

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::client_auth;
use crate::app::App;
use crate::clock::Seconds;
use crate::failure::{Denied, Failure};
use crate::flows;
use crate::http::call::Request;
use crate::http::sender;
use crate::oauth::client::Client;
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;
use crate::oauth::request::Refusal;
use crate::oauth::request::received::{Received, Source};
use crate::oauth::token::binding::Binding;

const DPOP_JKT: &str = "dpop_jkt";

/// The response (RFC 9126 §2.2).
#[derive(Serialize)]
struct PushedResponse {
    request_uri: String,
    expires_in: Seconds,
}

pub async fn post(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    match push(&app, &request, body).await {
        Ok(pushed) => HttpResponse::Created().insert_header((header::CACHE_CONTROL, "no-store")).json(pushed),
        Err(denied) => client_auth::refusal(&app, &request, denied).await,
    }
}

async fn push(
    app: &App,
    request: &Request,
    body: web::Payload,
) -> Result<PushedResponse, Denied<OAuthError>> {
    let params = client_auth::read_form(request, body).await?;
    let client = client_auth::identify(app, request, &params).await?;
    if params.has("request_uri") {
        let error = Reason::PushedRequestNested
            .because("a pushed request has its parameters itself, and no request_uri");
        return Err(error.into());
    }
    let params = params.with("client_id", client.client.id.as_str());
    let received = flows::request_object::resolve(app, request, Source::Pushed, params);
    let received = received.await.map_err(answered)?;
    let received = bound(app, request, &client.client, received).await?;
    // The checks are those of the authorization endpoint, so nothing is refused there that was accepted here.
    let checked = flows::validate(app, request, &received).await.map_err(answered)?;
    let pushed: Result<_, Failure> = flows::pushed::push(app, request, &checked, received).await;
    let (request_uri, expires_in) = pushed?;
    Ok(PushedResponse { request_uri, expires_in })
}

/// The request with the key of its DPoP proof as `dpop_jkt`, so that the code is bound to it (RFC 9449 §10.1).
async fn bound(
    app: &App,
    request: &Request,
    client: &Client,
    received: Received,
) -> Result<Received, Denied<OAuthError>> {
    // Tokens are bound to a certificate at the token endpoint alone, so a push needs none; and also a code whose tokens are
    // bound to a certificate may be bound to a key.
    let Some(possession) = sender::proven_key(app, request, client)? else { return Ok(received) };
    let Some(Binding::DpopKey(key)) = &possession.binding else { return Ok(received) };
    let received = match received.params().one(DPOP_JKT)? {
        Some(named) if named == key => received,
        Some(_) => {
            let error = Reason::DpopJktMismatch
                .because("the parameter dpop_jkt is not the thumbprint of the key of the DPoP proof");
            return Err(error.into());
        }
        // Beside a request object, too: the proof belongs to this very request.
        None => received.with_only(Source::Pushed, DPOP_JKT, key),
    };
    // A public client may be anyone, who must not store anything. A proof that it sends again gives nothing away: the
    // thumbprint is not secret, and only the key itself can redeem the code.
    if !client.kind.is_public() {
        sender::use_up(app, possession).await?;
    }
    Ok(received)
}

/// A refusal as the application gets it itself, instead of the person's browser.
fn answered(denied: Denied<Refusal>) -> Denied<OAuthError> {
    match denied {
        Denied::Refused(Refusal::Page(error) | Refusal::Redirect { error, .. }) => Denied::Refused(error),
        Denied::Refused(Refusal::Answered(answered)) => Denied::Refused(answered.error),
        Denied::Failed(failure) => Denied::Failed(failure),
    }
}
