//! `/api/v1/issuers`: trusted issuers.

pub mod subjects;

use actix_web::{HttpResponse, web};

use super::body;
use super::call::respond;
use super::condition;
use super::idempotency;
use super::listing;
use super::put::{self, Replaceable, created};
use super::reply::ApiReply;
use crate::app::App;
use crate::failure::Denied;
use crate::http::call::Request;
use crate::members::Members;
use crate::members::trusted_issuer as members;
use crate::oauth::grant::trusted_issuer::TrustedIssuer;
use crate::operations::fault::Faults;
use crate::operations::trusted_issuers;
use crate::operations::{Context, Done};
use crate::representation::address::segment;
use crate::representation::trusted_issuer::to_json;
use crate::store::page::NameFilter;

pub async fn list(app: web::Data<App>, request: Request) -> HttpResponse {
    respond(&app, &request, async |call| {
        let listing = listing::of(call, NameFilter { q: call.parameter("q") })?;
        Ok(listing::reply(call, &trusted_issuers::list(&call.context(), listing).await?, to_json))
    })
    .await
}

pub async fn create(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    respond(&app, &request, async |call| {
        let (mut members, bytes) = body::read_with_bytes(call, body).await?;
        let name = members.required_text("issuer");
        let issuer = members::new(&mut members, name);
        let create = async |context| trusted_issuers::create(&context, issuer).await;
        idempotency::once(call, (members, bytes), create, created).await
    })
    .await
}

pub async fn show(app: web::Data<App>, request: Request, name: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        Ok(trusted_issuers::find(&call.context(), &name).await?.shown())
    })
    .await
}

pub async fn put(
    app: web::Data<App>,
    request: Request,
    name: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    put::put::<TrustedIssuer>(&app, &request, name.into_inner(), body).await
}

pub async fn patch(
    app: web::Data<App>,
    request: Request,
    name: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        let context = condition::context(call)?;
        let mut members = body::read_patch(call, body).await?;
        members.named("issuer", &name);
        let changes = members::changes(&mut members);
        let update = async |context| trusted_issuers::update(&context, &name, changes).await;
        let (issuer, _) = body::act(call, members, context, update).await?.outcome;
        Ok(issuer.shown())
    })
    .await
}

pub async fn delete(app: web::Data<App>, request: Request, name: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        trusted_issuers::delete(&condition::context(call)?, &name).await?;
        Ok(ApiReply::done())
    })
    .await
}

impl Replaceable for TrustedIssuer {
    const NAME: &'static str = "issuer";

    fn read(members: &mut Members, name: String) -> Self {
        members::new(members, name)
    }

    async fn create(context: &Context<'_>, object: Self) -> Result<Done<Self>, Denied<Faults>> {
        trusted_issuers::create(context, object).await
    }

    async fn replace(context: &Context<'_>, object: Self) -> Result<Self, Denied<Faults>> {
        let (name, changes) = (object.issuer.clone(), members::whole(object));
        Ok(trusted_issuers::update(context, &name, changes).await?.outcome.0)
    }

    fn address(&self) -> String {
        address(&self.issuer)
    }

    fn shown(&self) -> ApiReply {
        ApiReply::ok(to_json(self)).with_version(&trusted_issuers::version(self))
    }
}

/// The path of an issuer below the public URL.
fn address(issuer: &str) -> String {
    format!("/api/v1/issuers/{}", segment(issuer))
}
