//! Events: the audit trail. An event is stored without a number, together with what it records; one node at a time gives
//! numbers to new events and chains them.

use std::sync::LazyLock;

use grantor_from_row::FromRow;

use super::db::{Batch, Conn, DbError, Tx};
use super::page::Page;
use crate::clock::Timestamp;

/// An event as it is stored first.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct NewEvent {
    pub id: String,
    pub time: Timestamp,
    pub act: String,
    pub object_kind: String,
    pub object_id: String,
    pub object_name: Option<String>,
    pub actor_kind: String,
    pub actor_id: Option<String>,
    pub actor_name: Option<String>,
    pub actor_client: Option<String>,
    pub user_id: Option<String>,
    pub client_id: Option<String>,
    pub address: Option<String>,
    pub request_id: Option<String>,
    pub reason: Option<String>,
    /// What changed, as a JSON array; `None`: nothing.
    pub changes: Option<String>,
}

/// An event with its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct EventRecord {
    pub number: i64,
    /// The MAC over the event and the chain before it.
    pub chain: Vec<u8>,
    #[sqlx(flatten)]
    pub event: NewEvent,
}

/// One end of the chain.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct ChainEnd {
    /// The event that is the last one: that was numbered, or that was deleted because of its age.
    pub number: i64,
    pub chain: Vec<u8>,
    /// Proves that a node with the master key wrote it.
    pub mac: Vec<u8>,
}

/// Which end of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The last event that was numbered.
    Head,
    /// The last event that was deleted because of its age.
    Base,
}

impl End {
    /// The word that is stored; it never changes its meaning.
    pub fn word(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Base => "base",
        }
    }
}

/// Which events to list. `None` everywhere: all of them.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    pub user: Option<String>,
    pub client: Option<String>,
    /// The beginning of the act's word, such as `user.`.
    pub act: Option<String>,
    /// The id of the actor.
    pub actor: Option<String>,
    pub since: Option<Timestamp>,
    /// Events at this time are not in the list.
    pub until: Option<Timestamp>,
}

macro_rules! columns {
    () => {
        "id, time, act, object_kind, object_id, object_name, actor_kind, actor_id, actor_name, actor_client, user_id, \
         client_id, address, request_id, reason, changes"
    };
}

/// The numbers of rows that one statement inserts. Few texts, so that each connection keeps them all prepared.
const ROWS: [usize; 3] = [50, 10, 1];

/// The statements that insert as many rows as [`ROWS`] says.
static INSERTS: LazyLock<[String; 3]> = LazyLock::new(|| {
    ROWS.map(|rows| {
        let row = |row: usize| {
            let values: Vec<String> =
                (1..=COLUMNS).map(|column| format!("${}", row * COLUMNS + column)).collect();
            format!("({})", values.join(", "))
        };
        let rows: Vec<String> = (0..rows).map(row).collect();
        format!(concat!("INSERT INTO events (", columns!(), ", number, chain) VALUES {}"), rows.join(", "))
    })
});

/// The number of columns of the table.
const COLUMNS: usize = 18;

/// Stores events that have no number yet.
///
/// # Errors
/// Only failures of the database.
pub async fn save(tx: &mut Tx, events: &[NewEvent]) -> Result<(), DbError> {
    insert(tx, events.iter().map(|event| (event, None)).collect()).await
}

/// Stores events with their numbers.
///
/// # Errors
/// Only failures of the database.
pub async fn save_numbered(tx: &mut Tx, events: &[EventRecord]) -> Result<(), DbError> {
    let place = |record: &EventRecord| Some((record.number, record.chain.clone()));
    insert(tx, events.iter().map(|record| (&record.event, place(record))).collect()).await
}

/// The number of an event, and its chain.
type ChainLink = (i64, Vec<u8>);

/// Inserts events, each with its place if it has one.
async fn insert(tx: &mut Tx, events: Vec<(&NewEvent, Option<ChainLink>)>) -> Result<(), DbError> {
    let mut rest = events.into_iter().peekable();
    while rest.peek().is_some() {
        let left = rest.len();
        let Some((rows, statement)) = ROWS.iter().zip(&*INSERTS).find(|(rows, _)| **rows <= left) else {
            break;
        };
        let mut batch = Batch::new().query(statement);
        for (event, place) in rest.by_ref().take(*rows) {
            let (number, chain) = place.unzip();
            batch = bound(batch, event).bind(number).bind(chain);
        }
        tx.run(batch).await?;
    }
    Ok(())
}

/// The batch with the members of an event, in the order of the columns.
fn bound(batch: Batch, event: &NewEvent) -> Batch {
    batch
        .bind(event.id.as_str())
        .bind(event.time)
        .bind(event.act.as_str())
        .bind(event.object_kind.as_str())
        .bind(event.object_id.as_str())
        .bind(event.object_name.clone())
        .bind(event.actor_kind.as_str())
        .bind(event.actor_id.clone())
        .bind(event.actor_name.clone())
        .bind(event.actor_client.clone())
        .bind(event.user_id.clone())
        .bind(event.client_id.clone())
        .bind(event.address.clone())
        .bind(event.request_id.clone())
        .bind(event.reason.clone())
        .bind(event.changes.clone())
}

/// Of these events, those that are not stored yet.
///
/// # Errors
/// Only failures of the database.
pub async fn missing(conn: &mut Conn, events: &[NewEvent]) -> Result<Vec<NewEvent>, DbError> {
    let mut missing = Vec::new();
    for event in events {
        let found: Option<(String,)> =
            conn.query("SELECT id FROM events WHERE id = $1").bind(event.id.as_str()).optional().await?;
        if found.is_none() {
            missing.push(event.clone());
        }
    }
    Ok(missing)
}

