//! `--logo` and `--brand-logo-dark`: the logos of a client.

use std::path::Path;

use super::super::CliError;
use crate::files::NamedFile;
use crate::operations::clients::{Logo, Logos};

/// The largest file to read, in bytes. A smaller one may still be too large for a logo, and [`Logo::new`] says so.
const MAX_SIZE: u64 = 16 << 20;

/// Reads the logos that are given.
pub(super) fn logos(light: Option<&Path>, dark: Option<&Path>) -> Result<Logos, CliError> {
    Ok(Logos { logo: light.map(logo).transpose()?, dark: dark.map(logo).transpose()? })
}

fn logo(path: &Path) -> Result<Logo, CliError> {
    let bytes = NamedFile::new("the logo", path).bytes(MAX_SIZE)?;
    Logo::new(bytes.to_vec()).map_err(|fault| format!("{}: {}", path.display(), fault.sentence).into())
}
