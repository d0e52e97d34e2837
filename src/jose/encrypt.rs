//! Encrypting for an application, by a public key of its own (RFC 7516); nothing is decrypted here, ever.

use picky::jose::jwe::{Jwe, JweAlg, JweEnc, JweHeader};
use picky::jose::jwk::{Jwk, JwkKeyType, JwkPubKeyUse};
use picky::key::PublicKey;
use serde_json::Value;

use super::JoseError;
use crate::oauth::client::{ContentEncryption, Encryption, KeyManagement};

/// Bytes of an RSA key's modulus, at least (RFC 7518 §4.3).
const SHORTEST_MODULUS: usize = 256;
/// The parties of a key agreement, in base64url (RFC 7518 §4.6.1): left out, they would be written as null, and
/// libraries insist that they differ.
const PRODUCER: &str = "c2VydmVy";
const RECIPIENT: &str = "Y2xpZW50";
/// Members that only a private or a secret key has.
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];

/// Whom a token is encrypted for.
#[derive(Debug)]
pub struct Recipient {
    key: PublicKey,
    kid: Option<String>,
}

impl Recipient {
    /// The first key of a JWK Set that is fit for an algorithm.
    pub fn choose(jwks: &str, algorithm: KeyManagement) -> Option<Self> {
        keys(jwks)?.into_iter().find_map(|key| {
            // A key of a kind that is not known here is somebody else's to use.
            let curve = key["crv"].as_str().map(str::to_owned);
            let jwk: Jwk = serde_json::from_value(key).ok()?;
            let is_meant = jwk.key_use.is_none_or(|meant| meant == JwkPubKeyUse::Encryption);
            if !is_meant || !is_fit(&jwk, curve.as_deref(), algorithm) {
                return None;
            }
            Some(Self { key: jwk.to_public_key().ok()?, kid: jwk.kid })
        })
    }

    /// Encrypts a signed token, or JSON.
    pub fn encrypt(
        &self,
        payload: Vec<u8>,
        content_type: &str,
        encryption: Encryption,
    ) -> Result<String, JoseError> {
        let Encryption { algorithm, content } = encryption;
        let mut header =
            JweHeader::new_with_cty(header_algorithm(algorithm), header_content(content), content_type);
        header.kid.clone_from(&self.kid);
        if algorithm != KeyManagement::RsaOaep256 {
            (header.apu, header.apv) = (Some(PRODUCER.into()), Some(RECIPIENT.into()));
        }
        Jwe { header, payload }.encode(&self.key).map_err(|_| JoseError::Encryption)
    }
}

/// Checks a JWK Set that an operator brings; the error is a sentence.
pub fn check_set(jwks: &str) -> Result<(), String> {
    let Some(keys) = keys(jwks) else {
        return Err("it is no JWK Set: a JSON object with an array keys".into());
    };
    if keys.iter().any(|key| PRIVATE.iter().any(|member| key.get(member).is_some())) {
        return Err("it holds a private key; bring the public ones alone, and count that one as lost".into());
    }
    Ok(())
}

fn keys(jwks: &str) -> Option<Vec<Value>> {
    let mut set: Value = serde_json::from_str(jwks).ok()?;
    match set.get_mut("keys").map(Value::take) {
        Some(Value::Array(keys)) => Some(keys),
        _ => None,
    }
}

fn is_fit(jwk: &Jwk, curve: Option<&str>, algorithm: KeyManagement) -> bool {
    match (&jwk.key, algorithm) {
        (JwkKeyType::Rsa(key), KeyManagement::RsaOaep256) => {
            key.modulus_unsigned_bytes_be().is_ok_and(|modulus| modulus.len() >= SHORTEST_MODULUS)
        }
        (_, KeyManagement::RsaOaep256) => false,
        (JwkKeyType::Ec(_), _) => true,
        (JwkKeyType::Ed(_), _) => curve == Some("X25519"),
        _ => false,
    }
}

fn header_algorithm(algorithm: KeyManagement) -> JweAlg {
    match algorithm {
        KeyManagement::RsaOaep256 => JweAlg::RsaOaep256,
        KeyManagement::EcdhEs => JweAlg::EcdhEs,
        KeyManagement::EcdhEsA128Kw => JweAlg::EcdhEsAesKeyWrap128,
        KeyManagement::EcdhEsA256Kw => JweAlg::EcdhEsAesKeyWrap256,
    }
}

fn header_content(content: ContentEncryption) -> JweEnc {
    match content {
        ContentEncryption::A128Gcm => JweEnc::Aes128Gcm,
        ContentEncryption::A256Gcm => JweEnc::Aes256Gcm,
    }
}
