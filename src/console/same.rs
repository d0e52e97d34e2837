//! The same act by the API and by a command, beside each form.

use serde::Serialize;
use serde_json::Value;

use crate::operations::shell_word::shell_word;

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
            curl.push_str(&format!(
                " -H 'Content-Type: {media_type}' \\\n  -d {}",
                shell_word(&body.to_string())
            ));
        }
        curl.push_str(&format!(" \\\n  {}", shell_word(&format!("{issuer}/api/v1{path}"))));
        Self { curl, command: command.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
