//! How the content of an encrypted token is encrypted and authenticated (RFC 7518 §5).

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, Algorithm, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;

use super::cbc_hmac::{self, Variant};
use crate::oauth::client::ContentEncryption;

/// The length of an IV in AES-GCM in bytes (RFC 7518 §5.3).
const NONCE_BYTES: usize = 12;
/// The length of a tag in AES-GCM in bytes.
const TAG_BYTES: usize = 16;

enum Cipher {
    Gcm(&'static Algorithm),
    CbcHmac(Variant),
}

fn cipher(content: ContentEncryption) -> Cipher {
    match content {
        ContentEncryption::A128Gcm => Cipher::Gcm(&AES_128_GCM),
        ContentEncryption::A256Gcm => Cipher::Gcm(&AES_256_GCM),
        ContentEncryption::A128CbcHs256 => Cipher::CbcHmac(Variant::A128Hs256),
        ContentEncryption::A256CbcHs512 => Cipher::CbcHmac(Variant::A256Hs512),
    }
}

/// The length of a content key in bytes.
pub(super) fn key_bytes(content: ContentEncryption) -> usize {
    match cipher(content) {
        Cipher::Gcm(algorithm) => algorithm.key_len(),
        Cipher::CbcHmac(variant) => 2 * variant.bytes(),
    }
}

/// The length of an initialization vector in bytes.
pub(super) fn iv_bytes(content: ContentEncryption) -> usize {
    match cipher(content) {
        Cipher::Gcm(_) => NONCE_BYTES,
        Cipher::CbcHmac(_) => cbc_hmac::IV_BYTES,
    }
}

fn tag_bytes(content: ContentEncryption) -> usize {
    match cipher(content) {
        Cipher::Gcm(_) => TAG_BYTES,
        Cipher::CbcHmac(variant) => variant.bytes(),
    }
}

/// Encrypts `text` in place and returns the tag. A key must only be used for one text.
///
/// # Errors
/// If the IV or key has a wrong length.
pub(super) fn seal(
    content: ContentEncryption,
    key: &[u8],
    iv: &[u8],
    aad: &[u8],
    text: &mut Vec<u8>,
) -> Result<Vec<u8>, Unspecified> {
    match cipher(content) {
        Cipher::Gcm(algorithm) => {
            let nonce = Nonce::try_assume_unique_for_key(iv)?;
            let tag = gcm_key(algorithm, key)?.seal_in_place_separate_tag(nonce, Aad::from(aad), text)?;
            Ok(tag.as_ref().to_vec())
        }
        Cipher::CbcHmac(variant) => variant.seal(key, iv, aad, text),
    }
}

/// Verifies the tag, then decrypts `ciphertext` and returns the text.
///
/// # Errors
/// If the tag is wrong, or the IV, key or tag has a wrong length.
pub(super) fn open(
    content: ContentEncryption,
    key: &[u8],
    iv: &[u8],
    aad: &[u8],
    (ciphertext, tag): (&[u8], &[u8]),
) -> Result<Vec<u8>, Unspecified> {
    // A shortened tag would be easier to guess.
    if iv.len() != iv_bytes(content) || tag.len() != tag_bytes(content) {
        return Err(Unspecified);
    }
    match cipher(content) {
        Cipher::Gcm(algorithm) => {
            let nonce = Nonce::try_assume_unique_for_key(iv)?;
            let mut text = ciphertext.to_vec();
            let key = gcm_key(algorithm, key)?;
            key.open_in_place_separate_tag(nonce, Aad::from(aad), tag, &mut text)?;
            Ok(text)
        }
        Cipher::CbcHmac(variant) => variant.open(key, iv, aad, (ciphertext, tag)),
    }
}

fn gcm_key(algorithm: &'static Algorithm, key: &[u8]) -> Result<LessSafeKey, Unspecified> {
    UnboundKey::new(algorithm, key).map(LessSafeKey::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_complete_tag_and_iv_decrypt_the_content() {
        for content in ContentEncryption::ALL.iter().copied() {
            let (key, iv) = (vec![1; key_bytes(content)], vec![2; iv_bytes(content)]);
            let mut text = b"text".to_vec();
            let tag = seal(content, &key, &iv, b"aad", &mut text).unwrap();
            let open = |key: &[u8], iv: &[u8], tag: &[u8]| open(content, key, iv, b"aad", (&text, tag));
            assert_eq!(open(&key, &iv, &tag).unwrap(), b"text");
            for length in 0..tag.len() {
                assert!(open(&key, &iv, &tag[..length]).is_err(), "{content:?}");
            }
            assert!(open(&key, &iv, &[&tag[..], &[0]].concat()).is_err(), "{content:?}");
            assert!(open(&key, &iv[1..], &tag).is_err(), "{content:?}");
            assert!(open(&key[1..], &iv, &tag).is_err(), "{content:?}");
        }
    }
}
