//! `grantor purge`.

use clap::Args;
use serde_json::{Value, json};

use super::clock::wrong_clock;
use super::list::ListOptions;
use super::{CliError, OutputOptions};
use crate::keys::master::ServerKeys;
use crate::metrics::purge_counters::PurgeCounters;
use crate::secret::random_id;
use crate::work::purge::{self, Backlog, Pass, Purging};

#[derive(Args)]
pub(super) struct Options {
    /// Only show how many rows there are and how many would be deleted
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let retention = cli.config.audit.retention.seconds();
        if options.dry_run {
            let found = purge::backlog(&cli.db, retention, cli.now).await?;
            return options.output.list(
                (&found, &ListOptions::default()),
                to_json,
                ["TABLE", "ROWS", "ENDED"],
                row,
            );
        }
        let watch = cli.clock().await?;
        let keys = ServerKeys::existing(&cli.config, &cli.db, cli.now).await?;
        let (mut deleted, counters, holder) = (0, PurgeCounters::default(), random_id());
        loop {
            let purging = Purging {
                db: &cli.db,
                counters: &counters,
                holder: &holder,
                watch: &watch,
                keys: keys.as_ref(),
                retention,
            };
            let purged = match purge::pass(&purging, cli.config.live_sessions(cli.now)).await? {
                Pass::Purged(purged) => purged,
                Pass::AnotherNode => {
                    return Err(
                        "another process is deleting now; it holds the lease for at most two minutes".into(),
                    );
                }
                Pass::Clock(verdict) => return Err(wrong_clock(&verdict)),
            };
            deleted += purged.rows;
            if !purged.is_behind {
                break;
            }
        }
        options.output.say(json!({ "rows": deleted }), format!("deleted {deleted} rows that have ended"))
    })
}

fn row(found: &Backlog) -> [String; 3] {
    [found.table.name().to_owned(), found.rows.to_string(), found.ended.to_string()]
}

fn to_json(found: &Backlog) -> Value {
    json!({ "table": found.table.name(), "rows": found.rows, "ended": found.ended })
}
