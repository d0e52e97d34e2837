//! Health checks: whether the process answers, and whether it can work.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::app::App;
use crate::http::call::Request;
use crate::http::general_error;

/// 200 as long as the process serves requests; checks nothing else.
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(json!({"status": "ok"}))
}

/// 200 if the database accepted a write a moment ago, holds the keys that this process uses, and the clocks agree;
/// otherwise 503 with the cause.
pub async fn ready(app: web::Data<App>, request: Request) -> HttpResponse {
    match app.readiness.answer().await {
        Ok(()) => {
            let status = json!({"status": "ok", "database": "ok", "keys": "ok", "clock": "ok"});
            HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(status)
        }
        Err(why) => general_error::plain(&request, StatusCode::SERVICE_UNAVAILABLE, &why.to_string()),
    }
}
