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
        (("GRANTOR_LISTEN", "nowhere"), ["listen", "such as 127.0.0.1:8080"]),
    ] {
        let text = refusal(&cli, &[environment]);
        assert!(parts.iter().all(|part| text.contains(part)), "{environment:?}: {text}");
    }
}

/// What Kubernetes sets in a pod for a Service `grantor` with two ports, and for a Service `grantor-postgresql`.
const SERVICE_LINKS: [(&str, &str); 14] = [
    ("GRANTOR_SERVICE_HOST", "10.96.0.7"),
    ("GRANTOR_SERVICE_PORT", "8080"),
    ("GRANTOR_SERVICE_PORT_HTTP", "8080"),
    ("GRANTOR_SERVICE_PORT_METRICS", "9464"),
    ("GRANTOR_PORT", "tcp://10.96.0.7:8080"),
    ("GRANTOR_PORT_8080_TCP", "tcp://10.96.0.7:8080"),
    ("GRANTOR_PORT_8080_TCP_PROTO", "tcp"),
    ("GRANTOR_PORT_8080_TCP_PORT", "8080"),
    ("GRANTOR_PORT_8080_TCP_ADDR", "10.96.0.7"),
    ("GRANTOR_PORT_9464_TCP", "tcp://10.96.0.7:9464"),
    ("GRANTOR_POSTGRESQL_SERVICE_HOST", "10.96.0.8"),
    ("GRANTOR_POSTGRESQL_SERVICE_PORT_TCP_POSTGRESQL", "5432"),
    ("GRANTOR_POSTGRESQL_PORT", "tcp://10.96.0.8:5432"),
    ("GRANTOR_POSTGRESQL_PORT_5432_TCP_ADDR", "10.96.0.8"),
];

#[tokio::test]
async fn service_links_of_kubernetes_are_passed_over_and_other_unknown_variables_are_not() {
    let cli = CommandLine::new().await;
    let (clean, log) = cli.serve(&SERVICE_LINKS).stop();
    assert!(clean, "{log}");
    let checked = cli.command(&["config", "check", "--json"]).envs(SERVICE_LINKS).output().unwrap();
    assert_eq!(String::from_utf8(checked.stdout).unwrap(), "[]\n");
    for (name, value, option) in [
        ("GRANTOR_PORT", "8080", "port"),
        ("GRANTOR_SERVICE_HOST", "id.example.com", "service_host"),
        ("GRANTOR_PORT_8080_TCP_NAME", "http", "port_8080_tcp_name"),
    ] {
        let mut environment = SERVICE_LINKS.to_vec();
        environment.retain(|(link, _)| *link != name);
        environment.push((name, value));
        assert_eq!(refusal(&cli, &environment), format!("unknown option {option} in the environment"));
    }
}

#[tokio::test]
async fn a_configured_master_key_that_is_missing_is_a_finding_and_no_key_is_made() {
    let cli = CommandLine::new().await;
    let environment = [("GRANTOR_KEYS__MASTER_KEY_FILE", "its.key")];
    let text = refusal(&cli, &environment);
    assert!(
        text.starts_with("keys.master_key_file names its.key, which does not exist; put the key there"),
        "{text}"
    );
    let checked = cli.command(&["config", "check", "--json"]).envs(environment).output().unwrap();
    let findings: serde_json::Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert_eq!(
        (checked.status.code(), findings[0]["option"].as_str()),
        (Some(1), Some("keys.master_key_file"))
    );
    assert_eq!(findings[0]["finding"], text);
    assert!(!cli.directory().join("its.key").exists() && !cli.directory().join("grantor.key").exists());
    // The command in the sentence makes a key that is accepted.
    let (_, make) = text.split_once("make one: ").unwrap();
    let made = std::process::Command::new("bash").args(["-c", make]).current_dir(cli.directory()).status();
    assert!(made.unwrap().success());
    let (clean, log) = cli.serve(&environment).stop();
    assert!(clean && !log.contains("WARN"), "{log}");
}

#[tokio::test]
async fn values_that_have_no_effect_are_findings_in_the_check_and_at_the_start() {
    let cli = CommandLine::new().await;
    for (more, option, part) in [
        ("[log]\nfilter = \"loud\"\n", "log.filter", "log.filter cannot be used; write one of the levels"),
        ("[log]\nfilter = \"grantr=debug\"\n", "log.filter", "log.filter cannot be used"),
        (
            "[sessions]\nlifetime = \"1h\"\nidle_lifetime = \"2h\"\n",
            "sessions.idle_lifetime",
            "sessions.idle_lifetime is longer than sessions.lifetime, which ends first",
        ),
        (
            "[tokens]\nrefresh_token_lifetime = \"1d\"\nrefresh_token_idle_lifetime = \"2d\"\n",
            "tokens.refresh_token_idle_lifetime",
            "tokens.refresh_token_idle_lifetime is longer than tokens.refresh_token_lifetime",
        ),
    ] {
        cli.configure(more);
        let text = refusal(&cli, &[]);
        assert!(text.contains(part) && text.ends_with(&format!("({})", cli.config.display())), "{text}");
        let checked = cli.command(&["config", "check", "--json"]).output().unwrap();
        let findings: serde_json::Value = serde_json::from_slice(&checked.stdout).unwrap();
        let found = (findings[0]["option"].as_str(), findings[0]["source"].as_str());
        assert_eq!(found, (Some(option), cli.config.to_str()), "{findings}");
    }
    cli.configure("[sessions]\nlifetime = \"1h\"\n");
    assert!(cli.serve(&[]).stop().0, "the default of the other option is no mistake");
}

#[tokio::test]
async fn only_lines_of_this_program_are_in_the_log_by_default() {
    let cli = CommandLine::new().await;
    let (clean, log) = cli.serve(&[]).stop();
    assert!(clean, "{log}");
    let targets =
        log.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["target"].clone());
    let foreign: Vec<_> = targets.filter(|target| !target.as_str().unwrap().starts_with("grantor")).collect();
    assert!(foreign.is_empty(), "{log}");
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
        (("GRANTOR_OAUTH__PKCE", "never"), "oauth.pkce"),
        (("GRANTOR_OAUTH__PROFILE", "fapi3"), "oauth.profile"),
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
        assert!(text.contains("stop it, or set another port"), "{text}");
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
        let mut command = grantor(&directory, &["serve", "--config", &path]);
        command.env_remove("GRANTOR_LISTEN");
        let (code, text) = ends(command);
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
