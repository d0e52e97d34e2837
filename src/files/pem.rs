//! Certificates and keys in PEM (RFC 7468).
//!
//! The parser's errors contain lines of the file, which may be a whole key. So this module has sentences of its own.

use rustls::RootCertStore;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use zeroize::Zeroizing;

use super::{FileError, NamedFile, without_mark};

/// The largest file, in bytes; the certificate authorities of a machine take a quarter of a MiB.
const MAX_SIZE: u64 = 4 << 20;

/// What is wrong with a certificate that cannot be read.
pub const NO_X509: &str = "a certificate in it is not X.509 version 3, which openssl x509 -req makes with -extfile and a \
                           subjectAltName in that file";

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";

/// The certificates of a file, in their order; at least one.
///
/// # Errors
/// If the file cannot be read, or has no certificate in PEM.
pub fn certificates(file: &NamedFile<'_>) -> Result<Vec<CertificateDer<'static>>, FileError> {
    PemFile::read(*file)?.certificates()
}

/// The certificates of a file, as authorities that the server trusts; at least one.
///
/// # Errors
/// Those of [`certificates`], and if one of them cannot be read.
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
    PemFile::read(*file)?.private_key()
}

/// A file that was read once, and in which several things may be looked for.
pub struct PemFile<'a> {
    file: NamedFile<'a>,
    bytes: Zeroizing<Vec<u8>>,
}

impl<'a> PemFile<'a> {
    /// Reads a file.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn read(file: NamedFile<'a>) -> Result<Self, FileError> {
        Ok(Self::of(file, file.bytes(MAX_SIZE)?))
    }

    /// A file with this content, which has been read already.
    pub fn of(file: NamedFile<'a>, bytes: Zeroizing<Vec<u8>>) -> Self {
        // The parser would not see the section after a byte order mark.
        let bytes = match without_mark(&bytes) {
            content if content.len() < bytes.len() => Zeroizing::new(content.to_vec()),
            _ => bytes,
        };
        Self { file, bytes }
    }

    /// The certificates, in their order; at least one.
    ///
    /// # Errors
    /// If the file has no certificate in PEM.
    pub fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, FileError> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.bytes).collect();
        let found = found.map_err(|error| self.file.wrong(sentence(&error, &self.bytes)))?;
        match found.is_empty() {
            true => Err(self.file.wrong(missing(&self.bytes, Wanted::Certificate))),
            false => Ok(found),
        }
    }

    /// The first private key.
    ///
    /// # Errors
    /// If the file has no key in PEM without a passphrase.
    pub fn private_key(&self) -> Result<PrivateKeyDer<'static>, FileError> {
        PrivateKeyDer::from_pem_slice(&self.bytes).map_err(|error| match error {
            pem::Error::NoItemsFound => self.file.wrong(missing(&self.bytes, Wanted::Key)),
            error => self.file.wrong(sentence(&error, &self.bytes)),
        })
    }
}

/// Checks that a file does not begin with a byte order mark, for files that the driver of the database reads: it does not
/// see the section after the mark.
///
/// # Errors
/// If the file cannot be read, or begins with the mark.
pub fn check_beginning(file: &NamedFile<'_>) -> Result<(), FileError> {
    let bytes = file.bytes(MAX_SIZE)?;
    match without_mark(&bytes).len() < bytes.len() {
        true => Err(file.wrong("it begins with a byte order mark; save it as UTF-8 without one")),
        false => Ok(()),
    }
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
        // The older form, which has its headers between the lines BEGIN and END (RFC 1421).
        pem::Error::Base64Decode(_) if has(bytes, b"ENCRYPTED") => PASSPHRASE,
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
        _ if is_pkcs12(bytes) => {
            "it is PKCS #12 (.p12, .pfx), and must be PEM, which openssl pkcs12 -nodes -in FILE makes from it"
        }
        _ if is_der(bytes) => "it is DER, and must be PEM, which openssl makes from it with -inform der",
        _ if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) => super::not_utf8(bytes),
        _ if !has(bytes, BEGIN) => "it is not PEM: there is no line -----BEGIN …-----",
        Wanted::Key if has(bytes, b"ENCRYPTED") => PASSPHRASE,
        Wanted::Key if has(bytes, b"BEGIN OPENSSH") => {
            "it is a key for OpenSSH, which TLS cannot use; make one with openssl genpkey"
        }
        Wanted::Key if has(bytes, b"CERTIFICATE REQUEST") => {
            "it has a certificate request in it, and no private key"
        }
        Wanted::Key if has(bytes, b"CERTIFICATE") => "it has a certificate in it, and no private key",
        Wanted::Key => "it has no private key in it",
        Wanted::Certificate if has(bytes, b"PRIVATE KEY") => "it has a private key in it, and no certificate",
        Wanted::Certificate if has(bytes, b"CERTIFICATE REQUEST") => {
            "it has a certificate request in it, and no certificate: the authority that signs it makes the certificate"
        }
        Wanted::Certificate => "it has no certificate in it",
    }
}

