//! Logos of applications: the bytes were checked when they were stored, and are never served as scripts.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};

use crate::app::App;
use crate::failure::Failure;
use crate::http::answer;
use crate::http::call::Request;
use crate::http::general_error;
use crate::store::logos;

pub async fn show(app: web::Data<App>, request: Request, digest: web::Path<String>) -> HttpResponse {
    let key = digest.into_inner();
    let found = app.db.read(async move |conn| logos::find(conn, &key).await).await;
    match found {
        Ok(Some((media_type, bytes))) => HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, media_type))
            .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
            .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
            .insert_header((header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"))
            .body(bytes),
        Ok(None) => general_error::plain(&request, StatusCode::NOT_FOUND, "there is no such logo"),
        Err(error) => answer::api_failure(&request, &Failure::Database(error)),
    }
}
