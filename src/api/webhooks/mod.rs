//! `/api/v1/webhooks`.

pub mod deliveries;

use actix_web::{HttpResponse, web};

use super::body;
use super::call::{ApiCall, respond};
use super::condition;
use super::idempotency;
use super::listing;
use super::reply::ApiReply;
use crate::app::App;
use crate::http::call::Request;
use crate::members::webhook as members;
use crate::operations::webhooks::{self, WebhookWithSecret};
use crate::representation::webhook::to_json;
use crate::store::page::NameFilter;
use crate::store::webhooks::WebhookRecord;

pub async fn list(app: web::Data<App>, request: Request) -> HttpResponse {
    respond(&app, &request, async |call| {
        let listing = listing::of(call, NameFilter { q: call.parameter("q") })?;
        Ok(listing::reply(call, &webhooks::list(&call.context(), listing).await?, to_json))
    })
    .await
}

pub async fn create(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    respond(&app, &request, async |call| {
        let (mut members, bytes) = body::read_with_bytes(call, body).await?;
        let new = members::read_new(&mut members);
        let with_secret = with_secret(call);
        let shown = move |created: &WebhookWithSecret| {
            let address = format!("/api/v1/webhooks/{}", created.record.id);
            ApiReply::created(address, with_secret(created)).with_version(&webhooks::version(&created.record))
        };
        let create = async |context| webhooks::create(&context, new).await;
        idempotency::once(call, (members, bytes), create, shown).await
    })
    .await
}

pub async fn show(app: web::Data<App>, request: Request, id: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        Ok(shown(&webhooks::find(&call.context(), &id).await?))
    })
    .await
}

pub async fn put(
    app: web::Data<App>,
    request: Request,
    id: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        let condition = condition::of_put(call.request)?;
        let mut members = body::read(call, body).await?;
        let versions = condition.replaced("webhooks")?;
        members.named("id", &id);
        members.drop_read_only();
        let changes = members::read_replacement(&mut members);
        let context = condition::replacing(call, versions);
        let update = async |context| webhooks::update(&context, &id, changes).await;
        Ok(shown(&body::act(call, members, context, update).await?.outcome))
    })
    .await
}

pub async fn patch(
    app: web::Data<App>,
    request: Request,
    id: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        let context = condition::context(call)?;
        let mut members = body::read_patch(call, body).await?;
        let changes = members::read_changes(&mut members);
        let update = async |context| webhooks::update(&context, &id, changes).await;
        Ok(shown(&body::act(call, members, context, update).await?.outcome))
    })
    .await
}

pub async fn delete(app: web::Data<App>, request: Request, id: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        webhooks::delete(&condition::context(call)?, &id).await?;
        Ok(ApiReply::done())
    })
    .await
}

/// Gives a webhook a new secret, and shows it once.
pub async fn rotate_secret(
    app: web::Data<App>,
    request: Request,
    id: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        let (mut members, bytes) = body::read_if_any(call, body).await?;
        let overlap = members::read_overlap(&mut members);
        let with_secret = with_secret(call);
        let shown = move |rotated: &WebhookWithSecret| ApiReply::ok(with_secret(rotated));
        let rotate = async |context| webhooks::rotate_secret(&context, &id, overlap).await;
        idempotency::once(call, (members, bytes), rotate, shown).await
    })
    .await
}

fn shown(webhook: &WebhookRecord) -> ApiReply {
    ApiReply::ok(to_json(webhook)).with_version(&webhooks::version(webhook))
}

/// The members of a webhook with its new secret. A rehearsal leaves the secret out.
fn with_secret(call: &ApiCall<'_>) -> impl Fn(&WebhookWithSecret) -> serde_json::Value + Send + Sync + use<> {
    let is_rehearsal = call.is_rehearsal();
    move |made: &WebhookWithSecret| {
        let mut body = to_json(&made.record);
        if !is_rehearsal {
            body["secret"] = made.secret.expose().as_str().into();
        }
        body
    }
}
