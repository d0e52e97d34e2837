//! `--jwks`, `--id-token-encryption` and `--userinfo-encryption`.

use std::path::Path;

use super::super::Trouble;
use crate::jose::encrypt::{Recipient, check_set};
use crate::oauth::client::{Client, ContentEncryption, Encryption, KeyManagement};

/// The largest size of a JWK Set, in bytes.
const LARGEST: u64 = 64 * 1024;

/// Reads the JWK Set from a file.
pub(in crate::cli) fn jwks(file: &Path) -> Result<String, Trouble> {
    let wrong = |why: &str| Trouble::from(format!("the JWK Set {} cannot be used: {why}", file.display()));
    let size = std::fs::metadata(file).map_err(|error| wrong(&error.to_string()))?.len();
    if size > LARGEST {
        return Err(wrong(&format!("it is larger than {LARGEST} bytes")));
    }
    let text = std::fs::read_to_string(file).map_err(|error| wrong(&error.to_string()))?;
    check_set(&text).map_err(|why| wrong(&why))?;
    Ok(text)
}

pub(super) fn encryption(text: &str) -> Result<Encryption, Trouble> {
    Encryption::parse(text).ok_or_else(|| {
        let known: Vec<&str> = KeyManagement::ALL.iter().map(|known| known.as_str()).collect();
        let contents: Vec<&str> = ContentEncryption::ALL.iter().map(|known| known.as_str()).collect();
        let (known, contents) = (known.join(", "), contents.join(", "));
        format!("the encryption {text:?} is not one of {known}, followed by a space and one of {contents}")
            .into()
    })
}

/// Reads the option of an update, in which `none` removes the encryption.
pub(super) fn encryption_or(
    text: Option<&str>,
    before: Option<Encryption>,
) -> Result<Option<Encryption>, Trouble> {
    match text {
        None => Ok(before),
        Some("none") => Ok(None),
        Some(text) => encryption(text).map(Some),
    }
}

/// Checks that the client has a key for each encryption. Without one, every sign-in to the client would fail.
pub(super) fn check_encryption(client: &Client) -> Result<(), Trouble> {
    for encryption in client.id_token_encryption.iter().chain(&client.userinfo_encryption) {
        let jwks = client.jwks.as_deref().unwrap_or(r#"{"keys":[]}"#);
        if Recipient::choose(jwks, encryption.algorithm).is_none() {
            let algorithm = encryption.algorithm.as_str();
            return Err(format!(
                "the JWK Set of the client has no public key for {algorithm}; add one with --jwks"
            )
            .into());
        }
    }
    Ok(())
}
