//! Signing out, and pages that continue by themselves.

use super::PageState;
use super::people::{alice, application, bare, five, long};
use crate::face::view::{FormField, FormPostPage, LogoutPage, SignedOutPage, SigningOutPage};

pub(super) fn states(issuer: &str) -> Vec<PageState> {
    let one = LogoutPage {
        application: None,
        accounts: vec![alice()],
        form_token: "invented-form-token".into(),
        client_id: None,
        return_to: None,
        state: None,
    };
    let asked = LogoutPage {
        application: Some(application(issuer)),
        client_id: Some("demo-calendar".into()),
        return_to: Some("https://calendar.example/bye".into()),
        state: Some("invented-state".into()),
        ..one.clone()
    };
    let three = LogoutPage { accounts: five().into_iter().take(3).collect(), ..one.clone() };
    let field = |name: &str, value: &str| FormField { name: name.into(), value: value.into() };
    vec![
        PageState::new("one", one),
        PageState::new("one-asked-by-application", asked.clone()),
        PageState::new("three", three),
        PageState::new(
            "five-long-names",
            LogoutPage { application: Some(bare(&long())), accounts: five(), ..asked },
        ),
        PageState::new("plain", SignedOutPage { application: None }),
        PageState::new("with-site", SignedOutPage { application: Some(application(issuer)) }),
        PageState::new("without-site", SignedOutPage { application: Some(bare("Demo Calendar")) }),
        PageState::new(
            "two-applications",
            SigningOutPage {
                frames: vec!["https://calendar.example/out".into(), "https://notes.example/out".into()],
                onward: format!("{issuer}/signed-out"),
            },
        ),
        PageState::new(
            "code",
            FormPostPage {
                action: format!("{issuer}/callback"),
                fields: vec![
                    field("code", "invented-code"),
                    field("state", "invented-state"),
                    field("iss", issuer),
                ],
            },
        ),
    ]
}
