//! Signing in, and making an account.

use super::PageState;
use super::people::{ARABIC_APPLICATION, application, bare, long};
use crate::clock::Seconds;
use crate::face::view::{Application, SignInPage, SignInProblem, SignUpPage, SignUpProblem, Stay, WaitTime};
use crate::oauth::reason::Reason;

/// The texts `sign-up-…` and `password-…` for a mistake, by their fields.
const SIGN_UP_MISTAKES: [(&str, &str); 8] = [
    ("username", "taken"),
    ("username", "username"),
    ("name", "name_length"),
    ("name", "name_character"),
    ("password", "form"),
    ("password", "short"),
    ("password", "common"),
    ("password", "name"),
];

pub(super) fn states(issuer: &str) -> Vec<PageState> {
    let mut states = sign_in(issuer);
    states.extend(sign_up(issuer));
    states
}

fn sign_in(issuer: &str) -> Vec<PageState> {
    let page = SignInPage {
        application: Some(application(issuer)),
        to_requests: false,
        action: format!("{issuer}/sign-in"),
        form_token: "invented-form-token".into(),
        username: String::new(),
        stay: Some(Stay { ticked: false }),
        problem: None,
        sign_up: Some(format!("{issuer}/sign-up")),
        forgotten_password: None,
    };
    let filled = SignInPage { username: "alice".into(), ..page.clone() };
    let wrong = |problem| SignInPage { problem: Some(problem), ..filled.clone() };
    let wait = |seconds| SignInProblem::Wait {
        time: WaitTime::of(Seconds::new(seconds)),
        reason: Reason::SignInGuesses.word(),
    };
    let named = |name| SignInPage { application: Some(bare(name)), ..page.clone() };
    vec![
        PageState::new("plain", page.clone()),
        PageState::new("name-filled-in", SignInPage { stay: Some(Stay { ticked: true }), ..filled.clone() }),
        PageState::new("wrong", wrong(SignInProblem::Wrong)),
        PageState::new("wait-1", wrong(wait(1))),
        PageState::new("wait-30", wrong(wait(30))),
        PageState::new("own-style", SignInPage { application: Some(styled(issuer)), ..page.clone() }),
        PageState::new("device", SignInPage { application: None, ..page.clone() }),
        PageState::new("to-request", SignInPage { to_requests: true, sign_up: None, ..page.clone() }),
        PageState::new(
            "to-requests",
            SignInPage { application: None, to_requests: true, sign_up: None, ..page.clone() },
        ),
        PageState::new(
            "forgotten-password",
            SignInPage {
                forgotten_password: Some("https://id.example.com/forgotten".into()),
                ..filled.clone()
            },
        ),
        PageState::new("without-sign-up", SignInPage { sign_up: None, stay: None, ..page.clone() }),
        PageState::new("long-names", SignInPage { username: long(), ..named(&long()) }),
        PageState::new("right-to-left", named(ARABIC_APPLICATION)),
    ]
}

/// An application with a brand of its own, and one logo for both schemes.
fn styled(issuer: &str) -> Application {
    Application { style: Some(format!("{issuer}/own-style.css")), logo_dark: None, ..application(issuer) }
}

fn sign_up(issuer: &str) -> Vec<PageState> {
    let page = SignUpPage {
        application: Some(application(issuer)),
        action: format!("{issuer}/sign-up"),
        sign_in: format!("{issuer}/sign-in"),
        form_token: "invented-form-token".into(),
        username: String::new(),
        name: String::new(),
        shortest: 8,
        stay: Some(Stay { ticked: false }),
        problem: None,
    };
    let filled = SignUpPage { username: "alice".into(), name: "Alice Example".into(), ..page.clone() };
    let mut states = vec![
        PageState::new("plain", page.clone()),
        PageState::new(
            "device",
            SignUpPage { application: None, stay: Some(Stay { ticked: true }), ..page.clone() },
        ),
        PageState::new("without-stay", SignUpPage { stay: None, ..page.clone() }),
        PageState::new(
            "long-names",
            SignUpPage { application: Some(bare(&long())), username: long(), name: long(), ..page },
        ),
    ];
    states.extend(SIGN_UP_MISTAKES.map(|(field, kind)| {
        let problem = Some(SignUpProblem { field, kind });
        PageState::new(format!("{field}-{kind}"), SignUpPage { problem, ..filled.clone() })
    }));
    states
}
