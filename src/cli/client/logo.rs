//! `--logo`: the logo for the consent page.

use std::path::Path;

use super::super::CliError;
use crate::operations::clients::Logo;

pub(super) fn logo(path: &Path) -> Result<Logo, CliError> {
    let place = path.display();
    let bytes = std::fs::read(path).map_err(|error| format!("the logo {place} cannot be read: {error}"))?;
    Logo::new(bytes).map_err(|fault| format!("{place}: {}", fault.sentence).into())
}
