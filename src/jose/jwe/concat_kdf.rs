//! The Concat KDF: derives a key from the secret of a key agreement (RFC 7518 §4.6.2, NIST SP 800-56A §5.8.1).

use aws_lc_rs::digest;
use zeroize::Zeroizing;

/// The values that a derived key is bound to.
pub(super) struct Info<'i> {
    /// The name of the algorithm that the key is for: `enc` in direct agreement, else `alg`.
    pub algorithm: &'i str,
    /// PartyUInfo: the value of `apu`; empty if the header has none.
    pub producer: &'i [u8],
    /// PartyVInfo: the value of `apv`; empty if the header has none.
    pub recipient: &'i [u8],
}

/// Derives `length` bytes from a shared secret (RFC 7518 §4.6.2).
pub(super) fn derive(secret: &[u8], info: &Info<'_>, length: usize) -> Zeroizing<Vec<u8>> {
    let mut key = Zeroizing::new(Vec::with_capacity(length + digest::SHA256_OUTPUT_LEN));
    for round in 1_u32.. {
        if key.len() >= length {
            break;
        }
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(&round.to_be_bytes());
        hash.update(secret);
        for part in [info.algorithm.as_bytes(), info.producer, info.recipient] {
            hash.update(&number(part.len()));
            hash.update(part);
        }
        hash.update(&number(length * 8));
        key.extend_from_slice(hash.finish().as_ref());
    }
    key.truncate(length);
    key
}

/// A number in 32 bits, big-endian; no length here reaches 4 GiB.
fn number(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::to_base64url;

    #[test]
    fn the_key_of_rfc_7518_appendix_c_is_derived() {
        let secret = [
            158, 86, 217, 29, 129, 113, 53, 211, 114, 131, 66, 131, 191, 132, 38, 156, 251, 49, 110, 163,
            218, 128, 106, 72, 246, 218, 167, 121, 140, 254, 144, 196,
        ];
        let info = Info { algorithm: "A128GCM", producer: b"Alice", recipient: b"Bob" };
        assert_eq!(to_base64url(&derive(&secret, &info, 16)), "VqqN6vgjbSBcIijNcacQGg");
    }

    #[test]
    fn a_key_longer_than_a_hash_takes_more_rounds() {
        let info = Info { algorithm: "A256CBC-HS512", producer: b"", recipient: b"" };
        let long = derive(&[7; 32], &info, 64);
        assert_eq!(long.len(), 64);
        assert_ne!(long[..32], long[32..]);
        // The length is a part of what is hashed: a shorter key is not the beginning of a longer one.
        assert_ne!(derive(&[7; 32], &info, 32)[..], long[..32]);
    }
}
