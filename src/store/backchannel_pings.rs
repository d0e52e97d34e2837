//! The outbox of pings: which applications must still learn that a person has answered their request (CIBA Core §10.2).

use grantor_from_row::FromRow;

use super::db::{Conn, DbError, Tx};
use super::deliveries::{DeliveryFilter, DeliveryOutcome, DeliveryState, OutcomeColumns};
use super::page::Page;
use crate::clock::{Seconds, Timestamp};
use crate::oauth::id::{ClientId, GrantId};

/// How long a row is kept after the request has ended.
const KEPT_AFTER_END: Seconds = Seconds::new(86_400);

/// A ping that its holder must send now.
#[derive(Clone, Debug)]
pub struct DuePing {
    pub request: GrantId,
    pub client: ClientId,
    /// What is sent, and the token that proves who sends it: both sealed, because each is a secret of the client.
    pub sealed: Vec<u8>,
    /// When the request ends, and with it the use of a ping.
    pub expires_at: Timestamp,
    /// Counted from one.
    pub attempt: i64,
}

/// A row as the operator sees it: without what is sent.
#[derive(Clone, Debug, FromRow)]
pub struct PingRecord {
    pub grant_id: String,
    pub client_id: String,
    pub state: String,
    pub attempts: i64,
    pub next_attempt_at: Timestamp,
    pub last_error: Option<String>,
    pub created_at: Timestamp,
    pub done_at: Option<Timestamp>,
    pub expires_at: Timestamp,
}

#[derive(FromRow)]
struct DuePingRow {
    grant_id: String,
    sealed: Vec<u8>,
    expires_at: Timestamp,
    attempts: i64,
}

/// Stores a ping for the answer to a request, if its client asked for one. What is sent moves from the request into the
/// ping.
///
/// # Errors
/// Only failures of the database.
pub async fn enqueue(tx: &mut Tx, request: &GrantId, now: Timestamp) -> Result<(), DbError> {
    let stored = tx.query(
        "INSERT INTO backchannel_pings (grant_id, client_id, sealed, state, attempts, next_attempt_at, created_at,
                                        expires_at, purge_after)
         SELECT grant_id, client_id, sealed_ping, 'waiting', 0, $2, $2, expires_at, expires_at + $3
         FROM backchannel_requests WHERE grant_id = $1 AND sealed_ping IS NOT NULL
         ON CONFLICT (grant_id) DO NOTHING",
    )
    .bind(request.as_str())
    .bind(now)
    .bind(KEPT_AFTER_END)
    .execute()
    .await?;
    if stored == 0 {
        return Ok(());
    }
    tx.query("UPDATE backchannel_requests SET sealed_ping = NULL WHERE grant_id = $1")
        .bind(request.as_str())
        .execute()
        .await
        .map(drop)
}

/// The clients with pings that are due at `now`.
///
/// # Errors
/// Only failures of the database.
pub async fn clients_due(conn: &mut Conn, now: Timestamp) -> Result<Vec<ClientId>, DbError> {
    let rows: Vec<(String,)> = conn
        .query(
            "SELECT DISTINCT client_id FROM backchannel_pings WHERE state = 'waiting' AND next_attempt_at <= $1",
        )
        .bind(now)
        .all()
        .await?;
    Ok(rows.into_iter().map(|(client,)| ClientId::new(client)).collect())
}

/// Takes up to `most` due pings of a client. No other node takes them before `until`, when their results were stored long
/// ago.
///
/// # Errors
/// Only failures of the database.
pub async fn claim(
    tx: &mut Tx,
    client: &ClientId,
    most: usize,
    until: Timestamp,
    now: Timestamp,
) -> Result<Vec<DuePing>, DbError> {
    let rows: Vec<DuePingRow> = tx
        .query(
            "SELECT grant_id, sealed, expires_at, attempts FROM backchannel_pings
             WHERE client_id = $1 AND state = 'waiting' AND next_attempt_at <= $2 AND sealed IS NOT NULL
             ORDER BY next_attempt_at, grant_id LIMIT $3",
        )
        .bind(client.as_str())
        .bind(now)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .all()
        .await?;
    let mut claimed = Vec::new();
    for DuePingRow { grant_id, sealed, expires_at, attempts } in rows {
        let attempt = attempts + 1;
        let taken = tx
            .query(
                "UPDATE backchannel_pings SET attempts = $2, next_attempt_at = $3
                 WHERE grant_id = $1 AND state = 'waiting' AND attempts = $4",
            )
            .bind(grant_id.as_str())
            .bind(attempt)
            .bind(until)
            .bind(attempts)
            .execute()
            .await?;
        if taken == 1 {
            let (request, client) = (GrantId::new(grant_id), client.clone());
            claimed.push(DuePing { request, client, sealed, expires_at, attempt });
        }
    }
    Ok(claimed)
}

/// Stores the result of an attempt, unless a later attempt was made in between. With the last attempt, what was sent is
/// forgotten.
///
/// # Errors
/// Only failures of the database.
pub async fn save_outcome(
    tx: &mut Tx,
    due: &DuePing,
    outcome: &DeliveryOutcome,
    now: Timestamp,
) -> Result<(), DbError> {
    let OutcomeColumns { state, last_error, next_attempt_at, done_at } = outcome.columns(now);
    let sealed = done_at.is_none().then(|| due.sealed.clone());
    tx.query(
        "UPDATE backchannel_pings SET state = $3, last_error = $4, done_at = $5, next_attempt_at = $6, sealed = $7
         WHERE grant_id = $1 AND attempts = $2 AND state = 'waiting'",
    )
    .bind(due.request.as_str())
    .bind(due.attempt)
    .bind(state)
    .bind(last_error)
    .bind(done_at)
    .bind(next_attempt_at)
    .bind(sealed)
    .execute()
    .await
    .map(drop)
}

/// A page of the pings. The request that was answered last comes first.
///
/// # Errors
/// Only failures of the database.
pub async fn list(
    conn: &mut Conn,
    page: &Page<DeliveryFilter, (Timestamp, String)>,
) -> Result<Vec<PingRecord>, DbError> {
    let start = || (Timestamp::MAX, String::new());
    let (created_at, request) = page.after.clone().unwrap_or_else(start);
    conn.query(
        "SELECT grant_id, client_id, state, attempts, next_attempt_at, last_error, created_at, done_at, expires_at
         FROM backchannel_pings
         WHERE ($1 IS NULL OR client_id = $1) AND ($2 IS NULL OR state = $2)
           AND created_at <= $3 AND (created_at < $3 OR grant_id > $4)
         ORDER BY created_at DESC, grant_id LIMIT $5",
    )
    .bind(page.filter.client.as_ref().map(ClientId::to_string))
    .bind(page.filter.state.map(DeliveryState::as_str))
    .bind(created_at)
    .bind(request)
    .bind(page.rows())
    .all()
    .await
}

/// How many pings wait, and since when the oldest of them does.
///
/// # Errors
/// Only failures of the database.
pub async fn overdue(conn: &mut Conn) -> Result<(i64, Option<Timestamp>), DbError> {
    let row: Option<(i64, Option<Timestamp>)> = conn
        .query("SELECT COUNT(*), MIN(created_at) FROM backchannel_pings WHERE state = 'waiting'")
        .optional()
        .await?;
    Ok(row.unwrap_or_default())
}
