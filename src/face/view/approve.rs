//! Requests of applications that ask a person on another device (OpenID Connect CIBA Core 1.0).

use serde::Serialize;

use super::{AccountRow, Application, PageView};

/// The page with the requests that wait for the people who are signed in.
#[derive(Clone, Debug, Serialize)]
pub struct ApprovePage {
    /// The newest first.
    pub requests: Vec<WaitingRequest>,
}

impl PageView for ApprovePage {
    const TEMPLATE: &'static str = "approve.html";
}

/// A request that waits for its answer.
#[derive(Clone, Debug, Serialize)]
pub struct WaitingRequest {
    pub from: Application,
    /// The first letter of the application's name, for an application without a picture.
    pub initial: String,
    /// The message that the other device shows, too.
    pub message: Option<String>,
    /// How long ago the application asked.
    pub minutes: i64,
    /// For how many more minutes it can be answered; 0 for less than one.
    pub left: i64,
    /// The account that the application asks for, if several are signed in.
    pub account: Option<AccountRow>,
    /// The URL of the page on which the person answers.
    pub href: String,
}

/// The page for a request that none of the people who are signed in can answer. It does not name the person of the request.
#[derive(Clone, Debug, Serialize)]
pub struct ApproveOtherPage {
    pub accounts: Vec<AccountRow>,
    /// The URL at which the person signs in with another account.
    pub another: String,
}

impl PageView for ApproveOtherPage {
    const TEMPLATE: &'static str = "approve_other.html";
}

/// The page after the answer.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ApproveAnsweredPage {
    pub allowed: bool,
    /// How many other requests wait for the person.
    pub waiting: usize,
}

impl PageView for ApproveAnsweredPage {
    const TEMPLATE: &'static str = "approve_answered.html";
}
