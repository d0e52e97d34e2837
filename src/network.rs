//! The network of an address: what counts as one client where something is counted by client.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An IPv4 address, or an IPv6 network of 64 bits, which is the least that one customer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Network {
    V4(Ipv4Addr),
    /// The first four segments of the addresses.
    V6([u16; 4]),
}

impl Network {
    /// The network that an address is in.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self::V6([a, b, c, d])
            }
        }
    }

    /// The first three segments of the IPv6 network of 48 bits, which is the most that one customer has; `None` for an
    /// IPv4 address.
    pub fn site(self) -> Option<[u16; 3]> {
        match self {
            Self::V4(_) => None,
            Self::V6([a, b, c, _]) => Some([a, b, c]),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::V4(address) => address.fmt(f),
            Self::V6([a, b, c, d]) => write!(f, "{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)),
        }
    }
}

/// The networks of an address, as texts that guesses are counted by.
#[derive(Clone, Debug)]
pub struct Networks {
    /// The [`Network`].
    pub network: String,
    /// An IPv4 address, or an IPv6 network of 48 bits, which is the most that one customer has.
    pub site: String,
}

impl Networks {
    /// The networks that an address is in.
    pub fn of(address: IpAddr) -> Self {
        let network = Network::of(address);
        let site = match network {
            Network::V4(_) => network.to_string(),
            Network::V6([a, b, c, _]) => format!("{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0)),
        };
        Self { network: network.to_string(), site }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_of_one_customer_counts_as_one() {
        let of = |text: &str| Network::of(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3::4").to_string(), "2001:db8:1:2::/64");
        assert_eq!(of("2001:db8:1:2::"), of("2001:db8:1:2:ffff::1"));
        assert_eq!(of("::ffff:203.0.113.7"), of("203.0.113.7"));
        assert_eq!(of("203.0.113.7").to_string(), "203.0.113.7");
    }

    #[test]
    fn the_networks_of_one_customer_count_as_one() {
        let of = |text: &str| Networks::of(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3::4").network, "2001:db8:1:2::/64");
        assert_eq!(of("2001:db8:1:2:3::4").site, "2001:db8:1::/48");
        assert_eq!(of("2001:db8:1:2::").network, of("2001:db8:1:2:ffff::1").network);
        assert_eq!(of("::ffff:203.0.113.7").network, of("203.0.113.7").network);
        assert_eq!(of("::ffff:203.0.113.7").site, "203.0.113.7");
    }
}
