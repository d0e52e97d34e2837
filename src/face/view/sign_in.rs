//! Signing in, and making an account.

use serde::Serialize;

use super::{Application, PageView, WaitTime};

/// The script that adds a button to each password on a page, which shows what was typed. Without scripts there is no button.
/// Before the form is sent, the field is one for passwords again: browsers remember what is typed into other fields.
pub(super) const SHOW_PASSWORD: &str = "for (const field of document.querySelectorAll('input[type=password]')) {
const button = document.createElement('button');
const set = (type) => { field.type = type; button.textContent = type === 'text' ? field.dataset.hide : field.dataset.show; };
button.type = 'button';
button.className = 'reveal';
button.setAttribute('aria-controls', field.id);
button.addEventListener('click', () => set(field.type === 'text' ? 'password' : 'text'));
field.form.addEventListener('submit', () => set('password'));
set('password');
field.after(button);
}";

/// The sign-in page.
#[derive(Clone, Debug, Serialize)]
pub struct SignInPage {
    /// `None` if the person connects a device and has not typed its code yet, or wants to see their requests.
    pub application: Option<Application>,
    /// Whether the person signs in to answer requests from other devices: all of them, or that of `application`.
    pub to_requests: bool,
    pub action: String,
    pub form_token: String,
    pub username: String,
    pub stay: Option<Stay>,
    pub problem: Option<SignInProblem>,
    /// The URL of the sign-up page. `None` if people cannot make accounts here.
    pub sign_up: Option<String>,
    /// Where people who have forgotten their password get a new one.
    pub forgotten_password: Option<String>,
}

impl PageView for SignInPage {
    const TEMPLATE: &'static str = "sign_in.html";
    const SCRIPT: Option<&'static str> = Some(SHOW_PASSWORD);
}

/// The checkbox for staying signed in. It is left out if the operator has decided.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Stay {
    pub ticked: bool,
}

/// Why the person is not signed in.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SignInProblem {
    Wrong,
    /// The password was not checked.
    Wait {
        time: WaitTime,
        reason: &'static str,
    },
}

/// The sign-up page.
#[derive(Clone, Debug, Serialize)]
pub struct SignUpPage {
    /// As on the sign-in page.
    pub application: Option<Application>,
    pub action: String,
    /// The URL of the sign-in page.
    pub sign_in: String,
    pub form_token: String,
    pub username: String,
    pub name: String,
    /// How many characters a password has at least.
    pub shortest: usize,
    pub stay: Option<Stay>,
    pub problem: Option<SignUpProblem>,
}

impl PageView for SignUpPage {
    const TEMPLATE: &'static str = "sign_up.html";
    const SCRIPT: Option<&'static str> = Some(SHOW_PASSWORD);
}

/// A mistake in the form, and the end of the name of its text in the catalogue.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SignUpProblem {
    /// The field that it is about: `username`, `name` or `password`.
    pub field: &'static str,
    pub kind: &'static str,
}
