//! Logs: a readable sentence with fields; never a secret, code, token, cookie or password.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::{ConfigError, Log, LogFormat};

/// Targets that say too much; a filter that names them shows it again. PostgreSQL reports at every start that tables
/// already exist, and actix-http reports what strangers send as errors, without their address (see `connection`).
const QUIET: &str = "sqlx::postgres::notice=warn,actix_http::h1::dispatcher=off";

/// Starts logging to standard error. Later calls in the same process have no effect.
///
/// # Errors
/// If `log.filter` is invalid.
pub fn start(options: &Log) -> Result<(), ConfigError> {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", options.filter))
        .map_err(|error| ConfigError::new(format!("log.filter cannot be read: {error}")))?;
    let is_json = match options.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !std::io::stderr().is_terminal(),
    };
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Only the first call in a process has an effect; tests start many servers.
    let _ = if is_json {
        subscriber.json().flatten_event(true).try_init()
    } else {
        subscriber.with_target(false).with_ansi(std::io::stderr().is_terminal()).try_init()
    };
    Ok(())
}
