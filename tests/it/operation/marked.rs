//! Files, options, arguments and input with a marked secret in a broken form: no parser's error repeats the secret.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use grantor::store::db::Engine;

use crate::support::database::{engine, every_row};
use crate::support::mark::{MARK, leak};
use crate::support::process::{grantor, said};
use crate::support::relying_party::REDIRECT_URI;
use crate::support::{Application, Browser, CommandLine, tls};

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

/// Broken PEM with the mark in it, each with its description.
fn broken_pem() -> Vec<(&'static str, Vec<u8>)> {
    let body = format!("{MARK}{MARK}{MARK}");
    let pem = |begin: &str, body: &str| format!("-----BEGIN {begin}-----\n{body}\n-----END {begin}-----\n");
    let good = pem("PRIVATE KEY", &body);
    vec![
        ("lost line ends", good.replace('\n', "").into_bytes()),
        ("spaces for line ends", good.replace('\n', " ").into_bytes()),
        ("escaped line ends", good.replace('\n', "\\n").into_bytes()),
        ("a lost first line end", good.replacen('\n', "", 1).into_bytes()),
        ("no end", good.replace("-----END PRIVATE KEY-----", "").into_bytes()),
        ("an end on the line of the key", good.replace("\n-----END", "-----END").into_bytes()),
        ("truncated base64", pem("PRIVATE KEY", &body[..body.len() - 1]).into_bytes()),
        ("no base64", pem("PRIVATE KEY", &format!("{MARK}!{MARK}")).into_bytes()),
        ("no key in it", good.clone().into_bytes()),
        ("another kind", pem("CERTIFICATE", &body).into_bytes()),
        ("a certificate without line ends", pem("CERTIFICATE", &body).replace('\n', "").into_bytes()),
        ("encrypted", pem("ENCRYPTED PRIVATE KEY", &body).into_bytes()),
        ("no PEM", MARK.as_bytes().to_vec()),
        ("DER", [&[0x30, 0x82, 0x01, 0x00], MARK.as_bytes()].concat()),
        ("no text", [&[0xff, 0xfe, b'\n'], MARK.as_bytes()].concat()),
        ("empty", Vec::new()),
        ("large", [MARK.as_bytes(), &vec![b'A'; 9 << 20]].concat()),
    ]
}

#[tokio::test]
async fn broken_tls_files_are_reported_without_what_is_in_them() {
    let cli = CommandLine::new().await;
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    for (what, broken) in broken_pem() {
        std::fs::write(cli.directory().join("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(cli.directory().join("key.pem"), &broken).unwrap();
        let text = all_keep_the_secret(&cli, &tls::ENVIRONMENT);
        assert!(text.contains("tls.key key.pem cannot be used: "), "{what}: {text}");

        std::fs::write(cli.directory().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        std::fs::write(cli.directory().join("cert.pem"), &broken).unwrap();
        let text = all_keep_the_secret(&cli, &tls::ENVIRONMENT);
        assert!(text.contains("tls.certificate cert.pem cannot be used: "), "{what}: {text}");
    }
}

#[tokio::test]
async fn a_broken_file_of_authorities_is_reported_without_what_is_in_it() {
    let cli = CommandLine::new().await;
    for (what, broken) in broken_pem() {
        std::fs::write(cli.directory().join("ca.pem"), &broken).unwrap();
        let text = all_keep_the_secret(&cli, &[("GRANTOR_FETCH__CA_FILE", "ca.pem")]);
        assert!(text.contains("fetch.ca_file ca.pem cannot be used: "), "{what}: {text}");
    }
}

#[tokio::test]
async fn a_broken_master_key_is_reported_without_the_key() {
    let cli = CommandLine::new().await;
    let long = MARK.repeat(5000);
    for broken in
        [MARK.as_bytes(), &MARK.as_bytes()[..23], long.as_bytes(), &[MARK.as_bytes(), b"\xff"].concat(), b""]
    {
        std::fs::write(cli.directory().join("its.key"), broken).unwrap();
        let text = all_keep_the_secret(&cli, &[("GRANTOR_KEYS__MASTER_KEY_FILE", "its.key")]);
        assert!(text.contains("its.key"), "{text}");
        if let Ok(broken) = std::str::from_utf8(broken)
            && (1..10_000).contains(&broken.len())
        {
            let text = all_keep_the_secret(&cli, &[("GRANTOR_KEYS__MASTER_KEY", broken)]);
            assert!(text.contains("keys.master_key is not 32 bytes in base64url"), "{text}");
        }
    }
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

/// A server that says yes to TLS and then says nothing. Returns its port.
fn server_that_offers_tls() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            // An SSLRequest has 8 bytes (PostgreSQL's protocol, §54.2.11).
            let _ = stream.read_exact(&mut [0; 8]).and_then(|()| stream.write_all(b"S"));
        }
    });
    port
}

