//! Files that are not SQLite databases, or do not exist.

use super::{ALL, BACKUP, DatabaseFolder, FROM, RESTORE, SERVE, TO, USERS, WRITERS, no_database, one};
use crate::support::database::{MIGRATED_BY_A_LATER_RELEASE, statement_on};

#[test]
fn a_file_that_is_not_a_database_is_named_and_left_with_its_journal() {
    let databases = DatabaseFolder::new();
    std::fs::write(databases.path("text"), "a text, and longer than what a database begins with").unwrap();
    std::fs::write(databases.path("short"), "x").unwrap();
    std::fs::write(databases.path("text-wal"), "what SQLite would take away").unwrap();
    std::fs::create_dir(databases.path("folder")).unwrap();
    for (name, why) in [
        ("text", "it is not a SQLite database"),
        ("short", "it is not a SQLite database"),
        ("folder", "it is a directory; name a file in it"),
    ] {
        let sentence = format!("cannot use the database {}: {why}", databases.path(name).display());
        let all = [&ALL[..], &[BACKUP]].concat();
        assert_eq!(databases.sentences(&all, &databases.url(name)), one(sentence), "{name}");
    }
    assert_eq!(
        databases.sentences(&[SERVE, FROM, TO], "sqlite:/dev/null"),
        one("cannot use the database /dev/null: it is not a file")
    );
    let sentence = format!(
        "cannot use the database {}: it is a directory; name a file in it",
        databases.path("folder").display()
    );
    assert_eq!(
        databases.sentences(&[RESTORE], &databases.url("folder")),
        one(sentence),
        "and no folder is put aside"
    );
}

#[test]
fn a_missing_folder_is_named() {
    let databases = DatabaseFolder::new();
    for folder in ["none", "password"] {
        let missing = databases.path(folder);
        let sentence = format!(
            "cannot use the database {}: there is no folder {}",
            missing.join("x.db").display(),
            missing.display()
        );
        assert_eq!(databases.sentences(&WRITERS, &databases.url(&format!("{folder}/x.db"))), one(sentence));
    }
    let url = databases.url("none/x.db");
    let none = databases.path("none/x.db");
    let not_there = "No such file or directory (os error 2)";
    assert_eq!(
        databases.sentences(&[FROM], &url),
        one(format!("cannot open the database {}: {not_there}", none.display()))
    );
    assert_eq!(databases.sentences(&[BACKUP], &url), one(no_database(none.display())));
    let folder = databases.path("none");
    assert_eq!(
        databases.sentences(&[RESTORE], &url),
        one(format!("cannot write in {}: {not_there}", folder.display()))
    );
}

#[tokio::test]
async fn a_file_of_a_newer_release_is_left_unchanged() {
    let databases = DatabaseFolder::new();
    std::fs::copy(databases.path("good"), databases.path("newer")).unwrap();
    statement_on(&databases.url("newer"), MIGRATED_BY_A_LATER_RELEASE).await;
    let sentence = "the database was migrated by a newer grantor (migration 9999), which only release 9.0.0 and later can use";
    assert_eq!(databases.sentences(&[&ALL[..], &[BACKUP]].concat(), &databases.url("newer")), one(sentence));
}

#[test]
fn an_empty_file_is_a_new_database() {
    let databases = DatabaseFolder::new();
    std::fs::write(databases.path("empty"), "").unwrap();
    let (url, path) = (databases.url("empty"), databases.path("empty"));
    assert_eq!(databases.sentences(&USERS, &url), one(no_database(path.display())));
    databases.operator(&url).done(super::MIGRATE);
    databases.operator(&url).done(super::LIST);
}

#[test]
fn only_commands_that_begin_a_server_make_a_database() {
    let databases = DatabaseFolder::new();
    let (url, path) = (databases.url("new.db"), databases.path("new.db"));
    for command in [&USERS[..], &[BACKUP, &["key", "list"], &["token", "inspect", "-"]]].concat() {
        let said = databases.sentence(command, &url, &|command| command);
        assert_eq!(said, no_database(path.display()), "{command:?}");
    }
    databases.operator(&url).done(super::PLAN);
    assert!(!path.exists());
    databases.operator(&url).done(super::MIGRATE);
    databases.operator(&url).done(super::LIST);
}

#[test]
fn unusable_urls_are_reported_with_their_option() {
    let databases = DatabaseFolder::new();
    let known = "sslmode, sslrootcert, sslcert, sslkey, host, hostaddr, port, dbname, user, password, application_name, \
                 connect_timeout, target_session_attrs, channel_binding, options";
    for (url, why) in [
        ("mysql://u:hunter2@h/d", "must begin with sqlite: or postgres://".to_owned()),
        ("", "must begin with sqlite: or postgres://".to_owned()),
        ("sqlite:", "must name a file, such as sqlite:/var/lib/grantor/grantor.db".to_owned()),
        ("sqlite::memory:", "must name a file, such as sqlite:/var/lib/grantor/grantor.db".to_owned()),
        ("sqlite:x.db?mode=ro", "must be a path alone behind sqlite:, without parameters".to_owned()),
        (
            "postgres://u:hunter2@h:99999/d",
            "is not of the form postgres://user:password@host:port/database, where letters such as @ : / ? # in a \
             password are written %40 %3A %2F %3F %23"
                .to_owned(),
        ),
        ("postgres://u@h/d?pasword=hunter2", format!("has a parameter pasword, which is not one of {known}")),
        ("postgres://h/d?sslmod=require", format!("has a parameter sslmod, which is not one of {known}")),
        (
            "postgres://u@h/d?sslmode=require&channel_binding=require",
            "has a channel_binding that cannot be kept: the driver has no SCRAM-SHA-256-PLUS; leave it out and write \
             sslmode=verify-full, which also lets no one come between"
                .to_owned(),
        ),
    ] {
        let configured = one(format!("database.url {why} (GRANTOR_DATABASE__URL)"));
        assert_eq!(databases.sentences(&[SERVE, super::CREATE, BACKUP], url), configured, "{url}");
        assert_eq!(databases.sentences(&[FROM], url), one(format!("--from {why}")));
        assert_eq!(databases.sentences(&[TO], url), one(format!("--to {why}")));
        let checked = databases.operator(url).run(&["config", "check"]);
        assert_eq!(checked.status.code(), Some(1));
        let text = String::from_utf8(checked.stdout).unwrap();
        assert!(text.contains(&format!("database.url {why}")) && !text.contains(super::SECRET), "{text}");
    }
}
