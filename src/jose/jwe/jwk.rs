//! The keys that encrypt and decrypt tokens, read from JWKs (RFC 7517, RFC 7518 §6).

use std::fmt;

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rsa::{
    KeyPair, KeyPairComponents, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
    PublicEncryptingKey, PublicKeyComponents,
};
use serde_json::Value;
use zeroize::Zeroizing;

use super::agreement::{CurveKey, Point};
use super::key_wrap::wrapping_key_bytes;
use super::member::member;
use crate::oauth::client::KeyManagement;

/// The size of an RSA key in bits: at least what RFC 7518 §4.3 requires, and limited so that a key cannot keep the
/// server busy.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

/// A key for encrypting: a recipient's public key, or a shared secret.
pub struct EncryptionKey(pub(super) Encrypting);

pub(super) enum Encrypting {
    Rsa(OaepPublicEncryptingKey),
    Curve(Point),
    Secret(Zeroizing<Vec<u8>>),
}

/// A key for decrypting: a private key, or a shared secret.
pub struct DecryptionKey(pub(super) Decrypting);

pub(super) enum Decrypting {
    Rsa(OaepPrivateDecryptingKey),
    Curve(CurveKey),
    Secret(Zeroizing<Vec<u8>>),
}

impl EncryptionKey {
    /// Reads a JWK; `None` if its kind cannot encrypt here, or it is not a valid key.
    pub fn read(jwk: &Value) -> Option<Self> {
        let key = match jwk["kty"].as_str()? {
            "RSA" => Encrypting::Rsa(rsa_public(jwk)?),
            "oct" => Encrypting::Secret(secret(jwk)?),
            _ => Encrypting::Curve(Point::read(jwk)?),
        };
        Some(Self(key))
    }

    /// Whether the key can be used with an algorithm.
    pub fn is_for(&self, algorithm: KeyManagement) -> bool {
        match algorithm {
            KeyManagement::RsaOaep | KeyManagement::RsaOaep256 => matches!(self.0, Encrypting::Rsa(_)),
            KeyManagement::EcdhEs | KeyManagement::EcdhEsA128Kw | KeyManagement::EcdhEsA256Kw => {
                matches!(self.0, Encrypting::Curve(_))
            }
            KeyManagement::A128Kw | KeyManagement::A256Kw => {
                matches!(&self.0, Encrypting::Secret(key) if Some(key.len()) == wrapping_key_bytes(algorithm))
            }
        }
    }
}

impl DecryptionKey {
    /// Reads a private JWK, or one with a shared secret.
    ///
    /// `None` if its kind cannot decrypt here, it has no private part, or its parts do not belong together. An RSA key
    /// needs all its primes and the values computed from them (RFC 7518 §6.3.2).
    pub fn read(jwk: &Value) -> Option<Self> {
        let key = match jwk["kty"].as_str()? {
            "RSA" => Decrypting::Rsa(rsa_private(jwk)?),
            "oct" => Decrypting::Secret(secret(jwk)?),
            _ => Decrypting::Curve(CurveKey::read(jwk)?),
        };
        Some(Self(key))
    }

    /// Reads a private RSA key in PKCS #8; `None` if it is not one that can decrypt here.
    pub fn rsa_from_pkcs8(bytes: &[u8]) -> Option<Self> {
        let key = OaepPrivateDecryptingKey::new(PrivateDecryptingKey::from_pkcs8(bytes).ok()?).ok()?;
        RSA_BITS.contains(&key.key_size_bits()).then_some(Self(Decrypting::Rsa(key)))
    }

    /// Reads a private key on P-256 in PKCS #8, and returns its public members, too; `None` if it is not such a key.
    pub fn p256_from_pkcs8(bytes: &[u8]) -> Option<(Self, Value)> {
        let key = CurveKey::p256_from_pkcs8(bytes)?;
        let public = serde_json::to_value(key.public().ok()?.jwk()).ok()?;
        Some((Self(Decrypting::Curve(key)), public))
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptionKey").finish_non_exhaustive()
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptionKey").finish_non_exhaustive()
    }
}

/// A positive number in big-endian bytes. Some libraries add a leading zero, which is accepted (RFC 7518 §6.3.1.1).
fn number(jwk: &Value, name: &str) -> Option<Zeroizing<Vec<u8>>> {
    let bytes = Zeroizing::new(member(jwk, name)?);
    let first = bytes.iter().position(|byte| *byte != 0)?;
    Some(Zeroizing::new(bytes[first..].to_vec()))
}

fn rsa_public(jwk: &Value) -> Option<OaepPublicEncryptingKey> {
    let components = PublicKeyComponents { n: number(jwk, "n")?, e: number(jwk, "e")? };
    // Reading the DER form checks the key completely, not only its size.
    let der: PublicKeyX509Der<'_> = components.as_der().ok()?;
    let key = OaepPublicEncryptingKey::new(PublicEncryptingKey::from_der(der.as_ref()).ok()?).ok()?;
    RSA_BITS.contains(&key.key_size_bits()).then_some(key)
}

