//! `/introspect`: whether a token is valid at this moment, for callers that may know it (RFC 7662).

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use super::client_auth;
use crate::app::App;
use crate::cache::catalogue::Freshness;
use crate::clock::{Seconds, Timestamp};
use crate::failure::{Denied, Failure};
use crate::http::accept;
use crate::http::call::Request;
use crate::oauth::client::Client;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::UserStatus;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::oauth::token::AccessToken;
use crate::oauth::token::bearer::PresentedToken;
use crate::oauth::token::introspection::{Introspection, SignedIntrospection, TYP};
use crate::oauth::token::refresh::{RefreshName, RefreshVerdict, evaluate};
use crate::store::db::Conn;
use crate::store::grants;
use crate::tokens::access_token::{self, ParsedAccessToken, subject};
use crate::tokens::id_token;
use crate::tokens::subject;

pub async fn post(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    match introspect(&app, &request, body).await {
        Ok(report) => {
            let mut response = HttpResponse::Ok();
            response
                .insert_header((header::CACHE_CONTROL, "no-store"))
                .append_header((header::VARY, "Accept"));
            match report {
                IntrospectionBody::Plain(introspection) => response.json(introspection),
                IntrospectionBody::Signed(token) => response.content_type(SIGNED).body(token),
            }
        }
        Err(denied) => client_auth::refusal(&app, &request, denied).await,
    }
}

/// The grace period does not apply here: a replaced token is not valid for a caller that only asks about it.
const NO_GRACE: Seconds = Seconds::ZERO;

enum IntrospectionBody {
    Plain(Box<Introspection>),
    Signed(String),
}

async fn introspect(
    app: &App,
    request: &Request,
    body: web::Payload,
) -> Result<IntrospectionBody, Denied<OAuthError>> {
    let params = client_auth::read_form(request, body).await?;
    params.check(&["token", "token_type_hint"])?;
    let caller = client_auth::identify(app, request, &params).await?;
    let caller = &caller.client;
    if caller.kind.is_public() {
        return Err(Reason::ClientAuthenticationMissing
            .because("this client is public, and only a client that authenticates may introspect tokens")
            .into());
    }
    let token = token(&params)?;
    let introspection = match RefreshName::parse(token) {
        Some((name, mac)) => refresh_token(app, caller, name, &mac, request.now).await?,
        None => access_token(app, caller, token, request.now).await?,
    };
    // A caller that may not know about a token gets the same answer as for an invalid one.
    let introspection = introspection.unwrap_or_default();
    match accept::prefers(request.headers(), SIGNED, "application/json") {
        false => Ok(IntrospectionBody::Plain(Box::new(introspection))),
        true => Ok(IntrospectionBody::Signed(sign(app, caller, &introspection, request.now).await?)),
    }
}

/// The token that the request is about.
pub(super) fn token(params: &Params) -> Result<&str, OAuthError> {
    params.one("token")?.ok_or_else(|| Reason::TokenMissing.because("the parameter token is missing"))
}

async fn access_token(
    app: &App,
    caller: &Client,
    token: &str,
    now: Timestamp,
) -> Result<Option<Introspection>, Failure> {
    let Some(read) = access_token::read(app, token, now).await? else { return Ok(None) };
    // An expired JWT needs no query.
    let is_over = matches!(&read, ParsedAccessToken::Jwt(token) if token.expires_at <= now);
    if is_over {
        return Ok(None);
    }
    let live = app.live_sessions(now);
    let find = async move |conn: &mut Conn| read.find(conn, live).await;
    let found = app.db.read(find).await?;
    let Some(PresentedToken { token, .. }) = found.filter(|found| found.is_active(now)) else {
        return Ok(None);
    };
    if !access_token::may_introspect(app, &caller.id, &token).await? {
        return Ok(None);
    }
    let subject = match token.client_id == caller.id {
        true => subject(app, caller, &token),
        false => match app.cache.client(&token.client_id, Freshness::Cached).await? {
            Some(client) => subject(app, &client.client, &token),
            None => return Ok(None),
        },
    };
    let token = without_deleted_types(app, token).await?;
    Ok(Some(Introspection::of_access_token(&app.issuer, &token, subject)))
}

/// The token without details of types that are no longer registered.
async fn without_deleted_types(app: &App, mut token: AccessToken) -> Result<AccessToken, Failure> {
    if !token.granted.details.is_empty() {
        let catalogue = app.cache.catalogue(Freshness::Cached).await?;
        token.granted.details = token.granted.details.registered(&*catalogue);
    }
    Ok(token)
}

/// Only the client of a refresh token may ask about it, and only the newest token of a chain is valid.
async fn refresh_token(
    app: &App,
    caller: &Client,
    name: RefreshName,
    mac: &[u8],
    now: Timestamp,
) -> Result<Option<Introspection>, Failure> {
    if !app.keys.is_refresh_token(&name, mac) {
        return Ok(None);
    }
    let (grant, client, version) = (name.grant_id.clone(), caller.id.clone(), caller.version);
    let live = app.live_sessions(now);
    let find = async move |conn: &mut Conn| grants::find_chain(conn, &grant, (&client, version), live).await;
    let Some(found) = app.db.read(find).await? else { return Ok(None) };
    let chain = found.chain;
    let verdict = evaluate(&chain, &name, &caller.id, NO_GRACE, now);
    let is_live = verdict.is_ok_and(RefreshVerdict::is_valid);
    if !is_live || !matches!(found.user, UserStatus::Enabled { .. }) {
        return Ok(None);
    }
    let subject = subject::subject(app, caller, &chain.grant.user);
    Ok(Some(Introspection::of_refresh_token(&app.issuer, &chain, subject)))
}

/// The media type of a signed response (RFC 9701 §5).
const SIGNED: &str = "application/token-introspection+jwt";

async fn sign(
    app: &App,
    caller: &Client,
    introspection: &Introspection,
    now: Timestamp,
) -> Result<String, Failure> {
    let claims = SignedIntrospection {
        iss: &app.issuer,
        aud: caller.id.as_str(),
        iat: now,
        token_introspection: introspection,
    };
    id_token::sign_for(app, caller, TYP, &claims, now).await
}
