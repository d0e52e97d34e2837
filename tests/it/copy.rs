//! Copying a database into another one, between the engines and within each.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};
use std::str::FromStr as _;

use grantor::store::db::Engine;
use grantor::store::tables::{ALL, INTERNAL_TABLES};
use serde_json::Value;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _};

use crate::support::database::{MIGRATED_BY_A_LATER_RELEASE, TestDatabase, engine, postgres_url};
use crate::support::process::ServerProcess;
use crate::support::{Operator, TestServer, left_out};

/// The engines that are available to this run.
fn engines() -> Vec<Engine> {
    match postgres_url() {
        Some(_) => vec![Engine::Sqlite, Engine::Postgres],
        None => {
            left_out("copies from and to PostgreSQL, because TEST_POSTGRES_URL is not set");
            vec![Engine::Sqlite]
        }
    }
}

/// A migrated, empty database and an operator who copies.
async fn fresh(engine: Engine) -> (TestDatabase, Operator) {
    let database = TestDatabase::fresh(engine).await;
    let operator = Operator { directory: database.directory.path().to_owned(), url: database.url.clone() };
    operator.done(&["migrate"]);
    (database, operator)
}

/// Reads one text column with a query that both engines understand.
async fn texts(url: &str, sql: impl Into<String>) -> Vec<String> {
    let sql = AssertSqlSafe(sql.into());
    match url.strip_prefix("sqlite:") {
        Some(path) => {
            let mut link = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
            let rows = sqlx::query(sql).fetch_all(&mut link).await.unwrap();
            rows.iter().map(|row| row.get(0)).collect()
        }
        None => {
            let mut link = PgConnectOptions::from_str(url).unwrap().connect().await.unwrap();
            let rows = sqlx::query(sql).fetch_all(&mut link).await.unwrap();
            rows.iter().map(|row| row.get(0)).collect()
        }
    }
}

async fn change(url: &str, sql: &'static str) {
    match url.strip_prefix("sqlite:") {
        Some(path) => {
            let mut link = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
            sqlx::raw_sql(sql).execute(&mut link).await.unwrap();
        }
        None => {
            let mut link = PgConnectOptions::from_str(url).unwrap().connect().await.unwrap();
            sqlx::raw_sql(sql).execute(&mut link).await.unwrap();
        }
    }
}

/// Every row of a SQLite database as SQL literals, table by table, read independently of the copy.
async fn dump(url: &str) -> BTreeMap<&'static str, Vec<String>> {
    let mut all = BTreeMap::new();
    for table in ALL {
        let columns =
            texts(url, format!("SELECT name FROM pragma_table_info('{}') ORDER BY name", table.name));
        let values: Vec<String> =
            columns.await.iter().map(|name| format!("typeof({name}) || quote({name})")).collect();
        let rows = format!("SELECT {} AS row FROM {} ORDER BY row", values.join(" || ', ' || "), table.name);
        all.insert(table.name, texts(url, rows).await);
    }
    all
}

