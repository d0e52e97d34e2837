//! `grantor audit`, and that a server that stops loses nothing.

use serde_json::{Value, json};

use super::each;
use crate::support::server::PASSWORD;
use crate::support::{Application, CommandLine};

const SECRET: &str = "a chosen secret of the client 0123456789";

/// The events that `audit list --json` prints.
fn listed(cli: &CommandLine, filter: &[&str]) -> Vec<Value> {
    let text = cli.done(&[&["audit", "list", "--json"], filter].concat());
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A database with a master key, a user `alice` and a client `service`.
async fn furnished() -> CommandLine {
    let cli = CommandLine::new().await;
    assert!(cli.serve(&[]).stop().0);
    cli.done(&["scope", "create", "read", "--description", "Read your things"]);
    cli.client_done("service", "service", &["--secret", SECRET, "--scope", "read"]);
    assert!(cli.user(&["--username", "alice"], PASSWORD).status.success());
    cli
}

#[tokio::test]
async fn commands_are_recorded_with_the_account_of_the_operating_system() {
    let cli = furnished().await;
    cli.done(&["user", "update", "alice", "--name", "Alice"]);
    let events = listed(&cli, &[]);
    // Commands of one second have no order among each other.
    let mut acts = each(&events, "/act");
    acts.sort_by_key(ToString::to_string);
    assert_eq!(acts, ["client.created", "scope.created", "user.created", "user.updated"]);
    assert_eq!(each(&events, "/number"), [1, 2, 3, 4]);
    let account = rustix::process::getuid().as_raw().to_string();
    for event in &events {
        assert_eq!(event["actor"]["type"], "command");
        assert_eq!(event["actor"]["id"], account.as_str());
        assert_eq!(event["address"], Value::Null);
    }
    let table = cli.done(&["audit", "list"]);
    let first: Vec<&str> = table.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(first, ["NUMBER", "TIME", "ACT", "OBJECT", "ACTOR", "ADDRESS", "REASON"]);
    assert_eq!(table.lines().count(), 5, "{table}");
}

#[tokio::test]
async fn events_are_filtered_by_user_client_act_actor_time_and_number() {
    let cli = furnished().await;
    let acts = |filter: &[&str]| each(&listed(&cli, filter), "/act");
    assert_eq!(acts(&["--user", "alice"]), ["user.created"]);
    assert_eq!(acts(&["--client", "service"]), ["client.created"]);
    assert_eq!(acts(&["--act", "user."]), ["user.created"]);
    assert_eq!(acts(&["--act", "scope.created"]), ["scope.created"]);
    let account = rustix::process::getuid().as_raw().to_string();
    assert_eq!(acts(&["--actor", &account]).len(), 3);
    assert_eq!(acts(&["--actor", "somebody"]).len(), 0);
    assert_eq!(acts(&["--since", "1h"]).len(), 3);
    assert_eq!(acts(&["--since", "2026-01-31T12:00:00Z", "--until", "1h"]).len(), 0);
    assert_eq!(acts(&["--until", "2026-01-31T12:00:00+01:00"]).len(), 0);
    let in_order = acts(&[]);
    assert_eq!(acts(&["--limit", "2"]), in_order[..2]);
    assert_eq!(acts(&["--after", "2"]), in_order[2..]);
    assert!(cli.done(&["audit", "list", "--user", "nobody"]).starts_with("none that match"));
    let refused = cli.refused(&["audit", "list", "--since", "yesterday"]);
    assert!(refused.contains("is not a time; write how long ago"), "{refused}");

    let alice = listed(&cli, &["--user", "alice"])[0]["user"].as_str().unwrap().to_owned();
    cli.done(&["user", "delete", "alice", "--yes"]);
    assert_eq!(acts(&["--user", &alice]), ["user.created", "user.deleted"]);
}

#[tokio::test]
async fn verify_says_what_was_changed_and_exits_with_1() {
    let cli = furnished().await;
    let text = cli.done(&["audit", "verify"]);
    assert_eq!(
        text,
        "verified 3 events, from number 1 to 3: not one was removed, changed, moved or inserted\n"
    );
    let json: Value = serde_json::from_str(&cli.done(&["audit", "verify", "--json"])).unwrap();
    assert_eq!(json, json!({ "events": 3, "first": 1, "last": 3, "findings": [] }));
    let statement = "UPDATE events SET actor_id = '4711' WHERE number = 2";
    crate::support::database::statement_on(cli.database_url(), statement).await;
    let output = cli.run(&["audit", "verify"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\nthe event 2 ("), "{text}");
    assert!(String::from_utf8(output.stderr).unwrap().contains("the audit trail was changed from outside"));
}

#[tokio::test]
async fn without_the_master_key_nothing_is_verified() {
    let cli = CommandLine::new().await;
    cli.done(&["scope", "create", "read", "--description", "Read your things"]);
    let refused = cli.refused(&["audit", "verify"]);
    assert!(refused.contains("the audit trail is verified with the master key"), "{refused}");
    assert!(cli.done(&["audit", "list"]).starts_with("none in the database"));
    assert!(cli.serve(&[]).stop().0);
    assert_eq!(each(&listed(&cli, &[]), "/act"), ["scope.created"]);
}

#[tokio::test]
async fn a_server_that_stops_writes_the_events_that_wait() {
    let cli = furnished().await;
    let serving = cli.serve(&[]);
    let mut service = Application::registered_at(&serving.url, "service", Some(SECRET), "");
    assert_eq!(service.token(&[("grant_type", "client_credentials")]).await.status, 200);
    service.secret = Some("wrong".into());
    for _ in 0..6 {
        service.token(&[("grant_type", "client_credentials")]).await;
    }
    let (ended_well, log) = serving.stop();
    assert!(ended_well, "{log}");
    let events = listed(&cli, &["--client", "service"]);
    let mut acts = vec!["client.created", "token.issued"];
    acts.extend(["client.refused"; 6]);
    assert_eq!(each(&events, "/act"), acts);
    assert_eq!(events[7]["changes"], json!([{ "member": "times", "before": null, "after": 1 }]));
}
