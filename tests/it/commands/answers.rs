//! How commands ask questions, print results and refuse.

use std::process::{Command, Stdio};

use serde_json::json;

use super::{is_signed_in, refresh_token, secret_ids};
use crate::deadline::Lock;
use crate::support::Operator;
use crate::support::operator::{refusal, succeeded};
use crate::support::process::{as_in_a_terminal, grantor};
use crate::support::{TestServer, left_out};

#[tokio::test]
async fn nothing_is_destroyed_without_a_yes() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    server.service().await;
    server.user("alice").await;
    let secret = secret_ids(&operator.json(&["client", "show", "service"])).remove(0);
    let state = || [["client", "list"], ["user", "list"], ["scope", "list"]].map(|list| operator.json(&list));
    let before = state();
    for command in [
        &["client", "delete", "service"][..],
        &["client", "remove-secret", "service", &secret],
        &["scope", "delete", "read", "--force"],
        &["user", "delete", "alice"],
        &["session", "end", "--user", "alice"],
    ] {
        for input in ["", "y\n"] {
            let text = refusal(command, &operator.with_input(command, input));
            assert!(text.contains('?') && text.contains("nothing was changed; --yes"), "{command:?}: {text}");
        }
    }
    assert_eq!(state(), before);
    let help = operator.done(&["user", "delete", "--help"]);
    assert!(help.contains("--yes"), "{help}");
}

#[tokio::test]
async fn on_a_terminal_the_question_is_answered_by_a_line() {
    if Command::new("script").arg("--version").output().is_err() {
        return left_out("questions on a terminal; there is no script(1) to make one");
    }
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    server.user("alice").await;
    let answer = |line: &str| {
        let command = format!("{} user delete alice", env!("CARGO_BIN_EXE_grantor"));
        let file = operator.directory.join("answer");
        std::fs::write(&file, line).unwrap();
        let output = Command::new("script")
            .args(["--quiet", "--return", "--command", &command, "/dev/null"])
            .current_dir(&operator.directory)
            .env("GRANTOR_DATABASE__URL", &operator.url)
            .stdin(std::fs::File::open(file).unwrap())
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    for line in ["no\n", "\n", "\u{4}"] {
        let (code, text) = answer(line);
        assert!(text.contains("[y/N]") && text.contains("nothing was changed"), "{line:?}: {text}");
        assert_eq!(code, Some(1), "{text}");
    }
    let (code, text) = answer("y\n");
    assert!(code == Some(0) && text.contains("deleted the user alice"), "{text}");
}

#[tokio::test]
async fn a_missing_object_is_named() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    server.service().await;
    let client = "there is no client with the id none";
    let user = "there is no user with the name, address or id none";
    for (command, sentence) in [
        (&["client", "show", "none"][..], client),
        (&["client", "update", "none", "--disable"], client),
        (&["client", "delete", "none", "--yes"], client),
        (&["client", "delete", "none"], client),
        (&["client", "add-secret", "none"], client),
        (&["client", "remove-secret", "none", "x"], client),
        (&["client", "remove-secret", "service", "x"], "the client service has no secret with the id x"),
        (&["scope", "update", "none", "--sensitive", "true"], "there is no scope with the name none"),
        (&["scope", "delete", "none"], "there is no scope with the name none"),
        (&["user", "show", "none"], user),
        (&["user", "update", "none", "--no-name"], user),
        (&["user", "disable", "none"], user),
        (&["user", "enable", "none"], user),
        (&["user", "delete", "none"], user),
        (&["session", "list", "--user", "none"], user),
        (&["session", "end", "--user", "none"], user),
        (&["session", "end", "none"], "there is no session with the id none"),
    ] {
        assert_eq!(operator.refused(command), sentence, "{command:?}");
    }
    let set = ["user", "set-password", "none", "--password-stdin"];
    assert_eq!(refusal(&set, &operator.with_input(&set, "password")), user);
}

#[test]
fn contradicting_options_and_empty_updates_are_wrong_usage() {
    let directory = tempfile::tempdir().unwrap();
    for usage in [
        &["client", "update", "web"][..],
        &["client", "update", "web", "--json"],
        &["client", "update", "--disable"],
        &["client", "update", "web", "--enable", "--disable"],
        &["client", "update", "web", "--site", "https://a.example", "--no-site"],
        &["client", "update", "web", "--logo", "x.png", "--no-logo"],
        &["client", "update", "web", "--redirect-uri", "https://a.example/", "--add-redirect-uri", "x"],
        &["client", "update", "web", "--first-party", "perhaps"],
        &["client", "update", "web", "--auth-method", "default"],
        &["client", "add-secret", "web", "--expires-in", "soon"],
        &["client", "add-secret", "web", "--expires-in", "0s"],
        &["client", "remove-secret", "web"],
        &["scope", "update", "read"],
        &["user", "update", "alice"],
        &["user", "update", "alice", "--email", "a@example.com", "--no-email"],
        &["user", "set-password", "alice", "--generate", "--password-stdin"],
        &["session", "end"],
        &["session", "end", "x", "--user", "alice"],
        &["completions"],
        &["completions", "cmd"],
        &["config"],
    ] {
        let output = grantor(directory.path(), usage).stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{usage:?}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("--help"), "{usage:?}: {output:?}");
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "wrong usage makes no database");
}

