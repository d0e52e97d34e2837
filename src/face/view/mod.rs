//! What each page shows: a type for each template. The pages make them of a request; nothing else is on a page.

mod account;
mod consent;
mod device;
mod error;
mod password;
mod sign_in;
mod sign_out;
mod way;

use serde::Serialize;

pub use account::{AccountRow, ChooseAccountPage, HomePage};
pub use consent::{AskedItem, AskingDevice, ConsentPage, Lifetime};
pub use device::{DeviceAnsweredPage, DevicePage, DeviceProblem};
pub use error::{AnsweredPage, DifferingAddress, ErrorDetails, ErrorPage};
pub use password::{NewPasswordProblem, PasswordSetPage, SetPasswordPage};
pub use sign_in::{SignInPage, SignInProblem, SignUpPage, SignUpProblem, Stay};
pub use sign_out::{FormField, FormPostPage, LogoutPage, SignedOutPage, SigningOutPage};
pub use way::Way;

/// What a template shows.
pub trait View: Serialize {
    /// The name of the template.
    const TEMPLATE: &'static str;
    /// The script of the page, which its content policy allows by its hash. `None` for pages without a script.
    const SCRIPT: Option<&'static str> = None;
}

/// A text of an operator, and the language that it is in. `None` for the text that has no language.
#[derive(Clone, Debug, Serialize)]
pub struct Words {
    pub text: String,
    pub lang: Option<String>,
}

impl Words {
    /// Returns a text that says nothing about its language.
    pub fn plain(text: &str) -> Self {
        Self { text: text.to_owned(), lang: None }
    }
}

/// The application that sent the person, as pages show it.
#[derive(Clone, Debug, Serialize)]
pub struct Application {
    pub name: Words,
    /// The URL of its picture here.
    pub logo: Option<String>,
    pub site: Option<String>,
    pub policy: Option<String>,
    pub terms: Option<String>,
}
