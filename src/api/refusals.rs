//! `/api/v1/refusals`: the last refused requests, and why each was refused.

use actix_web::{HttpResponse, web};

use super::call::respond;
use super::listing;
use super::reply::ApiReply;
use crate::app::App;
use crate::http::call::Request;
use crate::oauth::id::ClientId;
use crate::operations::explanation::refusal_to_json;
use crate::operations::refusals;
use crate::store::refusals::RefusalFilter;

pub async fn list(app: web::Data<App>, request: Request) -> HttpResponse {
    respond(&app, &request, async |call| {
        let filter = RefusalFilter {
            client: call.parameter("client").map(ClientId::new),
            reason: call.parameter("reason"),
            request_id: None,
        };
        let listing = listing::of(call, filter)?;
        Ok(listing::reply(call, &refusals::list(&call.context(), listing).await?, refusal_to_json))
    })
    .await
}

pub async fn show(app: web::Data<App>, request: Request, id: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        let filter = RefusalFilter { request_id: Some(id.into_inner()), ..RefusalFilter::default() };
        let found = refusals::find(&call.context(), filter).await?;
        Ok(ApiReply::ok(found.to_json(&call.app.issuer)).with_own_etag())
    })
    .await
}
