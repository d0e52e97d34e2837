//! The demo's directory: the database, and the generated secrets that a second run needs again.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::json;
use tempfile::TempDir;

use crate::cli::CliError;
use crate::cli::secret::typable_password;
use crate::files::NamedFile;
use crate::secret::{Secret, random_client_secret};

/// The largest size of demo.json, in bytes.
const MAX_SIZE: u64 = 64 * 1024;

/// The directory of the demo: a permanent one, or a temporary one that is deleted when this is dropped.
pub(super) struct Directory {
    path: PathBuf,
    temporary: Option<TempDir>,
}

/// The values generated or chosen in the first run, which every later run needs again.
#[derive(Clone, Deserialize)]
pub(super) struct SavedValues {
    /// Where the application listens; the port is part of its registered redirect URI.
    pub(super) app: SocketAddr,
    pub(super) password: Secret,
    pub(super) web_secret: Secret,
    pub(super) notes_secret: Secret,
    pub(super) service_secret: Secret,
}

impl Directory {
    pub(super) fn open(kept: Option<PathBuf>) -> Result<Self, CliError> {
        let Some(path) = kept else {
            let temporary = TempDir::with_prefix("grantor-demo-")?;
            return Ok(Self { path: temporary.path().to_owned(), temporary: Some(temporary) });
        };
        let absolute = std::fs::create_dir_all(&path).and_then(|()| path.canonicalize());
        let path =
            absolute.map_err(|error| format!("the directory {} cannot be used: {error}", path.display()))?;
        Ok(Self { path, temporary: None })
    }

    pub(super) fn is_temporary(&self) -> bool {
        self.temporary.is_some()
    }

    pub(super) fn display(&self) -> String {
        self.path.display().to_string()
    }

    pub(super) fn database_url(&self) -> Result<String, CliError> {
        let path = self.path.to_str().ok_or("the name of the directory is not UTF-8")?;
        Ok(format!("sqlite:{path}/grantor.db"))
    }

    fn memory(&self) -> PathBuf {
        self.path.join("demo.json")
    }

    /// The values that an earlier run in this directory saved; `None` in a new directory.
    pub(super) fn load(&self) -> Result<Option<SavedValues>, CliError> {
        let (file, place) = (self.memory(), self.display());
        let text = match NamedFile::new("the demo's file", &file).bytes(MAX_SIZE) {
            Ok(text) => text,
            // The database only has hashes, so the secrets are lost.
            Err(error) if error.is_missing() => {
                return if self.path.join("grantor.db").exists() {
                    Err(format!("{place} holds a database, but not the demo.json that belongs to a demo's; choose another directory").into())
                } else {
                    Ok(None)
                };
            }
            Err(error) => return Err(error.into()),
        };
        let saved = serde_json::from_slice(&text);
        saved.map(Some).map_err(|_| {
            format!("{} is not what the demo wrote there; choose another directory", file.display()).into()
        })
    }

    /// Saves the generated values, before the database contains any of them.
    pub(super) fn remember(&self, saved: &SavedValues) -> Result<(), CliError> {
        let text = json!({
            "app": saved.app,
            "password": saved.password.expose(),
            "web_secret": saved.web_secret.expose(),
            "notes_secret": saved.notes_secret.expose(),
            "service_secret": saved.service_secret.expose(),
        });
        // A temporary file is readable by its owner only, and gets its final name when it is complete.
        let mut file = tempfile::NamedTempFile::new_in(&self.path)?;
        writeln!(file, "{text:#}")?;
        file.as_file().sync_all()?;
        file.persist(self.memory())
            .map_err(|error| format!("{} cannot be written: {}", self.memory().display(), error.error))?;
        Ok(())
    }
}

impl SavedValues {
    /// New values; the password has a number of words, each with 12 random bits.
    pub(super) fn generate(app: SocketAddr, password_words: usize) -> Self {
        Self {
            app,
            password: typable_password(password_words),
            web_secret: random_client_secret(),
            notes_secret: random_client_secret(),
            service_secret: random_client_secret(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permanent_directory_keeps_its_secrets_private() {
        let parent = TempDir::new().unwrap();
        let directory = Directory::open(Some(parent.path().join("new"))).unwrap();
        assert!(directory.load().unwrap().is_none());
        let saved = SavedValues::generate("127.0.0.1:8081".parse().unwrap(), 4);
        directory.remember(&saved).unwrap();
        let loaded = directory.load().unwrap().unwrap();
        assert_eq!(loaded.password.expose(), saved.password.expose());
        assert_eq!(loaded.app, saved.app);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = directory.memory().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_directory_without_its_saved_secrets_is_refused() {
        let parent = TempDir::new().unwrap();
        std::fs::write(parent.path().join("grantor.db"), "").unwrap();
        let directory = Directory::open(Some(parent.path().to_owned())).unwrap();
        assert!(directory.load().is_err());
    }
}
