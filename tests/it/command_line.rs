//! The command line: its fixed forms, what it refuses, and that it works beside a running server.

use std::process::Output;

use serde_json::Value;

use crate::support::browser::Answer;
use crate::support::operator::refusal;
use crate::support::process::run;
use crate::support::relying_party::REDIRECT_URI;
use crate::support::{Application, Browser, Desk};

const PASSWORD: &str = crate::support::server::PASSWORD;
const PNG: [u8; 12] = [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', 1, 2, 3, 4];

async fn token(application: &Application, scope: &str) -> Answer {
    application.token(&[("grant_type", "client_credentials"), ("scope", scope)]).await
}

#[tokio::test]
async fn what_a_command_creates_counts_in_a_running_server_at_once() {
    let desk = Desk::new().await;
    let serving = desk.serve(&[]);
    let absent = Application::registered_at(&serving.url, "new", Some("a chosen secret"), "");
    token(&absent, "read").await.assert_json_error(401, "invalid_client", "client.unknown");

    desk.done(&["scope", "create", "read", "--description", "Read your things"]);
    let created = desk.client_done("new", "service", &["--scope", "read", "--secret", "a chosen secret"]);
    assert_eq!(created, serde_json::json!({"client_id": "new"}), "a chosen secret is not repeated");
    assert_eq!(token(&absent, "read").await.get("scope"), "read");

    // The server has looked at both tables just now, and kept what it saw.
    desk.done(&["scope", "create", "write", "--description", "Change your things"]);
    let created = desk.client_done("newer", "service", &["--scope", "read write"]);
    let newer = Application::registered_at(&serving.url, "newer", created["client_secret"].as_str(), "");
    assert_eq!(token(&newer, "write").await.get("scope"), "write");

    let web = ["--redirect-uri", REDIRECT_URI, "--scope", "read", "--secret", "s"];
    desk.client_done("web", "web", &web);
    let user =
        desk.user(&["--username", "alice", "--email", "alice@example.com", "--name", "Alice"], PASSWORD);
    assert!(user.status.success(), "{user:?}");
    let web = Application::registered_at(&serving.url, "web", Some("s"), REDIRECT_URI);
    let code = web.code(&mut Browser::new(&serving.url)).await;
    assert_eq!(web.redeem_by_hand(&code).await.status, 200);
}

#[tokio::test]
async fn every_fixed_option_of_client_create_has_its_effect() {
    let desk = Desk::new().await;
    desk.done(&["scope", "create", "read", "--description", "Read your things"]);
    let options = [
        "--redirect-uri",
        REDIRECT_URI,
        "--redirect-uri",
        "https://app.example/two",
        "--scope",
        "read",
        "--secret",
        "s",
        "--grant",
        "authorization_code",
        "--grant",
        "client_credentials",
        "--auth-method",
        "client_secret_post",
        "--pkce",
        "optional",
        "--first-party",
    ];
    desk.client_done("web", "web", &options);
    let serving = desk.serve(&[]);
    let mut browser = Browser::new(&serving.url);
    assert!(desk.user(&["--username", "alice"], &format!("{PASSWORD}\n")).status.success());
    let second = Application::registered_at(&serving.url, "web", Some("s"), "https://app.example/two");
    let url = second.url_with(&[("code_challenge", ""), ("code_challenge_method", "")]);
    let page = browser.open(&url).await;
    let back = browser.sign_in(&page, "alice").await;
    assert!(
        back.location().unwrap().starts_with("https://app.example/two?code="),
        "first party, no PKCE: {back:?}"
    );

    let form = [
        ("grant_type", "authorization_code"),
        ("code", &back.get("code")),
        ("redirect_uri", "https://app.example/two"),
        ("client_id", "web"),
        ("client_secret", "s"),
    ];
    let tokens = browser.post("/token", &form).await;
    assert_eq!(
        (tokens.status.as_u16(), tokens.get("refresh_token")),
        (200, String::new()),
        "no such grant: {tokens:?}"
    );
    token(&second, "read").await.assert_json_error(401, "invalid_client", "client.method_not_allowed");
    let form = [("grant_type", "client_credentials"), ("client_id", "web"), ("client_secret", "s")];
    assert_eq!(browser.post("/token", &form).await.status, 200);
}

#[tokio::test]
async fn a_generated_secret_is_shown_once_and_needs_no_encoding() {
    let desk = Desk::new().await;
    desk.done(&["scope", "create", "read", "--description", "Read"]);
    let mut seen = Vec::new();
    for number in 0..3 {
        let json = desk.client_done(&format!("json{number}"), "service", &["--scope", "read"]);
        seen.push(json["client_secret"].as_str().unwrap().to_owned());
        assert_eq!(json.as_object().unwrap().len(), 2);
    }
    let text = desk
        .done(&["client", "create", "--id", "text", "--name", "T", "--kind", "service", "--scope", "read"]);
    seen.push(text.trim_end().rsplit(' ').next().unwrap().to_owned());
    assert_eq!(text.matches(&seen[3]).count(), 1);
    assert!(text.contains("shown only now"), "{text}");
    for (number, secret) in seen.iter().enumerate() {
        assert!(secret.len() >= 43, "{secret}");
        assert!(secret.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b)), "{secret}");
        assert!(!seen[..number].contains(secret), "another one each time");
    }
    // It is stored as a hash, wherever one looks.
    for file in std::fs::read_dir(desk.directory()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(seen[0].len()).any(|window| window == seen[0].as_bytes()));
    }
    for (kind, uri) in [("spa", REDIRECT_URI), ("native", "com.example.app:/cb")] {
        let json = desk.client_done(kind, kind, &["--redirect-uri", uri]);
        assert_eq!(json, serde_json::json!({"client_id": kind}), "a public client has no secret");
    }
}

