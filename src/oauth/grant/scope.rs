//! Scopes: the list in a request, and the part that an application gets (RFC 6749 §3.3).

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::clock::Seconds;
use crate::oauth::detail::{Detail, DetailSubject};
use crate::oauth::display_text::{is_blank, is_line};
use crate::oauth::error::{OAuthError, quoted};
use crate::oauth::localized_text::LocalizedText;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;

/// A set of scope names, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope(BTreeSet<String>);

/// A scope as the operator defined it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeRecord {
    pub name: String,
    /// Grows with every change; 1 when it is new.
    pub version: i64,
    /// The text on the consent page.
    pub description: LocalizedText,
    /// Only granted if the request names it.
    pub sensitive: bool,
    /// What follows for the person from allowing it; the consent page says it if the scope is sensitive.
    pub consequence: Option<LocalizedText>,
    /// The claims about the person that it gives access to (OpenID Connect Core §5.4).
    pub claims: Vec<String>,
    /// The longest lifetime of a token with this scope, in seconds.
    pub access_token_lifetime: Option<Seconds>,
    /// Only people in this group can grant it.
    pub required_group: Option<String>,
    /// A person cannot leave it out of a request, also if the client allows partial consent.
    pub required: bool,
}

/// The scopes that every server has at first, with their descriptions in the schema. The pages have them in every language.
const STANDARD: [(&str, &str); 7] = [
    (OPENID, "Know who you are"),
    ("profile", "See your name and what else your profile says"),
    ("email", "See your e-mail address"),
    ("address", "See your postal address"),
    ("phone", "See your phone number"),
    ("groups", "See the groups that you belong to"),
    (OFFLINE_ACCESS, "Keep this access after you have signed out"),
];

impl ScopeRecord {
    /// Whether this is a standard scope with the description that every server has at first, apart from its languages.
    pub fn is_as_delivered(&self) -> bool {
        STANDARD.contains(&(&*self.name, self.description.as_str()))
    }

    /// Returns the texts with the names of their members: `description`, `description#de`, `consequence` and so on.
    pub fn texts(&self) -> impl Iterator<Item = (String, &str)> {
        let consequence = self.consequence.iter().flat_map(|text| text.members("consequence"));
        let texts = self.description.members("description").chain(consequence);
        texts.map(|(member, text)| (member.into_owned(), text))
    }
}

/// The maximum length of a description, and of a consequence, in bytes.
const MAX_TEXT_LENGTH: usize = 1000;

/// Checks the description of a scope for the consent page.
///
/// # Errors
/// A sentence that says what a description is.
pub fn check_description(text: &str) -> Result<(), String> {
    check_text(text, "description")
}

/// Checks the consequence of a scope for the consent page.
///
/// # Errors
/// A sentence that says what a consequence is.
pub fn check_consequence(text: &str) -> Result<(), String> {
    check_text(text, "consequence")
}

fn check_text(text: &str, what: &str) -> Result<(), String> {
    if is_blank(text) || text.len() > MAX_TEXT_LENGTH || !is_line(text) {
        return Err(format!(
            "a {what} has 1 to {MAX_TEXT_LENGTH} bytes on one line, without invisible characters and controls of the \
             writing direction; the consent page shows it"
        ));
    }
    Ok(())
}

/// A request with this scope is an OpenID Connect request and gets an ID Token (OpenID Connect Core §3.1.2.1).
pub const OPENID: &str = "openid";
/// With this scope, refresh tokens and access tokens outlive the session (OpenID Connect Core §11).
pub const OFFLINE_ACCESS: &str = "offline_access";

/// Finds a scope by its name.
pub trait KnownScopes {
    /// The scope with this name; `None` if no such scope is registered.
    fn find(&self, name: &str) -> Option<&ScopeRecord>;
}

#[cfg(test)]
impl KnownScopes for std::collections::HashMap<&str, ScopeRecord> {
    fn find(&self, name: &str) -> Option<&ScopeRecord> {
        self.get(name)
    }
}

