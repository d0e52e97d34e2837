//! The command line: one file per subcommand.

mod activity;
mod api_key;
mod atomic_file;
mod audit;
mod authorization_type;
mod backup;
mod client;
mod clock;
mod completions;
mod config;
mod copy;
mod demo;
mod end;
mod error;
mod explain;
mod fault;
mod grant;
mod healthcheck;
mod init;
mod issuer;
mod key;
mod languages;
mod lifetime;
mod list;
mod logout;
mod man_pages;
mod migrate;
mod os_account;
mod ping;
mod progress;
mod purge;
mod question;
mod refusal;
mod resource;
mod restore;
mod scope;
mod secret;
#[cfg(test)]
mod sentences;
mod serve;
mod session;
mod setup_link;
mod signals;
mod table;
#[cfg(test)]
mod tests;
mod theme;
mod token;
mod usage;
mod user;
mod webhook;

use std::fmt;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::clock::{Clock, Timestamp};
use crate::config::{Config, PLACES};
use crate::failure::Failure;
use crate::files::NamedFile;
use crate::files::permissions::Exposure;
use crate::operations::Context;
use crate::operations::terms::Terms;
use crate::secret::passwords::Passwords;
use crate::server::{make_database, open_database};
use crate::store::db::{DatabaseRoute, Db, DbError, DbOptions};
use crate::telemetry;
use error::CliError;
use list::ListOptions;

const NO_CONFIG: &str = "grantor demo has a configuration of its own, and takes no --config";

/// The longest time for which a command waits to write while a server writes.
const TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Parser)]
#[command(
    version,
    about = "A standalone OAuth 2.0 authorization server",
    after_help = "First look:   grantor demo\nFor real use: grantor init, then grantor serve\n\nEvery command exits with 0 when it has done its work, 1 when it could not, and 2 when it was called wrongly.\nA command that destroys something asks first; --yes answers in advance. --json prints JSON for programs. docs/commands.md has examples."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server; migrates its database first
    Serve(Common),
    /// Run a demonstration: a server with sample data, and an application to sign in to
    Demo(demo::Options),
    /// Write a configuration, and create the first person and the first application
    Init(Box<init::Options>),
    /// Check whether the running server is ready; for containers and service managers
    Healthcheck(Common),
    /// Migrate the database to this version's schema, then stop
    Migrate(migrate::Options),
    /// Register and manage applications and their secrets
    #[command(subcommand)]
    Client(client::Command),
    /// Define the scopes that applications may ask for
    #[command(subcommand)]
    Scope(scope::Command),
    /// Register the APIs that tokens are for, and the clients that may introspect these tokens
    #[command(subcommand)]
    Resource(resource::Command),
    /// Define what applications may ask for in words of their own (RFC 9396)
    #[command(subcommand)]
    AuthorizationType(authorization_type::Command),
    /// Trust other issuers to say who a person is
    #[command(subcommand)]
    Issuer(issuer::Command),
    /// Create and manage the people who sign in
    #[command(subcommand)]
    User(user::Command),
    /// Create and manage the API keys of programs that use the management API
    #[command(subcommand)]
    ApiKey(api_key::Command),
    /// List and end the sessions of people who are signed in
    #[command(subcommand)]
    Session(session::Command),
    /// List and revoke what people have allowed applications
    #[command(subcommand)]
    Grant(grant::Command),
    /// Show what a token says, and whether it is valid
    #[command(subcommand)]
    Token(token::Command),
    /// List the sign-outs of which the server informs applications, and inform them again
    #[command(subcommand)]
    Logout(logout::Command),
    /// List the answers to backchannel requests (CIBA) of which applications are informed
    #[command(subcommand)]
    Ping(ping::Command),
    /// List who did what, and verify that no one has changed this record
    #[command(subcommand)]
    Audit(audit::Command),
    /// Show how many sign-ins, tokens and refused requests there were in each hour
    Activity(activity::Options),
    /// Send the events of the audit trail to other programs, and see what they got
    #[command(subcommand)]
    Webhook(webhook::Command),
    /// List and renew the keys that sign tokens
    #[command(subcommand)]
    Key(key::Command),
    /// Say why a request was refused, and what would let it pass
    Explain(explain::Options),
    /// List the last refused requests
    #[command(subcommand)]
    Refusal(refusal::Command),
    /// Delete expired rows, as the server itself does
    Purge(purge::Options),
    /// The clocks of the nodes
    #[command(subcommand)]
    Clock(clock::Command),
    /// Write the database to a file, while the server runs
    Backup(backup::Options),
    /// Replace the database by a backup
    Restore(restore::Options),
    /// Copy a database into another one, for example from SQLite to PostgreSQL or back
    Copy(copy::Options),
    /// Show the values of the options, and find mistakes in them
    #[command(subcommand)]
    Config(config::Command),
    /// Look at the pages, and begin templates of your own
    #[command(subcommand)]
    Theme(theme::Command),
    /// Print a script that teaches a shell to complete these commands
    Completions(completions::Options),
    /// Write a manual page for every command into a directory
    ManPages(man_pages::Options),
}

