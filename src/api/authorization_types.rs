//! `/api/v1/authorization-types`.

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
use crate::members::authorization_type as members;
use crate::oauth::grant::authorization_details::authorization_type::AuthorizationType;
use crate::operations::authorization_types;
use crate::operations::fault::Faults;
use crate::operations::{Context, Done};
use crate::representation::address::segment;
use crate::representation::authorization_type::to_json;
use crate::store::page::NameFilter;

pub async fn list(app: web::Data<App>, request: Request) -> HttpResponse {
    respond(&app, &request, async |call| {
        let listing = listing::of(call, NameFilter { q: call.parameter("q") })?;
        Ok(listing::reply(call, &authorization_types::list(&call.context(), listing).await?, to_json))
    })
    .await
}

pub async fn create(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    respond(&app, &request, async |call| {
        let (mut members, bytes) = body::read_with_bytes(call, body).await?;
        let name = members.required_text("name");
        let record = members::new(&mut members, name);
        let create = async |context| authorization_types::create(&context, record).await;
        idempotency::once(call, (members, bytes), create, created).await
    })
    .await
}

pub async fn show(app: web::Data<App>, request: Request, name: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        Ok(authorization_types::find(&call.context(), &name).await?.shown())
    })
    .await
}

pub async fn put(
    app: web::Data<App>,
    request: Request,
    name: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    put::put::<AuthorizationType>(&app, &request, name.into_inner(), body).await
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
        members.named("name", &name);
        let changes = members::changes(&mut members);
        let update = async |context| authorization_types::update(&context, &name, changes).await;
        Ok(body::act(call, members, context, update).await?.outcome.shown())
    })
    .await
}

pub async fn delete(app: web::Data<App>, request: Request, name: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        authorization_types::delete(&condition::context(call)?, &name).await?;
        Ok(ApiReply::done())
    })
    .await
}

impl Replaceable for AuthorizationType {
    const NAME: &'static str = "name";

    fn read(members: &mut Members, name: String) -> Self {
        members::new(members, name)
    }

    async fn create(context: &Context<'_>, object: Self) -> Result<Done<Self>, Denied<Faults>> {
        authorization_types::create(context, object).await
    }

    async fn replace(context: &Context<'_>, object: Self) -> Result<Self, Denied<Faults>> {
        let (name, changes) = (object.name.clone(), members::whole(object));
        Ok(authorization_types::update(context, &name, changes).await?.outcome)
    }

    fn address(&self) -> String {
        format!("/api/v1/authorization-types/{}", segment(&self.name))
    }

    fn shown(&self) -> ApiReply {
        ApiReply::ok(to_json(self)).with_version(&authorization_types::version(self))
    }
}
