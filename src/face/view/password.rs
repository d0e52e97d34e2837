//! The link by which a person sets a password.

use serde::Serialize;

use super::PageView;
use super::sign_in::SHOW_PASSWORD;

/// The form for a new password.
#[derive(Clone, Debug, Serialize)]
pub struct SetPasswordPage {
    pub username: String,
    /// Whether the person had a password before, with which they are signed in somewhere.
    pub has_password: bool,
    pub token: String,
    pub form_token: String,
    /// How many characters a password has at least.
    pub shortest: usize,
    pub problem: Option<NewPasswordProblem>,
}

impl PageView for SetPasswordPage {
    const TEMPLATE: &'static str = "set_password.html";
    const SCRIPT: Option<&'static str> = Some(SHOW_PASSWORD);
}

/// A mistake in the form, and the end of the name of its text in the catalogue.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct NewPasswordProblem {
    /// The field that it is about: `password` or `repeated`.
    pub field: &'static str,
    pub kind: &'static str,
}

/// The page after the password was set.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PasswordSetPage {}

impl PageView for PasswordSetPage {
    const TEMPLATE: &'static str = "password_set.html";
}
