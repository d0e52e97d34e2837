//! The members of a client in a body.

use serde_json::{Map, Value};
use strum::VariantArray as _;

use super::client_value::metadata;
use super::{Members, client_value};
use crate::oauth::client::{Client, ClientKind, ClientMetadata, registration};
use crate::oauth::id::ClientId;
use crate::oauth::language_tag::LanguageTag;
use crate::operations::fault::{Fault, Faults};
use crate::operations::merge_patch::merge;
use crate::representation::settings::{CLIENT, Given, Setting};
use crate::secret::{Secret, random_id};

/// The name of a client whose own could not be read. The client is only checked.
const STAND_IN: &str = "-";

/// A client to register, as far as it could be read.
pub struct NewMembers {
    pub client: Client,
    /// The same client of each other kind, if the members do not say which kind it is.
    pub of_other_kinds: Vec<Client>,
    pub secret: Option<Secret>,
}

impl NewMembers {
    /// Reads a client to register. `id` is the one in the address, if it has one; otherwise the body may name it, and the
    /// server makes one if it does not. What is wrong is noted with the members.
    pub fn read(members: &mut Members, id: Option<&ClientId>) -> Self {
        let id = match id {
            Some(id) => {
                members.named("client_id", id.as_str());
                id.clone()
            }
            None => ClientId::new(members.text("client_id").unwrap_or_else(random_id)),
        };
        let secret = members.text("client_secret").map(Secret::new);
        let disabled = members.flag("disabled").unwrap_or_default();
        let mut object = members.take_all();
        for required in ["kind", "client_name"] {
            if object.get(required).is_none_or(Value::is_null) {
                members.missing(required);
            }
        }
        check_names(members, &mut object);
        object.retain(|_, value| !value.is_null());
        for (member, sentence) in take_unpaired(&mut object) {
            members.wrong(&member, sentence);
        }
        client_value::check(members, &mut object);
        // Where a faulty member was dropped, what goes with it cannot be judged.
        take_unpaired(&mut object);
        object.entry("client_name").or_insert_with(|| STAND_IN.into());
        let kind = object.get("kind").and_then(Value::as_str).and_then(ClientKind::parse);
        let of_kind = |kind: ClientKind| {
            object.insert("kind".to_owned(), kind.as_str().into());
            let metadata = metadata(&object).unwrap_or_else(|| ClientMetadata::new(STAND_IN, kind));
            Client { disabled, ..Client::new(id.clone(), metadata) }
        };
        let kinds = kind.as_ref().map_or(ClientKind::VARIANTS, std::slice::from_ref);
        let mut clients: Vec<Client> = kinds.iter().copied().map(of_kind).collect();
        Self { client: clients.remove(0), of_other_kinds: clients, secret }
    }
}

/// Reads a merge patch of a client (RFC 7396). What is wrong is noted with the members.
pub fn read_patch(members: &mut Members, id: &ClientId) -> Map<String, Value> {
    members.named("client_id", id.as_str());
    let disabled = members.flag("disabled");
    let mut object = members.take_all();
    for required in ["kind", "client_name"] {
        if object.get(required).is_some_and(Value::is_null) {
            members.wrong(required, "it cannot be removed");
            object.remove(required);
        }
    }
    check_names(members, &mut object);
    client_value::check(members, &mut object);
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
    // As the members of the client are spelled: a merge compares names byte by byte.
    let patch = patch.into_iter().map(|(name, value)| (canonical(name), value)).collect();
    merge(&mut object, Value::Object(patch));
    let mut members = object.as_object().cloned().unwrap_or_default();
    members.retain(|_, value| !value.is_null());
    let unpaired = take_unpaired(&mut members).into_iter();
    let mut faults: Vec<Fault> =
        unpaired.map(|(member, sentence)| Fault::invalid(member, sentence)).collect();
    let wrong = || Fault::invalid("client_id", "the members do not fit together");
    let metadata = metadata(&members).ok_or_else(wrong)?;
    if !faults.is_empty() {
        let others = registration::check(&metadata).into_iter();
        faults.extend(others.map(|wrong| Fault::invalid(wrong.member, wrong.sentence)));
    }
    Faults::refuse_if_any(faults)?;
    Ok(Client { metadata, disabled, ..before.clone() })
}

/// Returns the name of a member with its language tag, if it has one, in the canonical case: `client_name#de` for
/// `client_name#DE`.
fn canonical(name: String) -> String {
    let in_case = |(base, tag): (&str, &str)| Some(format!("{base}#{}", LanguageTag::parse(tag)?));
    name.split_once('#').and_then(in_case).unwrap_or(name)
}

/// Takes the members that cannot be without another one, which is missing: a text in a language without the text that everyone
/// else gets, and how a content is encrypted without how its key is. Returns their names, each with what is wrong.
fn take_unpaired(object: &mut Map<String, Value>) -> Vec<(String, String)> {
    let fault = |name: &String| {
        let (needed, why) = match (name.split_once('#'), name.strip_suffix("_response_enc")) {
            (Some((base, _)), _) => (base.to_owned(), ", for people of every other language"),
            (None, Some(start)) => (format!("{start}_response_alg"), ""),
            (None, None) => return None,
        };
        let sentence = format!("it needs `{needed}` beside it{why}");
        (!object.contains_key(&needed)).then(|| (name.clone(), sentence))
    };
    let found: Vec<(String, String)> = object.keys().filter_map(fault).collect();
    object.retain(|name, _| found.iter().all(|(unpaired, _)| unpaired != name));
    found
}

/// Notes and removes members that a client does not have, or that only the server sets.
fn check_names(members: &mut Members, object: &mut Map<String, Value>) {
    let mut known: Vec<(String, LanguageTag)> = Vec::new();
    object.retain(|name, _| {
        match CLIENT.find(name) {
            Some(member) if member.is_by_server() => members.wrong(name, "only the server sets it"),
            // It is read before, if the request may have it.
            None | Some(Setting { given: Given::AtCreation { .. }, .. }) => members.unknown(name),
            Some(_) => match name.split_once('#').map(|(base, tag)| (base, LanguageTag::parse(tag))) {
                None => return true,
                Some((_, None)) => members.unknown(name),
                Some((base, Some(tag))) => {
                    let text = (base.to_owned(), tag);
                    if !known.contains(&text) {
                        known.push(text);
                        return true;
                    }
                    members.wrong(name, "this language comes twice");
                }
            },
        }
        false
    });
}
