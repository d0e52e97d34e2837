//! `/api/v1/scopes`.

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
use crate::members::scope as members;
use crate::oauth::grant::scope::ScopeRecord;
use crate::oauth::permission::{Area, Need};
use crate::operations::fault::Faults;
use crate::operations::scope_deletion::{self, InUse};
use crate::operations::scopes;
use crate::operations::{Context, Done};
use crate::representation::address::segment;
use crate::representation::scope::to_json;
use crate::store::page::NameFilter;

pub async fn list(app: web::Data<App>, request: Request) -> HttpResponse {
    respond(&app, &request, async |call| {
        let listing = listing::of(call, NameFilter { q: call.parameter("q") })?;
        Ok(listing::reply(call, &scopes::list(&call.context(), listing).await?, to_json))
    })
    .await
}

pub async fn create(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    respond(&app, &request, async |call| {
        let (mut members, bytes) = body::read_with_bytes(call, body).await?;
        let name = members.required_text("name");
        let scope = members::new(&mut members, name);
        let create = async |context| scopes::create(&context, scope).await;
        idempotency::once(call, (members, bytes), create, created).await
    })
    .await
}

pub async fn show(app: web::Data<App>, request: Request, name: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        Ok(scopes::find(&call.context(), &name).await?.shown())
    })
    .await
}

pub async fn put(
    app: web::Data<App>,
    request: Request,
    name: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    put::put::<ScopeRecord>(&app, &request, name.into_inner(), body).await
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
        let update = async |context| scopes::update(&context, &name, changes).await;
        Ok(body::act(call, members, context, update).await?.outcome.shown())
    })
    .await
}

pub async fn delete(app: web::Data<App>, request: Request, name: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        let in_use = if call.flag("force")? == Some(true) { InUse::TakeAway } else { InUse::Refuse };
        call.end_of_query()?;
        if in_use == InUse::TakeAway {
            // It changes the clients that have the scope.
            call.also_needs(Need::write(Area::Clients))?;
        }
        scope_deletion::delete(&condition::context(call)?, &name, in_use).await?;
        Ok(ApiReply::done())
    })
    .await
}

impl Replaceable for ScopeRecord {
    const NAME: &'static str = "name";

    fn read(members: &mut Members, name: String) -> Self {
        members::new(members, name)
    }

    async fn create(context: &Context<'_>, object: Self) -> Result<Done<Self>, Denied<Faults>> {
        scopes::create(context, object).await
    }

    async fn replace(context: &Context<'_>, object: Self) -> Result<Self, Denied<Faults>> {
        let (name, changes) = (object.name.clone(), members::whole(object));
        Ok(scopes::update(context, &name, changes).await?.outcome)
    }

    fn address(&self) -> String {
        format!("/api/v1/scopes/{}", segment(&self.name))
    }

    fn shown(&self) -> ApiReply {
        ApiReply::ok(to_json(self)).with_version(&scopes::version(self))
    }
}
