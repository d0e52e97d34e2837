//! Examples of objects.

use serde_json::{Map, Value, json};

use super::parsed;
use crate::representation::contract::{AnswerKind, ApiOperation, BodyKind};
use crate::representation::settings::{
    Form, Given, Null, ObjectSettings, SIGNING_KEY, SIGNING_KEYS, Setting, Shown,
};

/// The members of objects that the examples show, as JSON, by the names of the kinds. What an example leaves out is as a new
/// object has it.
static SAMPLES: &[(&str, &str)] = &[
    (
        "Client",
        r#"{"client_id": "calendar", "client_name": "Calendar", "kind": "web", "scope": "openid email",
            "redirect_uris": ["https://calendar.example.com/callback"],
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
            "client_secret": "made-up-secret", "created_at": "2026-11-01T09:00:00Z", "subject_type": "public",
            "id_token_claims": "none", "assertion_audience": "issuer", "token_format": "opaque"}"#,
    ),
    (
        "ClientSecret",
        r#"{"id": "wq3kVqMqQm2jXl0dYtWz1A", "expires_at": "2027-01-31T12:00:00Z", "client_secret": "made-up-secret",
            "created_at": "2026-11-01T09:00:00Z", "last_used_at": null}"#,
    ),
    ("CheckRequest", r#"{"redirect_uri": "https://calendar.example.com/callback", "scope": "openid email"}"#),
    (
        "Check",
        r#"{"client_id": "calendar", "allowed": true,
            "steps": [{"step": "redirect_uri", "outcome": "passed", "note": "it is registered"}],
            "reported": [{"policy": "par", "value": null, "verdict": "would_refuse", "count": 3,
                          "last_at": "2026-11-28T09:12:00Z",
                          "sentence": "3 of 312 requests that were counted would have been refused."}]}"#,
    ),
    (
        "User",
        r#"{"id": "mW1lSnXlY0a3hOQ7cLrT2g", "username": "jane", "email": "jane@example.com", "name": "Jane Doe",
            "groups": ["staff"], "claims": {"given_name": "Jane"}, "created_at": "2026-11-01T09:00:00Z",
            "updated_at": "2026-11-01T09:00:00Z", "link_expires_at": "2026-11-02T09:00:00Z",
            "password_link": "https://id.example.com/password?token=made-up-token"}"#,
    ),
    ("Password", r#"{"password": "correct horse battery staple"}"#),
    (
        "PasswordLink",
        r#"{"password_link": "https://id.example.com/password?token=made-up-token",
            "link_expires_at": "2026-11-02T09:00:00Z"}"#,
    ),
    (
        "Session",
        r#"{"id": "Jt0Wq8cVtM3p1sYb7nXk5Q", "user_id": "mW1lSnXlY0a3hOQ7cLrT2g", "username": "jane",
            "auth_time": "2026-11-01T09:00:00Z", "last_seen_at": "2026-11-01T17:00:00Z",
            "expires_at": "2026-11-15T09:00:00Z"}"#,
    ),
    (
        "Consent",
        r#"{"user_id": "mW1lSnXlY0a3hOQ7cLrT2g", "client_id": "calendar", "client_name": "Calendar",
            "scope": "openid email", "refused": {"scope": "", "resources": [], "claims": []},
            "updated_at": "2026-11-01T09:00:00Z"}"#,
    ),
    (
        "Grant",
        r#"{"id": "nB5vX2kQmR8tY1wZ3cD7pA", "client_id": "calendar", "user_id": "mW1lSnXlY0a3hOQ7cLrT2g",
            "username": "jane", "session_id": "Jt0Wq8cVtM3p1sYb7nXk5Q", "scope": "openid email", "state": "live",
            "created_at": "2026-11-01T09:00:00Z", "has_refresh_token": true, "expires_at": "2026-12-01T09:00:00Z"}"#,
    ),
    ("Scope", r#"{"name": "calendar", "description": "Read your calendar"}"#),
    (
        "Resource",
        r#"{"resource": "https://api.example.com/calendar", "scope": "calendar", "clients": ["calendar-api"],
            "token_format": "jwt"}"#,
    ),
    (
        "AuthorizationType",
        r#"{"name": "payment",
            "schema": {"type": "object", "required": ["type", "amount", "to"],
                       "properties": {"amount": {"type": "string"}, "to": {"type": "string"}}},
            "template": "Pay {{ amount }} to {{ to }}", "always_ask": true}"#,
    ),
    (
        "TrustedIssuer",
        r#"{"issuer": "https://idp.example.com", "jwks_uri": "https://idp.example.com/jwks.json", "scope": "calendar",
            "clients": ["calendar"], "assertion_audience": "issuer"}"#,
    ),
    (
        "LinkedSubject",
        r#"{"subject": "248289761001", "user": "jane", "user_id": "mW1lSnXlY0a3hOQ7cLrT2g", "username": "jane"}"#,
    ),
    (
        "SigningKey",
        r#"{"kid": "2aZ9oQm4rT6vX8bN1cK3dF5gH7jL0pS-yWuEiRtYqAw", "algorithm": "ES256", "state": "next",
            "created_at": "2026-11-01T09:00:00Z", "signs_from": "2026-11-02T09:00:00Z"}"#,
    ),
    (
        "LogoutDelivery",
        r#"{"client_id": "calendar", "session_id": "Jt0Wq8cVtM3p1sYb7nXk5Q", "user_id": "mW1lSnXlY0a3hOQ7cLrT2g",
            "state": "failed", "attempts": 12, "created_at": "2026-11-01T09:00:00Z",
            "done_at": "2026-11-04T09:00:00Z", "last_error": "the application answered with 500"}"#,
    ),
    (
        "Ping",
        r#"{"client_id": "calendar", "request_id": "nB5vX2kQmR8tY1wZ3cD7pA", "state": "failed", "attempts": 8,
            "created_at": "2026-11-01T09:00:00Z", "done_at": "2026-11-01T09:02:07Z",
            "expires_at": "2026-11-01T09:04:30Z", "last_error": "it answered 500 Internal Server Error"}"#,
    ),
    ("LogoutRetry", r#"{"client_id": "calendar"}"#),
    ("LogoutRetried", r#"{"retried": 3}"#),
    (
        "Webhook",
        r#"{"id": "mW1lSnXlY0a3hOQ7cLrT2g", "name": "Directory", "url": "https://hooks.example.com/grantor",
            "types": ["user."], "created_at": "2026-11-01T09:00:00Z", "secret": "whsec_made-up-secret",
            "secrets": [{"id": "wq3kVqMqQm2jXl0dYtWz1A", "created_at": "2026-11-01T09:00:00Z", "expires_at": null}]}"#,
    ),
    ("WebhookSecretRotation", r#"{"overlap": 86400}"#),
    (
        "WebhookDelivery",
        r#"{"id": "xV7bN2mQwR5tY8kZ1cD4pA", "webhook_id": "mW1lSnXlY0a3hOQ7cLrT2g", "type": "client.updated",
            "state": "delivered", "attempts": 1, "created_at": "2026-11-01T09:00:00Z",
            "done_at": "2026-11-01T09:00:01Z"}"#,
    ),
    ("WebhookRetry", r#"{"delivery": "xV7bN2mQwR5tY8kZ1cD4pA"}"#),
    (
        "Activity",
        r#"{"items": [{"hour": "2026-11-01T09:00:00Z", "sign_ins": {"success": 12}, "tokens": {}, "refusals": {}}]}"#,
    ),
    (
        "ClientHealth",
        r#"{"client_id": "calendar", "counted_since": "2026-11-01T00:00:00Z", "authorizations": {"answered": 312},
            "refresh": {"refreshed": 40, "answered_again": 1, "reused": 0},
            "policies": [{"policy": "pkce", "value": null, "verdict": "safe", "count": 0, "last_at": null,
                          "sentence": "Each of 312 requests for a code had a code_challenge."}]}"#,
    ),
    (
        "Event",
        r#"{"id": "xV7bN2mQwR5tY8kZ1cD4pA", "number": 4711, "time": "2026-11-01T09:00:00Z", "act": "client.updated",
            "object": {"type": "client", "id": "calendar", "name": "Calendar"},
            "actor": {"type": "api_key", "id": "fZ4mQwXb2sLkR7vT9nYcHg", "name": "pipeline", "client": null},
            "address": "192.0.2.7", "request_id": "01JC0T8Q5W7XK3M9B2N4P6R8SV",
            "changes": [{"member": "pkce", "before": null, "after": "require"}]}"#,
    ),
    (
        "Refusal",
        r#"{"request_id": "01JC0T8Q5W7XK3M9B2N4P6R8SV", "created_at": "2026-11-01T09:00:00Z", "client_id": "calendar",
            "address": "192.0.2.0/24", "path": "/authorize", "reason": "redirect_uri.mismatch",
            "description": "the redirect_uri is not registered for this client",
            "command": "grantor client update calendar --add-redirect-uri https://calendar.example.com/cb"}"#,
    ),
    (
        "ApiKey",
        r#"{"id": "fZ4mQwXb2sLkR7vT9nYcHg", "name": "pipeline", "scope": "grantor.clients.write",
            "expires_at": "2027-01-31T12:00:00Z", "key": "grantor_sk_made-up-key",
            "created_at": "2026-11-01T09:00:00Z"}"#,
    ),
];

