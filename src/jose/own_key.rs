//! The keys by which this server decrypts what others encrypt for it.

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RsaKeyPair, RsaPublicKeyComponents};
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::JoseError;
use super::jwe::{AcceptedAlgorithms, DecryptionKey, EncryptedToken};
use crate::oauth::client::{ContentEncryption, KeyManagement};
use crate::secret::to_base64url;

/// As long as the RSA keys that sign.
const RSA_SIZE: KeySize = KeySize::Rsa2048;

/// A key that decrypts with one algorithm; `Debug` only shows its `kid`.
pub struct OwnDecryptionKey {
    kid: String,
    algorithm: KeyManagement,
    key: DecryptionKey,
    jwk: Value,
    pkcs8: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for OwnDecryptionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OwnDecryptionKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl OwnDecryptionKey {
    /// Makes a new random key; an RSA key takes up to a second.
    ///
    /// # Errors
    /// If the cryptographic library fails.
    pub fn generate(algorithm: KeyManagement) -> Result<Self, JoseError> {
        let pkcs8 = match algorithm.is_rsa() {
            true => RsaKeyPair::generate(RSA_SIZE).and_then(|pair| Ok(pair.as_der()?.as_ref().to_vec())),
            false => PrivateKey::generate(&ECDH_P256).and_then(|key| {
                let der: Pkcs8V1Der<'_> = key.as_der()?;
                Ok(der.as_ref().to_vec())
            }),
        };
        Self::from_pkcs8(algorithm, &pkcs8.map_err(|_| JoseError::Generation)?)
    }

    /// Reads a key that [`Self::to_pkcs8`] wrote.
    ///
    /// # Errors
    /// If the bytes are not such a key.
    pub fn from_pkcs8(algorithm: KeyManagement, bytes: &[u8]) -> Result<Self, JoseError> {
        let read = || match algorithm.is_rsa() {
            true => Some((DecryptionKey::rsa_from_pkcs8(bytes)?, rsa_jwk(bytes)?)),
            false => DecryptionKey::p256_from_pkcs8(bytes),
        };
        let (key, mut jwk) = read().ok_or_else(|| JoseError::Key(algorithm.as_str().to_owned()))?;
        let thumbprint = serde_json::from_value::<Jwk>(jwk.clone())
            .ok()
            .and_then(|jwk| jwk.thumbprint(ThumbprintHash::SHA256).ok());
        let kid = thumbprint.ok_or(JoseError::Generation)?;
        jwk["use"] = "enc".into();
        jwk["alg"] = algorithm.as_str().into();
        jwk["kid"] = kid.as_str().into();
        Ok(Self { kid, algorithm, key, jwk, pkcs8: Zeroizing::new(bytes.to_vec()) })
    }

    /// The private key in PKCS #8 (RFC 5208), which must be encrypted before it is stored.
    pub fn to_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        self.pkcs8.clone()
    }

    /// The name of the key: its thumbprint (RFC 7638).
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The algorithm that the key decrypts with.
    pub fn algorithm(&self) -> KeyManagement {
        self.algorithm
    }

    /// The public members as JSON, for publication (RFC 7517 §4).
    pub fn public_jwk(&self) -> String {
        self.jwk.to_string()
    }

    /// Decrypts a token with the algorithm of this key alone.
    ///
    /// # Errors
    /// [`JoseError::Decryption`], whatever the cause.
    pub fn decrypt(&self, token: &EncryptedToken<'_>) -> Result<Vec<u8>, JoseError> {
        let accepted = AcceptedAlgorithms { algorithms: &[self.algorithm], contents: ContentEncryption::ALL };
        token.decrypt(&self.key, accepted)
    }
}

/// The public members of an RSA key.
fn rsa_jwk(pkcs8: &[u8]) -> Option<Value> {
    let pair = RsaKeyPair::from_pkcs8(pkcs8).ok()?;
    let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
    Some(json!({ "kty": "RSA", "n": to_base64url(&public.n), "e": to_base64url(&public.e) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::encrypt::Recipient;
    use crate::oauth::client::Encryption;

    #[test]
    fn what_is_encrypted_for_a_key_is_decrypted_by_it_alone_also_after_a_restart() {
        for &algorithm in KeyManagement::FOR_CLIENTS {
            let (key, other) = (
                OwnDecryptionKey::generate(algorithm).unwrap(),
                OwnDecryptionKey::generate(algorithm).unwrap(),
            );
            let again = OwnDecryptionKey::from_pkcs8(algorithm, &key.to_pkcs8()).unwrap();
            assert_eq!((again.kid(), again.public_jwk()), (key.kid(), key.public_jwk()));
            let jwk: Value = serde_json::from_str(&key.public_jwk()).unwrap();
            let public = ["alg", "crv", "e", "kid", "kty", "n", "use", "x", "y"];
            assert!(jwk.as_object().unwrap().keys().all(|member| public.contains(&member.as_str())), "{jwk}");
            assert_eq!((&jwk["use"], &jwk["alg"]), (&json!("enc"), &json!(algorithm.as_str())));
            assert!(!format!("{key:?}").contains('['), "{key:?}");
            assert!(OwnDecryptionKey::from_pkcs8(algorithm, &key.to_pkcs8()[1..]).is_err());

            let set = format!("{{\"keys\":[{}]}}", key.public_jwk());
            let recipient = Recipient::choose(&set, algorithm).expect("a key for encryption");
            for &content in ContentEncryption::ALL {
                let encryption = Encryption { algorithm, content };
                let token = recipient.encrypt(b"text".to_vec(), "JWT", encryption).unwrap();
                let read = EncryptedToken::read(&token).unwrap();
                assert_eq!(read.kid(), Some(key.kid()));
                assert_eq!(again.decrypt(&read).unwrap(), b"text");
                assert!(other.decrypt(&read).is_err());
            }
        }
    }
}
