//! Certificates and keys in PEM (RFC 7468).
//!
//! The parser's errors contain lines of the file, which may be a whole key. So this module has sentences of its own.

use rustls::RootCertStore;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{FileError, NamedFile};

/// The largest file, in bytes; the certificate authorities of a machine take a quarter of a MiB.
const MAX_SIZE: u64 = 4 << 20;

/// What is wrong with a certificate that cannot be read.
pub const NO_X509: &str = "a certificate in it is not one of X.509";

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";

/// The certificates of a file, in their order; at least one.
///
/// # Errors
/// If the file cannot be read, or has no certificate in PEM.
pub fn certificates(file: &NamedFile<'_>) -> Result<Vec<CertificateDer<'static>>, FileError> {
    let bytes = file.bytes(MAX_SIZE)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let found = found.map_err(|error| file.wrong(sentence(&error, &bytes)))?;
    if found.is_empty() { Err(file.wrong(missing(&bytes, Wanted::Certificate))) } else { Ok(found) }
}

/// The certificates of a file, as authorities that the server trusts; at least one.
///
/// # Errors
/// As [`certificates`], and if one of them cannot be read.
pub fn authorities(file: &NamedFile<'_>) -> Result<Vec<CertificateDer<'static>>, FileError> {
    let found = certificates(file)?;
    let mut store = RootCertStore::empty();
    match found.iter().all(|der| store.add(der.clone()).is_ok()) {
        true => Ok(found),
        false => Err(file.wrong(NO_X509)),
    }
}

/// The first private key of a file.
///
/// # Errors
/// If the file cannot be read, or has no key in PEM without a passphrase.
pub fn private_key(file: &NamedFile<'_>) -> Result<PrivateKeyDer<'static>, FileError> {
    let bytes = file.bytes(MAX_SIZE)?;
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|error| match error {
        pem::Error::NoItemsFound => file.wrong(missing(&bytes, Wanted::Key)),
        error => file.wrong(sentence(&error, &bytes)),
    })
}

/// What is wrong with a file that another library has read as PEM; a sentence without anything from the file.
pub fn reason(error: &pem::Error) -> &'static str {
    match error {
        pem::Error::IllegalSectionStart { .. } => {
            "its line ends are lost: -----BEGIN …----- must be a line of its own"
        }
        pem::Error::MissingSectionEnd { .. } => "it is cut off: the line -----END …----- is missing",
        pem::Error::Base64Decode(_) => "what is between -----BEGIN …----- and -----END …----- is not base64",
        _ => "it is not PEM with what is expected in it",
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Certificate,
    Key,
}

fn sentence(error: &pem::Error, bytes: &[u8]) -> &'static str {
    match error {
        pem::Error::MissingSectionEnd { .. } if has(bytes, END) => {
            "its line ends are lost: -----END …----- must be a line of its own"
        }
        error => reason(error),
    }
}

/// Why a file does not contain what is wanted, although the parser found no mistake in it.
fn missing(bytes: &[u8], wanted: Wanted) -> &'static str {
    match wanted {
        _ if bytes.iter().all(u8::is_ascii_whitespace) => "it is empty",
        // The tag and the long length of a SEQUENCE.
        _ if bytes.starts_with(&[0x30, 0x82]) || bytes.starts_with(&[0x30, 0x81]) => {
            "it is DER, and must be PEM, which openssl makes from it with -inform der"
        }
        _ if !has(bytes, BEGIN) => "it is not PEM: there is no line -----BEGIN …-----",
        Wanted::Key if has(bytes, b"ENCRYPTED") => {
            "the key in it has a passphrase; openssl pkey -in FILE writes it without one"
        }
        Wanted::Key if has(bytes, b"CERTIFICATE") => "it has a certificate in it, and no private key",
        Wanted::Key => "it has no private key in it",
        Wanted::Certificate if has(bytes, b"PRIVATE KEY") => "it has a private key in it, and no certificate",
        Wanted::Certificate => "it has no certificate in it",
    }
}

fn has(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sentences about a file as a key and as a certificate.
    fn sentences(text: &[u8]) -> [String; 2] {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let named = NamedFile::new("FILE", file.path());
        let errors = [private_key(&named).unwrap_err(), certificates(&named).unwrap_err()];
        errors.map(|error| error.to_string().split_once(" cannot be used: ").unwrap().1.to_owned())
    }

    #[test]
    fn every_mistake_in_pem_has_its_sentence() {
        let pem = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
        let key = pem("PRIVATE KEY");
        for (text, part) in [
            (key.replace('\n', ""), "its line ends are lost"),
            (key.replace('\n', " "), "its line ends are lost"),
            (key.replace('\n', "\\n"), "its line ends are lost"),
            (key.replacen('\n', "", 1), "its line ends are lost"),
            (key.replace("\n-----END", "-----END"), "its line ends are lost"),
            (key.replace("-----END PRIVATE KEY-----", ""), "it is cut off"),
            (key.replace("AAAA", "!"), "is not base64"),
            (String::new(), "it is empty"),
            ("\n".into(), "it is empty"),
            ("AAAA".into(), "it is not PEM"),
        ] {
            for sentence in sentences(text.as_bytes()) {
                assert!(sentence.contains(part), "{text:?}: {sentence}");
            }
        }
        for sentence in sentences(&[0x30, 0x82, 1, 2]) {
            assert!(sentence.contains("it is DER"), "{sentence}");
        }
        for (label, place, part) in [
            ("ENCRYPTED PRIVATE KEY", 0, "has a passphrase"),
            ("X509 CRL", 0, "no private key"),
            ("X509 CRL", 1, "no certificate"),
        ] {
            let sentence = &sentences(pem(label).as_bytes())[place];
            assert!(sentence.contains(part), "{label}: {sentence}");
        }
    }
}
