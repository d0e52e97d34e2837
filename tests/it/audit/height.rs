//! The height of the chain is kept apart from the events, so a trail that was removed as a whole, or at its end, is noticed.

use grantor::audit::chain::Verification;
use grantor::store::db::Engine;
use grantor::store::events::{self, End};
use serde_json::{Value, json};

use super::chain::{more, verified, with_ten_events};
use crate::support::database::{TestDatabase, engine, postgres_url, statement_on};
use crate::support::{CommandLine, TestServer, left_out};

const NO_HEAD: &str = "the row about the last event (event_chain, head) is missing";
const NO_HEIGHT: &str =
    "the row event_height of the table server_keys is missing: the whole audit trail may have been removed";

async fn findings(server: &TestServer) -> Vec<String> {
    verified(server).await.findings
}

async fn do_all(server: &TestServer, statements: &[&'static str]) {
    for statement in statements {
        assert!(server.sql(statement).await > 0, "{statement}");
    }
}

#[tokio::test]
async fn a_trail_that_was_removed_as_a_whole_is_found_then_and_later() {
    let server = with_ten_events().await;
    do_all(&server, &["DELETE FROM events"]).await;
    assert_eq!(findings(&server).await, ["the events 1 to 10 are missing"]);
    do_all(&server, &["DELETE FROM event_chain"]).await;
    assert_eq!(findings(&server).await, ["the events 1 to 10 are missing", NO_HEAD]);
    more(&server, 1).await;
    let found = verified(&server).await;
    let expected = vec!["the events 1 to 10 are missing".to_owned()];
    assert_eq!(found, Verification { events: 2, from_to: Some((11, 12)), findings: expected });
}

#[tokio::test]
async fn a_trail_that_was_removed_with_its_height_is_found_then_and_later() {
    let server = with_ten_events().await;
    let remove = ["DELETE FROM events", "DELETE FROM event_chain"];
    do_all(&server, &remove).await;
    do_all(&server, &["DELETE FROM server_keys WHERE id = 'event_height'"]).await;
    assert_eq!(findings(&server).await, [NO_HEIGHT]);
    for _ in 0..2 {
        more(&server, 1).await;
        assert_eq!(findings(&server).await, [NO_HEIGHT], "the row does not come back");
    }
    do_all(&server, &remove).await;
    more(&server, 1).await;
    assert_eq!(findings(&server).await, [NO_HEIGHT]);
}

#[tokio::test]
async fn a_trail_that_was_cut_is_found_although_an_older_head_is_put_back() {
    let server = with_ten_events().await;
    let save = "INSERT INTO event_chain (id, number, chain, mac)
                SELECT 'saved', number, chain, mac FROM event_chain WHERE id = 'head'";
    do_all(&server, &[save]).await;
    more(&server, 1).await;
    do_all(
        &server,
        &[
            "DELETE FROM events WHERE number > 10",
            "DELETE FROM event_chain WHERE id = 'head'",
            "UPDATE event_chain SET id = 'head' WHERE id = 'saved'",
        ],
    )
    .await;
    assert_eq!(findings(&server).await, ["the events 11 to 12 are missing"]);
    more(&server, 1).await;
    assert_eq!(findings(&server).await, ["the events 11 to 12 are missing"], "numbers are not used again");
    assert_eq!(verified(&server).await.from_to, Some((1, 14)));
}

#[tokio::test]
async fn a_height_that_was_changed_is_found() {
    let server = with_ten_events().await;
    let changed = "UPDATE server_keys SET sealed = (SELECT sealed FROM server_keys WHERE id = 'root')
                   WHERE id = 'event_height'";
    do_all(&server, &[changed]).await;
    assert_eq!(findings(&server).await, ["the row event_height of the table server_keys was changed"]);
}

/// Makes the database what an older release would have left: a head with its old MAC, and no height.
async fn as_of_an_older_release(server: &TestServer) {
    let head = server.store(async move |tx| events::end(tx, End::Head).await).await.unwrap();
    let message = [b"head".as_slice(), &head.number.to_be_bytes(), &head.chain].concat();
    let mac = server.app.keys.event_mac(&message).to_vec();
    let sign = async move |tx: &mut grantor::store::db::Tx| {
        tx.query("UPDATE event_chain SET mac = $1 WHERE id = 'head'").bind(mac.as_slice()).execute().await
    };
    assert_eq!(server.store(sign).await, 1);
    do_all(server, &["DELETE FROM server_keys WHERE id = 'event_height'"]).await;
}

#[tokio::test]
async fn a_database_of_an_older_release_is_verified_and_gets_a_height_with_its_next_event() {
    let server = with_ten_events().await;
    as_of_an_older_release(&server).await;
    assert_eq!(findings(&server).await, Vec::<String>::new());
    more(&server, 1).await;
    let found = verified(&server).await;
    assert_eq!(found, Verification { events: 12, from_to: Some((1, 12)), findings: Vec::new() });
    do_all(&server, &["DELETE FROM events", "DELETE FROM event_chain"]).await;
    assert_eq!(findings(&server).await, ["the events 1 to 12 are missing", NO_HEAD]);
}

#[tokio::test]
async fn a_new_server_without_events_is_verified_and_a_second_node_finds_the_same() {
    let server = TestServer::start().await;
    let nothing = Verification { events: 0, from_to: None, findings: Vec::new() };
    assert_eq!(verified(&server).await, nothing);
    server.user("alice").await;
    let other = server.another_node(&[]).await;
    more(&server, 1).await;
    // The lease of the first node ends.
    server.clock.advance(std::time::Duration::from_secs(11));
    other.clock.advance(std::time::Duration::from_secs(11));
    more(&other, 1).await;
    let four = Verification { events: 4, from_to: Some((1, 4)), findings: Vec::new() };
    assert_eq!((verified(&server).await, verified(&other).await), (four.clone(), four));
}

/// A database with a master key and events.
async fn furnished() -> CommandLine {
    let cli = CommandLine::new().await;
    assert!(cli.serve(&[]).stop().0);
    for name in ["one", "two", "three"] {
        cli.done(&["scope", "create", name, "--description", "Read your things"]);
    }
    cli
}

fn verify(cli: &CommandLine, url: &str) -> (Option<i32>, Value) {
    let mut command = cli.command(&["audit", "verify", "--json"]);
    command.env("GRANTOR_DATABASE__URL", url);
    // Beside another database there is no master key.
    command.env("GRANTOR_KEYS__MASTER_KEY_FILE", cli.directory().join("grantor.key"));
    let output = command.output().unwrap();
    let found = serde_json::from_slice(&output.stdout);
    (output.status.code(), found.unwrap_or_else(|error| panic!("{error}: {output:?}")))
}

#[tokio::test]
async fn a_copy_in_each_engine_is_verified_and_what_is_removed_from_it_is_found() {
    let cli = furnished().await;
    let good = json!({ "events": 3, "first": 1, "last": 3, "findings": [] });
    assert_eq!(verify(&cli, cli.database_url()), (Some(0), good.clone()));
    let engines = match postgres_url() {
        Some(_) => vec![Engine::Sqlite, Engine::Postgres],
        None => {
            left_out("audit trails that are copied to PostgreSQL, because TEST_POSTGRES_URL is not set");
            vec![Engine::Sqlite]
        }
    };
    for engine in engines {
        let target = TestDatabase::fresh(engine).await;
        cli.done(&["copy", "--from", cli.database_url(), "--to", &target.url]);
        assert_eq!(verify(&cli, &target.url), (Some(0), good.clone()), "{engine:?}");
        for table in ["events", "event_chain"] {
            statement_on(&target.url, &format!("DELETE FROM {table}")).await;
        }
        let (code, found) = verify(&cli, &target.url);
        assert_eq!(
            (code, &found["findings"][0]),
            (Some(1), &json!("the events 1 to 3 are missing")),
            "{engine:?}"
        );
    }
}

#[tokio::test]
async fn a_restored_backup_is_verified() {
    // PostgreSQL has no backups of ours.
    if engine() != Engine::Sqlite {
        return;
    }
    let cli = furnished().await;
    cli.done(&["audit", "list"]);
    let copy = cli.directory().join("copy");
    cli.done(&["backup", copy.to_str().unwrap()]);
    cli.done(&["scope", "create", "four", "--description", "Read your things"]);
    assert_eq!(verify(&cli, cli.database_url()).1["last"], 4);
    cli.done(&["restore", copy.to_str().unwrap(), "--yes"]);
    let (code, found) = verify(&cli, cli.database_url());
    assert_eq!((code, &found["last"]), (Some(0), &json!(3)), "{found}");
    cli.done(&["scope", "create", "five", "--description", "Read your things"]);
    let (code, found) = verify(&cli, cli.database_url());
    assert_eq!((code, &found["last"]), (Some(0), &json!(4)), "{found}");
}
