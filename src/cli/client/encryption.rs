//! `--jwks`, `--id-token-encryption` and `--userinfo-encryption`.

use std::path::Path;

use super::super::{CliError, warn};
use crate::files::NamedFile;
use crate::jose::encrypt::check_set;
use crate::jose::key_flaw::KeySetReport;
use crate::oauth::client::{ContentEncryption, Encryption, KeyManagement};

/// The largest size of a JWK Set, in bytes.
const MAX_SIZE: u64 = 64 * 1024;

/// Reads the JWK Set from a file, and warns of every key that is of no use here, neither to verify signatures nor to
/// encrypt.
pub(in crate::cli) fn jwks(file: &Path) -> Result<String, CliError> {
    let file = NamedFile::new("the JWK Set", file);
    let text = file.text(MAX_SIZE)?;
    check_set(&text).map_err(|why| file.wrong(why))?;
    let report = KeySetReport::of(&text).unwrap_or_default();
    for key in report.flawed.iter().filter(|key| !key.is_for_encryption) {
        warn(format!("a key of the JWK Set is not used: {key}"))?;
    }
    if report.keys == 0 {
        warn("the JWK Set has no keys")?;
    }
    Ok(text.to_string())
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