fn members_of(of: &ObjectSettings) -> &'static str {
    // One that is explained begins as it does in the list.
    let name = match of.name {
        "ExplainedRefusal" => "Refusal",
        "RotatedWebhook" => "Webhook",
        name => name,
    };
    SAMPLES.iter().find(|(known, _)| *known == name).map_or("{}", |(_, text)| *text)
}

/// The value of a member that the example does not name.
fn usual(member: &Setting) -> Value {
    if matches!(member.null, Null::InAnswers | Null::Anywhere) {
        return Value::Null;
    }
    match member.form {
        Form::Flag => json!(false),
        Form::Number | Form::Seconds => json!(0),
        Form::TextList | Form::UriList | Form::WordList(_) | Form::ObjectList(_) | Form::Ranges => json!([]),
        Form::AnyObjectList => json!([]),
        Form::Claims | Form::Schema => json!({}),
        Form::Word(words) => words().first().copied().into(),
        _ => json!(""),
    }
}

/// An example of an object in an answer. `is_new`: in the answer to the request that created it.
fn object(of: &ObjectSettings, is_new: bool) -> Value {
    let mut named = parsed(members_of(of));
    if of.name == SIGNING_KEYS.name {
        let key = object(&SIGNING_KEY, false);
        named = json!({ "items": [key] });
    }
    let shown = of.members.iter().filter(|member| match member.shown {
        Shown::Always => true,
        Shown::Once => is_new && named.get(member.name).is_some(),
        Shown::Sometimes | Shown::Never => false,
    });
    let value = |member: &Setting| named.get(member.name).cloned().unwrap_or_else(|| usual(member));
    Value::Object(shown.map(|member| (member.name.to_owned(), value(member))).collect::<Map<_, _>>())
}

