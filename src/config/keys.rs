//! `[keys]`: the master key, and the keys of this server.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer};

use super::Span;
use crate::oauth::client::KeyManagement;
use crate::oauth::signing_key::{KeyAlgorithm, Schedule, SigningAlgorithm};
use crate::secret::Secret;

#[derive(Clone, Debug, Deserialize)]
pub struct KeyOptions {
    pub master_key: Secret,
    pub master_key_file: PathBuf,
    #[serde(deserialize_with = "algorithms")]
    pub algorithms: Vec<SigningAlgorithm>,
    #[serde(deserialize_with = "encryption_algorithms")]
    pub encryption_algorithms: Vec<KeyManagement>,
    pub rotate_every: Span,
    pub publish_before: Span,
    pub keep_published: Span,
}

impl KeyOptions {
    /// The algorithms of which this server has keys.
    pub fn all(&self) -> impl Iterator<Item = KeyAlgorithm> {
        let encryption = self.encryption_algorithms.iter().copied().map(KeyAlgorithm::Encryption);
        self.algorithms.iter().copied().map(KeyAlgorithm::Signing).chain(encryption)
    }

    /// Whether this server has keys of the algorithm.
    pub fn offers(&self, algorithm: KeyAlgorithm) -> bool {
        self.all().any(|offered| offered == algorithm)
    }

    pub fn schedule(&self) -> Schedule {
        Schedule {
            rotate_every: self.rotate_every.seconds(),
            publish_before: self.publish_before.seconds(),
            keep_published: self.keep_published.seconds(),
        }
    }
}

/// Reads the names of algorithms for signatures.
pub(super) fn algorithms<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<SigningAlgorithm>, D::Error> {
    words(deserializer, SigningAlgorithm::ALL, SigningAlgorithm::as_str)
}

/// Reads the names of algorithms for encryption.
fn encryption_algorithms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<KeyManagement>, D::Error> {
    words(deserializer, KeyManagement::FOR_CLIENTS, KeyManagement::as_str)
}

/// Reads words separated by spaces; repetitions are ignored.
fn words<'de, D: Deserializer<'de>, T: Copy + PartialEq>(
    deserializer: D,
    known: &[T],
    as_str: fn(T) -> &'static str,
) -> Result<Vec<T>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let mut found = Vec::new();
    for word in text.split_whitespace() {
        let Some(value) = known.iter().copied().find(|known| as_str(*known) == word) else {
            let known: Vec<&str> = known.iter().map(|known| as_str(*known)).collect();
            let sentence = format!("it has a word that is not one of {}", known.join(", "));
            return Err(serde::de::Error::custom(sentence));
        };
        if !found.contains(&value) {
            found.push(value);
        }
    }
    Ok(found)
}