#[tokio::test]
async fn client_ids_and_secrets_may_hold_colons_spaces_and_everything_printable() {
    let desk = Desk::new().await;
    desk.done(&["scope", "create", "read", "--description", "Read"]);
    let serving = desk.serve(&[]);
    for (id, secret) in [
        ("team:reports", "plain"),
        ("a b", "c d"),
        ("https://client.example/", "100%:+/?&="),
        ("%41", "%41"),
        ("a+b", "+"),
        ("~!@#$%^&*()_+`-={}|[]\\:\";'<>?,./", "\u{e4}\u{1f600} \"\\"),
    ] {
        let created = desk.client_done(id, "service", &["--scope", "read", "--secret", secret]);
        assert_eq!(created["client_id"], id);
        let application = Application::registered_at(&serving.url, id, Some(secret), "");
        assert_eq!(token(&application, "read").await.status, 200, "Basic for {id}");
        let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
        assert_eq!(Browser::new(&serving.url).post("/token", &form).await.status, 200, "post for {id}");
    }
    let long = "x".repeat(256);
    for id in ["", "caf\u{e9}", "a\tb", "a\nb", "\u{7f}", &long] {
        let text = refusal(&[id], &desk.client(id, "service", &["--scope", "read"]));
        assert!(text.contains("client id"), "{id:?}: {text}");
    }
    desk.client_done(&"x".repeat(255), "service", &["--scope", "read"]);
}

#[tokio::test]
async fn what_exists_already_is_refused_and_left_as_it_is() {
    let desk = Desk::new().await;
    desk.done(&["scope", "create", "read", "--description", "Read"]);
    assert_eq!(
        desk.refused(&["scope", "create", "read", "--description", "Other"]),
        "the scope read exists already"
    );

    desk.client_done("web", "service", &["--scope", "read", "--secret", "first"]);
    let text = refusal(&[], &desk.client("web", "service", &["--scope", "read", "--secret", "second"]));
    assert_eq!(text, "a client with the id web exists already");
    let serving = desk.serve(&[]);
    let with = |secret| Application::registered_at(&serving.url, "web", Some(secret), "");
    assert_eq!(token(&with("first"), "read").await.status, 200);
    token(&with("second"), "read").await.assert_json_error(401, "invalid_client", "client.secret_wrong");

    let created = desk.user(&["--username", "alice", "--email", "a@example.com", "--json"], PASSWORD);
    let json: Value = serde_json::from_slice(&created.stdout).unwrap();
    assert_eq!(json["username"], "alice");
    assert_eq!(json["id"].as_str().unwrap().len(), 22);
    for (arguments, name) in [
        (&["--username", "alice"][..], "alice"),
        (&["--username", "ALICE"], "ALICE"),
        (&["--username", "\u{ff41}lice"], "\u{ff41}lice"),
        (&["--username", "bob", "--email", "A@Example.com"], "A@Example.com"),
    ] {
        let text = refusal(arguments, &desk.user(arguments, PASSWORD));
        assert!(text.ends_with("is the name or address of another user already"), "{text}");
        assert!(text.contains(name) || text.contains(&name.to_lowercase()), "{text}");
    }
}