/// An example of an answer with this status. `None` if it has no body.
pub(super) fn answer_sample(operation: &ApiOperation, status: &str) -> Option<Value> {
    match operation.answer {
        AnswerKind::List(of) => Some(json!({ "items": [object(of, false)], "next": null })),
        AnswerKind::Log(of) => Some(json!({ "items": [object(of, false)], "next": "made-up-cursor" })),
        AnswerKind::One(of) => Some(object(of, false)),
        AnswerKind::Put(of) => Some(object(of, status == "201")),
        AnswerKind::Created(of) | AnswerKind::Made(of) => Some(object(of, true)),
        AnswerKind::Done | AnswerKind::Document => None,
    }
}

/// The example of an answer with this status for people: in the order of the table, and without members that say nothing,
/// which are three dots. `None` if the answer has no body.
pub fn answer_text(operation: &ApiOperation, status: &str) -> Option<String> {
    let listed = |of: &ObjectSettings, next: &str| {
        let item = object_text(of, false).replace('\n', "\n    ");
        format!("{{\n  \"items\": [\n    {item}\n  ],\n  \"next\": {next}\n}}")
    };
    match operation.answer {
        AnswerKind::List(of) => Some(listed(of, "null")),
        AnswerKind::Log(of) => Some(listed(of, "\"made-up-cursor\"")),
        AnswerKind::One(of) => Some(object_text(of, false)),
        AnswerKind::Put(of) => Some(object_text(of, status == "201")),
        AnswerKind::Created(of) if of.name == SIGNING_KEYS.name => {
            let key = object_text(&SIGNING_KEY, false).replace('\n', "\n    ");
            Some(format!("{{\n  \"items\": [\n    {key}\n  ]\n}}"))
        }
        AnswerKind::Created(of) | AnswerKind::Made(of) => Some(object_text(of, true)),
        AnswerKind::Done | AnswerKind::Document => None,
    }
}

