//! AES-CBC with HMAC-SHA-2: encrypt, then authenticate (RFC 7518 §5.2).

use aws_lc_rs::cipher::{
    AES_128, AES_256, Algorithm, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey,
    PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;

use crate::secret::equal;

pub(super) const IV_BYTES: usize = 16;

/// The variant: `A128CBC-HS256` or `A256CBC-HS512`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Variant {
    A128Hs256,
    A256Hs512,
}

impl Variant {
    /// The length in bytes of each of the two keys, and of the tag.
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::A128Hs256 => 16,
            Self::A256Hs512 => 32,
        }
    }

    fn cipher(self) -> &'static Algorithm {
        match self {
            Self::A128Hs256 => &AES_128,
            Self::A256Hs512 => &AES_256,
        }
    }

    fn mac(self) -> hmac::Algorithm {
        match self {
            Self::A128Hs256 => hmac::HMAC_SHA256,
            Self::A256Hs512 => hmac::HMAC_SHA512,
        }
    }

    /// Encrypts `text` in place and returns the tag (RFC 7518 §5.2.2.1).
    ///
    /// # Errors
    /// If the IV or key has a wrong length.
    pub(super) fn seal(
        self,
        key: &[u8],
        iv: &[u8],
        aad: &[u8],
        text: &mut Vec<u8>,
    ) -> Result<Vec<u8>, Unspecified> {
        let (mac_key, cipher_key) = self.halves(key)?;
        let cipher = PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(self.cipher(), cipher_key)?)?;
        cipher.less_safe_encrypt(text, EncryptionContext::Iv128(FixedLength::try_from(iv)?))?;
        Ok(self.tag(mac_key, iv, aad, text))
    }

    /// Verifies the tag, then decrypts `ciphertext` and returns the text (RFC 7518 §5.2.2.2).
    ///
    /// # Errors
    /// If the tag, the padding or a length is wrong. The tag is compared first: padding from an attacker is never
    /// examined.
    pub(super) fn open(
        self,
        key: &[u8],
        iv: &[u8],
        aad: &[u8],
        (ciphertext, tag): (&[u8], &[u8]),
    ) -> Result<Vec<u8>, Unspecified> {
        let (mac_key, cipher_key) = self.halves(key)?;
        if !equal(&self.tag(mac_key, iv, aad, ciphertext), tag) {
            return Err(Unspecified);
        }
        let cipher = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(self.cipher(), cipher_key)?)?;
        let mut text = ciphertext.to_vec();
        let context = DecryptionContext::Iv128(FixedLength::try_from(iv)?);
        let length = cipher.decrypt(&mut text, context)?.len();
        text.truncate(length);
        Ok(text)
    }

    /// The key of the MAC, and the one of the cipher.
    fn halves(self, key: &[u8]) -> Result<(&[u8], &[u8]), Unspecified> {
        if key.len() != 2 * self.bytes() {
            return Err(Unspecified);
        }
        key.split_at_checked(self.bytes()).ok_or(Unspecified)
    }

    /// The first half of the MAC (RFC 7518 §5.2.2.1).
    fn tag(self, key: &[u8], iv: &[u8], aad: &[u8], ciphertext: &[u8]) -> Vec<u8> {
        let mut mac = hmac::Context::with_key(&hmac::Key::new(self.mac(), key));
        for part in [aad, iv, ciphertext] {
            mac.update(part);
        }
        mac.update(&(aad.len() as u64 * 8).to_be_bytes());
        let mut tag = mac.sign().as_ref().to_vec();
        tag.truncate(self.bytes());
        tag
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7518 Appendix B: one text, IV and associated data for all of them.
    const TEXT: &[u8] =
        b"A cipher system must not be required to be secret, and it must be able to fall into the \
        hands of the enemy without inconvenience";
    const AAD: &[u8] = b"The second principle of Auguste Kerckhoffs";
    const IV: &str = "1af38c2dc2b96ffdd86694092341bc04";

    fn bytes(hex: &str) -> Vec<u8> {
        let hex: Vec<u8> = hex.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let digits = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        hex.chunks(2).map(digits).collect()
    }

    fn key(length: u8) -> Vec<u8> {
        (0..length).collect()
    }

    fn check(variant: Variant, key: &[u8], ciphertext: &str, tag: &str) {
        let (ciphertext, tag) = (bytes(ciphertext), bytes(tag));
        let mut text = TEXT.to_vec();
        let iv = bytes(IV);
        assert_eq!(variant.seal(key, &iv, AAD, &mut text).unwrap(), tag);
        assert_eq!(text, ciphertext);
        assert_eq!(variant.open(key, &iv, AAD, (&ciphertext, &tag)).unwrap(), TEXT);
    }

    #[test]
    fn the_text_of_rfc_7518_appendix_b_1_is_encrypted_and_decrypted() {
        check(Variant::A128Hs256, &key(32), B_1, "652c3fa36b0a7c5b3219fab3a30bc1c4");
    }

    #[test]
    fn the_text_of_rfc_7518_appendix_b_3_is_encrypted_and_decrypted() {
        let tag = "4dd3b4c088a7f45c216839645b2012bf2e6269a8c56a816dbc1b267761955bc5";
        check(Variant::A256Hs512, &key(64), B_3, tag);
    }

    #[test]
    fn changed_parts_and_other_tag_lengths_are_refused() {
        let (key, iv) = (key(32), bytes(IV));
        let mut ciphertext = TEXT.to_vec();
        let tag = Variant::A128Hs256.seal(&key, &iv, AAD, &mut ciphertext).unwrap();
        let open = |key: &[u8], iv: &[u8], aad: &[u8], sealed: (&[u8], &[u8])| {
            Variant::A128Hs256.open(key, iv, aad, sealed)
        };
        assert!(open(&key, &iv, AAD, (&ciphertext, &tag)).is_ok());
        assert!(open(&key, &iv, b"", (&ciphertext, &tag)).is_err());
        assert!(open(&key, &[0; 16], AAD, (&ciphertext, &tag)).is_err());
        assert!(open(&key[1..], &iv, AAD, (&ciphertext, &tag)).is_err());
        assert!(open(&key, &iv, AAD, (&ciphertext[16..], &tag)).is_err());
        for length in 0..tag.len() {
            assert!(open(&key, &iv, AAD, (&ciphertext, &tag[..length])).is_err(), "{length}");
        }
    }

    #[test]
    fn a_valid_tag_over_partial_blocks_or_bad_padding_is_an_error() {
        let (key, iv) = (key(32), [7; 16]);
        let (mac_key, _) = Variant::A128Hs256.halves(&key).unwrap();
        for ciphertext in [&[][..], &[1; 15], &[1; 16], &[1; 17], &[1; 32]] {
            let tag = Variant::A128Hs256.tag(mac_key, &iv, b"", ciphertext);
            let opened = Variant::A128Hs256.open(&key, &iv, b"", (ciphertext, &tag));
            assert!(opened.is_err(), "{} bytes", ciphertext.len());
        }
    }

    const B_1: &str = "
        c80edfa32ddf39d5ef00c0b468834279a2e46a1b8049f792f76bfe54b903a9c9
        a94ac9b47ad2655c5f10f9aef71427e2fc6f9b3f399a221489f16362c7032336
        09d45ac69864e3321cf82935ac4096c86e133314c54019e8ca7980dfa4b9cf1b
        384c486f3a54c51078158ee5d79de59fbd34d848b3d69550a67646344427ade5
        4b8851ffb598f7f80074b9473c82e2db";
    const B_3: &str = "
        4affaaadb78c31c5da4b1b590d10ffbd3dd8d5d302423526912da037ecbcc7bd
        822c301dd67c373bccb584ad3e9279c2e6d12a1374b77f077553df829410446b
        36ebd97066296ae6427ea75c2e0846a11a09ccf5370dc80bfecbad28c73f09b3
        a3b75e662a2594410ae496b2e2e6609e31e6e02cc837f053d21f37ff4f51950b
        be2638d09dd7a4930930806d0703b1f6";
}
