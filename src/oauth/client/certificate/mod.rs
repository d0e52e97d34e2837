//! Certificates of clients: which one is a client's (RFC 8705 §2), and what its registration says about them.

pub mod attribute;
pub mod distinguished_name;
mod subject;

pub use distinguished_name::DistinguishedName;
pub use subject::{CertificateNames, RegisteredSubject};

use serde::{Deserialize, Serialize};

use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;

/// What a registration says about certificates (RFC 8705 §2.1.2 and §3.4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateSettings {
    #[serde(rename = "tls_client_auth_subject_dn")]
    pub subject_dn: Option<String>,
    #[serde(rename = "tls_client_auth_san_dns")]
    pub san_dns: Option<String>,
    #[serde(rename = "tls_client_auth_san_uri")]
    pub san_uri: Option<String>,
    #[serde(rename = "tls_client_auth_san_ip")]
    pub san_ip: Option<String>,
    #[serde(rename = "tls_client_auth_san_email")]
    pub san_email: Option<String>,
    /// Its access tokens are bound to its certificate, and so are the refresh tokens of a public client.
    #[serde(default, rename = "tls_client_certificate_bound_access_tokens")]
    pub bound_tokens: bool,
}

/// The refusal of every certificate that an authority has to sign, where the server trusts no authority.
pub fn no_authority() -> OAuthError {
    Reason::CertificateUnknownIssuer
        .because("this server trusts no authority for client certificates: tls.client_ca is not set")
}

impl CertificateSettings {
    /// The names by which the client's certificate can be known: the member and its text. A client that authenticates by
    /// `tls_client_auth` has exactly one.
    pub fn subjects(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let members: [(&'static str, &Option<String>); 5] = [
            (subject::DN, &self.subject_dn),
            (subject::DNS, &self.san_dns),
            (subject::URI, &self.san_uri),
            (subject::IP, &self.san_ip),
            (subject::EMAIL, &self.san_email),
        ];
        members.into_iter().filter_map(|(member, text)| Some((member, text.as_deref()?)))
    }

    /// The name that the client's certificate must have. `None` if the registration has no valid one, which registration
    /// refuses.
    pub fn subject(&self) -> Option<RegisteredSubject> {
        let (member, text) = self.subjects().next()?;
        RegisteredSubject::parse(member, text).ok()
    }
}
