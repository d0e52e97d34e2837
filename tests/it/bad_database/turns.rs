//! Several processes that migrate one database at the same time.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::Duration;

use grantor::clock::Timestamp;
use grantor::config::Config;
use grantor::store::db::{DbError, DbOptions, Engine};
use grantor::store::migrate;

use super::{DatabaseFolder, MIGRATE, SERVE};
use crate::deadline::Lock;
use crate::support::database::{TestDatabase, engine, statement_on};
use crate::support::process::{ServerProcess, ends_by_itself};

/// An empty database of the engine that this run tests, and a folder of databases that uses it.
async fn empty() -> (TestDatabase, DatabaseFolder) {
    let database = match engine() {
        Engine::Sqlite => TestDatabase::fresh(Engine::Sqlite).await,
        Engine::Postgres => TestDatabase::empty_postgres().await,
    };
    (database, DatabaseFolder::new())
}

/// A migration lease whose holder has stopped working.
const TAKEN: &str = "
    CREATE TABLE migration_lease (id BIGINT PRIMARY KEY, holder TEXT NOT NULL, ends_at BIGINT NOT NULL);
    INSERT INTO migration_lease VALUES (1, 'process 7 on elsewhere', 9999999999)";

#[tokio::test]
async fn servers_and_commands_that_start_together_on_an_empty_database_all_succeed() {
    let (database, databases) = empty().await;
    std::fs::write(databases.path("node.toml"), "").unwrap();
    std::thread::scope(|all| {
        let commands: Vec<_> =
            (0..4).map(|_| all.spawn(|| databases.operator(&database.url).run(MIGRATE))).collect();
        let servers: Vec<_> = (0..3)
            .map(|_| {
                let environment = [("GRANTOR_DATABASE__URL", database.url.as_str())];
                let (folder, config) = (databases.folder.path(), databases.path("node.toml"));
                all.spawn(move || ServerProcess::start(folder, &config, &environment))
            })
            .collect();
        for command in commands {
            let output = command.join().unwrap();
            assert_eq!(output.status.code(), Some(0), "{output:?}");
        }
        servers.into_iter().for_each(|server| assert!(server.join().unwrap().stop().0));
    });
}

#[tokio::test]
async fn a_waiting_process_names_the_migrating_one_and_continues_when_it_ends() {
    for arguments in [MIGRATE, SERVE] {
        let (database, databases) = empty().await;
        statement_on(&database.url, TAKEN).await;
        let mut command = databases.operator(&database.url).command(arguments);
        command.env("GRANTOR_LISTEN", "127.0.0.1:0").stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let waits = lines.next().unwrap().unwrap();
        assert!(
            waits.contains("waiting for process 7 on elsewhere, which is migrating the database"),
            "{waits}"
        );
        statement_on(&database.url, "UPDATE migration_lease SET ends_at = 0").await;
        match arguments == SERVE {
            true => {
                assert!(lines.any(|line| line.unwrap().contains("listens on")));
                child.kill().unwrap();
                child.wait().unwrap();
            }
            false => {
                assert!(child.wait().unwrap().success());
                let whose = statement_on(&database.url, "SELECT holder FROM migration_lease").await;
                assert!(whose.starts_with(&format!("process {}", child.id())), "{whose}");
            }
        }
    }
}

#[tokio::test]
async fn a_process_that_waited_too_long_names_the_migrating_one_and_stops() {
    let (database, databases) = empty().await;
    statement_on(&database.url, TAKEN).await;
    statement_on(&database.url, "UPDATE migration_lease SET ends_at = 1060").await;
    let options = Config::with(&[("database.url", database.url.as_str())]).unwrap().database_options();
    let options = DbOptions { migration_timeout: Duration::from_millis(600), ..options };
    let refused = migrate::run(&options, "test", Timestamp::from_unix(1_000)).await.unwrap_err();
    assert!(matches!(refused, DbError::MigrationLease(_)), "{refused:?}");
    let sentence = "process 7 on elsewhere is still migrating the database; try again when it has ended";
    assert_eq!(refused.to_string(), sentence);
    // The lease of a process that died expires before the others give up.
    assert!(DbOptions::MIGRATION_TIMEOUT > Duration::from_secs(60));
    statement_on(&database.url, "UPDATE migration_lease SET ends_at = 1001").await;
    let options = DbOptions { migration_timeout: Duration::from_secs(10), ..options };
    migrate::run(&options, "test", Timestamp::from_unix(1_000)).await.unwrap();
    databases.operator(&database.url).done(super::LIST);
}

#[tokio::test]
async fn a_lease_that_ends_later_than_any_right_clock_says_is_taken_over_after_the_wait() {
    let (database, _databases) = empty().await;
    statement_on(&database.url, TAKEN).await;
    let options = Config::with(&[("database.url", database.url.as_str())]).unwrap().database_options();
    let options = DbOptions { migration_timeout: Duration::from_millis(600), ..options };
    migrate::run(&options, "test", Timestamp::from_unix(1_000)).await.unwrap();
    let whose = statement_on(&database.url, "SELECT holder FROM migration_lease").await;
    assert_eq!(whose, "test");
}

