//! What programs read: created objects whole, and errors as JSON.

use serde_json::{Value, json};

use crate::support::{Operator, TestServer};

#[tokio::test]
async fn what_was_created_is_printed_as_show_and_list_print_it() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let api = "https://api.example";
    let create = ["client", "create", "--id", "api", "--name", "A", "--kind", "service", "--scope", "read"];
    let mut client = operator.json(&create);
    let secret = client.as_object_mut().unwrap().remove("client_secret").unwrap();
    assert!(secret.as_str().unwrap().starts_with("gcs_"), "{secret}");
    assert_eq!(client, operator.json(&["client", "show", "api"]));
    let user = operator.json(&["user", "create", "--username", "alice", "--generate", "--group", "staff"]);
    let (mut user, mut shown) = (user, operator.json(&["user", "show", "alice"]));
    let password = user.as_object_mut().unwrap().remove("password").unwrap();
    assert_eq!(password.as_str().unwrap().len(), 29);
    shown.as_object_mut().unwrap().remove("sessions");
    assert_eq!(user, shown);
    let scope = operator.json(&["scope", "create", "a", "--description", "A", "--sensitive"]);
    assert_eq!((&scope["description"], &scope["sensitive"]), (&json!("A"), &json!(true)));
    let resource = operator.json(&["resource", "create", api, "--scope", "a", "--client", "api"]);
    assert_eq!(json!([resource]), operator.json(&["resource", "list"]));
}

#[tokio::test]
async fn an_error_is_one_line_of_json_on_standard_error() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    server.web().await;
    let failing = |arguments: &[&str], code: i32| -> Value {
        let output = operator.run(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        serde_json::from_str(stderr.lines().last().unwrap()).unwrap()
    };
    let missing = failing(&["client", "show", "none", "--json"], 1);
    assert_eq!(
        (&missing["error"], &missing["message"]),
        (&json!("not_found"), &json!("there is no client with the id none"))
    );
    let wrong = failing(&["client", "update", "web", "--scope", "raed", "--json"], 1);
    let sentence = "there is no scope with the name raed; did you mean read?";
    let fault = json!({ "error": "invalid", "member": "scope", "option": "--scope", "message": sentence });
    assert_eq!(wrong, json!({ "error": "invalid", "message": sentence, "faults": [fault] }));
    let taken = failing(&["scope", "create", "read", "--description", "R", "--json"], 1);
    assert_eq!(taken["error"], "conflict");
    let unreadable = failing(&["client", "update", "web", "--logo", "none.png", "--json"], 1);
    assert_eq!(unreadable["error"], "failed");
    let usage = failing(&["client", "update", "web", "--kind", "none", "--json"], 2);
    assert_eq!(usage["error"], "usage");
    for usage in
        [usage, failing(&["client", "update", "web", "--json"], 2), failing(&["client", "--json"], 2)]
    {
        let message = usage["message"].as_str().unwrap();
        assert!(!message.contains('\n') && !message.starts_with("error"), "{message}");
    }
}
