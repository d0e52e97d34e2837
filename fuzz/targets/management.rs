//! What comes to the management API.

use std::sync::OnceLock;

use grantor::api::query;
use grantor::members::Members;
use grantor::members::client::{self, NewMembers};
use grantor::oauth::client::{Client, ClientMetadata, registration};
use grantor::oauth::id::ClientId;
use grantor::oauth::strict_json;
use grantor::operations::list::Cursor;
use grantor::operations::merge_patch::merge;
use grantor::representation;
use grantor::representation::settings::CLIENT;
use serde_json::{Map, Value};

use super::{check_keeps_secret, check_keeps_secret_beside, check_refusal, check_sentence, text, two};

/// How many levels of arrays and objects a value has.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

/// JSON of any kind.
pub(super) fn json(input: &[u8]) {
    match strict_json::read(input, 8) {
        Ok(value) => {
            assert!(depth(&value) <= 8);
            assert_eq!(serde_json::from_slice::<Value>(input).expect("JSON"), value, "another reader");
            let written = value.to_string();
            assert_eq!(strict_json::read(written.as_bytes(), 8).expect("what was written"), value);
        }
        Err(wrong) => {
            check_sentence(&wrong.to_string());
            check_keeps_secret(&format!("{wrong} {wrong:?}"));
        }
    }
    if let Ok(members) = strict_json::object(input) {
        assert!(depth(&Value::Object(members)) <= 16);
    }
}

/// A value and a merge patch, each in a line (RFC 7396).
pub(super) fn merge_patch(input: &[u8]) {
    let Some((target, patch)) = two(input) else { return };
    let read = |text: &str| strict_json::read(text.as_bytes(), 16).ok();
    let (Some(target), Some(patch)) = (read(target), read(patch)) else { return };
    let merged = |mut target: Value| {
        merge(&mut target, patch.clone());
        target
    };
    let once = merged(target.clone());
    assert_eq!(merged(once.clone()), once, "twice is the same as once");
    let Value::Object(members) = &patch else { return assert_eq!(once, patch) };
    for (name, value) in members {
        match value {
            Value::Null => assert!(once.get(name).is_none(), "{name}"),
            Value::Object(_) => assert!(once[name].is_object(), "{name}"),
            value => assert_eq!(&once[name], value),
        }
    }
    let others = target.as_object().into_iter().flatten().filter(|(name, _)| !members.contains_key(*name));
    others.for_each(|(name, value)| assert_eq!(&once[name], value));
}

/// The JSON of a new client, and that of a patch in the next line.
pub(super) fn client(input: &[u8]) {
    let Some(whole) = text(input) else { return };
    let (new, patch) = two(input).unwrap_or((whole, "{}"));
    let Ok(object) = strict_json::object(new.as_bytes()) else { return };
    let Some(client) = read_client(object) else { return };
    // What an answer shows can be sent back.
    let shown = representation::client::settings(&client);
    let mut members = Members::of(&CLIENT, shown.as_object().expect("an object").clone());
    members.drop_read_only();
    let again = NewMembers::read(&mut members, Some(&client.id)).client;
    check_faults(members, &shown.to_string());
    assert_eq!(representation::client::settings(&again), shown);
    let Ok(patch) = strict_json::object(patch.as_bytes()) else { return };
    let others = without_secret(&patch);
    let mut members = Members::of(&CLIENT, patch);
    let patch = client::read_patch(&mut members, &client.id);
    if check_faults(members, &others)
        && let Ok(once) = client::patched(&client, &patch)
    {
        let twice = client::patched(&once, &patch).expect("the same patch");
        assert_eq!(representation::client::settings(&twice), representation::client::settings(&once));
    }
}

/// The client that an object describes; `None` if it is refused.
fn read_client(object: Map<String, Value>) -> Option<Client> {
    let others = without_secret(&object);
    let mut members = Members::of(&CLIENT, object);
    let NewMembers { client, secret, .. } = NewMembers::read(&mut members, Some(&ClientId::new("app")));
    check_keeps_secret(&format!("{secret:?}"));
    if !check_faults(members, &others) {
        return None;
    }
    let wrong = registration::check(&client);
    for wrong in &wrong {
        assert!(!wrong.sentence.is_empty() && !wrong.sentence.contains('\n'), "{wrong:?}");
        check_keeps_secret_beside(&others, &wrong.sentence);
    }
    let stored = client.metadata.to_json().expect("JSON");
    let back = ClientMetadata::from_json(&stored).expect("what was stored");
    assert_eq!(back.to_json().expect("JSON"), stored);
    wrong.is_empty().then_some(client)
}

/// What the faults of a client may repeat: all members but the secret.
fn without_secret(object: &Map<String, Value>) -> String {
    let mut others = object.clone();
    others.remove("client_secret");
    Value::Object(others).to_string()
}

/// Whether a body has no faults; each that it has is a sentence about a place in it. `others`: its members but the secret.
fn check_faults(members: Members, others: &str) -> bool {
    let Err(faults) = members.end() else { return true };
    assert!(!faults.is_empty());
    for fault in faults {
        check_sentence(&fault.description);
        check_keeps_secret_beside(others, &fault.description);
    }
    false
}

/// The query of a request to the management API.
pub(super) fn query(input: &[u8]) {
    let Some(text) = text(input) else { return };
    match query::parameters(text) {
        Ok(parameters) => {
            let written = serde_urlencoded::to_string(&parameters).expect("text");
            assert_eq!(query::parameters(&written).as_ref(), Ok(&parameters));
            assert!(parameters.values().all(|value| !value.contains('\0')));
        }
        Err(error) => check_refusal(&error),
    }
}

/// The cursor of a list.
pub(super) fn cursor(input: &[u8]) {
    static LISTS: OnceLock<[Cursor; 3]> = OnceLock::new();
    let lists = LISTS.get_or_init(|| ["users", "scopes", ""].map(Cursor::of));
    let Some(text) = text(input) else { return };
    let mut found = 0;
    let in_orders = lists.iter().flat_map(|list| [*list, list.sorted("-name")]);
    for cursor in in_orders.map(|cursor| cursor.bound_to(&())).chain([Cursor::of_log("events").bound_to(&())])
    {
        match cursor.read::<(String, i64)>(text) {
            Ok(key) => {
                found += 1;
                assert!(text.len() <= 8192);
                assert_eq!(cursor.read::<(String, i64)>(&cursor.write(&key)), Ok(key));
            }
            Err(fault) => {
                assert_eq!(fault.member.as_deref(), Some("cursor"));
                check_sentence(&fault.sentence);
            }
        }
    }
    assert!(found <= 1, "a cursor is of one list in one order");
}
