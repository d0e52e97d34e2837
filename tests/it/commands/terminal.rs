//! Passwords and secrets that are typed on a terminal.

use std::io::{Read, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::support::server::PASSWORD;
use crate::support::{Operator, TestServer};

/// A command on a terminal, which `script` (Debian: bsdutils) makes.
struct OnTerminal {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
    /// Everything that the terminal has shown.
    shown: String,
}

impl OnTerminal {
    fn start(operator: &Operator, arguments: &[&str]) -> Self {
        let command = operator.command(arguments);
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let line: Vec<String> = words.map(|word| format!("'{}'", word.to_str().expect("text"))).collect();
        let mut script = Command::new("timeout");
        script.args(["30", "script", "--quiet", "--return", "--command", &line.join(" "), "/dev/null"]);
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => script.env(name, value),
                None => script.env_remove(name),
            };
        }
        script.current_dir(&operator.directory).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = script.spawn().expect("script");
        let (input, output) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
        Self { child, input, output, shown: String::new() }
    }

    /// Waits until the terminal asks, and answers.
    fn answer(&mut self, question: &str, line: &str) {
        while !self.shown.ends_with(question) {
            let mut byte = [0];
            assert_eq!(self.output.read(&mut byte).expect("output"), 1, "{question} in {}", self.shown);
            self.shown.push(char::from(byte[0]));
        }
        writeln!(self.input, "{line}").expect("input");
    }

    /// Waits for the end. Returns the exit code and what the terminal has shown.
    fn end(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).expect("output");
        let status = self.child.wait().expect("an end");
        (status.code(), self.shown + &rest)
    }
}

#[tokio::test]
async fn a_terminal_asks_twice_and_shows_nothing() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let (web, mut alice) = (server.web().await, server.browser());
    let create = ["user", "create", "--username", "alice"];
    let mut terminal = OnTerminal::start(&operator, &create);
    terminal.answer("New password: ", PASSWORD);
    terminal.answer("New password again: ", "something else by mistake");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(1), "{shown}");
    assert!(shown.contains("typed in two different ways; nothing was changed"), "{shown}");

    let mut terminal = OnTerminal::start(&operator, &create);
    terminal.answer("New password: ", PASSWORD);
    terminal.answer("New password again: ", PASSWORD);
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(!shown.contains("correct") && shown.contains("created the user alice"), "{shown}");
    let page = alice.open(&web.url_with(&[])).await;
    assert!(alice.sign_in(&page, "alice").await.is_consent());

    for option in ["--password-stdin", "--json"] {
        let mut terminal = OnTerminal::start(&operator, &["user", "set-password", "alice", option]);
        terminal.answer("New password: ", PASSWORD);
        terminal.answer("New password again: ", PASSWORD);
        assert_eq!(terminal.end().0, Some(0));
    }
    let mut terminal = OnTerminal::start(&operator, &["client", "add-secret", "web", "--secret-stdin"]);
    terminal.answer("New secret: ", "a secret that is typed");
    terminal.answer("New secret again: ", "a secret that is typed");
    let (code, shown) = terminal.end();
    assert!(code == Some(0) && !shown.contains("typed"), "{shown}");
}

#[tokio::test]
async fn a_password_may_be_typed_on_two_keyboards_but_a_secret_is_compared_byte_by_byte() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    server.web().await;
    let (composed, decomposed) = ("caf\u{e9} au lait, encore", "cafe\u{301} au\u{a0}lait, encore");
    let mut terminal = OnTerminal::start(&operator, &["user", "create", "--username", "alice"]);
    terminal.answer("New password: ", composed);
    terminal.answer("New password again: ", decomposed);
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    let mut terminal = OnTerminal::start(&operator, &["client", "add-secret", "web", "--secret-stdin"]);
    terminal.answer("New secret: ", composed);
    terminal.answer("New secret again: ", decomposed);
    let (code, shown) = terminal.end();
    assert!(code == Some(1) && shown.contains("typed in two different ways"), "{shown}");
}

#[tokio::test]
async fn without_a_terminal_the_password_comes_from_standard_input_or_is_made() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let (web, mut alice) = (server.web().await, server.browser());
    let created = operator.with_input(&["user", "create", "--username", "alice"], &format!("{PASSWORD}\n"));
    assert!(created.status.success(), "{created:?}");
    let page = alice.open(&web.url_with(&[])).await;
    assert!(alice.sign_in(&page, "alice").await.is_consent());

    let text = operator.done(&["user", "set-password", "alice", "--generate"]);
    let password = text.trim_end().rsplit(' ').next().unwrap();
    let page = alice.open(&web.url_with(&[])).await;
    let back = alice.submit(&page, &[("username", "alice"), ("password", password)]).await;
    assert!(back.is_consent(), "{text}: {back:?}");
}
