//! Encrypts tokens for an application, with its own public key (RFC 7516).

use serde_json::Value;

use super::JoseError;
use super::jwe::{self, EncryptionKey, EncryptionParams};
use crate::oauth::client::{Encryption, KeyManagement};

/// Members that only private and secret keys have.
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];

/// The owner of the key that a token is encrypted for.
#[derive(Debug)]
pub struct Recipient {
    key: EncryptionKey,
    kid: Option<String>,
}

impl Recipient {
    /// The first key of a JWK Set that can be used with an algorithm. A key whose `alg` names another algorithm is only
    /// used if there is no other.
    ///
    /// `None` if no key can be used, or the text is not a JWK Set. Keys of unknown kinds are ignored.
    pub fn choose(jwks: &str, algorithm: KeyManagement) -> Option<Self> {
        let fit = keys(jwks)?.into_iter().filter_map(|jwk| {
            let names_another = !is_absent_or(&jwk["alg"], algorithm.as_str());
            Some((names_another, Self::read(&jwk, algorithm)?))
        });
        fit.min_by_key(|(names_another, _)| *names_another).map(|(_, recipient)| recipient)
    }

    fn read(jwk: &Value, algorithm: KeyManagement) -> Option<Self> {
        if !is_absent_or(&jwk["use"], "enc") {
            return None;
        }
        let key = EncryptionKey::read(jwk).filter(|key| key.is_for(algorithm))?;
        Some(Self { key, kid: jwk["kid"].as_str().map(str::to_owned) })
    }

    /// Encrypts a signed token, or JSON, for the recipient. Returns the compact serialization (RFC 7516 §7.1).
    ///
    /// # Errors
    /// [`JoseError::Encryption`] if the recipient's key cannot be used with the algorithm.
    pub fn encrypt(
        &self,
        payload: Vec<u8>,
        content_type: &str,
        encryption: Encryption,
    ) -> Result<String, JoseError> {
        let params = EncryptionParams {
            algorithm: encryption.algorithm,
            content: encryption.content,
            kid: self.kid.as_deref(),
            content_type: Some(content_type),
        };
        jwe::encrypt(payload, &self.key, params)
    }
}

/// Whether tokens can be encrypted with a key, by any algorithm that a client can register.
pub(super) fn fits(jwk: &Value) -> bool {
    KeyManagement::FOR_CLIENTS.iter().any(|algorithm| Recipient::read(jwk, *algorithm).is_some())
}

/// Checks a JWK Set of a client before it is registered.
///
/// # Errors
/// A sentence for the operator, if the text is not a JWK Set or contains a private key.
pub fn check_set(jwks: &str) -> Result<(), &'static str> {
    let Some(keys) = keys(jwks) else {
        return Err("it is not a JWK Set: a JSON object with an array keys");
    };
    if keys.iter().any(|key| PRIVATE.iter().any(|member| key.get(member).is_some())) {
        return Err("it holds a private key; bring the public ones alone, and count that one as lost");
    }
    Ok(())
}

/// Whether an optional member is missing, or has this value.
fn is_absent_or(member: &Value, value: &str) -> bool {
    member.is_null() || member == value
}

fn keys(jwks: &str) -> Option<Vec<Value>> {
    let mut set: Value = serde_json::from_str(jwks).ok()?;
    match set.get_mut("keys").map(Value::take) {
        Some(Value::Array(keys)) => Some(keys),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(kid: &str, more: &Value) -> Value {
        let mut key = json!({ "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", "kid": kid });
        key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        key
    }

    fn chosen(keys: &[Value], algorithm: KeyManagement) -> Option<String> {
        Recipient::choose(&json!({ "keys": keys }).to_string(), algorithm)?.kid
    }

    #[test]
    fn the_first_usable_key_is_chosen_and_one_for_another_algorithm_last() {
        let (plain, other) = (key("plain", &json!({})), key("other", &json!({ "alg": "ECDH-ES+A128KW" })));
        let named = key("named", &json!({ "alg": "ECDH-ES", "use": "enc" }));
        for (keys, expected) in [
            (vec![plain.clone(), named.clone()], "plain"),
            (vec![named.clone(), plain.clone()], "named"),
            (vec![other.clone(), plain], "plain"),
            (vec![other.clone(), named], "named"),
            (vec![other], "other"),
        ] {
            assert_eq!(chosen(&keys, KeyManagement::EcdhEs).as_deref(), Some(expected));
        }
    }

    #[test]
    fn unusable_encryption_keys_are_ignored() {
        let good = key("good", &json!({}));
        for other in [
            json!(7),
            json!({}),
            json!({ "kty": "later", "kid": "other" }),
            json!({ "kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAA", "kid": "other" }),
            key("other", &json!({ "use": "sig" })),
            key("other", &json!({ "use": "made-up" })),
            key("other", &json!({ "crv": "P-384" })),
            key("other", &json!({ "crv": "secp256k1" })),
            key("other", &json!({ "y": "" })),
        ] {
            let found = chosen(&[other.clone(), good.clone()], KeyManagement::EcdhEs);
            assert_eq!(found.as_deref(), Some("good"), "{other}");
            assert!(
                Recipient::choose(&json!({ "keys": [other] }).to_string(), KeyManagement::EcdhEs).is_none()
            );
        }
        for algorithm in [KeyManagement::RsaOaep, KeyManagement::RsaOaep256] {
            assert!(chosen(std::slice::from_ref(&good), algorithm).is_none());
        }
        for none in ["", "[]", "{}", r#"{"keys":{}}"#] {
            assert!(Recipient::choose(none, KeyManagement::EcdhEs).is_none(), "{none}");
        }
    }
}
