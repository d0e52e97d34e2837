//! Secrets that a command reads from standard input, from a file, or from an argument, which warns.

use std::process::Output;

use crate::support::operator::{refusal, succeeded};
use crate::support::process::said;
use crate::support::server::PASSWORD;
use crate::support::tls::{ENVIRONMENT, certificate};
use crate::support::{CommandLine, Operator, TestServer};

/// The warnings that a command prints.
fn warnings(output: &Output) -> Vec<String> {
    let stderr = String::from_utf8_lossy(&output.stderr);
    stderr.lines().filter_map(|line| line.strip_prefix("grantor: warning: ")).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_secret_comes_from_standard_input_a_file_or_an_argument() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let create = |id| ["client", "create", "--id", id, "--name", "S", "--kind", "service", "--scope", "read"];
    let file = operator.directory.join("secret");
    std::fs::write(&file, "a secret in a file\r\n").unwrap();
    let file = file.to_str().unwrap();
    for (id, option, input, secret) in [
        ("stdin", &["--secret-stdin"][..], "a secret from outside\n", "a secret from outside"),
        ("plain", &["--secret-stdin"], "no line end", "no line end"),
        ("file", &["--secret-file", file], "", "a secret in a file"),
        ("argument", &["--secret", "a secret for all"], "", "a secret for all"),
    ] {
        let ways =
            [[&create(id)[..], option].concat(), [&["client", "add-secret", "other"][..], option].concat()];
        if id == "stdin" {
            operator.done(&create("other"));
        }
        for (arguments, client) in ways.iter().zip([id, "other"]) {
            let output = operator.with_input(arguments, input);
            let warned = warnings(&output);
            assert_eq!(warned.len(), usize::from(id == "argument"), "{warned:?}");
            let stdout = succeeded(arguments, output);
            assert!(!stdout.contains("shown only now"), "{stdout}");
            let form =
                [("grant_type", "client_credentials"), ("client_id", client), ("client_secret", secret)];
            let answer = server.token(&form).await;
            assert_eq!(answer.status, 200, "{id} {client}: {answer:?}");
        }
    }
    let argument = operator.run(&[&create("again")[..], &["--secret", "s"]].concat());
    assert_eq!(
        warnings(&argument),
        [
            "--secret shows the secret to every account of this machine while the command runs; use --secret-stdin or \
          --secret-file"
        ]
    );
}

#[tokio::test]
async fn a_byte_order_mark_before_a_secret_is_not_a_part_of_it() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let marked = |text: &str| format!("\u{feff}{text}\r\n");
    let create = ["user", "create", "--username", "alice", "--password-stdin"];
    succeeded(&create, operator.with_input(&create, &marked(PASSWORD)));
    let web = server.web().await;
    let mut browser = server.browser();
    assert_ne!(browser.authorize(&web.url_with(&[])).await.get("code"), "", "alice signs in");
    let new = "another long enough password";
    operator.set_password("alice", &marked(new));
    let file = operator.directory.join("secret");
    std::fs::write(&file, marked("a secret in a file")).unwrap();
    let named = ["client", "create", "--name", "S", "--kind", "service", "--scope", "read", "--id"];
    for (id, option, input, secret) in [
        ("stdin", &["--secret-stdin"][..], marked("a secret from outside"), "a secret from outside"),
        ("file", &["--secret-file", file.to_str().unwrap()], String::new(), "a secret in a file"),
    ] {
        let create = [&named[..], &[id], option].concat();
        succeeded(&create, operator.with_input(&create, &input));
        let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
        assert_eq!(server.token(&form).await.status, 200, "{id}");
    }
    // A mark inside is a part, and the longest secret may have one before it.
    let longest = format!("\u{feff}{}", "x".repeat(1024));
    let add = ["client", "add-secret", "stdin", "--secret-stdin"];
    succeeded(&add, operator.with_input(&add, &longest));
    let said = refusal(&add, &operator.with_input(&add, ""));
    assert_eq!(said, "no secret came on standard input");
    let sent = format!("\u{feff}{longest}");
    assert!(!operator.with_input(&add, &sent).status.success(), "of two marks only the first goes");
}

