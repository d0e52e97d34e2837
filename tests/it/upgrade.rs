//! A database of the first release: what it holds is there after the upgrade, and works.

use std::str::FromStr as _;

use grantor::store::db::Engine;
use serde_json::json;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _};
use tempfile::TempDir;

use crate::support::database::{TestDatabase, engine};
use crate::support::{Operator, TestServer};

const FIRST_SCHEMA: &str = include_str!("../../migrations/0001_initial.sql");

/// What an operator of the first release had.
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
async fn what_the_first_release_stored_is_there_and_works() {
    let server = TestServer::start_on(first_release().await, &[]).await;
    let operator = Operator::of(&server);
    let client = operator.json(&["client", "show", "web"]);
    assert_eq!((&client["version"], &client["response_types"]), (&json!(3), &json!(["code"])));
    assert_eq!(client["subject_type"], "public");
    assert!(client["backchannel_logout_uri"].is_null() && client["userinfo_signed_response_alg"].is_null());
    assert_eq!(operator.json(&["user", "show", "alice"])["username"], "alice");
    let untouched = "SELECT COUNT(*) FROM grants JOIN consents ON consents.user_id = grants.user_id
                     WHERE grants.claims IS NULL AND consents.claims = '' AND consents.scope = 'openid read'";
    assert_eq!(server.number(untouched).await, 1);
    operator.done(&["client", "update", "web", "--response-type", "code id_token"]);
    operator.done(&["session", "list"]);
}
