//! Calls to addresses that come from registrations: only to the public internet, unless the operator allows more.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Certificate, RequestBuilder};
use rustls::pki_types::CertificateDer;
use url::{Host, Url};

use super::address::{AllowList, is_public};
use super::places::CallPlaces;
use super::{FetchError, Fetched, bounded, builder};
use crate::config;
use crate::failure::Failure;
use crate::files::{NamedFile, pem};
use crate::traces;

/// The only client for such calls: https, no redirects, no proxy, and connections only to checked addresses.
///
/// The step that resolves a name for a connection also checks its addresses, and each connection serves one call. So a
/// name that changes its address in between cannot lead to another place (DNS rebinding).
#[derive(Clone, Debug)]
pub struct Fetcher {
    client: reqwest::Client,
    allow: Arc<AllowList>,
    deadline: Duration,
    places: CallPlaces,
}

impl Fetcher {
    /// Makes the fetcher from the options `fetch.*`.
    ///
    /// # Errors
    /// If `fetch.ca_file` cannot be used.
    pub fn new(options: &config::Fetch) -> Result<Self, Failure> {
        let (allow, deadline) = (Arc::new(options.allow.clone()), options.deadline.duration());
        let authorities = match options.ca_file.as_os_str().is_empty() {
            true => Vec::new(),
            false => certificates(options)?,
        };
        let builder = || {
            builder(deadline)
                .pool_max_idle_per_host(0)
                // Nothing here can read a compressed answer, and a small one could become a large one.
                .default_headers(HeaderMap::from_iter([(
                    ACCEPT_ENCODING,
                    HeaderValue::from_static("identity"),
                )]))
                .user_agent(concat!("grantor/", env!("CARGO_PKG_VERSION")))
                .dns_resolver(GuardedResolver(allow.clone()))
        };
        let built = builder().tls_certs_merge(authorities.clone()).build().or_else(|error| {
            // A machine without certificate authorities cannot call https hosts of others, but everything else works.
            tracing::warn!("outbound calls trust only fetch.ca_file: {}", FetchError::of(error, deadline));
            builder().tls_certs_only(authorities).build()
        });
        let client = built.map_err(|error| {
            let error = FetchError::of(error, deadline);
            Failure::Internal(format!("cannot make the client for outbound calls: {error}"))
        })?;
        Ok(Self { client, allow, deadline, places: CallPlaces::new() })
    }

    /// Sends a GET and returns the answer, whatever its status.
    ///
    /// # Errors
    /// If the URL or its address may not be called, the call fails, or the answer is a redirect, compressed, too large or
    /// too late.
    pub async fn get(&self, url: &str) -> Result<Fetched, FetchError> {
        let url = self.checked(url)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let answer = self.send(&host, self.client.get(url)).await?;
        match answer.encoding().filter(|_| answer.status.is_success()) {
            Some(encoding) => Err(FetchError::Encoded(encoding)),
            None => Ok(answer),
        }
    }

    /// Sends a POST with a form and returns the answer, whatever its status. No one reads its body, so it may be
    /// compressed.
    ///
    /// # Errors
    /// Those of [`Self::get`].
    pub async fn post_form(&self, url: &str, form: String) -> Result<Fetched, FetchError> {
        self.post(url, ("application/x-www-form-urlencoded", form), &[]).await
    }