fn rsa_private(jwk: &Value) -> Option<OaepPrivateDecryptingKey> {
    let components = KeyPairComponents {
        public_key: PublicKeyComponents { n: number(jwk, "n")?, e: number(jwk, "e")? },
        d: number(jwk, "d")?,
        p: number(jwk, "p")?,
        q: number(jwk, "q")?,
        dP: number(jwk, "dp")?,
        dQ: number(jwk, "dq")?,
        qInv: number(jwk, "qi")?,
    };
    let der = KeyPair::from_components(&components).ok()?.as_der().ok()?;
    let key = PrivateDecryptingKey::from_pkcs8(der.as_ref()).ok()?;
    let key = OaepPrivateDecryptingKey::new(key).ok()?;
    RSA_BITS.contains(&key.key_size_bits()).then_some(key)
}

/// A secret of 128 or 256 bits.
fn secret(jwk: &Value) -> Option<Zeroizing<Vec<u8>>> {
    let secret = Zeroizing::new(member(jwk, "k")?);
    matches!(secret.len(), 16 | 32).then_some(secret)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::vectors::{ec_key, rsa_key, secret_key};
    use super::*;

    fn with(jwk: &Value, name: &str, value: Value) -> Value {
        let mut jwk = jwk.clone();
        jwk[name] = value;
        jwk
    }

    #[test]
    fn a_key_is_only_for_the_algorithms_of_its_kind() {
        let names = |jwk: &Value| -> Vec<&str> {
            let key = EncryptionKey::read(jwk).unwrap();
            let fit = KeyManagement::ALL.iter().copied().filter(|algorithm| key.is_for(*algorithm));
            fit.map(KeyManagement::as_str).collect()
        };
        assert_eq!(names(&rsa_key()), ["RSA-OAEP", "RSA-OAEP-256"]);
        assert_eq!(names(&ec_key()), ["ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"]);
        assert_eq!(names(&secret_key()), ["A128KW"]);
        assert_eq!(names(&json!({ "kty": "oct", "k": "A".repeat(43) })), ["A256KW"]);
    }

    #[test]
    fn rsa_keys_that_are_too_small_too_large_or_invalid_are_refused() {
        let jwk = rsa_key();
        assert!(EncryptionKey::read(&jwk).is_some());
        let modulus = member(&jwk, "n").unwrap();
        let zeros = crate::secret::to_base64url(&[&[0, 0][..], &modulus].concat());
        assert!(EncryptionKey::read(&with(&jwk, "n", json!(zeros))).is_some());
        let odd = |bytes: usize| {
            let mut number = vec![0xff; bytes];
            number[bytes - 1] = 1;
            json!(crate::secret::to_base64url(&number))
        };
        assert!(EncryptionKey::read(&with(&jwk, "n", odd(512))).is_some());
        for bytes in [1, 128, 255, 513, 1024, 2049] {
            assert!(EncryptionKey::read(&with(&jwk, "n", odd(bytes))).is_none(), "{bytes}");
        }
        // 2047 bits.
        let mut small = modulus;
        small[0] = 0x7f;
        let small = crate::secret::to_base64url(&small);
        assert!(EncryptionKey::read(&with(&jwk, "n", json!(small))).is_none());
        for e in ["", "AA", "AQ", "Ag", "AQAA", "not base64url!", &"_".repeat(300)] {
            assert!(EncryptionKey::read(&with(&jwk, "e", json!(e))).is_none(), "{e}");
        }
        assert!(EncryptionKey::read(&with(&jwk, "n", Value::Null)).is_none());
    }

    #[test]
    fn a_private_key_needs_all_its_parts_and_they_belong_together() {
        for (jwk, members) in [
            (rsa_key(), &["n", "e", "d", "p", "q", "dp", "dq", "qi"][..]),
            (ec_key(), &["x", "y", "d", "crv"]),
            (secret_key(), &["k"]),
        ] {
            assert!(DecryptionKey::read(&jwk).is_some(), "{jwk}");
            for name in members {
                for wrong in [Value::Null, json!(""), json!("AQAD"), json!(7), json!("?")] {
                    assert!(DecryptionKey::read(&with(&jwk, name, wrong)).is_none(), "{name}");
                }
            }
            for wrong in [Value::Null, json!("made-up"), json!(["RSA"])] {
                assert!(DecryptionKey::read(&with(&jwk, "kty", wrong)).is_none());
            }
            let key = DecryptionKey::read(&jwk).unwrap();
            assert_eq!(format!("{key:?}"), "DecryptionKey { .. }");
        }
        let other = with(&ec_key(), "d", json!("0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo"));
        assert!(DecryptionKey::read(&other).is_none(), "the private part of another key");
    }
}
