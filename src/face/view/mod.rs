//! What each page shows: a type for each template. The pages make them of a request; nothing else is on a page.

mod account;
mod approve;
mod consent;
mod device;
mod error;
mod password;
mod sign_in;
mod sign_out;
mod wait;
mod way;

use minijinja::value::{Serde, Value};
use serde::Serialize;

use crate::oauth::language_tag::LanguageTag;
use crate::oauth::localized_text::LocalizedText;

pub use account::{AccountRow, ChooseAccountPage, HomePage};
pub use approve::{ApproveAnsweredPage, ApproveOtherPage, ApprovePage, WaitingRequest};
pub use consent::{
    AskedDetail, AskedElsewhere, AskedItem, AskingDevice, ConsentPage, DetailMember, SentencePart, ShownDate,
    ShownTime, ValueMeaning,
};
pub use device::{DeviceAnsweredPage, DevicePage, DeviceProblem};
pub use error::{AnsweredPage, DifferingAddress, ErrorDetails, ErrorPage};
pub use password::{NewPasswordProblem, PasswordSetPage, SetPasswordPage};
pub use sign_in::{SignInPage, SignInProblem, SignUpPage, SignUpProblem, Stay};
pub use sign_out::{FormField, FormPostPage, LogoutPage, SignedOutPage, SigningOutPage};
pub use wait::WaitTime;
pub use way::Way;

/// What a template shows.
pub trait PageView: Serialize {
    /// The name of the template.
    const TEMPLATE: &'static str;
    /// The script of the page, which its content policy allows by its hash. `None` for pages without a script.
    const SCRIPT: Option<&'static str> = None;
}

/// A view of any type.
pub trait AnyView {
    /// The name of the template.
    fn template(&self) -> &'static str;
    /// The script of the page.
    fn script(&self) -> Option<&'static str>;
    /// What the template can use.
    fn fields(&self) -> Value;
}

impl<V: PageView> AnyView for V {
    fn template(&self) -> &'static str {
        V::TEMPLATE
    }

    fn script(&self) -> Option<&'static str> {
        V::SCRIPT
    }

    fn fields(&self) -> Value {
        Value::from(Serde(self))
    }
}

/// A text of an operator, and the language that it is in. `None` for the text that has no language.
#[derive(Clone, Debug, Serialize)]
pub struct Words {
    pub text: String,
    pub lang: Option<String>,
}

impl Words {
    /// Returns the text for a page in these languages, the preferred one first.
    pub fn of(text: &LocalizedText, languages: &[LanguageTag]) -> Self {
        let (text, lang) = text.in_language(languages);
        Self { text: text.to_owned(), lang: lang.map(LanguageTag::to_string) }
    }
}

/// The application that sent the person, as pages show it.
#[derive(Clone, Debug, Serialize)]
pub struct Application {
    pub name: Words,
    /// The URL of its picture here.
    pub logo: Option<String>,
    /// The URL of its picture in the dark scheme; `None` if it is the same.
    pub logo_dark: Option<String>,
    /// The URL of the style sheet with its own brand.
    pub style: Option<String>,
    pub site: Option<String>,
    pub policy: Option<String>,
    pub terms: Option<String>,
}
