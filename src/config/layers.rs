//! The layers of the configuration: defaults, overridden by a file, overridden by the environment.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use config::{File, FileFormat, Map, Source as _, Value, ValueKind};
use strsim::levenshtein;

use super::finding::{ConfigError, Finding, SettingSource};
use super::service_links::is_service_link;
use super::{Config, brand, document, place};
use crate::store::db::{check_url, has_password};

const DEFAULTS: &str = include_str!("../../config/default.toml");
const PREFIX: &str = "GRANTOR_";

/// The value of an option, and its source.
#[derive(Clone, Debug)]
pub struct LayeredSetting {
    value: Value,
    pub origin: SettingSource,
}

/// Every option with its setting, and the mistakes found so far.
#[derive(Clone, Debug)]
pub struct Layers {
    defaults: BTreeMap<String, Value>,
    settings: BTreeMap<String, LayeredSetting>,
    findings: Vec<Finding>,
    /// The configuration file; `None` if there is no such file.
    pub(super) file: Option<PathBuf>,
}

impl Layers {
    /// Reads the defaults, then the configuration file, then the environment. The file is `given`, or in one of the
    /// [usual places](place::find).
    ///
    /// # Errors
    /// If the defaults of this program are not valid; every other mistake is kept as a finding.
    pub fn read(given: Option<&Path>) -> Result<Self, ConfigError> {
        Self::over(place::find(given), std::env::vars_os())
    }

    /// Only invalid defaults are an error; every other mistake is kept as a finding.
    pub(super) fn over(
        file: Option<PathBuf>,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let defaults = File::from_str(DEFAULTS, FileFormat::Toml).collect();
        let defaults = flat(defaults.map_err(|error| ConfigError::new(error.to_string()))?);
        let as_setting = |(key, value): (&String, &Value)| {
            (key.clone(), LayeredSetting { value: value.clone(), origin: SettingSource::Default })
        };
        let settings = defaults.iter().map(as_setting).collect();
        let mut layers = Self { defaults, settings, findings: Vec::new(), file };
        if let Some(path) = layers.file.clone() {
            layers.overlay_file(&path);
        }
        for (name, value) in variables {
            layers.overlay_variable(&name, value);
        }
        Ok(layers)
    }

    /// Checks that the configuration file could be read; if not, there is nothing to show.
    ///
    /// # Errors
    /// If the file could not be read.
    pub fn unreadable(&self) -> Result<(), ConfigError> {
        let of_files = self.findings.iter().filter(|finding| finding.key.is_none());
        let of_files: Vec<Finding> = of_files.cloned().collect();
        if of_files.is_empty() { Ok(()) } else { Err(of_files.into()) }
    }

    /// Whether the configuration file contains a secret.
    pub(super) fn file_has_secret(&self) -> bool {
        let is_of_file = |setting: &&LayeredSetting| matches!(setting.origin, SettingSource::File(_));
        let text = |key: &str| {
            let setting = self.settings.get(key).filter(is_of_file)?;
            Some(setting.value.to_string()).filter(|text| !text.is_empty())
        };
        let is_secret = |key: &str| text(key).is_some_and(|url| has_password(&url));
        text("keys.master_key").is_some() || is_secret("database.url") || is_secret("database.replica_url")
    }

    /// Every option by name, with its setting.
    pub fn settings(&self) -> impl Iterator<Item = (&str, &LayeredSetting)> {
        self.settings.iter().map(|(key, setting)| (key.as_str(), setting))
    }

    /// The configuration, or all findings.
    pub(super) fn resolve(mut self) -> Result<Config, ConfigError> {
        let mut good = Vec::new();
        for (key, setting) in
            self.settings.iter().filter(|(_, setting)| setting.origin != SettingSource::Default)
        {
            match with_defaults([(key.as_str(), &setting.value)]) {
                Ok(_) => good.push((key.as_str(), &setting.value)),
                Err(error) => {
                    let sentence = format!("{key} cannot be used: {}", reason(&error));
                    self.findings.push(Finding::new(key, setting.origin.clone(), sentence));
                }
            }
        }
        let mut config = with_defaults(good).map_err(|error| ConfigError::new(error.to_string()))?;
        config.file = self.file.take();
        let set = self.settings.iter().filter(|(_, setting)| setting.origin != SettingSource::Default);
        config.sources = set.map(|(key, setting)| (key.clone(), setting.origin.clone())).collect();
        for (key, sentence) in config.check() {
            // An option whose value was refused has its default here, so its check says nothing about the operator's
            // value.
            if !self.findings.iter().any(|finding| finding.key.as_deref() == Some(key)) {
                let origin = self.origin(key);
                if origin == SettingSource::Default && Config::MAY_BE_LONGER.contains(&key) {
                    continue;
                }
                self.findings.push(Finding::new(key, origin, sentence));
            }
        }
        if self.findings.is_empty() { Ok(config) } else { Err(self.findings.into()) }
    }

