//! `/api/v1/clients/{id}/health`: how a client uses the server, and what could be demanded of it.

use actix_web::{HttpResponse, web};

use super::super::call::respond;
use super::super::reply::ApiReply;
use crate::app::App;
use crate::http::call::Request;
use crate::oauth::id::ClientId;
use crate::operations::client_health;

pub async fn show(app: web::Data<App>, request: Request, id: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        let health = client_health::find(&call.context(), &ClientId::new(id.into_inner())).await?;
        Ok(ApiReply::ok(health.to_json()).with_own_etag())
    })
    .await
}
