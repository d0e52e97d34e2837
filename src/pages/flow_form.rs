//! The forms of a flow's pages: bound to the flow and to the browser in which it began.

use actix_web::web;

use crate::app::App;
use crate::failure::Denied;
use crate::flows::{self, ResumedFlow};
use crate::http::browser;
use crate::http::call::Request;
use crate::http::form;
use crate::oauth::request::Refusal;
use crate::oauth::request::params::Params;

/// The flow in the query.
pub(super) async fn resume(app: &App, request: &Request) -> Result<ResumedFlow, Denied<Refusal>> {
    let query = Params::parse(request.query_string().as_bytes()).unwrap_or_default();
    flows::resume_flow(app, request, &query).await
}

/// The token in a form, which proves that the form is ours.
pub(super) fn token(app: &App, resumed: &ResumedFlow, purpose: &str) -> String {
    app.keys.form_token(purpose, &bound_to(resumed))
}

/// The flow and the form of a POST, after checking that it came from this page.
pub(super) async fn read(
    app: &App,
    request: &Request,
    body: web::Payload,
    purpose: &str,
) -> Result<(ResumedFlow, Params), Denied<Refusal>> {
    let resumed = resume(app, request).await?;
    let form = form::read(request, body).await.map_err(Refusal::Page)?;
    let token = form.one("form_token").map_err(Refusal::Page)?.unwrap_or_default();
    if !is_token(app, &resumed, purpose, token) || !browser::is_same_origin(app, request) {
        return Err(Refusal::Page(browser::forged()).into());
    }
    Ok((resumed, form))
}

/// Whether [`token`] made this token.
pub(super) fn is_token(app: &App, resumed: &ResumedFlow, purpose: &str, token: &str) -> bool {
    app.keys.is_form_token(token, purpose, &bound_to(resumed))
}

fn bound_to(resumed: &ResumedFlow) -> [&str; 2] {
    [resumed.key.id.as_str(), resumed.browser.as_str()]
}
