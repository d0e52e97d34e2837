//! The files that the pages load. Their names change with their content.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};

use crate::app::App;
use crate::http::call::Request;
use crate::http::general_error;

pub async fn show(app: web::Data<App>, request: Request, name: web::Path<String>) -> HttpResponse {
    let own = || app.pages.asset(&name).map(|asset| (asset.media_type, asset.content.as_bytes().into()));
    let Some((media_type, bytes)) = app.brand.asset(&name).or_else(own) else {
        return general_error::plain(&request, StatusCode::NOT_FOUND, "there is no such file");
    };
    HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .insert_header((header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"))
        .body(bytes.into_owned())
}