/// What a process leaves behind that dies before its first migration.
const NO_MIGRATION_YET: &str = "
    CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL,
        installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, checksum $BYTES NOT NULL,
        execution_time BIGINT NOT NULL);
    CREATE TABLE migration_lease (id BIGINT PRIMARY KEY, holder TEXT NOT NULL, ends_at BIGINT NOT NULL)";

/// A PostgreSQL database in which the next migration waits for a lock; `None` on SQLite, where a migration locks the whole
/// database, so that no other process can migrate beside it.
async fn where_a_migration_takes_long() -> Option<(TestDatabase, Lock)> {
    if engine() == Engine::Sqlite {
        return None;
    }
    let database = TestDatabase::empty_postgres().await;
    statement_on(&database.url, &NO_MIGRATION_YET.replace("$BYTES", "BYTEA")).await;
    let lock = Lock::on(&database.url, "_sqlx_migrations IN SHARE ROW EXCLUSIVE MODE").await;
    Some((database, lock))
}

/// The options of a process whose lease ends after two seconds if it is not renewed.
fn with_a_short_lease(database: &TestDatabase, patience: u64) -> DbOptions {
    let options = Config::with(&[("database.url", database.url.as_str())]).unwrap().database_options();
    let migration_timeout = Duration::from_secs(patience);
    DbOptions { migration_timeout, migration_lease: Duration::from_secs(2), ..options }
}

#[tokio::test]
async fn a_migration_that_takes_longer_than_the_lease_keeps_its_turn() {
    let Some((database, mut lock)) = where_a_migration_takes_long().await else { return };
    let options = with_a_short_lease(&database, 5);
    let now = Timestamp::from_unix(1_000);
    let second = async {
        lock.is_met().await;
        let refused = migrate::run(&options, "second", now).await.unwrap_err();
        lock.release().await;
        refused.to_string()
    };
    let (first, refused) = tokio::join!(migrate::run(&options, "first", now), second);
    assert_eq!(refused, "first is still migrating the database; try again when it has ended");
    first.unwrap();
    migrate::run(&options, "second", now).await.unwrap();
}

#[tokio::test]
async fn a_migration_whose_lease_was_lost_ends_and_changes_nothing() {
    let Some((database, mut lock)) = where_a_migration_takes_long().await else { return };
    let options = with_a_short_lease(&database, 5);
    let taken = "UPDATE migration_lease SET holder = 'second', ends_at = 9999999999";
    let loses = async {
        lock.is_met().await;
        statement_on(&database.url, taken).await;
    };
    let now = Timestamp::from_unix(1_000);
    // The lock is not released before the end.
    let (first, ()) = tokio::join!(migrate::run(&options, "first", now), loses);
    let error = first.unwrap_err();
    assert!(matches!(error, DbError::MigrationTurnLost), "{error:?}");
    lock.release().await;
    let whose = statement_on(&database.url, "SELECT holder FROM migration_lease").await;
    assert_eq!(whose, "second");
    let migrated = statement_on(&database.url, "SELECT COUNT(*)::TEXT FROM _sqlx_migrations").await;
    assert_eq!(migrated, "0");
}

#[tokio::test]
async fn a_process_that_meets_a_lasting_lock_says_so_and_stops() {
    let (database, databases) = empty().await;
    let (journal, bytes) = match engine() {
        Engine::Sqlite => ("PRAGMA journal_mode = WAL; ", "BLOB"),
        Engine::Postgres => ("", "BYTEA"),
    };
    statement_on(&database.url, &format!("{journal}{}", NO_MIGRATION_YET.replace("$BYTES", bytes))).await;
    let lock = Lock::on(&database.url, "_sqlx_migrations IN SHARE ROW EXCLUSIVE MODE").await;
    let mut command = databases.operator(&database.url).command(SERVE);
    command.env("GRANTOR_LISTEN", "127.0.0.1:0").env("GRANTOR_HTTP__DEADLINE", "2s").stdin(Stdio::null());
    let (code, text) = ends_by_itself(command);
    assert_eq!(code, Some(1), "{text}");
    let why = match engine() {
        Engine::Sqlite => "database is locked; another process holds it",
        Engine::Postgres => {
            "canceling statement due to lock timeout; another transaction is in the way; try again when it has ended"
        }
    };
    assert!(
        text.starts_with("grantor: cannot migrate the database ") && text.trim_end().ends_with(why),
        "{text}"
    );
    assert_eq!(text.lines().count(), 1, "{text}");
    lock.release().await;
    databases.operator(&database.url).done(MIGRATE);
}
