//! API keys: made, listed, changed and deleted.

use grantor::oauth::api_key::is_well_formed;
use grantor::secret::Hash;
use serde_json::{Value, json};

use crate::support::{Operator, TestServer};

#[tokio::test]
async fn an_api_key_is_shown_once_and_only_its_hash_is_stored() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let create = ["api-key", "create", "--name", "CI", "--scope", "grantor.read grantor.clients.write"];
    let created = operator.json(&[&create[..], &["--expires", "90d"]].concat());
    let key = created["key"].as_str().unwrap();
    assert!(is_well_formed(key), "{created}");
    let listed = operator.json(&["api-key", "list"]);
    let mut shown = created.clone();
    shown.as_object_mut().unwrap().remove("key");
    assert_eq!(listed, json!([shown]), "the same members, without the key");
    let mut members: Vec<&str> = shown.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["created_at", "expires_at", "id", "last_used_at", "name", "scope"]);
    assert_eq!(shown["scope"], "grantor.clients.write grantor.read");
    let hash = Hash::of(key);
    let found = server.store(async move |tx| grantor::store::api_keys::find_by_hash(tx, &hash).await).await;
    assert_eq!(found.map(|key| Value::from(key.id)), Some(shown["id"].clone()));
    let table = operator.done(&["api-key", "list"]);
    assert!(table.starts_with("ID ") && table.contains("CI") && !table.contains(key), "{table}");

    let text = operator.done(&["api-key", "create", "--name", "Backup", "--scope", "grantor.read"]);
    let (first, second) = text.trim_end().split_once('\n').unwrap();
    assert!(first.starts_with("created the API key Backup with the id "), "{text}");
    let key = second.strip_prefix("the key, which is shown only now: ").unwrap();
    assert!(is_well_formed(key), "{text}");
    let found = operator.json(&["api-key", "list", "--search", "back"]);
    assert_eq!((found.as_array().unwrap().len(), &found[0]["expires_at"]), (1, &Value::Null));
}

#[tokio::test]
async fn an_api_key_is_changed_and_deleted() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let created = operator.json(&["api-key", "create", "--name", "CI", "--scope", "grantor.write"]);
    let id = created["id"].as_str().unwrap();
    let updated = operator.json(&["api-key", "update", id, "--expires", "2999-12-31T13:00:00+01:00"]);
    assert_eq!((&updated["expires_at"], &updated["name"]), (&json!("2999-12-31T12:00:00Z"), &json!("CI")));
    let text = operator.done(&["api-key", "update", id, "--name", "Pipeline", "--expires", "never"]);
    assert_eq!(text, format!("updated the API key Pipeline ({id})\n"));
    assert_eq!(operator.json(&["api-key", "list"])[0]["expires_at"], Value::Null);
    for (arguments, part) in [
        (vec!["update", "unknown", "--name", "X"], "there is no API key with the id unknown"),
        (vec!["delete", "unknown", "--yes"], "there is no API key with the id unknown"),
        (vec!["delete", id], "--yes answers the question in advance"),
        (vec!["update", id, "--expires", "soon"], "is not an end"),
        (vec!["update", id, "--expires", "2001-01-01T00:00:00Z"], "the time is over already"),
        (vec!["update", id, "--name", "two\nlines"], "one line of visible characters"),
        (vec!["create", "--name", "", "--scope", "grantor.read"], "a name has 1 to 100 characters"),
        (vec!["create", "--name", "X", "--scope", "read"], "is not a scope of the management API"),
        (vec!["create", "--name", "X", "--scope", ""], "a key without a scope could do nothing"),
    ] {
        let text = operator.refused(&[&["api-key"], &arguments[..]].concat());
        assert!(text.contains(part), "{arguments:?}: {text}");
    }
    let text = operator.done(&["api-key", "delete", id, "--yes"]);
    assert_eq!(text, format!("deleted the API key Pipeline ({id})\n"), "a command may delete the last owner");
    assert_eq!(operator.json(&["api-key", "list"]), json!([]));
}
