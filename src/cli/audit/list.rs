//! `grantor audit list`.

use clap::Args;

use super::super::lifetime::instant;
use super::super::{CliError, Common, say, table};
use crate::config::Config;
use crate::failure::Denied;
use crate::keys::master::ServerKeys;
use crate::operations::Context;
use crate::operations::events::{self, EventFilter};
use crate::operations::list::{Listing, MAX_PAGE_SIZE};
use crate::operations::users;
use crate::store::events::EventRecord;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// Only events that concern this user: a username, an e-mail address or an id; of a deleted user the id
    #[arg(long)]
    user: Option<String>,
    /// Only events that concern this application, by its client_id
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// Only acts that begin with this text, such as user.created or user.
    #[arg(long, value_name = "WORD")]
    act: Option<String>,
    /// Only what this actor did: the id of a user, a client or an API key, or the number of an account of the operating system
    #[arg(long, value_name = "ID")]
    actor: Option<String>,
    /// Only events since this time: 30s, 10m, 8h or 7d ago, or a time such as 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only events before this time, which is written as for --since
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only events after the one with this number, so that a program continues where it stopped
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(0..))]
    after: Option<i64>,
    /// The largest number of events
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Print JSON: one object on each line, in the order of their numbers
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.common.run(async |cli| {
        // Without the master key the server numbers the events, a second later.
        if let Ok(Some(keys)) = ServerKeys::existing(&cli.config, &cli.db, cli.now).await {
            cli.number_events(&keys).await?;
        }
        let context = cli.operations();
        let filter = options.filter(&context).await?;
        let mut rows = Vec::new();
        let mut cursor = options.after.map(events::cursor_after);
        let mut left = options.limit.unwrap_or(u32::MAX);
        while left > 0 {
            let limit = left.min(MAX_PAGE_SIZE);
            let page = events::list(&context, Listing { filter: filter.clone(), limit, cursor }).await?;
            let count = u32::try_from(page.items.len()).unwrap_or(limit);
            if options.json {
                page.items.iter().try_for_each(|record| say(events::to_json(record)))?;
            } else {
                rows.extend(page.items.iter().map(row));
            }
            // There is always a next page, because more events will come.
            if count < limit {
                break;
            }
            (cursor, left) = (page.next, left - count);
        }
        match (options.json, rows.is_empty()) {
            (true, _) => Ok(()),
            (false, true) => say(options.none(&cli.config)),
            (false, false) => {
                say(table::table(["NUMBER", "TIME", "ACT", "OBJECT", "ACTOR", "ADDRESS", "REASON"], &rows))
            }
        }
    })
}

impl Options {
    async fn filter(&self, context: &Context<'_>) -> Result<EventFilter, CliError> {
        let user = match &self.user {
            Some(user) => match users::find(context, user).await {
                Ok(found) => Some(found.person.id.to_string()),
                // A deleted user still has events, under the id.
                Err(Denied::Refused(_)) => Some(user.clone()),
                Err(failed) => return Err(failed.into()),
            },
            None => None,
        };
        Ok(EventFilter {
            user,
            client: self.client.clone(),
            act: self.act.clone(),
            actor: self.actor.clone(),
            since: self.since.as_deref().map(|text| instant(text, context.now)).transpose()?,
            until: self.until.as_deref().map(|text| instant(text, context.now)).transpose()?,
        })
    }

    /// The sentence for an empty list.
    fn none(&self, config: &Config) -> String {
        let filters = [&self.user, &self.client, &self.act, &self.actor, &self.since, &self.until];
        let is_filtered = self.after.is_some() || filters.iter().any(|filter| filter.is_some());
        let what = if is_filtered { "none that match" } else { "none" };
        format!("{what} in the database {}", config.database_options().what())
    }
}

fn row(record: &EventRecord) -> [String; 7] {
    let event = &record.event;
    let or_dash = |text: Option<&String>| text.map_or_else(|| "-".to_owned(), Clone::clone);
    let object = match event.object_name.as_deref().unwrap_or(&event.object_id) {
        "" => event.object_kind.clone(),
        name => format!("{} {name}", event.object_kind),
    };
    let actor = match event.actor_name.as_ref().or(event.actor_id.as_ref()) {
        Some(name) => format!("{} {name}", event.actor_kind),
        None => event.actor_kind.clone(),
    };
    [
        record.number.to_string(),
        event.time.iso(),
        event.act.clone(),
        object,
        actor,
        or_dash(event.address.as_ref()),
        or_dash(event.reason.as_ref()),
    ]
}