/// Options of every command, which may also be written before its name.
#[derive(Args, Clone)]
struct Common {
    /// Read this TOML file on top of the defaults; GRANTOR_… variables override both. Without this option: the file that
    /// GRANTOR_CONFIG names, else ./grantor.toml, else /etc/grantor/grantor.toml
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

impl Common {
    /// Opens the database, and runs the work of a command to its end.
    fn run(&self, work: impl AsyncFnOnce(CliContext) -> Result<(), CliError>) -> Result<(), CliError> {
        block_on(async { work(CliContext::open(self).await?).await })
    }
}

/// Options of every command that asks a question or changes something.
#[derive(Args, Clone)]
struct OutputOptions {
    /// Print JSON: an array for a list, one object otherwise
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

impl OutputOptions {
    /// Answers a program with `json`, or a person with `text`.
    fn say(&self, json: impl Into<serde_json::Value>, text: impl fmt::Display) -> Result<(), CliError> {
        if self.json { say(json.into()) } else { say(text) }
    }

    /// Answers a program with an array, or a person with a table.
    fn list<T, const N: usize>(
        &self,
        (items, options): (&[T], &ListOptions),
        to_json: impl Fn(&T) -> serde_json::Value,
        header: [&str; N],
        row: impl Fn(&T) -> [String; N],
    ) -> Result<(), CliError> {
        if items.is_empty() && !self.json {
            // Perhaps the operator expects another database.
            let config = Config::load(self.common.config.as_deref())?;
            return say(format!("{} in the database {}", options.none(), config.database_options().what()));
        }
        let rows: Vec<_> = items.iter().map(row).collect();
        let places = options.arrange(&header, &rows)?;
        let json: serde_json::Value = places.iter().map(|place| to_json(&items[*place])).collect();
        let rows: Vec<_> = places.iter().map(|place| rows[*place].clone()).collect();
        self.say(json, table::table(header, &rows))
    }
}

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let is_json = std::env::args_os().any(|argument| argument == "--json");
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage::refuse(error, is_json),
    };
    let outcome = match cli.command {
        Command::Serve(common) => serve::run(&common),
        Command::Demo(_) if cli.common.config.is_some() => Err(NO_CONFIG.into()),
        Command::Demo(options) => demo::run(options),
        Command::Init(options) => init::run(*options),
        Command::Healthcheck(common) => healthcheck::run(&common),
        Command::Migrate(options) => migrate::run(&options),
        Command::Client(command) => client::run(command),
        Command::Scope(command) => scope::run(command),
        Command::Resource(command) => resource::run(command),
        Command::AuthorizationType(command) => authorization_type::run(command),
        Command::Issuer(command) => issuer::run(command),
        Command::User(command) => user::run(command),
        Command::ApiKey(command) => api_key::run(command),
        Command::Session(command) => session::run(command),
        Command::Grant(command) => grant::run(command),
        Command::Token(command) => token::run(&command),
        Command::Logout(command) => logout::run(command),
        Command::Ping(command) => ping::run(&command),
        Command::Audit(command) => audit::run(&command),
        Command::Activity(options) => activity::run(&options),
        Command::Webhook(command) => webhook::run(command),
        Command::Key(command) => key::run(command),
        Command::Explain(options) => explain::run(&options),
        Command::Refusal(command) => refusal::run(&command),
        Command::Purge(options) => purge::run(&options),
        Command::Clock(command) => clock::run(&command),
        Command::Backup(options) => backup::run(&options),
        Command::Restore(options) => restore::run(&options),
        Command::Copy(options) => copy::run(&options),
        Command::Config(command) => config::run(&command),
        Command::Theme(command) => theme::run(command),
        Command::Completions(options) => completions::run(&options),
        Command::ManPages(options) => man_pages::run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error.print(is_json);
            ExitCode::FAILURE
        }
    }
}

