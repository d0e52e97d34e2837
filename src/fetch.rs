//! The only outbound HTTP client: bounded in time and size, and it follows no redirect.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use url::Url;

/// The longest that a call may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// Bytes of an answer.
const LARGEST: usize = 64 * 1024;

/// Calls to this machine alone: the demo application reaches its server with it, and a health check its own.
#[derive(Clone, Debug)]
pub struct LoopbackFetcher {
    client: reqwest::Client,
    /// The one address beside loopback that is this machine's.
    own: Option<IpAddr>,
}

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Fetched {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// What keeps a call from its answer.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("{0} is not on this machine")]
    Forbidden(String),
    #[error("the answer is larger than {LARGEST} bytes")]
    TooLarge,
    #[error("the call failed")]
    Failed(#[from] reqwest::Error),
}

impl LoopbackFetcher {
    pub fn new() -> Result<Self, FetchError> {
        // A machine without root certificates has a loopback address all the same.
        Ok(Self { client: builder().tls_certs_only([]).build()?, own: None })
    }

    /// Reaches the server that listens on `address`, whatever name is in its certificate: nothing secret is sent.
    pub fn for_own_server(address: IpAddr) -> Result<Self, FetchError> {
        let client = builder().tls_certs_only([]).tls_danger_accept_invalid_certs(true).build()?;
        Ok(Self { client, own: Some(address) })
    }

    pub async fn get(&self, url: &str) -> Result<Fetched, FetchError> {
        self.check(url)?;
        bounded(self.client.get(url).send().await?).await
    }

    /// Sends a POST, whose form and media type are the caller's.
    pub async fn post(&self, url: &str, headers: HeaderMap, body: Vec<u8>) -> Result<Fetched, FetchError> {
        self.check(url)?;
        bounded(self.client.post(url).headers(headers).body(body).send().await?).await
    }

    fn check(&self, url: &str) -> Result<(), FetchError> {
        let is_here = |ip: IpAddr| ip.is_loopback() || self.own == Some(ip);
        let host = Url::parse(url).ok().and_then(|url| match url.host() {
            Some(url::Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(url::Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            _ => None,
        });
        if host.is_some_and(is_here) { Ok(()) } else { Err(FetchError::Forbidden(url.to_owned())) }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that makes an HTTP client")]
fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).timeout(DEADLINE)
}

async fn bounded(mut answer: reqwest::Response) -> Result<Fetched, FetchError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > LARGEST {
            return Err(FetchError::TooLarge);
        }
    }
    Ok(Fetched { status: answer.status(), headers: std::mem::take(answer.headers_mut()), body })
}
