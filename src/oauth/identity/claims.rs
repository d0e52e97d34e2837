//! Claims about a person: which may be stored, and where each comes from (OpenID Connect Core §5.1).

use serde_json::{Map, Value};
use url::Url;

use crate::clock::Timestamp;
use crate::oauth::display_text;
use crate::oauth::id::UserId;
use crate::oauth::identity::user::check_email;

/// Claims by their names.
pub type Claims = Map<String, Value>;

/// The maximum length of a claim's name in bytes.
const MAX_NAME_LENGTH: usize = 128;
/// The maximum length of a text claim in bytes.
const MAX_TEXT_LENGTH: usize = 2048;
/// The maximum size of all claims of a person as JSON, in bytes.
const MAX_SIZE: usize = 16 * 1024;

/// Claims of the protocol, which no scope and no person can have.
pub const PROTOCOL: [&str; 20] = [
    "acr",
    "act",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "azp",
    "c_hash",
    "client_id",
    "cnf",
    "events",
    "exp",
    "iat",
    "iss",
    "jti",
    "nbf",
    "nonce",
    "scope",
    "sid",
    "sub",
];

/// The type of a claim's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClaimKind {
    Text,
    Address,
    Birthdate,
    Boolean,
    List,
    Link,
    Own,
}

/// A person, with everything that claims are made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    pub id: UserId,
    pub username: String,
    pub name: Option<String>,
    pub email: Option<String>,
    /// Everything else.
    pub claims: Claims,
    /// In seconds.
    pub updated_at: Timestamp,
}

impl Person {
    /// The claims that objects show as members of their own, `email_verified` and `groups`, and the other claims.
    pub fn claims_apart(&self) -> (Option<Value>, Option<Value>, Claims) {
        let mut others = self.claims.clone();
        (others.remove("email_verified"), others.remove("groups"), others)
    }

    /// The texts that are no good password of this person.
    pub fn names(&self) -> Vec<&str> {
        let others = [&self.email, &self.name].into_iter().flatten();
        std::iter::once(&self.username).chain(others).map(String::as_str).collect()
    }

    /// The named claims that this person has (OpenID Connect Core §5.4).
    pub fn claims_named<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Claims {
        let named = names.into_iter().filter_map(|name| Some((name.to_owned(), self.claim(name)?)));
        named.collect()
    }

    /// The person after the claims `forgotten` were removed and then `claims` were set; all of them are checked.
    ///
    /// A new e-mail address or phone number is unverified, unless the change also says that it is verified.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn changed(mut self, forgotten: &[String], claims: Claims) -> Result<Self, String> {
        let before = (self.email.clone(), self.claims.get("phone_number").cloned());
        let sets = (claims.contains_key("email_verified"), claims.contains_key("phone_number_verified"));
        for name in forgotten {
            match name.as_str() {
                "name" => self.name = None,
                "email" => self.email = None,
                name => drop(self.claims.remove(name)),
            }
        }
        for (name, value) in claims {
            match (name.as_str(), value) {
                ("name", Value::String(text)) => self.name = Some(text),
                ("email", Value::String(text)) => {
                    check_email(&text)?;
                    self.email = Some(text);
                }
                (_, value) => drop(self.claims.insert(name, value)),
            }
        }
        if self.email != before.0 && !sets.0 {
            self.claims.remove("email_verified");
        }
        if self.claims.get("phone_number") != before.1.as_ref() && !sets.1 {
            self.claims.remove("phone_number_verified");
        }
        check_size(&self.claims)?;
        Ok(self)
    }

    fn claim(&self, name: &str) -> Option<Value> {
        let stored = || self.claims.get(name).cloned();
        let verified = |what: bool| what.then(|| stored().unwrap_or(Value::Bool(false)));
        match name {
            "name" => self.name.clone().map(Value::from),
            "email" => self.email.clone().map(Value::from),
            "preferred_username" => stored().or_else(|| Some(self.username.clone().into())),
            "email_verified" => verified(self.email.is_some()),
            "phone_number_verified" => verified(self.claims.contains_key("phone_number")),
            "updated_at" => Some(self.updated_at.as_unix().into()),
            _ => stored(),
        }
    }
}

