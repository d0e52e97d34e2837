//! `/userinfo`: what an application may know of who signed in (OpenID Connect Core §5.3).

use actix_web::http::header;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web};

use super::bearer;
use crate::answer::{self, CallingClient};
use crate::app::App;
use crate::failure::Denied;
use crate::id_tokens;
use crate::oauth::bearer::{Teller, may_tell};
use crate::oauth::claims::Claims;
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;
use crate::oauth::scope::OPENID;
use crate::registry::Freshness;
use crate::secret::Hash;
use crate::store::access_tokens;
use crate::store::db::DbError;
use crate::subjects;

pub(super) async fn get(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let token = bearer::in_header(&request);
    respond(&app, &request, token.map_err(Denied::Refused)).await
}

pub(super) async fn post(app: web::Data<App>, request: HttpRequest, body: web::Payload) -> HttpResponse {
    let token = bearer::in_header_or_body(&request, body).await;
    respond(&app, &request, token.map_err(Denied::Refused)).await
}

async fn respond(
    app: &App,
    request: &HttpRequest,
    token: Result<Option<Hash>, Denied<OAuthError>>,
) -> HttpResponse {
    let told = match token {
        Ok(token) => tell(app, request, token).await,
        Err(denied) => Err(denied),
    };
    match told {
        Ok(told) => {
            let mut response = HttpResponse::Ok();
            response
                .insert_header((header::CACHE_CONTROL, "no-store"))
                .insert_header((header::PRAGMA, "no-cache"));
            match told {
                Told::Plain(claims) => response.json(claims),
                Told::Protected(token) => response.content_type("application/jwt").body(token),
            }
        }
        Err(denied) => answer::bearer_error(app, request, denied, OPENID),
    }
}

/// An answer in the form that the client is registered for.
enum Told {
    Plain(Claims),
    /// Signed, encrypted, or both.
    Protected(String),
}

async fn tell(app: &App, request: &HttpRequest, token: Option<Hash>) -> Result<Told, Denied<OAuthError>> {
    let Some(hash) = token else {
        return Err(Reason::BearerMissing.because("the request has no access token").into());
    };
    let find = async move |conn: &mut _| access_tokens::find_presented(conn, &hash).await;
    let Some(presented) = app.db.read::<_, DbError, _>(find).await? else {
        return Err(Reason::BearerUnknown.because("the access token is not known here").into());
    };
    request.extensions_mut().insert(CallingClient(presented.client.to_string()));
    let client = app.registry.client(&presented.client, Freshness::Cached).await?;
    let Teller { person, scope, claims } = may_tell(presented, OPENID, app.now())?;
    let Some(client) = client else {
        return Err(Reason::BearerRevoked.because("the client of the access token is gone").into());
    };
    let scopes = app.registry.scopes(Freshness::Cached).await?;
    let mut told = person.told(scopes.claims_of(&scope));
    told.extend(claims.told_by(&person));
    told.insert("sub".into(), subjects::subject(app, &client.client, &person.id).into());
    let protected = id_tokens::protect_user_info(app, &client.client, &told).await?;
    Ok(protected.map_or(Told::Plain(told), Told::Protected))
}
