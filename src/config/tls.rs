//! The options of TLS: the server's own certificate, and certificates of clients (RFC 8705).

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer};
use url::Url;

use super::check::{OptionMistake, check_public_url};
use super::{Config, TrustedProxies, address, from_text, mount_path, one_of};
use crate::x509::header::HeaderForm;

#[derive(Clone, Debug, Deserialize)]
pub struct Tls {
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// Where clients are asked for certificates.
    #[serde(deserialize_with = "address")]
    pub mtls_listen: Option<SocketAddr>,
    mtls_public_url: String,
    pub client_ca: PathBuf,
    pub client_crl: PathBuf,
    /// In small letters.
    #[serde(deserialize_with = "header")]
    pub client_certificate_header: Option<String>,
    #[serde(deserialize_with = "form")]
    client_certificate_format: Option<HeaderForm>,
    #[serde(deserialize_with = "from_text")]
    pub client_certificate_proxies: TrustedProxies,
}

impl Tls {
    /// Whether the server terminates TLS itself.
    pub fn is_on(&self) -> bool {
        !self.certificate.as_os_str().is_empty()
    }

    /// Whether certificates of clients can arrive: at a listener that asks for them, or from a proxy.
    pub fn takes_certificates(&self) -> bool {
        self.mtls_listen.is_some() || self.client_certificate_header.is_some()
    }

    /// The form of the header in which proxies pass certificates on.
    pub fn client_certificate_form(&self) -> HeaderForm {
        let implied = || self.client_certificate_header.as_ref().and_then(|name| HeaderForm::of_name(name));
        // The check of the options demands a form where the name implies none.
        self.client_certificate_format.or_else(implied).unwrap_or(HeaderForm::Rfc9440)
    }

    /// Whether a file of authorities is named.
    pub fn has_client_ca(&self) -> bool {
        !self.client_ca.as_os_str().is_empty()
    }

    /// Whether a file of revoked certificates is named.
    pub fn has_client_crl(&self) -> bool {
        !self.client_crl.as_os_str().is_empty()
    }
}

impl Config {
    /// The base of the URLs at which clients are asked for certificates, without a slash at its end. `None` if no other URLs
    /// than those of the issuer are. `port`: that of the listener for certificates, if there is one.
    pub fn mtls_url(&self, issuer: &str, port: Option<u16>) -> Option<String> {
        let own = self.tls.mtls_public_url.trim_end_matches('/');
        if !own.is_empty() {
            return Some(own.to_owned());
        }
        let mut url = Url::parse(issuer).ok()?;
        url.set_port(Some(port?)).ok()?;
        Some(url.as_str().trim_end_matches('/').to_owned())
    }

    pub(super) fn check_tls(&self) -> Vec<OptionMistake> {
        let tls = &self.tls;
        let mut mistakes = Vec::new();
        let mut found = |key: &'static str, why: &str| mistakes.push((key, format!("{key} {why}")));
        if tls.is_on() == tls.key.as_os_str().is_empty() {
            return vec![("tls", "tls.certificate and tls.key are set together or not at all".into())];
        }
        if tls.is_on() && !self.public_url.starts_with("https:") {
            let sentence = "with tls.certificate, public_url must be set and begin with https:";
            return vec![("tls.certificate", sentence.into())];
        }
        if tls.mtls_listen.is_some() && !tls.is_on() {
            found(
                "tls.mtls_listen",
                "needs tls.certificate and tls.key, because a client shows its certificate in the handshake of TLS",
            );
        }
        let header = tls.client_certificate_header.as_ref();
        if header.is_some() && tls.client_certificate_proxies.are_none() {
            found(
                "tls.client_certificate_header",
                "needs tls.client_certificate_proxies: the header is read from the proxies that are listed there, and from no one \
                 else",
            );
        }
        if header.is_none() && !tls.client_certificate_proxies.are_none() {
            found("tls.client_certificate_proxies", "has no effect without tls.client_certificate_header");
        }
        let has_form = tls.client_certificate_format.is_some();
        if header.is_none() && has_form {
            found("tls.client_certificate_format", "has no effect without tls.client_certificate_header");
        }
        if header.is_some_and(|name| !has_form && HeaderForm::of_name(name).is_none()) {
            found(
                "tls.client_certificate_format",
                "must be set, because the name of the header does not imply how it is written",
            );
        }
        if tls.has_client_ca() && !tls.takes_certificates() {
            found("tls.client_ca", "has no effect without tls.mtls_listen or tls.client_certificate_header");
        }
        if tls.has_client_crl() && !tls.has_client_ca() {
            found("tls.client_crl", "has no effect without tls.client_ca");
        }
        mistakes.extend(self.check_mtls_url());
        mistakes
    }

    fn check_mtls_url(&self) -> Option<OptionMistake> {
        const KEY: &str = "tls.mtls_public_url";
        let url = &self.tls.mtls_public_url;
        if url.is_empty() {
            return None;
        }
        let found = |why: &str| Some((KEY, format!("{KEY} {why}")));
        if !self.tls.takes_certificates() {
            return found("has no effect without tls.mtls_listen or tls.client_certificate_header");
        }
        if let Err(sentence) = check_public_url(url) {
            return Some((KEY, sentence.replacen("public_url", KEY, 1)));
        }
        if !url.starts_with("https:") {
            return found("must begin with https:");
        }
        if url.trim_end_matches('/') == self.public_url.trim_end_matches('/') {
            return found(
                "must be another URL than public_url, so that browsers are never asked for a certificate",
            );
        }
        (mount_path(url) != mount_path(&self.public_url))
            .then(|| (KEY, format!("{KEY} must have the same path as public_url")))
    }
}

