//! Where the configuration file is.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The variable that names the configuration file.
pub(super) const VARIABLE: &str = "GRANTOR_CONFIG";
/// The files that are looked for, in this order, if nothing names one.
const USUAL: [&str; 2] = ["grantor.toml", "/etc/grantor/grantor.toml"];

/// The places of the configuration file, as a sentence says that none was there.
pub const PLACES: &str = "--config and GRANTOR_CONFIG name no file, and there is neither ./grantor.toml nor \
                          /etc/grantor/grantor.toml";

/// The configuration file: `given`, else the one that `GRANTOR_CONFIG` names, else `./grantor.toml`, else
/// `/etc/grantor/grantor.toml`. `None` if there is no such file. A file that is named need not exist.
pub(super) fn find(given: Option<&Path>) -> Option<PathBuf> {
    let is_there = |path: &Path| path.symlink_metadata().is_ok();
    choose(given, std::env::var_os(VARIABLE), &USUAL.map(Path::new), is_there)
}

fn choose(
    given: Option<&Path>,
    variable: Option<OsString>,
    usual: &[&Path],
    is_there: impl Fn(&Path) -> bool,
) -> Option<PathBuf> {
    let named = given.map(Path::to_owned);
    let named = named.or_else(|| variable.filter(|text| !text.is_empty()).map(PathBuf::from));
    named.or_else(|| usual.iter().find(|path| is_there(path)).map(|path| path.to_path_buf()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_place_with_a_file_is_chosen() {
        let usual = USUAL.map(Path::new);
        let chosen = |given: Option<&str>, variable: Option<&str>, there: &[&str]| {
            let is_there = |path: &Path| there.iter().any(|file| path == Path::new(file));
            let path = choose(given.map(Path::new), variable.map(OsString::from), &usual, is_there);
            path.map(|path| path.display().to_string())
        };
        let [here, etc] = USUAL;
        assert_eq!(chosen(Some("a.toml"), Some("b.toml"), &USUAL).as_deref(), Some("a.toml"));
        assert_eq!(chosen(None, Some("b.toml"), &USUAL).as_deref(), Some("b.toml"));
        assert_eq!(chosen(None, Some(""), &USUAL).as_deref(), Some(here));
        assert_eq!(chosen(None, None, &USUAL).as_deref(), Some(here));
        assert_eq!(chosen(None, None, &[etc]).as_deref(), Some(etc));
        assert_eq!(chosen(None, None, &[]), None);
    }
}