    /// The source of an option, or of any option in a group.
    fn origin(&self, key: &str) -> SettingSource {
        let mut of_group = self.settings.iter().filter(|(name, _)| *name == key || is_below(name, key));
        let set = of_group.find(|(_, setting)| setting.origin != SettingSource::Default);
        set.map_or(SettingSource::Default, |(_, setting)| setting.origin.clone())
    }

    fn overlay_file(&mut self, path: &Path) {
        let origin = SettingSource::File(path.to_owned());
        match document::read(path, |name| self.defaults.contains_key(name)) {
            Ok(tree) => {
                for (key, value) in flat(tree) {
                    self.overlay(&key, value, origin.clone());
                }
            }
            Err(error) => self.findings.push(Finding::of_a_file(path.to_owned(), error.to_string())),
        }
    }

    fn overlay_variable(&mut self, name: &OsString, value: OsString) {
        let Some(name) = name.to_str() else { return };
        let Some((prefix, rest)) = name.split_at_checked(PREFIX.len()) else { return };
        if !prefix.eq_ignore_ascii_case(PREFIX) || name == place::VARIABLE {
            return;
        }
        if value.to_str().is_some_and(|value| is_service_link(rest, value)) {
            return;
        }
        let (key, origin) = (self.option_of(rest), SettingSource::Variable(name.to_owned()));
        match value.into_string() {
            Ok(text) => self.overlay(&key, Value::new(None, ValueKind::String(text)), origin),
            Err(_) => self.findings.push(Finding::new(&key, origin, format!("{key} is not text in UTF-8"))),
        }
    }

    /// The option that the name of a variable means: an option can have capitals and hyphens, a variable only letters of one
    /// case and underscores.
    fn option_of(&self, name: &str) -> String {
        let key = name.to_lowercase().replace("__", ".");
        let plain = |text: &str| text.to_lowercase().replace('-', "_");
        let meant = self.settings.keys().find(|known| plain(known) == plain(&key)).cloned();
        meant.unwrap_or(key)
    }

    fn overlay(&mut self, key: &str, value: Value, origin: SettingSource) {
        if key == brand::SENTENCE && matches!(value.kind, ValueKind::String(_)) {
            return self.overlay(&format!("{key}.default"), value, origin);
        }
        if let Some(setting) = self.settings.get_mut(key) {
            *setting = LayeredSetting { value, origin };
            return;
        }
        // What was meant as the value of an option, perhaps a secret, can be read as the name of an option below it.
        if let Some(option) = self.settings.keys().find(|known| is_below(key, known)).cloned() {
            let sentence = format!("{option} is one option, and not a group of options");
            self.findings.push(Finding::new(&option, origin, sentence));
            return;
        }
        let group = self.settings.keys().find(|known| known.starts_with(&format!("{key}.")));
        match group {
            // An empty group has no effect.
            Some(_) if matches!(value.kind, ValueKind::Table(_)) => {}
            Some(member) => {
                let sentence = format!("{key} is a group of options, such as {member}");
                self.findings.push(Finding::new(key, origin, sentence));
            }
            None => {
                let nearest = self.settings.keys().min_by_key(|known| levenshtein(known, key));
                let nearest = nearest.filter(|known| levenshtein(known, key) <= 3).cloned();
                self.findings.push(Finding::unknown_option(key, origin, nearest));
            }
        }
    }

    /// The value of a setting for display: numbers and switches as JSON, secrets as an ellipsis.
    pub fn shown(&self, key: &str, setting: &LayeredSetting) -> serde_json::Value {
        let value = setting.value.clone();
        let number = || value.clone().into_int().ok().map(serde_json::Value::from);
        let switch = || value.clone().into_bool().ok().map(serde_json::Value::from);
        let natural = match self.defaults.get(key).map(|default| &default.kind) {
            Some(ValueKind::I64(_)) => number(),
            Some(ValueKind::Boolean(_)) => switch(),
            _ => None,
        };
        natural.unwrap_or_else(|| hidden(key, value.to_string()).into())
    }
}

/// The defaults, overridden by these options.
fn with_defaults<'v>(
    options: impl IntoIterator<Item = (&'v str, &'v Value)>,
) -> Result<Config, config::ConfigError> {
    let mut builder = config::Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
    for (key, value) in options {
        builder = builder.set_override(key, value.clone())?;
    }
    builder.build()?.try_deserialize()
}

/// Whether the name of an option begins with that of another one and a dot.
fn is_below(key: &str, option: &str) -> bool {
    key.strip_prefix(option).is_some_and(|rest| rest.starts_with('.'))
}

/// Every option of a tree by its name with dots; an empty group is kept under its own name.
fn flat(tree: Map<String, Value>) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for (name, value) in tree {
        match value.kind {
            ValueKind::Table(group) if !group.is_empty() => {
                found.extend(flat(group).into_iter().map(|(key, value)| (format!("{name}.{key}"), value)));
            }
            _ => drop(found.insert(name, value)),
        }
    }
    found
}

