//! Certificates of clients (RFC 8705): what is in one, who has signed it, and whose key it has. No clock, and no request.

pub mod authorities;
mod content;
pub mod header;
pub mod registered;
mod trust;

use std::sync::OnceLock;

use rustls::pki_types::CertificateDer;

use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;
use crate::oauth::token::binding::Binding;
use crate::secret::Hash;
pub use content::CertificateContent;

/// The largest certificate, in bytes. One with an RSA key of 8192 bits and several names has 4 KiB.
pub const MAX_CERTIFICATE: usize = 8 * 1024;
/// The maximum number of certificates that come together: the client's own, and those that lead to the authority.
pub const MAX_CHAIN: usize = 5;
/// The largest size of all certificates that come together, in bytes.
pub const MAX_TOTAL: usize = 16 * 1024;

/// Whether certificates that came together are few and small enough to be looked at.
pub fn is_small<'a, 'der: 'a>(chain: impl IntoIterator<Item = &'a CertificateDer<'der>>) -> bool {
    let (mut count, mut total) = (0, 0);
    chain.into_iter().all(|der| {
        count += 1;
        total += der.len();
        count <= MAX_CHAIN && der.len() <= MAX_CERTIFICATE && total <= MAX_TOTAL
    })
}

/// The certificate that came with a request, and those that came with it. Whether the client has its key was proven in the
/// handshake of TLS; nothing else is verified yet.
#[derive(Debug)]
pub struct ClientCertificate {
    own: CertificateDer<'static>,
    intermediates: Vec<CertificateDer<'static>>,
    thumbprint: Hash,
    content: OnceLock<Result<CertificateContent, OAuthError>>,
}

impl ClientCertificate {
    /// The certificate of a chain, whose first one is the client's own. `None` if the chain is empty.
    ///
    /// # Errors
    /// If a certificate or the chain is too large.
    pub fn new(mut chain: Vec<CertificateDer<'static>>) -> Result<Option<Self>, OAuthError> {
        if !is_small(&chain) {
            return Err(too_large());
        }
        if chain.is_empty() {
            return Ok(None);
        }
        let own = chain.remove(0);
        let thumbprint = Hash::of_bytes(&own);
        Ok(Some(Self { own, intermediates: chain, thumbprint, content: OnceLock::new() }))
    }

    /// The SHA-256 thumbprint in base64url, as in `x5t#S256` (RFC 8705 §3.1).
    pub fn thumbprint(&self) -> String {
        self.thumbprint.to_text()
    }

    /// What a token is bound to that only the holder of this certificate may use (RFC 8705 §3.1).
    pub fn binding(&self) -> Binding {
        Binding::Certificate(self.thumbprint())
    }

    /// What the certificate says, which nothing has verified.
    ///
    /// # Errors
    /// If it is not an X.509 certificate.
    pub fn content(&self) -> Result<&CertificateContent, OAuthError> {
        self.content.get_or_init(|| CertificateContent::read(&self.own)).as_ref().map_err(OAuthError::clone)
    }

    /// A hash of all certificates that came together.
    fn chain_hash(&self) -> Hash {
        let hashes = self.intermediates.iter().map(|der| Hash::of_bytes(der));
        let all: Vec<u8> = std::iter::once(self.thumbprint)
            .chain(hashes)
            .flat_map(|hash| hash.as_bytes().to_vec())
            .collect();
        Hash::of_bytes(&all)
    }
}

/// The error of a certificate, or of a chain, that is larger than any that is looked at.
fn too_large() -> OAuthError {
    Reason::CertificateTooLarge.because(format!(
        "a client certificate has {MAX_CERTIFICATE} bytes at most, and at most {MAX_CHAIN} certificates with {MAX_TOTAL} bytes come \
         together"
    ))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    /// RFC 8705 appendix A.
    const EXAMPLE: &str = "MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAxODEyMzcwOVoXDTIyMDUwMjEyMzcw\
                           OVowDzENMAsGA1UEAwwEbXRsczBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9Oyl\
                           MbnQZjjJ/Au08/coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8wCgYIKoZIzj0EAwIDSQAwRgIhAP0RC1E+vwJD\
                           /D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOVbUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L+SY=";

    pub(super) fn example() -> ClientCertificate {
        let der = STANDARD.decode(EXAMPLE).unwrap();
        ClientCertificate::new(vec![der.into()]).unwrap().unwrap()
    }

    #[test]
    fn the_example_of_rfc_8705_has_its_thumbprint_its_name_and_its_key() {
        let example = example();
        assert_eq!(example.thumbprint(), "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0");
        assert_eq!(
            example.binding().to_stored(),
            r#"{"x5t#S256":"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"}"#
        );
        assert_eq!(example.content().unwrap().names.subject.to_string(), "CN=mtls");
    }

    #[test]
    fn a_chain_has_a_bound() {
        let der = |length: usize| CertificateDer::from(vec![0; length]);
        let refused = |chain| ClientCertificate::new(chain).unwrap_err().reason;
        assert!(ClientCertificate::new(Vec::new()).unwrap().is_none());
        assert!(ClientCertificate::new(vec![der(MAX_CERTIFICATE), der(MAX_TOTAL - MAX_CERTIFICATE)]).is_ok());
        assert_eq!(
            refused(vec![der(MAX_CERTIFICATE), der(MAX_TOTAL - MAX_CERTIFICATE), der(1)]),
            Reason::CertificateTooLarge
        );
        assert_eq!(refused(vec![der(1); MAX_CHAIN + 1]), Reason::CertificateTooLarge);
        assert_eq!(refused(vec![der(1), der(MAX_CERTIFICATE + 1)]), Reason::CertificateTooLarge);
        let broken = ClientCertificate::new(vec![der(3)]).unwrap().unwrap();
        assert_eq!(broken.content().unwrap_err().reason, Reason::CertificateMalformed);
    }
}
