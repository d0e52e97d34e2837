//! The proxies before this server, which are trusted for one purpose: `X-Forwarded-For`, or certificates of clients.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// Addresses and networks of proxies.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

/// Parses a list of addresses and networks, separated by spaces.
///
/// # Errors
/// A sentence about the first invalid entry, which it does not repeat.
pub(super) fn networks(text: &str) -> Result<Vec<IpNet>, &'static str> {
    let read = |entry: &str| entry.parse::<IpNet>().or_else(|_| entry.parse::<IpAddr>().map(IpNet::from));
    let wrong = |_| "it has a word that is neither an address nor a network such as 10.0.0.0/8";
    text.split_whitespace().map(|entry| read(entry).map_err(wrong)).collect()
}

impl FromStr for TrustedProxies {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        networks(text).map(Self)
    }
}

impl TrustedProxies {
    /// Whether the list is empty.
    pub fn are_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an address belongs to a trusted proxy.
    pub fn have(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_addresses_or_networks_not_names() {
        let proxies = "127.0.0.1 10.0.0.0/8 2001:db8::/32".parse::<TrustedProxies>().unwrap();
        for (address, is_one) in [
            ("127.0.0.1", true),
            ("127.0.0.2", false),
            ("10.9.9.9", true),
            ("2001:db8::1", true),
            ("::1", false),
        ] {
            assert_eq!(proxies.have(address.parse().unwrap()), is_one, "{address}");
        }
        let why = "10.0.0.1 proxy.internal".parse::<TrustedProxies>().unwrap_err();
        assert!(why.contains("neither an address") && !why.contains("proxy"), "{why}");
    }
}
