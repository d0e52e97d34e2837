//! The mistakes in a configuration, each with its source.

use std::fmt;
use std::path::PathBuf;

/// The source of an option's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingSource {
    Default,
    File(PathBuf),
    /// The name of an environment variable.
    Variable(String),
}

/// One mistake in the configuration.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The option; `None` if the mistake is not in a single option.
    pub key: Option<String>,
    pub origin: Option<SettingSource>,
    mistake: Mistake,
}

#[derive(Clone, Debug)]
enum Mistake {
    UnknownOption {
        nearest: Option<String>,
    },
    /// In a file that an option names. The sentence names the file, so it needs no source.
    InFile(String),
    Other(String),
}

/// Every mistake in the configuration, one sentence for the operator on each line.
#[derive(Clone, Debug)]
pub struct ConfigError(Vec<Finding>);

impl ConfigError {
    /// A single mistake that is not about one option.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(vec![Finding { key: None, origin: None, mistake: Mistake::Other(sentence.into()) }])
    }

    /// The mistakes, at least one.
    pub fn findings(&self) -> &[Finding] {
        &self.0
    }
}

impl From<Vec<Finding>> for ConfigError {
    fn from(findings: Vec<Finding>) -> Self {
        Self(findings)
    }
}

impl Finding {
    pub(super) fn new(key: &str, origin: SettingSource, sentence: impl Into<String>) -> Self {
        Self { key: Some(key.to_owned()), origin: Some(origin), mistake: Mistake::Other(sentence.into()) }
    }

    /// A mistake in a file that an option names, with the source of the option if it is known.
    pub(super) fn about(
        key: Option<&str>,
        origin: Option<SettingSource>,
        sentence: impl Into<String>,
    ) -> Self {
        Self { key: key.map(str::to_owned), origin, mistake: Mistake::InFile(sentence.into()) }
    }

    /// A remark about what is registered in the database.
    pub fn of_database(sentence: String) -> Self {
        Self::about(None, None, sentence)
    }

    pub(super) fn of_a_file(path: PathBuf, sentence: impl Into<String>) -> Self {
        Self { key: None, origin: Some(SettingSource::File(path)), mistake: Mistake::Other(sentence.into()) }
    }

    pub(super) fn unknown_option(key: &str, origin: SettingSource, nearest: Option<String>) -> Self {
        Self { key: Some(key.to_owned()), origin: Some(origin), mistake: Mistake::UnknownOption { nearest } }
    }

    /// The sentence without the source.
    pub fn sentence(&self) -> String {
        match &self.mistake {
            Mistake::UnknownOption { .. } => self.unknown(""),
            Mistake::InFile(sentence) | Mistake::Other(sentence) => sentence.clone(),
        }
    }

    fn unknown(&self, place: &str) -> String {
        let key = self.key.as_deref().unwrap_or_default();
        let Mistake::UnknownOption { nearest: Some(nearest) } = &self.mistake else {
            return format!("unknown option {key}{place}");
        };
        format!("unknown option {key}{place}; did you mean {nearest}?")
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.mistake, &self.origin) {
            (Mistake::UnknownOption { .. }, Some(SettingSource::File(path))) => {
                f.write_str(&self.unknown(&format!(" in {}", path.display())))
            }
            (Mistake::UnknownOption { .. }, _) => f.write_str(&self.unknown(" in the environment")),
            (
                Mistake::Other(sentence),
                Some(origin @ (SettingSource::File(_) | SettingSource::Variable(_))),
            ) if self.key.is_some() => {
                write!(f, "{sentence} ({origin})")
            }
            (Mistake::InFile(sentence) | Mistake::Other(sentence), _) => f.write_str(sentence),
        }
    }
}

impl fmt::Display for SettingSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => path.display().fmt(f),
            Self::Variable(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{finding}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
