//! `--logo`: the logo for the consent page.

use std::path::Path;

use super::super::CliError;
use crate::files::NamedFile;
use crate::operations::clients::Logo;

/// The largest file to read, in bytes. A smaller one may still be too large for a logo, and [`Logo::new`] says so.
const MAX_SIZE: u64 = 16 << 20;

pub(super) fn logo(path: &Path) -> Result<Logo, CliError> {
    let bytes = NamedFile::new("the logo", path).bytes(MAX_SIZE)?;
    Logo::new(bytes.to_vec()).map_err(|fault| format!("{}: {}", path.display(), fault.sentence).into())
}
