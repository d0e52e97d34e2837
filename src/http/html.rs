//! HTML pages: templates, their content security policy, and nothing from other sites.

use std::collections::BTreeSet;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder, body};
use minijinja::{AutoEscape, Environment, Value, context};
use url::Url;

use super::content_policy::{ContentPolicy, SourceSite};
use crate::face::brand::Brand;
use crate::failure::Failure;
use crate::oauth::display_text;
use crate::secret::Hash;

pub const STYLE: &str = include_str!("../pages/assets/grantor.css");
const ICON: &str = include_str!("../pages/assets/grantor.svg");

const TEMPLATES: [(&str, &str); 21] = [
    ("layout.html", include_str!("../pages/templates/layout.html")),
    ("sign_in.html", include_str!("../pages/templates/sign_in.html")),
    ("sign_up.html", include_str!("../pages/templates/sign_up.html")),
    ("set_password.html", include_str!("../pages/templates/set_password.html")),
    ("password_set.html", include_str!("../pages/templates/password_set.html")),
    ("choose_account.html", include_str!("../pages/templates/choose_account.html")),
    ("consent.html", include_str!("../pages/templates/consent.html")),
    ("device.html", include_str!("../pages/templates/device.html")),
    ("answered.html", include_str!("../pages/templates/answered.html")),
    ("device_answered.html", include_str!("../pages/templates/device_answered.html")),
    ("logout.html", include_str!("../pages/templates/logout.html")),
    ("signed_out.html", include_str!("../pages/templates/signed_out.html")),
    ("signing_out.html", include_str!("../pages/templates/signing_out.html")),
    ("form_post.html", include_str!("../pages/templates/form_post.html")),
    ("error.html", include_str!("../pages/templates/error.html")),
    ("home.html", include_str!("../pages/templates/home.html")),
    ("example.html", include_str!("../pages/templates/example.html")),
    ("errors.html", include_str!("../pages/templates/errors.html")),
    ("search.html", include_str!("../pages/templates/search.html")),
    ("code.html", include_str!("../pages/templates/code.html")),
    ("reason.html", include_str!("../pages/templates/reason.html")),
];

/// The script that submits the form of a response; the policy of this page contains its hash.
const SUBMIT: &str = "document.forms[0].submit()";
/// The script that continues once: when everything on the page is loaded, including frames, or after five seconds if a
/// frame does not load. Without scripts the page continues by an element that browsers with scripts do not read; a header
/// for that would be followed beside the script.
const GO_ON: &str = "let here = true;
const goOn = () => { if (here) { here = false; location.replace(document.getElementById('onward').href); } };
addEventListener('load', goOn);
setTimeout(goOn, 5000);";

/// The compiled templates.
pub struct Pages {
    environment: Environment<'static>,
    style: String,
    style_digest: String,
    icon_digest: String,
    /// Whether the page that opened a page in a popup keeps a handle on it.
    popups: bool,
}

impl Pages {
    pub fn new(issuer: &str, popups: bool, brand: &Brand) -> Result<Self, Failure> {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.add_filter("isolated", |text: &str| display_text::isolated(text));
        let style = brand.style_sheet(STYLE);
        let (style_digest, icon_digest) = (Hash::of(&style).to_text(), Hash::of(ICON).to_text());
        environment.add_global("issuer", issuer.to_owned());
        // The server's name as the address bar shows it.
        environment.add_global("place", issuer.split_once("://").map_or(issuer, |(_, rest)| rest).to_owned());
        environment.add_global("style", format!("{issuer}/assets/{style_digest}.css"));
        let icon = brand.favicon().unwrap_or_else(|| format!("{issuer}/assets/{icon_digest}.svg"));
        environment.add_global("icon", icon);
        for (name, text) in TEMPLATES {
            environment
                .add_template(name, text)
                .map_err(|error| Failure::Internal(format!("the template {name}: {error:#}")))?;
        }
        Ok(Self { environment, style, style_digest, icon_digest, popups })
    }

    /// The file name of the style sheet, which changes with its content, so that it can be cached forever.
    pub fn style_digest(&self) -> &str {
        &self.style_digest
    }

    /// The media type and text of an asset; `None` if no asset has this name.
    pub fn asset(&self, name: &str) -> Option<(&'static str, &str)> {
        match name.split_once('.')? {
            (digest, "css") if digest == self.style_digest => Some(("text/css; charset=utf-8", &self.style)),
            (digest, "svg") if digest == self.icon_digest => Some(("image/svg+xml", ICON)),
            _ => None,
        }
    }

    /// Renders a page with the headers of all pages.
    pub fn render(&self, status: StatusCode, template: &str, context: Value) -> HttpResponse {
        self.render_under(&ContentPolicy::PAGE, status, template, context)
    }

    /// The headers of a page, without the page. There is no Content-Length: it would have to be that of the page (RFC 9110
    /// §8.6).
    pub fn headers(&self) -> HttpResponse {
        self.page(StatusCode::OK, &ContentPolicy::PAGE).body(body::None::new())
    }

    /// A page that posts `fields` to `action`, automatically or, without scripts, at a click.
    pub fn form_post(&self, action: &str, fields: &[(&str, &str)]) -> HttpResponse {
        let policy = ContentPolicy::PAGE.with_script(SUBMIT);
        let fields: Vec<Value> =
            fields.iter().map(|(name, value)| context! { name => *name, value => *value }).collect();
        let context = context! { action, fields, submit => SUBMIT };
        let mut response = self.render_under(&policy, StatusCode::OK, "form_post.html", context);
        // The application may see that the form came from this server, and nothing more.
        let origin = header::HeaderValue::from_static("strict-origin");
        response.headers_mut().insert(header::REFERRER_POLICY, origin);
        response
    }

    /// A page that loads `frames`, from their sites only, and then continues. A frame that has no site of the web is left
    /// out.
    pub fn signing_out(&self, frames: &[Url], onward: &str) -> HttpResponse {
        let (sites, frames): (BTreeSet<SourceSite>, Vec<Value>) = frames
            .iter()
            .filter_map(|frame| Some((SourceSite::of(frame)?, Value::from(frame.as_str()))))
            .unzip();
        let policy = ContentPolicy::PAGE.with_frames(&sites).with_script(GO_ON);
        let context = context! { frames, onward, go_on => GO_ON };
        self.render_under(&policy, StatusCode::OK, "signing_out.html", context)
    }

    fn render_under(
        &self,
        policy: &ContentPolicy,
        status: StatusCode,
        template: &str,
        context: Value,
    ) -> HttpResponse {
        let rendered = self.environment.get_template(template).and_then(|template| template.render(context));
        match rendered {
            Ok(html) => self.page(status, policy).body(html),
            Err(error) => {
                tracing::error!("the page {template} cannot be rendered: {error:#}");
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
