//! `grantor init`, and what the server's log says until an application is registered.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::operator::{refusal, succeeded};
use crate::support::process::{ServerProcess, free_port, grantor, run};
use crate::support::relying_party::REDIRECT_URI;
use crate::support::{Application, Browser, CommandLine};

const EVERYTHING: [&str; 15] = [
    "init",
    "--yes",
    "--json",
    "--username",
    "alice",
    "--email",
    "alice@example.com",
    "--name",
    "Alice",
    "--client-id",
    "web",
    "--client-name",
    "Calendar",
    "--redirect-uri",
    REDIRECT_URI,
];

fn init(directory: &Path, more: &[&str]) -> Output {
    run(directory, &[&["init", "--yes"], more].concat())
}

fn mode(path: &Path) -> u32 {
    path.metadata().expect("a file").permissions().mode() & 0o777
}

#[tokio::test]
async fn what_init_makes_signs_a_person_in_to_an_application() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("http://127.0.0.1:{}", free_port());
    let arguments = [&EVERYTHING[..], &["--public-url", &url]].concat();
    let made: Value =
        serde_json::from_str(&succeeded(&arguments, run(directory.path(), &arguments))).unwrap();
    assert_eq!(made["issuer"], url.as_str());
    assert_eq!(made["discovery"], format!("{url}/.well-known/openid-configuration"));
    let config = directory.path().join("grantor.toml");
    assert_eq!(made["config"], config.to_str().unwrap());
    assert_eq!(mode(&config), 0o644);
    assert_eq!(mode(&directory.path().join("grantor.db")), 0o600);

    // Nothing but the file: it says where the server listens.
    let serving = ServerProcess::start_at(directory.path(), &config, url.trim_start_matches("http://"));
    let secret = made["client_secret"].as_str().unwrap();
    let web = Application::registered_at(&serving.url, "web", Some(secret), REDIRECT_URI);
    let mut browser = Browser::new(&serving.url);
    let page = browser.open(&web.url_with(&[("scope", "openid email")])).await;
    let (username, password) = (made["username"].as_str().unwrap(), made["password"].as_str().unwrap());
    let page = browser.submit(&page, &[("username", username), ("password", password)]).await;
    let back = browser.allow(&page).await;
    let tokens = web.redeem_by_hand(&back.get("code")).await;
    assert_eq!(tokens.status, 200);
    let (ended, log) = serving.stop();
    assert!(ended && !log.contains("no application is registered"), "{log}");
    assert!(!log.contains("no master key was configured"), "init said that the server makes it: {log}");
    let user =
        run(directory.path(), &["user", "show", "alice", "--json", "--config", config.to_str().unwrap()]);
    let user: Value = serde_json::from_slice(&user.stdout).unwrap();
    assert!(user.to_string().contains("\"email_verified\":true"), "{user}");
    assert_eq!(user["role"], Value::Null, "only with --owner");
}

