//! The link by which a person becomes the first owner of a server that no one can manage.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::support::Browser;
use crate::support::cli::CommandLine;
use crate::support::process::ServerProcess;

const ON: [(&str, &str); 1] = [("GRANTOR_ADMIN__SETUP_LINK", "true")];
const PASSWORD: &str = "a sentence that nobody guesses";

fn file(cli: &CommandLine) -> std::path::PathBuf {
    cli.directory().join("grantor-setup-link")
}

fn users(cli: &CommandLine) -> Vec<(String, String)> {
    let users: Value = serde_json::from_str(&cli.done(&["user", "list", "--json"])).unwrap();
    let pair = |user: &Value| {
        (user["username"].as_str().unwrap().to_owned(), user["role"].as_str().unwrap_or_default().to_owned())
    };
    users.as_array().unwrap().iter().map(pair).collect()
}

/// What a server logs about the link from its start to its stop.
fn logged(server: ServerProcess) -> String {
    server.terminate();
    let (_, log) = server.finish();
    log.lines().filter(|line| line.contains("setup-link") || line.contains("manage this server")).collect()
}

#[tokio::test]
async fn the_link_in_the_file_makes_one_person_the_owner() {
    let cli = CommandLine::new().await;
    let server = cli.serve(&ON);
    let link = std::fs::read_to_string(file(&cli)).unwrap();
    let mode = std::fs::metadata(file(&cli)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(users(&cli), [("owner".to_owned(), "owner".to_owned())]);
    let link = link.trim().strip_prefix(&server.url).expect("a link of this server").to_owned();
    let token = link.split_once('=').unwrap().1.to_owned();

    // A restart keeps the link, so that what was read before still works.
    let log = logged(server);
    assert!(log.contains("grantor-setup-link") && log.contains("user name owner"), "{log}");
    assert!(!log.contains(&token), "{log}");
    let server = cli.serve(&ON);
    assert!(std::fs::read_to_string(file(&cli)).unwrap().contains(&token));

    let mut browser = Browser::new(&server.url);
    let page = browser.open(&link).await;
    let set = browser.submit_only(&page, &[("password", PASSWORD), ("repeated", PASSWORD)]).await;
    assert!(set.location().is_some_and(|onward| onward.ends_with("/password?set=1")), "{set:?}");
    let again = browser.get(&link).await;
    again.assert_page(400, "password_link.over");
    let page = browser.open("/admin").await;
    let signed_in = browser.submit_only(&page, &[("username", "owner"), ("password", PASSWORD)]).await;
    let console = browser.follow(signed_in).await;
    assert_eq!(console.status, 200, "{console:?}");
    assert!(console.body.contains("/admin/api-keys"), "{console:?}");

    let log = logged(server);
    assert!(log.contains("open the link in"), "{log}");
    let log = logged(cli.serve(&ON));
    assert!(log.contains("the server has an owner"), "{log}");
    assert!(!file(&cli).exists());
    let log = logged(cli.serve(&ON));
    assert_eq!(log, "");
}

#[tokio::test]
async fn there_is_no_link_where_someone_can_manage_the_server_or_the_api_is_off() {
    let cli = CommandLine::new().await;
    let off = cli.serve(&[("GRANTOR_ADMIN__SETUP_LINK", "true"), ("GRANTOR_ADMIN__ENABLED", "false")]);
    assert_eq!(logged(off), "");
    cli.done(&["api-key", "create", "--name", "deploy", "--scope", "grantor.read grantor.write"]);
    assert_eq!(logged(cli.serve(&ON)), "");
    assert_eq!((users(&cli), file(&cli).exists()), (vec![], false));
}

#[tokio::test]
async fn a_link_that_cannot_be_made_keeps_no_server_from_starting() {
    let cli = CommandLine::new().await;
    cli.user(&["--username", "owner"], PASSWORD);
    let log = logged(cli.serve(&ON));
    assert!(
        log.contains("no link for its first owner could be made") && log.contains("api-key create"),
        "{log}"
    );
    assert!(!file(&cli).exists());
}

#[tokio::test]
async fn a_lost_file_and_a_link_that_has_ended_do_not_lock_anyone_out() {
    let cli = CommandLine::new().await;
    logged(cli.serve(&ON));
    std::fs::remove_file(file(&cli)).unwrap();
    let log = logged(cli.serve(&ON));
    assert!(log.contains("grantor user reset-link owner"), "{log}");
    // The command makes a link that replaces the lost one.
    let made = cli.done(&["user", "reset-link", "owner", "--json"]);
    let made: Value = serde_json::from_str(&made).unwrap();
    assert!(made["link"].as_str().is_some(), "{made}");
}
