//! `/jwks`: the keys that verify this server's tokens (RFC 7517 §5).

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use crate::app::App;
use crate::http::answer;
use crate::http::call::Request;

pub async fn get(app: web::Data<App>, request: Request) -> HttpResponse {
    match app.key_set.published(request.now).await {
        // Some libraries only accept application/json.
        Ok((keys, left)) => HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, format!("public, max-age={left}")))
            .content_type("application/json")
            .body(keys.jwks().to_owned()),
        Err(failure) => answer::failure(&app, &request, &failure),
    }
}
