//! The command that `grantor explain` prints: a shell runs it as it is, and then the same request is no longer refused for
//! this reason. Where no command helps, `explain` prints no command.

mod authorize;
mod token;
mod withheld;

use std::time::Duration;

use grantor::oauth::reason::Reason;
use grantor::work::kept_refusals;
use serde_json::Value;

use crate::support::{Answer, Operator, TestServer};

/// What a command did.
struct Cured {
    command: String,
    /// What the command printed.
    output: String,
    /// The answer to the same request, after the command.
    answer: Answer,
}

/// The word of the reason of an answer that refuses; empty for another one.
fn reason(answer: &Answer) -> String {
    let is_shown = |word: &&str| answer.body.contains(&format!("<code>{word}</code>"));
    let page = Reason::ALL.iter().map(|reason| reason.word()).find(is_shown);
    let address = match answer.location() {
        Some(_) => answer.get("error_uri"),
        None if answer.body.starts_with('{') => answer.get("error_uri"),
        None => String::new(),
    };
    let last = address.rsplit('/').next().unwrap_or_default();
    page.unwrap_or(last).to_owned()
}

/// Explains the refusal of this answer.
async fn explained(server: &TestServer, answer: &Answer) -> Value {
    kept_refusals::store(&server.app).await;
    Operator::of(server).json(&["explain", answer.header("x-request-id")])
}

/// Sends a request that is refused for this reason, lets a shell run the printed command, and sends the request once more.
async fn cured(server: &TestServer, expected: &str, mut send: impl AsyncFnMut() -> Answer) -> Cured {
    let refused = send().await;
    let explained = explained(server, &refused).await;
    assert_eq!(explained["reason"], expected, "{explained} {refused:?}");
    let command = explained["command"].as_str().unwrap_or_else(|| panic!("{explained}")).to_owned();
    let output = Operator::of(server).shell(&command);
    // What the server remembers for a second is over.
    server.clock.advance(Duration::from_secs(2));
    let answer = send().await;
    assert_ne!(reason(&answer), expected, "{command}: {answer:?}");
    Cured { command, output, answer }
}

/// Sends a request that is refused for this reason, and for which no command is printed. Returns the explanation.
async fn without_command(
    server: &TestServer,
    expected: &str,
    mut send: impl AsyncFnMut() -> Answer,
) -> Value {
    let refused = send().await;
    let explained = explained(server, &refused).await;
    assert_eq!(explained["reason"], expected, "{explained} {refused:?}");
    assert_eq!((&explained["command"], &explained["caution"]), (&Value::Null, &Value::Null), "{explained}");
    let fix = explained["fix"].as_str().unwrap_or_default();
    assert!(fix.ends_with('.'), "a sentence says what helps: {explained}");
    server.clock.advance(Duration::from_secs(1));
    explained
}
