//! How the content key of a token reaches its recipient, and how the recipient recovers it (RFC 7518 §4).

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm};
use zeroize::Zeroizing;

use super::agreement::{CurveKey, Point};
use super::concat_kdf::{self, Info};
use super::content;
use super::jwk::{Decrypting, DecryptionKey, Encrypting, EncryptionKey};
use super::key_wrap;
use crate::oauth::client::{ContentEncryption, KeyManagement};
use crate::secret::random;

/// A content key, and what the token contains to recover it.
pub(super) struct ContentKey {
    pub content_key: Zeroizing<Vec<u8>>,
    /// Empty if the content key is the agreed key itself.
    pub encrypted_key: Vec<u8>,
    /// The member `epk`.
    pub ephemeral: Option<Point>,
}

/// The random values of one token; tests use those of the RFCs.
pub(super) struct RandomValues {
    pub content_key: Zeroizing<Vec<u8>>,
    pub iv: Vec<u8>,
    /// For key agreement only.
    pub ephemeral: Option<CurveKey>,
}

impl RandomValues {
    /// Random values for one token that is encrypted with `key`.
    ///
    /// # Errors
    /// If the cryptographic library cannot make the ephemeral key.
    pub(super) fn new(key: &EncryptionKey, content: ContentEncryption) -> Result<Self, Unspecified> {
        let ephemeral = match &key.0 {
            Encrypting::Curve(point) => Some(CurveKey::ephemeral(point)?),
            Encrypting::Rsa(_) | Encrypting::Secret(_) => None,
        };
        let iv = random::<16>();
        let iv = iv[..content::iv_bytes(content)].to_vec();
        Ok(Self { content_key: random_key(content), iv, ephemeral })
    }
}

/// A random content key of the length that `content` needs.
pub(super) fn random_key(content: ContentEncryption) -> Zeroizing<Vec<u8>> {
    let bytes = Zeroizing::new(random::<64>());
    Zeroizing::new(bytes[..content::key_bytes(content)].to_vec())
}

/// The part of a token's header that says how to recover the content key.
pub(super) struct KeyManagementParams<'h> {
    pub algorithm: KeyManagement,
    pub content: ContentEncryption,
    pub ephemeral: Option<&'h Point>,
    /// The value of `apu`; empty if the header does not have it.
    pub producer: &'h [u8],
    /// The value of `apv`; empty if the header does not have it.
    pub recipient: &'h [u8],
}

/// Encrypts a content key for the owner of `key`, or agrees on a content key with the owner (RFC 7518 §4).
///
/// # Errors
/// If the key cannot be used with this algorithm.
pub(super) fn encrypt_content_key(
    key: &EncryptionKey,
    algorithm: KeyManagement,
    content: ContentEncryption,
    random_values: RandomValues,
) -> Result<ContentKey, Unspecified> {
    if !key.is_for(algorithm) {
        return Err(Unspecified);
    }
    let RandomValues { content_key, ephemeral, .. } = random_values;
    let with_key = |content_key, encrypted_key| ContentKey { content_key, encrypted_key, ephemeral: None };
    match &key.0 {
        Encrypting::Rsa(key) => {
            let mut encrypted = vec![0; key.ciphertext_size()];
            let length = key.encrypt(oaep(algorithm), &content_key, &mut encrypted, None)?.len();
            encrypted.truncate(length);
            Ok(with_key(content_key, encrypted))
        }
        Encrypting::Secret(key) => {
            let encrypted = key_wrap::wrap(key, &content_key)?;
            Ok(with_key(content_key, encrypted))
        }
        Encrypting::Curve(point) => {
            let ours = ephemeral.ok_or(Unspecified)?;
            let ephemeral = Some(ours.public()?);
            let key_params =
                KeyManagementParams { algorithm, content, ephemeral: None, producer: b"", recipient: b"" };
            let agreed = agreed(&ours, point, &key_params)?;
            if algorithm == KeyManagement::EcdhEs {
                return Ok(ContentKey { content_key: agreed, encrypted_key: Vec::new(), ephemeral });
            }
            let encrypted_key = key_wrap::wrap(&agreed, &content_key)?;
            Ok(ContentKey { content_key, encrypted_key, ephemeral })
        }
    }
}

/// Recovers the content key with `key` (RFC 7518 §4).
///
/// # Errors
/// If the key cannot be used with this algorithm, or the token was encrypted for another key. The caller must not let
/// the sender know that this step failed (RFC 7516 §11.5).
pub(super) fn decrypt_content_key(
    key: &DecryptionKey,
    key_params: &KeyManagementParams<'_>,
    encrypted_key: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Unspecified> {
    let algorithm = key_params.algorithm;
    let length = content::key_bytes(key_params.content);
    match (&key.0, algorithm) {
        (Decrypting::Rsa(key), KeyManagement::RsaOaep | KeyManagement::RsaOaep256) => {
            let mut buffer = Zeroizing::new(vec![0; key.min_output_size()]);
            let found = key.decrypt(oaep(algorithm), encrypted_key, &mut buffer, None)?;
            if found.len() == length { Ok(Zeroizing::new(found.to_vec())) } else { Err(Unspecified) }
        }
        (Decrypting::Secret(key), KeyManagement::A128Kw | KeyManagement::A256Kw)
            if Some(key.len()) == key_wrap::wrapping_key_bytes(algorithm) =>
        {
            key_wrap::unwrap(key, encrypted_key, length)
        }
        (Decrypting::Curve(key), KeyManagement::EcdhEs) if encrypted_key.is_empty() => {
            agreed(key, key_params.ephemeral.ok_or(Unspecified)?, key_params)
        }
        (Decrypting::Curve(key), KeyManagement::EcdhEsA128Kw | KeyManagement::EcdhEsA256Kw) => {
            let wrapping_key = agreed(key, key_params.ephemeral.ok_or(Unspecified)?, key_params)?;
            key_wrap::unwrap(&wrapping_key, encrypted_key, length)
        }
        _ => Err(Unspecified),
    }
}

/// The key that two keys on a curve agree on: the content key itself, or the key that wraps it (RFC 7518 §4.6.2).
fn agreed(
    ours: &CurveKey,
    theirs: &Point,
    key_params: &KeyManagementParams<'_>,
) -> Result<Zeroizing<Vec<u8>>, Unspecified> {
    let KeyManagementParams { algorithm, content, producer, recipient, .. } = *key_params;
    let (name, length) = match key_wrap::wrapping_key_bytes(algorithm) {
        Some(length) => (algorithm.as_str(), length),
        None => (content.as_str(), content::key_bytes(content)),
    };
    let info = Info { algorithm: name, producer, recipient };
    ours.agree(theirs, |secret| Ok(concat_kdf::derive(secret, &info, length)))
}

fn oaep(algorithm: KeyManagement) -> &'static OaepAlgorithm {
    if algorithm == KeyManagement::RsaOaep { &OAEP_SHA1_MGF1SHA1 } else { &OAEP_SHA256_MGF1SHA256 }
}
