//! HTML pages as answers: their headers, their content security policy, and nothing from other sites.

use std::collections::BTreeSet;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder, body};
use minijinja::{Error, Value};
use url::Url;

use super::content_policy::{ContentPolicy, SourceSite};
use crate::face::assets::{Asset, Assets};
use crate::face::language::Language;
use crate::face::templates::{Reader, Templates};
use crate::face::theme::OperatorTheme;
use crate::face::view::{AnyView, FormField, FormPostPage, SigningOutPage};
use crate::failure::Failure;

/// The pages of this server.
pub struct Pages {
    templates: Templates,
    assets: Assets,
    /// Whether the page that opened a page in a popup keeps a handle on it.
    popups: bool,
}

impl Pages {
    /// Prepares the pages in an operator's theme.
    ///
    /// # Errors
    /// If a template or a text is not valid.
    pub fn new(issuer: &str, popups: bool, theme: &OperatorTheme) -> Result<Self, Failure> {
        let assets = Assets::new(&theme.brand);
        Ok(Self { templates: Templates::new(issuer, &assets, theme)?, assets, popups })
    }

    /// These pages as of a server at `place`, which they show, although their links and assets are elsewhere.
    #[must_use]
    pub fn shown_as(self, place: &str) -> Self {
        Self { templates: self.templates.shown_as(place), ..self }
    }

    /// Returns the file name of the style sheet.
    pub fn style_name(&self) -> &str {
        &self.assets.style.name
    }

    /// Finds a file that pages load. `None` if there is no file of this name.
    pub fn asset(&self, name: &str) -> Option<&Asset> {
        self.assets.find(name)
    }

    /// Renders a page with the headers of all pages.
    pub fn show(&self, reader: Reader<'_>, status: StatusCode, view: &dyn AnyView) -> HttpResponse {
        self.show_under(ContentPolicy::PAGE, reader, status, view)
    }

    /// The same, but the page's script may not run: a page that would go on by itself stays to be looked at.
    pub fn show_still(&self, reader: Reader<'_>, view: &dyn AnyView) -> HttpResponse {
        self.answer(&ContentPolicy::PAGE, StatusCode::OK, reader, self.templates.render(reader, view))
    }

    /// Renders a page that has no type of its own.
    pub fn show_value(
        &self,
        reader: Reader<'_>,
        status: StatusCode,
        template: &str,
        view: Value,
    ) -> HttpResponse {
        self.answer(&ContentPolicy::PAGE, status, reader, self.templates.render_value(reader, template, view))
    }

    /// Renders a page of the console, which is in English.
    pub fn show_console(&self, status: StatusCode, template: &str, view: Value) -> HttpResponse {
        let reader = Reader { language: Language::English, here: None };
        let rendered = self.templates.render_value(reader, template, view);
        self.answer(&ContentPolicy::CONSOLE, status, reader, rendered)
    }

    /// The headers of a page, without the page. There is no Content-Length: it would have to be that of the page (RFC 9110
    /// §8.6).
    pub fn headers(&self) -> HttpResponse {
        self.page(StatusCode::OK, &ContentPolicy::PAGE).body(body::None::new())
    }

    /// A page that posts `fields` to `action`, automatically or, without scripts, at a click.
    pub fn form_post(&self, reader: Reader<'_>, action: &str, fields: &[(&str, &str)]) -> HttpResponse {
        let fields =
            fields.iter().map(|(name, value)| FormField { name: (*name).into(), value: (*value).into() });
        let view = FormPostPage { action: action.to_owned(), fields: fields.collect() };
        let mut response = self.show(reader, StatusCode::OK, &view);
        // The application may see that the form came from this server, and nothing more.
        let origin = header::HeaderValue::from_static("strict-origin");
        response.headers_mut().insert(header::REFERRER_POLICY, origin);
        response
    }

    /// A page that loads `frames`, from their sites only, and then continues. A frame that has no site of the web is left
    /// out.
    pub fn signing_out(&self, reader: Reader<'_>, frames: &[Url], onward: &str) -> HttpResponse {
        let (sites, frames): (BTreeSet<SourceSite>, Vec<String>) =
            frames.iter().filter_map(|frame| Some((SourceSite::of(frame)?, frame.to_string()))).unzip();
        let view = SigningOutPage { frames, onward: onward.to_owned() };
        self.show_under(ContentPolicy::PAGE.with_frames(&sites), reader, StatusCode::OK, &view)
    }

    fn show_under(
        &self,
        policy: ContentPolicy,
        reader: Reader<'_>,
        status: StatusCode,
        view: &dyn AnyView,
    ) -> HttpResponse {
        let policy = match view.script() {
            Some(script) => policy.with_script(script),
            None => policy,
        };
        self.answer(&policy, status, reader, self.templates.render(reader, view))
    }

    fn answer(
        &self,
        policy: &ContentPolicy,
        status: StatusCode,
        reader: Reader<'_>,
        rendered: Result<String, Error>,
    ) -> HttpResponse {
        match rendered {
            Ok(html) => self
                .page(status, policy)
                .insert_header((header::CONTENT_LANGUAGE, reader.language.tag()))
                .body(html),
            Err(error) => {
                tracing::error!("a page cannot be rendered: {error:#}");
                self.page(StatusCode::INTERNAL_SERVER_ERROR, &ContentPolicy::PAGE).body(
                    "<!doctype html><html lang=en><title>Error</title><p>The server failed to show this page.",
                )
            }
        }
    }

    fn page(&self, status: StatusCode, policy: &ContentPolicy) -> HttpResponseBuilder {
        let mut response = HttpResponse::build(status);
        response
            .content_type("text/html; charset=utf-8")
            .insert_header((header::CONTENT_SECURITY_POLICY, policy.as_str()))
            .insert_header((header::X_FRAME_OPTIONS, "DENY"))
            .insert_header((header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            // With no-referrer, Chrome would send Origin: null with our own forms.
            .insert_header((header::REFERRER_POLICY, "same-origin"));
        if !self.popups {
            // With a handle on the popup, the page that opened it could lead it to another address after the person has
            // looked at the address bar.
            response.insert_header((header::CROSS_ORIGIN_OPENER_POLICY, "same-origin"));
        }
        response
    }
}
