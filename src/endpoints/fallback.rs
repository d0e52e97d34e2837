//! Requests without a handler of their own: unknown paths, wrong methods, HEAD, preflights.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};

use crate::app::App;
use crate::failure::Denied;
use crate::http::answer;
use crate::http::call::Request;
use crate::http::console_page;
use crate::http::general_error;
use crate::http::route::Surface;
use crate::oauth::reason::Reason;

/// 404, because there is no such path.
pub async fn not_found(app: web::Data<App>, request: Request) -> HttpResponse {
    answer::not_found(&app, &request, request.headers())
}

/// The answer to HEAD where GET may change something: the headers that every page has, and nothing that depends on the
/// request (RFC 9110 §9.3.2).
pub async fn head(app: web::Data<App>) -> HttpResponse {
    app.pages.headers()
}

/// 405 with an `Allow` header.
#[derive(Clone, Debug)]
pub struct MethodNotAllowed {
    /// The methods that have a handler, as the `Allow` header lists them.
    allowed: String,
}

impl MethodNotAllowed {
    pub fn new(allowed: String) -> Self {
        Self { allowed }
    }

    /// Answers in the form that the route's surface uses.
    pub async fn answer(self, app: web::Data<App>, request: Request) -> HttpResponse {
        let description = format!("this endpoint takes {}", self.allowed);
        let error = Reason::RequestMethod.because(description);
        let mut response = match request.route.surface {
            Surface::OAuth => answer::oauth_error(&app, &request, Denied::Refused(error)),
            Surface::Page => answer::error_page(&app, &request, StatusCode::METHOD_NOT_ALLOWED, &error),
            Surface::Console => console_page::error(&app, &request, &error, None),
            Surface::Api | Surface::Management | Surface::Unknown => {
                general_error::refusal(&app, &request, &error, &[])
            }
        };
        if let Ok(value) = header::HeaderValue::from_str(&self.allowed) {
            response.headers_mut().insert(header::ALLOW, value);
        }
        response
    }
}

/// The answer to a preflight (Fetch standard, CORS protocol).
pub fn preflight(methods: &str) -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, methods))
        .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type, dpop"))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, "3600"))
        .finish()
}
