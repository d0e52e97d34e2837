//! All options: `config/default.toml`, overridden by a file, overridden by the environment.

mod admin;
mod audit;
mod brand;
mod check;
mod ciba;
pub mod descriptors;
mod document;
mod finding;
mod keys;
mod layers;
mod limits;
mod oauth;
mod passwords;
mod permissions;
mod place;
mod proxies;
mod public_url;
mod retention;
mod service_links;
mod span;
mod tls;
mod tokens;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

pub use admin::{AdminNetworks, AdminOptions};
pub use audit::Audit;
pub use brand::BrandOptions;
pub use check::{BAD_FILTER, check_public_url};
pub use ciba::CibaOptions;
pub use finding::{ConfigError, Finding, SettingSource};
pub use keys::KeyOptions;
use keys::algorithms;
pub use layers::{LayeredSetting, Layers};
pub use limits::Limits;
pub use oauth::OAuth;
pub use passwords::PasswordOptions;
pub use permissions::ConfiguredFile;
pub use place::PLACES;
pub use proxies::TrustedProxies;
pub use public_url::mount_path;
pub use retention::{Explain, Purge};
pub use span::Span;
pub use tls::Tls;

use crate::clock::Timestamp;
use crate::fetch::address::AllowList;
use crate::oauth::identity::session::LiveSessions;
use crate::oauth::signing_key::SigningAlgorithm;
use crate::oauth::webfinger::WebFingerHosts;
use crate::secret::Secret;
use crate::store::db::{DatabaseRoute, DbOptions};

#[derive(Clone, Debug, Deserialize)]
pub struct Config {
    /// The configuration file that was read; `None` if there is no such file.
    #[serde(skip)]
    pub file: Option<PathBuf>,
    /// Where the values of the options came from, if it was not the default.
    #[serde(skip)]
    sources: BTreeMap<String, SettingSource>,
    public_url: String,
    #[serde(deserialize_with = "needed_address")]
    pub listen: SocketAddr,
    pub tls: Tls,
    pub http: Http,
    pub database: Database,
    pub keys: KeyOptions,
    pub oauth: OAuth,
    pub tokens: Tokens,
    pub sessions: SessionOptions,
    pub sign_in: SignIn,
    pub sign_up: SignUp,
    pub admin: AdminOptions,
    pub brand: BrandOptions,
    pub device: DeviceOptions,
    pub ciba: CibaOptions,
    pub webfinger: WebFinger,
    pub passwords: PasswordOptions,
    pub fetch: Fetch,
    pub purge: Purge,
    pub audit: Audit,
    pub explain: Explain,
    pub metrics: MetricsOptions,
    pub limits: Limits,
    pub log: Log,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Http {
    pub deadline: Span,
    pub keep_alive: Span,
    /// 0: as many as fit, see [`Config::connections`].
    connections: usize,
    pub connections_per_network: usize,
    /// Requests that are worked on at the same time.
    pub requests: usize,
    workers: usize,
    pub shutdown: Span,
    #[serde(deserialize_with = "from_text")]
    pub trusted_proxies: TrustedProxies,
    strict_transport_security: Span,
    pub popups: bool,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Database {
    /// May contain a password.
    pub url: Secret,
    pub pooler: bool,
    /// May contain a password, too.
    pub replica_url: Secret,
    pub connections: u32,
    pub queue: usize,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Tokens {
    pub code_lifetime: Span,
    pub access_token_lifetime: Span,
    #[serde(deserialize_with = "algorithm")]
    pub access_token_alg: Option<SigningAlgorithm>,
    pub id_token_lifetime: Span,
    pub refresh_token_idle_lifetime: Span,
    pub refresh_token_lifetime: Span,
    pub refresh_token_grace: Span,
}

#[derive(Clone, Debug, Deserialize)]
pub struct SessionOptions {
    pub idle_lifetime: Span,
    pub lifetime: Span,
    pub persistent: Persistence,
}

/// Whether a session outlives the closing of the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persistence {
    /// The person decides on the sign-in page.
    Ask,
    Always,
    Never,
}

#[derive(Clone, Debug, Deserialize)]
pub struct SignIn {
    pub flow_lifetime: Span,
}

/// Devices that get tokens while a person signs in elsewhere.
#[derive(Clone, Debug, Deserialize)]
pub struct DeviceOptions {
    pub code_lifetime: Span,
    pub poll_interval: Span,
}

#[derive(Clone, Debug, Deserialize)]
pub struct WebFinger {
    #[serde(deserialize_with = "from_text")]
    pub hosts: WebFingerHosts,
}

#[derive(Clone, Debug, Deserialize)]
pub struct SignUp {
    pub enabled: bool,
}

/// Calls to addresses from registrations.
#[derive(Clone, Debug, Deserialize)]
pub struct Fetch {
    #[serde(deserialize_with = "from_text")]
    pub allow: AllowList,
    pub ca_file: PathBuf,
    pub deadline: Span,
}

/// The metrics for Prometheus.
#[derive(Clone, Debug, Deserialize)]
pub struct MetricsOptions {
    #[serde(deserialize_with = "address")]
    pub listen: Option<SocketAddr>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Log {
    pub filter: String,
    pub format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Auto,
    Text,
    Json,
}

impl<'de> Deserialize<'de> for Persistence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        one_of(deserializer, &[("ask", Self::Ask), ("always", Self::Always), ("never", Self::Never)])
    }
}

impl<'de> Deserialize<'de> for LogFormat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        one_of(deserializer, &[("auto", Self::Auto), ("text", Self::Text), ("json", Self::Json)])
    }
}

