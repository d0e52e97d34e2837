//! Health checks: whether the process answers, and whether it can work.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::app::App;
use crate::http::answer;
use crate::http::call::Request;
use crate::store::db::{DbError, Tx};
use crate::store::leases;

/// 200 as long as the process serves requests; checks nothing else.
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(json!({"status": "ok"}))
}

/// 200 if the database accepts a write and holds the keys that this process uses; otherwise 503 with the cause.
pub async fn ready(app: web::Data<App>, request: Request) -> HttpResponse {
    let keys = app.keys.clone();
    let check = async move |tx: &mut Tx| {
        // A full disk is only noticed by writing.
        leases::touch(tx).await?;
        keys.are_those_of(tx).await
    };
    let checked = app.db.write(check).await;
    // If this look fails, the verdict of the last one is used.
    let clocks = app.clock_watch.look().await.unwrap_or_else(|_| app.clock_watch.verdict());
    if let (Ok(true), false) = (&checked, clocks.is_ready()) {
        return answer::api_error(&request, StatusCode::SERVICE_UNAVAILABLE, &clocks.to_string());
    }
    let trouble = match checked {
        Ok(true) => {
            let status = json!({"status": "ok", "database": "ok", "keys": "ok", "clock": "ok"});
            return HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(status);
        }
        Ok(false) => "the database holds other keys than those that this process started with",
        Err(DbError::Overloaded | DbError::Deadline) => "the database does not answer in time",
        Err(error) => {
            tracing::warn!("not ready: {error}");
            "the database is away or takes no writes"
        }
    };
    answer::api_error(&request, StatusCode::SERVICE_UNAVAILABLE, trouble)
}
