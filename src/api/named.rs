//! Objects whose name the caller chooses: one handler of each method for all of them.

use actix_web::{HttpResponse, web};

use super::body;
use super::call::respond;
use super::condition::{self, PutCondition};
use super::idempotency;
use super::listing;
use super::reply::ApiReply;
use crate::app::App;
use crate::http::call::Request;
use crate::members::named::NamedObject;
use crate::representation::address::segment;
use crate::store::page::NameFilter;

pub(crate) async fn list<T: NamedObject>(app: web::Data<App>, request: Request) -> HttpResponse {
    respond(&app, &request, async |call| {
        let listing = listing::of(call, NameFilter { q: call.parameter("q") })?;
        Ok(listing::reply(call, &T::list(&call.context(), listing).await?, T::to_json))
    })
    .await
}

pub(crate) async fn create<T: NamedObject>(
    app: web::Data<App>,
    request: Request,
    body: web::Payload,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        let (mut members, bytes) = body::read_with_bytes(call, body).await?;
        let name = members.required_text(T::NAME);
        let object = T::read(&mut members, name);
        let create = async |context| T::create(&context, object).await;
        idempotency::once_for(call, (members, bytes), create, created).await
    })
    .await
}

pub(crate) async fn show<T: NamedObject>(
    app: web::Data<App>,
    request: Request,
    name: web::Path<String>,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        Ok(shown(&T::find(&call.context(), &name).await?))
    })
    .await
}

/// Creates the object, or replaces it, as the condition of the request says.
pub(crate) async fn put<T: NamedObject>(
    app: web::Data<App>,
    request: Request,
    name: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        let condition = condition::of_put(call.request)?;
        let mut members = body::read(call, body).await?;
        members.named(T::NAME, &name);
        members.drop_read_only();
        let object = T::read(&mut members, name.to_string());
        match condition {
            PutCondition::Create => {
                let create = async |context| T::create(&context, object).await.map_err(condition::exists);
                Ok(created(&body::act(call, members, call.context(), create).await?))
            }
            PutCondition::Replace(versions) => {
                let replace = async |context| T::update(&context, &name, object.whole()).await;
                let context = condition::replacing(call, versions);
                Ok(shown(&body::act(call, members, context, replace).await?))
            }
        }
    })
    .await
}

pub(crate) async fn patch<T: NamedObject>(
    app: web::Data<App>,
    request: Request,
    name: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        let context = condition::context(call)?;
        let mut members = body::read_patch(call, body).await?;
        members.named(T::NAME, &name);
        let changes = T::read_changes(&mut members);
        let update = async |context| T::update(&context, &name, changes).await;
        Ok(shown(&body::act(call, members, context, update).await?))
    })
    .await
}

pub(crate) async fn delete<T: NamedObject>(
    app: web::Data<App>,
    request: Request,
    name: web::Path<String>,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        T::delete(&condition::context(call)?, &name).await?;
        Ok(ApiReply::done())
    })
    .await
}

/// The path of an object below the public URL.
pub(super) fn address<T: NamedObject>(name: &str) -> String {
    format!("/api/v1/{}/{}", T::PLACE, segment(name))
}

/// The answer with an object.
fn shown<T: NamedObject>(object: &T) -> ApiReply {
    ApiReply::ok(object.to_json()).with_version(&object.version())
}

/// The answer with a new object.
fn created<T: NamedObject>(object: &T) -> ApiReply {
    shown(object).at(address::<T>(object.name()))
}
