//! Choosing an account, and the page at the root.

use super::PageState;
use super::people::{ARABIC_APPLICATION, alice, application, bare, five, long};
use crate::face::view::{ChooseAccountPage, HomePage};

pub(super) fn states(issuer: &str) -> Vec<PageState> {
    let chooser = ChooseAccountPage {
        application: application(issuer),
        action: format!("{issuer}/accounts"),
        form_token: "invented-form-token".into(),
        accounts: vec![alice()],
    };
    let among =
        |count| ChooseAccountPage { accounts: five().into_iter().take(count).collect(), ..chooser.clone() };
    let home = |count| HomePage {
        accounts: five().into_iter().take(count).collect(),
        waiting: 0,
        metadata: Some(format!("{issuer}/.well-known/oauth-authorization-server")),
    };
    vec![
        PageState::new("one", chooser.clone()),
        PageState::new("two", among(2)),
        PageState::new("five", among(5)),
        PageState::new("long-names", ChooseAccountPage { application: bare(&long()), ..among(5) }),
        PageState::new(
            "right-to-left",
            ChooseAccountPage { application: bare(ARABIC_APPLICATION), ..among(5) },
        ),
        PageState::new("signed-out", home(0)),
        PageState::new("signed-in", home(1)),
        PageState::new("signed-in-five", home(5)),
        PageState::new("with-request", HomePage { waiting: 1, ..home(1) }),
        PageState::new("with-requests", HomePage { waiting: 3, ..home(2) }),
    ]
}
