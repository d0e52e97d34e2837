//! `grantor copy`.

use clap::Args;
use serde_json::{Value, json};

use super::progress::Progress;
use super::question::Question;
use super::secret::warn_of_argument;
use super::table::table;
use super::{CliError, OutputOptions, block_on, database_at, trusted};
use crate::clock::Clock;
use crate::config::Config;
use crate::failure::chain;
use crate::files::NamedFile;
use crate::store::copy::{self, CopiedTable, CopyError, CopyProgress, ExistingRows};
use crate::store::db::{check_url, has_password};
use crate::store::migrate;
use crate::telemetry;

#[derive(Args)]
#[command(
    after_help = "A URL is sqlite:FILE or postgres://user:password@host/database; without a password in the URL, \
PGPASSWORD is used. What is written to the source after the copy began is not copied: to move a server, stop it first. \
The master key is in no database: a server that runs on the copy needs the same master key."
)]
pub(super) struct Options {
    /// The database to copy; it is not changed
    #[arg(long, value_name = "URL")]
    from: String,
    /// The database to copy to; it must be empty, or is created
    #[arg(long, value_name = "URL")]
    to: String,
    /// Delete everything in the target database first, after a question
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    block_on(async {
        telemetry::start(&Config::load(options.output.common.config.as_deref())?.log)?;
        for (option, url) in [("--from", &options.from), ("--to", &options.to)] {
            check_url(url).map_err(|why| format!("{option} {why}"))?;
            if has_password(url) {
                let begin = format!("{option} shows the password in the URL to");
                warn_of_argument(&begin, "leave it out, and use PGPASSWORD or PGPASSFILE")?;
            }
            let database = database_at(url.clone());
            let file = database.sqlite_path().filter(|path| path.exists());
            file.map_or(Ok(()), |path| trusted(&NamedFile::new(option, &path)))?;
        }
        if options.from == options.to {
            return Err("--from and --to are the same database".into());
        }
        let (from, to) = (database_at(options.from.clone()), database_at(options.to.clone()));
        let occupied = copy::prepare(&from, &to, &migrate::this_process(), Clock::System.now()).await;
        let existing = match occupied? {
            None => ExistingRows::Stay,
            Some(table) if options.overwrite => {
                copy::claim(&to).await?;
                let question =
                    format!("Delete everything in the target database, such as its table {table}?");
                options.question.ask(&question)?;
                ExistingRows::Go
            }
            Some(table) => {
                return Err(format!("{}; --overwrite replaces them all", CopyError::Occupied(table)).into());
            }
        };
        let progress = Progress::of_rows(&options.output, "copying");
        let copied = copy::run(&from, &to, existing, |step| match step {
            CopyProgress::Of(rows) => progress.is_of(rows),
            CopyProgress::Rows(rows) => progress.advance(rows),
        });
        let copied = copied.await?;
        drop(progress);
        let tables: Value = copied.iter().map(to_json).collect();
        let rows: u64 = copied.iter().map(|copied| copied.checksum.rows).sum();
        let lines: Vec<_> = copied.iter().map(row).collect();
        let text = format!(
            "{}\ncopied {rows} rows of {} tables; their checksums agree\n\
             the master key is in no database: who serves this one needs the same",
            table(["TABLE", "ROWS", "CHECKSUM"], &lines),
            copied.len()
        );
        options.output.say(json!({ "rows": rows, "tables": tables }), text)
    })
}

impl From<CopyError> for CliError {
    fn from(error: CopyError) -> Self {
        chain(&error).into()
    }
}

fn row(copied: &CopiedTable) -> [String; 3] {
    let checksum = copied.checksum.to_text().chars().take(16).collect();
    [copied.table.to_owned(), copied.checksum.rows.to_string(), checksum]
}

fn to_json(copied: &CopiedTable) -> Value {
    json!({ "table": copied.table, "rows": copied.checksum.rows, "checksum": copied.checksum.to_text() })
}