/// Why a value is not accepted, without the value: it may be a secret, whichever option it is in.
fn reason(error: &config::ConfigError) -> String {
    match error {
        config::ConfigError::Type { unexpected, expected, .. } => {
            format!("it is {} and must be {expected}", kind(&unexpected.to_string()))
        }
        config::ConfigError::At { error, .. } => reason(error),
        // The sentences of this program about its types, which do not repeat the value.
        config::ConfigError::Message(sentence) => sentence.clone(),
        _ => "it does not have the right form".to_owned(),
    }
}

/// The kind of a value, by the first word of the library's description; the rest of that is the value.
fn kind(described: &str) -> &'static str {
    match described.split(' ').next().unwrap_or_default() {
        "string" => "a text",
        "boolean" => "true or false",
        "unit" => "nothing",
        "sequence" => "an array",
        "map" => "a group of options",
        _ => "a number",
    }
}

/// The text of an option with secrets replaced by an ellipsis. A URL with a password may be malformed, or in the wrong
/// option.
fn hidden(key: &str, text: String) -> String {
    match key {
        _ if text.is_empty() => text,
        "keys.master_key" => "…".into(),
        "database.url" | "database.replica_url" if check_url(&text).is_ok() => hidden_password(text),
        "database.url" | "database.replica_url" => "…".into(),
        _ if text.contains("://") && text.contains(['@', '?']) => "…".into(),
        _ => text,
    }
}

/// A URL without its password; an ellipsis if it cannot be parsed.
fn hidden_password(text: String) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return if text.starts_with("sqlite:") { text } else { "…".into() };
    };
    let in_query = text.split_once('?').is_some_and(|(_, query)| query.to_lowercase().contains("passw"));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((user, host)) = authority.rsplit_once('@') else {
        return if in_query || text.contains('@') { "…".into() } else { text };
    };
    if in_query || rest[authority.len()..].contains('@') {
        return "…".into();
    }
    match user.split_once(':') {
        Some((name, _)) => format!("{scheme}://{name}:…@{host}{}", &rest[authority.len()..]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(variables: &[(&str, &str)]) -> Layers {
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Layers::over(None, variables).unwrap()
    }

    #[test]
    fn passwords_in_addresses_are_not_shown() {
        for (text, shown) in [
            ("sqlite:grantor.db", "sqlite:grantor.db"),
            ("postgres://h/d", "postgres://h/d"),
            ("postgres://u@h/d", "postgres://u@h/d"),
            ("postgres://u:hunter2@h:5432/d?sslmode=require", "postgres://u:…@h:5432/d?sslmode=require"),
            ("postgres://u:hunter@2@h/d", "postgres://u:…@h/d"),
            ("postgres://u:hunter/2@h/d", "…"),
            ("postgres://u:1/hunter2@h/d", "…"),
            ("postgres://h/d?user=u&password=hunter2", "…"),
            ("hunter2", "…"),
        ] {
            assert_eq!(hidden_password(text.into()), shown);
        }
    }

    #[test]
    fn secrets_hidden_by_debug_are_not_shown() {
        for key in layers(&[]).defaults.keys() {
            let name = format!("{PREFIX}{}", key.replace('.', "__").to_uppercase());
            let layers = layers(&[(&name, "postgres://u:hunter2@h/d")]);
            let Ok(config) = with_defaults([(key.as_str(), &layers.settings[key].value)]) else { continue };
            if !format!("{config:?}").contains("hunter2") {
                let shown = layers.shown(key, &layers.settings[key]).to_string();
                assert!(!shown.contains("hunter2"), "{key}: {shown}");
            }
        }
    }

    #[test]
    fn all_findings_are_reported_together_with_their_variables() {
        let error = layers(&[
            ("GRANTOR_LISTEN", "nowhere"),
            ("GRANTOR_HTTP", "x"),
            ("GRANTOR_HTTP__WORKERS", "many"),
            ("GRANTOR_TOKENS__CODE_LIFETIME", "10m"),
            ("GRANTOR_PUBLIK_URL", "x"),
            ("PATH", "/"),
        ]);
        let error = error.resolve().unwrap_err();
        let lines: Vec<String> = error.to_string().lines().map(str::to_owned).collect();
        assert_eq!(lines.len(), 5, "{lines:?}");
        assert!(lines[0].starts_with("http is a group of options, such as http.connections"), "{lines:?}");
        assert_eq!(lines[1], "unknown option publik_url in the environment; did you mean public_url?");
        assert!(lines[2].contains("http.workers") && lines[2].ends_with("(GRANTOR_HTTP__WORKERS)"));
        let address = "listen cannot be used: it is not an address with a port, such as 127.0.0.1:8080";
        assert!(lines[3].starts_with(address), "{lines:?}");
        assert_eq!(
            lines[4],
            "tokens.code_lifetime must be between 1s and 60s (GRANTOR_TOKENS__CODE_LIFETIME)"
        );
    }
}
