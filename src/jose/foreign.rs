//! Verifies tokens that other parties signed: with their known public keys, or with a shared secret.
//!
//! The caller decides between the two before the header is read, so a public key is never used as a secret (RFC 8725
//! §3.1). `jwk`, `jku`, `x5c` and `x5u` are ignored.

use std::ops::RangeInclusive;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;

use super::verify::{TokenHeader, VerifyError, is_type, signed_bytes};
use crate::oauth::client::profile::may_verify;
use crate::oauth::strict_json;
use crate::secret::from_base64url;

/// The maximum number of keys in a set; further ones are not looked at.
pub(super) const MAX_KEYS: usize = 32;
/// The deepest nesting of claims.
const MAX_DEPTH: usize = 32;
/// The sizes of RSA keys that verify signatures, in bits. The cryptographic library accepts no others.
pub(super) const RSA_BITS: RangeInclusive<usize> = 2048..=8192;

/// The number of bits of an RSA modulus in big-endian bytes.
pub(super) fn rsa_bits(modulus: &[u8]) -> usize {
    let zeros: usize = modulus.iter().take_while(|byte| **byte == 0).count();
    let bits = |first: &u8| (modulus.len() - zeros) * 8 - first.leading_zeros() as usize;
    modulus.get(zeros).map_or(0, bits)
}

/// The algorithm that a header names.
fn algorithm_of(header: &TokenHeader) -> Option<Algorithm> {
    match header.alg.as_str() {
        // The new name (RFC 9864 §2.2).
        "Ed25519" => Some(Algorithm::EdDSA),
        name => name.parse().ok(),
    }
}

/// The public keys of another party.
#[derive(Debug, Default)]
pub struct ForeignKeys(Vec<ForeignKey>);

struct ForeignKey {
    kid: Option<String>,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

impl std::fmt::Debug for ForeignKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ForeignKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl ForeignKeys {
    /// Parses a JWK Set (RFC 7517 §5); `None` if the text is not a JWK Set. Keys are left out that cannot be
    /// used here because of their kind, size, use or algorithm.
    pub fn read(jwks: &str) -> Option<Self> {
        let set: Value = serde_json::from_str(jwks).ok()?;
        let keys = set["keys"].as_array()?.iter().take(MAX_KEYS);
        Some(Self(keys.filter_map(|key| ForeignKey::read(key.clone())).collect()))
    }

    /// Whether the set has no key that can be used here.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a token names a key that is not in the set, so that its issuer may have newer keys. `false` if the token
    /// names no key.
    pub fn lacks(&self, token: &str) -> bool {
        let kid = TokenHeader::of(token).and_then(|header| header.kid);
        kid.is_some() && !self.0.iter().any(|key| key.kid == kid)
    }
}

impl ForeignKey {
    fn read(key: Value) -> Option<Self> {
        if !may_verify(&key) {
            return None;
        }
        // A library that does not know an algorithm's name would refuse the whole key.
        let named = key["alg"].as_str().map(str::to_owned);
        let mut key = key;
        let members = key.as_object_mut()?;
        members.remove("alg");
        members.remove("key_ops");
        let jwk: Jwk = serde_json::from_value(key).ok()?;
        if jwk.common.public_key_use.as_ref().is_some_and(|meant| *meant != PublicKeyUse::Signature) {
            return None;
        }
        let fit: &[Algorithm] = match &jwk.algorithm {
            AlgorithmParameters::RSA(key) => {
                if !RSA_BITS.contains(&rsa_bits(&from_base64url(&key.n)?)) {
                    return None;
                }
                &[Algorithm::RS256, Algorithm::PS256]
            }
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
                &[Algorithm::ES256]
            }
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P384 => {
                &[Algorithm::ES384]
            }
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
                &[Algorithm::EdDSA]
            }
            // A symmetric key in a public set is a mistake of its owner.
            _ => return None,
        };
        let algorithms: Vec<Algorithm> = match named.as_deref() {
            None => fit.to_vec(),
            Some("Ed25519") => fit.iter().copied().filter(|fit| *fit == Algorithm::EdDSA).collect(),
            Some(name) => fit.iter().copied().filter(|fit| format!("{fit:?}") == name).collect(),
        };
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        (!algorithms.is_empty()).then_some(Self { kid: jwk.common.key_id, algorithms, key })
    }
}