/// A database for a command, with everything else that the command needs.
struct CliContext {
    config: Config,
    db: Db,
    now: Timestamp,
}

impl CliContext {
    /// Opens the configured database, which must exist.
    async fn open(common: &Common) -> Result<Self, CliError> {
        let config = Config::load(common.config.as_deref())?;
        telemetry::start(&config.log)?;
        let clock = Clock::System;
        let db = open_database(&config, &clock, TIMEOUT).await.map_err(|failure| match failure {
            Failure::Database(error @ DbError::NoDatabase(_)) => no_database(&config, &error),
            failure => failure.into(),
        })?;
        Ok(Self { config, db, now: clock.now() })
    }

    /// Opens the configured database, and makes it if it does not exist.
    async fn make(common: &Common) -> Result<Self, CliError> {
        let config = Config::load(common.config.as_deref())?;
        telemetry::start(&config.log)?;
        let clock = Clock::System;
        let db = make_database(&config, &clock, TIMEOUT).await?;
        Ok(Self { config, db, now: clock.now() })
    }

    /// The context for calling operations.
    fn operations(&self) -> Context<'_> {
        Context {
            db: &self.db,
            config: &self.config,
            now: self.now,
            actor: Arc::new(os_account::actor()),
            terms: Terms::default(),
        }
    }

    fn passwords(&self) -> Result<Passwords, CliError> {
        Ok(Passwords::start(&self.config.passwords)?)
    }
}

/// The sentence for a database that does not exist: which one, and what named it.
fn no_database(config: &Config, error: &DbError) -> CliError {
    let place = match &config.file {
        Some(file) => format!("the configuration is {}", file.display()),
        None => PLACES.to_owned(),
    };
    format!("{error} (database.url); {place}. grantor init, serve and migrate make a database").into()
}

/// Opens a database other than the configured one.
fn database_at(url: String) -> DbOptions {
    DbOptions {
        url,
        replica_url: None,
        connections: 1,
        queue: 1,
        timeout: TIMEOUT,
        lock_timeout: TIMEOUT,
        migration_timeout: DbOptions::MIGRATION_TIMEOUT,
        migration_lease: DbOptions::MIGRATION_LEASE,
        route: DatabaseRoute::Direct,
    }
}

/// Runs a command's work to its end.
fn block_on(work: impl Future<Output = Result<(), CliError>>) -> Result<(), CliError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// Prints one line on standard output.
fn say(line: impl fmt::Display) -> Result<(), CliError> {
    print(format!("{line}\n").as_bytes())
}

/// Prints a warning on standard error. The command continues. It is text for programs, too: what they act on is the exit
/// code.
fn warn(sentence: impl fmt::Display) -> Result<(), CliError> {
    Ok(writeln!(std::io::stderr(), "grantor: warning: {sentence}")?)
}

/// Refuses a file that every account of the machine may change, and warns of a file that every account may read.
fn trusted(file: &NamedFile<'_>) -> Result<(), CliError> {
    match Exposure::of(file.path()) {
        Some(exposure @ Exposure::Writable) => Err(exposure.sentence(file).into()),
        Some(exposure @ Exposure::Readable) => warn(exposure.sentence(file)),
        None => Ok(()),
    }
}

/// Prints bytes on standard output. It is not an error if the reader, such as `head`, has stopped reading.
fn print(bytes: &[u8]) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
