//! The outbox of logout notifications: which clients the server must still notify, and the results (OpenID Connect
//! Back-Channel Logout).

use grantor_from_row::FromRow;

use super::db::{Conn, DbError, Tx};
use super::deliveries::{DeliveryFilter, DeliveryOutcome, DeliveryState, OutcomeColumns};
use super::page::Page;
use super::steps::STEP;
use crate::clock::{Seconds, Timestamp};
use crate::oauth::id::{ClientId, SessionId, UserId};

/// How long a row is kept in seconds: the time of all attempts, and a week for the operator to look at it.
const RETENTION: Seconds = Seconds::new(11 * 86_400);

/// A notification that its holder must send now.
#[derive(Clone, Debug)]
pub struct DueDelivery {
    pub session: SessionId,
    pub client: ClientId,
    pub user: UserId,
    /// Counted from one.
    pub attempt: i64,
}

/// A row as the operator sees it.
#[derive(Clone, Debug, FromRow)]
pub struct Delivery {
    pub session_id: String,
    pub client_id: String,
    pub user_id: String,
    pub state: String,
    pub attempts: i64,
    pub next_attempt_at: Timestamp,
    pub last_error: Option<String>,
    pub created_at: Timestamp,
    pub done_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct DueRow {
    session_id: String,
    user_id: String,
    attempts: i64,
}

/// Stores a notification about the end of a session for each client that got something in it and wants to know.
///
/// # Errors
/// Only failures of the database.
pub async fn enqueue(tx: &mut Tx, session: &SessionId, now: Timestamp) -> Result<(), DbError> {
    tx.query(
        "INSERT INTO logout_deliveries (session_id, client_id, user_id, state, attempts, next_attempt_at, created_at,
                                        purge_after)
         SELECT DISTINCT grants.session_id, grants.client_id, grants.user_id, 'waiting', 0, $2, $2, $3
         FROM grants JOIN clients ON clients.id = grants.client_id
         WHERE grants.session_id = $1 AND clients.backchannel_logout_uri IS NOT NULL AND clients.disabled_at IS NULL
         ON CONFLICT (session_id, client_id) DO NOTHING",
    )
    .bind(session.as_str())
    .bind(now)
    .bind(now + RETENTION)
    .execute()
    .await
    .map(drop)
}

/// The clients with notifications that are due at `now`.
///
/// # Errors
/// Only failures of the database.
pub async fn clients_due(conn: &mut Conn, now: Timestamp) -> Result<Vec<ClientId>, DbError> {
    let rows: Vec<(String,)> = conn
        .query("SELECT DISTINCT client_id FROM logout_deliveries WHERE state = 'waiting' AND next_attempt_at <= $1")
        .bind(now)
        .all()
        .await?;
    Ok(rows.into_iter().map(|(client,)| ClientId::new(client)).collect())
}

/// Takes up to `most` due notifications of a client. No other node takes them before `until`, when their results were
/// stored long ago.
///
/// # Errors
/// Only failures of the database.
pub async fn claim(
    tx: &mut Tx,
    client: &ClientId,
    most: usize,
    until: Timestamp,
    now: Timestamp,
) -> Result<Vec<DueDelivery>, DbError> {
    let rows: Vec<DueRow> = tx
        .query(
            "SELECT session_id, user_id, attempts FROM logout_deliveries
             WHERE client_id = $1 AND state = 'waiting' AND next_attempt_at <= $2
             ORDER BY next_attempt_at, session_id LIMIT $3",
        )
        .bind(client.as_str())
        .bind(now)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .all()
        .await?;
    let mut claimed = Vec::new();
    for DueRow { session_id, user_id, attempts } in rows {
        let attempt = attempts + 1;
        let taken = tx
            .query(
                "UPDATE logout_deliveries SET attempts = $3, next_attempt_at = $4
                 WHERE session_id = $1 AND client_id = $2 AND state = 'waiting' AND attempts = $5",
            )
            .bind(session_id.as_str())
            .bind(client.as_str())
            .bind(attempt)
            .bind(until)
            .bind(attempts)
            .execute()
            .await?;
        if taken == 1 {
            let (session, user) = (SessionId::new(session_id), UserId::new(user_id));
            claimed.push(DueDelivery { session, client: client.clone(), user, attempt });
        }
    }
    Ok(claimed)
}

