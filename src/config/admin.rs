//! The options of the management API.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::Deserialize;

use super::from_text;

#[derive(Clone, Debug, Deserialize)]
pub struct AdminOptions {
    pub enabled: bool,
    #[serde(deserialize_with = "from_text")]
    pub networks: AdminNetworks,
}

/// The networks that may use the management API. Empty: all of them.
#[derive(Clone, Debug, Default)]
pub struct AdminNetworks(Vec<IpNet>);

/// Parses a list separated by spaces. The error is a sentence about the first invalid entry, which it does not repeat.
impl FromStr for AdminNetworks {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let read = |entry: &str| entry.parse::<IpNet>().or_else(|_| entry.parse::<IpAddr>().map(IpNet::from));
        let wrong = |_| "it has a word that is neither an address nor a network such as 10.0.0.0/8";
        text.split_whitespace().map(|entry| read(entry).map_err(wrong)).collect::<Result<_, _>>().map(Self)
    }
}

impl AdminNetworks {
    /// Whether an address may use the management API.
    pub fn admit(&self, address: IpAddr) -> bool {
        self.0.is_empty() || self.0.iter().any(|network| network.contains(&address))
    }
}
