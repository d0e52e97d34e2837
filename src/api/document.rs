//! `/api/v1/openapi.json`: the document of this API. It is the same for everyone and has nothing of the objects of this server,
//! so it needs no credential: tools can read it by its address alone.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};

use super::entity_tag::{IF_NONE_MATCH, TagCondition};
use super::error::ApiError;
use super::query::ApiQuery;
use crate::app::App;
use crate::http::call::Request;
use crate::representation::document::ApiDocument;

/// Caches ask whether it is still the same.
const CACHING: &str = "no-cache";

pub async fn show(app: web::Data<App>, request: Request, document: web::Data<ApiDocument>) -> HttpResponse {
    match answer(&request, &document) {
        Ok(response) => response,
        Err(error) => error.answer(&app, &request),
    }
}

fn answer(request: &Request, document: &ApiDocument) -> Result<HttpResponse, ApiError> {
    ApiQuery::of(request.query_string())?.end()?;
    let known = TagCondition::of(request, IF_NONE_MATCH)?;
    let is_known = known.is_some_and(|known| known.has(&document.etag));
    let status = if is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CACHE_CONTROL, CACHING));
    response.insert_header((header::ETAG, document.etag.clone()));
    Ok(match status {
        StatusCode::OK => response.content_type("application/json").body(document.text.clone()),
        _ => response.finish(),
    })
}
