//! `--jwks`, `--id-token-encryption` and `--userinfo-encryption`.

use std::path::Path;

use super::super::Trouble;
use crate::jose::encrypt::{Recipient, check_set};
use crate::oauth::client::{Client, ContentEncryption, Encryption, KeyManagement};

/// Bytes of a JWK Set.
const LARGEST: u64 = 64 * 1024;

/// The JWK Set in a file.
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
        format!("the encryption {text:?} is none of {known}, with one of {contents} behind a space").into()
    })
}

/// The same for a change, in which none takes it away.
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

/// Each encryption needs a key: otherwise every sign-in of the client would fail.
pub(super) fn check_encryption(client: &Client) -> Result<(), Trouble> {
    for encryption in client.id_token_encryption.iter().chain(&client.userinfo_encryption) {
        let jwks = client.jwks.as_deref().unwrap_or(r#"{"keys":[]}"#);
        if Recipient::choose(jwks, encryption.algorithm).is_none() {
            let algorithm = encryption.algorithm.as_str();
            return Err(format!(
                "the JWK Set of the client has no public key for {algorithm}; bring one with --jwks"
            )
            .into());
        }
    }
    Ok(())
}