/// Parses a claim on the command line. Returns its name and value.
///
/// `name=value` is text, or has the type of OpenID Connect Core §5.1; `name:=value` is JSON.
///
/// # Errors
/// A sentence for the operator.
pub fn parse(text: &str) -> Result<(String, Value), String> {
    let Some((name, value)) = text.split_once('=') else {
        return Err(format!("the claim {text:?} is not of the form name=value"));
    };
    let (name, as_json) = name.strip_suffix(':').map_or((name, false), |name| (name, true));
    check_name(name)?;
    let kind = kind(name);
    let value = if as_json || matches!(kind, ClaimKind::Boolean | ClaimKind::Address | ClaimKind::List) {
        serde_json::from_str(value)
            .map_err(|_| format!("the claim {name} is not JSON: it must be {}", kind.name()))?
    } else {
        Value::from(value)
    };
    check(name, &value)?;
    Ok((name.to_owned(), value))
}

/// Checks the name of a claim for a person or a scope.
///
/// # Errors
/// A sentence for the operator.
pub fn check_name(name: &str) -> Result<(), String> {
    let fits = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'=');
    if name.is_empty() || name.len() > MAX_NAME_LENGTH || !name.bytes().all(fits) || name.ends_with(':') {
        return Err(format!(
            "a claim's name is 1 to {MAX_NAME_LENGTH} characters of printable ASCII without space, quote, backslash and ="
        ));
    }
    if PROTOCOL.contains(&name) || matches!(name, "_claim_names" | "_claim_sources") {
        return Err(format!("the claim {name} is set by the server itself"));
    }
    Ok(())
}

/// The name of a claim without its language: `name` for `name#de` (OpenID Connect Core §5.2).
pub fn without_language(name: &str) -> &str {
    name.split_once('#').map_or(name, |(base, _)| base)
}

/// Checks the value of a claim.
///
/// # Errors
/// A sentence for the operator.
pub fn check(name: &str, value: &Value) -> Result<(), String> {
    if name == "updated_at" {
        return Err(
            "the claim updated_at is set by the server itself: it is the time of the last change".into()
        );
    }
    let kind = kind(name);
    let fits = match (kind, value) {
        (ClaimKind::Text, Value::String(text)) => is_line(text),
        (ClaimKind::Birthdate, Value::String(text)) => is_birthdate(text),
        (ClaimKind::Link, Value::String(text)) => is_link(text),
        (ClaimKind::Boolean, Value::Bool(_)) => true,
        (ClaimKind::Address, Value::Object(members)) => is_address(members),
        (ClaimKind::List, Value::Array(items)) => items.iter().all(|item| item.as_str().is_some_and(is_line)),
        (ClaimKind::Own, Value::String(text)) => text.len() <= MAX_TEXT_LENGTH,
        (ClaimKind::Own, value) => !value.is_null(),
        _ => false,
    };
    if fits { Ok(()) } else { Err(format!("the claim {name} must be {}", kind.name())) }
}

fn check_size(claims: &Claims) -> Result<(), String> {
    let size = serde_json::to_vec(claims).map_or(usize::MAX, |json| json.len());
    if size > MAX_SIZE {
        return Err(format!("the claims of a person have {MAX_SIZE} bytes at most, as JSON"));
    }
    Ok(())
}

fn kind(name: &str) -> ClaimKind {
    // The name may have a language tag: family_name#ja (OpenID Connect Core §5.2).
    match without_language(name) {
        "name" | "email" | "given_name" | "family_name" | "middle_name" | "nickname"
        | "preferred_username" | "gender" | "zoneinfo" | "locale" | "phone_number" => ClaimKind::Text,
        "profile" | "picture" | "website" => ClaimKind::Link,
        "email_verified" | "phone_number_verified" => ClaimKind::Boolean,
        "birthdate" => ClaimKind::Birthdate,
        "address" => ClaimKind::Address,
        "groups" => ClaimKind::List,
        _ => ClaimKind::Own,
    }
}

