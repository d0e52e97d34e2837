//! The options about backchannel requests of a client (CIBA).

use clap::Args;

use super::words::{Delivery, ObjectAlgorithmOrDefault};
use crate::oauth::client::BackchannelSettings;

#[derive(Args)]
pub(super) struct BackchannelOptions {
    /// How the application learns that a person has answered its request: with poll it asks at the token endpoint, with
    /// ping the server notifies it first; without this option, poll
    #[arg(long, value_name = "MODE")]
    pub(super) ciba_mode: Option<Delivery>,
    /// For ping: the address that the server calls when a person has answered
    #[arg(long, value_name = "URL")]
    pub(super) ciba_notification_endpoint: Option<String>,
    /// The algorithm that signs the client's backchannel requests, which must then all be signed; default, or no option,
    /// requires no signature
    #[arg(long, value_name = "ALG")]
    pub(super) ciba_request_alg: Option<ObjectAlgorithmOrDefault>,
    /// Whether the application asks people for their user code; only then it may ask people who have one
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    pub(super) ciba_user_code: Option<bool>,
}

impl BackchannelOptions {
    /// The settings with the values that are given. `is_removed`: without the notification endpoint.
    pub(super) fn applied_to(&self, before: &BackchannelSettings, is_removed: bool) -> BackchannelSettings {
        let kept = || before.notification_endpoint.clone().filter(|_| !is_removed);
        BackchannelSettings {
            delivery: self.ciba_mode.map_or(before.delivery, Into::into),
            notification_endpoint: self.ciba_notification_endpoint.clone().or_else(kept),
            request_alg: self.ciba_request_alg.map_or(before.request_alg, Into::into),
            user_code: self.ciba_user_code.unwrap_or(before.user_code),
        }
    }
}
