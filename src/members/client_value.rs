//! Whether a client can have the value of a member, looked at alone, and what is wrong with it otherwise.

use serde_json::{Map, Value, json};

use super::Members;
use crate::oauth::client::origin::Origin;
use crate::oauth::client::{ClientKind, ClientMetadata, GrantType};
use crate::oauth::request::redirect_uri::RegisteredUri;
use crate::representation::settings::{CLIENT, Form};

/// Members whose lists have words that this server must know.
const WORDS: [&str; 2] = ["grant_types", "response_types"];

/// Checks the value of each member, and brings words that mean a default into the form of the metadata. What a client cannot
/// have is noted and removed. In a list, another text takes the place of each faulty one, so that the others keep theirs.
pub(super) fn check(members: &mut Members, object: &mut Map<String, Value>) {
    for (name, word) in [("assertion_audience", "issuer"), ("id_token_claims", "none")] {
        if object.get(name).and_then(Value::as_str) == Some(word) {
            object.insert(name.to_owned(), Value::Null);
        }
    }
    object.retain(|name, value| {
        check_elements(members, name, value);
        let is_good = fits(name, value);
        if is_good {
            check_words(members, name, value);
        } else {
            members.wrong(name, expected(name));
        }
        is_good
    });
    if let Some(types) = object.get_mut("response_types").and_then(Value::as_array_mut) {
        // It follows from the grant type.
        types.retain(|word| word != "code");
    }
}

/// Whether the member alone can have this value.
fn fits(name: &str, value: &Value) -> bool {
    if value.is_null() {
        return true;
    }
    let mut object = json!({ "kind": "web", "client_name": "-", "grant_types": [] });
    object[name] = value.clone();
    if let Some(start) = name.strip_suffix("_response_enc") {
        object[format!("{start}_response_alg")] = "RSA-OAEP-256".into();
    }
    object.as_object().and_then(metadata).is_some()
}

/// Looks at each element of a list of texts by itself. Faulty ones are noted with their places.
fn check_elements(members: &mut Members, name: &str, value: &mut Value) {
    let is_list = CLIENT
        .find(name)
        .is_some_and(|member| matches!(member.form, Form::TextList | Form::UriList | Form::WordList(_)));
    let Some(list) = value.as_array_mut().filter(|_| is_list) else { return };
    let mut kept = Vec::new();
    for (n, element) in std::mem::take(list).into_iter().enumerate() {
        let place = format!("{name}/{n}");
        let fault = match element.as_str() {
            None => Some("it must be a text".to_owned()),
            Some(text) if !fits(name, &json!([text])) => Some(fault_of(name, text)),
            Some(_) => None,
        };
        match fault {
            None => kept.push(element),
            Some(fault) => {
                members.wrong(&place, fault);
                kept.extend(stand_in(name, n));
            }
        }
    }
    *list = kept;
}

/// What is wrong with a text that cannot even be stored.
fn fault_of(name: &str, text: &str) -> String {
    let fault = match name {
        "redirect_uris" | "post_logout_redirect_uris" => {
            RegisteredUri::register(text, ClientKind::Native).err()
        }
        "origins" => Origin::register(text).err(),
        _ => None,
    };
    fault.unwrap_or_else(|| expected(name))
}

/// An address in place of a faulty one, or an empty text where the list can have one. The client is only checked.
fn stand_in(name: &str, n: usize) -> Option<Value> {
    match name {
        "redirect_uris" | "post_logout_redirect_uris" => Some(format!("https://stand-in.invalid/{n}").into()),
        "origins" => Some(format!("https://stand-in-{n}.invalid").into()),
        _ => Some(Value::from("")).filter(|empty| fits(name, &json!([empty]))),
    }
}

/// Notes each word of a list that this server does not know. The others stay, so that they are checked with the other
/// members.
fn check_words(members: &mut Members, name: &str, value: &Value) {
    let Some(words) = value.as_array().filter(|_| WORDS.contains(&name)) else { return };
    let object = json!({ "kind": "web", "client_name": "-", "grant_types": [], name: value });
    let read = object.as_object().and_then(metadata);
    let kept = serde_json::to_value(&read).unwrap_or_default();
    for (n, word) in words.iter().enumerate() {
        let place = format!("{name}/{n}");
        let is_kept = kept[name].as_array().is_some_and(|kept| kept.contains(word));
        if !is_kept && !members.is_wrong(&place) {
            members.wrong(&place, "this server does not know it");
        }
    }
}

/// What the value of a member must be, in a sentence.
fn expected(name: &str) -> String {
    let words = |words: fn() -> Vec<&'static str>| words().join(", ");
    let Some(member) = CLIENT.find(name) else { return "this object has no such member".to_owned() };
    match member.form {
        Form::Word(known) => format!("it must be one of: {}", words(known)),
        Form::WordList(known) => format!("it must be a list of these words: {}", words(known)),
        Form::TextList | Form::UriList => "it must be a list of texts".to_owned(),
        Form::Flag => "it must be true or false".to_owned(),
        Form::Number | Form::Seconds => "it must be a whole number".to_owned(),
        Form::JwkSet => "it must be a JWK Set: an object with an array `keys`".to_owned(),
        Form::ClaimChoice => "it must be none, scopes, or a list of names of claims".to_owned(),
        Form::Colour => "it must be a colour such as #00aa77".to_owned(),
        Form::Text
        | Form::TextByLanguage
        | Form::Uri
        | Form::UriByLanguage
        | Form::Scope
        | Form::Secret
        | Form::Time => "it must be a text".to_owned(),
        _ => "the value has the wrong type".to_owned(),
    }
}

/// The metadata of an object; the grant types of its kind if it names none.
pub(super) fn metadata(object: &Map<String, Value>) -> Option<ClientMetadata> {
    let mut object = object.clone();
    let kind = object.get("kind").and_then(Value::as_str).and_then(ClientKind::parse)?;
    let grants: Vec<&str> = GrantType::default_for(kind).iter().map(|grant| grant.as_str()).collect();
    object.entry("grant_types").or_insert_with(|| grants.into());
    serde_json::from_value(Value::Object(object)).ok()
}
