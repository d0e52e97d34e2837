//! The only outbound HTTP clients. They limit time and size, and follow no redirects.

pub mod address;
#[cfg(feature = "traces")]
mod collector;
mod guarded;
mod loopback;
mod places;

use std::error::Error;
use std::net::IpAddr;
use std::time::{Duration, UNIX_EPOCH};

use reqwest::StatusCode;
use reqwest::header::{CONTENT_ENCODING, HeaderMap, RETRY_AFTER};

use crate::clock::{Seconds, Timestamp};

#[cfg(feature = "traces")]
pub use collector::CollectorFetcher;
pub use guarded::Fetcher;
pub use loopback::LoopbackFetcher;

/// The largest body of an answer, in bytes.
const MAX_SIZE: usize = 64 * 1024;

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Fetched {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// Why a call has no answer. The sentence names hosts and addresses, but nothing of what was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    #[error("{0} is not on this machine")]
    NotHere(String),
    #[error("the address is not a URL with a host")]
    NoUrl,
    #[error("{0} is only called by https; fetch.allow can allow plain http")]
    PlainHttp(String),
    #[error("the address must not have a user name or password in it")]
    UserInfo,
    #[error("{host} is at {address}, which is not a public address; fetch.allow can allow it")]
    NotPublic { host: String, address: IpAddr },
    #[error("{0} has no address")]
    NoAddress(String),
    #[error("the answer is a redirect, which is not followed")]
    Redirect,
    #[error("the answer is larger than {MAX_SIZE} bytes")]
    TooLarge,
    #[error("the answer is compressed ({0}), although the request allowed only identity")]
    Encoded(String),
    #[error("no answer within {0} s")]
    TooSlow(u64),
    #[error("too many calls are under way")]
    Busy,
    #[error("the call failed: {0}")]
    Failed(String),
}

/// The maximum length of the name of an encoding in a sentence.
const MAX_ENCODING_LENGTH: usize = 40;

impl Fetched {
    /// How long the receiver asks the caller to wait (`Retry-After`, RFC 9110 §10.2.3); `None` if the answer does not say it,
    /// or says a time that has passed.
    pub fn retry_after(&self, now: Timestamp) -> Option<Seconds> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse::<u32>() {
            return Some(Seconds::new(seconds.into()));
        }
        let at = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
        let at = Timestamp::from_unix(i64::try_from(at.as_secs()).ok()?);
        (at > now).then(|| at - now)
    }

    /// The encodings of the body (RFC 9110 §8.4), as a sentence can show them; `None` if the body is as it is.
    fn encoding(&self) -> Option<String> {
        let values = self.headers.get_all(CONTENT_ENCODING).iter();
        let names = values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let names: Vec<String> = names.collect();
        let mut each = names.iter().flat_map(|names| names.split(',')).map(str::trim);
        let is_plain = each.all(|name| name.is_empty() || name.eq_ignore_ascii_case("identity"));
        let is_shown = |letter: &char| letter.is_ascii_graphic() || *letter == ' ';
        (!is_plain).then(|| names.join(", ").chars().filter(is_shown).take(MAX_ENCODING_LENGTH).collect())
    }
}

impl FetchError {
    /// The error of the HTTP client, without the URL, which may be confidential.
    fn of(error: reqwest::Error, deadline: Duration) -> Self {
        if error.is_timeout() {
            return Self::TooSlow(deadline.as_secs());
        }
        let error = error.without_url();
        let mut source: Option<&(dyn Error + 'static)> = Some(&error);
        let mut last = String::new();
        while let Some(cause) = source {
            // The resolver of a guarded fetcher reports its refusals with this type.
            if let Some(refusal) = cause.downcast_ref::<Self>() {
                return refusal.clone();
            }
            last = cause.to_string();
            source = cause.source();
        }
        Self::Failed(last)
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that makes an HTTP client")]
fn builder(deadline: Duration) -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).timeout(deadline)
}

async fn bounded(mut answer: reqwest::Response, deadline: Duration) -> Result<Fetched, FetchError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| FetchError::of(error, deadline))? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_SIZE {
            return Err(FetchError::TooLarge);
        }
    }
    Ok(Fetched { status: answer.status(), headers: std::mem::take(answer.headers_mut()), body })
}
