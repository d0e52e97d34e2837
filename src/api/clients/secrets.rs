//! `/api/v1/clients/{id}/secrets`.

use actix_web::{HttpResponse, web};

use super::super::body;
use super::super::call::respond;
use super::super::condition;
use super::super::idempotency;
use super::super::listing;
use super::super::reply::ApiReply;
use super::{address, chosen};
use crate::app::App;
use crate::http::call::Request;
use crate::oauth::id::ClientId;
use crate::operations::clients::{self, AddedSecret, SecretSource};
use crate::representation::client::secret_to_json;
use crate::secret::Secret;
use crate::store::client_secrets::SecretRecord;

pub async fn list(app: web::Data<App>, request: Request, id: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        let listing = listing::of(call, ClientId::new(id.into_inner()))?;
        Ok(listing::reply(call, &clients::list_secrets(&call.context(), listing).await?, secret_to_json))
    })
    .await
}

pub async fn show(app: web::Data<App>, request: Request, path: web::Path<(String, String)>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        let (id, secret) = path.into_inner();
        Ok(shown(&clients::find_secret(&call.context(), &ClientId::new(id), &secret).await?))
    })
    .await
}

/// The answer with a secret, without the secret itself.
fn shown(secret: &SecretRecord) -> ApiReply {
    ApiReply::ok(secret_to_json(secret)).with_version(&clients::secret_version(secret))
}

pub async fn create(
    app: web::Data<App>,
    request: Request,
    id: web::Path<String>,
    body: web::Payload,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        let (mut members, bytes) = body::read_with_bytes(call, body).await?;
        let expires_at = members.changed_time("expires_at").flatten();
        if expires_at.is_some_and(|end| end <= call.request.now) {
            members.wrong("expires_at", "the time is over already");
        }
        let source = match members.text("client_secret").map(Secret::new) {
            Some(text) => chosen(call, &mut members, text).await?,
            None => SecretSource::Generated,
        };
        let id = ClientId::new(id.into_inner());
        let add = async |context| clients::add_secret(&context, &id, source, expires_at).await;
        let (client, is_rehearsal, now) = (id.clone(), call.is_rehearsal(), call.request.now);
        let shown = move |added: &AddedSecret| {
            let AddedSecret { id, expires_at, .. } = added.clone();
            let record = SecretRecord { id, created_at: now, expires_at, last_used_at: None };
            let mut body = secret_to_json(&record);
            if let Some(secret) = added.generated.as_ref().filter(|_| !is_rehearsal) {
                body["client_secret"] = secret.expose().as_str().into();
            }
            ApiReply::created(format!("{}/secrets/{}", address(&client), added.id), body)
                .with_version(&clients::secret_version(&record))
        };
        idempotency::once(call, (members, bytes), add, shown).await
    })
    .await
}

pub async fn patch(
    app: web::Data<App>,
    request: Request,
    path: web::Path<(String, String)>,
    body: web::Payload,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        let (id, secret) = path.into_inner();
        let (context, id) = (condition::context(call)?, ClientId::new(id));
        let mut members = body::read_patch(call, body).await?;
        let expires_at = members.changed_time("expires_at");
        let change = async |context| match expires_at {
            Some(end) => Ok(clients::set_secret_end(&context, &id, &secret, end).await?.outcome),
            None => clients::find_secret(&context, &id, &secret).await,
        };
        Ok(shown(&body::act(call, members, context, change).await?))
    })
    .await
}

pub async fn delete(
    app: web::Data<App>,
    request: Request,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        let (id, secret) = path.into_inner();
        let (context, id) = (condition::context(call)?, ClientId::new(id));
        let expected = clients::check_remove_secret(&context, &id, &secret).await?;
        clients::remove_secret(&context, &id, &secret, expected).await?;
        Ok(ApiReply::done())
    })
    .await
}
