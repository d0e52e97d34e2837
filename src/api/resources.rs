//! `/api/v1/resources`.

use actix_web::{HttpResponse, web};

use super::body;
use super::call::respond;
use super::condition::{self, PutCondition};
use super::idempotency;
use super::listing;
use super::reply::ApiReply;
use crate::app::App;
use crate::http::call::Request;
use crate::http::own_path::segment;
use crate::members::resource as members;
use crate::oauth::grant::resource::Resource;
use crate::oauth::permission::{Area, Need};
use crate::operations::resources;
use crate::representation::resource::to_json;
use crate::representation::settings;
use crate::store::page::NameFilter;

const READ: Need = Need::read(Area::Config);
const WRITE: Need = Need::write(Area::Config);

pub async fn list(app: web::Data<App>, request: Request) -> HttpResponse {
    respond(&app, &request, READ, async |call| {
        let listing = listing::of(call, NameFilter { q: call.parameter("q") })?;
        Ok(listing::reply(call, &resources::list(&call.context(), listing).await?, to_json))
    })
    .await
}

pub async fn create(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    respond(&app, &request, WRITE, async |call| {
        call.end_of_query()?;
        let (mut members, bytes) = body::read_with_bytes(call, body, &settings::RESOURCE).await?;
        let uri = members.required_text("resource");
        let resource = members::new(&mut members, uri);
        members.end()?;
        let create = async |context| resources::create(&context, resource).await;
        idempotency::once(call, &bytes, create, created).await
    })
    .await
}

pub async fn show(app: web::Data<App>, request: Request, uri: web::Path<String>) -> HttpResponse {
    respond(&app, &request, READ, async |call| {
        call.end_of_query()?;
        Ok(shown(&resources::find(&call.context(), &uri).await?))
    })
    .await
}

pub async fn put(
    app: web::Data<App>,
    request: Request,
    uri: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    respond(&app, &request, WRITE, async |call| {
        call.end_of_query()?;
        let condition = condition::of_put(call.request)?;
        let mut members = body::read(call, body, &settings::RESOURCE).await?;
        members.named("resource", &uri);
        let resource = members::new(&mut members, uri.into_inner());
        members.end()?;
        match condition {
            PutCondition::Create => {
                let done = resources::create(&call.context(), resource).await.map_err(condition::exists)?;
                Ok(created(&done.outcome))
            }
            PutCondition::Replace(version) => {
                let context = condition::replacing(call, version);
                let (uri, changes) = (resource.uri.clone(), members::whole(resource));
                Ok(shown(&resources::update(&context, &uri, changes).await?.outcome))
            }
        }
    })
    .await
}

pub async fn patch(
    app: web::Data<App>,
    request: Request,
    uri: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    respond(&app, &request, WRITE, async |call| {
        call.end_of_query()?;
        let context = condition::context(call)?;
        let mut members = body::read_patch(call, body, &settings::RESOURCE).await?;
        members.named("resource", &uri);
        let changes = members::changes(&mut members);
        members.end()?;
        Ok(shown(&resources::update(&context, &uri, changes).await?.outcome))
    })
    .await
}

pub async fn delete(app: web::Data<App>, request: Request, uri: web::Path<String>) -> HttpResponse {
    respond(&app, &request, WRITE, async |call| {
        call.end_of_query()?;
        resources::delete(&condition::context(call)?, &uri).await?;
        Ok(ApiReply::done())
    })
    .await
}

fn shown(resource: &Resource) -> ApiReply {
    ApiReply::ok(to_json(resource)).with_version(&resources::version(resource))
}

fn created(resource: &Resource) -> ApiReply {
    let address = format!("/api/v1/resources/{}", segment(&resource.uri));
    ApiReply::created(address, to_json(resource)).with_version(&resources::version(resource))
}
