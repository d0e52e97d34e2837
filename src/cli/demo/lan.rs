//! The demo in a local network, so that a phone can scan what the television shows.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};

use crate::cli::CliError;

/// An address on no machine (RFC 5737). Nothing is sent to it; the system only says from where it would be.
const ELSEWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 9);

/// Listens at this machine's address in the network, at the usual port or at a free one.
pub(super) fn listen(named: Option<IpAddr>, port: u16) -> Result<TcpListener, CliError> {
    let address = match named {
        Some(address) => address,
        None => own_address().ok_or("this machine seems to be in no network; --lan=IP names its address")?,
    };
    if address.is_unspecified() {
        return Err("--lan needs the one address that phones use, and not all of them".into());
    }
    let usual = TcpListener::bind((address, port));
    usual.or_else(|_| TcpListener::bind((address, 0))).map_err(|error| {
        format!("cannot listen on {address}: {error}; --lan=IP names this machine's address in the network")
            .into()
    })
}

/// The address from which this machine would call others; `None` without a network.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect(ELSEWHERE).ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|ip| !ip.is_loopback() && !ip.is_unspecified())
}
