//! `/api/v1/logout-deliveries`: the applications that the server informs of sign-outs.

use actix_web::{HttpResponse, web};
use serde_json::json;

use super::body;
use super::call::respond;
use super::idempotency;
use super::listing;
use super::reply::ApiReply;
use crate::app::App;
use crate::http::call::Request;
use crate::oauth::id::ClientId;
use crate::operations::logout_deliveries;
use crate::representation::logout_delivery::to_json;
use crate::store::deliveries::DeliveryFilter;
use crate::store::deliveries::DeliveryState;

pub async fn list(app: web::Data<App>, request: Request) -> HttpResponse {
    respond(&app, &request, async |call| {
        let filter = DeliveryFilter {
            client: call.parameter("client_id").map(ClientId::new),
            state: call.one_of("state", &DeliveryState::ALL.map(|state| (state.as_str(), state))),
        };
        let listing = listing::of(call, filter)?;
        Ok(listing::reply(call, &logout_deliveries::list(&call.context(), listing).await?, to_json))
    })
    .await
}

/// Resends at once every notice that its application has not confirmed.
pub async fn retry(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    respond(&app, &request, async |call| {
        let (mut members, bytes) = body::read_with_bytes(call, body).await?;
        let client = members.text("client_id").map(ClientId::new);
        let retry = async |context| logout_deliveries::retry(&context, client.as_ref()).await;
        let shown = |retried: &u64| ApiReply::ok(json!({ "retried": retried }));
        idempotency::once(call, (members, bytes), retry, shown).await
    })
    .await
}
