//! The accounts that are signed in with a browser.

use serde::Serialize;

use super::{Application, PageView};

/// The page on which a person chooses an account.
#[derive(Clone, Debug, Serialize)]
pub struct ChooseAccountPage {
    pub application: Application,
    pub action: String,
    pub form_token: String,
    pub accounts: Vec<AccountRow>,
}

impl PageView for ChooseAccountPage {
    const TEMPLATE: &'static str = "choose_account.html";
}

/// A signed-in account.
#[derive(Clone, Debug, Serialize)]
pub struct AccountRow {
    pub session: String,
    /// The full name, or else the username.
    pub name: String,
    /// The e-mail address, or else the username, if it is not the name already.
    pub address: Option<String>,
    pub initials: String,
}

/// The page at the root.
#[derive(Clone, Debug, Serialize)]
pub struct HomePage {
    pub accounts: Vec<AccountRow>,
    /// How many requests of applications wait for these people.
    pub waiting: usize,
    /// The URL of the metadata (RFC 8414 §3.1).
    pub metadata: Option<String>,
}

impl PageView for HomePage {
    const TEMPLATE: &'static str = "home.html";
}
