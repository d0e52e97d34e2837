//! The authorities for certificates of clients, from the files that options name. The files are read again when they change.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use quick_cache::sync::Cache;
use rustls::pki_types::CertificateRevocationListDer;
use rustls::pki_types::pem::PemObject as _;
use webpki::{BorrowedCertRevocationList, CertRevocationList};

use super::ClientCertificate;
use super::trust::Trust;
use crate::clock::{Seconds, Timestamp};
use crate::files::{FileError, NamedFile, pem};
use crate::oauth::client::certificate::no_authority;
use crate::oauth::error::OAuthError;
use crate::secret::Hash;

/// The largest file of revoked certificates, in bytes.
const MAX_LISTS: u64 = 32 << 20;
/// For how long a chain that was verified needs no other look, as long as the files stay the same.
const VERIFIED_FOR: Seconds = Seconds::new(60);
/// How many verified chains are remembered.
const CHAINS: usize = 1024;

/// The authorities that sign certificates of clients.
#[derive(Debug)]
pub struct ClientAuthorities {
    files: AuthorityFiles,
    current: RwLock<Arc<CurrentTrust>>,
    /// Why the files could not be used when they were last read.
    problem: Mutex<Option<FileError>>,
    /// When a chain was verified last, and by which files.
    verified: Cache<Hash, (Hash, Timestamp)>,
}

/// The files of the authorities. An empty path names no file.
#[derive(Clone, Debug)]
pub struct AuthorityFiles {
    pub authorities: PathBuf,
    pub revoked: PathBuf,
}

#[derive(Debug)]
struct CurrentTrust {
    digest: Hash,
    /// `None` if no file is named.
    trust: Option<Trust>,
}

impl ClientAuthorities {
    /// Reads the files.
    ///
    /// # Errors
    /// If a file cannot be used.
    pub fn load(files: AuthorityFiles) -> Result<Self, FileError> {
        let current = RwLock::new(Arc::new(files.read()?));
        Ok(Self { files, current, problem: Mutex::default(), verified: Cache::new(CHAINS) })
    }

    /// Whether there are files to read again.
    pub fn has_files(&self) -> bool {
        !self.files.authorities.as_os_str().is_empty()
    }

    /// Reads the files again; if they cannot be used, the current authorities stay.
    pub fn refresh(&self) {
        let read = self.files.read();
        let is_known = self.is_known(read.as_ref().err());
        match (read, self.current.write()) {
            (Ok(read), Ok(mut current)) if read.digest != current.digest => {
                *current = Arc::new(read);
                tracing::info!("the authorities for client certificates were replaced");
            }
            (Ok(_), _) if !is_known => {
                tracing::info!("the files of the authorities for client certificates can be used again");
            }
            (Err(error), _) if !is_known => {
                tracing::warn!("the former authorities for client certificates stay in use: {error}");
            }
            _ => {}
        }
    }

    /// Remembers the outcome of a read. Returns whether the one before was the same.
    fn is_known(&self, problem: Option<&FileError>) -> bool {
        let mut known = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = known.as_ref() == problem;
        *known = problem.cloned();
        is_known
    }

    /// Checks that an authority has signed the certificate for clients, and that it is valid now (RFC 8705 §2.1). A chain
    /// that was verified within the last minute is not verified again, except for the times and the usage of the client's own
    /// certificate.
    ///
    /// # Errors
    /// If it is not signed by an authority, has expired, is not valid yet, is meant for something else, or was revoked.
    pub fn verify(&self, certificate: &ClientCertificate, now: Timestamp) -> Result<(), OAuthError> {
        certificate.content()?.check(now)?;
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(trust) = &current.trust else {
            return Err(no_authority());
        };
        let chain = certificate.chain_hash();
        let is_verified = |(digest, at): (Hash, Timestamp)| {
            digest == current.digest && at <= now && now - at < VERIFIED_FOR
        };
        if self.verified.get(&chain).is_some_and(is_verified) {
            return Ok(());
        }
        trust.verify(certificate, now)?;
        self.verified.insert(chain, (current.digest, now));
        Ok(())
    }
}

/// Checks the file of the authorities.
///
/// # Errors
/// If it cannot be used.
pub fn check_authorities(file: &NamedFile<'_>) -> Result<(), FileError> {
    let ders = pem::authorities(file)?;
    Trust::new(&ders, Vec::new()).map(drop).ok_or_else(|| file.wrong(pem::NO_X509))
}

/// Checks the file of the revoked certificates.
///
/// # Errors
/// If it cannot be used.
pub fn check_revoked(file: &NamedFile<'_>) -> Result<(), FileError> {
    read_lists(file, &file.bytes(MAX_LISTS)?).map(drop)
}

impl AuthorityFiles {
    fn read(&self) -> Result<CurrentTrust, FileError> {
        if self.authorities.as_os_str().is_empty() {
            return Ok(CurrentTrust { digest: Hash::of(""), trust: None });
        }
        let file = NamedFile::new("tls.client_ca", &self.authorities);
        let ders = pem::authorities(&file)?;
        let mut digests: Vec<u8> =
            ders.iter().flat_map(|der| Hash::of_bytes(der).as_bytes().to_vec()).collect();
        let mut lists = Vec::new();
        if !self.revoked.as_os_str().is_empty() {
            let file = NamedFile::new("tls.client_crl", &self.revoked);
            let bytes = file.bytes(MAX_LISTS)?;
            digests.extend_from_slice(Hash::of_bytes(&bytes).as_bytes());
            lists = read_lists(&file, &bytes)?;
        }
        let trust = Trust::new(&ders, lists).ok_or_else(|| file.wrong(pem::NO_X509))?;
        Ok(CurrentTrust { digest: Hash::of_bytes(&digests), trust: Some(trust) })
    }
}

/// The lists of a file; at least one.
fn read_lists(file: &NamedFile<'_>, bytes: &[u8]) -> Result<Vec<CertRevocationList<'static>>, FileError> {
    const NO_LIST: &str = "it has no list of revoked certificates in PEM, between -----BEGIN X509 CRL----- and its end; openssl crl \
                           -inform der makes PEM from DER";
    let ders: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(bytes).collect();
    let ders = ders.map_err(|error| file.wrong(pem::reason(&error)))?;
    if ders.is_empty() {
        return Err(file.wrong(NO_LIST));
    }
    let read = |der: &CertificateRevocationListDer<'_>| {
        let list = BorrowedCertRevocationList::from_der(der).and_then(|list| list.to_owned());
        list.map(CertRevocationList::from).map_err(|_| {
            file.wrong(
                "a list of revoked certificates in it is not a complete one of version 2 (RFC 5280 §5); a delta list or an indirect \
                 one cannot be used",
            )
        })
    };
    ders.iter().map(read).collect()
}