#[tokio::test]
async fn broken_keys_for_the_database_are_reported_without_what_is_in_them() {
    let cli = CommandLine::new().await;
    let port = server_that_offers_tls();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let path = |name: &str| cli.directory().join(name).display().to_string();
    let (good_cert, good_key) = (path("good.pem"), path("good.key"));
    std::fs::write(&good_cert, made.cert.pem()).unwrap();
    std::fs::write(&good_key, made.signing_key.serialize_pem()).unwrap();
    let broken_file = path("broken.pem");
    for (what, broken) in broken_pem() {
        std::fs::write(&broken_file, &broken).unwrap();
        for files in [
            format!("sslcert={good_cert}&sslkey={broken_file}"),
            format!("sslcert={broken_file}&sslkey={good_key}"),
            format!("sslmode=verify-full&sslrootcert={broken_file}"),
        ] {
            let url = format!("postgres://u@127.0.0.1:{port}/d?sslmode=require&{files}");
            let url = url.replace("sslmode=require&sslmode=verify-full", "sslmode=verify-full");
            for arguments in [&["client", "list"][..], &["serve"], &["config", "check"]] {
                let text = keeps_the_secret(&cli, arguments, &[("GRANTOR_DATABASE__URL", &url)], b"");
                // Whether what is in PEM is a key is only found out when the key is used.
                assert!(arguments[0] == "config" || text.contains("grantor: "), "{what}: {text}");
            }
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_broken_password_file_is_not_logged() {
    use std::os::unix::fs::PermissionsExt as _;

    let cli = CommandLine::new().await;
    let file = cli.directory().join("pgpass");
    let url = "postgres://u@127.0.0.1:1/d";
    for line in ["127.0.0.1:1:MARK", "MARK", "127.0.0.1:1:d:u\\:MARK", "127.0.0.1:1:d:u:MARK\\"] {
        std::fs::write(&file, format!("{}\n", line.replace("MARK", MARK))).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let environment = [("GRANTOR_DATABASE__URL", url), ("PGPASSFILE", file.to_str().unwrap())];
        for filter in ["trace", "warn", "sqlx_postgres::options::pgpass=trace"] {
            let environment = [&environment[..], &[("GRANTOR_LOG__FILTER", filter)]].concat();
            keeps_the_secret(&cli, &["client", "list"], &environment, b"");
        }
    }
}

#[tokio::test]
async fn a_broken_jwk_set_is_reported_without_what_is_in_it() {
    let cli = CommandLine::new().await;
    cli.client_done("known", "service", &["--scope", "openid"]);
    let file = cli.directory().join("keys.json").display().to_string();
    let sets = [
        "{\"keys\":\"MARK\"}",
        "{\"keys\":[\"MARK\"]}",
        "\"MARK\"",
        "MARK",
        "{\"keys\":[{\"kty\":\"RSA\",\"d\":\"MARK\"}]}",
        "{\"keys\":[{\"kty\":\"oct\",\"k\":\"MARK\"}]}",
        "{\"keys\":[{\"kty\":\"oct\",\"k\":{\"MARK\":\"MARK\"}}]}",
        "{\"keys\":[{\"kty\":[\"MARK\"]}]}",
        "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"MARK\",\"x\":\"MARK\"}]}",
        "{\"keys\":[{\"kty\":\"EC\",\"d\":\"MARK",
        "{\"keys\":[{\"kty\":\"EC\",\"d\":MARK}]}",
        "{\"keys\":{\"d\":\"MARK\"}}",
        "{\"d\":\"MARK\"}",
        "-----BEGIN PRIVATE KEY-----MARKMARK-----END PRIVATE KEY-----",
    ];
    let mut contents: Vec<Vec<u8>> = sets.iter().map(|set| set.replace("MARK", MARK).into_bytes()).collect();
    contents.push([MARK.as_bytes(), b"\xff"].concat());
    contents.push(MARK.repeat(5000).into_bytes());
    let create = [
        "client",
        "create",
        "--id",
        "new",
        "--name",
        "N",
        "--kind",
        "service",
        "--auth-method",
        "private_key_jwt",
    ];
    for content in contents {
        std::fs::write(&file, content).unwrap();
        let jwks = ["--jwks", file.as_str()];
        for arguments in [
            &[&create[..], &jwks].concat()[..],
            &[&["client", "update", "known"][..], &jwks].concat(),
            &[&["issuer", "create", "https://idp.example.com"][..], &jwks].concat(),
        ] {
            keeps_the_secret(&cli, arguments, &[], b"");
        }
        cli.run(&["client", "delete", "new", "--yes"]);
        cli.run(&["issuer", "delete", "https://idp.example.com", "--yes"]);
    }
}

#[tokio::test]
async fn a_file_that_is_no_logo_is_reported_without_what_is_in_it() {
    let cli = CommandLine::new().await;
    let file = cli.directory().join("logo").display().to_string();
    for content in [
        MARK.as_bytes().to_vec(),
        [b"\x89PNG\r\n\x1a\n", MARK.as_bytes()].concat(),
        format!("<svg>{MARK}</svg>").into_bytes(),
        MARK.repeat(10_000).into_bytes(),
    ] {
        std::fs::write(&file, content).unwrap();
        let create = ["client", "create", "--id", "new", "--name", "N", "--kind", "service", "--logo", &file];
        keeps_the_secret(&cli, &create, &[], b"");
        cli.run(&["client", "delete", "new", "--yes"]);
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