#[tokio::test]
async fn a_byte_order_mark_before_a_key_or_a_set_of_keys_is_dropped() {
    let cli = CommandLine::new().await;
    let write = |name: &str, text: &str| {
        std::fs::write(cli.directory().join(name), format!("\u{feff}{text}")).unwrap();
    };
    write("keys.json", &public_keys());
    let keys = ["--scope", "openid", "--auth-method", "private_key_jwt", "--jwks", "keys.json"];
    cli.client_done("signs", "service", &keys);
    write("its.key", &format!("{}\r\n", "A".repeat(43)));
    certificate(&cli.directory());
    for name in ["cert.pem", "key.pem"] {
        write(name, &std::fs::read_to_string(cli.directory().join(name)).unwrap());
    }
    write("grantor.toml", &std::fs::read_to_string(&cli.config).unwrap());
    let mut environment = ENVIRONMENT.to_vec();
    environment.push(("GRANTOR_KEYS__MASTER_KEY_FILE", "its.key"));
    let (clean, log) = cli.serve(&environment).stop();
    assert!(clean, "{log}");
}

/// A set with one public key (RFC 7517, appendix A.1).
fn public_keys() -> String {
    let key = serde_json::json!({
        "kty": "EC", "crv": "P-256", "use": "sig", "kid": "1", "alg": "ES256",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    });
    serde_json::json!({ "keys": [key] }).to_string()
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_is_refused() {
    let cli = CommandLine::new().await;
    cli.client_done("web", "service", &["--scope", "openid"]);
    let add = ["client", "add-secret", "web"];
    let refused = cli.refused(&[&add[..], &["--secret-file", "none"]].concat());
    assert!(refused.starts_with("--secret-file none cannot be read: "), "{refused}");
    for (content, part) in [
        (&b"a\xff"[..], "is not text in UTF-8"),
        (b"\xff\xfea\0", "it is text in UTF-16, as PowerShell writes it"),
        (b"", "a secret has 1 to 1024 bytes"),
        (b"\n", "a secret has 1 to 1024 bytes"),
        (&[b'x'; 1025], "a secret has 1 to 1024 bytes"),
        (&[b'x'; 5000], "1024 bytes"),
    ] {
        std::fs::write(cli.directory().join("secret"), content).unwrap();
        let by_input = said(cli.command(&[&add[..], &["--secret-stdin"]].concat()), content);
        let by_input = String::from_utf8(by_input).unwrap();
        let is_empty = content.trim_ascii().is_empty();
        let of_input = if is_empty { "no secret came on standard input" } else { part };
        assert!(by_input.contains(of_input), "{by_input}");
        let by_file = cli.run(&[&add[..], &["--secret-file", "secret"]].concat());
        let by_file = refusal(&[], &by_file);
        assert!(by_file.contains(part) || by_file.contains("it is larger than 1026 bytes"), "{by_file}");
    }
    for two in [&["--secret", "a", "--secret-stdin"][..], &["--secret-stdin", "--secret-file", "secret"]] {
        let output = cli.run(&[&add[..], two].concat());
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
}

#[tokio::test]
async fn passwords_in_urls_and_tokens_in_arguments_warn() {
    let cli = CommandLine::new().await;
    let url = "postgres://u:hunter2@127.0.0.1:1/d";
    for copy in
        [["copy", "--from", url, "--to", "sqlite:new.db"], ["copy", "--to", url, "--from", "sqlite:new.db"]]
    {
        let warned = warnings(&cli.run(&copy));
        let option = if copy[1] == "--from" { "--from" } else { "--to" };
        let sentence = format!(
            "{option} shows the password in the URL to every account of this machine while the command runs; leave it \
             out, and use PGPASSWORD or PGPASSFILE"
        );
        assert_eq!(warned, [sentence]);
    }
    let without = "postgres://u@127.0.0.1:1/d";
    assert!(warnings(&cli.run(&["copy", "--from", without, "--to", "sqlite:new.db"])).is_empty());

    let warned = warnings(&cli.run(&["token", "inspect", "gat_made-up"]));
    assert!(
        warned.len() == 1 && warned[0].starts_with("an argument shows the token to every account"),
        "{warned:?}"
    );
    assert!(warnings(&cli.run(&["token", "inspect", "-"])).is_empty());
}
