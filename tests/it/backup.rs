//! Backing up a SQLite database in use, and restoring it.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::str::FromStr as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use grantor::store::db::Engine;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;
use tempfile::TempDir;

use crate::support::database::{MIGRATED_BY_A_LATER_RELEASE, TestDatabase, postgres_url};
use crate::support::operator::refusal;
use crate::support::process::ServerProcess;
use crate::support::{Operator, TestServer, left_out};

/// A server on SQLite, whichever engine this run tests.
async fn server() -> TestServer {
    TestServer::start_on(TestDatabase::fresh(Engine::Sqlite).await, &[]).await
}

/// An operator with an empty folder for a new server.
struct NewServer {
    folder: TempDir,
    operator: Operator,
}

impl NewServer {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite:{}", folder.path().join("grantor.db").display());
        let operator = Operator { directory: folder.path().to_owned(), url };
        Self { folder, operator }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn serve(&self) -> ServerProcess {
        std::fs::write(self.path("node.toml"), "").unwrap();
        let environment = [("GRANTOR_DATABASE__URL", self.operator.url.as_str())];
        ServerProcess::start(self.folder.path(), &self.path("node.toml"), &environment)
    }

    /// The names of the files here, without the side files of an open database.
    fn files(&self) -> Vec<String> {
        files(self.folder.path())
    }
}

fn files(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    names.retain(|name| !name.ends_with("-wal") && !name.ends_with("-shm"));
    names.sort();
    names
}

async fn number(database: &Path, query: &'static str) -> i64 {
    let mut link = SqliteConnectOptions::new().filename(database).connect().await.unwrap();
    sqlx::query_scalar(query).fetch_one(&mut link).await.unwrap()
}

