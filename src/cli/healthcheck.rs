//! `grantor healthcheck`: the readiness check of containers and service managers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{CliError, Common, block_on, say};
use crate::config::Config;
use crate::failure::chain;
use crate::fetch::LoopbackFetcher;

pub(super) fn run(common: &Common) -> Result<(), CliError> {
    let config = Config::load(common.config.as_deref())?;
    let address = on_this_machine(config.listen);
    let scheme = if config.tls.is_on() { "https" } else { "http" };
    let path = url::Url::parse(&config.issuer(config.listen.port()))
        .map(|url| url.path().trim_end_matches('/').to_owned());
    let url = format!("{scheme}://{}{}/readyz", address, path.unwrap_or_default());
    block_on(async {
        let fetcher = LoopbackFetcher::for_own_server(address.ip()).map_err(|error| error.to_string())?;
        let answer =
            fetcher.get(&url).await.map_err(|error| format!("{url} does not answer: {}", chain(&error)))?;
        if answer.status != 200 {
            return Err(format!(
                "{url} answers {}: {}",
                answer.status,
                String::from_utf8_lossy(&answer.body)
            )
            .into());
        }
        say("ready")
    })
}

/// The address at which this machine reaches the server, even if the server listens on all addresses.
fn on_this_machine(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