impl Scope {
    /// The maximum number of names in one request.
    const MAX_NAMES: usize = 64;
    /// The maximum length of a name in bytes.
    pub const MAX_NAME_LENGTH: usize = 128;

    /// Parses names that are separated by spaces (RFC 6749 §3.3). Several spaces count as one, also at both ends, because
    /// libraries join lists that have empty members.
    ///
    /// # Errors
    /// If the text has another form, no names or too many.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        let mut names = BTreeSet::new();
        for (index, name) in separated(text).enumerate() {
            if index >= Self::MAX_NAMES {
                return Err(Reason::ScopeTooMany.because("the scope parameter has more than 64 names"));
            }
            if !is_scope_name(name) {
                return Err(malformed());
            }
            names.insert(name.to_owned());
        }
        if names.is_empty() { Err(malformed()) } else { Ok(Self(names)) }
    }

    /// Reads a stored scope, which was checked before it was stored.
    pub fn from_stored(text: &str) -> Self {
        Self(separated(text).map(str::to_owned).collect())
    }

    /// The names in the scope, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether one of these scopes gives access to a claim, by the rows of all scopes.
    pub fn give_access(&self, rows: &[ScopeRecord], claim: &str) -> bool {
        let mut own = rows.iter().filter(|row| self.contains(&row.name));
        own.any(|row| row.claims.iter().any(|name| name == claim))
    }

    /// Whether the scope contains this name.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Whether the scope contains no names.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `other` contains all names of this scope.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// The names of both scopes.
    pub fn and(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// The names of this scope that `is_wanted` accepts.
    #[must_use]
    pub fn only(&self, is_wanted: impl Fn(&str) -> bool) -> Self {
        Self(self.names().filter(|name| is_wanted(name)).map(str::to_owned).collect())
    }

    /// What the operator sees of a request for this scope: the names that were `refused`, and those that are `allowed`.
    pub fn beside(&self, refused: &Self, allowed: &Self) -> Detail {
        let detail = Detail::of(DetailSubject::Scope).came(&self.to_string());
        detail.differs("scope", &refused.to_string()).registered([allowed.to_string().as_str()])
    }

    /// The names of this scope that are not in `other`.
    pub fn without(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0).cloned().collect())
    }
}

/// As on the wire: one text, with the names separated by spaces.
impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A list that was checked before it was stored.
impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Scope;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("names separated by spaces")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Scope, E> {
                Ok(Scope::from_stored(text))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(name)?;
        }
        Ok(())
    }
}

fn malformed() -> OAuthError {
    Reason::ScopeMalformed.because("scope must be names of printable ASCII, separated by spaces")
}

/// The parts of a text between spaces.
fn separated(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ').filter(|part| !part.is_empty())
}

/// The parameter `scope` of any request; `None` if it is missing, or has no name.
///
/// # Errors
/// If it is repeated, too long or malformed.
pub fn requested(params: &Params) -> Result<Option<&str>, OAuthError> {
    Ok(params.one("scope")?.filter(|text| separated(text).next().is_some()))
}

/// Whether a text is `1*NQCHAR` of limited length (RFC 6749 A.4).
pub fn is_scope_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= Scope::MAX_NAME_LENGTH
        && name.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

/// The scope that a client gets out of the scopes it is `allowed`: the requested ones, or without a request all that
/// are not sensitive (RFC 6749 §3.3).
///
/// # Errors
/// If a requested scope is unknown or not allowed, or there would be no scope at all.
pub fn resolve(
    requested: Option<&str>,
    allowed: &Scope,
    known: &impl KnownScopes,
) -> Result<Scope, OAuthError> {
    let Some(requested) = requested else { return unasked(allowed, known) };
    let scope = Scope::parse(requested)?;
    if let Some(name) = scope.names().find(|name| known.find(name).is_none()) {
        let unknown = scope.only(|name| known.find(name).is_none());
        return Err(Reason::ScopeUnknown
            .because(format!("the scope {} is not known here", quoted(name)))
            .with(scope.beside(&unknown, allowed)));
    }
    if let Some(name) = scope.names().find(|name| !allowed.contains(name)) {
        return Err(forbidden(name, &scope, allowed));
    }
    Ok(scope)
}

