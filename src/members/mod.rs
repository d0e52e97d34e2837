//! Objects from JSON, member by member, so that every faulty member is named at once. The management API and the console read
//! the same members, and so refuse the same things.

pub mod api_key;
pub mod authorization_type;
pub mod client;
mod client_value;
pub mod key_rotation;
pub(crate) mod named;
pub mod resource;
pub mod scope;
pub mod trusted_issuer;
pub mod user;
pub mod webhook;

use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::http::general_error::FaultyMember;
use crate::oauth::grant::scope::Scope;
use crate::oauth::id::ClientId;
use crate::oauth::quoted::quoted;
use crate::oauth::reason::Reason;
use crate::operations::list_change::ListChange;
use crate::representation::settings::{Given, ObjectSettings, Shown};

/// The members of a body that have not been read yet, and what was wrong with the others.
#[derive(Debug)]
pub struct Members {
    left: Map<String, Value>,
    faults: Vec<FaultyMember>,
    /// The table of the members that the object can have.
    of: &'static ObjectSettings,
}

impl Members {
    /// The members of an object of this kind, of which none has been read.
    pub fn of(of: &'static ObjectSettings, object: Map<String, Value>) -> Self {
        Self { left: object, faults: Vec::new(), of }
    }

    /// Takes a member as it is. `None` if it did not come.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        debug_assert!(self.of.find(name).is_some(), "{name} is not in the table of {}", self.of.name);
        self.left.remove(name)
    }

    /// The members that are left and have the text `name` in a language, such as `description#de`, each with the tag after
    /// the `#`.
    pub fn in_languages(&self, name: &str) -> Vec<(String, String)> {
        let tag = |member: &String| Some(member.strip_prefix(name)?.strip_prefix('#')?.to_owned());
        self.left.keys().filter_map(|member| Some((member.clone(), tag(member)?))).collect()
    }

    /// Takes all members that are left.
    pub fn take_all(&mut self) -> Map<String, Value> {
        std::mem::take(&mut self.left)
    }

    /// Whether a member came and was not taken yet.
    pub fn has(&self, name: &str) -> bool {
        self.left.contains_key(name)
    }

    /// Takes a text that may be missing or `null`.
    pub fn text(&mut self, name: &str) -> Option<String> {
        self.changed_text(name).flatten()
    }

    /// Takes a text that may be missing. `Some(None)` for `null`.
    pub fn changed_text(&mut self, name: &str) -> Option<Option<String>> {
        match self.take(name)? {
            Value::Null => Some(None),
            Value::String(text) => Some(Some(text)),
            _ => {
                self.wrong(name, "it must be a text");
                None
            }
        }
    }

    /// Takes a text that may be missing, and cannot be removed.
    pub fn kept_text(&mut self, name: &str) -> Option<String> {
        let text = self.changed_text(name);
        if text == Some(None) {
            self.wrong(name, "it cannot be removed");
        }
        text.flatten()
    }

    /// Takes a text that must come; empty after a fault.
    pub fn required_text(&mut self, name: &str) -> String {
        match self.take(name) {
            Some(Value::String(text)) => return text,
            Some(_) => self.wrong(name, "it must be a text"),
            None => self.missing(name),
        }
        String::new()
    }

    /// Takes the name of the object, which is in the address, too, and may be missing in the body.
    pub fn named(&mut self, name: &str, in_address: &str) {
        if self.take(name).is_some_and(|named| named.as_str() != Some(in_address)) {
            self.wrong(name, "it must be the one in the address");
        }
    }

    /// Drops the members that answers have and that only the server sets, so that an object can be sent back as it was read.
    pub fn drop_read_only(&mut self) {
        let is_shown = |shown| matches!(shown, Shown::Always | Shown::Sometimes);
        for member in self.of.members.iter().filter(|member| member.is_by_server() && is_shown(member.shown))
        {
            self.left.remove(member.name);
        }
    }

    /// Takes a text that is one of these words and may be missing. `Some(None)` for `null`.
    pub fn changed_word<T>(
        &mut self,
        name: &str,
        words: &[&str],
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<Option<T>> {
        let Some(text) = self.changed_text(name)? else { return Some(None) };
        let value = parse(&text);
        if value.is_none() {
            self.wrong(name, format!("it must be one of: {}", words.join(", ")));
        }
        value.map(Some)
    }

    /// Takes scopes that are separated by spaces and replace those before, if they come. `null` and the empty text are no
    /// scopes.
    pub fn scope_change(&mut self, name: &str) -> ListChange<String> {
        let Some(text) = self.changed_text(name) else { return ListChange::Keep };
        let text = text.filter(|text| !text.is_empty());
        match text.map_or_else(|| Ok(Scope::default()), |text| Scope::parse(&text)) {
            Ok(scope) => ListChange::Replace(scope.names().map(str::to_owned).collect()),
            Err(error) => {
                self.wrong(name, error.description.to_string());
                ListChange::Keep
            }
        }
    }

    /// Takes the ids of clients that replace those before, if they come.
    pub fn clients(&mut self, name: &str) -> ListChange<ClientId> {
        let ids = |ids: Vec<String>| ListChange::Replace(ids.into_iter().map(ClientId::new).collect());
        self.texts(name).map_or(ListChange::Keep, ids)
    }

    /// Takes `true` or `false`, which may be missing. `null` is false, as every flag is that was never set.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        match self.take(name)? {
            Value::Null => Some(false),
            Value::Bool(flag) => Some(flag),
            _ => {
                self.wrong(name, "it must be true or false");
                None
            }
        }
    }

    /// Takes a whole number, which may be missing. `Some(None)` for `null`.
    pub fn changed_number(&mut self, name: &str) -> Option<Option<i64>> {
        match self.take(name)? {
            Value::Null => Some(None),
            Value::Number(number) if number.as_i64().is_some() => Some(number.as_i64()),
            _ => {
                self.wrong(name, "it must be a whole number");
                None
            }
        }
    }

    /// Takes a list of texts, which may be missing. `null` is an empty list. An empty text takes the place of what is not a
    /// text and is noted, so that the others keep their places.
    pub fn texts(&mut self, name: &str) -> Option<Vec<String>> {
        let list = match self.take(name)? {
            Value::Null => return Some(Vec::new()),
            Value::Array(list) => list,
            _ => {
                self.wrong(name, "it must be a list of texts");
                return None;
            }
        };
        let text = |(n, item): (usize, Value)| match item {
            Value::String(text) => text,
            _ => {
                self.wrong(&format!("{name}/{n}"), "it must be a text");
                String::new()
            }
        };
        Some(list.into_iter().enumerate().map(text).collect())
    }

    /// Takes a text or a list of texts, which may be missing.
    pub fn text_or_texts(&mut self, name: &str) -> Vec<String> {
        match self.left.get(name) {
            Some(Value::Array(_)) => self.texts(name).unwrap_or_default(),
            Some(Value::String(_) | Value::Null) | None => self.text(name).into_iter().collect(),
            Some(_) => {
                self.take(name);
                self.wrong(name, "it must be a text or a list of texts");
                Vec::new()
            }
        }
    }

    /// Takes a time as RFC 3339 writes it, which may be missing. `Some(None)` for `null`.
    pub fn changed_time(&mut self, name: &str) -> Option<Option<Timestamp>> {
        let Some(text) = self.changed_text(name)? else { return Some(None) };
        let time = Timestamp::parse(&text);
        if time.is_none() {
            self.wrong(name, "it must be a time such as 2027-01-31T12:00:00Z (RFC 3339)");
        }
        time.map(Some)
    }

    /// Notes that the value of a member is not valid. `place` is a JSON Pointer without its first slash.
    pub fn wrong(&mut self, place: &str, sentence: impl Into<String>) {
        self.note(place, Reason::ApiMemberInvalid, sentence.into());
    }

    /// Notes that a required member did not come.
    pub fn missing(&mut self, name: &str) {
        self.note(name, Reason::ApiMemberMissing, format!("`{name}` is required"));
    }

    /// Notes that a required member did not come, if nothing else is wrong with it.
    pub fn missing_unless_wrong(&mut self, name: &str) {
        if !self.is_wrong(name) {
            self.missing(name);
        }
    }

    /// Whether something is wrong with the value at this place, in a part of it, or in something that it is a part of.
    pub fn is_wrong(&self, place: &str) -> bool {
        let field = format!("/{place}");
        self.faults.iter().any(|fault| fault.overlaps(&field))
    }

    /// Notes that this object has no such member, or that requests like this one cannot set it.
    pub fn unknown(&mut self, name: &str) {
        let place = name.replace('~', "~0").replace('/', "~1");
        match self.of.find(name) {
            Some(member) if member.is_by_server() => self.wrong(&place, "only the server sets it"),
            Some(member) if matches!(member.given, Given::AtCreation { .. }) => {
                self.wrong(&place, "only the request that creates the object can set it");
            }
            _ => self.note(
                &place,
                Reason::ApiMemberUnknown,
                format!("this object has no member {}", quoted(name)),
            ),
        }
    }

    /// Whether something is wrong with a member that was read.
    pub fn has_faults(&self) -> bool {
        !self.faults.is_empty()
    }

    fn note(&mut self, place: &str, reason: Reason, description: String) {
        self.faults.push(FaultyMember { field: format!("/{place}"), reason, description });
    }

    /// Checks that all members were read and are valid.
    ///
    /// # Errors
    /// If a member is faulty, with every faulty member. A member that is left is unknown.
    pub fn end(mut self) -> Result<(), Vec<FaultyMember>> {
        for name in self.take_all().keys() {
            self.unknown(name);
        }
        if self.faults.is_empty() { Ok(()) } else { Err(self.faults) }
    }
}
