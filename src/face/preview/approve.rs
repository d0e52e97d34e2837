//! Requests of applications that ask a person on another device.

use super::PageState;
use super::people::{
    ARABIC_APPLICATION, LONG_MESSAGE, account, alice, application, bare, five, long, long_person,
};
use crate::face::view::{Application, ApproveAnsweredPage, ApproveOtherPage, ApprovePage, WaitingRequest};

pub(super) fn states(issuer: &str) -> Vec<PageState> {
    let other = |count| ApproveOtherPage {
        accounts: five().into_iter().take(count).collect(),
        another: format!("{issuer}/approve/made-up-request?another=1"),
    };
    let answered = |allowed, waiting| ApproveAnsweredPage { allowed, waiting };
    let mut states = waiting(issuer);
    states.extend([
        PageState::new("one-account", other(1)),
        PageState::new("five-long-names", other(5)),
        PageState::new("allowed", answered(true, 0)),
        PageState::new("denied", answered(false, 0)),
        PageState::new("one-more", answered(true, 1)),
    ]);
    states
}

/// The list, from nothing to several people.
fn waiting(issuer: &str) -> Vec<PageState> {
    let request = |from: Application, initial: &str, message: Option<&str>| WaitingRequest {
        from,
        initial: initial.into(),
        message: message.map(str::to_owned),
        minutes: 2,
        left: 3,
        account: None,
        href: format!("{issuer}/approve/made-up-request"),
    };
    let first = request(application(issuer), "D", Some("Order 4711"));
    let plain = || Application { logo_dark: None, ..application(issuer) };
    let of = |account, request| WaitingRequest { account: Some(account), ..request };
    let several = vec![
        WaitingRequest { minutes: 0, left: 4, ..of(alice(), first.clone()) },
        WaitingRequest { minutes: 1, left: 1, ..of(account("bob", None, "B"), request(plain(), "D", None)) },
        WaitingRequest { minutes: 4, left: 0, ..of(alice(), request(bare("Shop"), "S", Some("W4SCT"))) },
        of(long_person(), request(bare(&long()), "L", Some(LONG_MESSAGE))),
        of(alice(), request(bare(ARABIC_APPLICATION), "ت", Some("طلب رقم ٤٧١١"))),
    ];
    vec![
        PageState::new("none", ApprovePage { requests: Vec::new() }),
        PageState::new("one", ApprovePage { requests: vec![first] }),
        PageState::new("five", ApprovePage { requests: several }),
    ]
}