/// The refusal of a requested scope because the client is not allowed `name`, which is in it.
pub fn forbidden(name: &str, requested: &Scope, allowed: &Scope) -> OAuthError {
    Reason::ScopeForbidden
        .because(format!("this client is not allowed to use the scope {}", quoted(name)))
        .with(requested.beside(&requested.without(allowed), allowed))
}

fn unasked(allowed: &Scope, known: &impl KnownScopes) -> Result<Scope, OAuthError> {
    let given = |name: &&str| known.find(name).is_some_and(|record| !record.sensitive);
    let scope = Scope(allowed.names().filter(given).map(str::to_owned).collect());
    if scope.is_empty() {
        return Err(Reason::ScopeNone.because("the request names no scope, and this client has no default"));
    }
    Ok(scope)
}

/// Narrows a granted scope; never widens it (RFC 6749 §6).
///
/// # Errors
/// If a requested scope was not granted.
pub fn narrow(requested: Option<&str>, granted: &Scope) -> Result<Scope, OAuthError> {
    let Some(requested) = requested else { return Ok(granted.clone()) };
    let scope = Scope::parse(requested)?;
    if let Some(name) = scope.names().find(|name| !granted.contains(name)) {
        return Err(Reason::ScopeWidened
            .because(format!("the scope {} is not part of the original authorization", quoted(name)))
            .with(scope.beside(&scope.without(granted), granted)));
    }
    Ok(scope)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_schema_makes_each_standard_scope_with_its_description() {
        let schema = include_str!("../../../migrations/0001_initial.sql");
        for (name, description) in STANDARD {
            assert!(schema.contains(&format!("    ('{name}', '{description}', ")), "{name}");
        }
    }

    #[test]
    fn tabs_quotes_and_unicode_are_malformed_and_so_is_a_list_without_names() {
        for text in ["a\tb", "a\nb", "a\"b", "a\\b", "ä", "a\u{a0}b", "", " ", "   "] {
            assert_eq!(Scope::parse(text).unwrap_err().reason, Reason::ScopeMalformed, "{text:?}");
        }
    }

    #[test]
    fn several_spaces_count_as_one_also_at_both_ends() {
        for text in ["a b", "a  b", " a b", "a b ", "   b   a   ", "a b a"] {
            assert_eq!(Scope::parse(text).unwrap().to_string(), "a b", "{text:?}");
        }
        let names: Vec<String> = (0..64).map(|number| format!("s{number}")).collect();
        assert!(Scope::parse(&format!("  {}  ", names.join("   "))).is_ok(), "only names are counted");
        let params = |text: &str| Params::from_pairs(vec![("scope".to_owned(), text.to_owned())]);
        for text in ["", " ", "   "] {
            assert_eq!(requested(&params(text)), Ok(None), "{text:?}");
        }
        assert_eq!(requested(&params(" a")), Ok(Some(" a")));
    }

    #[test]
    fn ten_thousand_names_are_too_many() {
        let text = vec!["a"; 10_000].join(" ");
        assert_eq!(Scope::parse(&text).unwrap_err().reason, Reason::ScopeTooMany);
    }

    #[test]
    fn narrowing_never_widens() {
        let granted = Scope::parse("read write").unwrap();
        assert_eq!(narrow(Some("read"), &granted).unwrap().to_string(), "read");
        assert_eq!(narrow(None, &granted).unwrap(), granted);
        assert_eq!(narrow(Some("read admin"), &granted).unwrap_err().reason, Reason::ScopeWidened);
    }

    proptest! {
        #[test]
        fn parsing_is_the_inverse_of_writing(text in ".{0,200}") {
            if let Ok(scope) = Scope::parse(&text) {
                prop_assert_eq!(Scope::parse(&scope.to_string()).unwrap(), scope);
            }
        }
    }
}
