//! Nodes that reach PostgreSQL through PgBouncer in transaction mode.

use futures_util::future::join_all;
use grantor::clock::Timestamp;
use grantor::config::Config;
use grantor::store::db::Engine;
use grantor::store::migrate;

use super::flows::every_flow;
use super::races::{one_code, one_successor};
use crate::support::database::{TestDatabase, postgres_url};
use crate::support::process::{ends, grantor};
use crate::support::{Cluster, Operator, Pooler, left_out};

/// Whether the machine has what these tests need.
fn is_possible() -> bool {
    let missing = match (postgres_url(), Pooler::is_installed()) {
        (Some(_), true) => return true,
        (None, _) => "TEST_POSTGRES_URL is not set",
        (_, false) => "pgbouncer is not installed",
    };
    left_out(&format!("nodes behind a pooler, because {missing}"));
    false
}

#[tokio::test]
async fn behind_a_pooler_every_flow_and_every_command_works() {
    if !is_possible() {
        return;
    }
    let database = TestDatabase::fresh(Engine::Postgres).await.behind_a_pooler();
    let cluster = Cluster::on(database, 2, &[TestDatabase::POOLER]).await;
    every_flow(&cluster).await;
    let operator = Operator::of(&cluster.server);
    let command = |arguments: &[&str]| {
        let mut command = operator.command(arguments);
        command.env("GRANTOR_DATABASE__POOLER", "true");
        assert!(command.output().unwrap().status.success(), "{arguments:?}");
    };
    command(&["user", "list"]);
    command(&["user", "disable", "alice"]);
    command(&["grant", "list", "--all"]);
    command(&["purge"]);
}

#[tokio::test]
async fn behind_a_pooler_what_may_happen_once_happens_once() {
    if !is_possible() {
        return;
    }
    let database = TestDatabase::fresh(Engine::Postgres).await.behind_a_pooler();
    let cluster = Cluster::on(database, 2, &[TestDatabase::POOLER]).await;
    let (web, mut alice) = (cluster.server.web().await, cluster.server.alice().await);
    one_code(&cluster, &web, &mut alice).await;
    one_successor(&cluster, &web, &mut alice).await;
}

#[tokio::test]
async fn processes_that_start_together_migrate_through_a_pooler() {
    if !is_possible() {
        return;
    }
    let database = TestDatabase::empty_postgres().await.behind_a_pooler();
    let all = [("database.url", database.url.as_str()), TestDatabase::POOLER];
    let options = Config::with(&all).unwrap().database_options();
    // The second round only reads, on sessions where the first round has prepared the same statements.
    for round in 0..2 {
        let starts = (0..6).map(|index| {
            let options = options.clone();
            async move {
                migrate::run(&options, &format!("process {index}"), Timestamp::from_unix(1_000 + round)).await
            }
        });
        for outcome in join_all(starts).await {
            outcome.unwrap();
        }
    }
}

#[tokio::test]
async fn a_pooler_that_is_not_configured_is_detected_at_the_start() {
    if !is_possible() {
        return;
    }
    let database = TestDatabase::fresh(Engine::Postgres).await.behind_a_pooler();
    let mut command = grantor(database.directory.path(), &["serve"]);
    command.env("GRANTOR_DATABASE__URL", &database.url).env("GRANTOR_LISTEN", "127.0.0.1:0");
    let (code, text) = ends(command);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("set database.pooler"), "{text}");
}
