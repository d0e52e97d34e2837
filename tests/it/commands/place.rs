//! Where a command finds its configuration and its database, and what it says if it finds no database.

use grantor::store::db::Engine;

use crate::support::CommandLine;
use crate::support::database::engine;
use crate::support::operator::{refusal, succeeded};
use crate::support::process::grantor;

#[tokio::test]
async fn the_configuration_is_found_in_the_variable_and_in_the_folder() {
    let cli = CommandLine::new().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let file = cli.config.to_str().unwrap();
    let create = ["scope", "create", "here", "--description", "Here"];
    let here = grantor(&cli.directory(), &create).output().unwrap();
    succeeded(&create, here);
    let list = ["scope", "list"];
    let by_variable = grantor(elsewhere.path(), &list).env("GRANTOR_CONFIG", file).output().unwrap();
    assert!(succeeded(&list, by_variable).contains("here"));
    for place in 0..=2 {
        let mut words: Vec<&str> = list.to_vec();
        words.splice(place..place, ["--config", file]);
        // The option wins over the variable.
        let found = grantor(elsewhere.path(), &words).env("GRANTOR_CONFIG", "none.toml").output().unwrap();
        assert!(succeeded(&words, found).contains("here"), "{words:?}");
    }
    let named = grantor(elsewhere.path(), &list).env("GRANTOR_CONFIG", "none.toml").output().unwrap();
    assert!(refusal(&list, &named).starts_with("the configuration file none.toml cannot be read"));
    let demo = ["--config", file, "demo"];
    let said = refusal(&demo, &grantor(elsewhere.path(), &demo).output().unwrap());
    assert_eq!(said, "grantor demo has a configuration of its own, and takes no --config");
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0, "nothing was made");
}

#[tokio::test]
async fn a_command_in_another_folder_says_that_there_is_no_database_and_where_it_looked() {
    let folder = tempfile::tempdir().unwrap();
    let list = ["user", "list"];
    let said = refusal(&list, &grantor(folder.path(), &list).output().unwrap());
    let file = folder.path().canonicalize().unwrap().join("grantor.db");
    assert_eq!(
        said,
        format!(
            "there is no database {} (database.url); --config and GRANTOR_CONFIG name no file, and there is neither \
             ./grantor.toml nor /etc/grantor/grantor.toml. grantor init, serve and migrate make a database",
            file.display()
        )
    );
    std::fs::write(folder.path().join("grantor.toml"), "").unwrap();
    let said = refusal(&list, &grantor(folder.path(), &list).output().unwrap());
    assert!(said.contains("; the configuration is grantor.toml. "), "{said}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was made");
}

#[tokio::test]
async fn an_empty_list_names_the_database() {
    let cli = CommandLine::new().await;
    for list in [["user", "list"], ["client", "list"], ["session", "list"], ["issuer", "list"]] {
        let said = cli.done(&list);
        assert!(said.starts_with("none in the database ") && said.lines().count() == 1, "{said}");
        let name = match engine() {
            Engine::Sqlite => cli.directory().join("grantor.db").display().to_string(),
            Engine::Postgres => " at 127.0.0.1:".to_owned(),
        };
        assert!(said.contains(&name) && !said.contains("postgres://"), "{said}");
        assert_eq!(cli.done(&[&list[..], &["--json"]].concat()), "[]\n");
    }
    for list in [
        &["user", "list", "--search", "zzz"][..],
        &["client", "list", "--state", "disabled"],
        &["scope", "list", "--search", "zzz"],
        &["logout", "list", "--client", "zzz"],
        &["ping", "list", "--client", "zzz"],
    ] {
        let said = cli.done(list);
        assert!(said.starts_with("none that match in the database "), "{list:?}: {said}");
    }
}
