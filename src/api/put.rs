//! PUT of an object whose name the caller chooses: it creates the object, or replaces it.

use actix_web::{HttpResponse, web};

use super::body;
use super::call::respond;
use super::condition::{self, PutCondition};
use super::reply::ApiReply;
use crate::app::App;
use crate::failure::Denied;
use crate::http::call::Request;
use crate::members::Members;
use crate::operations::fault::Faults;
use crate::operations::{Context, Done};

/// An object that PUT can create and replace.
pub(super) trait Replaceable: Sized {
    /// The member that has the name of the object, which is in the address, too.
    const NAME: &'static str;

    /// Reads an object with this name. What is wrong is noted with the members.
    fn read(members: &mut Members, name: String) -> Self;

    /// Creates the object.
    async fn create(context: &Context<'_>, object: Self) -> Result<Done<Self>, Denied<Faults>>;

    /// Gives the object that has the same name all the members of this one. Returns it as it is now.
    async fn replace(context: &Context<'_>, object: Self) -> Result<Self, Denied<Faults>>;

    /// The path of the object below the public URL.
    fn address(&self) -> String;

    /// The answer with the object.
    fn shown(&self) -> ApiReply;
}

/// The answer with a new object.
pub(super) fn created<T: Replaceable>(object: &T) -> ApiReply {
    object.shown().at(object.address())
}

/// Answers a PUT of an object with this name.
pub(super) async fn put<T: Replaceable>(
    app: &App,
    request: &Request,
    name: String,
    body: web::Payload,
) -> HttpResponse {
    respond(app, request, async |call| {
        let condition = condition::of_put(call.request)?;
        let mut members = body::read(call, body).await?;
        members.named(T::NAME, &name);
        members.drop_read_only();
        let object = T::read(&mut members, name);
        match condition {
            PutCondition::Create => {
                let create = async |context| T::create(&context, object).await.map_err(condition::exists);
                Ok(created(&body::act(call, members, call.context(), create).await?.outcome))
            }
            PutCondition::Replace(versions) => {
                let replace = async |context| T::replace(&context, object).await;
                let context = condition::replacing(call, versions);
                Ok(body::act(call, members, context, replace).await?.shown())
            }
        }
    })
    .await
}
