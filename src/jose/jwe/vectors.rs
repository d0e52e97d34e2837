//! The encrypted tokens of RFC 7516 and RFC 7520, with the random values they were made with.

use aws_lc_rs::error::Unspecified;
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::agreement::{CurveKey, Point};
use super::key_management::{self, KeyManagementParams, RandomValues};
use super::{
    AcceptedAlgorithms, DecryptionKey, EncryptedToken, EncryptionKey, EncryptionParams, encrypt_with,
};
use crate::oauth::client::{ContentEncryption, KeyManagement};

#[derive(Deserialize)]
struct Vector {
    name: String,
    /// With its private part.
    key: Value,
    plaintext: String,
    token: String,
    /// The private part of the ephemeral key.
    ephemeral: Option<String>,
}

fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("vectors.json")).unwrap()
}

fn key_of(name: &str) -> Value {
    vectors().into_iter().find(|vector| vector.name == name).unwrap().key
}

/// A private RSA key, of RFC 7516 A.1.
pub(super) fn rsa_key() -> Value {
    key_of("RFC 7516 A.1")
}

/// A private key on P-256, of RFC 7520 §5.5.
pub(super) fn ec_key() -> Value {
    key_of("RFC 7520 5.5")
}

/// A secret of 128 bits, of RFC 7516 A.3.
pub(super) fn secret_key() -> Value {
    key_of("RFC 7516 A.3")
}

impl Vector {
    fn read(&self) -> EncryptedToken<'_> {
        EncryptedToken::read(&self.token).unwrap()
    }

    /// What was drawn for this token.
    fn random_values(&self) -> RandomValues {
        let token = self.read();
        let header = &token.header;
        let key_params = KeyManagementParams {
            algorithm: header.algorithm,
            content: header.content,
            ephemeral: header.ephemeral.as_ref(),
            producer: b"",
            recipient: b"",
        };
        let key = DecryptionKey::read(&self.key).unwrap();
        let content_key =
            key_management::decrypt_content_key(&key, &key_params, &token.encrypted_key).unwrap();
        let ephemeral = self.ephemeral.as_ref().map(|secret| {
            let mut jwk = serde_json::to_value(header.ephemeral.as_ref().unwrap().jwk()).unwrap();
            jwk["d"] = json!(secret);
            CurveKey::read(&jwk).unwrap()
        });
        RandomValues { content_key, iv: token.iv.clone(), ephemeral }
    }
}

#[test]
fn the_tokens_of_the_rfcs_are_decrypted() {
    for vector in vectors() {
        let token = vector.read();
        let (algorithms, contents) = ([token.header.algorithm], [token.header.content]);
        let key = DecryptionKey::read(&vector.key).unwrap();
        let accepted = AcceptedAlgorithms { algorithms: &algorithms, contents: &contents };
        let text = token.decrypt(&key, accepted).unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), vector.plaintext, "{}", vector.name);
        assert_eq!(token.kid(), vector.key["kid"].as_str(), "{}", vector.name);
    }
}

#[test]
fn from_the_same_chance_the_same_tokens_are_made() {
    let mut made = Vec::new();
    for vector in vectors() {
        let token = vector.read();
        let params = EncryptionParams {
            algorithm: token.header.algorithm,
            content: token.header.content,
            kid: token.kid(),
            content_type: None,
        };
        let key = EncryptionKey::read(&vector.key).unwrap();
        let again =
            encrypt_with(vector.plaintext.clone().into(), &key, params, vector.random_values()).unwrap();
        // RSA-OAEP adds its own random values: only the rest of the token is the same.
        if matches!(params.algorithm, KeyManagement::RsaOaep) {
            let rest = |token: &str| {
                let parts: Vec<&str> = token.split('.').collect();
                [parts[0], parts[2], parts[3], parts[4]].map(str::to_owned)
            };
            assert_eq!(rest(&again), rest(&vector.token), "{}", vector.name);
        } else {
            assert_eq!(again, vector.token, "{}", vector.name);
        }
        made.push(vector.name);
    }
    assert_eq!(made.len(), 6, "{made:?}");
}

#[test]
fn alice_and_bob_of_rfc_7518_appendix_c_agree_on_their_key() {
    let alice = json!({ "kty": "EC", "crv": "P-256", "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
        "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps", "d": "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo" });
    let bob = json!({ "kty": "EC", "crv": "P-256", "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
        "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck", "d": "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw" });
    let (of_alice, of_bob) = (Point::read(&alice).unwrap(), Point::read(&bob).unwrap());
    let found = |key: &Value, other: &Point| -> Result<Zeroizing<Vec<u8>>, Unspecified> {
        let key_params = KeyManagementParams {
            algorithm: KeyManagement::EcdhEs,
            content: ContentEncryption::A128Gcm,
            ephemeral: Some(other),
            producer: b"Alice",
            recipient: b"Bob",
        };
        key_management::decrypt_content_key(&DecryptionKey::read(key).unwrap(), &key_params, b"")
    };
    let key = crate::secret::from_base64url("VqqN6vgjbSBcIijNcacQGg").unwrap();
    assert_eq!(found(&bob, &of_alice).unwrap()[..], key);
    assert_eq!(found(&alice, &of_bob).unwrap()[..], key);
}

#[test]
fn the_secret_of_rfc_8037_appendix_a_6_is_agreed_on() {
    // The keys of RFC 7748 §6.1.
    let ephemeral = json!({ "kty": "OKP", "crv": "X25519", "x": "hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo",
        "d": "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo" });
    let bob = json!({ "kty": "OKP", "crv": "X25519", "x": "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08" });
    let secret = CurveKey::read(&ephemeral)
        .unwrap()
        .agree(&Point::read(&bob).unwrap(), |secret| Ok(crate::secret::to_base64url(secret)));
    assert_eq!(secret.unwrap(), "Sl2dW6TOLeFyjjv0gDUPJeB-IclH0Z4zdvCbPB4WF0I");
}