/// Values that are easily lost between the two engines.
const HOSTILE: &str = "
    INSERT INTO users (id, username, email, name, claims, created_at, updated_at, disabled_at) VALUES
        ('u1', '', '''\"\\%', '𝔊𝔯𝔞𝔫𝔱𝔬𝔯 \u{feff}\u{ffff}\u{10ffff} e\u{301}\u{1f468}\u{200d}\u{1f469} שלום', '{\"a\":\"\\u0000\"}',
         -9223372036854775808, 9223372036854775807, NULL),
        ('u2', 'NULL', NULL, '\n\t\r\u{1}\u{7f}', '{}', 0, -1, 0);
    INSERT INTO user_names (folded, user_id) VALUES ('ß', 'u1'), ('ss', 'u2'), ('SS', 'u2'), ('ss ', 'u1');
    INSERT INTO logos (digest, media_type, bytes) VALUES
        ('empty', 'image/png', x''), ('zeros', 'image/png', x'000000'), ('high', 'image/gif', x'ff00fe80'),
        ('text', 'image/gif', x'74657874'), ('large', 'image/png', randomblob(300000));
    INSERT INTO scopes (name, description, consequence, localized, sensitive, created_at) VALUES
        ('t', '', '', '{\"description#de\":\"ß \u{1f600}\"}', TRUE, 1), ('f', '', NULL, '{}', FALSE, 1);
    INSERT INTO guesses (bucket, count, expires_at) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
        WHERE i < 1001) SELECT 'b' || i, i * 9007199254740993, i FROM n;";

#[tokio::test]
async fn every_table_and_column_of_both_engines_is_in_the_list() {
    for engine in engines() {
        let (database, _operator) = fresh(engine).await;
        let url = &database.url;
        let (tables, columns) = match engine {
            Engine::Sqlite => (
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
                "SELECT name || ' ' || type FROM pragma_table_info('$')",
            ),
            Engine::Postgres => (
                "SELECT table_name::TEXT FROM information_schema.tables WHERE table_schema = 'public'",
                "SELECT column_name || ' ' || upper(data_type) FROM information_schema.columns
                 WHERE table_schema = 'public' AND table_name = '$'",
            ),
        };
        let listed = ALL.iter().map(|table| table.name).chain(INTERNAL_TABLES.iter().copied());
        let there: BTreeSet<String> = texts(url, tables).await.into_iter().collect();
        assert_eq!(there, listed.map(str::to_owned).collect(), "{engine:?}");
        for table in ALL {
            let there: BTreeSet<String> =
                texts(url, columns.replace('$', table.name)).await.into_iter().collect();
            let listed =
                table.columns.iter().map(|column| format!("{} {}", column.name(), column.declared()));
            assert_eq!(there, listed.collect(), "{engine:?}: {}", table.name);
        }
    }
}

#[tokio::test]
async fn no_table_is_listed_before_one_that_it_refers_to() {
    let (database, _operator) = fresh(Engine::Sqlite).await;
    for (at, table) in ALL.iter().enumerate() {
        let refers = format!("SELECT \"table\" FROM pragma_foreign_key_list('{}')", table.name);
        for other in texts(&database.url, refers).await {
            let stands = ALL[..at].iter().any(|before| before.name == other);
            assert!(stands, "{} refers to {other}", table.name);
        }
    }
}

#[tokio::test]
async fn a_copy_to_the_other_engine_and_back_is_identical() {
    let (source, operator) = fresh(Engine::Sqlite).await;
    change(&source.url, HOSTILE).await;
    let mut last = source.url.clone();
    let mut reply: Vec<Value> = Vec::new();
    let mut kept = Vec::new();
    for engine in engines().into_iter().rev().chain([Engine::Sqlite]) {
        let target = TestDatabase::fresh(engine).await;
        reply.push(operator.json(&["copy", "--from", &last, "--to", &target.url]));
        last = target.url.clone();
        kept.push(target);
    }
    assert_eq!(dump(&last).await, dump(&source.url).await);
    assert!(reply.iter().all(|said| *said == reply[0]), "{reply:?}");
    assert_eq!(reply[0]["tables"].as_array().unwrap().len(), ALL.len());
    assert_eq!(reply[0]["rows"], 1001 + 2 + 4 + 5 + 2 + 7 + 14 + 1);
}

#[tokio::test]
async fn a_copy_of_a_busy_server_is_consistent_and_keeps_sessions() {
    let server = TestServer::start().await;
    let (web, mut alice) = (server.web().await, server.alice().await);
    let tokens = web.redeem_by_hand(&web.code(&mut alice).await).await;
    let other = match (engine(), postgres_url()) {
        (Engine::Sqlite, Some(_)) => Engine::Postgres,
        _ => Engine::Sqlite,
    };
    let (target, mover) = fresh(other).await;
    let (from, to) = (server.database.url.clone(), target.url.clone());
    let copying = tokio::task::spawn_blocking(move || {
        mover.done(&["copy", "--from", &from, "--to", &to]);
    });
    let mut signed_in = 0;
    while !copying.is_finished() {
        let code = web.code(&mut alice).await;
        web.redeem_by_hand(&code).await;
        signed_in += 1;
    }
    copying.await.unwrap();
    assert!(signed_in > 0);
    let torn = "SELECT hash FROM access_tokens WHERE grant_id NOT IN (SELECT id FROM grants)";
    assert!(texts(&target.url, format!("SELECT 'torn' FROM ({torn}) AS t")).await.is_empty());

    let directory = target.directory.path();
    std::fs::copy(server.database.directory.path().join("grantor.key"), directory.join("grantor.key"))
        .unwrap();
    std::fs::write(directory.join("node.toml"), "").unwrap();
    let serving = ServerProcess::start(
        directory,
        &directory.join("node.toml"),
        &[("GRANTOR_DATABASE__URL", target.url.as_str()), ("GRANTOR_KEYS__MASTER_KEY_FILE", "grantor.key")],
    );
    let moved = web.at(&serving.url);
    assert_eq!(moved.refresh_by_hand(&tokens.get("refresh_token")).await.status, 200);
}

#[tokio::test]
async fn a_target_with_rows_is_left_unchanged_without_a_yes() {
    for engine in engines() {
        let (source, operator) = fresh(Engine::Sqlite).await;
        operator.done(&["scope", "create", "new", "--description", "New"]);
        let (target, owner) = fresh(engine).await;
        owner.done(&["scope", "update", "email", "--description", "Our words"]);
        let before = owner.json(&["scope", "list"]);
        let copy = ["copy", "--from", &source.url, "--to", &target.url, "--overwrite", "--yes"];
        let text = operator.refused(&copy[..5]);
        let sentence = "the database to copy to has rows in scopes already; --overwrite replaces them all";
        assert_eq!(text, sentence);
        let asked = operator.refused(&copy[..6]);
        assert!(asked.starts_with("Delete everything in the target database"), "{asked}");
        assert_eq!(owner.json(&["scope", "list"]), before);
        let said = operator.done(&copy);
        assert!(said.contains("scopes") && said.contains("their checksums agree"), "{said}");
        assert_eq!(owner.json(&["scope", "list"]), operator.json(&["scope", "list"]));
    }
}

#[tokio::test]
async fn a_database_in_use_by_a_server_is_not_overwritten() {
    let server = TestServer::start().await;
    let (source, operator) = fresh(Engine::Sqlite).await;
    let copy = ["copy", "--from", &source.url, "--to", &server.database.url, "--overwrite", "--yes"];
    assert_eq!(operator.refused(&copy), "the database to copy to is in use; stop the server first");
    assert_eq!(server.number("SELECT COUNT(*) FROM scopes WHERE name = 'pay'").await, 1);
}

#[tokio::test]
async fn a_progress_bar_is_shown_on_a_terminal_only() {
    if Command::new("script").arg("--version").output().is_err() {
        return left_out("progress on a terminal; there is no script(1) to make one");
    }
    let (source, operator) = fresh(Engine::Sqlite).await;
    let (from, to) = (&source.url, source.url.replace("grantor.db", "other.db"));
    let on_terminal = |more: &str| {
        let grantor = env!("CARGO_BIN_EXE_grantor");
        let line = format!("{grantor} copy --from {from} --to {to} --overwrite --yes {more}");
        let mut command = Command::new("script");
        command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
        let output = command.current_dir(&operator.directory).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let shown = on_terminal("");
    assert!(shown.contains("copying [") && shown.contains("of 22 rows"), "{shown}");
    let shown = on_terminal("--json");
    assert!(!shown.contains("copying ["), "{shown}");
    let output = operator.run(&["copy", "--from", from, "--to", &to]);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

/// Enough data that copying takes a while.
const LARGE: &str = "INSERT INTO logos (digest, media_type, bytes)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 800)
    SELECT CAST(i AS TEXT), 'image/png', randomblob(100000) FROM n";

#[tokio::test]
async fn a_killed_copy_leaves_the_target_unchanged() {
    let (source, operator) = fresh(Engine::Sqlite).await;
    change(&source.url, LARGE).await;
    for engine in engines() {
        let (target, owner) = fresh(engine).await;
        owner.done(&["scope", "create", "mine", "--description", "Mine"]);
        let before = owner.json(&["scope", "list"]);
        let copy = ["copy", "--from", &source.url, "--to", &target.url, "--overwrite", "--yes"];
        let mut child = operator.command(&copy).stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        while written(&target).await < 20_000_000 {
            assert!(child.try_wait().unwrap().is_none(), "it ended before its middle");
        }
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().code(), None, "it was killed in the middle");
        assert_eq!(owner.json(&["scope", "list"]), before, "{engine:?}");
        assert!(texts(&target.url, "SELECT digest FROM logos").await.is_empty());
        operator.done(&copy);
        assert_eq!(texts(&target.url, "SELECT digest FROM logos").await.len(), 800);
    }
}

/// The bytes that the target takes on the disk, committed or not.
async fn written(target: &TestDatabase) -> u64 {
    match target.url.strip_prefix("sqlite:") {
        Some(path) => std::fs::metadata(format!("{path}-wal")).map_or(0, |file| file.len()),
        None => {
            let size = "SELECT CAST(pg_total_relation_size('logos') AS TEXT)";
            texts(&target.url, size).await[0].parse().unwrap()
        }
    }
}

#[tokio::test]
async fn what_postgresql_cannot_hold_is_named_and_nothing_is_copied() {
    if postgres_url().is_none() {
        return left_out("what PostgreSQL cannot hold, because TEST_POSTGRES_URL is not set");
    }
    let (source, operator) = fresh(Engine::Sqlite).await;
    change(&source.url, "INSERT INTO guesses VALUES ('a' || char(0) || 'b', 1, 1)").await;
    operator.done(&["scope", "create", "new", "--description", "New"]);
    let (target, owner) = fresh(Engine::Postgres).await;
    let before = owner.json(&["scope", "list"]);
    let text = operator.refused(&["copy", "--from", &source.url, "--to", &target.url]);
    assert!(text.starts_with("the rows of guesses cannot be copied: "), "{text}");
    assert_eq!(owner.json(&["scope", "list"]), before);
}

#[tokio::test]
async fn unusable_sources_and_targets_are_refused_with_a_sentence() {
    let (source, operator) = fresh(Engine::Sqlite).await;
    let folder = source.directory.path();
    let at = |name: &str| format!("sqlite:{}", folder.join(name).display());
    std::fs::write(folder.join("foreign"), "").unwrap();
    std::fs::copy(folder.join("grantor.db"), folder.join("newer")).unwrap();
    change(&at("newer"), MIGRATED_BY_A_LATER_RELEASE).await;
    let newer = "the database was migrated by a newer grantor (migration 9999), which only release 9.0.0 and later can use";
    let to = at("new");
    for (from, to, part) in [
        (at("none"), to.clone(), "the database to copy from: cannot open the database"),
        (at("foreign"), to.clone(), "the database to copy from is not one of Grantor"),
        (at("newer"), to.clone(), newer),
        (source.url.clone(), at("newer"), newer),
        (source.url.clone(), source.url.clone(), "--from and --to are the same database"),
        ("mysql://x".into(), to.clone(), "--from must begin with sqlite: or postgres://"),
        (
            source.url.clone(),
            "postgres://127.0.0.1:1/x".into(),
            "the database to copy to: cannot open the database x at 127.0.0.1:1: ",
        ),
        (source.url.clone(), at("no/folder"), "the database to copy to: cannot use the database"),
    ] {
        let text = operator.refused(&["copy", "--from", &from, "--to", &to]);
        assert!(text.contains(part), "{from} {to}: {text}");
    }
    assert!(!folder.join("new").exists() && !folder.join("none").exists());
    operator.done(&["copy", "--from", &source.url, "--to", &to]);
}

#[tokio::test]
async fn a_backup_can_be_the_source_of_a_copy() {
    let (database, operator) = fresh(Engine::Sqlite).await;
    operator.done(&["scope", "create", "new", "--description", "New"]);
    operator.done(&["backup", "copy"]);
    let backup = database.directory.path().join("copy");
    let before = std::fs::read(&backup).unwrap();
    for engine in engines() {
        let (target, owner) = fresh(engine).await;
        let from = format!("sqlite://{}", backup.display());
        operator.done(&["copy", "--from", &from, "--to", &target.url]);
        assert_eq!(owner.json(&["scope", "list"]), operator.json(&["scope", "list"]));
    }
    assert!(std::fs::read(&backup).unwrap() == before);
}