impl ClaimKind {
    fn name(self) -> &'static str {
        match self {
            Self::Text => {
                "text on one line, of 1 to 2048 bytes, without invisible characters and controls of the writing direction"
            }
            Self::Address => {
                "a JSON object of formatted, street_address, locality, region, postal_code and country, each text"
            }
            Self::Birthdate => "a date such as 1985-10-26, 0000-10-26 without the year, or 1985",
            Self::Boolean => "true or false",
            Self::List => "a JSON array of texts",
            Self::Link => "an http or https address",
            Self::Own => "text of at most 2048 bytes, or JSON but null",
        }
    }
}

fn is_line(text: &str) -> bool {
    (1..=MAX_TEXT_LENGTH).contains(&text.len()) && display_text::is_line(text)
}

fn is_link(text: &str) -> bool {
    let is_web = |url: Url| matches!(url.scheme(), "http" | "https") && url.host().is_some();
    is_line(text) && Url::parse(text).is_ok_and(is_web)
}

/// Whether a text looks like `YYYY`, `YYYY-MM-DD` or `0000-MM-DD`.
fn is_birthdate(text: &str) -> bool {
    let number = |digits: &str, length: usize| {
        (digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| digits.parse::<u32>().ok())
            .flatten()
    };
    let parts: Vec<&str> = text.split('-').collect();
    match parts.as_slice() {
        [year] => number(year, 4).is_some_and(|year| year > 0),
        [year, month, day] => {
            number(year, 4).is_some()
                && number(month, 2).is_some_and(|month| (1..=12).contains(&month))
                && number(day, 2).is_some_and(|day| (1..=31).contains(&day))
        }
        _ => false,
    }
}

