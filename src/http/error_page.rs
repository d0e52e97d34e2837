//! What error pages show: the person's sentence, the ways on, and what the developer needs.

use actix_web::http::StatusCode;

use super::call::Call;
use super::route::Surface;
use crate::app::App;
use crate::face::reason_text;
use crate::face::text_names::{ERROR_SENTENCES, WAYS, named};
use crate::face::view::{AnsweredPage, DifferingAddress, ErrorDetails, ErrorPage, WaitTime, Way, Words};
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Responsible;
use crate::oauth::request::Answered;

/// Returns the page of a refusal. `docs` is its page in the error reference, and `way` the first way on, if there is one
/// besides those that every page has.
pub(super) fn of_refusal(
    app: &App,
    call: &Call,
    (status, error): (StatusCode, &OAuthError),
    docs: String,
    way: Option<Way>,
) -> ErrorPage {
    let first = error.reason.who().first().copied().unwrap_or(Responsible::Developer);
    let address = error.address().and_then(|address| Some((address, address.came.as_deref()?)));
    ErrorPage {
        heading: reason_text::heading_of(status.as_u16(), error.reason),
        sentence: reason_text::sentence(error.reason),
        wait: error.retry_after.map(WaitTime::of),
        ways: ways(app, call, way),
        for_developer: first == Responsible::Developer && !status.is_server_error(),
        details: Some(ErrorDetails {
            error: error.code().as_str(),
            reason: error.reason.word(),
            description: error.description.clone().into_owned(),
            what: error.reason.what(),
            fix: error.reason.fix(),
            docs,
            address: address.map(|(address, came)| {
                let differs = address.differs.as_ref().map(|(part, text)| (&**part, text.as_str()));
                DifferingAddress::of(came, differs)
            }),
        }),
        request_id: call.id.clone(),
    }
}

/// Returns the page for an address that does not exist.
pub(super) fn not_found(app: &App, call: &Call) -> ErrorPage {
    ErrorPage {
        heading: reason_text::heading(StatusCode::NOT_FOUND.as_u16(), Responsible::Person),
        sentence: const { named(&ERROR_SENTENCES, "not-found") },
        wait: None,
        ways: ways(app, call, None),
        for_developer: false,
        details: None,
        request_id: call.id.clone(),
    }
}

/// Returns the page of a request that has its answer already.
pub(super) fn answered(call: &Call, answered: &Answered, docs: String) -> AnsweredPage {
    let Answered { error, application, site, is_signed_in } = answered;
    let languages = call.text_languages();
    let name = application.as_ref().map(|name| Words::of(name, &languages));
    let href = site.as_ref().map(|site| site.in_language(&languages).0.to_owned());
    let way = name.clone().zip(href).map(|(name, href)| Way::Application { name, href });
    AnsweredPage {
        is_signed_in: *is_signed_in,
        application: name,
        ways: way.into_iter().collect(),
        reason: error.reason.word(),
        docs,
    }
}

/// The first way, then the one back to the application, then the one to the page at the root.
fn ways(app: &App, call: &Call, first: Option<Way>) -> Vec<Way> {
    first.into_iter().chain(way_back(call)).chain(way_home(app, call)).collect()
}

/// The way back to the application's site, if the request names a known application that has one.
fn way_back(call: &Call) -> Option<Way> {
    let client = &call.application().filter(|client| !client.client.disabled)?.client;
    let languages = call.text_languages();
    let href = client.links.site.as_ref()?.in_language(&languages).0.to_owned();
    Some(Way::Application { name: Words::of(&client.name, &languages), href })
}

/// The way to the page at the root, except from that page itself.
fn way_home(app: &App, call: &Call) -> Option<Way> {
    let is_home = call.route.surface == Surface::Page && call.path == "/";
    (!is_home).then(|| Way::Here { text: const { named(&WAYS, "home") }, href: format!("{}/", app.issuer) })
}
