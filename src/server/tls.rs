//! TLS by rustls. The certificate is read again when its files change, without a restart.

use std::path::PathBuf;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::config;
use crate::failure::Failure;
use crate::secret::Hash;

/// How often the files are checked.
const POLL_INTERVAL: Duration = Duration::from_secs(10);

/// The current certificate, and the files that it comes from.
#[derive(Debug)]
pub(super) struct Certificates {
    options: config::Tls,
    current: RwLock<CurrentCertificate>,
}

#[derive(Debug)]
struct CurrentCertificate {
    digest: Hash,
    pair: Arc<CertifiedKey>,
}

impl Certificates {
    /// Reads both files, and continues to check them as long as the server runs.
    pub(super) fn load(options: &config::Tls) -> Result<Arc<Self>, Failure> {
        let current = read(options)?;
        let certificates = Arc::new(Self { options: options.clone(), current: RwLock::new(current) });
        actix_web::rt::spawn(watch(certificates.clone()));
        Ok(certificates)
    }

    /// Reads the files again; if the pair cannot be used, the current one stays.
    fn refresh(&self) {
        match (read(&self.options), self.current.write()) {
            (Ok(read), Ok(mut current)) if read.digest != current.digest => {
                *current = read;
                tracing::info!("the certificate was replaced");
            }
            (Err(failure), _) => tracing::warn!("the former certificate stays in force: {failure}"),
            _ => {}
        }
    }
}

async fn watch(certificates: Arc<Certificates>) {
    let mut look = tokio::time::interval(POLL_INTERVAL);
    #[cfg(unix)]
    let mut hung_up = {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(signal) = signal(SignalKind::hangup()) else { return };
        signal
    };
    loop {
        #[cfg(unix)]
        tokio::select! { _ = look.tick() => {}, _ = hung_up.recv() => {} }
        #[cfg(not(unix))]
        look.tick().await;
        certificates.refresh();
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.current.read().ok().map(|current| current.pair.clone())
    }
}

/// TLS 1.2 and 1.3 with aws-lc-rs.
pub(super) fn config(certificates: Arc<Certificates>) -> Result<ServerConfig, Failure> {
    let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::Internal(format!("TLS: {error}")))?;
    let mut config = builder.with_no_client_auth().with_cert_resolver(certificates);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn read(options: &config::Tls) -> Result<CurrentCertificate, Failure> {
    let config::Tls { certificate, key } = options;
    let wrong = |path: &PathBuf, error: &dyn std::fmt::Display| {
        Failure::Internal(format!("{} cannot be used: {error}", path.display()))
    };
    let chain: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(certificate).map_err(|error| wrong(certificate, &error))?.collect();
    let chain = chain.map_err(|error| wrong(certificate, &error))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| wrong(key, &error))?;
    let digest = Hash::of_bytes(&chain.iter().flat_map(|der| der.iter().copied()).collect::<Vec<u8>>());
    let pair = CertifiedKey::from_der(chain, secret, &aws_lc_rs::default_provider());
    Ok(CurrentCertificate { digest, pair: Arc::new(pair.map_err(|error| wrong(certificate, &error))?) })
}
