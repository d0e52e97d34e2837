//! `/api/v1/issuers`: trusted issuers.

pub mod subjects;

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
use crate::members::trusted_issuer as members;
use crate::oauth::grant::trusted_issuer::TrustedIssuer;
use crate::oauth::permission::{Area, Need};
use crate::operations::trusted_issuers;
use crate::representation::settings;
use crate::representation::trusted_issuer::to_json;
use crate::store::page::NameFilter;

const READ: Need = Need::read(Area::Config);
const WRITE: Need = Need::write(Area::Config);

pub async fn list(app: web::Data<App>, request: Request) -> HttpResponse {
    respond(&app, &request, READ, async |call| {
        let listing = listing::of(call, NameFilter { q: call.parameter("q") })?;
        Ok(listing::reply(call, &trusted_issuers::list(&call.context(), listing).await?, to_json))
    })
    .await
}

pub async fn create(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    respond(&app, &request, WRITE, async |call| {
        call.end_of_query()?;
        let (mut members, bytes) = body::read_with_bytes(call, body, &settings::ISSUER).await?;
        let name = members.required_text("issuer");
        let issuer = members::new(&mut members, name);
        members.end()?;
        let create = async |context| trusted_issuers::create(&context, issuer).await;
        idempotency::once(call, &bytes, create, created).await
    })
    .await
}

pub async fn show(app: web::Data<App>, request: Request, name: web::Path<String>) -> HttpResponse {
    respond(&app, &request, READ, async |call| {
        call.end_of_query()?;
        Ok(shown(&trusted_issuers::find(&call.context(), &name).await?))
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
        let mut members = body::read(call, body, &settings::ISSUER).await?;
        members.named("issuer", &name);
        let issuer = members::new(&mut members, name.into_inner());
        members.end()?;
        match condition {
            PutCondition::Create => {
                let created_issuer = trusted_issuers::create(&call.context(), issuer).await;
                Ok(created(&created_issuer.map_err(condition::exists)?.outcome))
            }
            PutCondition::Replace(version) => {
                let context = condition::replacing(call, version);
                let (name, changes) = (issuer.issuer.clone(), members::whole(issuer));
                let (issuer, _) = trusted_issuers::update(&context, &name, changes).await?.outcome;
                Ok(shown(&issuer))
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
        let mut members = body::read_patch(call, body, &settings::ISSUER).await?;
        members.named("issuer", &name);
        let changes = members::changes(&mut members);
        members.end()?;
        let (issuer, _) = trusted_issuers::update(&context, &name, changes).await?.outcome;
        Ok(shown(&issuer))
    })
    .await
}

pub async fn delete(app: web::Data<App>, request: Request, name: web::Path<String>) -> HttpResponse {
    respond(&app, &request, WRITE, async |call| {
        call.end_of_query()?;
        trusted_issuers::delete(&condition::context(call)?, &name).await?;
        Ok(ApiReply::done())
    })
    .await
}

fn shown(issuer: &TrustedIssuer) -> ApiReply {
    ApiReply::ok(to_json(issuer)).with_version(&trusted_issuers::version(issuer))
}

fn created(issuer: &TrustedIssuer) -> ApiReply {
    let address = address(&issuer.issuer);
    ApiReply::created(address, to_json(issuer)).with_version(&trusted_issuers::version(issuer))
}

/// The path of an issuer below the public URL.
fn address(issuer: &str) -> String {
    format!("/api/v1/issuers/{}", segment(issuer))
}
