//! Mistakes of the operator: the server does not start, and one sentence names the problem.

use std::net::TcpListener;

use crate::support::CommandLine;
use crate::support::operator::sentence;
use crate::support::process::{ends, grantor};

/// What a start that must fail prints: one line, with exit code 1.
#[track_caller]
fn refusal(cli: &CommandLine, environment: &[(&str, &str)]) -> String {
    let mut command = cli.command(&["serve"]);
    command.env("GRANTOR_LISTEN", "127.0.0.1:0").envs(environment.iter().copied());
    let (code, text) = ends(command);
    assert_eq!(code, Some(1), "{text}");
    sentence(&text)
}

#[tokio::test]
async fn an_unknown_option_is_named_with_its_place() {
    let cli = CommandLine::new().await;
    let in_environment = refusal(&cli, &[("GRANTOR_TOKENS__CODE_LIFE", "5s")]);
    assert!(
        in_environment.starts_with("unknown option tokens.code_life in the environment"),
        "{in_environment}"
    );
    let close = refusal(&cli, &[("GRANTOR_PUBLIK_URL", "https://x")]);
    assert_eq!(close, "unknown option publik_url in the environment; did you mean public_url?");
    for (text, key) in [
        ("publik_url = \"x\"", "publik_url"),
        ("[tokens]\nlifetime = \"5m\"", "tokens.lifetime"),
        ("[x]\ny = 1", "x.y"),
    ] {
        cli.configure(text);
        let in_file = refusal(&cli, &[]);
        assert!(
            in_file.starts_with(&format!("unknown option {key} in {}", cli.config.display())),
            "{in_file}"
        );
    }
}

#[tokio::test]
async fn a_public_url_that_cannot_be_trusted_is_refused() {
    let cli = CommandLine::new().await;
    for (environment, parts) in [
        (("GRANTOR_PUBLIC_URL", "http://id.example.com"), ["public_url", "must be https"]),
        (("GRANTOR_PUBLIC_URL", "https://u:p@id.example.com"), ["public_url", "user name"]),
        (("GRANTOR_PUBLIC_URL", "id.example.com"), ["public_url", "is not a URL"]),
        (("GRANTOR_LISTEN", "0.0.0.0:0"), ["public_url must be set", "0.0.0.0:0"]),
        (("GRANTOR_LISTEN", "[::]:0"), ["public_url must be set", "[::]:0"]),
        (("GRANTOR_LISTEN", "nowhere"), ["listen", "socket address"]),
    ] {
        let text = refusal(&cli, &[environment]);
        assert!(parts.iter().all(|part| text.contains(part)), "{environment:?}: {text}");
    }
}

#[tokio::test]
async fn impossible_values_are_refused_with_their_key() {
    let cli = CommandLine::new().await;
    for (environment, key) in [
        (("GRANTOR_DATABASE__CONNECTIONS", "many"), "database.connections"),
        (("GRANTOR_TOKENS__CODE_LIFETIME", "10m"), "tokens.code_lifetime"),
        (("GRANTOR_TOKENS__ACCESS_TOKEN_LIFETIME", "0s"), "tokens.access_token_lifetime"),
        (("GRANTOR_HTTP__DEADLINE", "soon"), "http.deadline"),
        (("GRANTOR_METRICS__LISTEN", "9464"), "metrics.listen"),
        (("GRANTOR_LOG__FILTER", "==="), "log.filter"),
        (("GRANTOR_LOG__FORMAT", "xml"), "log.format"),
        (("GRANTOR_OAUTH__REQUIRE_PKCE", "never"), "oauth.require_pkce"),
        (("GRANTOR_PASSWORDS__MEMORY_KIB", "1"), "passwords"),
        (("GRANTOR_PASSWORDS__MIN_LENGTH", "7"), "passwords.min_length"),
        (("GRANTOR_PASSWORDS__MIN_LENGTH", "65"), "passwords.min_length"),
        (("GRANTOR_DATABASE__URL", "mysql://root:hunter2@x/y"), "database.url"),
        (("GRANTOR_KEYS__MASTER_KEY", "hunter2"), "keys.master_key"),
    ] {
        let text = refusal(&cli, &[environment]);
        assert!(text.contains(key), "{environment:?}: {text}");
        assert!(!text.contains("hunter2"), "a secret does not belong on a screen: {text}");
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let cli = CommandLine::new().await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (option, what) in [("GRANTOR_LISTEN", ""), ("GRANTOR_METRICS__LISTEN", " for metrics")] {
        let text = refusal(&cli, &[(option, &address)]);
        let begin = format!("cannot listen on {address}{what}: ");
        assert!(text.starts_with(&begin) && text.contains("in use"), "{text}");
    }
}

#[tokio::test]
async fn a_configuration_file_that_cannot_be_read_is_named() {
    let cli = CommandLine::new().await;
    let directory = cli.directory();
    let bad = [
        ("none.toml", None),
        ("bad.toml", Some("listen = ".as_bytes())),
        ("types.toml", Some(b"listen = [1, 2]")),
        ("twice.toml", Some(b"listen = \"127.0.0.1:0\"\nlisten = \"127.0.0.1:1\"")),
        ("bytes.toml", Some(b"\xff\xfe")),
        ("", None),
    ];
    for (name, content) in bad {
        if let Some(content) = content {
            std::fs::write(directory.join(name), content).unwrap();
        }
        let path = directory.join(name).display().to_string();
        let (code, text) = ends(grantor(&directory, &["serve", "--config", &path]));
        assert_eq!(code, Some(1), "{name}: {text}");
        // If the syntax is wrong, the lines after the first show where.
        let place = if name.is_empty() { &path } else { name };
        let first = text.lines().next().unwrap_or_default();
        assert!(first.starts_with("grantor: ") && text.contains(place), "{name}: {text}");
        assert!(!text.contains("panicked"), "{text}");
    }
}

#[tokio::test]
async fn only_the_master_key_that_a_database_was_made_with_opens_it() {
    let cli = CommandLine::new().await;
    let key_file = cli.directory().join("grantor.key");
    assert!(cli.serve(&[]).stop().0, "the first start makes a key");
    let right = std::fs::read_to_string(&key_file).unwrap();
    assert_eq!(right.trim().len(), 43);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&key_file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    std::fs::write(&key_file, "A".repeat(43)).unwrap();
    assert!(refusal(&cli, &[]).contains("master key is not the one that this database was made with"));
    assert!(refusal(&cli, &[("GRANTOR_KEYS__MASTER_KEY", &("B".repeat(42) + "E"))]).contains("not the one"));
    std::fs::write(&key_file, "no key").unwrap();
    let text = refusal(&cli, &[]);
    assert!(text.contains("grantor.key is not 32 bytes in base64url"), "{text}");

    std::fs::remove_file(&key_file).unwrap();
    let text = refusal(&cli, &[]);
    assert!(text.contains("grantor.key is missing"), "{text}");
    assert!(!key_file.exists(), "a wrong key must not lie where the right one belongs");

    assert!(cli.serve(&[("GRANTOR_KEYS__MASTER_KEY", right.trim())]).stop().0);
    std::fs::write(&key_file, right).unwrap();
    assert!(cli.serve(&[]).stop().0);
}
