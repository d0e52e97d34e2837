//! Authorities that sign certificates for clients, and the headers in which proxies pass certificates on.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertificateRevocationListParams, CertifiedIssuer,
    DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose,
    RevokedCertParams, SerialNumber, date_time_ymd,
};

/// An authority.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key.
pub(crate) struct Shown {
    pub(crate) certificate: Certificate,
    pub(crate) key: KeyPair,
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn of_authority(name: &str) -> CertificateParams {
    let mut params = named(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(of_authority(name), key).unwrap())
    }

    /// An authority whose own certificate has expired.
    pub(crate) fn expired(name: &str) -> Self {
        let mut params = of_authority(name);
        params.not_after = date_time_ymd(2020, 1, 1);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// An authority that this one has signed.
    pub(crate) fn below(&self, name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::signed_by(of_authority(name), key, &self.0).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for a client with this CN, which the authority has signed.
    pub(crate) fn client(&self, name: &str) -> Shown {
        self.client_with(name, |_| ())
    }

    pub(crate) fn client_with(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Shown {
        let mut params = named(name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        Shown { certificate: params.signed_by(&key, &self.0).unwrap(), key }
    }

    /// The list of revoked serial numbers, in PEM. It is current until the beginning of the year `ends`.
    pub(crate) fn revoked(&self, serials: &[u64], ends: i32) -> String {
        let revoked = |serial: &u64| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: date_time_ymd(2020, 1, 1),
            reason_code: None,
            invalidity_date: None,
        };
        let params = CertificateRevocationListParams {
            this_update: date_time_ymd(2020, 1, 1),
            next_update: date_time_ymd(ends, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: serials.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.0).unwrap().pem().unwrap()
    }
}

/// A certificate that no authority has signed.
pub(crate) fn self_signed(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Shown {
    let mut params = named(name);
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    Shown { certificate: params.self_signed(&key).unwrap(), key }
}

impl Shown {
    /// What a client needs to show it in TLS: the certificate, those of `above`, and the key.
    pub(crate) fn identity(&self, above: &[&Authority]) -> reqwest::Identity {
        let above: String = above.iter().map(|authority| authority.pem()).collect();
        let pem = format!("{}{above}{}", self.certificate.pem(), self.key.serialize_pem());
        reqwest::Identity::from_pem(pem.as_bytes()).unwrap()
    }

    pub(crate) fn der(&self) -> &[u8] {
        self.certificate.der()
    }

    /// The value of `Client-Cert` (RFC 9440).
    pub(crate) fn header(&self) -> String {
        client_cert(self.der())
    }

    /// The `x5t#S256` of the certificate.
    pub(crate) fn thumbprint(&self) -> String {
        grantor::secret::Hash::of_bytes(self.der()).to_text()
    }

    /// A JWK Set with the certificate as `x5c`.
    pub(crate) fn jwks(&self) -> String {
        let mut key = self.jwk();
        key["x5c"] = serde_json::json!([STANDARD.encode(self.der())]);
        serde_json::json!({ "keys": [key] }).to_string()
    }

    /// The public key as a JWK. It is of P-256.
    pub(crate) fn jwk(&self) -> serde_json::Value {
        let point = self.key.public_key_raw();
        let text = grantor::secret::to_base64url;
        serde_json::json!({ "kty": "EC", "crv": "P-256", "x": text(&point[1..33]), "y": text(&point[33..]) })
    }
}

pub(crate) fn client_cert(der: &[u8]) -> String {
    format!(":{}:", STANDARD.encode(der))
}

/// Percent-encoded PEM of a certificate.
pub(crate) fn escaped_pem(shown: &Shown) -> String {
    utf8_percent_encode(&shown.certificate.pem(), NON_ALPHANUMERIC).to_string()
}