fn object_text(of: &ObjectSettings, is_new: bool) -> String {
    let named = parsed(members_of(of));
    let is_shown = |member: &&Setting| match member.shown {
        Shown::Always => true,
        Shown::Once => is_new && named.get(member.name).is_some(),
        Shown::Sometimes | Shown::Never => false,
    };
    let shown = || of.members.iter().filter(is_shown);
    let line = |member: &Setting| {
        let value = named.get(member.name)?;
        Some(format!("  \"{}\": {}", member.name, spaced(value)))
    };
    let mut lines: Vec<String> = shown().filter_map(line).collect();
    if lines.len() < shown().count() {
        lines.push("  …".to_owned());
    }
    format!("{{\n{}\n}}", lines.join(",\n"))
}

/// An example of a body. `None` if the request has none.
pub fn body_sample(operation: &ApiOperation) -> Option<Value> {
    if let Some(own) = operation.example {
        return Some(parsed(own));
    }
    let of = operation.body_settings()?;
    let mut sample = parsed(members_of(of));
    if let Value::Object(members) = &mut sample {
        let named_in_path = !matches!(operation.body, BodyKind::Whole(_));
        members.retain(|name, _| {
            of.find(name).is_some_and(|member| match member.given {
                Given::ByServer => false,
                Given::Name { .. } => !named_in_path,
                Given::AtCreation { is_required } => is_required,
                Given::Required => true,
                // What a new object has anyway says nothing.
                Given::Optional => !matches!(
                    member.name,
                    "grant_types"
                        | "response_types"
                        | "subject_type"
                        | "id_token_claims"
                        | "assertion_audience"
                        | "token_format"
                ),
            })
        });
    }
    Some(sample)
}

/// The longest body on one line.
const ONE_LINE: usize = 50;

/// The example of a body for people, in the order of the table. `None` if the request has none.
pub(super) fn body_text(operation: &ApiOperation) -> Option<String> {
    let sample = body_sample(operation)?;
    let short = spaced(&sample);
    let (Some(members), Some(of)) = (sample.as_object(), operation.body_settings()) else {
        return Some(short);
    };
    if short.len() <= ONE_LINE {
        return Some(short);
    }
    let place = |name: &str| of.members.iter().position(|member| name.split('#').next() == Some(member.name));
    let mut members: Vec<(&String, &Value)> = members.iter().collect();
    members.sort_by_key(|(name, _)| place(name));
    let lines: Vec<String> =
        members.into_iter().map(|(name, value)| format!("    \"{name}\": {}", spaced(value))).collect();
    Some(format!("{{\n{}\n  }}", lines.join(",\n")))
}

/// JSON on one line, with spaces between its parts.
fn spaced(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(spaced).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| format!("\"{name}\": {}", spaced(value));
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// An example of a variable part of a path.
pub(super) fn path_sample(operation: &ApiOperation, name: &str) -> &'static str {
    let below = |beginning: &str| operation.path.starts_with(beginning);
    match name {
        "secret" => "wq3kVqMqQm2jXl0dYtWz1A",
        "session" => "Jt0Wq8cVtM3p1sYb7nXk5Q",
        "client" => "calendar",
        "type" => "payment",
        "name" => "calendar",
        "uri" => "https://api.example.com/calendar",
        "issuer" => "https://idp.example.com",
        "subject" => "248289761001",
        "scheme" => "light",
        "kid" => "2aZ9oQm4rT6vX8bN1cK3dF5gH7jL0pS-yWuEiRtYqAw",
        _ if below("/api/v1/clients") => "calendar",
        _ if below("/api/v1/users") => "mW1lSnXlY0a3hOQ7cLrT2g",
        _ if below("/api/v1/grants") => "nB5vX2kQmR8tY1wZ3cD7pA",
        _ if below("/api/v1/refusals") => "01JC0T8Q5W7XK3M9B2N4P6R8SV",
        _ => "fZ4mQwXb2sLkR7vT9nYcHg",
    }
}
