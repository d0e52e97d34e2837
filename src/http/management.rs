//! Who reaches the management API and its reference.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use super::answer;
use super::call::Request;
use super::general_error;
use super::route::Surface;
use crate::app::App;

/// The answer to a request from a network that may not reach the management API: as if there was no such address. `None` if
/// the network may.
pub fn refuse_network(app: &App, request: &Request) -> Option<HttpResponse> {
    if app.config.admin.networks.admit(request.address) {
        return None;
    }
    Some(match request.route.surface {
        Surface::Page => answer::page_not_found(app, request),
        _ => general_error::plain(request, StatusCode::NOT_FOUND, "there is no resource at this path"),
    })
}
