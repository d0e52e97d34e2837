//! Files, options, arguments and input with a marked secret in a broken form: no parser's error repeats the secret.

mod files;

use grantor::store::db::Engine;

use crate::support::database::{engine, every_row};
use crate::support::mark::{MARK, leak};
use crate::support::process::{grantor, said};
use crate::support::relying_party::REDIRECT_URI;
use crate::support::{Application, Browser, CommandLine};

/// The commands that read the configuration and the files that it names.
const CONFIGURED: [&[&str]; 6] = [
    &["serve"],
    &["config", "check"],
    &["config", "check", "--json"],
    &["config", "show"],
    &["client", "list"],
    &["healthcheck"],
];

/// Runs a command with everything logged. It must fail, or must at least not print the mark.
#[track_caller]
fn keeps_the_secret(
    cli: &CommandLine,
    arguments: &[&str],
    environment: &[(&str, &str)],
    input: &[u8],
) -> String {
    let mut command = cli.command(arguments);
    command.env("GRANTOR_LISTEN", "127.0.0.1:0").env("GRANTOR_LOG__FILTER", "trace");
    command.envs(environment.iter().copied());
    let output = said(command, input);
    let text = String::from_utf8_lossy(&output).into_owned();
    let found = leak(MARK, &output);
    assert_eq!(found, None, "{arguments:?} {environment:?}: {text}");
    assert!(!text.contains("panicked"), "{arguments:?}: {text}");
    text
}

/// Runs every command that reads the configuration. Returns what `serve` prints.
#[track_caller]
fn all_keep_the_secret(cli: &CommandLine, environment: &[(&str, &str)]) -> String {
    CONFIGURED.map(|arguments| keeps_the_secret(cli, arguments, environment, b""))[0].clone()
}

#[tokio::test]
async fn a_mistake_on_the_line_of_a_secret_is_reported_by_its_place() {
    let cli = CommandLine::new().await;
    let lines = [
        "master_key = MARK",
        "master_key = \"MARK",
        "master_key = 'MARK\"",
        "master_key \"MARK\"",
        "master_key: \"MARK\"",
        "master_key = \"MARK\" \"MARK\"",
        "master_key = \"MARK\\q\"",
        "master_key = \"\"\"MARK",
        "master_key = \"MARK\\",
        "master_key = [\"MARK\"]",
        "master_key = [\"MARK\"",
        "master_key = { MARK = \"MARK\" }",
        "master_key.MARK = \"MARK\"",
        "master_key = \"MARK\"\nmaster_key = \"MARK\"",
        "master_key = 1MARK",
        "master_key = 1\u{0}MARK",
        "\"master_key = \"MARK\"",
        "[master_key = \"MARK\"]",
        "[log]\nformat = \"postgres://u:MARK@h/d\"",
        "[database]\nurl = \"postgres://u:MARK@h:x/d\"",
        "[database]\nurl = \"postgres://u:MARK@h/d",
        "[database]\nurl = \"postgres://u:\\MARK@h/d\"",
        "[database]\nurl = postgres://u:MARK@h/d",
        "[database]\nurl = { password = \"MARK\" }",
        "[database]\nreplica_url = \"postgres://u:MARK@h:x/d\"",
        "[keys.algorithms]\nMARK = \"MARK\"",
        "[database]\npooler = \"postgres://u:MARK@h/d\"",
    ];
    for line in lines {
        let text = format!("[keys]\n{}\n", line.replace("MARK", MARK));
        std::fs::write(&cli.config, &text).unwrap();
        let said = all_keep_the_secret(&cli, &[]);
        assert!(said.contains("grantor: ") && said.contains("grantor.toml"), "{line}: {said}");
    }
    std::fs::write(&cli.config, [b"[keys]\nmaster_key = \"\xff", MARK.as_bytes(), b"\""].concat()).unwrap();
    assert!(all_keep_the_secret(&cli, &[]).contains("is not text in UTF-8"));
    std::fs::write(&cli.config, format!("# {}\n", MARK.repeat(100_000))).unwrap();
    assert!(all_keep_the_secret(&cli, &[]).contains("grantor.toml cannot be used: it is larger than"));
}

