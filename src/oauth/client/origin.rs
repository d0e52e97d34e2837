//! Origins of scripts: which may read what this server answers to a client (Fetch standard, CORS protocol).

use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::oauth::client::Client;
use crate::oauth::request::redirect_uri::RegisteredUri;

/// Scheme, host and port, as a browser writes them in its Origin header.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin(String);

impl Origin {
    const LONGEST: usize = 512;

    /// Checks an origin before it is stored; the error is a sentence for the operator.
    pub fn register(text: &str) -> Result<Self, String> {
        let refuse = |why: &str| Err(format!("the origin {text:?} {why}"));
        let Some(url) = Url::parse(text).ok().filter(|_| text.len() <= Self::LONGEST) else {
            return refuse("is none; write it like https://app.example.com");
        };
        if text.contains('*') {
            return refuse("has a wildcard; name every origin in full");
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            _ => return refuse("must be https; http is for 127.0.0.1, [::1] and localhost only"),
        }
        let origin = url.origin().ascii_serialization();
        if origin == text {
            Ok(Self(origin))
        } else {
            refuse(&format!("has more than an origin; write {origin:?}"))
        }
    }

    /// Reads an origin that was checked when it was stored.
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The origin of a web page; private schemes have none.
    fn of(uri: &RegisteredUri) -> Option<Self> {
        let url = Url::parse(uri.as_str()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        Some(Self(url.origin().ascii_serialization()))
    }
}

impl Client {
    /// Every origin whose scripts may call for it: a public client's pages are where it is sent back to.
    pub fn allowed_origins(&self) -> Vec<Origin> {
        let mut origins = self.origins.clone();
        if self.kind.is_public() {
            origins.extend(self.redirect_uris.iter().filter_map(Origin::of));
        }
        origins.sort();
        origins.dedup();
        origins
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
    use crate::oauth::client::{ClientKind, example};

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
        ] {
            assert!(Origin::register(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn pages_that_a_public_client_is_sent_back_to_count() {
        let origins = |client: &Client| -> Vec<String> {
            client.allowed_origins().iter().map(|origin| origin.as_str().to_owned()).collect()
        };
        let uris = ["https://app.example/cb", "https://app.example/other", "com.example.app:/cb"];
        let uris: Vec<RegisteredUri> = uris.into_iter().map(RegisteredUri::from_stored).collect();
        let own = Origin::register("https://api.example").unwrap();
        let native =
            Client { redirect_uris: uris.clone(), origins: vec![own], ..example(ClientKind::Native) };
        assert_eq!(origins(&native), ["https://api.example", "https://app.example"]);
        assert_eq!(origins(&Client { kind: ClientKind::Web, ..native }), ["https://api.example"]);
        assert!(origins(&Client { redirect_uris: uris, ..example(ClientKind::Web) }).is_empty());
    }
}
