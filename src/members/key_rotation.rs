//! The members of a body that makes new signing keys.

use super::Members;
use crate::oauth::signing_key::KeyAlgorithm;
use crate::operations::keys::{KeyRotation, Start};

/// Reads which keys to make. What is wrong is noted with the members.
pub fn read(members: &mut Members) -> KeyRotation {
    let known: Vec<&str> = KeyAlgorithm::all().map(KeyAlgorithm::as_str).collect();
    let algorithm = members.changed_word("algorithm", &known, KeyAlgorithm::parse).flatten();
    let start = if members.flag("now") == Some(true) { Start::AtOnce } else { Start::InTime };
    KeyRotation { algorithm, start }
}
