//! The configuration, shown and checked.

use grantor::oauth::signing_key::SigningAlgorithm;
use serde_json::{Value, json};

use crate::support::database::private_folder;
use crate::support::jwt::{jwks, key};
use crate::support::operator::{refusal, succeeded};
use crate::support::process::grantor;
use crate::support::tls::{ENVIRONMENT, certificate};
use crate::support::{Operator, TestServer};

#[test]
fn the_configuration_is_shown_with_where_each_value_comes_from() {
    let directory = tempfile::tempdir().unwrap();
    let file = "[tokens]\ncode_lifetime = \"30s\"\n[keys]\nmaster_key = \"hunter2\"\n";
    std::fs::write(directory.path().join("grantor.toml"), file).unwrap();
    let show = |more: &[&str]| {
        let output =
            grantor(directory.path(), &[&["config", "show", "--config", "grantor.toml"], more].concat())
                .env("GRANTOR_DATABASE__URL", "postgres://grantor:hunter2@db.example/grantor")
                .output()
                .unwrap();
        succeeded(more, output)
    };
    let options: Value = serde_json::from_str(&show(&["--json"])).unwrap();
    let of = |option: &str| {
        let found = options.as_array().unwrap().iter().find(|found| found["option"] == option);
        found.map(|found| (found["value"].clone(), found["source"].as_str().unwrap().to_owned())).unwrap()
    };
    assert_eq!(of("tokens.code_lifetime"), (json!("30s"), "grantor.toml".into()));
    assert_eq!(of("listen"), (json!("127.0.0.1:8080"), "default".into()));
    assert_eq!(of("passwords.iterations"), (json!(1), "GRANTOR_PASSWORDS__ITERATIONS".into()));
    assert_eq!(of("limits.enabled"), (json!(true), "default".into()));
    assert_eq!(of("keys.master_key"), (json!("…"), "grantor.toml".into()));
    let shown = json!("postgres://grantor:…@db.example/grantor");
    assert_eq!(of("database.url"), (shown, "GRANTOR_DATABASE__URL".into()));
    let table = show(&[]);
    assert!(table.starts_with("OPTION ") && !table.contains("hunter2"), "{table}");
    assert_eq!(table.lines().count(), options.as_array().unwrap().len() + 1);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "it makes no database");

    let output = grantor(directory.path(), &["config", "show", "--config", "none.toml"]).output().unwrap();
    assert!(refusal(&[], &output).starts_with("the configuration file none.toml cannot be read"));
}

#[test]
fn all_mistakes_in_the_configuration_are_reported_together() {
    let directory = tempfile::tempdir().unwrap();
    let file = "listen = \"nowhere\"\nhttp = 1\n[tokens]\ncode_lifetime = \"10m\"\nlifetime = \"5m\"\n";
    std::fs::write(directory.path().join("grantor.toml"), file).unwrap();
    let run = |arguments: &[&str]| {
        grantor(directory.path(), &[arguments, &["--config", "grantor.toml"]].concat())
            .env("GRANTOR_DATABASE__CONNECTIONS", "many")
            .env("GRANTOR_KEYS__MASTER_KEY", "hunter2")
            .env_remove("GRANTOR_LISTEN")
            .env("GRANTOR_PUBLIK_URL", "https://id.example.com")
            .output()
            .unwrap()
    };
    let checked = run(&["config", "check", "--json"]);
    assert_eq!(checked.status.code(), Some(1));
    let findings: Value = serde_json::from_slice(&checked.stdout).unwrap();
    let mut found: Vec<(&str, &str)> = findings
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (finding["option"].as_str().unwrap(), finding["source"].as_str().unwrap()))
        .collect();
    found.sort_unstable();
    let expected = [
        ("database.connections", "GRANTOR_DATABASE__CONNECTIONS"),
        ("http", "grantor.toml"),
        ("keys.master_key", "GRANTOR_KEYS__MASTER_KEY"),
        ("listen", "grantor.toml"),
        ("publik_url", "GRANTOR_PUBLIK_URL"),
        ("tokens.code_lifetime", "grantor.toml"),
        ("tokens.lifetime", "grantor.toml"),
    ];
    assert_eq!(found, expected);
    let table = run(&["config", "check"]);
    assert_eq!(String::from_utf8_lossy(&table.stdout).lines().count(), 8, "{table:?}");
    assert_eq!(String::from_utf8_lossy(&table.stderr), "grantor: the configuration has 7 mistakes\n");

    let served = run(&["serve"]);
    let text = String::from_utf8_lossy(&served.stderr).into_owned();
    assert_eq!((served.status.code(), text.lines().count()), (Some(1), 7), "{text}");
    for (option, _) in expected {
        assert!(text.lines().any(|line| line.starts_with("grantor: ") && line.contains(option)), "{text}");
    }
    assert!(!text.contains("hunter2") && !format!("{checked:?}{table:?}").contains("hunter2"));

    std::fs::write(directory.path().join("grantor.toml"), "").unwrap();
    let good = grantor(directory.path(), &["config", "check", "--json"]).output().unwrap();
    assert_eq!(succeeded(&[], good), "[]\n");
}

