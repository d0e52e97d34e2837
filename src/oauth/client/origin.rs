//! Origins of scripts that may read answers to a client (Fetch standard, CORS protocol).

use std::fmt;

use std::net::{Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::oauth::host::{self, WRONG_HOST};
use crate::oauth::request::redirect_uri::RegisteredUri;

/// Scheme, host and port, as a browser writes them in its Origin header.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Origin(String);

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Origin {
    const MAX_LENGTH: usize = 512;

    /// Checks an origin before it is stored.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn register(text: &str) -> Result<Self, String> {
        let refuse = |why: &str| Err(format!("the origin {text:?} {why}"));
        let Some(url) = Url::parse(text).ok().filter(|_| text.len() <= Self::MAX_LENGTH) else {
            return refuse("is not an origin; write it like https://app.example.com");
        };
        if text.contains('*') {
            return refuse("has a wildcard; name every origin in full");
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            _ => return refuse("must be https; http is for 127.0.0.1, [::1] and localhost only"),
        }
        if !host::is_plain(&url) {
            return refuse(&format!("has a host that {WRONG_HOST}"));
        }
        let origin = url.origin().ascii_serialization();
        if origin == text {
            Ok(Self(origin))
        } else {
            refuse(&format!("has more than an origin; write {origin:?}"))
        }
    }

    /// The origin as the `Origin` header of a browser has it (RFC 6454 §7).
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The origin of a web page; `None` for private URI schemes.
    pub(super) fn of(uri: &RegisteredUri) -> Option<Self> {
        let url = Url::parse(uri.as_str()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        Some(Self(url.origin().ascii_serialization()))
    }
}

/// Reads an origin that was stored.
impl TryFrom<String> for Origin {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_origin = Url::parse(&text).is_ok_and(|url| url.origin().ascii_serialization() == text);
        if is_origin { Ok(Self(text)) } else { Err("not an origin") }
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address == Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == Ipv6Addr::LOCALHOST,
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_a_browser_writes_it() {
        for good in
            ["https://app.example.com", "https://app.example:8443", "http://localhost:3000", "http://[::1]:1"]
        {
            assert_eq!(Origin::register(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "*",
            "null",
            "app.example.com",
            "https://",
            "https://app.example.com/",
            "https://app.example.com/a",
            "https://APP.example.com",
            "https://app.example.com:443",
            "http://app.example.com",
            "https://*.example.com",
            "https://a@app.example.com",
            "com.example.app://x",
            "file:///",
            "https://app.example.com?x",
            "https://\u{e9}.example",
            "https://a;b.example",
        ] {
            assert!(Origin::register(bad).is_err(), "{bad}");
        }
    }
}
