//! Encrypted tokens: JWE in compact serialization (RFC 7516 §7.1), for one recipient.
//!
//! Every cipher, hash and key agreement comes from aws-lc; this module only combines them as the RFCs say.
//!
//! The sender of a token must not learn from the answer why it could not be decrypted: all causes give the same error,
//! and if the content key cannot be recovered, a random one is used instead (RFC 7516 §11.5).

mod agreement;
mod cbc_hmac;
mod concat_kdf;
mod content;
mod header;
mod jwk;
mod key_management;
mod key_wrap;
mod member;
#[cfg(test)]
mod round_trips;
#[cfg(test)]
mod vectors;

use aws_lc_rs::error::Unspecified;

pub use jwk::{DecryptionKey, EncryptionKey};

use self::header::{EncodedHeader, Header};
use self::key_management::{ContentKey, KeyManagementParams, RandomValues};
use super::JoseError;
use crate::oauth::client::{ContentEncryption, KeyManagement};
use crate::secret::{from_base64url, to_base64url};

/// The maximum length of a received token in characters.
pub const MAX_LENGTH: usize = 64 * 1024;

/// What the sender of a token decides.
#[derive(Clone, Copy, Debug)]
pub struct EncryptionParams<'s> {
    pub algorithm: KeyManagement,
    pub content: ContentEncryption,
    /// The `kid` of the recipient's key, if it has one.
    pub kid: Option<&'s str>,
    /// The type of the content (RFC 7516 §4.1.12).
    pub content_type: Option<&'s str>,
}

/// Encrypts `payload` for the owner of `key` (RFC 7516 §5.1). Returns the compact serialization.
///
/// # Errors
/// [`JoseError::Encryption`] if the key cannot be used with this algorithm, or no secret can be agreed on with it.
pub fn encrypt(
    payload: Vec<u8>,
    key: &EncryptionKey,
    params: EncryptionParams<'_>,
) -> Result<String, JoseError> {
    RandomValues::new(key, params.content)
        .and_then(|random_values| encrypt_with(payload, key, params, random_values))
        .map_err(|_: Unspecified| JoseError::Encryption)
}

fn encrypt_with(
    payload: Vec<u8>,
    key: &EncryptionKey,
    params: EncryptionParams<'_>,
    random_values: RandomValues,
) -> Result<String, Unspecified> {
    let EncryptionParams { algorithm, content, kid, content_type } = params;
    let iv = random_values.iv.clone();
    let ContentKey { content_key, encrypted_key, ephemeral } =
        key_management::encrypt_content_key(key, algorithm, content, random_values)?;
    let header = EncodedHeader {
        alg: algorithm.as_str(),
        kid,
        epk: ephemeral.map(|point| point.jwk()),
        enc: content.as_str(),
        cty: content_type,
    };
    let header = to_base64url(&serde_json::to_vec(&header).map_err(|_| Unspecified)?);
    let mut text = payload;
    let tag = content::seal(content, &content_key, &iv, header.as_bytes(), &mut text)?;
    let parts = [encrypted_key, iv, text, tag].map(|part| to_base64url(&part));
    Ok(format!("{header}.{}", parts.join(".")))
}

/// What the caller accepts. The token chooses among these, and nothing else is accepted (RFC 8725 §3.1).
#[derive(Clone, Copy, Debug)]
pub struct AcceptedAlgorithms<'a> {
    pub algorithms: &'a [KeyManagement],
    pub contents: &'a [ContentEncryption],
}

/// A parsed token that is not decrypted yet: nothing in it can be trusted.
#[derive(Debug)]
pub struct EncryptedToken<'t> {
    header: Header,
    /// The header as it was sent: it is authenticated together with the content.
    protected: &'t str,
    encrypted_key: Vec<u8>,
    iv: Vec<u8>,
    ciphertext: Vec<u8>,
    tag: Vec<u8>,
}

impl<'t> EncryptedToken<'t> {
    /// Parses a token in compact serialization (RFC 7516 §7.1).
    ///
    /// # Errors
    /// [`JoseError::Decryption`], the only error for every token that cannot be decrypted.
    pub fn read(token: &'t str) -> Result<Self, JoseError> {
        Self::parts(token).ok_or(JoseError::Decryption)
    }

    fn parts(token: &'t str) -> Option<Self> {
        if token.len() > MAX_LENGTH {
            return None;
        }
        let mut parts = token.splitn(6, '.');
        let protected = parts.next()?;
        let mut bytes = || from_base64url(parts.next()?);
        let (encrypted_key, iv, ciphertext, tag) = (bytes()?, bytes()?, bytes()?, bytes()?);
        if parts.next().is_some() {
            return None;
        }
        let header = Header::read(&from_base64url(protected)?)?;
        Some(Self { header, protected, encrypted_key, iv, ciphertext, tag })
    }

    /// The `kid` in the header, to find the key; `None` if the header has no `kid`.
    pub fn kid(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// The algorithm in the header, to find the key.
    pub fn algorithm(&self) -> KeyManagement {
        self.header.algorithm
    }

    /// The `cty` in the header, which is the type of the content; `None` if the header has no `cty`. It can be trusted
    /// only after the decryption.
    pub fn content_type(&self) -> Option<&str> {
        self.header.content_type.as_deref()
    }

    /// Decrypts the content with a key of the recipient, and returns it (RFC 7516 §5.2).
    ///
    /// # Errors
    /// [`JoseError::Decryption`], whatever the cause.
    pub fn decrypt(
        &self,
        key: &DecryptionKey,
        accepted: AcceptedAlgorithms<'_>,
    ) -> Result<Vec<u8>, JoseError> {
        let Header { algorithm, content, ephemeral, producer, recipient, .. } = &self.header;
        let (algorithm, content) = (*algorithm, *content);
        if !accepted.algorithms.contains(&algorithm) || !accepted.contents.contains(&content) {
            return Err(JoseError::Decryption);
        }
        let key_params =
            KeyManagementParams { algorithm, content, ephemeral: ephemeral.as_ref(), producer, recipient };
        // Always generated, and used if no key could be recovered: a wrong key then fails at the same step as a wrong
        // tag.
        let by_chance = key_management::random_key(content);
        let found = key_management::decrypt_content_key(key, &key_params, &self.encrypted_key);
        let content_key = found.unwrap_or(by_chance);
        let sealed = (&self.ciphertext[..], &self.tag[..]);
        content::open(content, &content_key, &self.iv, self.protected.as_bytes(), sealed)
            .map_err(|_: Unspecified| JoseError::Decryption)
    }
}
