//! The section `[limits]`.

use std::num::NonZeroU32;

use serde::Deserialize;

use crate::limits::{Class, Quotas};

#[derive(Clone, Debug, Deserialize)]
pub struct Limits {
    pub enabled: bool,
    pub(super) pages: u32,
    pub(super) token: u32,
    pub(super) introspection: u32,
    pub(super) device_authorization: u32,
    pub(super) userinfo: u32,
    pub(super) metadata: u32,
    pub(super) client: u32,
    pub(super) account: u32,
    pub free_passwords: u32,
    pub account_passwords: u32,
    pub network_passwords: u32,
}

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
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

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
        let options = ["pages", "token", "introspection", "device_authorization", "userinfo", "metadata"];
        let options: Vec<(String, String)> = options
            .iter()
            .enumerate()
            .map(|(number, name)| (format!("limits.{name}"), (number + 1).to_string()))
            .collect();
        let options: Vec<(&str, &str)> =
            options.iter().map(|(key, most)| (key.as_str(), most.as_str())).collect();
        let quotas = Config::with(&options).unwrap().limits.quotas().unwrap();
        assert_eq!(quotas.networks.map(std::num::NonZeroU32::get), [1, 2, 3, 4, 5, 6]);
        assert!(Config::with(&[("limits.enabled", "false")]).unwrap().limits.quotas().is_none());
    }
}
