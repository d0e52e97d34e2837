//! `/api/v1/keys`: the keys that sign tokens.

use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::body;
use super::call::respond;
use super::condition;
use super::idempotency;
use super::listing;
use super::reply::ApiReply;
use crate::app::App;
use crate::failure::Denied;
use crate::http::call::Request;
use crate::members::key_rotation;
use crate::oauth::signing_key::KeyRecord;
use crate::operations::Done;
use crate::operations::fault::{Fault, Faults};
use crate::operations::keys;
use crate::representation::signing_key::to_json;

pub async fn list(app: web::Data<App>, request: Request) -> HttpResponse {
    respond(&app, &request, async |call| {
        let listing = listing::of(call, ())?;
        Ok(listing::reply(call, &keys::list(&call.context(), listing).await?, to_json))
    })
    .await
}

/// Makes new keys.
pub async fn create(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    respond(&app, &request, async |call| {
        let (mut members, bytes) = body::read_with_bytes(call, body).await?;
        let rotation = key_rotation::read(&mut members);
        let now = call.request.now;
        let shown = move |made: &Vec<Done<KeyRecord>>| {
            let item = |done: &Done<KeyRecord>| to_json(&keys::as_new(&done.outcome, now));
            let items: Vec<Value> = made.iter().map(item).collect();
            ApiReply::created("/api/v1/keys".to_owned(), json!({ "items": items }))
        };
        let rotate = async |context| {
            let due = keys::check_rotate(&context, rotation).await?;
            check_clock(call.app).await?;
            keys::rotate(&context, call.app.keys.master(), due).await
        };
        idempotency::once_for(call, (members, bytes), rotate, shown).await
    })
    .await
}

/// Checks that this node's clock is right: a key that a wrong one makes would sign at a wrong time.
async fn check_clock(app: &App) -> Result<(), Denied<Faults>> {
    let verdict = app.clock_watch.look().await?;
    if verdict.may_make_keys() {
        return Ok(());
    }
    Err(Fault::conflict(None, format!("{verdict}, so no key was made")).into())
}

pub async fn show(app: web::Data<App>, request: Request, kid: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        let found = keys::find(&call.context(), &kid).await?;
        Ok(ApiReply::ok(to_json(&found)).with_version(&keys::version(&found.key)))
    })
    .await
}

/// Takes a key out of use. It stays in the list, as a retired one.
pub async fn delete(app: web::Data<App>, request: Request, kid: web::Path<String>) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        keys::retire(&condition::context(call)?, &kid).await?;
        Ok(ApiReply::done())
    })
    .await
}
