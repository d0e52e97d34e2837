//! The choice of a language, which a person can make on every page.

use actix_web::{HttpResponse, web};

use crate::app::App;
use crate::face::language::Language;
use crate::http::answer;
use crate::http::browser;
use crate::http::call::Request;
use crate::http::form;
use crate::http::own_path;
use crate::http::wanted_languages;

/// Remembers the language in this browser, and shows the page again. A form from elsewhere changes nothing and leads to the
/// home page.
pub async fn choose(app: web::Data<App>, request: Request, body: web::Payload) -> HttpResponse {
    let form = match form::read(&request, body).await {
        Ok(form) => form,
        Err(error) => return answer::page_error(&app, &request, error.into()),
    };
    if !browser::is_same_origin(&app, &request) {
        return answer::see_other(&format!("{}/", app.issuer));
    }
    let field = |name| form.one(name).ok().flatten().unwrap_or_default();
    let mut response = answer::see_other(&address(&app, field("return_to")));
    if let Some(language) = Language::find(field("language")) {
        let choice = wanted_languages::choice(language, request.now);
        // The cookie consists of characters that are allowed in a header.
        let _ = response.add_cookie(&browser::language_cookie(&app, choice));
    }
    response
}

/// The URL of a page of this server, or of its home page if the path leads elsewhere.
fn address(app: &App, path: &str) -> String {
    let origin = browser::origin(app).filter(|origin| {
        let mount = app.issuer.strip_prefix(origin.as_str()).unwrap_or_default();
        own_path::is_below(mount, path)
    });
    origin.map_or_else(|| format!("{}/", app.issuer), |origin| format!("{origin}{path}"))
}
