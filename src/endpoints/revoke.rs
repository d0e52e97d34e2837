//! `/revoke`: a client revokes a token (RFC 7009).

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use super::client_auth;
use super::introspect::token;
use crate::app::App;
use crate::clock::Timestamp;
use crate::failure::{Denied, Failure};
use crate::http::answer;
use crate::http::call::Request;
use crate::oauth::client::Client;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::EndReason;
use crate::oauth::id::ClientId;
use crate::oauth::token::refresh::RefreshName;
use crate::store::db::Tx;
use crate::store::{access_tokens as stored, grants};
use crate::tokens::access_token::{self, ParsedAccessToken};

pub async fn post(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    match revoke(&app, &request, body).await {
        Ok(()) => HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).finish(),
        Err(denied) => answer::oauth_error(&app, &request, denied),
    }
}

/// Revokes a token of the client. A token of another client is ignored, and the answer is the same (RFC 7009 §2.2).
async fn revoke(app: &App, request: &Request, body: web::Payload) -> Result<(), Denied<OAuthError>> {
    let params = client_auth::read_form(request, body).await?;
    params.check(&["token", "token_type_hint"])?;
    let caller = client_auth::identify(app, request, &params).await?;
    let token = token(&params)?;
    match RefreshName::parse(token) {
        Some((name, mac)) if app.keys.is_refresh_token(&name, &mac) => {
            refresh_token(app, name, caller.client.id.clone(), request.now).await?;
        }
        Some(_) => {}
        None => access_token(app, token, &caller.client, request.now).await?,
    }
    Ok(())
}

/// Any token of a chain, even the oldest, ends the whole grant and everything issued from it.
async fn refresh_token(
    app: &App,
    name: RefreshName,
    client: ClientId,
    now: Timestamp,
) -> Result<(), Failure> {
    let end = async move |tx: &mut Tx| {
        grants::revoke_of(tx, &name.grant_id, &client, EndReason::TokenRevoked, now).await
    };
    Ok(app.db.write(end).await?)
}

/// An access token ends alone, because its grant may still be in use.
async fn access_token(app: &App, token: &str, client: &Client, now: Timestamp) -> Result<(), Failure> {
    let db = app.db_of(client);
    let client = client.id.clone();
    match access_token::read(app, token, now).await? {
        None => Ok(()),
        Some(ParsedAccessToken::Opaque(hash)) => {
            let delete = async move |tx: &mut Tx| stored::delete(tx, &hash, &client).await;
            Ok(db.write(delete).await?)
        }
        Some(ParsedAccessToken::Jwt(token)) if token.client_id != client || token.expires_at <= now => Ok(()),
        Some(ParsedAccessToken::Jwt(token)) => {
            let revoke = async move |tx: &mut Tx| stored::revoke_jwt(tx, &token).await;
            Ok(app.db.write(revoke).await?)
        }
    }
}
