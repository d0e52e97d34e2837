//! Damaged SQLite files.

use grantor::store::db::Engine;

use super::{ALL, BACKUP, CREATE, DatabaseFolder, LIST, one};
use crate::support::Application;
use crate::support::database::{engine, statement_on};
use crate::support::process::ServerProcess;

const REMEDY: &str = "it is damaged, and grantor restore puts a backup in its place";

#[test]
fn a_truncated_file_or_one_without_its_schema_is_refused_and_left_unchanged() {
    if engine() != Engine::Sqlite {
        return;
    }
    let databases = DatabaseFolder::new();
    let good = std::fs::read(databases.path("good")).unwrap();
    let mut nothing_behind_the_name = good.clone();
    nothing_behind_the_name[16..100].fill(0xff);
    let mut no_schema = good.clone();
    no_schema[4096..40_960].fill(0xff);
    for (bytes, what) in [
        (&good[..good.len() / 2], "database disk image is malformed"),
        (&good[..1000], "database disk image is malformed"),
        (&nothing_behind_the_name, "file is not a database"),
        (&no_schema, "database disk image is malformed"),
    ] {
        std::fs::write(databases.path("damaged"), bytes).unwrap();
        let sentence =
            format!("cannot open the database {}: {what}; {REMEDY}", databases.path("damaged").display());
        let all = [&ALL[..], &[BACKUP]].concat();
        assert_eq!(databases.sentences(&all, &databases.url("damaged")), one(sentence));
    }
    databases.operator(&databases.url("damaged")).done(&["restore", "good", "--yes"]);
}

#[tokio::test]
async fn damage_inside_a_table_is_a_failure_where_it_is_read_and_never_an_answer() {
    if engine() != Engine::Sqlite {
        return;
    }
    let databases = DatabaseFolder::new();
    let (url, secret) = (databases.url("grantor.db"), "a chosen secret");
    let operator = databases.operator(&url);
    operator.done(&["migrate"]);
    operator.done(&["scope", "create", "read", "--description", "Read"]);
    let client = ["client", "create", "--id", "job", "--name", "J", "--kind", "service", "--secret", secret];
    operator.done(&[&client[..], &["--scope", "read"]].concat());
    let page = "SELECT CAST(rootpage AS TEXT) FROM sqlite_schema WHERE name = 'clients'";
    let page: usize = statement_on(&url, page).await.parse().unwrap();
    let mut bytes = std::fs::read(databases.path("grantor.db")).unwrap();
    bytes[(page - 1) * 4096..page * 4096].fill(0xa5);
    std::fs::write(databases.path("grantor.db"), bytes).unwrap();

    std::fs::write(databases.path("node.toml"), "").unwrap();
    let serving = ServerProcess::start(
        databases.folder.path(),
        &databases.path("node.toml"),
        &[("GRANTOR_DATABASE__URL", url.as_str())],
    );
    let job = Application::registered_at(&serving.url, "job", Some(secret), "");
    for _ in 0..3 {
        let answer = job.token(&[("grant_type", "client_credentials")]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.get("error").as_str()),
            (500, "server_error"),
            "{answer:?}"
        );
    }
    assert_eq!(crate::support::Browser::new(&serving.url).get("/readyz").await.status, 200);
    let (_, log) = serving.stop();
    assert!(log.contains(REMEDY), "{log}");

    let as_it_is = |command| command;
    let sentence = format!("a database statement failed: database disk image is malformed; {REMEDY}");
    assert_eq!(databases.sentence(LIST, &url, &as_it_is), sentence);
    let sentence = format!(
        "cannot open the database {}: database disk image is malformed; {REMEDY}",
        databases.path("grantor.db").display()
    );
    assert_eq!(databases.sentence(BACKUP, &url, &as_it_is), sentence);
    // Commands that do not read the damaged part still work.
    assert!(operator.with_input(CREATE, "a long enough password").status.success());
}
