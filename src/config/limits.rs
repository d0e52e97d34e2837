//! The section `[limits]`: what strangers may do, and how often.

use std::num::NonZeroU32;

use serde::Deserialize;

use super::Config;
use crate::clock::Seconds;
use crate::limits::{Class, Quotas};
use crate::oauth::identity::guessing;
use crate::oauth::row_budget::{RowBudget, RowKind};

/// For how long an account that a person created counts.
const SIGN_UPS_COUNT_FOR: Seconds = Seconds::new(24 * 3600);
/// For how long the row of a flow is kept after its end.
const FLOWS_ARE_KEPT: Seconds = Seconds::new(24 * 3600);
/// For how long the row of a pushed request is kept after its end.
const PUSHED_REQUESTS_ARE_KEPT: Seconds = Seconds::new(300);

#[derive(Clone, Debug, Deserialize)]
pub struct Limits {
    pub enabled: bool,
    pub(super) pages: u32,
    pub(super) token: u32,
    pub(super) introspection: u32,
    pub(super) device_authorization: u32,
    pub(super) userinfo: u32,
    pub(super) metadata: u32,
    pub(super) management: u32,
    pub(super) client: u32,
    pub(super) account: u32,
    pub free_passwords: u32,
    pub account_passwords: u32,
    pub network_passwords: u32,
    network_device_codes: u32,
    device_codes: u32,
    client_backchannel_requests: u32,
    backchannel_requests: u32,
    network_sign_ups: u32,
    sign_ups: u32,
    network_guesses: u32,
    guesses: u32,
    network_flows: u32,
    flows: u32,
}

/// A network's bound and the bound in all, each with its option.
type Bounds = [(&'static str, u32); 2];

impl Limits {
    /// The limits of requests. `None` if the limits are off.
    pub fn quotas(&self) -> Option<Quotas> {
        let quota = |most: u32| NonZeroU32::new(most).unwrap_or(NonZeroU32::MIN);
        self.enabled.then(|| Quotas {
            networks: Class::ALL.map(|class| quota(self.of_network(class))),
            client: quota(self.client),
            account: quota(self.account),
        })
    }

    fn of_network(&self, class: Class) -> u32 {
        match class {
            Class::Pages => self.pages,
            Class::Token => self.token,
            Class::Introspection => self.introspection,
            Class::DeviceAuthorization => self.device_authorization,
            Class::UserInfo => self.userinfo,
            Class::Metadata => self.metadata,
            Class::Management => self.management,
        }
    }

    fn bounds(&self, kind: RowKind) -> Bounds {
        match kind {
            RowKind::DeviceCode => [
                ("limits.network_device_codes", self.network_device_codes),
                ("limits.device_codes", self.device_codes),
            ],
            RowKind::BackchannelRequest => [
                ("limits.client_backchannel_requests", self.client_backchannel_requests),
                ("limits.backchannel_requests", self.backchannel_requests),
            ],
            RowKind::SignUp => {
                [("limits.network_sign_ups", self.network_sign_ups), ("limits.sign_ups", self.sign_ups)]
            }
            RowKind::Guess => {
                [("limits.network_guesses", self.network_guesses), ("limits.guesses", self.guesses)]
            }
            // Each is counted apart, so that no stranger's push takes a person's place.
            RowKind::Flow | RowKind::PushedRequest | RowKind::Cancelled => {
                [("limits.network_flows", self.network_flows), ("limits.flows", self.flows)]
            }
        }
    }

    /// What is wrong with the budgets, each with its option.
    pub(super) fn check_row_budgets(&self) -> Vec<(&'static str, String)> {
        let mut mistakes = Vec::new();
        let shared = [RowKind::PushedRequest, RowKind::Cancelled];
        for kind in RowKind::ALL.iter().filter(|kind| !shared.contains(kind)) {
            let [(network_key, network), (key, in_all)] = self.bounds(*kind);
            for (key, most) in [(network_key, network), (key, in_all)] {
                if most == 0 {
                    let sentence = format!("{key} must be at least 1; limits.enabled turns all limits off");
                    mistakes.push((key, sentence));
                }
            }
            if network > in_all && in_all > 0 {
                mistakes.push((network_key, format!("{network_key} must not be more than {key}")));
            }
        }
        mistakes
    }
}

impl Config {
    /// The budget for rows of one kind.
    pub fn row_budget(&self, kind: RowKind) -> RowBudget {
        let [(_, per_network), (_, in_all)] = self.limits.bounds(kind);
        let lifetime = match kind {
            RowKind::DeviceCode => self.device.code_lifetime.seconds(),
            RowKind::BackchannelRequest => self.ciba.max_lifetime(),
            RowKind::SignUp => SIGN_UPS_COUNT_FOR,
            RowKind::Guess => guessing::MEMORY,
            RowKind::Flow | RowKind::Cancelled => self.sign_in.flow_lifetime.seconds() + FLOWS_ARE_KEPT,
            RowKind::PushedRequest => self.oauth.pushed_request_lifetime.seconds() + PUSHED_REQUESTS_ARE_KEPT,
        };
        RowBudget { per_network: per_network.into(), in_all: in_all.into(), lifetime }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_at_least_one_row_and_no_larger_for_a_network_than_in_all() {
        let refused = |overrides: &[(&str, &str)]| Config::with(overrides).unwrap_err().to_string();
        assert!(refused(&[("limits.sign_ups", "0")]).contains("limits.sign_ups must be at least 1"));
        let network = refused(&[("limits.network_flows", "0")]);
        assert!(network.contains("limits.network_flows must be at least 1"));
        let more = refused(&[("limits.network_device_codes", "9"), ("limits.device_codes", "8")]);
        assert!(more.contains("limits.network_device_codes must not be more than limits.device_codes"));
        let equal = [("limits.network_device_codes", "8"), ("limits.device_codes", "8")];
        assert_eq!(Config::with(&equal).unwrap().row_budget(RowKind::DeviceCode).in_all, 8);
    }

    #[test]
    fn a_limit_of_zero_is_refused() {
        for (option, why) in [
            ("limits.pages", "every request would be refused"),
            ("limits.client", "every request would be refused"),
            ("limits.account", "every request would be refused"),
            ("limits.free_passwords", "no one could sign in"),
        ] {
            let sentence = Config::with(&[(option, "0")]).unwrap_err().to_string();
            assert!(sentence.starts_with(&format!("{option} must be at least 1, or {why}")), "{sentence}");
            assert!(Config::with(&[(option, "1")]).is_ok(), "{option}");
        }
    }

    #[test]
    fn each_limit_has_its_own_option() {
        let options =
            ["pages", "token", "introspection", "device_authorization", "userinfo", "metadata", "management"];
        let options: Vec<(String, String)> = options
            .iter()
            .enumerate()
            .map(|(number, name)| (format!("limits.{name}"), (number + 1).to_string()))
            .collect();
        let options: Vec<(&str, &str)> =
            options.iter().map(|(key, most)| (key.as_str(), most.as_str())).collect();
        let quotas = Config::with(&options).unwrap().limits.quotas().unwrap();
        assert_eq!(quotas.networks.map(NonZeroU32::get), [1, 2, 3, 4, 5, 6, 7]);
        assert!(Config::with(&[("limits.enabled", "false")]).unwrap().limits.quotas().is_none());
    }
}
