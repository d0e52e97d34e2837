//! Content security policies of the pages (CSP level 3), made of parts that cannot hold a separator.

use std::borrow::Cow;
use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use crate::oauth::host;
use crate::secret::Hash;

/// A web site in a policy: scheme, host and port (`host-source`, CSP level 3 §2.3.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceSite(String);

impl SourceSite {
    /// The site of an address. `None` if the address is not of the web, or its host is not a plain name or address: a
    /// host such as `evil.com;sandbox` would add a directive to the policy.
    pub fn of(url: &Url) -> Option<Self> {
        let is_web = matches!(url.scheme(), "https" | "http") && host::is_plain(url);
        is_web.then(|| Self(url.origin().ascii_serialization()))
    }
}

/// The value of a `Content-Security-Policy` header.
#[derive(Clone, Debug)]
pub struct ContentPolicy(Cow<'static, str>);

impl ContentPolicy {
    /// No scripts, nothing from other sites, no framing.
    ///
    /// `form-action` is left out on purpose: our forms end in a redirect to the application, and Chromium would check the
    /// whole chain of redirects, including custom schemes, against the list.
    pub const PAGE: Self = Self(Cow::Borrowed(
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    ));

    /// The policy of [`Self::PAGE`] for the console, whose forms never lead to another site.
    pub const CONSOLE: Self = Self(Cow::Borrowed(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ));

    /// Also allows frames of these sites.
    #[must_use]
    pub fn with_frames(self, sites: &BTreeSet<SourceSite>) -> Self {
        let sites: Vec<&str> = sites.iter().map(|site| site.0.as_str()).collect();
        Self(format!("{}; frame-src {}", self.0, sites.join(" ")).into())
    }

    /// Also allows one script in the page, by its hash.
    #[must_use]
    pub fn with_script(self, script: &'static str) -> Self {
        let hash = STANDARD.encode(Hash::of(script).as_bytes());
        Self(format!("{}; script-src 'sha256-{hash}'", self.0).into())
    }

    /// The value of the header.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_adds_anything_but_its_site_to_a_policy() {
        let site = |text: &str| SourceSite::of(&Url::parse(text).unwrap());
        for (address, source) in [
            ("https://app.example/out;a,b 'c'?d=e;f#;g", "https://app.example"),
            ("https://app.example:8443/", "https://app.example:8443"),
            ("http://[2001:db8::1]:1/", "http://[2001:db8::1]:1"),
        ] {
            assert_eq!(site(address), Some(SourceSite(source.into())));
        }
        for hostile in [
            "https://evil.com;sandbox/",
            "https://evil.com,x/",
            "https://*.evil.com/",
            "https://'self'/",
            "com.example.app:/cb",
            "data:text/html,x",
            "blob:https://app.example/x",
        ] {
            assert_eq!(site(hostile), None, "{hostile}");
        }
    }
}
