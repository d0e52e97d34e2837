//! Calls to this machine only.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::header::HeaderMap;
use url::{Host, Url};

use super::{FetchError, Fetched, bounded, builder};

/// The longest time that a call may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// The client for calls to this machine: the demo application calls its server, and the health check calls its own.
#[derive(Clone, Debug)]
pub struct LoopbackFetcher {
    client: reqwest::Client,
    /// An address of this machine that is not loopback but may be called.
    own: Option<IpAddr>,
}

impl LoopbackFetcher {
    /// Makes a client that only calls loopback addresses.
    ///
    /// # Errors
    /// If the client cannot be made.
    pub fn new() -> Result<Self, FetchError> {
        // No certificate authorities: calls to loopback do not need them, and the machine may have none.
        Self::build(builder(DEADLINE).tls_certs_only([]), None)
    }

    /// Makes a client that calls loopback addresses, and `address`, which this machine has.
    ///
    /// # Errors
    /// Those of [`Self::new`].
    pub fn for_this_machine(address: IpAddr) -> Result<Self, FetchError> {
        Self::build(builder(DEADLINE).tls_certs_only([]), Some(address))
    }

    /// Makes a client for the server that listens on `address`. It accepts any certificate, because it sends no secrets.
    ///
    /// # Errors
    /// Those of [`Self::new`].
    pub fn for_own_server(address: IpAddr) -> Result<Self, FetchError> {
        let builder = builder(DEADLINE).tls_certs_only([]).tls_danger_accept_invalid_certs(true);
        Self::build(builder, Some(address))
    }

    fn build(builder: reqwest::ClientBuilder, own: Option<IpAddr>) -> Result<Self, FetchError> {
        let client = builder.build().map_err(|error| FetchError::of(error, DEADLINE))?;
        Ok(Self { client, own })
    }

    /// Sends a GET and returns the answer, whatever its status.
    ///
    /// # Errors
    /// If the URL is not on this machine, or the call fails.
    pub async fn get(&self, url: &str) -> Result<Fetched, FetchError> {
        self.check(url)?;
        send(self.client.get(url)).await
    }

    /// Sends a POST with the caller's headers and body, and returns the answer, whatever its status.
    ///
    /// # Errors
    /// Those of [`Self::get`].
    pub async fn post(&self, url: &str, headers: HeaderMap, body: Vec<u8>) -> Result<Fetched, FetchError> {
        self.check(url)?;
        send(self.client.post(url).headers(headers).body(body)).await
    }

    fn check(&self, url: &str) -> Result<(), FetchError> {
        let is_here = |ip: IpAddr| ip.is_loopback() || self.own == Some(ip);
        let host = Url::parse(url).ok().and_then(|url| match url.host() {
            Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            _ => None,
        });
        if host.is_some_and(is_here) { Ok(()) } else { Err(FetchError::NotHere(url.to_owned())) }
    }
}

async fn send(request: reqwest::RequestBuilder) -> Result<Fetched, FetchError> {
    let answer = request.send().await.map_err(|error| FetchError::of(error, DEADLINE))?;
    bounded(answer, DEADLINE).await
}
