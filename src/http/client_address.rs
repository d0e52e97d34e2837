//! The client's address: that of the connection, or what a trusted proxy reports.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;

use super::untrusted_peers::UntrustedPeers;
use crate::config::TrustedProxies;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// The maximum number of proxies in a row; further addresses are ignored.
const MAX_PROXIES: usize = 8;

/// The client's address of a request. Peers that report another address and are not trusted are noted in `untrusted`.
pub(super) fn address(request: &HttpRequest, trusted: &TrustedProxies, untrusted: &UntrustedPeers) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    let peer = peer.to_canonical();
    let lines = request.headers().get_all(FORWARDED_FOR).filter_map(|line| line.to_str().ok());
    // Without such a header, this allocates no memory.
    let lines: Vec<&str> = lines.collect();
    if !lines.is_empty() && !trusted.have(peer) {
        untrusted.note(peer);
        return peer;
    }
    origin(peer, &lines, trusted)
}

/// The client's address of a request that came from `peer` with these lines of `X-Forwarded-For`. Each proxy appends the
/// address of its own client, so the last address that is not a trusted proxy is reliable.
pub fn origin(peer: IpAddr, lines: &[&str], trusted: &TrustedProxies) -> IpAddr {
    let mut seen = peer.to_canonical();
    let entries = lines.iter().rev().flat_map(|line| line.rsplit(','));
    for entry in entries.take(MAX_PROXIES) {
        if !trusted.have(seen) {
            break;
        }
        let Some(address) = parse(entry.trim()) else { break };
        seen = address.to_canonical();
    }
    seen
}

/// Parses an address, with or without a port. `None` if it is not one.
pub fn parse(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen(peer: &str, lines: &[&str], trusted: &str) -> String {
        origin(peer.parse().unwrap(), lines, &trusted.parse().unwrap()).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
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

    proptest! {
        #[test]
        fn no_header_causes_a_panic(line in ".{0,80}") {
            origin(IpAddr::V4(Ipv4Addr::LOCALHOST), &[&line], &"127.0.0.0/8".parse().unwrap());
        }
    }
}
