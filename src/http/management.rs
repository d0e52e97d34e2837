//! Who reaches the management API, its reference and the console.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use super::answer;
use super::call::Call;
use super::general_error;
use super::route::Surface;
use crate::app::App;
use crate::limits::Class;

/// The answer to a request from a network that may not reach the management API: as if there was no such address. `None` if
/// the network may.
pub(super) fn refuse_network(app: &App, call: &Call) -> Option<HttpResponse> {
    let is_management = call.route.class == Some(Class::Management);
    if !is_management || app.config.admin.networks.admit(call.address) {
        return None;
    }
    Some(match call.route.surface {
        Surface::Page | Surface::Console => answer::page_not_found(app, call),
        _ => general_error::plain(call, StatusCode::NOT_FOUND, "there is no resource at this path"),
    })
}