#[tokio::test]
async fn a_secret_in_the_wrong_option_is_not_repeated() {
    let cli = CommandLine::new().await;
    let shown = String::from_utf8(cli.run(&["config", "show", "--json"]).stdout).unwrap();
    let options: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let files = ["tls.certificate", "tls.key", "keys.master_key_file", "fetch.ca_file", "log.filter"];
    let url = format!("postgres://u:{MARK}@h:x/d?password={MARK}");
    for value in [MARK, &url] {
        let variables: Vec<(String, &str)> = options
            .as_array()
            .unwrap()
            .iter()
            .map(|option| option["option"].as_str().unwrap())
            .filter(|option| !files.contains(option))
            .map(|option| (format!("GRANTOR_{}", option.replace('.', "__").to_uppercase()), value))
            .collect();
        let all: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        for arguments in CONFIGURED {
            // `show` shows the values of options that are not secrets, but no password in a URL.
            if arguments != ["config", "show"] || value == url {
                let text = keeps_the_secret(&cli, arguments, &all, b"");
                assert!(arguments[1..] == ["show"] || text.contains("sessions.lifetime"), "{text}");
            }
        }
    }
    let filter = format!("a=[{MARK}=postgres://u:{MARK}@h/d");
    for arguments in CONFIGURED {
        if arguments != ["config", "show"] {
            let mut command = cli.command(arguments);
            command.env("GRANTOR_LOG__FILTER", &filter);
            let output = said(command, b"");
            assert_eq!(leak(MARK, &output), None, "{}", String::from_utf8_lossy(&output));
        }
    }
}

#[tokio::test]
async fn a_bad_database_url_is_reported_without_its_password() {
    let cli = CommandLine::new().await;
    for url in [
        "postgres://u:MARK@h:99999/d",
        "postgres://u:MARK@h:x/d",
        "postgres://u:MARK@[::1/d",
        "postgres://u:MARK@h/d?MARK=MARK",
        "postgres://u:MARK/d",
        "postgres://u:1?MARK@h/d",
        "postgres://h/d?pasword=MARK",
        "postgres://h/d?sslmode=MARK",
        "postgres://h/d?port=MARK",
        "postgres://h/d?password=MARK&port=x",
        "postgres:/u:MARK@h/d",
        "mysql://u:MARK@h/d",
        "MARK",
        "",
        // No server listens there.
        "postgres://u:MARK@127.0.0.1:1/d",
        "postgres://127.0.0.1:1/d?user=u&password=MARK",
    ] {
        let url = url.replace("MARK", MARK);
        all_keep_the_secret(&cli, &[("GRANTOR_DATABASE__URL", &url)]);
        let both =
            [("GRANTOR_DATABASE__URL", "postgres://127.0.0.1:1/d"), ("GRANTOR_DATABASE__REPLICA_URL", &url)];
        all_keep_the_secret(&cli, &both);
        for copy in
            [["copy", "--from", &url, "--to", "sqlite:x.db"], ["copy", "--to", &url, "--from", "sqlite:x.db"]]
        {
            keeps_the_secret(&cli, &copy, &[], b"");
        }
    }
}

#[tokio::test]
async fn input_that_cannot_be_used_is_not_repeated() {
    let cli = CommandLine::new().await;
    cli.user(&["--username", "alice"], "correct horse battery staple");
    cli.client_done("web", "service", &["--scope", "openid"]);
    let file = cli.directory().join("secret").display().to_string();
    let header = |json: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json.replace("MARK", MARK))
    };
    for input in [
        [b"\xff", MARK.as_bytes()].concat(),
        [MARK.as_bytes(), b"\xc3"].concat(),
        [MARK.as_bytes(), b"\0\n\n"].concat(),
        MARK.repeat(1000).into_bytes(),
        format!("{MARK}.{MARK}.{MARK}").into_bytes(),
        format!("grt_{MARK}").into_bytes(),
        format!("gat_{MARK}").into_bytes(),
        format!("{}.{}.{MARK}", header("{\"alg\":\"MARK\",\"kid\":\"MARK\"}"), header("{\"iss\":7}"))
            .into_bytes(),
        format!("{}.{}.{MARK}", header("{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}"), header("MARK"))
            .into_bytes(),
    ] {
        std::fs::write(&file, &input).unwrap();
        for arguments in [
            &["user", "create", "--username", "bob", "--password-stdin"][..],
            &["user", "set-password", "alice", "--password-stdin"],
            &["token", "inspect", "-"],
            &["client", "add-secret", "web", "--secret-stdin"],
            &["client", "add-secret", "web", "--secret-file", &file],
            &["client", "create", "--id", "new", "--name", "N", "--kind", "service", "--secret-stdin"],
            &[
                "client",
                "create",
                "--id",
                "newer",
                "--name",
                "N",
                "--kind",
                "service",
                "--secret-file",
                &file,
            ],
        ] {
            keeps_the_secret(&cli, arguments, &[], &input);
        }
        for id in ["new", "newer"] {
            cli.run(&["client", "delete", id, "--yes"]);
        }
        cli.run(&["user", "delete", "bob", "--yes"]);
    }
}

