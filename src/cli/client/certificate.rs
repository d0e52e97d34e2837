//! The options about certificates of a client (RFC 8705).

use clap::Args;

use crate::oauth::client::CertificateSettings;

#[derive(Args)]
pub(super) struct CertificateOptions {
    /// For tls_client_auth: the subject of the client's certificate with the most specific part first, such as
    /// "CN=app,O=Bank,C=DE", as openssl x509 -noout -subject -nameopt RFC2253 writes it after "subject="
    #[arg(long, value_name = "NAME")]
    pub(super) tls_subject_dn: Option<String>,
    /// For tls_client_auth: a host among the alternative names of the client's certificate
    #[arg(long, value_name = "HOST")]
    pub(super) tls_san_dns: Option<String>,
    /// For tls_client_auth: a URI among the alternative names of the client's certificate
    #[arg(long, value_name = "URI")]
    pub(super) tls_san_uri: Option<String>,
    /// For tls_client_auth: an IP address among the alternative names of the client's certificate
    #[arg(long, value_name = "ADDRESS")]
    pub(super) tls_san_ip: Option<String>,
    /// For tls_client_auth: an e-mail address among the alternative names of the client's certificate
    #[arg(long, value_name = "ADDRESS")]
    pub(super) tls_san_email: Option<String>,
    /// Whether the client's access tokens are bound to its certificate, and the refresh tokens of a public client, too
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    pub(super) certificate_bound_tokens: Option<bool>,
}

impl CertificateOptions {
    /// The settings with the values that are given. A name replaces every name before.
    pub(super) fn applied_to(&self, before: &CertificateSettings) -> CertificateSettings {
        let bound_tokens = self.certificate_bound_tokens.unwrap_or(before.bound_tokens);
        let given = CertificateSettings {
            subject_dn: self.tls_subject_dn.clone(),
            san_dns: self.tls_san_dns.clone(),
            san_uri: self.tls_san_uri.clone(),
            san_ip: self.tls_san_ip.clone(),
            san_email: self.tls_san_email.clone(),
            bound_tokens,
        };
        let has_name = given.subjects().next().is_some();
        if has_name { given } else { CertificateSettings { bound_tokens, ..before.clone() } }
    }
}
