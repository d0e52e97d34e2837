//! The configuration file: written beside its place, tried, and only then given its name.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use url::Url;

use super::super::CliError;
use super::super::atomic_file::{ExistingFile, move_into_place, private_directory};
use super::answers::Answers;
use crate::store::db::has_password;

/// Refuses to write where something is already, or where this account may not.
pub(super) fn refuse_place(path: &Path) -> Result<(), CliError> {
    // Also a link that leads nowhere is something.
    match path.symlink_metadata() {
        Ok(_) => Err(format!(
            "{} exists already, and init changes nothing that exists; --config names another file",
            path.display()
        )
        .into()),
        Err(_) => private_directory(&std::path::absolute(path)?, PREFIX).map(drop),
    }
}

/// A file in a private folder beside its place; dropping the value deletes it.
pub(super) struct ConfigFile {
    folder: TempDir,
    place: PathBuf,
}

const DRAFT: &str = "grantor.toml";
/// The beginning of the name of a folder that is only there for a while.
pub(super) const PREFIX: &str = ".grantor-init-";

impl ConfigFile {
    pub(super) fn draft(answers: &Answers) -> Result<Self, CliError> {
        let place = std::path::absolute(&answers.config)?;
        let draft = Self { folder: private_directory(&place, PREFIX)?, place };
        std::fs::write(draft.path(), text(answers))?;
        // Only a URL with a password is a secret, and a service of another account has to read the rest.
        #[cfg(unix)]
        {
            let mode = if has_password(&answers.database) { 0o600 } else { 0o644 };
            std::fs::set_permissions(draft.path(), std::os::unix::fs::PermissionsExt::from_mode(mode))?;
        }
        Ok(draft)
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join(DRAFT)
    }

    /// The error without the name of the file, which no one will find.
    pub(super) fn without_its_name(&self, error: CliError) -> CliError {
        let name = self.path().display().to_string();
        error.replacing(&format!(" ({name})"), "").replacing(&name, "the new configuration")
    }

    /// Gives the file its name, and returns that. A file that appeared there in between stays.
    pub(super) fn keep(self) -> Result<PathBuf, CliError> {
        move_into_place(&self.path(), &self.place, ExistingFile::Stays)?;
        Ok(self.place)
    }
}

/// A text as a value of TOML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn text(answers: &Answers) -> String {
    let mut text = String::from(
        "# Written by `grantor init`. Every other option has its default: `grantor config show` lists all of them with\n\
         # their values, config/default.toml describes them, and `grantor config check` finds mistakes here.\n\n",
    );
    let is_public = Url::parse(&answers.public_url).is_ok_and(|url| url.scheme() == "https");
    text += "# The address at which people and applications reach the server. It is the issuer of every token, so it\n\
             # should not change later. Empty: http:// and the address below.\n";
    text += &format!("public_url = {}\n\n", quoted(&answers.public_url));
    text += if is_public {
        "# Where the server itself listens: the proxy that holds the certificate passes requests on to this address.\n\
         # To do without a proxy, listen on \"0.0.0.0:443\" and set certificate and key in a section [tls].\n"
    } else {
        "# Where the server listens.\n"
    };
    text += &format!("listen = {}\n\n", quoted(&answers.listen.to_string()));
    if is_public && answers.listen.ip().is_loopback() {
        text += "[http]\n\
                 # The proxies whose X-Forwarded-For names the clients. Without it, all people are limited together.\n\
                 trusted_proxies = \"127.0.0.1 ::1\"\n\n";
    }
    text += "[database]\n\
             # sqlite:FILE, or postgres://user:password@host/database for any number of nodes.\n";
    text += &format!("url = {}\n\n", quoted(&answers.database));
    text += "[keys]\n\
             # The file of the key that encrypts the server's keys in the database. The server makes it at its first start;\n\
             # keep a copy of it apart from those of the database. Empty: grantor.key beside the SQLite database, or in the\n\
             # working directory.\n\
             master_key_file = \"\"\n\n\
             [log]\n\
             # One of error, warn, info, debug, trace and off, or a list such as \"grantor=debug,warn\".\n\
             filter = \"grantor=info,warn\"\n";
    text
}
