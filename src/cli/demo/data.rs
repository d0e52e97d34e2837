//! The demo's directory: the database, and the generated secrets that a second run needs again.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::json;
use tempfile::TempDir;

use crate::cli::CliError;
use crate::secret::{Secret, random, random_client_secret};

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
        let text = match std::fs::read(&file) {
            Ok(text) => text,
            // The database only has hashes, so the secrets are lost.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return if self.path.join("grantor.db").exists() {
                    Err(format!("{place} holds a database, but not the demo.json that belongs to a demo's; choose another directory").into())
                } else {
                    Ok(None)
                };
            }
            Err(error) => return Err(format!("{} cannot be read: {error}", file.display()).into()),
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
    pub(super) fn generate(app: SocketAddr) -> Self {
        Self {
            app,
            password: typable_password(),
            web_secret: random_client_secret(),
            service_secret: random_client_secret(),
        }
    }
}

/// Four words of two syllables with 48 random bits: easy to type, and unguessable.
fn typable_password() -> Secret {
    const CONSONANTS: &[u8; 16] = b"bdfghjkmnprstvwz";
    const VOWELS: &[u8; 4] = b"aeiu";
    let mut password = String::new();
    for (index, byte) in random::<8>().into_iter().enumerate() {
        if index > 0 && index % 2 == 0 {
            password.push('-');
        }
        password.push(char::from(CONSONANTS[usize::from(byte >> 4)]));
        password.push(char::from(VOWELS[usize::from(byte & 3)]));
    }
    Secret::new(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_password_is_typable_and_always_new() {
        let (one, other) = (typable_password(), typable_password());
        assert_ne!(one.expose(), other.expose());
        assert_eq!(one.expose().len(), 19);
        assert!(one.expose().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
    }

    #[test]
    fn a_permanent_directory_keeps_its_secrets_private() {
        let parent = TempDir::new().unwrap();
        let directory = Directory::open(Some(parent.path().join("new"))).unwrap();
        assert!(directory.load().unwrap().is_none());
        let saved = SavedValues::generate("127.0.0.1:8081".parse().unwrap());
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