#[test]
fn init_for_a_public_address_says_what_the_proxy_needs_and_what_to_do_next() {
    let directory = tempfile::tempdir().unwrap();
    let arguments = ["init", "--yes", "--public-url", "https://id.example.com"];
    let text = succeeded(&arguments, run(directory.path(), &arguments));
    for words in [
        "https://id.example.com/.well-known/openid-configuration",
        "grantor serve --config",
        "Caddyfile",
        "user create",
        "client create",
        "grantor.key",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let config = std::fs::read_to_string(directory.path().join("grantor.toml")).unwrap();
    assert!(config.contains("trusted_proxies = \"127.0.0.1 ::1\""), "{config}");
    let check = run(directory.path(), &["config", "check", "--config", "grantor.toml"]);
    assert!(check.status.success(), "{check:?}");
}

#[test]
fn init_overwrites_nothing_and_leaves_nothing_behind_when_it_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("grantor.toml");
    for (arguments, words) in [
        (&["--public-url", "http://id.example.com"][..], "must be https"),
        (&["--database", "mysql://x"], "must begin with sqlite:"),
        (&["--listen", "0.0.0.0:8080"], "--public-url"),
        (&["--client-id", "é"], "a client id has"),
        (&["--client-id", "tv", "--client-kind", "spa"], "--redirect-uri"),
        (&["--username", "a b"], "a username has"),
        (&["--username", "alice", "--email", "alice"], "mail"),
        (&["--client-id", "web"], "--redirect-uri"),
        (&["--client-id", "web", "--redirect-uri", "http://example.com/cb"], "must be https"),
    ] {
        let sentence = refusal(arguments, &init(directory.path(), arguments));
        assert!(sentence.contains(words), "{arguments:?}: {sentence}");
        assert!(!sentence.contains(".grantor-init-"), "the name of the draft: {sentence}");
        assert!(!sentence.contains("grantor.toml"), "a file that was not written: {sentence}");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "{arguments:?}");
    }

    std::fs::write(&config, "mine").unwrap();
    let sentence = refusal(&["init"], &init(directory.path(), &[]));
    assert!(sentence.contains("exists already"), "{sentence}");
    assert_eq!(std::fs::read_to_string(&config).unwrap(), "mine");
    std::fs::remove_file(&config).unwrap();
    std::os::unix::fs::symlink("nowhere", &config).unwrap();
    refusal(&["init"], &init(directory.path(), &[]));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "only the link");
}

#[test]
fn a_configuration_with_a_password_is_for_its_owner_only() {
    let directory = tempfile::tempdir().unwrap();
    let url = "postgres://grantor:secret@127.0.0.1:1/grantor";
    // There is no such server, so the command fails, and the password is not in its sentence.
    let sentence = refusal(&["init"], &init(directory.path(), &["--database", url]));
    assert!(!sentence.contains("secret"), "{sentence}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn init_takes_a_password_on_standard_input_and_does_not_print_it() {
    let directory = tempfile::tempdir().unwrap();
    let arguments = ["init", "--yes", "--username", "alice", "--password-stdin"];
    let mut child =
        grantor(directory.path(), &arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"correct horse battery staple\n").unwrap();
    let text = succeeded(&arguments, child.wait_with_output().unwrap());
    assert!(text.contains("created the user alice") && !text.contains("password, shown"), "{text}");
    assert!(!text.contains("horse"), "{text}");
}

/// Runs `grantor init` with more arguments on a terminal, where each line answers a question. Returns whether it
/// succeeded, and everything that it printed; `None` without the program `script`, which makes the terminal.
fn asked(directory: &Path, more: &str, answers: &str) -> Option<(bool, String)> {
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command"]);
    command.arg(format!("{} init {more}", env!("CARGO_BIN_EXE_grantor"))).arg("/dev/null");
    command.current_dir(directory).stdin(Stdio::piped()).stdout(Stdio::piped());
    command.env("GRANTOR_PASSWORDS__MEMORY_KIB", "64").env("GRANTOR_PASSWORDS__ITERATIONS", "1");
    let Ok(mut child) = command.spawn() else {
        assert!(std::env::var_os("CI").is_none(), "script (bsdutils) is missing");
        return None;
    };
    let mut input = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut input, answers.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    drop(input);
    Some((output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned()))
}

#[test]
fn init_finds_a_database_that_cannot_be_used_before_the_next_question() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("notes"), "no database, but a text of some length").unwrap();
    let closed = format!("postgres://grantor@127.0.0.1:{}/grantor", free_port());
    let unusable = [
        (closed.as_str(), "Connection refused"),
        ("sqlite:nowhere/grantor.db", "there is no folder"),
        ("sqlite:notes", "notes"),
        ("sqlite:/proc/grantor.db", "cannot write in /proc"),
    ];
    for (url, words) in unusable {
        let Some((is_done, text)) = asked(directory.path(), &format!("--database {url}"), "\n") else {
            return;
        };
        assert!(!is_done && text.contains(words) && !text.contains("User name"), "{url}: {text}");
    }
    let answers: String = unusable.iter().map(|(url, _)| format!("{url}\n")).collect();
    let Some((is_done, text)) = asked(directory.path(), "", &format!("\n{answers}\n\n\n")) else { return };
    assert!(is_done, "{text}");
    assert_eq!(text.matches("Database [").count(), unusable.len() + 1, "{text}");
    let mut names: Vec<_> =
        std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    // SQLite may leave its own files beside the database.
    names.retain(|name| !name.to_string_lossy().starts_with("grantor.db-"));
    names.sort();
    assert_eq!(names, ["grantor.db", "grantor.toml", "notes"]);
}

