//! What was counted about clients: a row for each client and day, with all its counts. All nodes add to the same rows.

use std::collections::HashMap;
use std::sync::LazyLock;

use grantor_from_row::FromRow;

use super::client_uses;
use super::db::{Conn, DbError, Tx};
use super::value_rows::{ROWS, subquery};
use crate::clock::Timestamp;
use crate::oauth::activity::{DAY, FactCounts, FactKind, FactTally, HOUR, KEPT, begin_of};
use crate::oauth::id::ClientId;

/// To how many clients one transaction adds. Few, so that two nodes are seldom in each other's way.
pub const TOGETHER: usize = ROWS;

#[derive(FromRow)]
struct ClientDayRow {
    client_id: String,
    counts: String,
}

#[derive(FromRow)]
struct DayRow {
    day: Timestamp,
    counts: String,
}

/// Finds the rows of [`TOGETHER`] clients.
static FIND: LazyLock<String> = LazyLock::new(|| {
    let places: Vec<String> = (2..TOGETHER + 2).map(|place| format!("${place}")).collect();
    let places = places.join(", ");
    format!("SELECT client_id, counts FROM client_activity WHERE day = $1 AND client_id IN ({places})")
});

/// Replaces the rows of [`TOGETHER`] clients. A client that does not exist gets no row.
static SAVE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "INSERT INTO client_activity (client_id, day, counts, expires_at)
         SELECT clients.id, $1, added.counts, $2
         FROM ({}) AS added JOIN clients ON clients.id = added.client_id WHERE TRUE
         ON CONFLICT (client_id, day) DO UPDATE SET counts = excluded.counts",
        subquery(3, &["client_id", "counts"])
    )
});

/// Adds to the counts of at most [`TOGETHER`] clients on the day of `at`, and notes the last uses. A client that does not
/// exist gets no row.
///
/// # Errors
/// Only failures of the database.
pub async fn add(tx: &mut Tx, at: Timestamp, added: &[(ClientId, FactCounts)]) -> Result<(), DbError> {
    let day = begin_of(DAY, at);
    let mut query = tx.query(&FIND).bind(day);
    for place in 0..TOGETHER {
        query = query.bind(added.get(place).map_or("", |(client, _)| client.as_str()));
    }
    let rows: Vec<ClientDayRow> = query.all().await?;
    let stored: HashMap<String, FactCounts> =
        rows.into_iter().map(|row| (row.client_id, read(&row.counts))).collect();
    let (mut all, mut uses) = (Vec::with_capacity(added.len()), Vec::new());
    for (client, counts) in added {
        let mut sum = stored.get(client.as_str()).cloned().unwrap_or_default();
        // At most once in each hour, however often it is used.
        let is_due = |(kind, value, tally): &(FactKind, &str, FactTally)| {
            let noted = sum.of(*kind, value).map(|tally| tally.last);
            noted.is_none_or(|noted| begin_of(HOUR, tally.last) > noted)
        };
        let due = counts.uses().filter(is_due);
        uses.extend(due.map(|(kind, value, tally)| (client, kind, value, tally.last)));
        sum.merge(counts);
        all.push((client, serde_json::to_string(&sum).unwrap_or_default()));
    }
    client_uses::note(tx, &uses).await?;
    let mut query = tx.query(&SAVE).bind(day).bind(day + DAY + KEPT);
    for place in 0..TOGETHER {
        query = match all.get(place) {
            Some((client, counts)) => query.bind(client.as_str()).bind(counts.as_str()),
            // No client has this id.
            None => query.bind("").bind(""),
        };
    }
    query.execute().await.map(drop)
}

/// Everything that was counted about a client on the days that ended after `since`, and the beginning of the first of
/// these days.
///
/// # Errors
/// Only failures of the database.
pub async fn find(
    conn: &mut Conn,
    client: &ClientId,
    since: Timestamp,
) -> Result<(FactCounts, Option<Timestamp>), DbError> {
    let rows: Vec<DayRow> = conn
        .query("SELECT day, counts FROM client_activity WHERE client_id = $1 AND day > $2 ORDER BY day")
        .bind(client.as_str())
        .bind(since - DAY)
        .all()
        .await?;
    let first = rows.first().map(|row| row.day);
    let mut counts = FactCounts::default();
    rows.iter().for_each(|row| counts.merge(&read(&row.counts)));
    Ok((counts, first))
}

/// The counts of a row. A damaged one begins again at 0, so that it does not keep others from being written.
fn read(json: &str) -> FactCounts {
    serde_json::from_str(json).unwrap_or_default()
}
