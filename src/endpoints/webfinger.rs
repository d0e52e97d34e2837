//! `/.well-known/webfinger`: which issuer signs in the accounts of a host (OpenID Connect Discovery §2, RFC 7033).

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};

use super::fallback;
use crate::app::App;
use crate::http::call::Request;
use crate::http::general_error;
use crate::oauth::request::params::Params;

/// For how long programs may keep the answer.
const CACHE: &str = "public, max-age=300";

/// The answer depends on the host in `resource` and on nothing else. Without configured hosts there is nothing here.
pub async fn get(app: web::Data<App>, request: Request) -> HttpResponse {
    let hosts = &app.config.webfinger.hosts;
    if hosts.is_empty() {
        return fallback::not_found(app, request).await;
    }
    let params = match Params::parse(request.query_string().as_bytes()) {
        Ok(params) => params,
        Err(error) => return general_error::plain(&request, StatusCode::BAD_REQUEST, &error.description),
    };
    match hosts.describe(&params, &app.issuer) {
        Ok(Some(descriptor)) => HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, CACHE))
            .insert_header((header::CONTENT_TYPE, "application/jrd+json"))
            .json(descriptor),
        Ok(None) => {
            let what = "this server does not sign in accounts of this host";
            general_error::plain(&request, StatusCode::NOT_FOUND, what)
        }
        Err(error) => general_error::plain(&request, StatusCode::BAD_REQUEST, &error.description),
    }
}