/// Reads the name of a header; `None` for an empty text.
fn header<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    // A header that every request has, or that means something else, would be read as a certificate.
    const OTHERS: [&str; 6] =
        ["authorization", "cookie", "host", "x-forwarded-for", "forwarded", "x-request-id"];
    let name = String::deserialize(deserializer)?.to_ascii_lowercase();
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    match is_name && !OTHERS.contains(&name.as_str()) {
        true => Ok(Some(name).filter(|name| !name.is_empty())),
        false => {
            let hint =
                "it is not the name of a header that a proxy sets for certificates, such as Client-Cert";
            Err(serde::de::Error::custom(hint))
        }
    }
}

/// Reads the form of the header; `None` for an empty text.
fn form<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<HeaderForm>, D::Error> {
    one_of(
        deserializer,
        &[
            ("", None),
            ("rfc9440", Some(HeaderForm::Rfc9440)),
            ("pem", Some(HeaderForm::Pem)),
            ("der", Some(HeaderForm::Der)),
            ("xfcc", Some(HeaderForm::Xfcc)),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVED: [(&str, &str); 3] =
        [("public_url", "https://id.example.com/auth"), ("tls.certificate", "c"), ("tls.key", "k")];
    const BEHIND: [(&str, &str); 3] = [
        ("public_url", "https://id.example.com/auth"),
        ("tls.client_certificate_header", "Client-Cert"),
        ("tls.client_certificate_proxies", "10.0.0.0/8"),
    ];

    fn with(base: &[(&str, &str)], more: &[(&str, &str)]) -> Result<Config, String> {
        let base = base.iter().filter(|(key, _)| !more.iter().any(|(other, _)| other == key));
        let all: Vec<(&str, &str)> = base.chain(more).copied().collect();
        Config::with(&all).map_err(|error| error.to_string())
    }

    #[test]
    fn half_of_a_configuration_for_certificates_is_refused() {
        for (base, more, part) in [
            (&[][..], &[("tls.mtls_listen", "127.0.0.1:8443")][..], "tls.mtls_listen needs tls.certificate"),
            (&SERVED, &[("tls.mtls_listen", "127.0.0.1:8080")], "must be another address than listen"),
            (&SERVED, &[("tls.client_ca", "ca.pem")], "tls.client_ca has no effect without"),
            (&BEHIND, &[("tls.client_crl", "crl.pem")], "tls.client_crl has no effect without tls.client_ca"),
            (&BEHIND, &[("tls.client_certificate_proxies", "")], "needs tls.client_certificate_proxies"),
            (
                &BEHIND,
                &[("tls.client_certificate_header", "")],
                "tls.client_certificate_proxies has no effect",
            ),
            (
                &BEHIND,
                &[("tls.client_certificate_header", "X-Cert")],
                "tls.client_certificate_format must be set",
            ),
            (
                &BEHIND,
                &[("tls.client_certificate_header", "Authorization")],
                "it is not the name of a header",
            ),
            (&BEHIND, &[("tls.client_certificate_header", "a b")], "it is not the name of a header"),
            (
                &BEHIND,
                &[("tls.client_certificate_format", "text")],
                "it is not one of , rfc9440, pem, der, xfcc",
            ),
            (&[], &[("tls.client_certificate_format", "pem")], "tls.client_certificate_format has no effect"),
            (
                &SERVED,
                &[("tls.mtls_public_url", "https://m.example.com/auth")],
                "tls.mtls_public_url has no effect",
            ),
            (&BEHIND, &[("tls.mtls_public_url", "https://m.example.com")], "the same path as public_url"),
            (
                &BEHIND,
                &[("tls.mtls_public_url", "https://id.example.com/auth/")],
                "another URL than public_url",
            ),
            (&BEHIND, &[("tls.mtls_public_url", "http://127.0.0.1/auth")], "must begin with https:"),
            (&BEHIND, &[("tls.mtls_public_url", "m.example.com")], "tls.mtls_public_url is not a URL"),
        ] {
            let sentence = with(base, more).unwrap_err();
            assert!(sentence.contains(part), "{more:?}: {sentence}");
        }
    }

    #[test]
    fn the_urls_for_certificates_are_those_that_are_set_or_those_of_the_listener() {
        let url = |base: &[(&str, &str)], more: &[(&str, &str)], port| {
            with(base, more).unwrap().mtls_url("https://id.example.com/auth", port)
        };
        let listen = ("tls.mtls_listen", "0.0.0.0:8443");
        let own = ("tls.mtls_public_url", "https://mtls.id.example.com/auth/");
        assert_eq!(url(&SERVED, &[listen], Some(8443)).unwrap(), "https://id.example.com:8443/auth");
        assert_eq!(url(&SERVED, &[listen, own], Some(8443)).unwrap(), "https://mtls.id.example.com/auth");
        assert_eq!(url(&BEHIND, &[own], None).unwrap(), "https://mtls.id.example.com/auth");
        assert_eq!(url(&BEHIND, &[], None), None);
        let named = [("tls.client_certificate_header", "X-Cert"), ("tls.client_certificate_format", "der")];
        assert_eq!(with(&BEHIND, &named).unwrap().tls.client_certificate_form(), HeaderForm::Der);
        assert_eq!(with(&BEHIND, &[]).unwrap().tls.client_certificate_form(), HeaderForm::Rfc9440);
    }
}
