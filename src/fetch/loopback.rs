//! Calls to this machine alone.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::header::HeaderMap;
use url::{Host, Url};

use super::{FetchError, Fetched, bounded, builder};

/// The longest that a call may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// The demo application reaches its server with it, and a health check its own.
#[derive(Clone, Debug)]
pub struct LoopbackFetcher {
    client: reqwest::Client,
    /// The one address beside loopback that is this machine's.
    own: Option<IpAddr>,
}

impl LoopbackFetcher {
    pub fn new() -> Result<Self, FetchError> {
        // A machine without root certificates has a loopback address all the same.
        Self::build(builder(DEADLINE).tls_certs_only([]), None)
    }

    /// Reaches the server that listens on `address`, whatever name is in its certificate: nothing secret is sent.
    pub fn for_own_server(address: IpAddr) -> Result<Self, FetchError> {
        let builder = builder(DEADLINE).tls_certs_only([]).tls_danger_accept_invalid_certs(true);
        Self::build(builder, Some(address))
    }

    fn build(builder: reqwest::ClientBuilder, own: Option<IpAddr>) -> Result<Self, FetchError> {
        let client = builder.build().map_err(|error| FetchError::of(error, DEADLINE))?;
        Ok(Self { client, own })
    }

    pub async fn get(&self, url: &str) -> Result<Fetched, FetchError> {
        self.check(url)?;
        send(self.client.get(url)).await
    }

    /// Sends a POST, whose form and media type are the caller's.
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