#[tokio::test]
async fn no_event_of_the_audit_trail_has_a_secret() {
    let cli = CommandLine::new().await;
    let marked = |what: &str| format!("{what} {MARK} {MARK}");
    let secret = format!("secret-{MARK}-{MARK}");
    let web = ["--secret", secret.as_str(), "--redirect-uri", REDIRECT_URI, "--scope", "openid read"];
    cli.done(&["scope", "create", "read", "--description", "Read your things"]);
    cli.client_done("web", "web", &web);
    cli.done(&["client", "add-secret", "web", "--secret", &format!("{secret}2")]);
    cli.done(&["client", "update", "web", "--name", "Another name"]);
    assert!(cli.user(&["--username", "alice"], &marked("password")).status.success());
    let serving = cli.serve(&[]);
    let app = Application::registered_at(&serving.url, "web", Some(&secret), REDIRECT_URI);
    let wrong = Application::registered_at(&serving.url, "web", Some(&marked("wrong")), REDIRECT_URI);
    let mut alice = Browser::new(&serving.url);
    let page = alice.open(&app.url_with(&[])).await;
    for (username, password) in [("alice", marked("wrong")), (&*marked("name"), marked("password"))] {
        alice.submit(&page, &[("username", username), ("password", &password)]).await;
    }
    let consent = alice.submit(&page, &[("username", "alice"), ("password", &marked("password"))]).await;
    let code = alice.allow(&consent).await.get("code");
    let tokens = app.redeem_by_hand(&code).await;
    app.redeem_by_hand(&code).await;
    wrong.redeem_by_hand(&code).await;
    let token = tokens.get("access_token");
    app.post("/revoke", &[("token", &token)]).await;
    assert!(serving.stop().0);
    let events = cli.done(&["audit", "list", "--json"]);
    let acts = ["client.secret_added", "user.created", "session.refused", "session.begun", "token.issued"];
    for act in acts.iter().chain(&["client.refused", "grant.revoked"]) {
        assert!(events.contains(&format!("\"{act}\"")), "{act}: {events}");
    }
    assert_eq!(leak(MARK, events.as_bytes()), None, "{events}");
    for secret in [&code, &token] {
        assert!(!secret.is_empty() && !events.contains(secret.as_str()), "{events}");
    }
    let rows = every_row(cli.database_url()).await;
    assert_eq!(leak(MARK, rows["events"].join("\n").as_bytes()), None);
}

#[tokio::test]
async fn wrong_usage_does_not_repeat_a_secret() {
    let cli = CommandLine::new().await;
    let value = |option: &str| format!("{option}={MARK}");
    let dashed = format!("-{MARK}");
    for arguments in [
        &["user", "set-password", "alice", MARK][..],
        &["user", "set-password", "alice", &dashed],
        &["user", "set-password", "alice", &value("--password")],
        &["user", "set-password", "alice", &value("--password-stdin")],
        &["user", "create", "--username", "bob", "--password-stdin", MARK],
        &["user", "create", "--username", "bob", "--password", MARK],
        &["client", "add-secret", "web", MARK],
        &["client", "add-secret", "web", &value("--secrt")],
        &["client", "add-secret", "web", &value("--secret-stdin")],
        &["client", "add-secret", "web", "--secret", MARK, "--secret", MARK],
        &["client", "add-secret", "web", "--secret", MARK, "--secret-stdin"],
        &["token", "inspect", "a", MARK],
        &["token", MARK],
        &["copy", &format!("postgres://u:{MARK}@h/d")],
        &["serve", MARK],
    ] {
        let text = keeps_the_secret(&cli, arguments, &[], b"");
        assert!(text.contains("--help"), "{arguments:?}: {text}");
    }
}

#[tokio::test]
async fn a_restored_key_and_a_demo_are_read_without_repeating_them() {
    let cli = CommandLine::new().await;
    let directory = cli.directory().join("demo");
    std::fs::create_dir(&directory).unwrap();
    for text in ["{\"password\":MARK}", "{\"app\":\"MARK\"}", "{\"app\":7,\"password\":\"MARK\"}", "\"MARK\""]
    {
        std::fs::write(directory.join("demo.json"), text.replace("MARK", MARK)).unwrap();
        let mut command = grantor(&cli.directory(), &["demo", "--data", "demo"]);
        command.env("GRANTOR_LOG__FILTER", "trace");
        let output = said(command, b"");
        assert_eq!(leak(MARK, &output), None, "{}", String::from_utf8_lossy(&output));
    }
    // Backups are files of SQLite.
    if engine() != Engine::Sqlite {
        return;
    }
    cli.serve(&[]).stop();
    cli.done(&["backup", "copy.db"]);
    std::fs::write(cli.directory().join("grantor.key"), "A".repeat(43)).unwrap();
    for broken in [MARK.as_bytes(), &[MARK.as_bytes(), b"\xff"].concat(), MARK.repeat(5000).as_bytes()] {
        std::fs::write(cli.directory().join("copy.db.key"), broken).unwrap();
        let text = keeps_the_secret(&cli, &["restore", "copy.db", "--with-master-key", "--yes"], &[], b"");
        assert!(text.contains("copy.db.key"), "{text}");
    }
    std::fs::write(cli.directory().join("other.db"), MARK.repeat(100)).unwrap();
    keeps_the_secret(&cli, &["restore", "other.db", "--yes"], &[], b"");
}
