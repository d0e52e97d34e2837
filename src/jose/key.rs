//! A signing key: its private part, its public JWK (RFC 7517), and its `kid`, which is the thumbprint (RFC 7638).

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair,
    RsaPublicKeyComponents,
};
use jsonwebtoken::jwk::{
    AlgorithmParameters, CommonParameters, EllipticCurve, EllipticCurveKeyParameters, EllipticCurveKeyType,
    Jwk, OctetKeyPairParameters, OctetKeyPairType, PublicKeyUse, RSAKeyParameters, RSAKeyType,
    ThumbprintHash,
};
use serde_json::Value;
use zeroize::Zeroizing;

use super::JoseError;
use crate::oauth::signing_key::SigningAlgorithm;
use crate::secret::to_base64url;

/// 2048 bits have a strength of 112 bits, which NIST accepts until 2030, and a key lives for months. 3072 bits would
/// triple the cost of every signature.
const RSA_SIZE: KeySize = KeySize::Rsa2048;
/// The length of a coordinate on P-256.
const COORDINATE_BYTES: usize = 32;

/// A key that can sign; `Debug` only shows its `kid`.
pub struct SigningKey {
    kid: String,
    algorithm: SigningAlgorithm,
    jwk: Value,
    pub(super) pair: Pair,
}

pub(super) enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Makes a new random key; an RSA key takes up to a second.
    ///
    /// # Errors
    /// If the cryptographic library fails.
    pub fn generate(algorithm: SigningAlgorithm) -> Result<Self, JoseError> {
        let pair = match algorithm {
            SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256 => {
                RsaKeyPair::generate(RSA_SIZE).map(|pair| Pair::Rsa(Box::new(pair)))
            }
            SigningAlgorithm::Es256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(Pair::Ec),
            SigningAlgorithm::EdDsa | SigningAlgorithm::Ed25519 => Ed25519KeyPair::generate().map(Pair::Ed),
        };
        Self::of(algorithm, pair.map_err(|_| JoseError::Generation)?)
    }

    /// Reads a key that [`Self::to_pkcs8`] wrote.
    ///
    /// # Errors
    /// If the bytes are not such a key.
    pub fn from_pkcs8(algorithm: SigningAlgorithm, bytes: &[u8]) -> Result<Self, JoseError> {
        let pair = match algorithm {
            SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256 => {
                RsaKeyPair::from_pkcs8(bytes).map(|pair| Pair::Rsa(Box::new(pair)))
            }
            SigningAlgorithm::Es256 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, bytes).map(Pair::Ec)
            }
            SigningAlgorithm::EdDsa | SigningAlgorithm::Ed25519 => {
                Ed25519KeyPair::from_pkcs8(bytes).map(Pair::Ed)
            }
        };
        Self::of(algorithm, pair.map_err(|_| JoseError::Key(algorithm.to_string()))?)
    }

    /// The private key in PKCS #8 (RFC 5208), which must be encrypted before it is stored.
    ///
    /// # Errors
    /// If the cryptographic library cannot write the key.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, JoseError> {
        let bytes = match &self.pair {
            Pair::Rsa(pair) => pair.as_der().map(|der| der.as_ref().to_vec()),
            Pair::Ec(pair) => pair.to_pkcs8v1().map(|der| der.as_ref().to_vec()),
            Pair::Ed(pair) => pair.to_pkcs8v1().map(|der| der.as_ref().to_vec()),
        };
        bytes.map(Zeroizing::new).map_err(|_| JoseError::Key(self.kid.clone()))
    }

    fn of(algorithm: SigningAlgorithm, pair: Pair) -> Result<Self, JoseError> {
        let common =
            CommonParameters { public_key_use: Some(PublicKeyUse::Signature), ..CommonParameters::default() };
        let public = Jwk { common, algorithm: parameters(&pair) };
        let kid = public.thumbprint(ThumbprintHash::SHA256).map_err(|_| JoseError::Generation)?;
        let mut jwk = serde_json::to_value(public).map_err(|_| JoseError::Generation)?;
        // The library does not know the name Ed25519.
        jwk["alg"] = algorithm.as_str().into();
        jwk["kid"] = kid.as_str().into();
        Ok(Self { kid, algorithm, jwk, pair })
    }

    /// The name of the key: its thumbprint (RFC 7638).
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The algorithm that the key signs with.
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// The public members as JSON, for publication (RFC 7517 §4).
    ///
    /// # Errors
    /// If the members cannot be serialized.
    pub fn public_jwk(&self) -> Result<String, JoseError> {
        serde_json::to_string(&self.jwk).map_err(|_| JoseError::Key(self.kid.clone()))
    }
}

