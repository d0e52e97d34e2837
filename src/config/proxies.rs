//! The proxies before this server, whose `X-Forwarded-For` is trusted.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer};

/// Addresses and networks of proxies.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Parses a list separated by spaces.
    ///
    /// # Errors
    /// A sentence that names the first invalid entry.
    pub fn parse(text: &str) -> Result<Self, String> {
        let read = |entry: &str| entry.parse::<IpNet>().or_else(|_| entry.parse::<IpAddr>().map(IpNet::from));
        let wrong = |entry| format!("{entry:?} is neither an address nor a network such as 10.0.0.0/8");
        text.split_whitespace()
            .map(|entry| read(entry).map_err(|_| wrong(entry)))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether an address belongs to a trusted proxy.
    pub fn have(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl<'de> Deserialize<'de> for TrustedProxies {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_addresses_or_networks_not_names() {
        let proxies = TrustedProxies::parse("127.0.0.1 10.0.0.0/8 2001:db8::/32").unwrap();
        for (address, is_one) in [
            ("127.0.0.1", true),
            ("127.0.0.2", false),
            ("10.9.9.9", true),
            ("2001:db8::1", true),
            ("::1", false),
        ] {
            assert_eq!(proxies.have(address.parse().unwrap()), is_one, "{address}");
        }
        assert!(TrustedProxies::parse("10.0.0.1 proxy.internal").unwrap_err().contains("\"proxy.internal\""));
    }
}
