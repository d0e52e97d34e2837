//! What the preview shows: the pages as the configuration and the templates make them, read again when a file has changed.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::CliError;
use super::stylesheet::ColourScheme;
use crate::config::Config;
use crate::face::brand::Brand;
use crate::face::theme::OperatorTheme;
use crate::face::theme_files;
use crate::http::html::Pages;
use crate::secret::Hash;

/// Where the theme comes from.
pub(super) struct ThemeSource {
    pub(super) config: Option<PathBuf>,
    pub(super) templates: Option<PathBuf>,
    /// The address of the preview.
    pub(super) base: String,
    built: Mutex<Option<Built>>,
}

/// The theme as it was read.
#[derive(Clone)]
pub(super) struct Built {
    /// Changes with every file.
    pub(super) stamp: String,
    /// The pages, or why they cannot be shown.
    pub(super) theme: Result<Arc<ThemedPages>, String>,
    files: Vec<PathBuf>,
}

/// The pages in each colour scheme.
pub(super) struct ThemedPages([ThemePages; 3]);

/// The pages with the pictures of the brand.
pub(super) struct ThemePages {
    pub(super) pages: Pages,
    pub(super) brand: Brand,
}

impl ThemedPages {
    pub(super) fn pages(&self, scheme: ColourScheme) -> &ThemePages {
        let [auto, light, dark] = &self.0;
        match scheme {
            ColourScheme::Auto => auto,
            ColourScheme::Light => light,
            ColourScheme::Dark => dark,
        }
    }
}

impl ThemeSource {
    pub(super) fn new(config: Option<PathBuf>, templates: Option<PathBuf>, base: String) -> Self {
        Self { config, templates, base, built: Mutex::new(None) }
    }

    /// The address below which the pages of a scheme are, with their forms and assets.
    pub(super) fn issuer(&self, scheme: ColourScheme) -> String {
        format!("{}/{}", self.base, scheme.word())
    }

    /// The theme as its files are now.
    pub(super) fn now(&self) -> Built {
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        match &*built {
            Some(old) if old.stamp == stamp(&old.files) => old.clone(),
            _ => built.insert(self.build()).clone(),
        }
    }

    fn build(&self) -> Built {
        let config = Config::load(self.config.as_deref());
        let mut files: Vec<PathBuf> = self.config.iter().chain(&self.templates).cloned().collect();
        if let Ok(config) = &config {
            files.extend(config.file.clone());
            files.extend(config.brand.files().map(|(_, path)| path.to_owned()));
        }
        // Before the files are read: one that changes in the meantime is read again.
        let stamp = stamp(&files);
        let theme = config.map_err(|error| error.to_string()).and_then(|config| self.theme(&config));
        Built { stamp, theme: theme.map(Arc::new), files }
    }

    fn theme(&self, config: &Config) -> Result<ThemedPages, String> {
        let issuer = config.issuer(config.listen.port());
        let place = issuer.split_once("://").map_or(issuer.as_str(), |(_, rest)| rest);
        let folder = self.templates.as_deref().or(config.brand.templates());
        let read = theme_files::templates_and_messages(folder, config.brand.messages());
        let (templates, messages) = read.map_err(|wrong| wrong.join("\n"))?;
        let pages = |scheme| {
            let issuer = self.issuer(scheme);
            let brand = Brand::load(&config.brand, &issuer).map_err(|error| error.to_string())?;
            let theme = OperatorTheme { brand, templates: templates.clone(), messages: messages.clone() };
            let pages = Pages::new(&issuer, config.http.popups, &theme).map_err(|failure| failure.chain())?;
            Ok::<_, String>(ThemePages { pages: pages.shown_as(place), brand: theme.brand })
        };
        Ok(ThemedPages([pages(ColourScheme::Auto)?, pages(ColourScheme::Light)?, pages(ColourScheme::Dark)?]))
    }

    /// The theme at the start of the preview.
    ///
    /// # Errors
    /// If the theme cannot be shown.
    pub(super) fn first(&self) -> Result<(), CliError> {
        self.now().theme.map(drop).map_err(CliError::from)
    }
}

/// A value that changes when a file changes, or a file in a folder.
fn stamp(files: &[PathBuf]) -> String {
    let mut text = String::new();
    for file in files {
        note(&mut text, file);
        let entries = std::fs::read_dir(file).into_iter().flatten().flatten();
        let mut entries: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        entries.sort();
        entries.iter().for_each(|entry| note(&mut text, entry));
    }
    Hash::of(&text).to_text()
}

fn note(text: &mut String, file: &Path) {
    let metadata = std::fs::metadata(file).ok();
    let of = metadata.map(|metadata| (metadata.len(), metadata.modified().ok()));
    let _ = writeln!(text, "{} {of:?}", file.display());
}