const PASSPHRASE: &str = "the key in it has a passphrase; openssl pkey -in FILE writes it without one";

/// Whether the bytes are one SEQUENCE in DER (X.690): its tag, and the length of exactly the rest.
fn is_der(bytes: &[u8]) -> bool {
    content_of_sequence(bytes).is_some()
}

/// Whether the bytes are a PFX, which is a SEQUENCE that begins with the INTEGER 3 (RFC 7292 §4).
fn is_pkcs12(bytes: &[u8]) -> bool {
    content_of_sequence(bytes).is_some_and(|content| content.starts_with(&[0x02, 0x01, 0x03]))
}

fn content_of_sequence(bytes: &[u8]) -> Option<&[u8]> {
    let (length, content) = match bytes.strip_prefix(&[0x30])? {
        [short @ 0..=0x7f, content @ ..] => (usize::from(*short), content),
        [long @ 0x81..=0x84, rest @ ..] => {
            let (digits, content) = rest.split_at_checked(usize::from(long & 0x7f))?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), content)
        }
        _ => return None,
    };
    (length == content.len()).then_some(content)
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
        for (bytes, part) in [
            (&[0x30, 0x03, 0x02, 0x01, 0x00][..], "it is DER"),
            (&[0x30, 0x82, 0, 3, 0x02, 0x01, 0x00], "it is DER"),
            (&[0x30, 0x03, 0x02, 0x01, 0x03], "it is PKCS #12"),
            (b"\xff\xfe-\0", "it is text in UTF-16"),
        ] {
            for sentence in sentences(bytes) {
                assert!(sentence.contains(part), "{sentence}");
            }
        }
        let older = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA";
        let older = pem("RSA PRIVATE KEY").replace("AAAA", older);
        assert!(sentences(older.as_bytes())[0].contains("has a passphrase"));
        for (label, place, part) in [
            ("ENCRYPTED PRIVATE KEY", 0, "has a passphrase"),
            ("OPENSSH PRIVATE KEY", 0, "a key for OpenSSH"),
            ("OPENSSH PRIVATE KEY", 1, "a private key in it, and no certificate"),
            ("CERTIFICATE REQUEST", 0, "a certificate request in it, and no private key"),
            ("CERTIFICATE REQUEST", 1, "a certificate request in it, and no certificate"),
            ("X509 CRL", 0, "no private key"),
            ("X509 CRL", 1, "no certificate"),
        ] {
            let sentence = &sentences(pem(label).as_bytes())[place];
            assert!(sentence.contains(part), "{label}: {sentence}");
        }
    }

    #[test]
    fn a_byte_order_mark_before_pem_is_dropped() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let named = NamedFile::new("FILE", file.path());
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(file.path(), format!("\u{feff}{}", made.cert.pem())).unwrap();
        assert_eq!(certificates(&named).unwrap().len(), 1);
        assert!(check_beginning(&named).unwrap_err().to_string().contains("a byte order mark"));
        std::fs::write(file.path(), format!("\u{feff}{}", made.signing_key.serialize_pem())).unwrap();
        assert!(private_key(&named).is_ok());
        std::fs::write(file.path(), made.signing_key.serialize_pem()).unwrap();
        assert!(check_beginning(&named).is_ok());
    }
}
