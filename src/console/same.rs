//! The same act by the API and by a command, beside each form.

use serde::Serialize;
use serde_json::Value;

/// How a form's act is done without the console.
#[derive(Serialize)]
pub(super) struct Same {
    pub(super) curl: String,
    /// `None` if no command does it.
    pub(super) command: Option<String>,
}

impl Same {
    /// A request to the management API and a command. `path` begins after `/api/v1`.
    pub(super) fn of(
        issuer: &str,
        (method, path): (&str, &str),
        body: Option<&Value>,
        command: impl Into<Option<String>>,
    ) -> Self {
        let mut curl = String::from("curl -H \"Authorization: Bearer $KEY\"");
        if method != "GET" && !(method == "POST" && body.is_some()) {
            curl.push_str(&format!(" -X {method}"));
        }
        if let Some(body) = body {
            let media_type =
                if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
            curl.push_str(&format!(" -H 'Content-Type: {media_type}' \\\n  -d {}", shell(&body.to_string())));
        }
        curl.push_str(&format!(" \\\n  {}", shell(&format!("{issuer}/api/v1{path}"))));
        Self { curl, command: command.into() }
    }
}

/// A text as one word of a shell.
pub(super) fn shell(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_the_quotes_of_a_shell() {
        for (text, word) in [
            ("web", "web"),
            ("", "''"),
            ("a b", "'a b'"),
            ("it's; rm -rf /", r"'it'\''s; rm -rf /'"),
            ("$(id) `id`", "'$(id) `id`'"),
        ] {
            assert_eq!(shell(text), word);
        }
    }

    #[test]
    fn a_request_has_its_method_and_its_body() {
        let body = serde_json::json!({ "name": "it's" });
        let curl = |method, body| Same::of("https://id.example", (method, "/clients/a"), body, None).curl;
        assert!(
            curl("PATCH", Some(&body)).contains(" -X PATCH -H 'Content-Type: application/merge-patch+json' ")
        );
        assert!(!curl("POST", Some(&body)).contains("-X"));
        assert!(curl("DELETE", None).ends_with("-X DELETE \\\n  https://id.example/api/v1/clients/a"));
        assert!(curl("PATCH", Some(&body)).contains(r#"-d '{"name":"it'\''s"}'"#));
    }
}
