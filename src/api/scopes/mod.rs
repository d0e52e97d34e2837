//! `/api/v1/scopes`.

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
use crate::members::scope as members;
use crate::oauth::grant::scope::ScopeRecord;
use crate::oauth::permission::{Area, Need};
use crate::operations::scopes::{self, InUse};
use crate::representation::scope::to_json;
use crate::representation::settings;
use crate::store::page::NameFilter;

const READ: Need = Need::read(Area::Config);
const WRITE: Need = Need::write(Area::Config);

pub async fn list(app: web::Data<App>, request: Request) -> HttpResponse {
    respond(&app, &request, READ, async |call| {
        let listing = listing::of(call, NameFilter { q: call.parameter("q") })?;
        Ok(listing::reply(call, &scopes::list(&call.context(), listing).await?, to_json))
    })
    .await
}

pub async fn create(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    respond(&app, &request, WRITE, async |call| {
        call.end_of_query()?;
        let (mut members, bytes) = body::read_with_bytes(call, body, &settings::SCOPE).await?;
        let name = members.required_text("name");
        let scope = members::new(&mut members, name);
        members.end()?;
        let create = async |context| scopes::create(&context, scope).await;
        idempotency::once(call, &bytes, create, created).await
    })
    .await
}

pub async fn show(app: web::Data<App>, request: Request, name: web::Path<String>) -> HttpResponse {
    respond(&app, &request, READ, async |call| {
        call.end_of_query()?;
        Ok(shown(&scopes::find(&call.context(), &name).await?))
    })
    .await
}

pub async fn put(
    app: web::Data<App>,
    request: Request,
    name: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    respond(&app, &request, WRITE, async |call| {
        call.end_of_query()?;
        let condition = condition::of_put(call.request)?;
        let mut members = body::read(call, body, &settings::SCOPE).await?;
        members.named("name", &name);
        let scope = members::new(&mut members, name.into_inner());
        members.end()?;
        match condition {
            PutCondition::Create => {
                let done = scopes::create(&call.context(), scope).await.map_err(condition::exists)?;
                Ok(created(&done.outcome))
            }
            PutCondition::Replace(version) => {
                let context = condition::replacing(call, version);
                let (name, changes) = (scope.name.clone(), members::whole(scope));
                Ok(shown(&scopes::update(&context, &name, changes).await?.outcome))
            }
        }
    })
    .await
}

pub async fn patch(
    app: web::Data<App>,
    request: Request,
    name: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    respond(&app, &request, WRITE, async |call| {
        call.end_of_query()?;
        let context = condition::context(call)?;
        let mut members = body::read_patch(call, body, &settings::SCOPE).await?;
        members.named("name", &name);
        let changes = members::changes(&mut members);
        members.end()?;
        Ok(shown(&scopes::update(&context, &name, changes).await?.outcome))
    })
    .await
}

pub async fn delete(app: web::Data<App>, request: Request, name: web::Path<String>) -> HttpResponse {
    respond(&app, &request, WRITE, async |call| {
        let in_use = if call.flag("force")? == Some(true) { InUse::TakeAway } else { InUse::Refuse };
        call.end_of_query()?;
        if in_use == InUse::TakeAway {
            // It changes the clients that have the scope.
            call.also_needs(Need::write(Area::Clients))?;
        }
        scopes::delete(&condition::context(call)?, &name, in_use).await?;
        Ok(ApiReply::done())
    })
    .await
}

fn shown(scope: &ScopeRecord) -> ApiReply {
    ApiReply::ok(to_json(scope)).with_version(&scopes::version(scope))
}

fn created(scope: &ScopeRecord) -> ApiReply {
    let address = format!("/api/v1/scopes/{}", segment(&scope.name));
    ApiReply::created(address, to_json(scope)).with_version(&scopes::version(scope))
}
