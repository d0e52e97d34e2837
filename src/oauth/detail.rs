//! What a refused request said, beside what is registered: for the operator, who looks at the refusal later.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use crate::clock::{Seconds, Timestamp};
use crate::oauth::quoted::shown_address;

/// The length in bytes after which a value is cut.
const MAX_SHOWN: usize = 300;
/// The length in bytes after which a list of words is cut: that of a usual list of scopes.
const MAX_WORDS: usize = 1000;
/// How many registered values are kept.
const MAX_VALUES: usize = 10;

/// A value that came with a request, compared with what is registered or expected. Every text is on one line of printable
/// ASCII and of bounded length. It never has a secret, a code or a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    pub subject: DetailSubject,
    /// `None` if the request did not have the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub came: Option<String>,
    /// Whether `came` is not what came: it was cut, or characters of it were escaped.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_altered: bool,
    /// Which part differs, such as `port`, and its text in the value that came. `None` if nothing can be compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differs: Option<(Cow<'static, str>, String)>,
    /// What is registered or expected, the most similar first. Only the operator may see it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub registered: Vec<String>,
    /// How many seconds too late or too early the request was, by this server's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<Seconds>,
}

/// What a [`Detail`] is about. The word is stored and never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum DetailSubject {
    RedirectUri,
    PostLogoutRedirectUri,
    Scope,
    Resource,
    ResponseType,
    GrantType,
    /// How a client authenticated.
    AuthMethod,
    /// A name in the certificate of a client.
    CertificateName,
    CodeChallenge,
    CodeChallengeMethod,
    CodeVerifier,
    /// The `aud` of an assertion.
    Audience,
    /// When an assertion ends.
    Expiry,
    /// When an assertion begins.
    Begin,
    /// When a code ended.
    CodeExpiry,
    /// The group that a person must be in.
    Group,
    /// The method that a DPoP proof is for.
    ProofMethod,
    /// The address that a DPoP proof is for.
    ProofUrl,
    /// When a DPoP proof was signed or ended, if that is too long ago.
    ProofAge,
    /// When a DPoP proof was signed or begins, if that is in the future.
    ProofBegin,
    /// The type of an element of `authorization_details`.
    AuthorizationDetailsType,
    /// The algorithm that signs access tokens.
    TokenAlgorithm,
}

impl DetailSubject {
    /// The word, such as `redirect_uri`.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// Whether the values are lists of words that are separated by spaces.
    pub fn is_list(self) -> bool {
        matches!(self, Self::Scope)
    }
}

impl Detail {
    /// A detail without values.
    pub fn of(subject: DetailSubject) -> Self {
        Self { subject, came: None, is_altered: false, differs: None, registered: Vec::new(), seconds: None }
    }

    /// A detail about a time that came, beside the time here.
    pub fn at(subject: DetailSubject, time: Timestamp, now: Timestamp) -> Self {
        Self::of(subject).came(&time.iso()).registered([now.iso().as_str()])
    }

    /// The value that came.
    #[must_use]
    pub fn came(self, value: &str) -> Self {
        let came = self.shown(value);
        Self { is_altered: came != value, came: Some(came), ..self }
    }

    /// The values that are registered or expected; the first ones are kept.
    #[must_use]
    pub fn registered<'v>(self, values: impl IntoIterator<Item = &'v str>) -> Self {
        let registered = values.into_iter().take(MAX_VALUES).map(|value| self.shown(value)).collect();
        Self { registered, ..self }
    }

    /// Which part of the value that came differs, and its text.
    #[must_use]
    pub fn differs(self, part: impl Into<Cow<'static, str>>, text: &str) -> Self {
        let text = if text.is_empty() { "(empty)".to_owned() } else { self.shown(text) };
        Self { differs: Some((part.into(), text)), ..self }
    }

    /// By how many seconds the request was too late or too early.
    #[must_use]
    pub fn by(self, seconds: Seconds) -> Self {
        Self { seconds: Some(seconds), ..self }
    }

    fn shown(&self, value: &str) -> String {
        shown_address(value, if self.subject.is_list() { MAX_WORDS } else { MAX_SHOWN })
    }

    /// Whether the value is kept exactly as it came. An older release did not note what it escaped, but what it cut ends with
    /// dots, too.
    pub fn is_as_it_came(&self) -> bool {
        !self.is_altered && self.came.as_deref().is_some_and(|came| !came.ends_with("..."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_of_a_detail_is_one_bounded_line() {
        let evil = "a\n\u{1b}[31m\u{202e}\"".repeat(500);
        let detail = Detail::of(DetailSubject::RedirectUri).came(&evil).differs("path", &evil);
        let detail = detail.registered(std::iter::repeat_n(evil.as_str(), 50));
        assert_eq!(detail.registered.len(), MAX_VALUES);
        let texts = detail.registered.iter().chain(&detail.came).chain(detail.differs.iter().map(|(_, t)| t));
        for text in texts {
            assert!(text.len() < MAX_SHOWN + 10 && text.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
        }
        assert!(!detail.is_as_it_came());
        let json = serde_json::to_string(&detail).unwrap();
        assert_eq!(serde_json::from_str::<Detail>(&json).unwrap(), detail);
    }

    #[test]
    fn a_value_that_was_cut_or_escaped_is_not_as_it_came() {
        let kept = |value: &str| Detail::of(DetailSubject::RedirectUri).came(value).is_as_it_came();
        assert!(kept("https://a.example/%22"));
        for value in ["https://a.example/\"", "https://a.example/\u{fc}", &"a".repeat(400)] {
            assert!(!kept(value), "{value}");
        }
    }
}
