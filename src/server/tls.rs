//! TLS by rustls. The certificate is read again when its files change, without a restart.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, WantsServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ConfigBuilder, ServerConfig, WantsVerifier};

use crate::config;
use crate::failure::Failure;
use crate::files::pem::{self, PemFile};
use crate::files::{FileError, NamedFile};
use crate::secret::Hash;

/// How often the files are checked.
const POLL_INTERVAL: Duration = Duration::from_secs(10);

/// The current certificate, and the files that it comes from.
#[derive(Debug)]
pub(super) struct Certificates {
    options: config::Tls,
    current: RwLock<CurrentCertificate>,
    /// Why the files could not be used when they were last checked.
    problem: Mutex<Option<FileError>>,
}

#[derive(Debug)]
struct CurrentCertificate {
    digest: Hash,
    pair: Arc<CertifiedKey>,
}

impl Certificates {
    /// Reads both files.
    pub(super) fn load(options: &config::Tls) -> Result<Arc<Self>, FileError> {
        let current = read(options)?;
        let (current, problem) = (RwLock::new(current), Mutex::default());
        Ok(Arc::new(Self { options: options.clone(), current, problem }))
    }

    /// Reads the files again; if the pair cannot be used, the current one stays.
    pub(super) fn refresh(&self) {
        let read = read(&self.options).map_err(FileError::from);
        let is_known = self.is_known(read.as_ref().err());
        match (read, self.current.write()) {
            (Ok(read), Ok(mut current)) if read.digest != current.digest => {
                *current = read;
                tracing::info!("the certificate was replaced");
            }
            (Ok(_), _) if !is_known => tracing::info!("the files of the certificate can be used again"),
            (Err(_), _) if is_known => tracing::debug!("the files of the certificate still cannot be used"),
            (Err(error), _) => tracing::warn!("the former certificate stays in use: {error}"),
            _ => {}
        }
    }

    /// Remembers the outcome of a check. Returns whether the check before had the same one, so that the log says it
    /// once and not every [`POLL_INTERVAL`].
    fn is_known(&self, problem: Option<&FileError>) -> bool {
        let mut known = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = known.as_ref() == problem;
        *known = problem.cloned();
        is_known
    }
}

/// Reads files again and again, as long as the server runs, and at once on SIGHUP.
pub(super) async fn watch(refresh: impl Fn()) {
    // The server has just read them.
    let first = tokio::time::Instant::now() + POLL_INTERVAL;
    let mut look = tokio::time::interval_at(first, POLL_INTERVAL);
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
        refresh();
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.current.read().ok().map(|current| current.pair.clone())
    }
}

/// TLS 1.2 and 1.3 with aws-lc-rs, without certificates of clients.
pub(super) fn config(certificates: Arc<Certificates>) -> Result<ServerConfig, Failure> {
    config_with(certificates, |builder| builder.with_no_client_auth())
}

/// Makes the configuration as [`config`] does, with what `ask` says about certificates of clients.
pub(super) fn config_with(
    certificates: Arc<Certificates>,
    ask: impl FnOnce(ConfigBuilder<ServerConfig, WantsVerifier>) -> ConfigBuilder<ServerConfig, WantsServerCert>,
) -> Result<ServerConfig, Failure> {
    let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::Internal(format!("TLS: {error}")))?;
    let mut config = ask(builder).with_cert_resolver(certificates);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// What is wrong with the files of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes {
    first: FileError,
    /// The mistake of the key, if each file has one of its own.
    of_key: Option<Box<FileError>>,
}

impl Mistakes {
    /// Each mistake; at least one.
    pub fn all(&self) -> impl Iterator<Item = &FileError> {
        std::iter::once(&self.first).chain(self.of_key.as_deref())
    }
}

impl From<Mistakes> for FileError {
    /// The first mistake.
    fn from(mistakes: Mistakes) -> Self {
        mistakes.first
    }
}

/// Checks the certificate and its key. Each file is read once.
///
/// # Errors
/// If the files cannot be read, or do not belong together.
pub fn check(options: &config::Tls) -> Result<(), Mistakes> {
    read(options).map(drop)
}

fn read(options: &config::Tls) -> Result<CurrentCertificate, Mistakes> {
    let certificate = NamedFile::new("tls.certificate", &options.certificate);
    let key = NamedFile::new("tls.key", &options.key);
    let files = (PemFile::read(certificate), PemFile::read(key));
    let chain = files.0.as_ref().map_err(FileError::clone).and_then(PemFile::certificates);
    let secret = files.1.as_ref().map_err(FileError::clone).and_then(PemFile::private_key);
    let only = |first| Mistakes { first, of_key: None };
    match (chain, secret) {
        (Ok(chain), Ok(secret)) => pair((certificate, chain), (key, secret)).map_err(only),
        (Ok(_), Err(of_key)) => Err(only(of_key)),
        (Err(_), _) if are_swapped(&files) => Err(only(
            certificate.wrong("it is the private key, and tls.key is the certificate: swap the two"),
        )),
        (Err(first), secret) => Err(Mistakes { first, of_key: secret.err().map(Box::new) }),
    }
}

/// Whether a certificate's file without a certificate and the key's file are in each other's place.
fn are_swapped(files: &(Result<PemFile<'_>, FileError>, Result<PemFile<'_>, FileError>)) -> bool {
    let (Ok(certificate), Ok(key)) = files else { return false };
    certificate.private_key().is_ok() && key.certificates().is_ok()
}

/// The certificate with its key, for TLS.
fn pair(
    (certificate, chain): (NamedFile<'_>, Vec<CertificateDer<'static>>),
    (key, secret): (NamedFile<'_>, PrivateKeyDer<'static>),
) -> Result<CurrentCertificate, FileError> {
    let place = place_of(&chain, &secret);
    let digest = Hash::of_bytes(&chain.iter().flat_map(|der| der.iter().copied()).collect::<Vec<u8>>());
    // The reason is a sentence of this file, because an error of a library may repeat what is in the files.
    let pair = CertifiedKey::from_der(chain, secret, &aws_lc_rs::default_provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => certificate.wrong(match place {
            Some(_) => {
                "its certificates are in the wrong order: the server's own, which belongs to tls.key, comes first, then \
                 those that signed it"
            }
            None => {
                "no certificate in it belongs to tls.key; name the certificate that was made for this key, or make a new \
                 one for it"
            }
        }),
        rustls::Error::InvalidCertificate(_) => certificate.wrong(pem::NO_X509),
        _ => key.wrong("the key in it is not an RSA, ECDSA or Ed25519 key that TLS can use"),
    })?;
    Ok(CurrentCertificate { digest, pair: Arc::new(pair) })
}

/// The place in the chain of the certificate that belongs to a key; `None` if none belongs to it.
fn place_of(chain: &[CertificateDer<'static>], secret: &PrivateKeyDer<'static>) -> Option<usize> {
    let provider = aws_lc_rs::default_provider();
    chain
        .iter()
        .position(|own| CertifiedKey::from_der(vec![own.clone()], secret.clone_key(), &provider).is_ok())
}
