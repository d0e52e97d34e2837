//! `/api/v1/users/{id}/password` and `/api/v1/users/{id}/password-link`.

use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::super::body;
use super::super::call::{ApiCall, respond};
use super::super::condition;
use super::super::idempotency;
use super::super::reply::ApiReply;
use super::existing;
use crate::app::App;
use crate::http::call::Request;
use crate::operations::password_links::{self, PasswordLink};
use crate::operations::users::{self, HashedPassword};
use crate::secret::Secret;

pub async fn put(
    app: web::Data<App>,
    request: Request,
    id: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        let context = condition::context(call)?;
        let mut members = body::read(call, body).await?;
        let password = Secret::new(members.required_text("password"));
        let policy = call.app.config.passwords.policy();
        let set = async |context| {
            let person = existing(&context, &id).await?.person;
            let password =
                HashedPassword::new(&call.app.passwords, policy, password, &person.names()).await?;
            users::set_password(&context, person.id.as_str(), password).await
        };
        body::act(call, members, context, set).await?;
        Ok(ApiReply::done())
    })
    .await
}

pub async fn create_link(
    app: web::Data<App>,
    request: Request,
    id: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        let (members, bytes) = body::read_if_any(call, body).await?;
        let create = async |context| {
            let person = existing(&context, &id).await?.person;
            password_links::create(&context, person.id.as_str()).await
        };
        let link_to_json = link_to_json(call);
        let shown = move |link: &PasswordLink| ApiReply::made(link_to_json(link));
        idempotency::once(call, (members, bytes), create, shown).await
    })
    .await
}

/// The members of a link. A rehearsal leaves the link itself out.
pub(super) fn link_to_json(call: &ApiCall<'_>) -> impl Fn(&PasswordLink) -> Value + Send + Sync + use<> {
    let (issuer, is_rehearsal) = (call.app.issuer.clone(), call.is_rehearsal());
    move |link: &PasswordLink| {
        let mut json = json!({ "link_expires_at": link.expires_at.iso() });
        if !is_rehearsal {
            json["password_link"] = link.address(&issuer).into();
        }
        json
    }
}
