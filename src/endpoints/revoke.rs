//! `/revoke`: a client revokes a token (RFC 7009).

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use super::client_auth;
use super::introspect::token;
use crate::app::App;
use crate::failure::{Denied, Failure};
use crate::http::call::{Call, Request};
use crate::oauth::client::Client;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::EndReason;
use crate::oauth::id::ClientId;
use crate::oauth::token::IssuedFor;
use crate::oauth::token::refresh::RefreshName;
use crate::operations::event::{Act, Event, ObjectKind};
use crate::store::db::Tx;
use crate::store::{access_tokens as stored, grants};
use crate::tokens::access_token::{self, ParsedAccessToken};

pub async fn post(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    match revoke(&app, &request, body).await {
        Ok(()) => HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).finish(),
        Err(denied) => client_auth::refusal(&app, &request, denied).await,
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
            refresh_token(app, request, name, &caller.client).await?;
        }
        Some(_) => {}
        None => access_token(app, request, token, &caller.client).await?,
    }
    Ok(())
}

/// Any token of a chain, even the oldest, ends the whole grant and everything issued from it.
async fn refresh_token(app: &App, call: &Call, name: RefreshName, client: &Client) -> Result<(), Failure> {
    let (actor, client, now) = (call.acting_client(client), client.id.clone(), call.now);
    let end = async move |tx: &mut Tx| {
        let grant = &name.grant_id;
        if !grants::revoke_of(tx, grant, &client, EndReason::TokenRevoked, now).await? {
            return Ok(());
        }
        let mut event = Event::new(Act::GrantRevoked, ObjectKind::Grant, grant.as_str())
            .with(&client)
            .because(EndReason::TokenRevoked.word());
        event.user = grants::user_of(tx, grant).await?;
        event.save(tx, &actor, now).await
    };
    Ok(app.db.write(end).await?)
}

/// An access token ends alone, because its grant may still be in use.
async fn access_token(app: &App, call: &Call, token: &str, client: &Client) -> Result<(), Failure> {
    let (db, now) = (app.db_of(client), call.now);
    let actor = call.acting_client(client);
    let client = client.id.clone();
    match access_token::read(app, token, now).await? {
        None => Ok(()),
        Some(ParsedAccessToken::Opaque(hash)) => {
            let delete = async move |tx: &mut Tx| match stored::delete(tx, &hash, &client).await? {
                Some(revoked) => revocation(&client, revoked).save(tx, &actor, now).await,
                None => Ok(()),
            };
            Ok(db.write(delete).await?)
        }
        Some(ParsedAccessToken::Jwt(token)) if token.client_id != client || token.expires_at <= now => Ok(()),
        Some(ParsedAccessToken::Jwt(token)) => {
            let revoke = async move |tx: &mut Tx| match stored::revoke_jwt(tx, &token).await? {
                true => {
                    let mut revoked = token.issued_for();
                    // A JWT names its person in a form that is made for the API.
                    if let Some(grant) = &revoked.grant {
                        revoked.user = grants::user_of(tx, grant).await?;
                    }
                    revocation(&client, revoked).save(tx, &actor, now).await
                }
                false => Ok(()),
            };
            Ok(app.db.write(revoke).await?)
        }
    }
}

/// The event for one access token that a client revoked.
fn revocation(client: &ClientId, revoked: IssuedFor) -> Event {
    let id = revoked.grant.as_ref().map_or(client.as_str(), |grant| grant.as_str());
    let mut event = Event::new(Act::TokenRevoked, ObjectKind::Token, id).with(client);
    event.user = revoked.user;
    event
}
