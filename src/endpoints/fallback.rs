//! What no handler answers: unknown paths, wrong methods, preflights.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::app::App;
use crate::failure::Denied;
use crate::http::answer::{self, Surface};
use crate::oauth::reason::Reason;

/// 404, as a page for who asks for one and as JSON for everyone else.
pub(super) async fn not_found(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let wants_page = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    if wants_page {
        return app.pages.render(
            StatusCode::NOT_FOUND,
            "error.html",
            minijinja::context! {
                title => "There is nothing here",
                what => "This address is not one of this server's.",
                fix => "Go back to the application and try from there again.",
                request_id => answer::request_id(&request),
            },
        );
    }
    answer::api_error(
        &answer::request_id(&request),
        StatusCode::NOT_FOUND,
        "there is no resource at this path",
    )
}

/// 405 with `Allow`.
#[derive(Clone, Debug)]
pub(super) struct MethodNotAllowed {
    surface: Surface,
    methods: Vec<&'static str>,
}

impl MethodNotAllowed {
    pub(super) fn new(surface: Surface) -> Self {
        Self { surface, methods: Vec::new() }
    }

    pub(super) fn allow(&mut self, method: &'static str) {
        self.methods.push(method);
    }

    pub(super) fn allowed(&self) -> String {
        self.methods.join(", ")
    }

    pub(super) async fn answer(self, app: web::Data<App>, request: HttpRequest) -> HttpResponse {
        let allowed = self.allowed();
        let description = format!("this endpoint takes {allowed}");
        let mut response = match self.surface {
            Surface::OAuth => {
                let error = Reason::RequestMethod.because(description);
                answer::oauth_error(&app, &request, Denied::Refused(error))
            }
            Surface::Page => {
                let error = Reason::RequestMethod.because(description);
                answer::error_page(
                    &app,
                    &answer::request_id(&request),
                    StatusCode::METHOD_NOT_ALLOWED,
                    &error,
                )
            }
            Surface::Api => {
                answer::api_error(&answer::request_id(&request), StatusCode::METHOD_NOT_ALLOWED, &description)
            }
        };
        if let Ok(value) = header::HeaderValue::from_str(&allowed) {
            response.headers_mut().insert(header::ALLOW, value);
        }
        response
    }
}

/// The answer to a preflight (Fetch standard, CORS protocol).
pub(super) fn preflight(methods: &str) -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, methods))
        .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, "3600"))
        .finish()
}
