//! `/api/v1/grants`.

use actix_web::{HttpResponse, web};

use super::call::respond;
use super::condition;
use super::listing;
use super::query::invalid;
use super::reply::ApiReply;
use crate::app::App;
use crate::http::call::Request;
use crate::oauth::id::{ClientId, GrantId, UserId};
use crate::operations::{clients, grants, users};
use crate::representation::grant::to_json;
use crate::store::grant_records::{GrantFilter, GrantState};

pub async fn list(app: web::Data<App>, request: Request) -> HttpResponse {
    respond(&app, &request, async |call| {
        let filter = GrantFilter {
            user: call.parameter("user").map(UserId::new),
            client: call.parameter("client").map(ClientId::new),
            state: call.one_of("state", &GrantState::ALL.map(|state| (state.as_str(), state))),
        };
        let listing = listing::of(call, filter)?;
        let list = grants::list(&call.context(), listing).await?;
        Ok(listing::reply(call, &list, |grant| to_json(grant, call.request.now)))
    })
    .await
}

/// Revokes all that a person gave, all that a client got, or all that a person gave a client.
pub async fn revoke_all(app: web::Data<App>, request: Request) -> HttpResponse {
    respond(&app, &request, async |call| {
        let user = call.parameter("user").map(UserId::new);
        let client = call.parameter("client").map(ClientId::new);
        call.end_of_query()?;
        let context = call.context();
        if let Some(user) = &user {
            users::find_by_id(&context, user).await?;
        }
        if let Some(client) = &client {
            clients::find(&context, client).await?;
        }
        match (&user, &client) {
            (Some(user), None) => grants::revoke_all_of_user(&context, user).await?,
            (None, Some(client)) => clients::revoke_all(&context, client).await?,
            (Some(user), Some(client)) => grants::revoke_access(&context, user, client).await?,
            (None, None) => {
                return Err(invalid("name the user or the client, or both, whose grants are to be revoked"));
            }
        };
        Ok(ApiReply::done())
    })
    .await
}

pub async fn show(app: web::Data<App>, request: Request, id: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        let grant = grants::find(&call.context(), &GrantId::new(id.into_inner())).await?;
        Ok(ApiReply::ok(to_json(&grant, call.request.now)).with_version(&grants::version(&grant)))
    })
    .await
}

pub async fn revoke(app: web::Data<App>, request: Request, id: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        grants::revoke(&condition::context(call)?, &GrantId::new(id.into_inner())).await?;
        Ok(ApiReply::done())
    })
    .await
}