fn parameters(pair: &Pair) -> AlgorithmParameters {
    match pair {
        Pair::Rsa(pair) => {
            let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
            AlgorithmParameters::RSA(RSAKeyParameters {
                key_type: RSAKeyType::RSA,
                n: to_base64url(&public.n),
                e: to_base64url(&public.e),
            })
        }
        Pair::Ec(pair) => {
            // An uncompressed point: one byte for its form, then both coordinates (SEC 1 §2.3.3).
            let coordinates = pair.public_key().as_ref().get(1..).unwrap_or_default();
            let (x, y) = coordinates.split_at_checked(COORDINATE_BYTES).unwrap_or_default();
            AlgorithmParameters::EllipticCurve(EllipticCurveKeyParameters {
                key_type: EllipticCurveKeyType::EC,
                curve: EllipticCurve::P256,
                x: to_base64url(x),
                y: to_base64url(y),
            })
        }
        Pair::Ed(pair) => AlgorithmParameters::OctetKeyPair(OctetKeyPairParameters {
            key_type: OctetKeyPairType::OctetKeyPair,
            curve: EllipticCurve::Ed25519,
            x: to_base64url(pair.public_key().as_ref()),
        }),
    }
}

/// The library's value of the algorithm by which a signature is verified.
pub(super) fn verified_by(algorithm: SigningAlgorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        SigningAlgorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
        SigningAlgorithm::Ps256 => jsonwebtoken::Algorithm::PS256,
        SigningAlgorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        SigningAlgorithm::EdDsa | SigningAlgorithm::Ed25519 => jsonwebtoken::Algorithm::EdDSA,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_thumbprint_of_rfc_7638_is_computed() {
        let jwk = json!({
            "kty": "RSA",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
            "e": "AQAB",
            "alg": "RS256",
            "kid": "2011-04-29",
        });
        let jwk: Jwk = serde_json::from_value(jwk).unwrap();
        let thumbprint = jwk.thumbprint(ThumbprintHash::SHA256).unwrap();
        assert_eq!(thumbprint, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn the_key_of_rfc_8037_has_its_public_part_and_thumbprint() {
        // Appendix A.1 as PKCS#8 (RFC 8410 §7): the header of an Ed25519 key, then "d".
        let d = crate::secret::from_base64url("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let header = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
        let key = SigningKey::from_pkcs8(SigningAlgorithm::EdDsa, &[&header[..], &d].concat()).unwrap();
        let kid = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
        assert_eq!(key.kid(), kid);
        let jwk: Value = serde_json::from_str(&key.public_jwk().unwrap()).unwrap();
        let expected = json!({
            "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            "alg": "EdDSA", "use": "sig", "kid": kid,
        });
        assert_eq!(jwk, expected);
    }

    #[test]
    fn a_stored_key_is_restored_and_its_jwk_has_nothing_private() {
        for &algorithm in SigningAlgorithm::ALL {
            let key = SigningKey::generate(algorithm).unwrap();
            let stored = key.to_pkcs8().unwrap();
            let again = SigningKey::from_pkcs8(algorithm, &stored).unwrap();
            assert_eq!(key.public_jwk().unwrap(), again.public_jwk().unwrap());
            let jwk: Value = serde_json::from_str(&key.public_jwk().unwrap()).unwrap();
            assert_eq!((&jwk["alg"], &jwk["use"]), (&json!(algorithm.as_str()), &json!("sig")));
            let public = ["alg", "crv", "e", "kid", "kty", "n", "use", "x", "y"];
            assert!(jwk.as_object().unwrap().keys().all(|member| public.contains(&member.as_str())), "{jwk}");
            assert!(!format!("{key:?}").contains('['), "{key:?}");
            assert!(SigningKey::from_pkcs8(algorithm, &stored[1..]).is_err());
        }
    }
}
