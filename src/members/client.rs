//! The members of a client in a body.

use serde_json::{Map, Value, json};

use super::Members;
use crate::oauth::client::{Client, ClientKind, ClientMetadata, GrantType};
use crate::oauth::id::ClientId;
use crate::operations::fault::{Fault, Faults};
use crate::operations::merge_patch::merge;
use crate::representation::settings::{CLIENT, Given, Setting};
use crate::secret::{Secret, random_id};

/// Members whose lists have words that this server must know.
const WORDS: [&str; 2] = ["grant_types", "response_types"];

/// A client to register.
pub struct NewMembers {
    pub client: Client,
    pub secret: Option<Secret>,
}

impl NewMembers {
    /// Reads a client to register. `id` is the one in the address, if it has one; otherwise the body may name it, and the
    /// server makes one if it does not. What is wrong is noted with the members.
    pub fn read(members: &mut Members, id: Option<&ClientId>) -> Self {
        let named = members.text("client_id");
        let id = match (id, named) {
            (Some(id), Some(named)) if id.as_str() != named => {
                members.wrong("client_id", "it must be the one in the address");
                id.clone()
            }
            (Some(id), _) => id.clone(),
            (None, Some(named)) => ClientId::new(named),
            (None, None) => ClientId::new(random_id()),
        };
        let secret = members.text("client_secret").map(Secret::new);
        let disabled = members.flag("disabled").unwrap_or_default();
        let mut object = members.take_all();
        for required in ["kind", "client_name"] {
            if object.get(required).is_none_or(Value::is_null) {
                members.missing(required);
            }
        }
        object.retain(|_, value| !value.is_null());
        check(members, &mut object);
        if let Some(alone) = alone(&object).map(str::to_owned) {
            members.wrong(&alone, without_default(&alone));
        }
        let metadata = metadata(&object).unwrap_or_else(|| ClientMetadata::new("-", ClientKind::Web));
        Self { client: Client { disabled, ..Client::new(id, metadata) }, secret }
    }
}

/// Reads a merge patch of a client (RFC 7396). What is wrong is noted with the members.
pub fn read_patch(members: &mut Members, id: &ClientId) -> Map<String, Value> {
    if members.text("client_id").is_some_and(|named| named != id.as_str()) {
        members.wrong("client_id", "the id of a client never changes");
    }
    let disabled = members.flag("disabled");
    let mut object = members.take_all();
    for required in ["kind", "client_name"] {
        if object.get(required).is_some_and(Value::is_null) {
            members.wrong(required, "it cannot be removed");
        }
    }
    check(members, &mut object);
    if let Some(disabled) = disabled {
        object.insert("disabled".to_owned(), disabled.into());
    }
    object
}

/// The client after a patch that [`read_patch`] has read.
///
/// # Errors
/// If the members do not fit together.
pub fn patched(before: &Client, patch: &Map<String, Value>) -> Result<Client, Faults> {
    let mut patch = patch.clone();
    let disabled = patch.remove("disabled").and_then(|value| value.as_bool()).unwrap_or(before.disabled);
    let mut object = serde_json::to_value(&before.metadata).unwrap_or_default();
    merge(&mut object, Value::Object(patch));
    let mut members = object.as_object().cloned().unwrap_or_default();
    members.retain(|_, value| !value.is_null());
    if let Some(alone) = alone(&members) {
        return Err(Fault::invalid(alone.to_owned(), without_default(alone)).into());
    }
    let wrong = || Fault::invalid("client_id", "the members do not fit together");
    let metadata = metadata(&members).ok_or_else(wrong)?;
    Ok(Client { metadata, disabled, ..before.clone() })
}

/// The first text in a language without the text that everyone else gets.
fn alone(object: &Map<String, Value>) -> Option<&str> {
    let mut names = object.keys().map(String::as_str);
    names.find(|name| name.split_once('#').is_some_and(|(base, _)| !object.contains_key(base)))
}

fn without_default(name: &str) -> String {
    let base = name.split('#').next().unwrap_or(name);
    format!("it needs `{base}` beside it, for people of every other language")
}

/// Checks the name and the type of each member, and brings words that mean a default into the form of the metadata.
fn check(members: &mut Members, object: &mut Map<String, Value>) {
    for (name, word) in [("assertion_audience", "issuer"), ("id_token_claims", "none")] {
        if object.get(name).and_then(Value::as_str) == Some(word) {
            object.insert(name.to_owned(), Value::Null);
        }
    }
    let names: Vec<String> = object.keys().cloned().collect();
    for name in names {
        match CLIENT.find(&name) {
            Some(member) if member.is_by_server() => members.wrong(&name, "only the server sets it"),
            // It is read before, if the request may have it.
            None | Some(Setting { given: Given::AtCreation { .. }, .. }) => members.unknown(&name),
            Some(_) if fits(members, &name, &object[&name]) => continue,
            Some(_) => {}
        }
        object.remove(&name);
    }
    if let Some(types) = object.get_mut("response_types").and_then(Value::as_array_mut) {
        // It follows from the grant type.
        types.retain(|word| word != "code");
    }
}

/// Whether a member alone has a value that a client can have.
fn fits(members: &mut Members, name: &str, value: &Value) -> bool {
    if value.is_null() {
        return true;
    }
    let mut object = json!({ "kind": "web", "client_name": "-", "grant_types": [] });
    object[name] = value.clone();
    if name.ends_with("_enc") {
        object[name.replace("_enc", "_alg")] = "RSA-OAEP-256".into();
    }
    let read = object.as_object().and_then(metadata);
    let Some(read) = read else {
        members.wrong(name, "the value has the wrong type, or is no word that this member can have");
        return false;
    };
    let Some(words) = value.as_array().filter(|_| WORDS.contains(&name)) else { return true };
    let kept = serde_json::to_value(&read).unwrap_or_default();
    for (n, word) in words.iter().enumerate() {
        let is_kept = kept[name].as_array().is_some_and(|kept| kept.contains(word));
        if !is_kept {
            members.wrong(&format!("{name}/{n}"), "this server does not know it");
        }
    }
    true
}

/// The metadata of an object; the grant types of its kind if it names none.
fn metadata(object: &Map<String, Value>) -> Option<ClientMetadata> {
    let mut object = object.clone();
    let kind = object.get("kind").and_then(Value::as_str).and_then(ClientKind::parse)?;
    let grants: Vec<&str> = GrantType::default_for(kind).iter().map(|grant| grant.as_str()).collect();
    object.entry("grant_types").or_insert_with(|| grants.into());
    serde_json::from_value(Value::Object(object)).ok()
}
