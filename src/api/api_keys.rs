//! `/api/v1/api-keys`.

use actix_web::{HttpResponse, web};

use super::body;
use super::call::respond;
use super::condition;
use super::idempotency;
use super::listing;
use super::reply::ApiReply;
use crate::app::App;
use crate::http::call::Request;
use crate::members::api_key as members;
use crate::operations::api_keys::{self, CreatedApiKey};
use crate::representation::api_key::to_json;
use crate::store::page::NameFilter;

pub async fn list(app: web::Data<App>, request: Request) -> HttpResponse {
    respond(&app, &request, async |call| {
        let listing = listing::of(call, NameFilter { q: call.parameter("q") })?;
        Ok(listing::reply(call, &api_keys::list(&call.context(), listing).await?, to_json))
    })
    .await
}

pub async fn create(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    respond(&app, &request, async |call| {
        let (mut members, bytes) = body::read_with_bytes(call, body).await?;
        let new = members::read_new(&mut members);
        let is_rehearsal = call.is_rehearsal();
        let shown = move |created: &CreatedApiKey| {
            let mut body = to_json(&created.record);
            if !is_rehearsal {
                body["key"] = created.key.expose().as_str().into();
            }
            let address = format!("/api/v1/api-keys/{}", created.record.id);
            ApiReply::created(address, body).with_version(&api_keys::version(&created.record))
        };
        let create = async |context| api_keys::create(&context, new).await;
        idempotency::once(call, (members, bytes), create, shown).await
    })
    .await
}

pub async fn show(app: web::Data<App>, request: Request, id: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        let key = api_keys::find(&call.context(), &id).await?;
        Ok(ApiReply::ok(to_json(&key)).with_version(&api_keys::version(&key)))
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
        let update = async |context| api_keys::update(&context, &id, changes).await;
        let key = body::act(call, members, context, update).await?.outcome;
        Ok(ApiReply::ok(to_json(&key)).with_version(&api_keys::version(&key)))
    })
    .await
}

pub async fn delete(app: web::Data<App>, request: Request, id: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        api_keys::delete(&condition::context(call)?, &id).await?;
        Ok(ApiReply::done())
    })
    .await
}
