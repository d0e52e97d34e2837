//! The question whether an application may have what it asks for.

use serde::Serialize;

use super::{AccountRow, Application, PageView, Words};

/// The consent page.
#[derive(Clone, Debug, Serialize)]
pub struct ConsentPage {
    pub application: Application,
    pub account: AccountRow,
    /// The URL of the page for choosing another account. `None` if only this account can answer.
    pub accounts: Option<String>,
    /// The most important ones first. If this and `details` are empty, the only question is whether the person has opened the
    /// application.
    pub items: Vec<AskedItem>,
    /// What the application asks for in words of its own (RFC 9396), in the order of the request.
    pub details: Vec<AskedDetail>,
    /// The host to which the person goes next, or the scheme of a native application. `None` if the answer goes to another
    /// device.
    pub returns_to: Option<String>,
    pub device: Option<AskingDevice>,
    /// The request of an application that asks the person on another device.
    pub elsewhere: Option<AskedElsewhere>,
    /// Whether the access ends at the latest with the session. Otherwise an item says that it does not.
    pub ends_with_session: bool,
    /// Whether this is asked each time, because another program could ask in the application's name.
    pub each_time: bool,
    pub client_id: String,
    pub action: String,
    pub form_token: String,
}

impl PageView for ConsentPage {
    const TEMPLATE: &'static str = "consent.html";
}

/// A scope or a claim.
#[derive(Clone, Debug, Serialize)]
pub struct AskedItem {
    /// The machine name, which is the value of its checkbox.
    pub name: String,
    /// What the application may do with it, in the operator's words. `None` for a claim, and for a standard scope that the
    /// operator has not described.
    pub description: Option<Words>,
    /// The standard scope that it is, by the end of the name of its text in the catalogue.
    pub scope: Option<String>,
    /// The standard claim that it is, by the end of the name of its text in the catalogue. `None` for a scope, or for a claim
    /// of the operator.
    pub claim: Option<String>,
    pub sensitive: bool,
    /// What follows from allowing it, in the operator's words.
    pub consequence: Option<Words>,
    /// Whether its checkbox is ticked. `None` if the person cannot leave it out.
    pub ticked: Option<bool>,
}

/// Something that the application asks for in words of its own, such as one payment. The page must show it completely.
#[derive(Clone, Debug, Serialize)]
pub struct AskedDetail {
    /// The machine name of its type.
    pub name: String,
    /// What it is, in the operator's words, with its values. Empty if there is no such sentence about it; then its members
    /// say everything.
    pub sentence: Vec<SentencePart>,
    /// The language of the sentence, if it is known.
    pub lang: Option<String>,
    /// All its members.
    pub members: Vec<DetailMember>,
}

/// Words of a sentence, or a value in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SentencePart {
    pub text: String,
    /// Whether the application has sent the text. It must be isolated from the words around it.
    pub is_value: bool,
    /// What the text means; nothing for words of the operator.
    pub meaning: ValueMeaning,
}

/// A member of a detail. The application has sent both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DetailMember {
    /// The path of the member, such as `instructedAmount.currency`.
    pub name: String,
    pub value: String,
    pub meaning: ValueMeaning,
}

/// What a value means that pages have words for. All are `None` for every other value, which is shown as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ValueMeaning {
    /// `yes` or `no`.
    pub answer: Option<&'static str>,
    pub date: Option<ShownDate>,
    /// Beside a date: the time of day, with its difference from UTC as it came.
    pub time: Option<ShownTime>,
}

/// A day of the calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownDate {
    pub day: u8,
    /// 1 to 12.
    pub month: u8,
    /// A text, because no separator belongs into it.
    pub year: String,
}

/// A time of day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownTime {
    /// Such as `18:00`, with seconds if there are any.
    pub clock: String,
    /// The difference from UTC, such as `+01:00`. Empty for a time in UTC.
    pub offset: String,
}

/// The device that asks.
#[derive(Clone, Debug, Serialize)]
pub struct AskingDevice {
    /// The code on its screen, if it is still known.
    pub code: Option<String>,
    /// The network address that it asked from.
    pub address: String,
    /// The person's own address, if it is another one.
    pub here: Option<String>,
    /// How long ago it asked.
    pub minutes: i64,
}

/// A request that came from another device (OpenID Connect CIBA Core 1.0).
#[derive(Clone, Debug, Serialize)]
pub struct AskedElsewhere {
    /// The message that the other device shows, too. The page must show it completely.
    pub message: Option<String>,
    /// How long ago the application asked.
    pub minutes: i64,
}
