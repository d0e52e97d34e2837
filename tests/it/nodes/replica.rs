//! A replica that may lag behind: only lists are read from it.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use grantor::store::db::Engine;
use serde_json::Value;

use super::flows::every_flow;
use crate::support::database::{TestDatabase, postgres_url};
use crate::support::process::free_port;
use crate::support::{Cluster, Operator, TestServer, left_out};

const REPLICA_URL: &str = "database.replica_url";

fn is_possible() -> bool {
    if postgres_url().is_none() {
        left_out("the replica, because TEST_POSTGRES_URL is not set");
    }
    postgres_url().is_some()
}

/// Runs a command with a replica configured. Returns its output and what else it says.
fn ask(operator: &Operator, replica: &str, arguments: &[&str]) -> (Value, String) {
    let mut command = operator.command(arguments);
    let output = command.env("GRANTOR_DATABASE__REPLICA_URL", replica).arg("--json").output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    (serde_json::from_slice(&output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// The usernames in a list.
fn usernames(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn lists_come_from_the_replica_and_everything_else_from_the_database() {
    if !is_possible() {
        return;
    }
    let server = TestServer::start_on(TestDatabase::fresh(Engine::Postgres).await, &[]).await;
    // A real replica never has other rows; here they show which database answered.
    let other = TestServer::start_on(TestDatabase::fresh(Engine::Postgres).await, &[]).await;
    let (web, mut alice) = (server.web().await, server.alice().await);
    web.redeem_by_hand(&web.code(&mut alice).await).await;
    other.user("bob").await;
    let operator = Operator::of(&server);
    let replica = other.database.url.as_str();
    let (users, said) = ask(&operator, replica, &["user", "list"]);
    assert_eq!((usernames(&users), said.as_str()), (vec!["bob"], ""));
    for list in ["client", "session", "grant", "logout", "ping"] {
        let (rows, _) = ask(&operator, replica, &[list, "list"]);
        assert_eq!(rows.as_array().unwrap().len(), 0, "{list}");
    }
    let (backlog, _) = ask(&operator, replica, &["purge", "--dry-run"]);
    assert!(backlog.as_array().unwrap().iter().all(|table| table["rows"] == 0), "{backlog}");

    assert_eq!(ask(&operator, replica, &["user", "show", "alice"]).0["username"], "alice");
    assert_eq!(ask(&operator, replica, &["client", "show", "web"]).0["client_id"], "web");
    assert_eq!(ask(&operator, replica, &["user", "disable", "alice"]).0["username"], "alice");
}

#[tokio::test]
async fn an_unavailable_replica_is_named_and_the_database_answers() {
    if !is_possible() {
        return;
    }
    let server = TestServer::start_on(TestDatabase::fresh(Engine::Postgres).await, &[]).await;
    server.user("alice").await;
    let away = format!("postgres://postgres@127.0.0.1:{}/d", free_port());
    let empty = TestDatabase::empty_postgres().await;
    for replica in [&away, &empty.url] {
        let (users, said) = ask(&Operator::of(&server), replica, &["user", "list"]);
        assert_eq!(usernames(&users), ["alice"]);
        assert!(said.contains("the replica does not answer"), "{said}");
    }
}

#[tokio::test]
async fn no_request_is_decided_by_a_replica() {
    if !is_possible() {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let replica = format!("postgres://postgres@{}/d", listener.local_addr().unwrap());
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    std::thread::spawn(move || {
        for _ in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let database = TestDatabase::fresh(Engine::Postgres).await;
    let cluster = Cluster::on(database, 2, &[(REPLICA_URL, &replica), ("purge.every", "1s")]).await;
    every_flow(&cluster).await;
    assert_eq!(calls.load(Ordering::SeqCst), 0);
    // A call of the replica would have been counted.
    ask(&Operator::of(&cluster.server), &replica, &["user", "list"]);
    assert!(calls.load(Ordering::SeqCst) > 0);
}
