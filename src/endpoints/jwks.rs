//! `/jwks`: the keys that this server's tokens are verified with (RFC 7517 §5).

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::app::App;
use crate::http::answer::{self, Surface};
use crate::oauth::signing_key::JWKS_MAX_AGE;

pub(super) async fn get(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    match app.key_set.current(app.now()).await {
        // Some libraries take nothing but application/json.
        Ok(keys) => HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, format!("public, max-age={JWKS_MAX_AGE}")))
            .content_type("application/json")
            .body(keys.jwks().to_owned()),
        Err(failure) => answer::failure(&app, &answer::request_id(&request), Surface::Api, &failure),
    }
}