async fn change(database: &Path, statement: &'static str) {
    let mut link = SqliteConnectOptions::new().filename(database).connect().await.unwrap();
    sqlx::raw_sql(statement).execute(&mut link).await.unwrap();
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A server with a backup `copy` and its key `copy.key` in its folder.
async fn backed_up() -> (TestServer, PathBuf) {
    let server = server().await;
    let copy = server.database.directory.path().join("copy");
    Operator::of(&server).done(&["backup", text(&copy), "--with-master-key"]);
    (server, copy)
}

#[tokio::test]
async fn a_backup_under_load_is_consistent_and_the_restored_server_accepts_earlier_tokens() {
    let server = server().await;
    let (web, mut alice) = (server.web().await, server.alice().await);
    let code = web.code(&mut alice).await;
    let tokens = web.redeem_by_hand(&code).await;
    let cookies = alice.cookies.clone();
    let operator = Operator::of(&server);
    let copy = operator.directory.join("copy");
    let is_over = Arc::new(AtomicBool::new(false));
    let load = join_all((0..4).map(|_| {
        let mut browser = alice.clone_with_cookies();
        let (web, is_over) = (&web, is_over.clone());
        async move {
            let mut signed_in = 0;
            while !is_over.load(Ordering::SeqCst) {
                let code = web.code(&mut browser).await;
                assert_eq!(web.redeem_by_hand(&code).await.status, 200);
                signed_in += 1;
            }
            signed_in
        }
    }));
    let backups = async {
        let (copy, is_over) = (copy.clone(), is_over.clone());
        let said = tokio::task::spawn_blocking(move || {
            let said: Vec<String> = (0..5)
                .map(|_| operator.done(&["backup", text(&copy), "--overwrite", "--with-master-key"]))
                .collect();
            is_over.store(true, Ordering::SeqCst);
            said
        });
        said.await.unwrap()
    };
    let (signed_in, said) = tokio::join!(load, backups);
    assert!(signed_in.iter().sum::<i32>() > 0);
    assert!(said[0].contains(" rows of ") && said[0].contains("copy.key"), "{}", said[0]);
    // A grant and its token are written in one transaction.
    let torn = "SELECT COUNT(*) FROM access_tokens WHERE grant_id NOT IN (SELECT id FROM grants)";
    assert_eq!(number(&copy, torn).await, 0);
    assert!(number(&copy, "SELECT COUNT(*) FROM grants").await > 0);

    let elsewhere = NewServer::new();
    let said = elsewhere.operator.done(&["restore", text(&copy), "--with-master-key"]);
    assert!(said.starts_with("restored "), "{said}");
    let serving = elsewhere.serve();
    let web = web.at(&serving.url);
    assert_eq!(web.refresh_by_hand(&tokens.get("refresh_token")).await.status, 200);
    let mut alice = crate::support::Browser::new(&serving.url);
    alice.cookies = cookies;
    assert_ne!(alice.get(&web.url_with(&[])).await.get("code"), "", "she is still signed in");
    web.redeem_by_hand(&code).await.assert_json_error(400, "invalid_grant", "code.replayed");
}

#[cfg(unix)]
#[tokio::test]
async fn a_backup_is_private_to_its_owner_and_says_what_it_leaves_out() {
    use std::os::unix::fs::PermissionsExt as _;
    let server = server().await;
    let operator = Operator::of(&server);
    let said = operator.done(&["backup", "copy"]);
    assert!(said.contains("it does not contain the master key"), "{said}");
    let there = operator.refused(&["backup", "copy"]);
    assert_eq!(there, "copy already exists; --overwrite replaces it");
    let json = operator.json(&["backup", "copy", "--overwrite", "--with-master-key"]);
    let copy = operator.directory.join("copy");
    assert_eq!(json["bytes"], std::fs::metadata(&copy).unwrap().len());
    assert!(json["rows"].as_i64().unwrap() > 10 && json["master_key_file"] == "copy.key", "{json}");
    for file in ["copy", "copy.key"] {
        let mode = std::fs::metadata(operator.directory.join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    assert_eq!(files(&operator.directory), ["copy", "copy.key", "grantor.db", "grantor.key"]);
    for command in [&["backup", "grantor.db", "--overwrite"][..], &["restore", "./grantor.db", "--yes"]] {
        assert!(operator.refused(command).ends_with("grantor.db is the database itself"));
    }
    std::fs::write(operator.directory.join("copy.key"), "another").unwrap();
    let kept = operator.refused(&["backup", "copy", "--overwrite", "--with-master-key"]);
    assert_eq!(kept, "copy.key contains a different master key; move it first");
}

/// Waits until a command has written to a temporary folder of its own, then kills it.
fn kill_in_the_middle(mut child: Child, folder: &Path, prefix: &str) {
    let has_begun = || {
        std::fs::read_dir(folder).unwrap().flatten().any(|entry| {
            let is_its = entry.file_name().to_string_lossy().starts_with(prefix);
            is_its && std::fs::metadata(entry.path().join("copy")).is_ok_and(|copy| copy.len() > 0)
        })
    };
    while !has_begun() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it began");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().code(), None, "it was killed in the middle");
}

/// Enough data that copying takes a while.
const LARGE: &str = "INSERT INTO logos (digest, media_type, bytes)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
    SELECT CAST(i AS TEXT), 'image/png', randomblob(1000000) FROM n";

#[tokio::test]
async fn a_killed_backup_leaves_the_previous_one_unchanged() {
    let server = server().await;
    let operator = Operator::of(&server);
    operator.done(&["backup", "copy"]);
    let copy = operator.directory.join("copy");
    let before = std::fs::read(&copy).unwrap();
    change(&operator.directory.join("grantor.db"), LARGE).await;
    for arguments in [&["backup", "copy", "--overwrite"][..], &["backup", "another"]] {
        let mut command = operator.command(arguments);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        kill_in_the_middle(child, &operator.directory, "grantor-backup-");
    }
    assert!(std::fs::read(&copy).unwrap() == before, "the former backup is as it was");
    assert!(!operator.directory.join("another").exists());
    operator.done(&["backup", "another"]);
}

#[cfg(unix)]
#[tokio::test]
async fn an_interrupted_backup_leaves_no_files_behind() {
    let server = server().await;
    let operator = Operator::of(&server);
    change(&operator.directory.join("grantor.db"), LARGE).await;
    let mut command = operator.command(&["backup", "copy"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let has_begun = || files(&operator.directory).iter().any(|name| name.starts_with("grantor-backup-"));
    while !has_begun() {
        std::thread::yield_now();
    }
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let text = refusal(&["backup"], &child.wait_with_output().unwrap());
    assert_eq!(text, "interrupted; nothing was written");
    assert_eq!(files(&operator.directory), ["grantor.db", "grantor.key"]);
}

#[tokio::test]
async fn a_restore_asks_keeps_the_old_database_and_refuses_under_a_running_server() {
    let (server, copy) = backed_up().await;
    let elsewhere = NewServer::new();
    let operator = &elsewhere.operator;
    operator.done(&["migrate"]);
    operator.done(&["scope", "create", "mine", "--description", "Mine"]);
    let serving = elsewhere.serve();
    let arguments = ["restore", text(&copy), "--with-master-key", "--yes"];
    let text_of_use = operator.refused(&arguments);
    assert!(text_of_use.ends_with("grantor.db is in use; stop the server first"), "{text_of_use}");
    serving.stop();

    let asked = operator.refused(&arguments[..3]);
    assert!(asked.starts_with("Put ") && asked.contains("nothing was changed; --yes"), "{asked}");
    let names = |list: &serde_json::Value| list.to_string().contains("\"mine\"");
    assert!(names(&operator.json(&["scope", "list"])));
    let former_key = std::fs::read(elsewhere.path("grantor.key")).unwrap();

    let restored = operator.json(&arguments);
    assert!(!names(&operator.json(&["scope", "list"])));
    let aside = PathBuf::from(restored["put_aside"].as_str().unwrap());
    assert_eq!(number(&aside, "SELECT COUNT(*) FROM scopes WHERE name = 'mine'").await, 1);
    let key_aside = restored["master_key_put_aside"].as_str().unwrap();
    assert_eq!(std::fs::read(key_aside).unwrap(), former_key);
    assert_eq!(elsewhere.files().len(), 5, "{:?}", elsewhere.files());
    elsewhere.serve();
    drop(server);
}

#[tokio::test]
async fn a_killed_restore_leaves_the_database_unchanged() {
    let server = server().await;
    change(&server.database.directory.path().join("grantor.db"), LARGE).await;
    let copy = server.database.directory.path().join("copy");
    Operator::of(&server).done(&["backup", text(&copy), "--with-master-key"]);
    let elsewhere = NewServer::new();
    let operator = &elsewhere.operator;
    operator.done(&["migrate"]);
    operator.done(&["scope", "create", "mine", "--description", "Mine"]);
    let before = operator.json(&["scope", "list"]);
    let mut command = operator.command(&["restore", text(&copy), "--with-master-key", "--yes"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    kill_in_the_middle(child, elsewhere.folder.path(), "grantor-restore-");
    assert_eq!(operator.json(&["scope", "list"]), before);
    operator.done(&["restore", text(&copy), "--with-master-key", "--yes"]);
    assert_ne!(operator.json(&["scope", "list"]), before);
}

#[tokio::test]
async fn an_unusable_backup_is_refused_with_a_sentence() {
    let (_server, copy) = backed_up().await;
    let elsewhere = NewServer::new();
    let named = |name: &str| {
        let path = elsewhere.path(name);
        std::fs::copy(&copy, &path).unwrap();
        path
    };
    std::fs::write(elsewhere.path("nonsense"), "nonsense".repeat(1000)).unwrap();
    std::fs::write(elsewhere.path("nothing"), "").unwrap();
    let newer = named("newer");
    change(&newer, MIGRATED_BY_A_LATER_RELEASE).await;
    let foreign = elsewhere.path("foreign");
    let options = SqliteConnectOptions::from_str(text(&foreign)).unwrap().create_if_missing(true);
    drop(options.connect().await.unwrap());
    change(&foreign, "CREATE TABLE clients (id TEXT); INSERT INTO clients VALUES ('web')").await;
    let torn = named("torn");
    let whole = std::fs::read(&torn).unwrap();
    std::fs::write(&torn, &whole[..whole.len() / 2]).unwrap();
    for (name, sentence) in [
        ("none", "cannot read none: No such file or directory (os error 2)"),
        ("nonsense", "nonsense is not a SQLite database"),
        ("nothing", "nothing is not a SQLite database"),
        ("foreign", "foreign is a SQLite database, but not one of Grantor"),
        (
            "newer",
            "the database was migrated by a newer grantor (migration 9999), which only release 9.0.0 and later can use",
        ),
    ] {
        assert_eq!(elsewhere.operator.refused(&["restore", name]), sentence);
    }
    let damaged = elsewhere.operator.refused(&["restore", "torn"]);
    assert!(damaged.starts_with("torn is damaged: "), "{damaged}");
    assert!(!elsewhere.path("grantor.db").exists());
}

#[tokio::test]
async fn a_backup_without_its_master_key_is_not_restored() {
    let (_server, copy) = backed_up().await;
    let elsewhere = NewServer::new();
    let missing = elsewhere.operator.refused(&["restore", text(&copy)]);
    assert!(missing.contains("grantor.key is missing") && missing.contains("put it back"), "{missing}");
    std::fs::write(elsewhere.path("grantor.key"), "A".repeat(43)).unwrap();
    let wrong = elsewhere.operator.refused(&["restore", text(&copy)]);
    assert!(wrong.starts_with("the master key is not the one that this copy was made with"), "{wrong}");
    let key = copy.with_extension("key");
    let right = std::fs::read_to_string(&key).unwrap();
    std::fs::write(&key, "B".repeat(42) + "A").unwrap();
    let wrong = elsewhere.operator.refused(&["restore", text(&copy), "--with-master-key"]);
    assert!(wrong.ends_with("copy.key is not the one that this copy was made with"), "{wrong}");
    assert!(!elsewhere.path("grantor.db").exists());
    std::fs::write(elsewhere.path("grantor.key"), right).unwrap();
    elsewhere.operator.done(&["restore", text(&copy)]);
    elsewhere.serve();
}

#[tokio::test]
async fn an_unreadable_database_is_replaced_and_kept_aside() {
    let (_server, copy) = backed_up().await;
    let elsewhere = NewServer::new();
    let spoiled = "spoiled".repeat(2000);
    for (name, bytes) in [("grantor.db", spoiled.as_str()), ("grantor.db-wal", "its journal")] {
        std::fs::write(elsewhere.path(name), bytes).unwrap();
    }
    let restored = elsewhere.operator.json(&["restore", text(&copy), "--with-master-key", "--yes"]);
    let aside = restored["put_aside"].as_str().unwrap();
    assert_eq!(std::fs::read_to_string(aside).unwrap(), spoiled);
    assert_eq!(std::fs::read_to_string(format!("{aside}-wal")).unwrap(), "its journal");
    elsewhere.serve();
}

#[tokio::test]
async fn a_file_copied_with_its_journal_is_restored_with_the_journals_content() {
    let server = server().await;
    let folder = server.database.directory.path();
    server.sql("UPDATE scopes SET description = 'in the journal' WHERE name = 'pay'").await;
    let elsewhere = NewServer::new();
    for (from, to) in [("grantor.db", "copy"), ("grantor.db-wal", "copy-wal"), ("grantor.key", "grantor.key")]
    {
        std::fs::copy(folder.join(from), elsewhere.path(to)).unwrap();
    }
    elsewhere.operator.done(&["restore", "copy"]);
    let words = "SELECT COUNT(*) FROM scopes WHERE description = 'in the journal'";
    assert_eq!(number(&elsewhere.path("grantor.db"), words).await, 1);
}

#[tokio::test]
async fn a_restore_killed_at_the_last_moment_leaves_both_databases_whole() {
    let (_server, copy) = backed_up().await;
    let mine = "SELECT COUNT(*) FROM scopes WHERE name = 'mine'";
    let whole = "SELECT COUNT(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'";
    for _ in 0..10 {
        let elsewhere = NewServer::new();
        elsewhere.operator.done(&["migrate"]);
        elsewhere.operator.done(&["scope", "create", "mine", "--description", "Mine"]);
        let arguments = ["restore", text(&copy), "--with-master-key", "--yes"];
        let mut command = elsewhere.operator.command(&arguments);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        let aside = loop {
            let has_ended = child.try_wait().unwrap().is_some();
            let names = elsewhere.files();
            if let Some(name) = names.into_iter().find(|name| name.starts_with("grantor.db.before-")) {
                break elsewhere.path(&name);
            }
            assert!(!has_ended, "it ended and put nothing aside");
            std::thread::yield_now();
        };
        let _ = child.kill();
        child.wait().unwrap();
        assert_eq!((number(&aside, mine).await, number(&aside, whole).await), (1, 1));
        let database = elsewhere.path("grantor.db");
        assert_eq!(number(&database, whole).await, 1, "the former one or the new one");
    }
}

#[tokio::test]
async fn on_postgresql_the_sentence_says_what_to_use_instead() {
    if postgres_url().is_none() {
        return left_out("backups on PostgreSQL, because TEST_POSTGRES_URL is not set");
    }
    let database = TestDatabase::fresh(Engine::Postgres).await;
    let operator = Operator { directory: database.directory.path().to_owned(), url: database.url.clone() };
    let refused = operator.refused(&["backup", "copy"]);
    assert!(refused.contains("pg_dump") && refused.contains("grantor copy"), "{refused}");
    let refused = operator.refused(&["restore", "copy"]);
    assert!(refused.contains("grantor copy --from sqlite:copy --to"), "{refused}");
}
