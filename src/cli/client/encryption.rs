//! `--jwks`, `--id-token-encryption` and `--userinfo-encryption`.

use std::path::Path;

use super::super::CliError;
use crate::jose::encrypt::check_set;
use crate::oauth::client::{ContentEncryption, Encryption, KeyManagement};

/// The largest size of a JWK Set, in bytes.
const MAX_SIZE: u64 = 64 * 1024;

/// Reads the JWK Set from a file.
pub(in crate::cli) fn jwks(file: &Path) -> Result<String, CliError> {
    let wrong = |why: &str| CliError::from(format!("the JWK Set {} cannot be used: {why}", file.display()));
    let size = std::fs::metadata(file).map_err(|error| wrong(&error.to_string()))?.len();
    if size > MAX_SIZE {
        return Err(wrong(&format!("it is larger than {MAX_SIZE} bytes")));
    }
    let text = std::fs::read_to_string(file).map_err(|error| wrong(&error.to_string()))?;
    check_set(&text).map_err(|why| wrong(&why))?;
    Ok(text)
}

pub(super) fn encryption(text: &str) -> Result<Encryption, CliError> {
    Encryption::parse(text).ok_or_else(|| {
        let known: Vec<&str> = KeyManagement::FOR_CLIENTS.iter().map(|known| known.as_str()).collect();
        let contents: Vec<&str> = ContentEncryption::ALL.iter().map(|known| known.as_str()).collect();
        let (known, contents) = (known.join(", "), contents.join(", "));
        format!("the encryption {text:?} is not one of {known}, followed by a space and one of {contents}")
            .into()
    })
}

/// The change that an option asks for. `Some(None)`: `none` removes the encryption. `None`: the option is not given.
pub(super) fn new_encryption(text: Option<&str>) -> Result<Option<Option<Encryption>>, CliError> {
    match text {
        None => Ok(None),
        Some("none") => Ok(Some(None)),
        Some(text) => encryption(text).map(|encryption| Some(Some(encryption))),
    }
}
