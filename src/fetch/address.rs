//! The addresses that outbound calls may reach: the public internet, and what the operator allows in addition.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// The IPv4 networks that are not public (IANA special-purpose address registry, RFC 6890; multicast RFC 5771).
const NOT_PUBLIC_V4: [(Ipv4Addr, u8); 16] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Link-local, which includes the metadata services of cloud machines.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Multicast, reserved and broadcast.
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
    (Ipv4Addr::new(255, 255, 255, 255), 32),
];

/// Only 2000::/3 is public in IPv6 (RFC 4291 §2.4), except for the ranges below (IANA special-purpose registry).
const GLOBAL_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
const NOT_PUBLIC_V6: [(Ipv6Addr, u8); 5] = [
    // Protocol assignments and tunnels, such as Teredo.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    // 6to4, which contains an IPv4 address.
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3ffe, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];
/// NAT64 (RFC 6052): public if the IPv4 address in it is public.
const NAT64: (Ipv6Addr, u8) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// Whether an address is on the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !NOT_PUBLIC_V4.iter().any(|net| holds_v4(*net, address)),
        IpAddr::V6(address) => match embedded(address) {
            Some(inner) => is_public(IpAddr::V4(inner)),
            None => holds_v6(GLOBAL_V6, address) && !NOT_PUBLIC_V6.iter().any(|net| holds_v6(*net, address)),
        },
    }
}

/// The IPv4 address inside an IPv6 address (mapped or NAT64); `None` if it contains no such address.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [.., a, b, c, d] = address.octets();
    let inner = || Ipv4Addr::new(a, b, c, d);
    address.to_ipv4_mapped().or_else(|| holds_v6(NAT64, address).then(inner))
}

fn holds_v4((network, bits): (Ipv4Addr, u8), address: Ipv4Addr) -> bool {
    Ipv4Net::new(network, bits).is_ok_and(|net| net.contains(&address))
}

fn holds_v6((network, bits): (Ipv6Addr, u8), address: Ipv6Addr) -> bool {
    Ipv6Net::new(network, bits).is_ok_and(|net| net.contains(&address))
}

/// Hosts, addresses and networks that may be called although they are not public, also by plain http.
#[derive(Clone, Debug, Default)]
pub struct AllowList {
    hosts: Vec<String>,
    networks: Vec<IpNet>,
}

const NO_ENTRY: &str =
    "it has a word that is neither a host name in lower case nor an address nor a network such as 10.0.0.0/8";

/// Parses a list separated by spaces. The error is a sentence about the first invalid entry, which it does not repeat.
impl FromStr for AllowList {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let mut list = Self::default();
        for entry in text.split_whitespace() {
            if let Ok(network) = entry.parse::<IpNet>() {
                list.networks.push(network);
            } else if let Ok(address) = entry.parse::<IpAddr>() {
                list.networks.push(address.into());
            } else if is_host_name(entry) {
                list.hosts.push(entry.trim_end_matches('.').to_owned());
            } else {
                return Err(NO_ENTRY);
            }
        }
        Ok(list)
    }
}

impl AllowList {
    pub(super) fn has_host(&self, name: &str) -> bool {
        let name = name.trim_end_matches('.');
        self.hosts.iter().any(|host| host == name)
    }

    pub(super) fn has_address(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address))
    }
}

fn is_host_name(text: &str) -> bool {
    let labels = text.strip_suffix('.').unwrap_or(text).split('.');
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
    };
    text.len() <= 253
        && labels.into_iter().all(is_label)
        && !text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_public_as_the_registries_say() {
        let addresses = "1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.0 172.15.255.255 172.32.0.0 192.0.1.1 \
             192.167.255.255 198.17.255.255 198.20.0.0 223.255.255.255 2606:4700::1111 2a00::1 \
             2001:4860:4860::8888 ::ffff:8.8.8.8 64:ff9b::808:808";
        for address in addresses.split_whitespace() {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        let addresses = "0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.255 \
             169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1 \
             198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 \
             255.255.255.255 :: ::1 ::127.0.0.1 fc00::1 fd12::1 fe80::1 febf::1 fec0::1 ff02::1 100::1 \
             2001:db8::1 2001::1 2001:10::1 2002:7f00:1:: 2002:808:808::1 3fff::1 5f00::1 \
             ::ffff:127.0.0.1 ::ffff:169.254.169.254 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1";
        for address in addresses.split_whitespace() {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn a_list_holds_hosts_addresses_and_networks() {
        let list: AllowList =
            "app.internal  10.1.0.0/16 ::1 127.0.0.1 localhost. x_y.example".parse().unwrap();
        for host in ["app.internal", "app.internal.", "localhost", "x_y.example"] {
            assert!(list.has_host(host), "{host}");
        }
        for host in ["internal", "other.app.internal", "10.1.0.1"] {
            assert!(!list.has_host(host), "{host}");
        }
        let has = |address: &str| list.has_address(address.parse().unwrap());
        assert!(has("10.1.255.255") && has("::1") && has("127.0.0.1"));
        assert!(!has("10.2.0.0") && !has("127.0.0.2") && !has("::2"));
        assert!("".parse::<AllowList>().unwrap().hosts.is_empty());
        for wrong in [
            "10.0.0.0/33",
            "http://a.example",
            "a.example:80",
            "*.example",
            "A.example",
            "1.2.3",
            "a..b",
            "-/8",
        ] {
            let why = wrong.parse::<AllowList>().unwrap_err();
            assert!(!why.contains(wrong) && why.contains("10.0.0.0/8"), "{why}");
        }
    }
}
