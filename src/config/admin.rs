//! The options of the management API.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::Deserialize;

use super::from_text;
use super::proxies::networks;

#[derive(Clone, Debug, Deserialize)]
pub struct AdminOptions {
    pub enabled: bool,
    #[serde(deserialize_with = "from_text")]
    pub networks: AdminNetworks,
    pub setup_link: bool,
}

/// The networks that may use the management API. Empty: all of them.
#[derive(Clone, Debug, Default)]
pub struct AdminNetworks(Vec<IpNet>);

impl FromStr for AdminNetworks {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        networks(text).map(Self)
    }
}

impl AdminNetworks {
    /// Whether an address may use the management API.
    pub fn admit(&self, address: IpAddr) -> bool {
        self.0.is_empty() || self.0.iter().any(|network| network.contains(&address))
    }
}
