//! The settings about certificates that the changes of a client set and remove.

use super::super::certificate::CertificateOptions;
use super::ClientChangeOptions;
use crate::oauth::client::CertificateSettings;

impl ClientChangeOptions {
    // A group of options that is required cannot contain a flattened one.
    pub(super) fn certificate(&self, before: &CertificateSettings) -> CertificateSettings {
        let given = CertificateOptions {
            tls_subject_dn: self.tls_subject_dn.clone(),
            tls_san_dns: self.tls_san_dns.clone(),
            tls_san_uri: self.tls_san_uri.clone(),
            tls_san_ip: self.tls_san_ip.clone(),
            tls_san_email: self.tls_san_email.clone(),
            certificate_bound_tokens: self.certificate_bound_tokens,
        };
        let nameless =
            CertificateSettings { bound_tokens: before.bound_tokens, ..CertificateSettings::default() };
        given.applied_to(if self.no_tls_name { &nameless } else { before })
    }
}