fn is_address(members: &Claims) -> bool {
    const MEMBERS: [&str; 6] =
        ["formatted", "street_address", "locality", "region", "postal_code", "country"];
    // An address has several lines.
    let is_text = |value: &Value| {
        let is_text = |text: &str| {
            (1..=MAX_TEXT_LENGTH).contains(&text.len()) && text.split(['\n', '\r']).all(display_text::is_line)
        };
        value.as_str().is_some_and(is_text)
    };
    !members.is_empty()
        && members.iter().all(|(name, value)| MEMBERS.contains(&name.as_str()) && is_text(value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn person(claims: Value) -> Person {
        let Value::Object(claims) = claims else { panic!("an object") };
        Person {
            id: UserId::new("u"),
            username: "jane".into(),
            name: Some("Jane Doe".into()),
            email: None,
            claims,
            updated_at: Timestamp::from_unix(7),
        }
    }

    #[test]
    fn every_standard_claim_is_accepted_in_its_form() {
        for (text, value) in [
            ("given_name=Jane", json!("Jane")),
            ("family_name#ja=ドウ", json!("ドウ")),
            ("nickname:=\"J\"", json!("J")),
            ("birthdate=1985-10-26", json!("1985-10-26")),
            ("birthdate=0000-10-26", json!("0000-10-26")),
            ("birthdate=1985", json!("1985")),
            ("website=https://jane.example.com/", json!("https://jane.example.com/")),
            ("email_verified=true", json!(true)),
            ("groups=[\"staff\", \"on call\"]", json!(["staff", "on call"])),
            (
                "address={\"formatted\": \"1 Road\\nTown\", \"country\": \"SE\"}",
                json!({"formatted": "1 Road\nTown", "country": "SE"}),
            ),
            ("locale=sv-SE", json!("sv-SE")),
            ("https://example.com/level=3", json!("3")),
            ("level:=3", json!(3)),
            ("motto=a=b", json!("a=b")),
        ] {
            let (name, read) = parse(text).unwrap_or_else(|why| panic!("{text}: {why}"));
            assert_eq!(read, value, "{text}");
            assert!(text.starts_with(&name), "{text}");
        }
    }

    #[test]
    fn claims_of_another_form_are_refused() {
        let long = format!("nickname={}", "x".repeat(2049));
        for text in [
            "given_name",
            "=x",
            "given_name=",
            "given_name=a\nb",
            "given_name:=3",
            "given_name:=",
            &long,
            "birthdate=26.10.1985",
            "birthdate=1985-13-01",
            "birthdate=1985-1-1",
            "birthdate=0000",
            "birthdate=1985-10",
            "website=jane.example.com",
            "picture=javascript:alert(1)",
            "picture=data:image/png;base64,x",
            "email_verified=yes",
            "email_verified=\"true\"",
            "groups=staff",
            "groups=[1]",
            "groups={}",
            "address=Main street",
            "address={}",
            "address={\"planet\": \"Mars\"}",
            "address={\"country\": 1}",
            "updated_at=1",
            "sub=u",
            "iss=x",
            "aud:=[]",
            "nonce=x",
            "own:=null",
            "own:=[",
            "with space=1",
            "_claim_names:={}",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_requested_and_known_claims_are_returned() {
        let jane = person(json!({"phone_number": "+46 1", "groups": ["staff"], "level": 3}));
        let claims = |names: &[&str]| Value::Object(jane.claims_named(names.iter().copied()));
        assert_eq!(claims(&[]), json!({}));
        assert_eq!(claims(&["name", "email", "email_verified"]), json!({"name": "Jane Doe"}));
        assert_eq!(
            claims(&["phone_number", "phone_number_verified", "groups", "unknown", "sub"]),
            json!({"phone_number": "+46 1", "phone_number_verified": false, "groups": ["staff"]})
        );
        assert_eq!(
            claims(&["preferred_username", "updated_at"]),
            json!({"preferred_username": "jane", "updated_at": 7})
        );
        let other = person(json!({"preferred_username": "J."}));
        assert_eq!(
            Value::Object(other.claims_named(["preferred_username"])),
            json!({"preferred_username": "J."})
        );
    }

    #[test]
    fn a_changed_address_is_no_longer_verified() {
        let claims = |text: &str| -> Claims { text.split(' ').map(|text| parse(text).unwrap()).collect() };
        let before = person(json!({}))
            .changed(
                &[],
                claims(
                    "email=a@b.example email_verified=true phone_number=1 phone_number_verified=true level=3",
                ),
            )
            .unwrap();
        let verified = |person: &Person| {
            let claims = person.claims_named(["email_verified", "phone_number_verified"]);
            ["email_verified", "phone_number_verified"].map(|name| claims.get(name).cloned())
        };
        let (yes, no) = (Some(Value::Bool(true)), Some(Value::Bool(false)));
        assert_eq!(verified(&before), [yes.clone(), yes.clone()]);
        let after = |forgotten: &[&str], text: &str| {
            let forgotten: Vec<String> = forgotten.iter().map(|name| (*name).to_owned()).collect();
            let claims = if text.is_empty() { Claims::new() } else { claims(text) };
            before.clone().changed(&forgotten, claims).unwrap()
        };
        assert_eq!(verified(&after(&[], "email=a@b.example level=4")), [yes.clone(), yes.clone()]);
        assert_eq!(verified(&after(&[], "email=c@d.example")), [no.clone(), yes.clone()]);
        assert_eq!(verified(&after(&[], "phone_number=2")), [yes.clone(), no]);
        assert_eq!(
            verified(&after(&[], "email=c@d.example email_verified=true")),
            [yes.clone(), yes.clone()]
        );
        assert_eq!(verified(&after(&["email"], "")), [None, yes]);
        assert_eq!(after(&["level", "name"], "").claims_named(["level", "name"]), Claims::new());
        assert!(before.clone().changed(&[], claims("email=nobody")).is_err());
    }

    #[test]
    fn the_total_size_of_a_persons_claims_is_limited() {
        let claims = |count: usize| -> Claims {
            (0..count).map(|index| (format!("c{index}"), Value::from("x".repeat(2000)))).collect()
        };
        let change = |count| person(json!({})).changed(&[], claims(count));
        assert!(change(8).is_ok());
        assert!(change(9).unwrap_err().contains("16384 bytes"));
    }
}