/// Stores the result of an attempt, unless a later attempt was made in between.
///
/// # Errors
/// Only failures of the database.
pub async fn save_outcome(
    tx: &mut Tx,
    due: &DueDelivery,
    outcome: &DeliveryOutcome,
    now: Timestamp,
) -> Result<(), DbError> {
    let OutcomeColumns { state, last_error, next_attempt_at, done_at } = outcome.columns(now);
    tx.query(
        "UPDATE logout_deliveries SET state = $4, last_error = $5, done_at = $6, next_attempt_at = $7
         WHERE session_id = $1 AND client_id = $2 AND attempts = $3 AND state = 'waiting'",
    )
    .bind(due.session.as_str())
    .bind(due.client.as_str())
    .bind(due.attempt)
    .bind(state)
    .bind(last_error)
    .bind(done_at)
    .bind(next_attempt_at)
    .execute()
    .await
    .map(drop)
}

/// A page of the deliveries. The session that ended last comes first.
///
/// # Errors
/// Only failures of the database.
pub async fn list(
    conn: &mut Conn,
    page: &Page<DeliveryFilter, (Timestamp, String, String)>,
) -> Result<Vec<Delivery>, DbError> {
    let start = || (Timestamp::MAX, String::new(), String::new());
    let (created_at, session, client) = page.after.clone().unwrap_or_else(start);
    conn.query(
        "SELECT session_id, client_id, user_id, state, attempts, next_attempt_at, last_error, created_at, done_at
         FROM logout_deliveries
         WHERE ($1 IS NULL OR client_id = $1) AND ($2 IS NULL OR state = $2)
           AND created_at <= $3 AND (created_at < $3 OR (session_id, client_id) > ($4, $5))
         ORDER BY created_at DESC, session_id, client_id LIMIT $6",
    )
    .bind(page.filter.client.as_ref().map(ClientId::to_string))
    .bind(page.filter.state.map(DeliveryState::as_str))
    .bind(created_at)
    .bind(session)
    .bind(client)
    .bind(page.rows())
    .all()
    .await
}

/// Makes up to [`STEP`] undelivered notifications due at once, and gives them all their attempts again. `client` is `None`
/// for those of all clients. Returns their number.
///
/// # Errors
/// Only failures of the database.
pub async fn retry(tx: &mut Tx, client: Option<&ClientId>, now: Timestamp) -> Result<u64, DbError> {
    tx.query(
        "UPDATE logout_deliveries SET state = 'waiting', attempts = 0, next_attempt_at = $2, done_at = NULL,
                                      purge_after = $3
         WHERE (session_id, client_id) IN
           (SELECT session_id, client_id FROM logout_deliveries
            WHERE state IN ('waiting', 'failed') AND ($1 IS NULL OR client_id = $1)
              AND (purge_after < $3 OR state = 'failed' OR attempts > 0 OR next_attempt_at > $2) LIMIT $4)",
    )
    .bind(client.map(|client| client.as_str().to_owned()))
    .bind(now)
    .bind(now + RETENTION)
    .bind(STEP)
    .execute()
    .await
}

/// Returns how many notifications [`retry`] would make due in all its steps.
///
/// # Errors
/// Only failures of the database.
pub async fn count_to_retry(
    conn: &mut Conn,
    client: Option<&ClientId>,
    now: Timestamp,
) -> Result<u64, DbError> {
    let row: Option<(i64,)> = conn
        .query(
            "SELECT COUNT(*) FROM logout_deliveries
             WHERE state IN ('waiting', 'failed') AND ($1 IS NULL OR client_id = $1)
               AND (purge_after < $3 OR state = 'failed' OR attempts > 0 OR next_attempt_at > $2)",
        )
        .bind(client.map(|client| client.as_str().to_owned()))
        .bind(now)
        .bind(now + RETENTION)
        .optional()
        .await?;
    Ok(row.map_or(0, |(count,)| count.unsigned_abs()))
}