    /// Sends a POST with a body of this media type and with these headers, as [`Self::post_form`] does.
    ///
    /// # Errors
    /// Those of [`Self::get`].
    pub async fn post(
        &self,
        url: &str,
        (media_type, body): (&'static str, String),
        headers: &[(&'static str, String)],
    ) -> Result<Fetched, FetchError> {
        let url = self.checked(url)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let request = self.client.post(url).header(CONTENT_TYPE, HeaderValue::from_static(media_type));
        let with_header =
            |request: RequestBuilder, (name, value): &(&str, String)| request.header(*name, value);
        self.send(&host, headers.iter().fold(request, with_header).body(body)).await
    }

    /// Checks whether the URL could be called, without resolving its name.
    ///
    /// # Errors
    /// If a call to this URL would always be refused.
    pub fn may_call(&self, url: &str) -> Result<(), FetchError> {
        self.checked(url).map(drop)
    }

    async fn send(&self, host: &str, request: RequestBuilder) -> Result<Fetched, FetchError> {
        let call = async {
            let Some((_place, left)) = self.places.take(host, self.deadline).await else {
                return Err(FetchError::Busy);
            };
            let answer =
                request.timeout(left).send().await.map_err(|error| FetchError::of(error, self.deadline))?;
            if answer.status().is_redirection() {
                return Err(FetchError::Redirect);
            }
            bounded(answer, self.deadline).await
        };
        traces::call(host, call).await
    }

    /// Checks the URL itself. The addresses of a name are checked when it is resolved.
    fn checked(&self, url: &str) -> Result<Url, FetchError> {
        let url = crate::oauth::host::address(url).ok_or(FetchError::NoUrl)?;
        let host = url.host().ok_or(FetchError::NoUrl)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchError::UserInfo);
        }
        let (address, is_allowed) = match host {
            Host::Domain(name) => (None, self.allow.has_host(name)),
            Host::Ipv4(address) => (Some(IpAddr::V4(address)), self.allow.has_address(address.into())),
            Host::Ipv6(address) => (Some(IpAddr::V6(address)), self.allow.has_address(address.into())),
        };
        match url.scheme() {
            "https" => {}
            "http" if is_allowed => {}
            "http" => return Err(FetchError::PlainHttp(host.to_string())),
            _ => return Err(FetchError::NoUrl),
        }
        match address {
            Some(address) if !is_allowed && !is_public(address) => {
                Err(FetchError::NotPublic { host: host.to_string(), address })
            }
            _ => Ok(url),
        }
    }
}

fn certificates(options: &config::Fetch) -> Result<Vec<Certificate>, Failure> {
    let file = NamedFile::new("fetch.ca_file", &options.ca_file);
    let read =
        |der: &CertificateDer<'_>| Certificate::from_der(der).map_err(|_| file.wrong(pem::NO_X509).into());
    pem::authorities(&file)?.iter().map(read).collect()
}

/// Resolves names as the system does, and refuses a name if any of its addresses may not be called.
struct GuardedResolver(Arc<AllowList>);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow = self.0.clone();
        Box::pin(async move {
            let host = name.as_str();
            let found: io::Result<Vec<SocketAddr>> =
                tokio::net::lookup_host((host, 0)).await.map(Iterator::collect);
            let addresses = found.unwrap_or_default();
            if addresses.is_empty() {
                return Err(FetchError::NoAddress(host.to_owned()).into());
            }
            let may = |ip: IpAddr| allow.has_host(host) || allow.has_address(ip) || is_public(ip);
            match addresses.iter().find(|address| !may(address.ip())) {
                Some(refused) => {
                    Err(FetchError::NotPublic { host: host.to_owned(), address: refused.ip() }.into())
                }
                None => Ok(Box::new(addresses.into_iter()) as Addrs),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn fetcher(allow: &str) -> Fetcher {
        Fetcher::new(&Config::with(&[("fetch.allow", allow)]).unwrap().fetch).unwrap()
    }

    #[test]
    fn urls_with_private_addresses_are_refused_in_every_spelling() {
        let fetcher = fetcher("");
        for url in [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://①②⑦.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:7f00:1]/",
            "https://169.254.169.254/latest/meta-data",
            "https://10.0.0.1:8443/",
            "https://0/",
            "https://[fd00::1]/",
            "https://127.0.0.1./",
        ] {
            let refused = fetcher.checked(url);
            assert!(matches!(refused, Err(FetchError::NotPublic { .. })), "{url}: {refused:?}");
        }
        assert_eq!(fetcher.checked("https://u:p@example.com/"), Err(FetchError::UserInfo));
        assert_eq!(fetcher.checked("http://example.com/"), Err(FetchError::PlainHttp("example.com".into())));
        for url in [
            "file:///etc/passwd",
            "ftp://example.com/",
            "example.com",
            "",
            "https://",
            "gopher://a/",
            "data:,a",
        ] {
            assert_eq!(fetcher.checked(url), Err(FetchError::NoUrl), "{url}");
        }
        assert!(fetcher.checked("https://example.com/a?b=c").is_ok());
    }

    #[test]
    fn allowed_hosts_may_be_private_and_use_plain_http() {
        let fetcher = fetcher("app.internal 10.0.0.0/8");
        for url in
            ["http://app.internal/", "https://app.internal:8443/", "http://10.1.2.3/", "https://10.0.0.1/"]
        {
            assert!(fetcher.checked(url).is_ok(), "{url}");
        }
        for url in ["http://other.internal/", "http://11.0.0.1/", "https://192.168.0.1/"] {
            assert!(fetcher.checked(url).is_err(), "{url}");
        }
    }
}
