//! What the server did in each hour: sign-ins by outcome, tokens by grant type, refusals by reason.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Context;
use super::fault::{Fault, Faults};
use crate::clock::{Seconds, Timestamp};
use crate::failure::Denied;
use crate::oauth::activity::{CountKind, DAY, HOUR, KEPT, begin_of};
use crate::store::db::Conn;
use crate::store::hourly_counts;

/// How far back a list goes that names no beginning.
const USUAL: Seconds = DAY;

/// The counts of an hour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActivityHour {
    /// The counts of each kind, by word.
    counts: BTreeMap<CountKind, BTreeMap<String, i64>>,
}

/// The hours of a span of time, each with its beginning, the oldest first. An hour in which nothing was counted is there, too.
pub type ActivityHours = BTreeMap<Timestamp, ActivityHour>;

impl ActivityHour {
    /// The counts of a kind, by word.
    pub fn counts(&self, kind: CountKind) -> impl Iterator<Item = (&str, i64)> {
        self.counts.get(&kind).into_iter().flatten().map(|(word, count)| (word.as_str(), *count))
    }

    /// The sum of the counts of a kind.
    pub fn total(&self, kind: CountKind) -> i64 {
        self.counts(kind).map(|(_, count)| count).sum()
    }

    /// The JSON of an hour, as the management API and the command line show it.
    pub fn to_json(&self, hour: Timestamp) -> Value {
        let mut json = json!({ "hour": hour.iso() });
        for kind in CountKind::ALL.iter().copied() {
            let counts = self.counts(kind).map(|(word, count)| (word.to_owned(), count.into()));
            json[kind.as_str()] = counts.collect::<Map<String, Value>>().into();
        }
        json
    }
}

/// The hours from the one of `since` to the one of `until`. They can be a minute old, because each node writes its counts
/// once a minute. Without `until` the list ends with this hour, and without `since` it has the 24 hours before.
///
/// # Errors
/// If the list would end before it begins, or is longer than counts are kept.
pub async fn hours(
    context: &Context<'_>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
) -> Result<ActivityHours, Denied<Faults>> {
    let until = until.unwrap_or(context.now);
    let since = since.unwrap_or(until - USUAL);
    if until <= since {
        return Err(Fault::invalid("until", "the time must be later than the one of since").into());
    }
    if until - since > KEPT {
        return Err(Fault::invalid("since", "a list has at most 30 days, for which counts are kept").into());
    }
    let (first, end) = (begin_of(HOUR, since), begin_of(HOUR, until - Seconds::new(1)) + HOUR);
    let rows =
        context.read(async move |conn: &mut Conn| Ok(hourly_counts::list(conn, first, end).await?)).await?;
    let number = (end - first).as_i64() / HOUR.as_i64();
    let mut hours: ActivityHours =
        (0..number).map(|hour| (first + HOUR * hour, ActivityHour::default())).collect();
    for row in rows {
        // A newer release may count more.
        if let Some(kind) = CountKind::parse(&row.kind) {
            hours.entry(row.hour).or_default().counts.entry(kind).or_default().insert(row.word, row.count);
        }
    }
    Ok(hours)
}

/// The number of a kind in each hour, for a chart.
pub fn totals(hours: &ActivityHours, kind: CountKind) -> Vec<(Timestamp, i64)> {
    hours.iter().map(|(at, hour)| (*at, hour.total(kind))).collect()
}
