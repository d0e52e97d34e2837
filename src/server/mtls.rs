//! The listener that asks clients for certificates (RFC 8705).
//!
//! TLS only proves that a client has the key of its certificate. Who has signed the certificate is decided for each request,
//! because clients may be registered with certificates that no authority has signed.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme,
};

use super::tls::{self, Certificates};
use crate::failure::Failure;
use crate::x509;

/// TLS as at the other listeners, with a request for the client's certificate, which a client need not have.
pub(super) fn config(certificates: Arc<Certificates>) -> Result<ServerConfig, Failure> {
    let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
    tls::config_with(certificates, |builder| {
        builder.with_client_cert_verifier(Arc::new(AnyCertificate(algorithms)))
    })
}

/// Accepts every certificate of a bounded size whose key has signed the handshake.
#[derive(Debug)]
struct AnyCertificate(WebPkiSupportedAlgorithms);

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    /// No authority is named, so that clients also show certificates that no authority has signed.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    /// A connection keeps the certificates as long as it is open, so their size has a bound.
    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        match x509::is_small(std::iter::once(end_entity).chain(intermediates)) {
            true => Ok(ClientCertVerified::assertion()),
            false => Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
