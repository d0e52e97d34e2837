//! `/userinfo`: claims about the person who signed in (OpenID Connect Core §5.3).

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use super::bearer;
use crate::app::App;
use crate::cache::catalogue::Freshness;
use crate::clock::Timestamp;
use crate::failure::{Denied, Failure};
use crate::http::answer;
use crate::http::call::Request;
use crate::http::limiting;
use crate::http::sender;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::scope::OPENID;
use crate::oauth::identity::claims::{Claims, Person};
use crate::oauth::reason::Reason;
use crate::oauth::token::bearer::{PresentedText, PresentedToken, UserInfoAccess, check_user_info};
use crate::store::db::Conn;
use crate::store::users;
use crate::tokens::access_token;
use crate::tokens::id_token;
use crate::tokens::subject;

pub async fn get(app: web::Data<App>, request: Request) -> HttpResponse {
    let token = bearer::in_header(&request);
    respond(&app, &request, token.map_err(Denied::Refused)).await
}

pub async fn post(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    let token = bearer::in_header_or_body(&request, body).await;
    respond(&app, &request, token.map_err(Denied::Refused)).await
}

async fn respond(
    app: &App,
    request: &Request,
    token: Result<Option<PresentedText>, Denied<OAuthError>>,
) -> HttpResponse {
    let scheme = token.as_ref().ok().and_then(|token| token.as_ref()).map(|token| token.scheme);
    let user_claims = match token {
        Ok(token) => user_info(app, request, token).await,
        Err(denied) => Err(denied),
    };
    match user_claims {
        Ok(user_claims) => {
            let mut response = HttpResponse::Ok();
            response
                .insert_header((header::CACHE_CONTROL, "no-store"))
                .insert_header((header::PRAGMA, "no-cache"));
            match user_claims {
                UserInfoBody::Plain(claims) => response.json(claims),
                UserInfoBody::Protected(token) => response.content_type("application/jwt").body(token),
            }
        }
        Err(denied) => answer::bearer_error(app, request, denied, (scheme, OPENID)),
    }
}

/// The response in the form that the client is registered for.
enum UserInfoBody {
    Plain(Claims),
    /// Signed, encrypted, or both.
    Protected(String),
}

async fn user_info(
    app: &App,
    request: &Request,
    token: Option<PresentedText>,
) -> Result<UserInfoBody, Denied<OAuthError>> {
    let Some(token) = token else {
        return Err(Reason::BearerMissing.because("the request has no access token").into());
    };
    let Some((presented, person)) = find(app, &token.text, request.now).await? else {
        return Err(Reason::BearerUnknown.because("the access token is not known here").into());
    };
    let client = &presented.token.client_id;
    request.set_client(client.clone());
    let client = app.cache.client(client, Freshness::Cached).await?;
    if let Some(client) = &client {
        sender::announce(app, request, &client.client, sender::has_proof(request));
    }
    let binding = presented.token.binding.clone();
    let UserInfoAccess { person, scope, claims } = check_user_info(presented, person, OPENID, request.now)?;
    let Some(client) = client else {
        return Err(Reason::BearerRevoked.because("the client of the access token is gone").into());
    };
    let possession = sender::check_presented(app, request, &token, binding.as_ref(), Some(&client.client))?;
    limiting::token_is_valid(app, request, &person.id)?;
    sender::use_up(app, possession).await?;
    let catalogue = app.cache.catalogue(Freshness::Cached).await?;
    let mut user_claims = person.claims_named(catalogue.claims_of(&scope));
    user_claims.extend(claims.claims_from(&person));
    user_claims.insert("sub".into(), subject::subject(app, &client.client, &person.id).into());
    let protected = id_token::protect_user_info(app, &client.client, &user_claims, request.now).await?;
    Ok(protected.map_or(UserInfoBody::Plain(user_claims), UserInfoBody::Protected))
}

/// The token and the user that it was issued for, as the database has them now; `None` if the token is not known.
async fn find(
    app: &App,
    token: &str,
    now: Timestamp,
) -> Result<Option<(PresentedToken, Option<Person>)>, Failure> {
    let Some(read) = access_token::read(app, token, now).await? else { return Ok(None) };
    let live = app.live_sessions(now);
    let find = async move |conn: &mut Conn| {
        let Some(presented) = read.find(conn, live).await? else { return Ok(None) };
        let person = match &presented.token.user_id {
            None => None,
            Some(user) => users::find_person(conn, user).await?,
        };
        Ok(Some((presented, person)))
    };
    Ok(app.db.read(find).await?)
}
