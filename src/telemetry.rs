//! Logs: a readable sentence with fields; never a secret, code, token, cookie or password.

use std::io::IsTerminal as _;

use tracing::Metadata;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{BAD_FILTER, ConfigError, Log, LogFormat};

/// Targets that say too much; a filter that names them shows it again. PostgreSQL reports at every start that tables
/// already exist, and actix-http reports what strangers send as errors, without their address (see `connection`).
const QUIET: &str = "sqlx::postgres::notice=warn,actix_http::h1::dispatcher=off";

/// The part of the driver that reads the file of passwords.
const PASSWORD_FILE: &str = "sqlx_postgres::options::pgpass";

/// Starts logging to standard error. Later calls in the same process have no effect.
///
/// # Errors
/// If `log.filter` is invalid.
pub fn start(options: &Log) -> Result<(), ConfigError> {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", options.filter))
        .map_err(|_| ConfigError::new(BAD_FILTER))?;
    let is_json = match options.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !std::io::stderr().is_terminal(),
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = if is_json {
        lines.json().flatten_event(true).boxed()
    } else {
        lines.with_target(false).with_ansi(std::io::stderr().is_terminal()).boxed()
    };
    let subscriber =
        tracing_subscriber::registry().with(filter).with(filter_fn(|event| !quotes_passwords(event)));
    // Only the first call in a process has an effect; tests start many servers.
    let _ = subscriber.with(lines).try_init();
    Ok(())
}

/// Whether an event contains a line of a password file: the driver logs lines of PGPASSFILE that it cannot read.
fn quotes_passwords(event: &Metadata<'_>) -> bool {
    event.target() == PASSWORD_FILE && event.fields().field("line").is_some()
}
