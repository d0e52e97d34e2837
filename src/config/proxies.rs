//! The proxies before this server, whose `X-Forwarded-For` is trusted.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// Addresses and networks of proxies.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

/// Parses a list separated by spaces. The error is a sentence that names the first invalid entry.
impl FromStr for TrustedProxies {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = |entry: &str| entry.parse::<IpNet>().or_else(|_| entry.parse::<IpAddr>().map(IpNet::from));
        let wrong = |entry| format!("{entry:?} is neither an address nor a network such as 10.0.0.0/8");
        text.split_whitespace()
            .map(|entry| read(entry).map_err(|_| wrong(entry)))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl TrustedProxies {
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
        assert!(
            "10.0.0.1 proxy.internal".parse::<TrustedProxies>().unwrap_err().contains("\"proxy.internal\"")
        );
    }
}