/// The events that have no number yet, at most `most` of them, the oldest first.
///
/// # Errors
/// Only failures of the database.
pub async fn without_number(conn: &mut Conn, most: i64) -> Result<Vec<NewEvent>, DbError> {
    conn.query(concat!("SELECT ", columns!(), " FROM events WHERE number IS NULL ORDER BY id LIMIT $1"))
        .bind(most)
        .all()
        .await
}

/// Gives events their numbers and their places in the chain.
///
/// # Errors
/// Only failures of the database.
pub async fn number(tx: &mut Tx, events: &[EventRecord]) -> Result<(), DbError> {
    let mut batch = Batch::new();
    for EventRecord { number, chain, event } in events {
        batch = batch
            .query("UPDATE events SET number = $2, chain = $3 WHERE id = $1 AND number IS NULL")
            .bind(event.id.as_str())
            .bind(*number)
            .bind(chain.as_slice());
    }
    tx.run(batch).await.map(drop)
}

/// Finds an end of the chain. `None` before the first event was numbered, or deleted.
///
/// # Errors
/// Only failures of the database.
pub async fn end(conn: &mut Conn, end: End) -> Result<Option<ChainEnd>, DbError> {
    conn.query("SELECT number, chain, mac FROM event_chain WHERE id = $1").bind(end.word()).optional().await
}

/// Moves an end of the chain from the event with the number `from`, which is 0 before the first one. `false` if the end is
/// elsewhere: another node has moved it.
///
/// # Errors
/// Only failures of the database.
pub async fn move_end(tx: &mut Tx, end: End, from: i64, to: &ChainEnd) -> Result<bool, DbError> {
    let moved = tx
        .query(
            "INSERT INTO event_chain (id, number, chain, mac) VALUES ($1, $3, $4, $5)
             ON CONFLICT (id) DO UPDATE SET number = $3, chain = $4, mac = $5 WHERE event_chain.number = $2",
        )
        .bind(end.word())
        .bind(from)
        .bind(to.number)
        .bind(to.chain.as_slice())
        .bind(to.mac.as_slice())
        .execute()
        .await?;
    Ok(moved == 1)
}

/// The numbered events after a number, in the order of their numbers, at most `most`.
///
/// # Errors
/// Only failures of the database.
pub async fn after(conn: &mut Conn, number: i64, most: i64) -> Result<Vec<EventRecord>, DbError> {
    conn.query(concat!(
        "SELECT number, chain, ",
        columns!(),
        " FROM events WHERE number IS NOT NULL AND number > $1 ORDER BY number LIMIT $2"
    ))
    .bind(number)
    .bind(most)
    .all()
    .await
}

/// Deletes the events up to a number.
///
/// # Errors
/// Only failures of the database.
pub async fn forget(tx: &mut Tx, number: i64) -> Result<u64, DbError> {
    tx.query("DELETE FROM events WHERE number IS NOT NULL AND number <= $1").bind(number).execute().await
}

/// The numbered event with this id.
///
/// # Errors
/// Only failures of the database.
pub async fn find(conn: &mut Conn, id: &str) -> Result<Option<EventRecord>, DbError> {
    conn.query(concat!(
        "SELECT number, chain, ",
        columns!(),
        " FROM events WHERE id = $1 AND number IS NOT NULL"
    ))
    .bind(id)
    .optional()
    .await
}

/// A page of the numbered events that the filter finds, the oldest first.
///
/// # Errors
/// Only failures of the database.
pub async fn list(conn: &mut Conn, page: &Page<EventFilter, i64>) -> Result<Vec<EventRecord>, DbError> {
    found(conn, page, page.after.unwrap_or_default().max(0), false).await
}

/// A page of the numbered events that the filter finds, the newest first.
///
/// # Errors
/// Only failures of the database.
pub async fn list_latest(
    conn: &mut Conn,
    page: &Page<EventFilter, i64>,
) -> Result<Vec<EventRecord>, DbError> {
    found(conn, page, page.after.unwrap_or(i64::MAX), true).await
}

/// The events after `place`, in either order.
async fn found(
    conn: &mut Conn,
    page: &Page<EventFilter, i64>,
    place: i64,
    is_latest: bool,
) -> Result<Vec<EventRecord>, DbError> {
    /// `$own` is the condition with an index of its own.
    macro_rules! select {
        ($own:literal, $after:literal, $order:literal) => {
            concat!(
                "SELECT number, chain, ",
                columns!(),
                " FROM events WHERE number IS NOT NULL AND number ",
                $after,
                " $1 AND ",
                $own,
                " AND ($2 IS NULL OR user_id = $2)
                  AND ($3 IS NULL OR client_id = $3)
                  AND ($4 IS NULL OR SUBSTR(act, 1, LENGTH($4)) = $4)
                  AND ($5 IS NULL OR actor_id = $5)
                  AND ($6 IS NULL OR time >= $6)
                  AND ($7 IS NULL OR time < $7)
                  ORDER BY number ",
                $order,
                " LIMIT $8"
            )
        };
    }
    let EventFilter { user, client, act, actor, since, until } = page.filter.clone();
    let statement = match (&user, &client, is_latest) {
        (Some(_), _, false) => select!("user_id = $2", ">", ""),
        (None, Some(_), false) => select!("client_id = $3", ">", ""),
        (None, None, false) => select!("TRUE", ">", ""),
        (Some(_), _, true) => select!("user_id = $2", "<", "DESC"),
        (None, Some(_), true) => select!("client_id = $3", "<", "DESC"),
        (None, None, true) => select!("TRUE", "<", "DESC"),
    };
    conn.query(statement)
        .bind(place)
        .bind(user)
        .bind(client)
        .bind(act)
        .bind(actor)
        .bind(since)
        .bind(until)
        .bind(page.rows())
        .all()
        .await
}
