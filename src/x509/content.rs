//! What a certificate says: names, times, usage and key. Nothing of it is verified here.

use std::net::IpAddr;

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

use super::registered::PublicKey;
use crate::clock::Timestamp;
use crate::oauth::client::certificate::attribute::{AttributeType, AttributeValue};
use crate::oauth::client::certificate::distinguished_name::NameAttribute;
use crate::oauth::client::certificate::{CertificateNames, DistinguishedName};
use crate::oauth::detail::{Detail, DetailSubject};
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;

/// The content of a certificate.
#[derive(Debug)]
pub struct CertificateContent {
    pub names: CertificateNames,
    begins: Timestamp,
    ends: Timestamp,
    /// Whether its key may sign, and so prove who a client is (RFC 5280 §4.2.1.3 and §4.2.1.12).
    is_for_clients: bool,
    /// `None` if the key is of a kind that no JWK has.
    pub(super) key: Option<PublicKey>,
}

impl CertificateContent {
    pub(super) fn read(der: &[u8]) -> Result<Self, OAuthError> {
        let malformed = || {
            Reason::CertificateMalformed.because("the client certificate is not an X.509 certificate in DER")
        };
        let (rest, read) = X509Certificate::from_der(der).map_err(|_| malformed())?;
        if !rest.is_empty() {
            return Err(malformed());
        }
        Self::of(&read).ok_or_else(malformed)
    }

    /// `None` if an extension is malformed or there twice.
    fn of(read: &X509Certificate<'_>) -> Option<Self> {
        let usage = read.key_usage().ok()?.is_none_or(|usage| usage.value.digital_signature());
        let extended = read.extended_key_usage().ok()?.is_none_or(|usage| usage.value.client_auth);
        let mut names = CertificateNames {
            subject: name_of(read.subject()),
            dns: Vec::new(),
            uris: Vec::new(),
            addresses: Vec::new(),
            emails: Vec::new(),
        };
        for name in read.subject_alternative_name().ok()?.iter().flat_map(|names| &names.value.general_names)
        {
            match name {
                GeneralName::DNSName(name) => names.dns.push((*name).to_owned()),
                GeneralName::URI(uri) => names.uris.push((*uri).to_owned()),
                GeneralName::RFC822Name(email) => names.emails.push((*email).to_owned()),
                GeneralName::IPAddress(bytes) => names.addresses.extend(address(bytes)),
                _ => {}
            }
        }
        Some(Self {
            names,
            begins: Timestamp::from_unix(read.validity().not_before.timestamp()),
            ends: Timestamp::from_unix(read.validity().not_after.timestamp()),
            is_for_clients: usage && extended,
            key: PublicKey::of_certificate(read.public_key()),
        })
    }

    /// From when to when it is valid.
    pub(super) fn times(&self) -> (Timestamp, Timestamp) {
        (self.begins, self.ends)
    }

    /// Checks the times of the certificate, and that its key is meant for clients.
    ///
    /// # Errors
    /// If it has expired, is not valid yet, or is meant for something else.
    pub fn check(&self, now: Timestamp) -> Result<(), OAuthError> {
        if now < self.begins {
            let detail = Detail::at(DetailSubject::Begin, self.begins, now).by(self.begins - now);
            return Err(Reason::CertificateNotYetValid
                .because("the client certificate is not valid yet")
                .with(detail));
        }
        // The last second is valid (RFC 5280 §4.1.2.5).
        if now > self.ends {
            let detail = Detail::at(DetailSubject::Expiry, self.ends, now).by(now - self.ends);
            return Err(Reason::CertificateExpired
                .because("the client certificate has expired")
                .with(detail));
        }
        match self.is_for_clients {
            true => Ok(()),
            false => Err(wrong_usage()),
        }
    }
}

/// The error of a certificate that is not meant for clients.
pub(super) fn wrong_usage() -> OAuthError {
    Reason::CertificateUsage.because(
        "the client certificate is not meant for clients: if it has an extended key usage, that must have clientAuth, and if it has \
         a key usage, that must have digitalSignature",
    )
}

fn name_of(name: &X509Name<'_>) -> DistinguishedName {
    let attribute = |attribute: &AttributeTypeAndValue<'_>| {
        let value = attribute.attr_value();
        // Every tag of a string type is one byte; others are compared with it and their content.
        let tag = u8::try_from(value.tag().0).unwrap_or(u8::MAX);
        NameAttribute {
            kind: AttributeType::of_oid(attribute.attr_type().to_id_string()),
            value: AttributeValue::of_der(tag, value.data),
        }
    };
    DistinguishedName::of_certificate(
        name.iter_rdn().map(|part| part.iter().map(attribute).collect()).collect(),
    )
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let short: Result<[u8; 4], _> = bytes.try_into();
    let long: Result<[u8; 16], _> = bytes.try_into();
    short.map(IpAddr::from).or(long.map(IpAddr::from)).ok()
}
