//! Secrets that a command reads from standard input, from a file, or from an argument, which warns.

use std::process::Output;

use crate::support::operator::{refusal, succeeded};
use crate::support::process::said;
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
async fn a_secret_that_cannot_be_read_is_refused() {
    let cli = CommandLine::new().await;
    cli.client_done("web", "service", &["--scope", "openid"]);
    let add = ["client", "add-secret", "web"];
    let refused = cli.refused(&[&add[..], &["--secret-file", "none"]].concat());
    assert!(refused.starts_with("--secret-file none cannot be read: "), "{refused}");
    for (content, part) in [
        (&b"a\xff"[..], "is not text in UTF-8"),
        (b"", "a secret has 1 to 1024 bytes"),
        (b"\n", "a secret has 1 to 1024 bytes"),
        (&[b'x'; 1025], "a secret has 1 to 1024 bytes"),
        (&[b'x'; 5000], "1024 bytes"),
    ] {
        std::fs::write(cli.directory().join("secret"), content).unwrap();
        let by_input = said(cli.command(&[&add[..], &["--secret-stdin"]].concat()), content);
        let by_input = String::from_utf8(by_input).unwrap();
        assert!(by_input.contains(part), "{by_input}");
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
