//! `/api/v1/users/{id}/consents`.

use actix_web::{HttpResponse, web};

use super::super::call::respond;
use super::super::listing;
use super::super::reply::ApiReply;
use super::existing;
use crate::app::App;
use crate::http::call::Request;
use crate::oauth::id::ClientId;
use crate::operations::{consents, grants};
use crate::representation::consent::to_json;

pub async fn list(app: web::Data<App>, request: Request, id: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        let listing = listing::of(call, ())?;
        let listing = listing.with(existing(&call.context(), &id).await?.person.id);
        Ok(listing::reply(call, &consents::list(&call.context(), listing).await?, to_json))
    })
    .await
}

/// Takes a consent back, with everything that the client got by it.
pub async fn delete(
    app: web::Data<App>,
    request: Request,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        let (user, client) = path.into_inner();
        let (user, client) = (existing(&call.context(), &user).await?.person.id, ClientId::new(client));
        consents::find(&call.context(), &user, &client).await?;
        grants::revoke_access(&call.context(), &user, &client).await?;
        Ok(ApiReply::done())
    })
    .await
}
