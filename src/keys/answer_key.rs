//! The key under which the answer to a request with an Idempotency-Key is kept. It can only be made from the
//! Idempotency-Key, so the database alone does not give away the secrets in such answers.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};

use crate::failure::Failure;

/// A key for one answer.
pub struct AnswerKey(RandomizedNonceKey);

impl AnswerKey {
    /// Makes the key from the MAC of a holder of a credential and an Idempotency-Key (HKDF, RFC 5869). The MAC needs a key of
    /// the server, so an Idempotency-Key that can be guessed does not help someone who has the database alone.
    ///
    /// # Errors
    /// Only failures of the cryptographic library.
    pub fn of(typed: &[u8]) -> Result<Self, Failure> {
        let failed = |_| Failure::Internal("a key could not be derived".into());
        let secret = Salt::new(HKDF_SHA256, b"grantor kept answer").extract(typed);
        let info = [b"AES-256-GCM".as_slice()];
        let mut key = [0; 32];
        secret.expand(&info, HKDF_SHA256).and_then(|made| made.fill(&mut key)).map_err(failed)?;
        RandomizedNonceKey::new(&AES_256_GCM, &key).map(Self).map_err(failed)
    }

    /// Encrypts an answer. `None` only if the cryptographic library fails.
    pub fn seal(&self, mut answer: Vec<u8>) -> Option<Vec<u8>> {
        let nonce = self.0.seal_in_place_append_tag(Aad::empty(), &mut answer).ok()?;
        Some([nonce.as_ref(), answer.as_slice()].concat())
    }

    /// Decrypts what [`Self::seal`] returned. `None` if it was sealed with another key.
    pub fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let mut answer = sealed.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let length = self.0.open_in_place(nonce, Aad::empty(), &mut answer).ok()?.len();
        answer.truncate(length);
        Some(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::AnswerKey;

    #[test]
    fn only_the_same_mac_opens_an_answer() {
        let sealed = AnswerKey::of(b"one").unwrap().seal(b"secret".to_vec()).unwrap();
        for (typed, opens) in [(&b"one"[..], true), (b"other", false)] {
            let opened = AnswerKey::of(typed).unwrap().open(&sealed);
            assert_eq!(opened.as_deref(), opens.then_some(&b"secret"[..]));
        }
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
    }
}
