//! Logs: a readable sentence with fields; never a secret, code, token, cookie or password.
//!
//! A line that is logged while a request is handled ends with facts about the request, whichever part of the program
//! logs it. So no place has to remember them, and programs that read the log find the address where no client can write.

use std::fmt;
use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::net::IpAddr;
use std::rc::Rc;

use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::format::{Format, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{BAD_FILTER, ConfigError, Log, LogFormat};
use crate::oauth::id::{ClientId, UserId};
use crate::oauth::withheld::without_credentials;

/// Targets that say too much; a filter that names them shows it again. PostgreSQL reports at every start that tables
/// already exist, and actix-http reports what strangers send as errors, without their address (see `connection`).
const QUIET: &str = "sqlx::postgres::notice=warn,actix_http::h1::dispatcher=off";

/// The part of the driver that reads the file of passwords.
const PASSWORD_FILE: &str = "sqlx_postgres::options::pgpass";

/// What the log says about a request.
pub trait RequestFacts {
    /// The client that the request claims to come from; it need not be registered.
    fn client(&self) -> Option<&ClientId>;
    /// The user that the request is about.
    fn user(&self) -> Option<&UserId>;
    fn address(&self) -> IpAddr;
    fn request_id(&self) -> &str;
}

tokio::task_local! {
    /// `None` for lines that are not about the request that causes them.
    static REQUEST: Option<Rc<dyn RequestFacts>>;
}

/// Runs `work`. Every line that it logs has these facts.
pub async fn in_request<T>(facts: Rc<dyn RequestFacts>, work: impl Future<Output = T>) -> T {
    REQUEST.scope(Some(facts), work).await
}

/// Runs `work`. No line that it logs has facts about a request.
pub fn outside_of_requests<T>(work: impl FnOnce() -> T) -> T {
    REQUEST.sync_scope(None, work)
}

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
        let lines = lines.json().flatten_event(true);
        lines.map_event_format(|format| WithFacts { format, write: write_json }).boxed()
    } else {
        let is_terminal = std::io::stderr().is_terminal();
        let lines = lines.with_target(false).with_ansi(is_terminal);
        // The colours of the format itself, because it does not write to the terminal directly.
        let format = |format: Format| WithFacts { format: format.with_ansi(is_terminal), write: write_text };
        lines.map_event_format(format).boxed()
    };
    let subscriber =
        tracing_subscriber::registry().with(filter).with(filter_fn(|event| !quotes_passwords(event)));
    // Only the first call in a process has an effect; tests start many servers.
    let _ = subscriber.with(lines).try_init();
    Ok(())
}

/// The format of a line, with the facts about the request at its end.
struct WithFacts<F> {
    format: F,
    /// Adds facts to a line without its line end.
    write: fn(&mut String, &dyn RequestFacts) -> fmt::Result,
}

impl<S, N, F> FormatEvent<S, N> for WithFacts<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let Some(facts) = REQUEST.try_with(Clone::clone).ok().flatten() else {
            return self.format.format_event(context, writer, event);
        };
        let mut line = String::new();
        self.format.format_event(context, Writer::new(&mut line), event)?;
        line.truncate(line.trim_end_matches('\n').len());
        (self.write)(&mut line, &*facts)?;
        writeln!(writer, "{line}")
    }
}

/// The address and the id come last, because a client cannot write anything there: it does not choose the address, and an
/// id that came through a trusted proxy has no quotation marks and no spaces.
fn write_text(line: &mut String, facts: &dyn RequestFacts) -> fmt::Result {
    if let Some(client) = facts.client() {
        write!(line, " client={:?}", without_credentials(client.as_str()))?;
    }
    if let Some(user) = facts.user() {
        write!(line, " user={:?}", user.as_str())?;
    }
    write!(line, " address={} request_id={:?}", facts.address(), facts.request_id())
}

/// Adds members to the object that the line is.
fn write_json(line: &mut String, facts: &dyn RequestFacts) -> fmt::Result {
    line.truncate(line.strip_suffix('}').unwrap_or(line).len());
    let mut add = |name: &str, value: &str| write!(line, ",\"{name}\":{}", serde_json::json!(value));
    if let Some(client) = facts.client() {
        add("client", &without_credentials(client.as_str()))?;
    }
    if let Some(user) = facts.user() {
        add("user", user.as_str())?;
    }
    add("address", &facts.address().to_string())?;
    add("request_id", facts.request_id())?;
    line.push('}');
    Ok(())
}

/// Whether an event contains a line of a password file: the driver logs lines of PGPASSFILE that it cannot read.
fn quotes_passwords(event: &Metadata<'_>) -> bool {
    event.target() == PASSWORD_FILE && event.fields().field("line").is_some()
}
