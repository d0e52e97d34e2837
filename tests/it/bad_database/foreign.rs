//! Databases of other applications, on either engine: we neither write to them nor change them.

use super::{ALL, BACKUP, CREATE, DatabaseFolder, FROM, LIST, MIGRATE, PLAN, PURGE, RESTORE, SERVE, TO, one};
use crate::support::database::{MADE_BY_AN_UNRELEASED_BUILD, TestDatabase, engine, statement_on};
use grantor::store::db::Engine;

/// Another application's tables: with other names, with a name of ours, and with the bookkeeping of the same migration
/// tool.
const THEIRS: [(&str, &str); 3] = [
    ("things", "CREATE TABLE things (id BIGINT); INSERT INTO things VALUES (1)"),
    ("clients", "CREATE TABLE clients (id BIGINT); INSERT INTO clients VALUES (1)"),
    (
        "posts",
        "CREATE TABLE posts (id BIGINT);
         CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL,
             installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, checksum $BYTES NOT NULL,
             execution_time BIGINT NOT NULL);
         INSERT INTO _sqlx_migrations VALUES (20240101, 'posts', CURRENT_TIMESTAMP, TRUE, '1', 1)",
    ),
];

const WRITE: [&[&str]; 7] = [SERVE, MIGRATE, PLAN, LIST, CREATE, PURGE, TO];

fn sentence(what: &str, table: &str) -> String {
    format!(
        "cannot use the database {what}: it belongs to another application, with tables such as {table}; give Grantor one \
         of its own"
    )
}

#[tokio::test]
async fn a_file_of_another_application_is_left_unchanged() {
    if engine() != Engine::Sqlite {
        return;
    }
    let databases = DatabaseFolder::new();
    for (table, sql) in THEIRS {
        let (path, url) = (databases.path(table), databases.url(table));
        statement_on(&url, &sql.replace("$BYTES", "BLOB")).await;
        assert_eq!(databases.sentences(&WRITE, &url), one(sentence(&path.display().to_string(), table)));
        assert_eq!(
            databases.sentences(&[FROM], &url),
            one("the database to copy from is not one of Grantor")
        );
        let path = path.display();
        assert_eq!(
            databases.sentences(&[BACKUP], &url),
            one(format!("{path} is a SQLite database, but not one of Grantor"))
        );
        assert_eq!(
            databases.sentences(&[RESTORE], &url),
            one(format!("{path} belongs to another application; it was not changed"))
        );
    }
}

/// The tables of a PostgreSQL database with their content.
const STATE: &str = "SELECT string_agg(relname || ' ' || query_to_xml('SELECT * FROM ' || oid::regclass, TRUE, TRUE, '')::TEXT,
    '; ' ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'";

#[tokio::test]
async fn a_postgresql_database_of_another_application_is_left_unchanged() {
    if engine() != Engine::Postgres {
        return;
    }
    let databases = DatabaseFolder::new();
    for (table, sql) in THEIRS {
        let database = TestDatabase::empty_postgres().await;
        statement_on(&database.url, &sql.replace("$BYTES", "BYTEA")).await;
        let before = statement_on(&database.url, STATE).await;
        assert!(before.contains(table));
        let url = url::Url::parse(&database.url).unwrap();
        let what =
            format!("{} at {}:{}", &url.path()[1..], url.host_str().unwrap(), url.port().unwrap_or(5432));
        assert_eq!(databases.sentences(&WRITE, &database.url), one(sentence(&what, table)));
        let from = one("the database to copy from is not one of Grantor");
        assert_eq!(databases.sentences(&[FROM], &database.url), from);
        assert_eq!(statement_on(&database.url, STATE).await, before);
    }
}

#[tokio::test]
async fn a_separate_schema_in_another_applications_database_is_enough() {
    if engine() != Engine::Postgres {
        return;
    }
    let databases = DatabaseFolder::new();
    let database = TestDatabase::empty_postgres().await;
    statement_on(&database.url, "CREATE TABLE things (id BIGINT); CREATE SCHEMA ours").await;
    let url = format!("{}?options[search_path]=ours", database.url.split('?').next().unwrap());
    databases.operator(&url).done(&["migrate"]);
    databases.operator(&url).done(CREATE_A_SCOPE);
    let tables = "SELECT COUNT(*)::TEXT FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(statement_on(&database.url, tables).await, "1");
}

const CREATE_A_SCOPE: &[&str] = &["scope", "create", "read", "--description", "Read"];

fn unreleased(what: &str) -> String {
    format!(
        "cannot use the database {what}: it was made by an unreleased build of Grantor, and this build cannot read it; \
         give this build a new one"
    )
}

#[tokio::test]
async fn a_file_of_an_unreleased_build_is_refused_and_a_restore_puts_it_aside() {
    if engine() != Engine::Sqlite {
        return;
    }
    let databases = DatabaseFolder::new();
    let (path, url) = (databases.path("earlier"), databases.url("earlier"));
    std::fs::copy(databases.path("good"), &path).unwrap();
    statement_on(&url, MADE_BY_AN_UNRELEASED_BUILD).await;
    let sentence = unreleased(&path.display().to_string());
    assert_eq!(databases.sentences(&ALL, &url), one(sentence));
    let sentence = "was made by an unreleased build of Grantor, and this build cannot read it";
    assert_eq!(databases.sentences(&[BACKUP], &url), one(format!("{} {sentence}", path.display())));
    let restore = &["restore", "earlier", "--yes"][..];
    assert_eq!(databases.sentences(&[restore], &databases.url("new")), one(format!("earlier {sentence}")));
    databases.operator(&url).done(RESTORE);
    databases.operator(&url).done(LIST);
}

#[tokio::test]
async fn a_postgresql_database_of_an_unreleased_build_is_left_as_it_is() {
    if engine() != Engine::Postgres {
        return;
    }
    let databases = DatabaseFolder::new();
    let database = TestDatabase::fresh(Engine::Postgres).await;
    statement_on(&database.url, MADE_BY_AN_UNRELEASED_BUILD).await;
    let before = statement_on(&database.url, STATE).await;
    let url = url::Url::parse(&database.url).unwrap();
    let what = format!("{} at {}:{}", &url.path()[1..], url.host_str().unwrap(), url.port().unwrap_or(5432));
    assert_eq!(databases.sentences(&ALL, &database.url), one(unreleased(&what)));
    assert_eq!(statement_on(&database.url, STATE).await, before);
}
