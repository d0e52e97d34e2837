//! AES Key Wrap: encrypts a key with another one (RFC 7518 §4.4, RFC 3394).

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::key_wrap::{AES_128, AES_256, AesKek, KeyWrap as _};
use zeroize::Zeroizing;

use crate::oauth::client::KeyManagement;

/// How many bytes longer a wrapped key is.
const MORE: usize = 8;

/// Wraps `key` with `wrapping_key`, which has 16 or 32 bytes (RFC 3394).
///
/// # Errors
/// If `wrapping_key` or `key` has a wrong length.
pub(super) fn wrap(wrapping_key: &[u8], key: &[u8]) -> Result<Vec<u8>, Unspecified> {
    let mut wrapped = vec![0; key.len() + MORE];
    kek(wrapping_key)?.wrap(key, &mut wrapped)?;
    Ok(wrapped)
}

/// Unwraps a key of `length` bytes (RFC 3394).
///
/// # Errors
/// If it was wrapped with another key, or has another length.
pub(super) fn unwrap(
    wrapping_key: &[u8],
    wrapped: &[u8],
    length: usize,
) -> Result<Zeroizing<Vec<u8>>, Unspecified> {
    if wrapped.len() != length + MORE {
        return Err(Unspecified);
    }
    let mut key = Zeroizing::new(vec![0; length]);
    kek(wrapping_key)?.unwrap(wrapped, &mut key)?;
    Ok(key)
}

fn kek(key: &[u8]) -> Result<AesKek, Unspecified> {
    AesKek::new(if key.len() == 16 { &AES_128 } else { &AES_256 }, key)
}

/// The length in bytes of the AES key that wraps the content key; `None` if the algorithm does not wrap it
/// with AES.
pub(super) fn wrapping_key_bytes(algorithm: KeyManagement) -> Option<usize> {
    match algorithm {
        KeyManagement::RsaOaep | KeyManagement::RsaOaep256 | KeyManagement::EcdhEs => None,
        KeyManagement::EcdhEsA128Kw | KeyManagement::A128Kw => Some(16),
        KeyManagement::EcdhEsA256Kw | KeyManagement::A256Kw => Some(32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_unwrapped_only_with_its_wrapping_key() {
        for length in [16, 32] {
            let wrapping_key = vec![3; length];
            let wrapped = wrap(&wrapping_key, &[5; 32]).unwrap();
            assert_eq!(unwrap(&wrapping_key, &wrapped, 32).unwrap()[..], [5; 32]);
            assert!(unwrap(&vec![4; length], &wrapped, 32).is_err());
            for other in [0, 16, 31, 33, 64] {
                assert!(unwrap(&wrapping_key, &wrapped, other).is_err(), "{other}");
            }
        }
        assert!(wrap(&[3; 24], &[5; 32]).is_err());
    }
}
