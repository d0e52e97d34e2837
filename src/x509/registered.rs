//! The certificates and keys in a client's JWK Set, for certificates that no authority has signed (RFC 8705 §2.2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use x509_parser::public_key::PublicKey as ParsedKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::{ClientCertificate, MAX_CERTIFICATE};
use crate::secret::{Hash, from_base64url};

/// The maximum number of keys in a set; further ones are not looked at.
const MAX_KEYS: usize = 32;

/// A public key, in a form in which two can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PublicKey {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// The name of the curve as in a JWK, and both coordinates.
    Ec {
        curve: &'static str,
        point: Vec<u8>,
    },
    /// The name of the curve as in a JWK, and the key.
    Edwards {
        curve: &'static str,
        key: Vec<u8>,
    },
}

/// The curves by their object identifiers, with the length of a coordinate.
const CURVES: [(&str, &str, usize); 3] =
    [("1.2.840.10045.3.1.7", "P-256", 32), ("1.3.132.0.34", "P-384", 48), ("1.3.132.0.35", "P-521", 66)];
const EDWARDS: [(&str, &str); 2] = [("1.3.101.112", "Ed25519"), ("1.3.101.113", "Ed448")];

impl PublicKey {
    /// The key of a certificate. `None` if it is of a kind that no JWK has.
    pub(super) fn of_certificate(key: &SubjectPublicKeyInfo<'_>) -> Option<Self> {
        let algorithm = key.algorithm.algorithm.to_id_string();
        if let Some((_, curve)) = EDWARDS.iter().find(|(oid, _)| *oid == algorithm) {
            return Some(Self::Edwards { curve, key: key.subject_public_key.data.to_vec() });
        }
        match key.parsed().ok()? {
            ParsedKey::RSA(key) => {
                Some(Self::Rsa { modulus: number(key.modulus), exponent: number(key.exponent) })
            }
            ParsedKey::EC(point) => {
                let oid = key.algorithm.parameters.as_ref()?.as_oid().ok()?.to_id_string();
                let (_, curve, length) = CURVES.iter().find(|(known, ..)| *known == oid)?;
                // Only the uncompressed form has both coordinates (SEC 1 §2.3.3).
                let coordinates = point.data().strip_prefix(&[4])?;
                (coordinates.len() == 2 * length).then(|| Self::Ec { curve, point: coordinates.to_vec() })
            }
            _ => None,
        }
    }

    fn of_jwk(key: &Value) -> Option<Self> {
        let member = |name: &str| key[name].as_str().and_then(from_base64url);
        match key["kty"].as_str()? {
            "RSA" => Some(Self::Rsa { modulus: number(&member("n")?), exponent: number(&member("e")?) }),
            "EC" => {
                let (_, curve, length) = CURVES.iter().find(|(_, curve, _)| key["crv"] == *curve)?;
                let (x, y) = (member("x")?, member("y")?);
                (x.len() == *length && y.len() == *length).then(|| Self::Ec { curve, point: [x, y].concat() })
            }
            "OKP" => {
                let (_, curve) = EDWARDS.iter().find(|(_, curve)| key["crv"] == *curve)?;
                Some(Self::Edwards { curve, key: member("x")? })
            }
            _ => None,
        }
    }
}

/// A number in big-endian bytes, without zeros before it.
fn number(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().skip_while(|byte| *byte == 0).collect()
}

/// What a client has registered for its certificates.
#[derive(Debug, Default)]
pub struct RegisteredCertificates(Vec<RegisteredCertificate>);

#[derive(Debug)]
enum RegisteredCertificate {
    /// By its SHA-256: the certificate of an `x5c`, or an `x5t#S256`.
    Exactly([u8; 32]),
    /// Any certificate with this key.
    WithKey(PublicKey),
}

impl RegisteredCertificates {
    /// Reads a JWK Set (RFC 7517 §5). A key with `x5c` stands for the first certificate in it, a key with `x5t#S256` for the
    /// certificate with this thumbprint, and any other key for every certificate with that key. Keys for encryption, and what
    /// cannot be read, are left out.
    pub fn read(jwks: &str) -> Self {
        let set: Value = serde_json::from_str(jwks).unwrap_or_default();
        let keys = set["keys"].as_array().map(Vec::as_slice).unwrap_or_default();
        Self(keys.iter().take(MAX_KEYS).filter_map(RegisteredCertificate::of_jwk).collect())
    }

    /// Whether nothing in the set can be compared with a certificate.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the set has this certificate or its key.
    pub fn have(&self, certificate: &ClientCertificate) -> bool {
        let key = certificate.content().ok().and_then(|content| content.key.as_ref());
        self.0.iter().any(|registered| match registered {
            RegisteredCertificate::Exactly(hash) => hash == certificate.thumbprint.as_bytes(),
            RegisteredCertificate::WithKey(own) => key == Some(own),
        })
    }
}

impl RegisteredCertificate {
    fn of_jwk(key: &Value) -> Option<Self> {
        if key["use"].as_str().is_some_and(|meant| meant != "sig") {
            return None;
        }
        if let Some(chain) = key.get("x5c") {
            let der = STANDARD.decode(chain.get(0)?.as_str()?).ok()?;
            let fits = der.len() <= MAX_CERTIFICATE;
            return Hash::of_bytes(&der).as_bytes().try_into().ok().filter(|_| fits).map(Self::Exactly);
        }
        if let Some(thumbprint) = key.get("x5t#S256") {
            return from_base64url(thumbprint.as_str()?)?.try_into().ok().map(Self::Exactly);
        }
        PublicKey::of_jwk(key).map(Self::WithKey)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::example;
    use super::*;

    fn have(keys: &Value) -> bool {
        RegisteredCertificates::read(&json!({ "keys": keys }).to_string()).have(&example())
    }

    /// The key of RFC 8705 appendix A, which is that of its certificate.
    fn key() -> Value {
        json!({ "kty": "EC", "crv": "P-256", "x": "1yfLHCpXqFjxCeHHHMVDTcLscpb07KUxudBmOMn8C7Q",
                "y": "8_coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8" })
    }

    fn key_with(name: &str, value: Value) -> Value {
        let mut key = key();
        key[name] = value;
        key
    }

    #[test]
    fn a_certificate_is_known_by_itself_by_its_thumbprint_or_by_its_key() {
        let own = STANDARD.encode(&example().own);
        assert!(have(&json!([key()])));
        assert!(have(&json!([key_with("use", "sig".into())])));
        assert!(have(&json!([{ "kty": "oct", "k": "AAAA" }, 7, key()])), "the others are left out");
        assert!(have(&json!([key_with("x5c", json!([own, "AAAA"]))])));
        assert!(have(&json!([key_with("x5t#S256", "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0".into())])));
        for other in [
            json!([]),
            json!([key_with("use", "enc".into())]),
            json!([key_with("crv", "P-384".into())]),
            json!([key_with("x", "AAAA".into())]),
            json!([key_with("x5c", json!(["AAAA", own]))]),
            json!([key_with("x5c", json!([]))]),
            json!([key_with("x5t#S256", "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2".into())]),
            json!(vec![json!({ "kty": "oct" }); MAX_KEYS].into_iter().chain([key()]).collect::<Vec<_>>()),
        ] {
            assert!(!have(&other), "{other}");
        }
        assert!(RegisteredCertificates::read("no JSON").is_empty());
    }
}
