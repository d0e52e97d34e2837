//! The examples of the error reference, with the address of this server.

use actix_web::http::StatusCode;
use minijinja::{Value, context};

use crate::oauth::error_code::ErrorCode;
use crate::oauth::reason::{Example, Reason};

/// The lines of both requests. Each says whether it is only in one request, and whether it is a remark.
pub(super) fn pair(example: Example, issuer: &str) -> Value {
    let [before, after] = example.at(issuer);
    context! { before => lines(&before, &after), after => lines(&after, &before) }
}

/// What the application receives in the query of its redirect URI, one parameter per line.
pub(super) fn redirected(code: ErrorCode, issuer: &str) -> String {
    let reason = code.usual();
    format!(
        "HTTP/1.1 303 See Other\nLocation: https://app.example.com/callback\n?error={}\n\
         &error_description={}\n&error_uri={issuer}/errors/{}\n&state=made-up-state\n&iss={issuer}",
        code.as_str(),
        description(reason).replace(' ', "+"),
        reason.word(),
    )
}

/// What a program receives as JSON.
pub(super) fn answered(code: ErrorCode, issuer: &str) -> String {
    let reason = code.usual();
    format!(
        "HTTP/1.1 {} {}\nContent-Type: application/json\n\n{{\n  \"error\": \"{}\",\n  \
         \"error_description\": \"{}\",\n  \"error_uri\": \"{issuer}/errors/{word}\",\n  \
         \"reason\": \"{word}\",\n  \"request_id\": \"made-up-request-id\"\n}}",
        code.status(),
        StatusCode::from_u16(code.status())
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or_default(),
        code.as_str(),
        description(reason),
        word = reason.word(),
    )
}

/// The text as in an `error_description`: without a full stop.
fn description(reason: Reason) -> &'static str {
    reason.what().trim_end_matches('.')
}

fn lines(text: &str, other: &str) -> Vec<Value> {
    let others: Vec<&str> = other.lines().collect();
    text.lines()
        .map(|line| {
            let differs = !line.is_empty() && !others.contains(&line);
            context! { text => line, differs, remark => line.starts_with("# ") }
        })
        .collect()
}
