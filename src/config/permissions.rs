//! The files that the configuration names, and who may read and change them.

use std::io::ErrorKind::NotFound;
use std::path::{Path, PathBuf};

use super::finding::{ConfigError, Finding, SettingSource};
use super::{Config, Layers};
use crate::files::NamedFile;
use crate::files::permissions::Exposure;
use crate::store::db;
use crate::store::paths::with_suffix;

const MASTER_KEY_FILE: &str = "keys.master_key_file";

/// A file that the configuration names.
#[derive(Clone, Debug)]
pub struct ConfiguredFile {
    /// The option; `None` for the configuration file itself.
    pub key: Option<&'static str>,
    /// What names the file in sentences.
    pub what: String,
    pub path: PathBuf,
    /// Where the option was set; `None` if it has its default, and for the configuration file itself.
    pub source: Option<SettingSource>,
    /// Whether only its owner should read it.
    pub is_secret: bool,
}

impl ConfiguredFile {
    /// A finding about the file.
    pub fn finding(&self, sentence: impl Into<String>) -> Finding {
        Finding::about(self.key, self.source.clone(), sentence)
    }

    pub fn named(&self) -> NamedFile<'_> {
        NamedFile::new(&self.what, &self.path)
    }
}

impl Config {
    /// Reads the configuration as [`Self::load`] does, and looks at the permissions of every file that it names. Returns
    /// the warnings, too: secrets that every account of the machine may read.
    ///
    /// # Errors
    /// All mistakes. If the configuration has no mistake, the files that every account of the machine may change, and a
    /// file of the master key that is missing.
    pub fn load_with_files(given: Option<&Path>) -> Result<(Self, Vec<Finding>), ConfigError> {
        let layers = Layers::read(given)?;
        let is_secret = layers.file_has_secret();
        let config = layers.resolve()?;
        let what = "the configuration file".to_owned();
        let itself =
            config.file.clone().map(|path| ConfiguredFile { key: None, what, path, source: None, is_secret });
        let (mut mistakes, mut warnings) = (Vec::new(), Vec::new());
        mistakes.extend(config.missing_master_key().map(|why| {
            Finding::about(Some(MASTER_KEY_FILE), config.sources.get(MASTER_KEY_FILE).cloned(), why)
        }));
        for file in itself.into_iter().chain(config.files()) {
            match Exposure::of(&file.path) {
                Some(Exposure::Readable) if !file.is_secret => {}
                Some(exposure @ Exposure::Readable) => {
                    warnings.push(file.finding(exposure.sentence(&file.named())));
                }
                Some(exposure @ Exposure::Writable) => {
                    mistakes.push(file.finding(exposure.sentence(&file.named())));
                }
                None => {}
            }
        }
        if mistakes.is_empty() { Ok((config, warnings)) } else { Err(mistakes.into()) }
    }

    /// The sentence that the file of the master key is missing; `None` if it exists, or if no option names it: then it is
    /// made on the first start.
    pub fn missing_master_key(&self) -> Option<String> {
        let file = &self.keys.master_key_file;
        let is_used = self.keys.master_key.expose().is_empty() && !file.as_os_str().is_empty();
        // A folder that cannot be entered is another mistake.
        let is_missing =
            is_used && std::fs::symlink_metadata(file).is_err_and(|error| error.kind() == NotFound);
        let file = file.display();
        is_missing.then(|| {
            format!(
                "keys.master_key_file names {file}, which does not exist; put the key there, or for a new database make \
                 one: (umask 077; head -c32 /dev/urandom | basenc --base64url > {file})"
            )
        })
    }

    /// Every file that the options name. Not all of them must exist.
    pub fn files(&self) -> Vec<ConfiguredFile> {
        let mut files = Vec::new();
        let mut add = |key, what: &str, path: &Path, is_secret| {
            let (what, path) = (what.to_owned(), path.to_owned());
            let source = self.sources.get(key).cloned();
            files.push(ConfiguredFile { key: Some(key), what, path, source, is_secret });
        };
        if self.tls.is_on() {
            add("tls.certificate", "tls.certificate", &self.tls.certificate, false);
            add("tls.key", "tls.key", &self.tls.key, true);
        }
        if self.tls.has_client_ca() {
            add("tls.client_ca", "tls.client_ca", &self.tls.client_ca, false);
        }
        if self.tls.has_client_crl() {
            add("tls.client_crl", "tls.client_crl", &self.tls.client_crl, false);
        }
        if !self.fetch.ca_file.as_os_str().is_empty() {
            add("fetch.ca_file", "fetch.ca_file", &self.fetch.ca_file, false);
        }
        for (key, path) in self.brand.files() {
            add(key, key, path, false);
        }
        if self.keys.master_key.expose().is_empty() {
            add(MASTER_KEY_FILE, "the master key", &self.master_key_file(), true);
        }
        if let Some(path) = self.database_options().sqlite_path() {
            add("database.url", "the database", &path, true);
            for suffix in ["-wal", "-shm", "-journal"] {
                add("database.url", "the database's file", &with_suffix(&path, suffix), true);
            }
        }
        let urls =
            [("database.url", &self.database.url), ("database.replica_url", &self.database.replica_url)];
        for (key, url) in urls {
            for (parameter, path) in db::files_of_url(url.expose()) {
                add(key, parameter, &path, parameter == "sslkey");
            }
        }
        files
    }
}
