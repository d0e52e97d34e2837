//! How many rows strangers have made, by network, counted by all nodes together.

use super::db::{Conn, DbError, Tx};
use crate::clock::Timestamp;
use crate::oauth::row_budget::RowKind;

/// How many rows are counted, and when the first of them ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldRows {
    pub count: i64,
    /// `None` if no row is counted.
    pub first_end: Option<Timestamp>,
}

/// Counts one more row of a network until `until`, if the network holds fewer than `allowance` rows at `now`. `false` if
/// not; then nothing is counted.
///
/// # Errors
/// Only failures of the database.
pub async fn count(
    tx: &mut Tx,
    (kind, network): (RowKind, &str),
    allowance: i64,
    until: Timestamp,
    now: Timestamp,
) -> Result<bool, DbError> {
    let counted = tx
        .query(
            "INSERT INTO row_budgets (kind, network, expires_at, count)
             SELECT $1, $2, $3, 1
             WHERE (SELECT COALESCE(SUM(count), 0) FROM row_budgets
                    WHERE kind = $1 AND network = $2 AND expires_at > $4) < $5
             ON CONFLICT (kind, network, expires_at) DO UPDATE SET count = row_budgets.count + 1",
        )
        .bind(kind.word())
        .bind(network)
        .bind(until)
        .bind(now)
        .bind(allowance)
        .execute()
        .await?;
    Ok(counted == 1)
}

/// Removes a row of a network that was counted until `until`.
///
/// # Errors
/// Only failures of the database.
pub async fn take_back(
    tx: &mut Tx,
    (kind, network): (RowKind, &str),
    until: Timestamp,
) -> Result<(), DbError> {
    tx.query(
        "UPDATE row_budgets SET count = count - 1
         WHERE kind = $1 AND network = $2 AND expires_at = $3 AND count > 0",
    )
    .bind(kind.word())
    .bind(network)
    .bind(until)
    .execute()
    .await
    .map(drop)
}

/// The rows of one network that count at `now`.
///
/// # Errors
/// Only failures of the database.
pub async fn held_by(
    conn: &mut Conn,
    (kind, network): (RowKind, &str),
    now: Timestamp,
) -> Result<HeldRows, DbError> {
    let row: Option<(i64, Option<Timestamp>)> = conn
        .query(
            "SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT), MIN(expires_at) FROM row_budgets
             WHERE kind = $1 AND network = $2 AND expires_at > $3 AND count > 0",
        )
        .bind(kind.word())
        .bind(network)
        .bind(now)
        .optional()
        .await?;
    Ok(HeldRows::of(row))
}

/// The rows of all networks that count at `now`.
///
/// # Errors
/// Only failures of the database.
pub async fn held(conn: &mut Conn, kind: RowKind, now: Timestamp) -> Result<HeldRows, DbError> {
    let row: Option<(i64, Option<Timestamp>)> = conn
        .query(
            "SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT), MIN(expires_at) FROM row_budgets
             WHERE kind = $1 AND expires_at > $2 AND count > 0",
        )
        .bind(kind.word())
        .bind(now)
        .optional()
        .await?;
    Ok(HeldRows::of(row))
}

impl HeldRows {
    fn of(row: Option<(i64, Option<Timestamp>)>) -> Self {
        let (count, first_end) = row.unwrap_or_default();
        Self { count, first_end }
    }
}
