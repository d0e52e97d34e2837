//! `/api/v1/webhooks/{id}/deliveries`, and the handlers that send messages.

use actix_web::{HttpResponse, web};
use serde_json::json;

use super::super::body;
use super::super::call::respond;
use super::super::idempotency;
use super::super::listing;
use super::super::reply::ApiReply;
use crate::app::App;
use crate::http::call::Request;
use crate::operations::webhooks;
use crate::representation::webhook::delivery_to_json;
use crate::store::deliveries::DeliveryState;
use crate::store::webhook_deliveries::{WebhookDelivery, WebhookDeliveryFilter};

pub async fn list(app: web::Data<App>, request: Request, id: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        let filter = WebhookDeliveryFilter {
            webhook: id.into_inner(),
            state: call.one_of("state", &DeliveryState::ALL.map(|state| (state.as_str(), state))),
            kind: call.parameter("type"),
        };
        let listing = listing::of(call, filter)?;
        let page = webhooks::deliveries(&call.context(), listing).await?;
        Ok(listing::reply(call, &page, delivery_to_json))
    })
    .await
}

pub async fn show(app: web::Data<App>, request: Request, path: web::Path<(String, String)>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        let (webhook, delivery) = path.into_inner();
        let delivery = webhooks::delivery(&call.context(), &webhook, &delivery).await?;
        Ok(ApiReply::ok(delivery_to_json(&delivery)).with_own_etag())
    })
    .await
}

/// Makes deliveries due at once: one, or all that no receiver has confirmed.
pub async fn retry(
    app: web::Data<App>,
    request: Request,
    id: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        let (mut members, bytes) = body::read_with_bytes(call, body).await?;
        let delivery = members.text("delivery");
        let retry = async |context| webhooks::retry(&context, &id, delivery.as_deref()).await;
        let shown = |retried: &u64| ApiReply::ok(json!({ "retried": retried }));
        let reply = idempotency::once(call, (members, bytes), retry, shown).await;
        call.app.webhooks.wake();
        reply
    })
    .await
}

/// Sends a test message.
pub async fn test(
    app: web::Data<App>,
    request: Request,
    id: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        let (members, bytes) = body::read_if_any(call, body).await?;
        let test = async |context| webhooks::test(&context, &id).await;
        let shown = |made: &WebhookDelivery| {
            let address = format!("/api/v1/webhooks/{}/deliveries/{}", made.webhook_id, made.message_id);
            ApiReply::created(address, delivery_to_json(made))
        };
        let reply = idempotency::once(call, (members, bytes), test, shown).await;
        call.app.webhooks.wake();
        reply
    })
    .await
}
