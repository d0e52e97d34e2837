//! Pages for requests that cannot go on.

use std::collections::BTreeSet;

use super::PageState;
use super::people::{application, long};
use crate::clock::Seconds;
use crate::face::reason_text;
use crate::face::view::{AnsweredPage, DifferingAddress, ErrorDetails, ErrorPage, WaitTime, Way};
use crate::oauth::reason::{Reason, Responsible};

pub(super) fn states(issuer: &str) -> Vec<PageState> {
    let mut states = each_sentence(issuer);
    states.extend(other(issuer));
    states.extend(answered(issuer));
    states
}

/// One page for each text that tells a person about a reason.
fn each_sentence(issuer: &str) -> Vec<PageState> {
    let mut seen = BTreeSet::new();
    let first = Reason::ALL.iter().filter(|reason| seen.insert(reason_text::sentence(**reason)));
    first.map(|reason| PageState::new(reason.word().replace('.', "-"), page(issuer, *reason))).collect()
}

fn page(issuer: &str, reason: Reason) -> ErrorPage {
    let first = reason.who().first().copied().unwrap_or(Responsible::Developer);
    let status = reason.code().status();
    ErrorPage {
        heading: reason_text::heading_of(status, reason),
        sentence: reason_text::sentence(reason),
        wait: None,
        ways: vec![back(issuer), home(issuer)],
        for_developer: first == Responsible::Developer && status < 500,
        details: Some(ErrorDetails {
            error: reason.code().as_str(),
            reason: reason.word(),
            description: reason.what().trim_end_matches('.').to_owned(),
            what: reason.what(),
            fix: reason.fix(),
            docs: format!("{issuer}/errors/{}", reason.word()),
            address: None,
        }),
        request_id: "invented-request-id".into(),
    }
}

fn back(issuer: &str) -> Way {
    Way::Application { name: application(issuer).name, href: "https://calendar.example/".into() }
}

fn home(issuer: &str) -> Way {
    Way::Here { text: "home", href: format!("{issuer}/") }
}

/// What an error page can show beside its sentence.
fn other(issuer: &str) -> Vec<PageState> {
    let nothing = |sentence, ways| ErrorPage {
        heading: "nothing",
        sentence,
        ways,
        for_developer: false,
        details: None,
        ..page(issuer, Reason::FlowUnknown)
    };
    let limited = ErrorPage {
        heading: "later",
        wait: Some(WaitTime::of(Seconds::new(1200))),
        ..page(issuer, Reason::LimitsNetwork)
    };
    let busy = ErrorPage {
        heading: "moment",
        wait: Some(WaitTime::of(Seconds::new(1))),
        ..page(issuer, Reason::ServerBusy)
    };
    let address = |came: &str, differs: Option<(&'static str, String)>| {
        with_address(
            page(issuer, Reason::RedirectUriPath),
            DifferingAddress::of(came, differs.as_ref().map(|(part, text)| (*part, text.as_str()))),
        )
    };
    let way = |text, path: &str| Way::Here { text, href: format!("{issuer}/{path}") };
    let over = format!("https://calendar.example/{}", long());
    vec![
        PageState::new("not-found", nothing("not-found", vec![home(issuer)])),
        PageState::new("not-found-at-home", nothing("not-found", Vec::new())),
        PageState::new("wait-20-minutes", limited),
        PageState::new("wait-a-second", busy),
        PageState::new(
            "address-differs",
            address("https://calendar.example/back", Some(("path", "/back".into()))),
        ),
        PageState::new("address-alone", address("calendar.example/callback", None)),
        PageState::new("address-long", address(&over, Some(("path", long())))),
        PageState::new(
            "way-device",
            ErrorPage { ways: vec![way("device", "device")], ..page(issuer, Reason::DeviceCodeExpired) },
        ),
        PageState::new(
            "way-logout",
            ErrorPage {
                ways: vec![way("logout", "logout"), home(issuer)],
                ..page(issuer, Reason::LogoutRedirectUri)
            },
        ),
    ]
}

fn with_address(page: ErrorPage, address: DifferingAddress) -> ErrorPage {
    let details = page.details.map(|details| ErrorDetails { address: Some(address), ..details });
    ErrorPage { details, ..page }
}

fn answered(issuer: &str) -> Vec<PageState> {
    let page = AnsweredPage {
        is_signed_in: true,
        application: Some(application(issuer).name),
        ways: vec![back(issuer)],
        reason: Reason::FlowUnknown.word(),
        docs: format!("{issuer}/errors/{}", Reason::FlowUnknown.word()),
    };
    vec![
        PageState::new("signed-in", page.clone()),
        PageState::new("without-site", AnsweredPage { ways: Vec::new(), ..page.clone() }),
        PageState::new(
            "without-application",
            AnsweredPage { is_signed_in: false, application: None, ways: Vec::new(), ..page },
        ),
    ]
}
