//! The link by which a person sets a password.

use super::PageState;
use super::people::long;
use crate::face::view::{NewPasswordProblem, PasswordSetPage, SetPasswordPage};

const MISTAKES: [(&str, &str); 5] = [
    ("password", "form"),
    ("password", "short"),
    ("password", "common"),
    ("password", "name"),
    ("repeated", "repeated"),
];

pub(super) fn states() -> Vec<PageState> {
    let page = SetPasswordPage {
        username: "alice".into(),
        has_password: true,
        token: "invented-link-token".into(),
        form_token: "invented-form-token".into(),
        shortest: 8,
        problem: None,
    };
    let mut states = vec![
        PageState::new("plain", page.clone()),
        PageState::new("first-password", SetPasswordPage { has_password: false, ..page.clone() }),
        PageState::new("long-name", SetPasswordPage { username: long(), ..page.clone() }),
        PageState::new("done", PasswordSetPage {}),
    ];
    states.extend(MISTAKES.map(|(field, kind)| {
        let problem = Some(NewPasswordProblem { field, kind });
        PageState::new(format!("{field}-{kind}"), SetPasswordPage { problem, ..page.clone() })
    }));
    states
}
