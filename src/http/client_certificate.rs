//! Where the certificate of a client comes from: the connection, or the header of a proxy that is trusted for it.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::HeaderValue;

use super::untrusted_peers::UntrustedPeers;
use crate::config::Tls;
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;
use crate::x509::ClientCertificate;
use crate::x509::header::HeaderForm;

/// The source of a request's certificate. Nothing of a header is read before it is needed.
#[derive(Debug)]
pub(super) enum CertificateSource {
    Nothing,
    Connection(Arc<ClientCertificate>),
    Header(HeaderForm, HeaderValue),
    /// The header is there more than once.
    Repeated,
}

/// The source of a request's certificate. The header counts from trusted proxies alone; and from them nothing else counts,
/// because the certificate of their own connection is not the client's.
pub(super) fn source(request: &HttpRequest, tls: &Tls, untrusted: &UntrustedPeers) -> CertificateSource {
    if let Some(name) = &tls.client_certificate_header {
        let mut values = request.headers().get_all(name.as_str());
        match (is_from_proxy(request, tls), values.next(), values.next()) {
            (true, None, _) => return CertificateSource::Nothing,
            (true, Some(value), None) => {
                return CertificateSource::Header(tls.client_certificate_form(), value.clone());
            }
            (true, Some(_), Some(_)) => return CertificateSource::Repeated,
            (false, Some(_), _) => {
                if let Some(peer) = peer(request) {
                    untrusted.note_certificate(peer, name);
                }
            }
            (false, None, _) => {}
        }
    }
    if tls.mtls_listen.is_none() {
        return CertificateSource::Nothing;
    }
    let of_connection = request.conn_data::<Arc<ClientCertificate>>();
    of_connection.cloned().map_or(CertificateSource::Nothing, CertificateSource::Connection)
}

/// Whether a proxy has sent the request that is trusted for the header with the certificate.
pub(super) fn is_from_proxy(request: &HttpRequest, tls: &Tls) -> bool {
    let is_trusted = |peer| tls.client_certificate_proxies.have(peer);
    tls.client_certificate_header.is_some() && peer(request).is_some_and(is_trusted)
}

fn peer(request: &HttpRequest) -> Option<IpAddr> {
    request.peer_addr().map(|peer| peer.ip().to_canonical())
}

impl CertificateSource {
    /// The certificate. `None` if the request came without one.
    ///
    /// # Errors
    /// If the header cannot be read, or has more than one client's certificate.
    pub(super) fn read(&self) -> Result<Option<Arc<ClientCertificate>>, OAuthError> {
        match self {
            Self::Nothing => Ok(None),
            Self::Connection(certificate) => Ok(Some(certificate.clone())),
            Self::Header(form, value) => {
                Ok(ClientCertificate::new(form.read(value.as_bytes())?)?.map(Arc::new))
            }
            Self::Repeated => Err(Reason::CertificateRepeated
                .because("the request has the header with the client certificate more than once")),
        }
    }
}
