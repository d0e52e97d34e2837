//! Benchmarks: `cargo bench`, or `cargo bench -- --help`.
//!
//! The main figure is the CPU time of the server process, because other load on the machine affects it least. Requests
//! per second and latencies include the load generator, which shares the processors with the server.

#![expect(clippy::print_stdout, reason = "a benchmark reports to the person who started it")]

mod browser;
mod database;
mod growth;
mod http;
mod load;
mod overload;
mod pages;
mod possession;
mod process;
mod report;
mod rows;
mod server;
mod startup;
mod storage;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use database::Database;
use report::Report;
use server::{Server, ServerOptions, Site};

/// Why the benchmark cannot continue, in a sentence.
pub(crate) type BenchError = Box<dyn std::error::Error>;
pub(crate) type Outcome<T> = Result<T, BenchError>;

/// Callers or connections at the same time.
pub(crate) const CROWDS: [usize; 4] = [1, 16, 64, 256];

#[derive(Parser)]
#[command(bin_name = "cargo bench --", about = "Measures storage and the release binary")]
pub(crate) struct Options {
    /// Run about a second for each row, with short pauses, to check that everything works
    #[arg(long)]
    quick: bool,
    /// Wait a whole minute before the last figure of idle memory
    #[arg(long)]
    full: bool,
    /// Fill the database, with --quick to 20 thousand and otherwise to a million of each, and measure what becomes
    /// slower
    #[arg(long)]
    growth: bool,
    /// Seconds for each row
    #[arg(long, value_name = "N", default_value_t = 5.0)]
    seconds: f64,
    /// Write the figures to this file as JSON
    #[arg(long, value_name = "FILE", default_value = "bench-result.json")]
    json: PathBuf,
    /// Only this engine
    #[arg(long, value_parser = ["sqlite", "postgres"])]
    engine: Option<String>,
    /// Only rows with this word in their names
    #[arg(long, value_name = "WORD")]
    filter: Option<String>,
    /// An administrator's URL; a database is created there and dropped. Default: TEST_POSTGRES_URL; without both, only
    /// SQLite is measured
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// Measure the server of this file instead of building one
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Passed by cargo bench itself
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    pub(crate) fn row_length(&self) -> Duration {
        Duration::from_secs_f64(if self.quick { 1.0 } else { self.seconds.clamp(0.1, 3600.0) })
    }

    /// How long the server rests before its idle memory is measured for the last time.
    pub(crate) fn rest(&self) -> Duration {
        Duration::from_secs(match (self.quick, self.full) {
            (true, _) => 2,
            (false, true) => 60,
            (false, false) => 10,
        })
    }

    pub(crate) fn is_quick(&self) -> bool {
        self.quick
    }

    fn measures(&self, engine: &str) -> bool {
        self.engine.as_deref().is_none_or(|only| only == engine)
    }

    pub(crate) fn wants(&self, row: &str) -> bool {
        self.filter.as_ref().is_none_or(|word| row.contains(word.as_str()))
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    if !options.bench {
        println!("the benchmark runs with `cargo bench`, which builds what is to be measured");
        return ExitCode::SUCCESS;
    }
    match run(&options) {
        Ok(report) if report.is_right() => ExitCode::SUCCESS,
        Ok(_) => {
            println!("\nsome requests were answered wrongly");
            ExitCode::FAILURE
        }
        Err(error) => {
            println!("\nthe benchmark stopped: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Outcome<Report> {
    // One thread, as in a worker of the server; the load must not use more than one processor.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut report = Report::begin(options)?;
    pages::measure(options)?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        if options.measures("sqlite") {
            measure(Database::sqlite()?, options, &mut report).await?;
        }
        match options.postgres.clone().or_else(|| std::env::var("TEST_POSTGRES_URL").ok()) {
            _ if !options.measures("postgres") => Ok(()),
            Some(url) => measure(Database::postgres(&url).await?, options, &mut report).await,
            None => {
                println!(
                    "\nonly SQLite was measured: neither --postgres nor TEST_POSTGRES_URL names a server"
                );
                Ok(())
            }
        }
    })?;
    report.end(&options.json)?;
    Ok(report)
}

/// Measures everything on one database, and removes the database in any case.
async fn measure(database: Database, options: &Options, report: &mut Report) -> Outcome<()> {
    let measured = measure_all(&database, options, report).await;
    database.remove().await.and(measured)
}

async fn measure_all(database: &Database, options: &Options, report: &mut Report) -> Outcome<()> {
    let site = Site::create(database, options.binary.as_deref())?;
    if options.growth {
        return growth::measure(database, &site, options, report).await;
    }
    storage::measure(database, options, report).await?;
    let server = Server::start(database, &site, ServerOptions::OneWorker).await?;
    rows::measure(&server, &site, options, report).await?;
    report.peak(database.engine, server.memory("VmHWM")?);
    drop(server);
    overload::measure(database, &site, options, report).await?;
    startup::measure(database, &site, options, report).await
}
