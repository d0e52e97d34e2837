//! Errors on pages of the console.

use actix_web::HttpResponse;
use actix_web::http::header;
use minijinja::{Value, context};

use super::call::Call;
use super::error_status::{error_uri, retry_after, status_of};
use crate::app::App;
use crate::oauth::error::OAuthError;

/// The page of an error. `frame` is what the console knows about the one who looks; `None` if no one has signed in.
pub fn error(app: &App, call: &Call, error: &OAuthError, frame: Option<Value>) -> HttpResponse {
    let status = status_of(error);
    call.set_reason(error.reason);
    let view = context! {
        frame,
        status => status.as_u16(),
        title => error.reason.title(),
        description => &*error.description,
        fix => error.reason.fix(),
        docs => error_uri(app, error),
        request_id => call.id.as_str(),
    };
    let mut response = app.pages.show_console(status, "console/error.html", view);
    if let Some(wait) = retry_after(status, error) {
        response.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    response
}