#[tokio::test]
async fn lists_are_one_array_for_programs_and_a_table_for_people() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    for list in [["client", "list"], ["user", "list"], ["session", "list"]] {
        assert_eq!(operator.json(&list), json!([]), "{list:?}");
        assert_eq!(operator.done(&list).lines().count(), 1, "the header: {list:?}");
    }
    server.web().await;
    server.service().await;
    let clients = operator.json(&["client", "list"]);
    assert_eq!((&clients[0]["client_id"], &clients[1]["client_id"]), (&json!("service"), &json!("web")));
    assert_eq!(clients[1], operator.json(&["client", "show", "web"]));
    assert_eq!(clients[1]["created_at"], "1970-01-01T00:00:00Z");
    let table = operator.done(&["client", "list"]);
    let columns: Vec<usize> =
        table.lines().map(|line| line.find("1970").unwrap_or(line.find("CREATED").unwrap_or(0))).collect();
    assert!(columns[0] > 0 && columns.iter().all(|column| *column == columns[0]), "{table}");
    let user = server.user("alice").await;
    let shown = operator.json(&["user", "show", "alice"]);
    let keys: Vec<&String> = shown.as_object().unwrap().keys().collect();
    let expected = [
        "claims",
        "created_at",
        "disabled",
        "email",
        "email_verified",
        "groups",
        "id",
        "name",
        "password_changed_at",
        "role",
        "sessions",
        "updated_at",
        "user_code_changed_at",
        "username",
    ];
    assert_eq!(keys, expected);
    assert_eq!(shown["id"], user.as_str());
}

#[test]
fn shells_learn_the_commands() {
    let directory = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let output = grantor(directory.path(), &["completions", shell]).output().unwrap();
        let script = succeeded(&[shell], output);
        for word in ["add-secret", "set-password", "completions"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

#[tokio::test]
async fn a_lease_of_a_killed_process_does_not_block_a_current_schema() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    server.sql("UPDATE migration_lease SET ends_at = 99999999999").await;
    operator.done(&["client", "list"]);
    operator.done(&["migrate"]);
}

#[tokio::test]
async fn a_release_works_beside_a_later_one_until_the_schema_forbids_it() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let later =
        "INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time)
                 SELECT 9999, 'later', installed_on, success, checksum, execution_time
                 FROM _sqlx_migrations WHERE version = 1";
    server.sql(later).await;
    operator.done(&["client", "list"]);
    operator.done(&["migrate"]);
    server.sql("UPDATE schema_requirement SET oldest_release = '99.1.0'").await;
    for command in [&["client", "list"][..], &["migrate"], &["migrate", "--dry-run"], &["serve"]] {
        assert_eq!(
            operator.refused(command),
            "the database was migrated by a newer grantor (migration 9999), which only release 99.1.0 and later can use"
        );
    }
    server.sql("DROP TABLE schema_requirement").await;
    assert!(
        operator.refused(&["client", "list"]).contains("only release later"),
        "nothing is said, so not this one"
    );
}

#[tokio::test]
async fn an_interrupted_command_leaves_nothing_half_done() {
    let server = TestServer::start().await;
    let (operator, web) = (Operator::of(&server), server.web().await);
    let mut browser = server.alice().await;
    let refresh = refresh_token(&web, &mut browser, "read").await;
    let mut lock = Lock::take(&server).await;
    // The command ends the sessions first, then waits for the lock on the codes.
    let mut command = as_in_a_terminal(&operator.command(&["user", "delete", "alice", "--yes"]));
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    // A signal before that would meet the wrapper, which may still ignore it.
    let program = format!("/proc/{}/exe", child.id());
    while std::fs::read_link(&program).is_ok_and(|program| !program.ends_with("grantor")) {
        tokio::task::yield_now().await;
    }
    lock.is_met().await;
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    assert_eq!(child.wait().unwrap().code(), None, "the signal ended it");
    lock.release().await;

    assert_eq!(operator.json(&["user", "list"])[0]["username"], "alice");
    assert!(is_signed_in(&web, &mut browser).await);
    assert_eq!(web.refresh_by_hand(&refresh).await.status, 200);
    operator.done(&["user", "delete", "alice", "--yes"]);
    assert!(!is_signed_in(&web, &mut browser).await);
}
