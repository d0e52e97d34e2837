//! Devices without a keyboard.

use super::PageState;
use crate::clock::Seconds;
use crate::face::view::{DeviceAnsweredPage, DevicePage, DeviceProblem, WaitTime};
use crate::oauth::reason::Reason;

pub(super) fn states() -> Vec<PageState> {
    let page = |code: &str, problem| DevicePage {
        code: code.into(),
        form_token: "invented-form-token".into(),
        waiting: 0,
        problem,
    };
    let wait =
        DeviceProblem::Wait { time: WaitTime::of(Seconds::new(30)), reason: Reason::UserCodeGuesses.word() };
    vec![
        PageState::new("empty", page("", None)),
        PageState::new("with-code", page("WDJB-MJHT", None)),
        PageState::new("with-request", DevicePage { waiting: 1, ..page("", None) }),
        PageState::new("unknown", page("WDJB-MJHT", Some(DeviceProblem::Unknown))),
        PageState::new("wait", page("WDJB-MJHT", Some(wait))),
        PageState::new("allowed", DeviceAnsweredPage { allowed: true }),
        PageState::new("denied", DeviceAnsweredPage { allowed: false }),
    ]
}
