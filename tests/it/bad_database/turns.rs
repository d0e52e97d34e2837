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

/// What a process leaves behind that dies before its first migration.
const NO_MIGRATION_YET: &str = "
    CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL,
        installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, checksum $BYTES NOT NULL,
        execution_time BIGINT NOT NULL);
    CREATE TABLE migration_lease (id BIGINT PRIMARY KEY, holder TEXT NOT NULL, ends_at BIGINT NOT NULL)";

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
