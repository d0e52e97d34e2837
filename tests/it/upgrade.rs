//! Databases between two releases: what a migration says, survives, and may do.

use std::path::Path;
use std::process::Stdio;
use std::str::FromStr as _;

use grantor::store::db::Engine;
use grantor::store::tables::{ALL, Table};
use serde_json::json;
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use crate::support::cluster::node;
use crate::support::database::{TestDatabase, engine, statement_on};
use crate::support::load::Load;
use crate::support::{Answer, Application, Browser, Operator, TestServer};

/// A database without anything, of the engine that this run is about.
async fn empty() -> TestDatabase {
    match engine() {
        Engine::Sqlite => TestDatabase::fresh(Engine::Sqlite).await,
        Engine::Postgres => TestDatabase::empty_postgres().await,
    }
}

/// An operator with the binary and a database that no server uses.
fn operator(database: &TestDatabase) -> Operator {
    Operator { directory: database.directory.path().to_owned(), url: database.url.clone() }
}

/// The versions of the pending migrations.
fn planned(operator: &Operator) -> Vec<i64> {
    let planned = operator.json(&["migrate", "--dry-run"]);
    planned.as_array().unwrap().iter().map(|one| one["version"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_dry_run_lists_the_pending_migrations() {
    let database = empty().await;
    let operator = operator(&database);
    assert_eq!(operator.done(&["migrate", "--dry-run"]), "0001 initial\n1 to be run\n");
    let before = planned(&operator);
    assert_eq!(before, planned(&operator), "nothing was changed");
    assert_eq!(operator.json(&["migrate"]).as_array().unwrap().len(), before.len());
    assert!(planned(&operator).is_empty());
    assert_eq!(operator.done(&["migrate", "--dry-run"]), "the database has this version's schema\n");
    if engine() == Engine::Sqlite {
        let nowhere = Operator { url: "sqlite:nowhere.db".into(), ..operator };
        assert_eq!(planned(&nowhere).first(), Some(&1));
        assert!(!nowhere.directory.join("nowhere.db").exists());
    }
}

#[tokio::test]
async fn a_killed_migration_continues_at_the_next_start() {
    let database = empty().await;
    let operator = operator(&database);
    let mut child = operator.command(&["migrate"]).stdout(Stdio::null()).spawn().unwrap();
    let turn = "SELECT COUNT(*) FROM migration_lease";
    while statement(&database, turn).await.is_none() && child.try_wait().unwrap().is_none() {}
    child.kill().unwrap();
    child.wait().unwrap();
    // The lease has expired.
    let free = "UPDATE migration_lease SET ends_at = 0";
    assert!(statement(&database, free).await.is_some(), "the lease was taken");
    operator.done(&["migrate"]);
    assert!(planned(&operator).is_empty());
    assert_eq!(operator.json(&["client", "list"]), json!([]));
}

/// Runs a statement. Returns the number that it gives, 0 if it gives none, or `None` if it fails.
async fn statement(database: &TestDatabase, sql: &'static str) -> Option<i64> {
    match engine() {
        Engine::Sqlite => {
            let mut link = SqliteConnectOptions::from_str(&database.url).unwrap().connect().await.ok()?;
            let row: Option<(i64,)> = sqlx::query_as(sql).fetch_optional(&mut link).await.ok()?;
            Some(row.map_or(0, |(number,)| number))
        }
        Engine::Postgres => {
            let mut link = PgConnectOptions::from_str(&database.url).unwrap().connect().await.unwrap();
            let row: Option<(i64,)> = sqlx::query_as(sql).fetch_optional(&mut link).await.ok()?;
            Some(row.map_or(0, |(number,)| number))
        }
    }
}

/// Counts an answer, which must not be an error. Returns whether to continue.
fn goes_on(load: &Load, answer: &Answer) -> bool {
    assert_eq!(answer.status, 200, "{answer:?}");
    load.count();
    load.goes_on()
}

async fn fetch(service: &Application, load: &Load) {
    let mut answer = service.token(&[("grant_type", "client_credentials")]).await;
    while goes_on(load, &answer) {
        assert_eq!(service.introspect(&answer.get("access_token")).await["active"], true);
        answer = service.token(&[("grant_type", "client_credentials")]).await;
    }
}

async fn refresh(web: &Application, code: &str, load: &Load) {
    let mut answer = web.redeem_by_hand(code).await;
    while goes_on(load, &answer) {
        answer = web.refresh_by_hand(&answer.get("refresh_token")).await;
    }
}

async fn sign_in(web: &Application, alice: &mut Browser, load: &Load) {
    loop {
        let code = web.code(alice).await;
        if !goes_on(load, &web.redeem_by_hand(&code).await) {
            return;
        }
    }
}

/// Changes that a later release may make, on every table at once: new columns, and new or removed indexes.
async fn migrate_further(server: &TestServer, load: &Load) {
    for Table { name, .. } in ALL {
        for sql in [
            format!("ALTER TABLE {name} ADD COLUMN later TEXT NOT NULL DEFAULT 'later'"),
            format!("CREATE INDEX {name}_later ON {name} (later)"),
            format!("DROP INDEX {name}_later"),
        ] {
            statement_on(&server.database.url, &sql).await;
            load.has_more(4).await;
        }
    }
    let done = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                SELECT 9999, 'later', success, checksum, 1 FROM _sqlx_migrations WHERE version = 1";
    statement_on(&server.database.url, done).await;
}

#[tokio::test]
async fn nodes_keep_serving_without_errors_while_a_later_release_migrates() {
    let server = TestServer::start().await;
    let (service, web, mut alice) = (server.service().await, server.web().await, server.alice().await);
    let (first, second) = (web.code(&mut alice).await, web.code(&mut alice).await);
    let beside = node(&server, &[]);
    let (service_there, web_there) = (service.at(&beside.url), web.at(&beside.url));
    let load = Load::default();
    let migration = async {
        load.has_more(50).await;
        migrate_further(&server, &load).await;
        load.has_more(50).await;
        load.ends();
    };
    tokio::join!(
        migration,
        fetch(&service, &load),
        fetch(&service_there, &load),
        refresh(&web, &first, &load),
        refresh(&web_there, &second, &load),
        sign_in(&web, &mut alice, &load),
    );
    let another = node(&server, &[]);
    service.at(&another.url).client_credentials().await;
}

/// The statements that a node of the previous release can live with: additions, and removed indexes.
const ADDS: [&str; 8] = [
    "CREATE TABLE ",
    "CREATE INDEX ",
    "CREATE UNIQUE INDEX ",
    "DROP INDEX ",
    "ALTER TABLE ",
    "INSERT INTO ",
    "UPDATE ",
    "DELETE FROM ",
];

#[test]
fn migrations_only_add_unless_they_raise_the_required_release() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut is_begun = false;
    for file in std::fs::read_dir(directory).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        is_begun |= name == "0001_initial.sql";
        if name.starts_with("0001") || text.contains("UPDATE schema_requirement") {
            continue;
        }
        let lines = text.lines().map(|line| line.split("--").next().unwrap_or_default());
        let sql = lines.collect::<Vec<_>>().join(" ");
        for statement in sql.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
            assert!(ADDS.iter().any(|start| statement.starts_with(start)), "{name}: {statement}");
            if statement.starts_with("ALTER TABLE ") {
                let is_addition = statement.contains(" ADD COLUMN ");
                let may_be_left_out = !statement.contains(" NOT NULL") || statement.contains(" DEFAULT ");
                assert!(is_addition && may_be_left_out, "{name}: {statement}");
            }
        }
    }
    assert!(is_begun, "the migrations were read");
}
