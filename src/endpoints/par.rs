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
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;
use crate::oauth::request::Refusal;
use crate::oauth::request::received::Source;

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
    let params = params.with("client_id", client.client.id.as_str());
    let received = flows::request_object::resolve(app, request, Source::Pushed, params);
    let received = received.await.map_err(answered)?;
    // The checks are those of the authorization endpoint, so nothing is refused there that was accepted here.
    let checked = flows::validate(app, request, &received).await.map_err(answered)?;
    let pushed: Result<_, Failure> = flows::pushed::push(app, request, &checked, received).await;
    let (request_uri, expires_in) = pushed?;
    Ok(PushedResponse { request_uri, expires_in })
}

/// A refusal as the application gets it itself, instead of the person's browser.
fn answered(denied: Denied<Refusal>) -> Denied<OAuthError> {
    match denied {
        Denied::Refused(Refusal::Page(error) | Refusal::Redirect { error, .. }) => Denied::Refused(error),
        Denied::Refused(Refusal::Answered(answered)) => Denied::Refused(answered.error),
        Denied::Failed(failure) => Denied::Failed(failure),
    }
}
