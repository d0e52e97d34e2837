//! Upgrading a database of the first release: its content is kept, and works.

use std::path::Path;
use std::process::Stdio;
use std::str::FromStr as _;

use grantor::store::db::Engine;
use grantor::store::tables::{ALL, Table};
use serde_json::json;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _};
use tempfile::TempDir;

use crate::support::cluster::node;
use crate::support::database::{TestDatabase, engine, statement_on};
use crate::support::load::Load;
use crate::support::{Answer, Application, Browser, Operator, TestServer};

const FIRST_SCHEMA: &str = include_str!("../../migrations/0001_initial.sql");

/// The data of an operator of the first release.
const ROWS: &str = "
    INSERT INTO clients (id, version, kind, name, redirect_uris, grants, scopes, first_party, created_at)
    VALUES ('web', 3, 'web', 'W', 'https://app.example/callback', 'authorization_code refresh_token', 'openid read', FALSE, 1);
    INSERT INTO users (id, username, created_at, updated_at) VALUES ('u', 'alice', 1, 1);
    INSERT INTO user_names (folded, user_id) VALUES ('alice', 'u');
    INSERT INTO consents (user_id, client_id, scope, updated_at) VALUES ('u', 'web', 'openid read', 1);
    INSERT INTO grants (id, client_id, user_id, session_id, scope, auth_time, created_at, refresh_generation, rotated_at,
                        idle_expires_at, expires_at)
    VALUES ('g', 'web', 'u', 's', 'openid', 1, 1, 0, 1, 9, 9);";

/// A database with the schema of the first release, and rows in it.
async fn first_release() -> TestDatabase {
    let database = TestDatabase::fresh(engine()).await;
    let migrations = TempDir::new().unwrap();
    std::fs::write(migrations.path().join("0001_initial.sql"), FIRST_SCHEMA).unwrap();
    let migrator = Migrator::new(migrations.path()).await.unwrap();
    match engine() {
        Engine::Sqlite => {
            let options = SqliteConnectOptions::from_str(&database.url).unwrap().create_if_missing(true);
            let mut link = options.connect().await.unwrap();
            migrator.run(&mut link).await.unwrap();
            sqlx::raw_sql(ROWS).execute(&mut link).await.unwrap();
        }
        Engine::Postgres => {
            let mut link = PgConnectOptions::from_str(&database.url).unwrap().connect().await.unwrap();
            let empty = "DROP SCHEMA public CASCADE; CREATE SCHEMA public".to_owned();
            sqlx::raw_sql(AssertSqlSafe(empty)).execute(&mut link).await.unwrap();
            migrator.run(&mut link).await.unwrap();
            sqlx::raw_sql(ROWS).execute(&mut link).await.unwrap();
        }
    }
    database
}

#[tokio::test]
async fn data_of_the_first_release_is_kept_and_works() {
    let server = TestServer::start_on(first_release().await, &[]).await;
    let operator = Operator::of(&server);
    let client = operator.json(&["client", "show", "web"]);
    assert_eq!((&client["version"], &client["response_types"]), (&json!(3), &json!(["code"])));
    assert_eq!(client["subject_type"], "public");
    assert_eq!((&client["may_act"], &client["may_impersonate"]), (&json!(null), &json!(false)));
    assert_eq!(operator.json(&["issuer", "list"]), json!([]));
    assert!(client["backchannel_logout_uri"].is_null() && client["userinfo_signed_response_alg"].is_null());
    assert_eq!(operator.json(&["user", "show", "alice"])["username"], "alice");
    let untouched = "SELECT COUNT(*) FROM grants JOIN consents ON consents.user_id = grants.user_id
                     WHERE grants.claims IS NULL AND consents.claims = '' AND consents.scope = 'openid read'";
    assert_eq!(server.number(untouched).await, 1);
    operator.done(&["client", "update", "web", "--response-type", "code id_token"]);
    operator.done(&["session", "list"]);
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
    let database = first_release().await;
    let operator = operator(&database);
    let text = operator.done(&["migrate", "--dry-run"]);
    assert!(text.starts_with("0002 identity\n") && text.ends_with(" to be run\n"), "{text}");
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
    for reached in [2, 5, 9] {
        let database = first_release().await;
        let operator = operator(&database);
        let mut child = operator.command(&["migrate"]).stdout(Stdio::null()).spawn().unwrap();
        while applied(&database).await < reached && child.try_wait().unwrap().is_none() {}
        child.kill().unwrap();
        child.wait().unwrap();
        // The lease has expired.
        let free = "UPDATE migration_lease SET ends_at = 0";
        assert!(statement(&database, free).await.is_some(), "the lease was taken");
        operator.done(&["migrate"]);
        assert!(planned(&operator).is_empty(), "killed after {reached}");
        assert_eq!(operator.json(&["client", "show", "web"])["version"], 3);
    }
}

/// How many migrations a database has; 0 while it cannot be asked.
async fn applied(database: &TestDatabase) -> i64 {
    statement(database, "SELECT COUNT(*) FROM _sqlx_migrations").await.unwrap_or_default()
}

/// Runs a statement. Returns the number that it gives, 0 if it gives none, or `None` if it fails.
async fn statement(database: &TestDatabase, sql: &'static str) -> Option<i64> {
    match engine() {
        Engine::Sqlite => {
            let mut link = SqliteConnectOptions::from_str(&database.url).unwrap().connect().await.unwrap();
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
    let mut seen = 0;
    for file in std::fs::read_dir(directory).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        if name.starts_with("0001") || text.contains("UPDATE schema_requirement") {
            continue;
        }
        seen += 1;
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
    assert!(seen >= 10, "{seen} migrations were read");
}