/// What verifies a token.
#[derive(Clone, Copy, Debug)]
pub enum ForeignVerifier<'k> {
    Keys(&'k ForeignKeys),
    /// A secret of at least 256 bits.
    Secret(&'k [u8]),
}

/// The claims of a token that a key or secret of `by` signed. The token has one of the types `types`, or no type.
///
/// The caller must check the audience and the times.
///
/// # Errors
/// If the token is malformed, has another type, or is not signed by a key or secret of `by`.
pub fn verify(token: &str, types: &[&str], by: ForeignVerifier<'_>) -> Result<Value, VerifyError> {
    let header = TokenHeader::of(token).ok_or(VerifyError::Malformed)?;
    if header.crit.is_some() {
        return Err(VerifyError::Critical);
    }
    let algorithm = algorithm_of(&header).ok_or(VerifyError::Malformed)?;
    if header.typ.as_ref().is_some_and(|found| !types.iter().any(|known| is_type(found, known))) {
        return Err(VerifyError::Type);
    }
    match by {
        ForeignVerifier::Secret(secret) if algorithm == Algorithm::HS256 => {
            signed_bytes(token, &DecodingKey::from_secret(secret), Algorithm::HS256)
                .and_then(|claims| read(&claims))
        }
        ForeignVerifier::Secret(_) => Err(VerifyError::Algorithm),
        ForeignVerifier::Keys(keys) => by_keys(token, (&header, algorithm), keys),
    }
}

fn by_keys(
    token: &str,
    (header, algorithm): (&TokenHeader, Algorithm),
    keys: &ForeignKeys,
) -> Result<Value, VerifyError> {
    let named = |key: &&ForeignKey| header.kid.is_none() || key.kid == header.kid;
    let mut outcome = Err(VerifyError::Key);
    for key in keys.0.iter().filter(named) {
        if !key.algorithms.contains(&algorithm) {
            outcome = Err(VerifyError::Algorithm);
            continue;
        }
        match signed_bytes(token, &key.key, algorithm) {
            Err(VerifyError::Signature) => outcome = Err(VerifyError::Signature),
            found => return found.and_then(|claims| read(&claims)),
        }
    }
    outcome
}

/// Reads claims, which must not be understood differently by another reader (RFC 7519 §4).
fn read(claims: &[u8]) -> Result<Value, VerifyError> {
    strict_json::read(claims, MAX_DEPTH).map_err(|_| VerifyError::Claims)
}

/// The algorithm that a token names, which is not verified; `None` if the header cannot be read.
pub fn unverified_algorithm(token: &str) -> Option<String> {
    TokenHeader::of(token).map(|header| header.alg)
}

/// The claim `name` of a token that is not verified; `None` if the claim is missing or not text, or the token cannot be
/// read. It must not be trusted: it only serves to find the keys that verify the token.
pub fn unverified_claim(token: &str, name: &str) -> Option<String> {
    let mut parts = token.split('.');
    let (_, claims) = (parts.next()?, parts.next()?);
    let claims: Value = serde_json::from_slice(&from_base64url(claims)?).ok()?;
    claims[name].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::json;

    use super::*;
    use crate::jose::key::SigningKey;
    use crate::oauth::signing_key::SigningAlgorithm;
    use crate::secret::to_base64url;

    fn set(keys: &[&SigningKey]) -> ForeignKeys {
        let keys: Vec<Value> =
            keys.iter().map(|key| serde_json::from_str(&key.public_jwk().unwrap()).unwrap()).collect();
        ForeignKeys::read(&json!({ "keys": keys }).to_string()).unwrap()
    }

    #[test]
    fn tokens_signed_by_one_of_the_keys_are_accepted() {
        let claims = json!({ "sub": "job" });
        for &algorithm in SigningAlgorithm::ALL {
            let (key, other) =
                (SigningKey::generate(algorithm).unwrap(), SigningKey::generate(algorithm).unwrap());
            let keys = set(&[&other, &key]);
            let token = key.sign("JWT", &claims).unwrap();
            assert_eq!(
                verify(&token, &["JWT"], ForeignVerifier::Keys(&keys)),
                Ok(claims.clone()),
                "{algorithm}"
            );
            assert!(!keys.lacks(&token) && set(&[&other]).lacks(&token));
            assert_eq!(
                verify(&token, &["JWT"], ForeignVerifier::Keys(&set(&[&other]))),
                Err(VerifyError::Key)
            );
            assert_eq!(verify(&token, &["at+jwt"], ForeignVerifier::Keys(&keys)), Err(VerifyError::Type));
            let secret = key.public_jwk().unwrap();
            assert_eq!(
                verify(&token, &["JWT"], ForeignVerifier::Secret(secret.as_bytes())),
                Err(VerifyError::Algorithm)
            );
            let (input, _) = token.rsplit_once('.').unwrap();
            for hostile in [format!("{input}."), format!("{input}.AAAA"), input.to_owned(), String::new()] {
                assert!(
                    verify(&hostile, &["JWT"], ForeignVerifier::Keys(&keys)).is_err(),
                    "{algorithm} {hostile}"
                );
            }
        }
    }

    #[test]
    fn a_public_key_is_never_a_secret_and_alg_none_is_refused() {
        let key = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
        let keys = set(&[&key]);
        let claims = json!({ "sub": "job" });
        let jwk = key.public_jwk().unwrap();
        for secret in [jwk.as_bytes(), b""] {
            let header = Header { kid: Some(key.kid().to_owned()), ..Header::new(Algorithm::HS256) };
            let token = encode(&header, &claims, &EncodingKey::from_secret(secret)).unwrap();
            assert_eq!(verify(&token, &["JWT"], ForeignVerifier::Keys(&keys)), Err(VerifyError::Algorithm));
        }
        for alg in ["none", "None", ""] {
            let part = |value: Value| to_base64url(value.to_string().as_bytes());
            let token = format!("{}.{}.", part(json!({ "alg": alg })), part(claims.clone()));
            assert!(verify(&token, &["JWT"], ForeignVerifier::Keys(&keys)).is_err(), "{alg}");
            assert!(verify(&token, &["JWT"], ForeignVerifier::Secret(&[7; 32])).is_err(), "{alg}");
        }
        let token =
            encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(&[7; 32])).unwrap();
        assert_eq!(verify(&token, &["JWT"], ForeignVerifier::Secret(&[7; 32])), Ok(claims));
        assert_eq!(verify(&token, &["JWT"], ForeignVerifier::Secret(&[8; 32])), Err(VerifyError::Signature));
    }

    #[test]
    fn a_token_may_name_its_algorithm_ed25519_by_its_new_name_or_by_its_old_one() {
        // RFC 8037 A.1; the header and the signature of the second are made with the same key.
        let d = from_base64url("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let der =
            [&[0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20][..], &d].concat();
        let pair = aws_lc_rs::signature::Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).unwrap();
        let claims = json!({ "sub": "job" });
        let token = |alg: &str| {
            let part = |value: Value| to_base64url(value.to_string().as_bytes());
            let message = format!("{}.{}", part(json!({ "alg": alg })), part(claims.clone()));
            let signature = pair.sign(message.as_bytes());
            format!("{message}.{}", to_base64url(signature.as_ref()))
        };
        let jwk = |alg: Option<&str>| {
            let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
            let key = json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "alg": alg });
            ForeignKeys::read(&json!({ "keys": [key] }).to_string()).unwrap()
        };
        for key in [None, Some("EdDSA"), Some("Ed25519")] {
            for alg in ["EdDSA", "Ed25519"] {
                let verified = verify(&token(alg), &["JWT"], ForeignVerifier::Keys(&jwk(key)));
                assert_eq!(verified, Ok(claims.clone()), "{alg} by a key for {key:?}");
            }
            for alg in ["ed25519", "Ed448", "ES256", "none"] {
                assert!(verify(&token(alg), &["JWT"], ForeignVerifier::Keys(&jwk(key))).is_err(), "{alg}");
            }
        }
        assert!(jwk(Some("ES256")).is_empty());
    }

    #[test]
    fn unusable_keys_are_left_out() {
        let good = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
        let good: Value = serde_json::from_str(&good.public_jwk().unwrap()).unwrap();
        let with = |name: &str, value: Value| {
            let mut key = good.clone();
            key[name] = value;
            key
        };
        for (key, is_kept) in [
            (good.clone(), true),
            (with("use", json!("enc")), false),
            (with("alg", json!("ES384")), false),
            (with("alg", json!("made-up")), false),
            (with("crv", json!("P-999")), false),
            (with("kty", json!("made-up")), false),
            (json!({ "kty": "oct", "k": "c2VjcmV0" }), false),
            (json!(7), false),
        ] {
            let read = ForeignKeys::read(&json!({ "keys": [key] }).to_string()).unwrap();
            assert_eq!(!read.is_empty(), is_kept, "{key}");
        }
        for none in ["", "[]", "{}", r#"{"keys":{}}"#] {
            assert!(ForeignKeys::read(none).is_none(), "{none}");
        }
    }
}
