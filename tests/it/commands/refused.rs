//! What cannot be created, and why.

use serde_json::Value;

use super::token;
use crate::support::operator::refusal;
use crate::support::relying_party::REDIRECT_URI;
use crate::support::server::PASSWORD;
use crate::support::{Application, CommandLine};

#[tokio::test]
async fn a_duplicate_is_refused_and_the_existing_one_left_unchanged() {
    let cli = CommandLine::new().await;
    cli.done(&["scope", "create", "read", "--description", "Read"]);
    assert_eq!(
        cli.refused(&["scope", "create", "read", "--description", "Other"]),
        "the scope read exists already"
    );

    cli.client_done("web", "service", &["--scope", "read", "--secret", "first"]);
    let text = refusal(&[], &cli.client("web", "service", &["--scope", "read", "--secret", "second"]));
    assert_eq!(text, "a client with the id web exists already");
    let serving = cli.serve(&[]);
    let with = |secret| Application::registered_at(&serving.url, "web", Some(secret), "");
    assert_eq!(token(&with("first")).await.status, 200);
    token(&with("second")).await.assert_json_error(401, "invalid_client", "client.secret_wrong");

    let created = cli.user(&["--username", "alice", "--email", "a@example.com", "--json"], PASSWORD);
    let json: Value = serde_json::from_slice(&created.stdout).unwrap();
    assert_eq!(json["username"], "alice");
    assert_eq!(json["id"].as_str().unwrap().len(), 22);
    for (arguments, name) in [
        (&["--username", "alice"][..], "alice"),
        (&["--username", "ALICE"], "ALICE"),
        (&["--username", "\u{ff41}lice"], "\u{ff41}lice"),
        (&["--username", "bob", "--email", "A@Example.com"], "A@Example.com"),
    ] {
        let text = refusal(arguments, &cli.user(arguments, PASSWORD));
        assert!(text.ends_with("is the name or address of another user already"), "{text}");
        assert!(text.contains(name) || text.contains(&name.to_lowercase()), "{text}");
    }
}

#[tokio::test]
async fn options_that_contradict_each_other_are_refused() {
    let cli = CommandLine::new().await;
    let uri = ["--redirect-uri", REDIRECT_URI];
    let with_uri = |more: &[&'static str]| [&uri[..], more].concat();
    for (kind, options, part) in [
        ("spa", with_uri(&["--secret", "x"]), "cannot keep a secret"),
        ("native", with_uri(&["--secret", "x"]), "cannot keep a secret"),
        ("spa", with_uri(&["--auth-method", "client_secret_basic"]), "can only be none"),
        ("web", with_uri(&["--auth-method", "none"]), "confidential"),
        ("spa", with_uri(&["--grant", "client_credentials"]), "cannot use client_credentials"),
        ("native", with_uri(&["--pkce", "off"]), "must use PKCE"),
        ("web", vec![], "needs at least one --redirect-uri"),
        ("service", vec!["--grant", "authorization_code"], "needs at least one --redirect-uri"),
        ("service", vec!["--grant", "refresh_token"], "needs authorization_code"),
        ("service", vec!["--secret", ""], "1 to 1024 bytes"),
        ("service", vec!["--scope", "a\u{a0}b"], "--scope"),
        ("service", vec!["--scope", "a\tb"], "--scope"),
        ("service", vec!["--site", "javascript:alert(1)"], "--site must be an https address"),
        ("service", vec!["--policy", "http://app.example"], "--policy must be an https address"),
        ("service", vec!["--terms", "data:text/html,x"], "--terms must be an https address"),
        ("service", vec!["--name", "two\nlines"], "a name has"),
        ("service", vec!["--logo", "none.png"], "the logo none.png cannot be read"),
    ] {
        // `--name` is given already, so another one would be a repetition.
        let output = match options.first() {
            Some(&"--name") => {
                cli.run(&["client", "create", "--id", "refused", "--name", options[1], "--kind", kind])
            }
            _ => cli.client("refused", kind, &options),
        };
        let text = refusal(&options, &output);
        assert!(text.contains(part), "{kind} {options:?}: {text}");
    }
    cli.client_done("refused", "service", &[]);
}

#[tokio::test]
async fn ambiguous_redirect_uris_are_refused() {
    let cli = CommandLine::new().await;
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
        let text = cli.client_refused("web", &["--redirect-uri", REDIRECT_URI, "--redirect-uri", uri]);
        assert!(text.starts_with(&format!("the redirect URI {uri:?} ")), "{text}");
    }
    cli.client_done("refused", "web", &["--redirect-uri", REDIRECT_URI]);
}

#[tokio::test]
async fn impossible_scopes_and_users_are_refused() {
    let cli = CommandLine::new().await;
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
        let text = cli.refused(&["scope", "create", name, "--description", description]);
        assert!(text.contains(part), "{name:?} {description:?}: {text}");
    }
    assert!(cli.done(&["scope", "create", "a", "--description", "X", "--json"]).contains("\"name\":\"a\""));
    let long = "x".repeat(1025);
    for (arguments, password, part) in [
        (&["--username", ""][..], PASSWORD, "a username has"),
        (&["--username", " alice"], PASSWORD, "a username has"),
        (&["--username", "a@b"], PASSWORD, "no @"),
        (&["--username", "a\nb"], PASSWORD, "control characters"),
        (&["--username", "bob smith"], PASSWORD, "no spaces"),
        (&["--username", "alice\u{2800}"], PASSWORD, "nothing that cannot be seen"),
        (&["--username", "alice", "--email", "alice"], PASSWORD, "is not an e-mail address"),
        (&["--username", "alice"], "", "no password came on standard input; --generate makes one"),
        (&["--username", "alice"], "\n", "no password came on standard input; --generate makes one"),
        (&["--username", "alice"], "fourteen chars", "the password has fewer than 15 characters"),
        (&["--username", "alice"], &long, "the password has more than 1024 bytes"),
        (&["--username", "alice"], "two\nlines of text", "a line end"),
        (&["--username", "alice"], "QWERTY123456789", "one of the most common"),
        (&["--username", "alexandra.miller"], "Alexandra.Miller", "is the username"),
        (&["--username", "alice", "--email", "alice@example.com"], "alice@example.com", "the e-mail address"),
    ] {
        let text = refusal(arguments, &cli.user(arguments, password));
        assert!(text.contains(part), "{arguments:?}: {text}");
        assert!(!text.contains(PASSWORD));
    }
    assert!(cli.user(&["--username", "alice"], &format!("{:x<1024}", "a good password")).status.success());
}