/// Reads the name of one algorithm; `None` for an empty text.
fn algorithm<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SigningAlgorithm>, D::Error> {
    let found = algorithms(deserializer)?;
    match found.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(*only)),
        _ => Err(serde::de::Error::custom("one algorithm signs access tokens, not several")),
    }
}

/// Reads a value that has a text form.
fn from_text<'de, D: Deserializer<'de>, T: FromStr<Err = &'static str>>(
    deserializer: D,
) -> Result<T, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

/// Reads an address with a port.
fn needed_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let hint = |_| serde::de::Error::custom("it is not an address with a port, such as 127.0.0.1:8080");
    String::deserialize(deserializer)?.parse().map_err(hint)
}

/// Reads an address with a port; `None` for an empty text.
fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    let hint = |_| serde::de::Error::custom("it is not an address with a port, such as 127.0.0.1:9464");
    text.parse().map(Some).map_err(hint)
}

/// Reads one of a few words; the error lists them. Like every error about a value, it does not repeat the value: that may
/// be a secret that was meant for another option.
fn one_of<'de, D: Deserializer<'de>, T: Copy>(deserializer: D, words: &[(&str, T)]) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    let list: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    found.ok_or_else(|| serde::de::Error::custom(format!("it is not one of {}", list.join(", "))))
}

impl Config {
    /// Reads the defaults, then the configuration file, then the environment. The file is `given`; else the one that
    /// `GRANTOR_CONFIG` names; else `./grantor.toml` or `/etc/grantor/grantor.toml`, if there is one.
    ///
    /// # Errors
    /// All mistakes in them.
    pub fn load(given: Option<&Path>) -> Result<Self, ConfigError> {
        Layers::read(given)?.resolve()
    }

    /// Returns the defaults, overridden only by `overrides`, such as `("listen", "127.0.0.1:0")`.
    ///
    /// # Errors
    /// If an override is not valid.
    pub fn with(overrides: &[(&str, &str)]) -> Result<Self, ConfigError> {
        let variable = |key: &str| format!("GRANTOR_{}", key.replace('.', "__").to_uppercase());
        let variables = overrides.iter().map(|(key, value)| (variable(key).into(), (*value).into()));
        Layers::over(None, variables)?.resolve()
    }

    /// The sessions that are live at `now`.
    pub fn live_sessions(&self, now: Timestamp) -> LiveSessions {
        LiveSessions::at(now, self.sessions.idle_lifetime.seconds())
    }

    /// The options for the database.
    pub fn database_options(&self) -> DbOptions {
        DbOptions {
            url: self.database.url.expose().clone(),
            route: if self.database.pooler { DatabaseRoute::Pooler } else { DatabaseRoute::Direct },
            replica_url: Some(self.database.replica_url.expose().clone()).filter(|url| !url.is_empty()),
            connections: self.database.connections,
            queue: self.database.queue,
            // Shorter than the request's deadline, so that there is time left to answer the application.
            timeout: self.http.deadline.duration() * 4 / 5,
            lock_timeout: self.http.deadline.duration() / 2,
            migration_timeout: DbOptions::MIGRATION_TIMEOUT,
            migration_lease: DbOptions::MIGRATION_LEASE,
        }
    }

