//! `/api/v1/clients/{id}/consents`: what people have allowed a client.

use actix_web::{HttpResponse, web};

use super::super::call::respond;
use super::super::listing;
use crate::app::App;
use crate::http::call::Request;
use crate::oauth::id::ClientId;
use crate::operations::consents;
use crate::representation::consent::to_json;

pub async fn list(app: web::Data<App>, request: Request, id: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        let listing = listing::of(call, ClientId::new(id.into_inner()))?;
        Ok(listing::reply(call, &consents::list_of_client(&call.context(), listing).await?, to_json))
    })
    .await
}
