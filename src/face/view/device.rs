//! Devices without a keyboard (RFC 8628 §3.3).

use serde::Serialize;

use super::{PageView, WaitTime};

/// The page on which a person types the code of a device.
#[derive(Clone, Debug, Serialize)]
pub struct DevicePage {
    pub code: String,
    pub form_token: String,
    /// How many requests of applications wait for the person.
    pub waiting: usize,
    pub problem: Option<DeviceProblem>,
}

impl PageView for DevicePage {
    const TEMPLATE: &'static str = "device.html";
}

/// Why the code leads to no device.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DeviceProblem {
    Unknown,
    /// The code was not looked up.
    Wait {
        time: WaitTime,
        reason: &'static str,
    },
}

/// The page after the answer to a device.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct DeviceAnsweredPage {
    pub allowed: bool,
}

impl PageView for DeviceAnsweredPage {
    const TEMPLATE: &'static str = "device_answered.html";
}