    /// The path of the master key's file, which is used if the configuration does not contain the key.
    pub fn master_key_file(&self) -> PathBuf {
        if !self.keys.master_key_file.as_os_str().is_empty() {
            return self.keys.master_key_file.clone();
        }
        let beside = self.database_options().sqlite_path().and_then(|path| path.parent().map(Path::to_owned));
        beside.unwrap_or_default().join("grantor.key")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Seconds;

    fn refusal(overrides: &[(&str, &str)]) -> String {
        Config::with(overrides).unwrap_err().to_string()
    }

    #[test]
    fn the_defaults_are_complete_and_valid() {
        let config = Config::with(&[]).unwrap();
        assert_eq!(config.issuer(8080), "http://127.0.0.1:8080");
        assert_eq!(config.tokens.access_token_lifetime.seconds(), Seconds::new(600));
        assert_eq!(config.master_key_file(), PathBuf::from("grantor.key"));
    }

    #[test]
    fn an_unknown_option_is_reported_with_the_probable_one() {
        let text = refusal(&[("limits.enable", "false")]);
        assert_eq!(text, "unknown option limits.enable in the environment; did you mean limits.enabled?");
    }

    #[test]
    fn the_public_url_is_https_outside_loopback() {
        assert!(refusal(&[("public_url", "http://id.example.com")]).contains("must be https"));
        assert!(refusal(&[("public_url", "https://id.example.com/?x")]).contains("must not have a query"));
        assert!(refusal(&[("public_url", "https://ID.example.com")]).contains("https://id.example.com"));
        assert!(refusal(&[("listen", "0.0.0.0:80")]).contains("public_url must be set"));
        let config = Config::with(&[("public_url", "https://id.example.com/auth/")]).unwrap();
        assert_eq!(config.issuer(1), "https://id.example.com/auth");
    }

    #[test]
    fn values_of_the_wrong_form_are_refused_with_a_sentence() {
        assert!(refusal(&[("tokens.code_lifetime", "10m")]).contains("between 1s and 60s"));
        assert!(refusal(&[("http.deadline", "soon")]).contains("not a length of time"));
        assert!(refusal(&[("database.url", "mysql://x")]).contains("sqlite: or postgres://"));
        assert!(refusal(&[("database.pooler", "true")]).contains("is for PostgreSQL"));
        assert!(refusal(&[("database.replica_url", "postgres://h/d")]).contains("is for PostgreSQL"));
        let both = [("database.url", "postgres://h/d"), ("database.replica_url", "sqlite:x")];
        assert!(refusal(&both).contains("database.replica_url must begin with postgres://"));
    }

    #[test]
    fn algorithms_are_separated_by_spaces() {
        let algorithms =
            |text| Config::with(&[("keys.algorithms", text)]).map(|config| config.keys.algorithms);
        assert_eq!(
            algorithms("EdDSA  RS256 EdDSA").unwrap(),
            [SigningAlgorithm::EdDsa, SigningAlgorithm::Rs256]
        );
        for (text, part) in [
            ("HS256", "it has a word that is not one of RS256, PS256, ES256, EdDSA, Ed25519"),
            ("ES256 none", "it has a word that is not one of"),
            (" ", "keys.algorithms must name one"),
        ] {
            let sentence = algorithms(text).unwrap_err().to_string();
            assert!(sentence.contains(part), "{sentence}");
        }
    }

    #[test]
    fn the_access_token_algorithm_must_be_a_single_offered_one() {
        let chosen = |text| {
            let options = [("keys.algorithms", "RS256 EdDSA"), ("tokens.access_token_alg", text)];
            Config::with(&options).map(|config| config.tokens.access_token_alg)
        };
        assert_eq!(chosen("EdDSA").unwrap(), Some(SigningAlgorithm::EdDsa));
        assert_eq!(chosen("").unwrap(), None);
        for (text, part) in [
            ("ES256", "is ES256, which keys.algorithms does not offer"),
            ("RS256 EdDSA", "one algorithm signs access tokens"),
            ("HS256", "it has a word that is not one of"),
        ] {
            let sentence = chosen(text).unwrap_err().to_string();
            assert!(sentence.contains(part), "{sentence}");
        }
    }

    #[test]
    fn the_metrics_address_is_empty_or_differs_from_listen() {
        let listen = |text| Config::with(&[("metrics.listen", text)]).map(|config| config.metrics.listen);
        assert_eq!(listen("").unwrap(), None);
        assert_eq!(listen("127.0.0.1:9464").unwrap(), Some(SocketAddr::from(([127, 0, 0, 1], 9464))));
        for (text, part) in [
            ("127.0.0.1", "metrics.listen cannot be used: it is not an address with a port"),
            ("127.0.0.1:8080", "metrics.listen must be another address than listen"),
            ("0.0.0.0:8080", "metrics.listen must be another address than listen"),
        ] {
            let sentence = listen(text).unwrap_err().to_string();
            assert!(sentence.contains(part), "{sentence}");
        }
        for options in [
            [("listen", "127.0.0.1:0"), ("metrics.listen", "127.0.0.1:0")],
            [("listen", "127.0.0.1:8080"), ("metrics.listen", "127.0.0.2:8080")],
        ] {
            assert!(Config::with(&options).is_ok(), "{options:?}");
        }
    }

    #[test]
    fn keys_are_published_long_enough() {
        for (option, part) in [
            (("keys.publish_before", "1h"), "longer than 1h"),
            (("keys.rotate_every", "24h"), "longer than keys.publish_before"),
            (("tokens.id_token_lifetime", "9d"), "at least as long as the lifetime of tokens"),
            (("keys.keep_published", "599s"), "at least as long as the lifetime of tokens"),
        ] {
            let sentence = refusal(&[option]);
            assert!(sentence.contains(part), "{sentence}");
        }
        assert!(Config::with(&[("keys.rotate_every", "0s")]).is_ok());
    }

    #[test]
    fn secrets_are_not_printed() {
        let key = format!("hunter3{}", "A".repeat(36));
        let config = Config::with(&[
            ("database.url", "postgres://u:hunter2@h/d"),
            ("keys.master_key", &key),
            ("database.replica_url", "postgres://u:hunter2@h/e"),
        ])
        .unwrap();
        assert!(!format!("{config:?}").contains("hunter"));
    }
}
