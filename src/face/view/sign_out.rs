//! Signing out, and pages that continue by themselves.

use serde::Serialize;

use super::{AccountRow, Application, PageView};

/// The question whether to sign out.
#[derive(Clone, Debug, Serialize)]
pub struct LogoutPage {
    /// The application that asks, if it is known.
    pub application: Option<Application>,
    pub accounts: Vec<AccountRow>,
    pub form_token: String,
    pub client_id: Option<String>,
    pub return_to: Option<String>,
    pub state: Option<String>,
}

impl PageView for LogoutPage {
    const TEMPLATE: &'static str = "logout.html";
}

/// The page that says that no one is signed in.
#[derive(Clone, Debug, Serialize)]
pub struct SignedOutPage {
    pub application: Option<Application>,
}

impl PageView for SignedOutPage {
    const TEMPLATE: &'static str = "signed_out.html";
}

/// The page that loads the applications in frames and then continues.
#[derive(Clone, Debug, Serialize)]
pub struct SigningOutPage {
    pub frames: Vec<String>,
    pub onward: String,
}

/// The script that continues once: when everything on the page is loaded, including frames, or after five seconds if a
/// frame does not load. Without scripts the page continues by an element that browsers with scripts do not read; a header
/// for that would be followed beside the script.
const GO_ON: &str = "let here = true;
const goOn = () => { if (here) { here = false; location.replace(document.getElementById('onward').href); } };
addEventListener('load', goOn);
setTimeout(goOn, 5000);";

impl PageView for SigningOutPage {
    const TEMPLATE: &'static str = "signing_out.html";
    const SCRIPT: Option<&'static str> = Some(GO_ON);
}

/// The page that posts a response to an application (OAuth 2.0 Form Post Response Mode).
#[derive(Clone, Debug, Serialize)]
pub struct FormPostPage {
    pub action: String,
    pub fields: Vec<FormField>,
}

impl PageView for FormPostPage {
    const TEMPLATE: &'static str = "form_post.html";
    const SCRIPT: Option<&'static str> = Some("document.forms[0].submit()");
}

/// A field of the response.
#[derive(Clone, Debug, Serialize)]
pub struct FormField {
    pub name: String,
    pub value: String,
}
