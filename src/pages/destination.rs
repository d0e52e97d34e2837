//! What a person signs in for: the request of an application, or a page of this server: that for devices, or that with the
//! person's requests.

use actix_web::{HttpResponse, web};

use super::{application, flow_form};
use crate::app::App;
use crate::face::view::Application;
use crate::failure::Denied;
use crate::flows::{self, ResumedFlow};
use crate::http::answer;
use crate::http::browser;
use crate::http::call::{Call, Request};
use crate::http::form;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::device::UserCode;
use crate::oauth::id::ClientId;
use crate::oauth::request::Refusal;
use crate::oauth::request::params::Params;
use crate::store::flows::FlowKey;

/// What a person signs in for.
pub(super) enum Destination {
    Flow(Box<ResumedFlow>),
    Page(PageVisit),
}

/// A visit of a page of this server, in a browser in which no one is signed in. Nothing is stored for it.
pub(super) struct PageVisit {
    page: OwnPage,
    /// The secret of the browser, to which forms are bound.
    browser: String,
    is_new_browser: bool,
}

/// A page of this server for which a person signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
enum OwnPage {
    /// The page for devices, with the code in the address, which the page fills in again. Empty without a code.
    Device(String),
    /// The page with the requests that wait for the person.
    Requests,
}

/// The URL of a page for a person who connects a device.
pub(super) fn device_url(app: &App, page: &str, user_code: &str) -> String {
    format!("{}/{page}?device={user_code}", app.issuer)
}

/// The URL of a page for a person who wants to see the requests that wait for them.
pub(super) fn requests_url(app: &App, page: &str) -> String {
    format!("{}/{page}?approve=1", app.issuer)
}

/// The code in this parameter as devices show it. Empty if it has another form.
pub(super) fn shown_code(params: &Params, name: &'static str) -> String {
    let code = params.one(name).ok().flatten().and_then(UserCode::parse);
    code.map(|code| code.to_string()).unwrap_or_default()
}

impl Destination {
    /// The destination that the query names.
    pub(super) async fn find(app: &App, request: &Request) -> Result<Self, Denied<Refusal>> {
        let query = Params::parse(request.query_string().as_bytes()).unwrap_or_default();
        let page = match (query.count("device"), query.count("approve")) {
            (0, 0) => return Ok(Self::Flow(Box::new(flows::resume_flow(app, request, &query).await?))),
            (0, _) => OwnPage::Requests,
            _ => OwnPage::Device(shown_code(&query, "device")),
        };
        let known = browser::binding(app, request);
        Ok(Self::Page(PageVisit {
            page,
            is_new_browser: known.is_none(),
            browser: known.unwrap_or_else(crate::secret::random_token),
        }))
    }

    /// The destination and the form of a POST, after checking that it came from this page.
    pub(super) async fn read(
        app: &App,
        request: &Request,
        body: web::Payload,
        purpose: &str,
    ) -> Result<(Self, Params), Denied<Refusal>> {
        let destination = Self::find(app, request).await?;
        let form = form::read(request, body).await.map_err(Refusal::Page)?;
        let token = form.one("form_token").map_err(Refusal::Page)?.unwrap_or_default();
        let is_ours = match &destination {
            Self::Flow(resumed) => flow_form::is_token(app, resumed, purpose, token),
            Self::Page(visit) => {
                app.keys.is_form_token(token, purpose, &[visit.page.word(), visit.browser.as_str()])
            }
        };
        if !is_ours || !browser::is_same_origin(app, request) {
            return Err(Refusal::Page(browser::forged()).into());
        }
        Ok((destination, form))
    }

    /// The token in a form, which proves that the form is ours.
    pub(super) fn token(&self, app: &App, purpose: &str) -> String {
        match self {
            Self::Flow(resumed) => flow_form::token(app, resumed, purpose),
            Self::Page(visit) => app.keys.form_token(purpose, &[visit.page.word(), visit.browser.as_str()]),
        }
    }

    /// The page, with the headers that it needs.
    pub(super) fn finish(&self, app: &App, mut page: HttpResponse) -> HttpResponse {
        if let Self::Page(PageVisit { browser, is_new_browser: true, .. }) = self {
            // The cookie consists of characters that are allowed in a header.
            let _ = page.add_cookie(&browser::binding_cookie(app, browser.clone()));
        }
        page
    }

    /// The URL of a page on the way to this destination.
    pub(super) fn url(&self, app: &App, page: &str) -> String {
        match self {
            Self::Flow(resumed) => resumed.url(app, page),
            Self::Page(PageVisit { page: OwnPage::Device(code), .. }) => device_url(app, page, code),
            Self::Page(PageVisit { page: OwnPage::Requests, .. }) => requests_url(app, page),
        }
    }

    /// The URL at which the person continues after signing in.
    pub(super) fn onward(&self, app: &App) -> String {
        match self {
            Self::Flow(_) => self.url(app, "authorize/resume"),
            Self::Page(PageVisit { page: OwnPage::Device(code), .. }) => {
                format!("{}/device?user_code={code}", app.issuer)
            }
            Self::Page(PageVisit { page: OwnPage::Requests, .. }) => format!("{}/approve", app.issuer),
        }
    }

    /// Whether the person signs in to answer requests from other devices: all of them, or that of one application.
    pub(super) fn is_request_elsewhere(&self) -> bool {
        match self {
            Self::Flow(resumed) => resumed.backchannel.is_some(),
            Self::Page(visit) => visit.page == OwnPage::Requests,
        }
    }

    pub(super) fn flow(&self) -> Option<&FlowKey> {
        match self {
            Self::Flow(resumed) => Some(&resumed.key),
            Self::Page(_) => None,
        }
    }

    /// The application that sent the request; `None` for a page of this server.
    pub(super) fn client(&self) -> Option<&ClientId> {
        match self {
            Self::Flow(resumed) => Some(&resumed.checked.request.client_id),
            Self::Page(_) => None,
        }
    }

    /// The application as pages show it; `None` as for [`Self::client`].
    pub(super) fn application(&self, app: &App, call: &Call) -> Option<Application> {
        match self {
            Self::Flow(resumed) => Some(application::shown(app, call, &resumed.checked.client.client)),
            Self::Page(_) => None,
        }
    }

    /// Sends a person who cancels back to where they came from.
    pub(super) async fn decline(self, app: &App, request: &Request, error: OAuthError) -> HttpResponse {
        match self {
            Self::Flow(resumed) => flows::decline(app, request, *resumed, error).await,
            Self::Page(_) => {
                answer::log_refusal(request, &error);
                answer::see_other(&format!("{}/", app.issuer))
            }
        }
    }
}

impl OwnPage {
    /// The word that binds the forms on the way to this page.
    fn word(&self) -> &'static str {
        match self {
            Self::Device(_) => "device",
            Self::Requests => "approve",
        }
    }
}
