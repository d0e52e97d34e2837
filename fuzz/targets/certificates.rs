//! Certificates of clients, and the headers and files that they come in.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use grantor::clock::Timestamp;
use grantor::files::NamedFile;
use grantor::files::pem::PemFile;
use grantor::oauth::client::certificate::DistinguishedName;
use grantor::oauth::client::certificate::RegisteredSubject;
use grantor::x509::ClientCertificate;
use grantor::x509::header::HeaderForm;
use grantor::x509::registered::RegisteredCertificates;
use grantor::x509::{MAX_CERTIFICATE, MAX_CHAIN};
use rustls::pki_types::CertificateDer;
use serde_json::json;
use zeroize::Zeroizing;

use super::{check_keeps_secret, check_refusal, check_sentence, text, two};

/// A certificate in DER, or in base64.
pub(super) fn certificate(input: &[u8]) {
    let der =
        text(input).and_then(|text| STANDARD.decode(text.trim()).ok()).unwrap_or_else(|| input.to_vec());
    let certificate = match ClientCertificate::new(vec![CertificateDer::from(der.clone())]) {
        Ok(certificate) => certificate.expect("one"),
        Err(error) => {
            assert!(der.len() > MAX_CERTIFICATE);
            return check_refusal(&error);
        }
    };
    let key = json!({ "kty": "RSA", "x5t#S256": certificate.thumbprint() });
    let set = json!({ "keys": [key] }).to_string();
    assert!(RegisteredCertificates::read(&set).have(&certificate));
    let content = match certificate.content() {
        Ok(content) => content,
        Err(error) => return check_refusal(&error),
    };
    for now in [0, 1_600_000_000, i64::from(u32::MAX)] {
        let _ = content.check(Timestamp::from_unix(now)).map_err(|error| check_refusal(&error));
    }
    let names = &content.names;
    // The operator copies a name from what the server shows.
    let shown = names.subject.to_string();
    if !shown.is_empty()
        && let Ok(subject) = RegisteredSubject::parse("tls_client_auth_subject_dn", &shown)
    {
        assert!(subject.is_among(names), "{shown}");
    }
    for (member, shown) in names
        .dns
        .iter()
        .map(|name| ("tls_client_auth_san_dns", name))
        .chain(names.uris.iter().map(|name| ("tls_client_auth_san_uri", name)))
    {
        if let Ok(subject) = RegisteredSubject::parse(member, shown) {
            assert!(subject.is_among(names), "{shown}");
        }
    }
}

/// The header of a proxy: its form is the first line.
pub(super) fn header(input: &[u8]) {
    let Some((form, value)) = two(input) else { return };
    let form = match form {
        "rfc9440" => HeaderForm::Rfc9440,
        "pem" => HeaderForm::Pem,
        "der" => HeaderForm::Der,
        "xfcc" => HeaderForm::Xfcc,
        _ => return,
    };
    match form.read(value.as_bytes()) {
        Ok(chain) => {
            assert!(
                chain.len() <= MAX_CHAIN && chain.iter().map(|der| der.len()).sum::<usize>() <= value.len()
            );
            assert!(chain.len() <= 1 || matches!(form, HeaderForm::Pem | HeaderForm::Xfcc));
            if let [der] = chain.as_slice() {
                let again = HeaderForm::Rfc9440.read(format!(":{}:", STANDARD.encode(der)).as_bytes());
                assert_eq!(
                    again.as_ref().map(Vec::as_slice),
                    Ok(if der.is_empty() { &chain[..0] } else { &chain[..] })
                );
            }
            let _ = ClientCertificate::new(chain).map_err(|error| check_refusal(&error));
        }
        Err(error) => check_refusal(&error),
    }
}

/// A distinguished name as text, and another one in the next line.
pub(super) fn distinguished_name(input: &[u8]) {
    let Some((one, other)) = two(input) else { return };
    let name = match DistinguishedName::parse(one) {
        Ok(name) => name,
        Err(sentence) => return check_sentence(sentence),
    };
    assert!(one.len() <= 2048 && name.means(&name), "{one}");
    let written = name.to_string();
    if written.len() <= 2048 {
        let again = DistinguishedName::parse(&written).expect("what was written");
        assert!(again.means(&name) && again.to_string() == written, "{written}");
    }
    if let Ok(other) = DistinguishedName::parse(other) {
        assert_eq!(name.means(&other), other.means(&name));
    }
}

/// A file in PEM.
pub(super) fn pem(input: &[u8]) {
    let file = NamedFile::new("tls.key", Path::new("key.pem"));
    let read = PemFile::of(file, Zeroizing::new(input.to_vec()));
    match read.certificates() {
        Ok(found) => {
            assert!(!found.is_empty() && found.iter().map(|der| der.len()).sum::<usize>() <= input.len());
        }
        Err(error) => {
            check_sentence(&error.to_string());
            check_keeps_secret(&format!("{error} {error:?}"));
        }
    }
    if let Err(error) = read.private_key() {
        check_sentence(&error.to_string());
        check_keeps_secret(&format!("{error} {error:?}"));
    }
}