#[tokio::test]
async fn options_that_contradict_each_other_are_refused() {
    let desk = Desk::new().await;
    let uri = ["--redirect-uri", REDIRECT_URI];
    let with_uri = |more: &[&'static str]| [&uri[..], more].concat();
    for (kind, options, part) in [
        ("spa", with_uri(&["--secret", "x"]), "cannot keep a secret"),
        ("native", with_uri(&["--secret", "x"]), "cannot keep a secret"),
        ("spa", with_uri(&["--auth-method", "client_secret_basic"]), "can only be none"),
        ("web", with_uri(&["--auth-method", "none"]), "confidential"),
        ("spa", with_uri(&["--grant", "client_credentials"]), "cannot use client_credentials"),
        ("native", with_uri(&["--pkce", "optional"]), "must use PKCE"),
        ("web", vec![], "needs at least one --redirect-uri"),
        ("service", vec!["--grant", "authorization_code"], "needs at least one --redirect-uri"),
        ("service", vec!["--grant", "refresh_token"], "needs authorization_code"),
        ("service", vec!["--secret", ""], "1 to 1024 bytes"),
        ("service", vec!["--scope", "a  b"], "--scope"),
        ("service", vec!["--scope", "a\tb"], "--scope"),
        ("service", vec!["--site", "javascript:alert(1)"], "--site must be an https address"),
        ("service", vec!["--policy", "http://app.example"], "--policy must be an https address"),
        ("service", vec!["--terms", "data:text/html,x"], "--terms must be an https address"),
        ("service", vec!["--name", "two\nlines"], "a name has"),
        ("service", vec!["--logo", "none.png"], "the logo none.png cannot be read"),
    ] {
        // The name given last would be a second one.
        let output = match options.first() {
            Some(&"--name") => {
                desk.run(&["client", "create", "--id", "refused", "--name", options[1], "--kind", kind])
            }
            _ => desk.client("refused", kind, &options),
        };
        let text = refusal(&options, &output);
        assert!(text.contains(part), "{kind} {options:?}: {text}");
    }
    desk.client_done("refused", "service", &[]);
}

#[tokio::test]
async fn redirect_uris_that_could_mean_two_things_are_refused() {
    let desk = Desk::new().await;
    for uri in [
        "",
        "/callback",
        "app.example/callback",
        "http://app.example/callback",
        "https://app.example/callback#f",
        "https://*.app.example/callback",
        "https://app.example/*",
        "https://u@app.example/callback",
        "https://app.example/../x",
        "https://APP.example/callback",
        "https://app.example:443/callback",
        "https:app.example",
        "https://app.example\\x",
        "https://b\u{fc}cher.example/callback",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "file:///x",
        "http://localhost.evil/",
        "http://127.1/",
        "com.example.app:/cb",
        "https://app.example/a b",
    ] {
        let text = desk.client_refused("web", &["--redirect-uri", REDIRECT_URI, "--redirect-uri", uri]);
        assert!(text.starts_with(&format!("the redirect URI {uri:?} ")), "{text}");
    }
    desk.client_done("refused", "web", &["--redirect-uri", REDIRECT_URI]);
}

#[tokio::test]
async fn scopes_and_users_that_cannot_be_are_refused() {
    let desk = Desk::new().await;
    let long = "x".repeat(1001);
    for (name, description, part) in [
        ("a b", "X", "a scope's name"),
        ("", "X", "a scope's name"),
        ("a\"b", "X", "a scope's name"),
        ("caf\u{e9}", "X", "a scope's name"),
        ("a", "", "a description has"),
        ("a", " ", "a description has"),
        ("a", "two\nlines", "a description has"),
        ("a", &long, "a description has"),
    ] {
        let text = desk.refused(&["scope", "create", name, "--description", description]);
        assert!(text.contains(part), "{name:?} {description:?}: {text}");
    }
    assert_eq!(desk.done(&["scope", "create", "a", "--description", "X", "--json"]), "{\"name\":\"a\"}\n");
    let long = "x".repeat(1025);
    for (arguments, password, part) in [
        (&["--username", ""][..], PASSWORD, "a username has"),
        (&["--username", " alice"], PASSWORD, "a username has"),
        (&["--username", "a@b"], PASSWORD, "no @"),
        (&["--username", "a\nb"], PASSWORD, "control characters"),
        (&["--username", "alice", "--email", "alice"], PASSWORD, "is not an e-mail address"),
        (&["--username", "alice"], "", "a password has 1 to 1024 bytes"),
        (&["--username", "alice"], "\n", "a password has 1 to 1024 bytes"),
        (&["--username", "alice"], &long, "a password has 1 to 1024 bytes"),
        (&["--username", "alice"], "two\nlines", "on one line"),
    ] {
        let text = refusal(arguments, &desk.user(arguments, password));
        assert!(text.contains(part), "{arguments:?}: {text}");
        assert!(!text.contains(PASSWORD));
    }
    assert!(desk.user(&["--username", "alice"], &"x".repeat(1024)).status.success());
}

/// What scripts may rely on.
#[rustfmt::skip]
const CLIENT_OPTIONS: [&str; 28] = [
    "--id", "--name", "--kind", "--secret", "--redirect-uri", "--scope", "--grant", "--auth-method", "--pkce",
    "--first-party", "--logo", "--site", "--policy", "--terms", "--json", "--config", "web", "spa", "native",
    "service", "authorization_code", "client_credentials", "refresh_token", "client_secret_basic",
    "client_secret_post", "none", "required", "optional",
];

#[test]
fn every_command_has_a_help_that_names_its_options() {
    let directory = tempfile::tempdir().unwrap();
    let commands: [(&[&str], &[&str]); 9] = [
        (&[], &["serve", "demo", "migrate", "client", "scope", "user", "--version"]),
        (&["serve"], &["--config"]),
        (&["migrate"], &["--config"]),
        (&["demo"], &["--data"]),
        (&["client"], &["create"]),
        (&["scope"], &["create"]),
        (&["user"], &["create"]),
        (&["scope", "create"], &["<NAME>", "--description", "--sensitive", "--json", "--config"]),
        (&["user", "create"], &["--username", "--email", "--name", "--password-stdin", "--json", "--config"]),
    ];
    for (command, options) in commands.into_iter().chain([(&["client", "create"][..], &CLIENT_OPTIONS[..])]) {
        for flag in ["--help", "-h"] {
            let output = run(directory.path(), &[command, &[flag]].concat());
            let text = String::from_utf8(output.stdout).unwrap();
            assert_eq!(output.status.code(), Some(0), "{command:?}");
            for option in options {
                assert!(text.contains(option), "{option} in the help of {command:?}: {text}");
            }
        }
    }
    let version = run(directory.path(), &["--version"]);
    assert_eq!(
        String::from_utf8(version.stdout).unwrap(),
        format!("grantor {}\n", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "a help makes no database");
}

#[test]
fn wrong_usage_ends_with_exit_code_2() {
    let directory = tempfile::tempdir().unwrap();
    let usages: [&[&str]; 16] = [
        &[],
        &["nothing"],
        &["serve", "--port", "1"],
        &["serve", "more"],
        &["client"],
        &["client", "create"],
        &["client", "create", "--id", "x", "--name", "X"],
        &["client", "create", "--id", "x", "--kind", "web"],
        &["client", "create", "--id", "x", "--name", "X", "--kind", "WEB"],
        &["client", "create", "--id", "x", "--name", "X", "--kind", "web", "--grant", "password"],
        &["client", "create", "--id", "x", "--name", "X", "--kind", "web", "--pkce", "plain"],
        &["client", "create", "--id", "x", "--id", "y", "--name", "X", "--kind", "web"],
        &["scope", "create", "x"],
        &["scope", "create", "--description", "X"],
        &["user", "create", "--username", "x"],
        &["user", "create", "--username", "x", "--password", "y"],
    ];
    for usage in usages {
        let output = run(directory.path(), usage);
        assert_eq!(output.status.code(), Some(2), "{usage:?}: {output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(text.contains("--help"), "where help is to be had: {usage:?}: {text}");
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "wrong usage makes no database");
}

#[tokio::test]
async fn a_logo_is_a_picture_of_bounded_size() {
    let desk = Desk::new().await;
    desk.done(&["scope", "create", "read", "--description", "Read"]);
    let file = |name: &str, bytes: &[u8]| {
        let path = desk.directory().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    };
    let filled = |length: usize| [&PNG[..], &vec![0; length - PNG.len()]].concat();
    let refused = [
        file("drawing.svg", b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>"),
        file("lying.png", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
        file("empty.png", b""),
        file("page.png", b"<html>"),
    ];
    for path in refused {
        let text = desk.client_refused("service", &["--logo", &path]);
        assert!(text.contains(&path) && text.contains("neither PNG"), "{text}");
    }
    let large = file("large.png", &filled(128 * 1024 + 1));
    assert!(desk.client_refused("service", &["--logo", &large]).contains("more than 128 KiB"));

    let largest = file("largest.png", &filled(128 * 1024));
    desk.client_done("largest", "service", &["--logo", &largest]);
    let logo = file("logo", &PNG);
    desk.client_done(
        "web",
        "web",
        &["--redirect-uri", REDIRECT_URI, "--secret", "s", "--scope", "read", "--logo", &logo],
    );
    assert!(desk.user(&["--username", "alice"], PASSWORD).status.success());
    let serving = desk.serve(&[]);
    let web = Application::registered_at(&serving.url, "web", Some("s"), REDIRECT_URI);
    let mut browser = Browser::new(&serving.url);
    let page = browser.open(&web.url_with(&[])).await;
    let consent = browser.sign_in(&page, "alice").await;
    let (_, rest) = consent.body.split_once("<img class=\"logo\" src=\"").expect("a logo");
    let source = rest.split('"').next().unwrap().replace("&#x2f;", "/");
    let picture = browser.get(&source).await;
    assert_eq!((picture.status.as_u16(), picture.header("content-type")), (200, "image/png"));
    assert_eq!(picture.header("content-security-policy"), "default-src 'none'; sandbox");
    assert_eq!(picture.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn eight_commands_at_once_do_their_work_beside_a_server() {
    let desk = Desk::new().await;
    desk.done(&["scope", "create", "read", "--description", "Read"]);
    let serving = desk.serve(&[]);
    let commands: Vec<_> = (0..8)
        .map(|number| {
            let id = format!("client{number}");
            let arguments =
                ["client", "create", "--id", &id, "--name", "X", "--kind", "service", "--scope", "read"];
            let with_secret = [&arguments[..], &["--secret", "s"]].concat();
            desk.start(&with_secret)
        })
        .collect();
    for command in commands {
        let output = command.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("locked"), "{output:?}");
    }
    for number in 0..8 {
        let application = Application::registered_at(&serving.url, &format!("client{number}"), Some("s"), "");
        assert_eq!(token(&application, "read").await.status, 200);
    }
}

#[tokio::test]
async fn one_of_eight_commands_wins_the_same_name() {
    let desk = Desk::new().await;
    // On an empty database all of them migrate it first.
    let commands: Vec<_> = (0..8)
        .map(|_| {
            let arguments = ["scope", "create", "read", "--description", "Read", "--json"];
            desk.start(&arguments)
        })
        .collect();
    let outputs: Vec<Output> =
        commands.into_iter().map(|command| command.wait_with_output().unwrap()).collect();
    let won = outputs.iter().filter(|output| output.status.success()).count();
    assert_eq!(won, 1, "{outputs:?}");
    for output in outputs.iter().filter(|output| !output.status.success()) {
        assert_eq!(refusal(&[], output), "the scope read exists already");
    }
}

#[tokio::test]
async fn migrating_twice_is_as_good_as_once() {
    let desk = Desk::new().await;
    for _ in 0..2 {
        assert_eq!(desk.done(&["migrate"]), "the database has this version's schema\n");
    }
}
