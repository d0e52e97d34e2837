//! Lists: filtered, sorted and cut.

use serde_json::Value;

use crate::support::{Operator, TestServer};

/// The values of a member, in the order of the list.
fn values(list: &Value, member: &str) -> Vec<String> {
    let items = list.as_array().expect("an array");
    items.iter().map(|item| item[member].as_str().expect("text").to_owned()).collect()
}

#[tokio::test]
async fn a_list_is_filtered_sorted_and_cut() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    for user in ["carol", "alice", "bob"] {
        server.user(user).await;
    }
    operator.done(&["user", "disable", "bob"]);
    server.web().await;
    server.service().await;
    operator.done(&["client", "update", "service", "--disable", "--name", "Another"]);
    for (command, member, expected) in [
        (&["user", "list"][..], "username", &["alice", "bob", "carol"][..]),
        (&["user", "list", "--limit", "2"], "username", &["alice", "bob"]),
        (&["user", "list", "--sort", "-username"], "username", &["carol", "bob", "alice"]),
        (&["user", "list", "--sort", "-username", "--limit", "1"], "username", &["carol"]),
        (&["user", "list", "--sort", "state"], "username", &["bob", "alice", "carol"]),
        (&["user", "list", "--state", "disabled"], "username", &["bob"]),
        (&["user", "list", "--state", "enabled", "--search", "CAROL@"], "username", &["carol"]),
        (&["user", "list", "--search", "nobody"], "username", &[]),
        (&["client", "list", "--state", "enabled"], "client_id", &["web"]),
        (&["client", "list", "--search", "anoth"], "client_id", &["service"]),
        (&["client", "list", "--sort", "-id"], "client_id", &["web", "service"]),
        (&["scope", "list", "--search", "ROFI"], "name", &["profile"]),
        (&["scope", "list", "--search", "one", "--sort", "-name"], "name", &["phone"]),
        (&["scope", "list", "--sort", "-name", "--limit", "2"], "name", &["write", "secret"]),
    ] {
        assert_eq!(values(&operator.json(command), member), expected, "{command:?}");
    }
    let table = operator.done(&["user", "list", "--sort", "-username", "--limit", "1"]);
    assert!(table.lines().count() == 2 && table.contains("\ncarol "), "{table}");
    let refused = operator.refused(&["user", "list", "--sort", "password"]);
    assert_eq!(
        refused,
        "there is no column with this name to sort by; the columns are username, e-mail, name, state, role, id, created"
    );
    for wrong in [["user", "list", "--limit", "0"], ["user", "list", "--state", "gone"]] {
        assert_eq!(operator.run(&wrong).status.code(), Some(2), "{wrong:?}");
    }
}
