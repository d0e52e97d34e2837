//! The exit codes and help texts that scripts may rely on.

use crate::support::process::run;

#[rustfmt::skip]
const CLIENT_OPTIONS: [&str; 29] = [
    "--id", "--name", "--kind", "--secret", "--redirect-uri", "--scope", "--grant", "--auth-method", "--pkce",
    "--first-party", "--logo", "--site", "--policy", "--terms", "--json", "--config", "web", "spa", "native",
    "service", "authorization_code", "client_credentials", "refresh_token", "client_secret_basic",
    "client_secret_post", "none", "off", "report", "require",
];

#[test]
fn every_command_has_a_help_that_names_its_options() {
    let directory = tempfile::tempdir().unwrap();
    let commands: [(&[&str], &[&str]); 10] = [
        (&[], &["serve", "demo", "init", "man-pages", "migrate", "client", "scope", "user", "--version"]),
        (&["serve"], &["--config"]),
        (&["migrate"], &["--config"]),
        (&["demo"], &["--data"]),
        (
            &["init"],
            &["--yes", "--public-url", "--username", "--client-id", "--redirect-uri", "--json", "--config"],
        ),
        (&["client"], &["create"]),
        (&["scope"], &["create"]),
        (&["user"], &["create"]),
        (&["scope", "create"], &["<NAME>", "--description", "--sensitive", "--json", "--config"]),
        (
            &["user", "create"],
            &["--username", "--email", "--name", "--password-stdin", "--generate", "--json", "--config"],
        ),
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
    let usages: [&[&str]; 15] = [
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

#[test]
fn an_update_without_a_change_says_so_in_a_few_lines_and_without_anything_shows_the_help() {
    let directory = tempfile::tempdir().unwrap();
    for (object, id) in [
        ("client", "web"),
        ("user", "alice"),
        ("scope", "read"),
        ("resource", "https://a.example"),
        ("issuer", "x"),
    ] {
        let output = run(directory.path(), &[object, "update", id]);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{object}: {text}");
        assert!(
            text.starts_with("error: name at least one change, such as --") && text.lines().count() <= 6,
            "{object}: {text}"
        );
        let output = run(directory.path(), &[object, "update"]);
        let help = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{object}: {help}");
        assert!(help.contains("Options:") && help.contains("--json"), "{object}: {help}");
    }
}
