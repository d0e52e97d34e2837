//! The demo application's state, and the pages that it answers with.

use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use minijinja::{AutoEscape, Environment, Value, context};

use super::is_on_this_machine;
use super::logos;
use super::notes_sessions::NotesSessions;
use super::relying_party::RelyingParty;
use super::sessions::BrowserSessions;
use super::setup;
use crate::cli::CliError;
use crate::clock::Clock;
use crate::face::assets;
use crate::secret::Hash;

pub(super) const COOKIE: &str = "grantor-demo-session";

const TEMPLATES: [(&str, &str); 9] = [
    ("layout.html", include_str!("templates/layout.html")),
    ("messages.html", include_str!("templates/messages.html")),
    ("home.html", include_str!("templates/home.html")),
    ("family.html", include_str!("templates/family.html")),
    ("notes.html", include_str!("templates/notes.html")),
    ("television.html", include_str!("templates/television.html")),
    ("tokens.html", include_str!("templates/tokens.html")),
    ("result.html", include_str!("templates/result.html")),
    ("rejected.html", include_str!("templates/rejected.html")),
];

/// The state that all requests to the demo application share.
pub(super) struct Site {
    pub(super) party: RelyingParty,
    pub(super) sessions: BrowserSessions,
    pub(super) notes: NotesSessions,
    pub(super) clock: Clock,
    pages: Environment<'static>,
    pub(super) style: String,
}

/// The fields of a form in their order.
pub(super) type SiteForm = web::Form<Vec<(String, String)>>;

impl Site {
    pub(super) fn new(party: RelyingParty, clock: Clock) -> Result<Self, CliError> {
        let mut pages = Environment::new();
        pages.set_auto_escape_callback(|_| AutoEscape::Html);
        let style = format!("{}{}", assets::STYLE, include_str!("templates/demo.css"));
        pages.add_global("style", format!("/style.css?{}", Hash::of(&style).to_text()));
        pages.add_global("issuer", party.issuer().to_owned());
        pages.add_global("username", setup::USERNAME);
        pages.add_global("phone_reaches_server", !is_on_this_machine(party.issuer()));
        // Pages of the second application name that one.
        pages.add_global("application", "Demo Calendar");
        pages.add_global("home", "/");
        pages.add_global("logo", logos::CALENDAR.path);
        for (name, text) in TEMPLATES {
            pages.add_template(name, text).map_err(|error| format!("the template {name}: {error:#}"))?;
        }
        Ok(Self {
            party,
            sessions: BrowserSessions::default(),
            notes: NotesSessions::default(),
            clock,
            pages,
            style,
        })
    }

    pub(super) fn page(&self, status: StatusCode, template: &str, context: Value) -> HttpResponse {
        match self.pages.get_template(template).and_then(|template| template.render(context)) {
            Ok(html) => HttpResponse::build(status).content_type("text/html; charset=utf-8").body(html),
            Err(error) => {
                tracing::error!("the page {template} of the demo cannot be rendered: {error:#}");
                HttpResponse::InternalServerError().body("The demo failed to show this page.")
            }
        }
    }

    /// A page for an answer that the application does not accept.
    pub(super) fn rejected(&self, status: StatusCode, title: &str, why: &str) -> HttpResponse {
        self.page(status, "rejected.html", context! { title, why })
    }
}

/// The session in the browser's cookie.
pub(super) fn session_id(request: &HttpRequest) -> Option<String> {
    request.cookie(COOKIE).map(|cookie| cookie.value().to_owned())
}

/// Redirects the browser with its session cookie; the next request is a GET.
pub(super) fn see_other(location: &str, session: &str) -> HttpResponse {
    let cookie = Cookie::build(COOKIE, session).path("/").http_only(true).same_site(SameSite::Lax);
    HttpResponse::SeeOther().insert_header((header::LOCATION, location)).cookie(cookie.finish()).finish()
}

/// The page for a result when nothing was done before.
pub(super) fn nothing_here(site: &Site) -> HttpResponse {
    let why = "The demo keeps everything in memory, and has forgotten what you did here or never knew it.";
    site.rejected(StatusCode::NOT_FOUND, "There is nothing to show", why)
}
