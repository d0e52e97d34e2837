//! The application that sent the person, as pages show it.

use crate::app::App;
use crate::face::view::{Application, Words};
use crate::http::call::Call;
use crate::oauth::client::Client;
use crate::oauth::localized_text::LocalizedText;

/// Returns the application as the page that answers the call shows it.
pub(super) fn shown(app: &App, call: &Call, client: &Client) -> Application {
    let (links, languages) = (&client.links, call.text_languages());
    let brand = app.brand.of_client(client);
    let link = |link: &Option<LocalizedText>| Some(link.as_ref()?.in_language(&languages).0.to_owned());
    Application {
        name: Words::of(&client.name, &languages),
        logo: links.logo.as_ref().map(|digest| format!("{}/logos/{digest}", app.issuer)),
        logo_dark: brand.logo_dark,
        style: brand.style,
        site: link(&links.site),
        policy: link(&links.policy),
        terms: link(&links.terms),
    }
}