#[test]
fn the_check_reads_every_file_that_is_named_and_says_so() {
    let directory = private_folder();
    let path = |name: &str| directory.path().join(name);
    certificate(directory.path());
    std::fs::write(path("grantor.toml"), "[fetch]\nca_file = \"cert.pem\"\n").unwrap();
    let url = "postgres://127.0.0.1:1/d?sslrootcert=ca.pem&sslcert=own.pem&sslkey=own.key";
    for (from, to) in [("cert.pem", "ca.pem"), ("cert.pem", "own.pem"), ("key.pem", "own.key")] {
        std::fs::copy(path(from), path(to)).unwrap();
    }
    std::fs::write(path("master.key"), "A".repeat(43)).unwrap();
    let check = || {
        let mut command = grantor(directory.path(), &["config", "check"]);
        command.env("GRANTOR_DATABASE__URL", url).env("GRANTOR_KEYS__MASTER_KEY_FILE", "master.key");
        command.envs(ENVIRONMENT).output().unwrap()
    };
    assert_eq!(
        succeeded(&[], check()),
        "the configuration is good\n\
         read the configuration file grantor.toml\n\
         read tls.certificate cert.pem\n\
         read tls.key key.pem\n\
         read fetch.ca_file cert.pem\n\
         read the master key master.key\n\
         read sslrootcert ca.pem\n\
         read sslcert own.pem\n\
         read sslkey own.key\n"
    );
    for (name, source) in [
        ("cert.pem", "GRANTOR_TLS__CERTIFICATE"),
        ("key.pem", "GRANTOR_TLS__KEY"),
        ("ca.pem", "GRANTOR_DATABASE__URL"),
        ("own.pem", "GRANTOR_DATABASE__URL"),
        ("own.key", "GRANTOR_DATABASE__URL"),
        ("master.key", "GRANTOR_KEYS__MASTER_KEY_FILE"),
    ] {
        let good = std::fs::read(path(name)).unwrap();
        for (content, part) in [(&b""[..], "cannot be used: it is"), (b"\xff\xfe", "cannot be used: it is")] {
            std::fs::write(path(name), content).unwrap();
            let checked = check();
            let table = String::from_utf8(checked.stdout).unwrap();
            assert_eq!(checked.status.code(), Some(1), "{name}: {table}");
            let is_finding = |line: &str| line.contains(&format!("{name} {part}")) && line.contains(source);
            assert!(table.lines().any(is_finding), "{name}: {table}");
        }
        std::fs::remove_file(path(name)).unwrap();
        let checked = check();
        let table = String::from_utf8(checked.stdout).unwrap();
        assert!(table.contains(name) && checked.status.code() == Some(1), "{name}: {table}");
        std::fs::write(path(name), good).unwrap();
    }
}

#[tokio::test]
async fn the_check_names_clients_and_issuers_whose_assertions_may_be_for_the_token_endpoint() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let findings = || -> Vec<Value> {
        let found = operator.json(&["config", "check"]);
        let is_legacy = |finding: &&Value| finding["finding"].as_str().unwrap().contains("legacy");
        found.as_array().unwrap().iter().filter(is_legacy).cloned().collect()
    };
    assert_eq!(findings(), Vec::<Value>::new());
    let key = key(SigningAlgorithm::Es256);
    let file = operator.directory.join("jwks.json").display().to_string();
    std::fs::write(&file, jwks(&[&key])).unwrap();
    let by_key =
        ["--kind", "service", "--scope", "read", "--auth-method", "private_key_jwt", "--jwks", &file];
    for (id, name, audience) in [
        ("old", "Old", "token-endpoint"),
        ("new", "\"assertion_audience\":\"token-endpoint\"", "issuer"),
        ("older", "Older", "token-endpoint"),
    ] {
        let create = ["client", "create", "--id", id, "--name", name, "--assertion-audience", audience];
        operator.done(&[&create[..], &by_key].concat());
    }
    operator.done(&[
        "client",
        "create",
        "--id",
        "gateway",
        "--name",
        "G",
        "--kind",
        "service",
        "--scope",
        "read",
        "--grant",
        "jwt_bearer",
    ]);
    operator.done(&[
        "issuer",
        "create",
        "https://idp.example.com",
        "--jwks",
        &file,
        "--scope",
        "read",
        "--client",
        "gateway",
        "--assertion-audience",
        "token-endpoint",
    ]);
    let found = findings();
    let sentences: Vec<&str> = found.iter().map(|one| one["finding"].as_str().unwrap()).collect();
    let [clients, issuers] = sentences[..] else { panic!("{found:?}") };
    assert!(clients.contains("the clients old, older use it"), "{clients}");
    assert!(issuers.contains("the issuers https://idp.example.com use it"), "{issuers}");
    assert!(found.iter().all(|one| one["severity"] == "warning"), "{found:?}");
    for id in ["old", "older"] {
        operator.done(&["client", "update", id, "--assertion-audience", "issuer"]);
    }
    operator.done(&["issuer", "update", "https://idp.example.com", "--assertion-audience", "issuer"]);
    assert_eq!(findings(), Vec::<Value>::new());
}
