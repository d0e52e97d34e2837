//! The application that sent the person, as pages show it.

use crate::app::App;
use crate::face::view::{Application, Words};
use crate::oauth::client::Client;

/// Returns the application as pages show it.
pub(super) fn shown(app: &App, client: &Client) -> Application {
    let links = &client.links;
    Application {
        name: Words::plain(&client.name),
        logo: links.logo.as_ref().map(|digest| format!("{}/logos/{digest}", app.issuer)),
        site: links.site.clone(),
        policy: links.policy.clone(),
        terms: links.terms.clone(),
    }
}