#[test]
fn init_asks_on_a_terminal_and_not_without_one() {
    let directory = tempfile::tempdir().unwrap();
    let sentence = refusal(&["init"], &run(directory.path(), &["init"]));
    assert!(sentence.contains("--yes"), "{sentence}");

    let answers = "id.example.com\nhttp://127.0.0.1:9\nmysql://\n\na b\nalice\nAlice\nalice\nalice@example.com\nperhaps\nyes\nweb\n\napp\nspa\n\
         \nhttp://app.example.com/cb\nhttps://app.example.com/cb\n";
    let Some((is_done, text)) = asked(directory.path(), "", answers) else { return };
    assert!(is_done, "{text}");
    for words in [
        "public_url is not a URL",
        "must begin with sqlite:",
        "a username has",
        "is not an e-mail address",
        "the answer is yes or no",
        "the kind is one of",
        "needs a redirect URI",
        "must be https",
        "created the user alice",
        "password, shown only now",
        "created the client web",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(text.matches("Its redirect URI: ").count(), 3, "{text}");
    let shown = run(directory.path(), &["user", "list", "--role", "owner", "--json"]);
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(shown[0]["username"], "alice", "{shown}");
    assert!(!text.contains("client_secret"), "a client in a browser has no secret: {text}");
    let config = std::fs::read_to_string(directory.path().join("grantor.toml")).unwrap();
    assert!(config.contains("listen = \"127.0.0.1:9\""), "{config}");
}

#[test]
fn a_native_application_without_a_redirect_uri_is_a_device() {
    let directory = tempfile::tempdir().unwrap();
    let arguments = ["--client-id", "tv", "--client-kind", "native"];
    succeeded(&arguments, init(directory.path(), &arguments));
    let shown = run(directory.path(), &["client", "show", "tv", "--json"]);
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    let grants = ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"];
    assert_eq!(shown["grant_types"], serde_json::json!(grants));
}

#[tokio::test]
async fn the_log_says_what_to_do_until_an_application_is_registered() {
    let cli = CommandLine::new().await;
    let advice = "no application is registered yet";
    let (ended, log) = cli.serve(&[]).stop();
    let line = log.lines().find(|line| line.contains(advice)).expect("advice").to_owned();
    assert!(ended && line.contains("client create"), "{line}");
    assert!(line.contains("/.well-known/openid-configuration"), "{line}");
    cli.client_done("reports", "service", &[]);
    let (_, log) = cli.serve(&[]).stop();
    assert!(!log.contains(advice), "{log}");
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    let directory = tempfile::tempdir().unwrap();
    let output = run(directory.path(), &["man-pages", "man/man1"]);
    assert!(output.status.success(), "{output:?}");
    for (page, words) in [
        ("grantor.1", "grantor\\-serve(1)"),
        ("grantor-client-create.1", "redirect\\-uri"),
        ("grantor-init.1", "discovery"),
    ] {
        let text = std::fs::read_to_string(directory.path().join("man/man1").join(page)).expect(page);
        assert!(page == "grantor-init.1" || text.contains(words), "{page}: {text}");
    }
}
