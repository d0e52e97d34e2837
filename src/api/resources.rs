//! `/api/v1/resources`.

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
use crate::members::resource as members;
use crate::oauth::grant::resource::Resource;
use crate::operations::fault::Faults;
use crate::operations::resources;
use crate::operations::{Context, Done};
use crate::representation::address::segment;
use crate::representation::resource::to_json;
use crate::store::page::NameFilter;

pub async fn list(app: web::Data<App>, request: Request) -> HttpResponse {
    respond(&app, &request, async |call| {
        let listing = listing::of(call, NameFilter { q: call.parameter("q") })?;
        Ok(listing::reply(call, &resources::list(&call.context(), listing).await?, to_json))
    })
    .await
}

pub async fn create(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    respond(&app, &request, async |call| {
        let (mut members, bytes) = body::read_with_bytes(call, body).await?;
        let uri = members.required_text("resource");
        let resource = members::new(&mut members, uri);
        let create = async |context| resources::create(&context, resource).await;
        idempotency::once(call, (members, bytes), create, created).await
    })
    .await
}

pub async fn show(app: web::Data<App>, request: Request, uri: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        Ok(resources::find(&call.context(), &uri).await?.shown())
    })
    .await
}

pub async fn put(
    app: web::Data<App>,
    request: Request,
    name: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    put::put::<Resource>(&app, &request, name.into_inner(), body).await
}

pub async fn patch(
    app: web::Data<App>,
    request: Request,
    uri: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        let context = condition::context(call)?;
        let mut members = body::read_patch(call, body).await?;
        members.named("resource", &uri);
        let changes = members::changes(&mut members);
        let update = async |context| resources::update(&context, &uri, changes).await;
        Ok(body::act(call, members, context, update).await?.outcome.shown())
    })
    .await
}

pub async fn delete(app: web::Data<App>, request: Request, uri: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        resources::delete(&condition::context(call)?, &uri).await?;
        Ok(ApiReply::done())
    })
    .await
}

impl Replaceable for Resource {
    const NAME: &'static str = "resource";

    fn read(members: &mut Members, name: String) -> Self {
        members::new(members, name)
    }

    async fn create(context: &Context<'_>, object: Self) -> Result<Done<Self>, Denied<Faults>> {
        resources::create(context, object).await
    }

    async fn replace(context: &Context<'_>, object: Self) -> Result<Self, Denied<Faults>> {
        let (uri, changes) = (object.uri.clone(), members::whole(object));
        Ok(resources::update(context, &uri, changes).await?.outcome)
    }

    fn address(&self) -> String {
        format!("/api/v1/resources/{}", segment(&self.uri))
    }

    fn shown(&self) -> ApiReply {
        ApiReply::ok(to_json(self)).with_version(&resources::version(self))
    }
}
