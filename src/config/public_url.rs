//! What follows from the public URL.

use std::net::SocketAddr;

use url::{Host, Url};

use super::Config;

/// The path of the public URL, where all routes are mounted: empty, or `/like/this`.
pub fn mount_path(issuer: &str) -> String {
    let path = Url::parse(issuer).map(|url| url.path().trim_end_matches('/').to_owned());
    path.unwrap_or_default()
}

impl Config {
    /// The issuer, without a slash at its end. `port` is the port that the server really listens on.
    pub fn issuer(&self, port: u16) -> String {
        if self.public_url.is_empty() {
            return format!("http://{}", SocketAddr::new(self.listen.ip(), port));
        }
        self.public_url.trim_end_matches('/').to_owned()
    }

    /// The value of the `Strict-Transport-Security` header (RFC 6797 §6.1). `None` if `public_url` is not https, or its host
    /// is an address or localhost: browsers keep no policy for an address, and one for localhost would be in the way of
    /// everything else that a developer runs there.
    pub fn strict_transport_security(&self) -> Option<String> {
        let url = Url::parse(&self.public_url).ok().filter(|url| url.scheme() == "https")?;
        match url.host()? {
            Host::Domain(name) if name != "localhost" && !name.ends_with(".localhost") => {
                let age = self.http.strict_transport_security.seconds().as_i64();
                Some(format!("max-age={age}"))
            }
            _ => None,
        }
    }
}
