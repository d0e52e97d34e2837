//! The options of the management API.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use ipnet::IpNet;
use serde::Deserialize;

use super::proxies::networks;
use super::{address, from_text};

#[derive(Clone, Debug, Deserialize)]
pub struct AdminOptions {
    pub enabled: bool,
    #[serde(deserialize_with = "from_text")]
    pub networks: AdminNetworks,
    pub setup_link: bool,
    #[serde(deserialize_with = "address")]
    pub listen: Option<SocketAddr>,
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
