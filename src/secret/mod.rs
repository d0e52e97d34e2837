//! Random bytes, generated secrets, their hashes, and a type for values that are never printed.

pub mod passwords;
pub mod webhook;

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_lc_rs::{constant_time, digest, rand};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroize;

use crate::clock::{Timestamp, micros_since};

/// A value that must not be printed: [`Secret::expose`] returns it, and `Debug` prints an ellipsis.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T: Zeroize = String>(T);

impl<T: Zeroize> Secret<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<'de> serde::Deserialize<'de> for Secret<String> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

/// The SHA-256 of a value with 256 random bits. It is stored instead of a token, code, cookie or secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The hash of a text.
    pub fn of(value: &str) -> Self {
        Self::of_bytes(value.as_bytes())
    }

    /// The hash of bytes.
    pub fn of_bytes(value: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest::digest(&digest::SHA256, value).as_ref());
        Self(bytes)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// 43 characters of base64url, for text columns and keys.
    pub fn to_text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

/// `N` bytes from the operating system's random number generator, through aws-lc.
#[expect(clippy::disallowed_methods, reason = "this is the one place that draws chance")]
#[expect(clippy::expect_used, reason = "a system without randomness must not go on")]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("the system's random number generator");
    bytes
}

/// 43 characters of base64url with 256 random bits.
pub fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(random::<32>())
}

/// An identifier that sorts by the time at which it is made: at `now` or soon after. Those of one process sort in their order,
/// those of several by the microsecond, as far as their clocks agree.
pub fn ordered_id(now: Timestamp) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let place = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{:010x}{:06x}{place:08x}{}", now.as_unix().max(0), micros_since(now), random_id())
}

/// 22 characters of base64url with 128 random bits: an identifier, not a secret.
///
/// It never begins with `-`, because any identifier may become an argument of a command.
pub fn random_id() -> String {
    loop {
        let id = URL_SAFE_NO_PAD.encode(random::<16>());
        if !id.starts_with('-') {
            return id;
        }
    }
}

/// A client secret with 256 random bits, made of characters that form-encoding does not change.
///
/// Many clients forget to form-encode their Basic credentials (RFC 6749 §2.3.1); this secret is the same either way.
/// The base64url alphabet is part of `A-Za-z0-9-._~`.
pub fn random_client_secret() -> Secret {
    Secret::new(format!("gcs_{}", random_token()))
}

/// A password with 125 random bits: 25 letters and digits in groups of five, of which none looks like another.
pub fn random_password() -> Secret {
    // The alphabet of Crockford's Base32, which has 32 characters.
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let groups = random::<25>();
    let groups = groups.chunks(5).map(|group| {
        group.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect::<String>()
    });
    Secret::new(groups.collect::<Vec<_>>().join("-"))
}

/// Whether two values are equal, compared in constant time.
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

/// Encodes bytes in base64url without padding.
pub fn to_base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes base64url without padding; `None` if the text is not base64url.
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::{ordered_id, random_id, random_password};
    use crate::clock::{Clock, Seconds};

    #[test]
    fn ids_sort_in_their_order_and_by_the_microsecond() {
        let now = Clock::System.now();
        let ids: Vec<String> = (0..100).map(|_| ordered_id(now)).collect();
        assert!(ids.is_sorted());
        // What another process compares has no part of the counter of this one.
        let moment = |id: &str| id[..16].to_owned();
        let first = moment(&ordered_id(now));
        while moment(&ordered_id(now)) == first {}
        assert!(moment(&ordered_id(now)) > first);
        assert!(ordered_id(now + Seconds::new(1)) > ordered_id(now), "the time of the event comes first");
    }

    #[test]
    fn a_random_password_has_five_groups_and_is_always_new() {
        let (one, other) = (random_password(), random_password());
        assert!(one != other && one.expose().len() == 29, "{}", one.expose());
        assert!(one.expose().split('-').all(|group| group.len() == 5), "{}", one.expose());
    }

    #[test]
    fn no_id_looks_like_an_option_of_a_command() {
        for _ in 0..10_000 {
            let id = random_id();
            assert!(id.len() == 22 && !id.starts_with('-'), "{id}");
        }
    }
}
