//! Who calls, as far as the network tells: the address at the other end, or what a trusted proxy says of it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;

use crate::config::TrustedProxies;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Proxies in a row; what stands before is not looked at.
const MOST: usize = 8;

/// The address that a request comes from.
pub(super) fn address(request: &HttpRequest, trusted: &TrustedProxies) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    let lines = request.headers().get_all(FORWARDED_FOR).filter_map(|line| line.to_str().ok());
    // Without such a header this allocates nothing.
    origin(peer, &lines.collect::<Vec<_>>(), trusted)
}

/// Whose guesses count together: an IPv4 address, or the network of 64 bits that one IPv6 customer has at least.
pub fn bucket(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// Each proxy adds whom it saw at the end, so the last that is no trusted proxy was really seen.
fn origin(peer: IpAddr, lines: &[&str], trusted: &TrustedProxies) -> IpAddr {
    let mut seen = peer.to_canonical();
    let entries = lines.iter().rev().flat_map(|line| line.rsplit(','));
    for entry in entries.take(MOST) {
        if !trusted.have(seen) {
            break;
        }
        let Some(address) = parse(entry.trim()) else { break };
        seen = address.to_canonical();
    }
    seen
}

/// An address, with or without a port.
fn parse(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen(peer: &str, lines: &[&str], trusted: &str) -> String {
        origin(peer.parse().unwrap(), lines, &TrustedProxies::parse(trusted).unwrap()).to_string()
    }

    #[test]
    fn only_what_a_trusted_proxy_saw_counts() {
        let proxies = "10.0.0.0/8 ::1";
        for (peer, lines, address) in [
            ("203.0.113.7", &["198.51.100.1"][..], "203.0.113.7"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["1.2.3.4, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["1.2.3.4, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
            ("10.0.0.1", &["1.2.3.4", "198.51.100.1,10.0.0.2"], "198.51.100.1"),
            ("10.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
            ("::1", &["[2001:db8::7]:80"], "2001:db8::7"),
            ("::ffff:10.0.0.1", &["2001:db8::7"], "2001:db8::7"),
            ("10.0.0.1", &["1.2.3.4, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["10.0.0.2, 10.0.0.3"], "10.0.0.2"),
        ] {
            assert_eq!(seen(peer, lines, proxies), address, "{peer} {lines:?}");
            assert_eq!(seen(peer, lines, ""), seen(peer, &[], ""), "nobody is trusted");
        }
    }

    #[test]
    fn a_customer_with_a_whole_network_counts_as_one() {
        let of = |text: &str| bucket(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3::4"), "2001:db8:1:2::/64");
        assert_eq!(of("2001:db8:1:2::"), of("2001:db8:1:2:ffff::1"));
        assert_eq!(of("::ffff:203.0.113.7"), of("203.0.113.7"));
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(line in ".{0,80}") {
            origin(IpAddr::V4(Ipv4Addr::LOCALHOST), &[&line], &TrustedProxies::parse("127.0.0.0/8").unwrap());
        }
    }
}
