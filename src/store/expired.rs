//! Rows that may be deleted, in every table whose rows expire: their number, and their deletion in small steps.
//!
//! A row may be deleted after its `purge_after`; in a table without that column, after its `expires_at`. An event has
//! neither: it is kept for a time that the configuration says.

use super::db::{Conn, DbError, Tx};
use super::sessions;
use super::steps::STEP;
use crate::clock::Timestamp;
use crate::oauth::identity::session::LiveSessions;

/// A table whose rows end by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpiringTable {
    Codes,
    DeviceCodes,
    BackchannelRequests,
    BackchannelPings,
    Grants,
    AccessTokens,
    RevokedTokens,
    UsedAssertions,
    Sessions,
    Flows,
    LogoutDeliveries,
    PasswordLinks,
    Guesses,
    RowBudgets,
    KeptAnswers,
    /// Events of the audit trail. They are deleted by [`super::events::forget`], which keeps their chain.
    Events,
    Refusals,
    HourlyCounts,
    ClientActivity,
    /// Secrets that were replaced.
    WebhookSecrets,
    /// Messages that were delivered, or that no one tries to deliver any more.
    WebhookDeliveries,
}

/// The maximum number of rows that are counted for metrics, which takes some tens of milliseconds.
pub const MAX_COUNTED: i64 = 100_000;

macro_rules! statements {
    ($($table:ident = $name:literal by $key:literal until $end:literal;)*) => {
        impl ExpiringTable {
            pub const ALL: &[Self] = &[$(Self::$table),*];

            /// The name of the table in the database.
            pub fn name(self) -> &'static str {
                match self { $(Self::$table => $name),* }
            }

            fn delete(self) -> &'static str {
                match self {
                    $(Self::$table => concat!(
                        "DELETE FROM ", $name, " WHERE (", $key, ") IN (SELECT ", $key, " FROM ", $name,
                        " WHERE ", $end, " <= $1 ORDER BY ", $end, " LIMIT $2)"
                    )),*
                }
            }

            fn count(self) -> &'static str {
                match self {
                    $(Self::$table => concat!(
                        "SELECT (SELECT COUNT(*) FROM ", $name, ") AS in_all,
                                (SELECT COUNT(*) FROM ", $name, " WHERE ", $end, " <= $1) AS ended"
                    )),*
                }
            }

            // Ordered, so that the index is read up to the limit, whatever the planner estimates.
            fn overdue(self) -> &'static str {
                match self {
                    $(Self::$table => concat!(
                        "SELECT COUNT(*), MIN(ended_at) FROM (SELECT ", $end, " AS ended_at FROM ", $name,
                        " WHERE ", $end, " <= $1 ORDER BY ", $end, " LIMIT $2) AS overdue"
                    )),*
                }
            }
        }
    };
}

statements! {
    Codes = "codes" by "hash" until "purge_after";
    DeviceCodes = "device_codes" by "hash" until "purge_after";
    BackchannelRequests = "backchannel_requests" by "hash" until "purge_after";
    BackchannelPings = "backchannel_pings" by "grant_id" until "purge_after";
    Grants = "grants" by "id" until "purge_after";
    AccessTokens = "access_tokens" by "hash" until "expires_at";
    RevokedTokens = "revoked_tokens" by "id" until "expires_at";
    UsedAssertions = "used_assertions" by "id" until "expires_at";
    Sessions = "sessions" by "cookie_hash" until "expires_at";
    Flows = "flows" by "id" until "purge_after";
    LogoutDeliveries = "logout_deliveries" by "session_id, client_id" until "purge_after";
    PasswordLinks = "password_links" by "user_id" until "expires_at";
    Guesses = "guesses" by "bucket" until "expires_at";
    KeptAnswers = "kept_answers" by "id" until "expires_at";
    Refusals = "refusals" by "id" until "expires_at";
    HourlyCounts = "hourly_counts" by "hour, kind, word" until "expires_at";
    ClientActivity = "client_activity" by "client_id, day" until "expires_at";
    WebhookSecrets = "webhook_secrets" by "id" until "expires_at";
    WebhookDeliveries = "webhook_deliveries" by "webhook_id, message_id" until "purge_after";
    RowBudgets = "row_budgets" by "kind, network, expires_at" until "expires_at";
    Events = "events" by "id" until "time";
}

/// A redeemed code is kept as long as its grant lives, and refreshing extends that.
macro_rules! put_off {
    ($table:literal) => {
        concat!(
            "UPDATE ",
            $table,
            " SET purge_after = (SELECT grants.purge_after FROM grants WHERE id = grant_id)
             WHERE hash IN (SELECT hash FROM ",
            $table,
            " WHERE purge_after <= $1 ORDER BY purge_after LIMIT $2)
               AND EXISTS (SELECT 1 FROM grants WHERE id = grant_id AND grants.purge_after > $1)"
        )
    };
}

/// The result of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PurgeStep {
    Deleted(u64),
    /// Nothing was deleted: the grants of these rows have not ended, so the rows are kept until then.
    PutOff,
}

/// Deletes up to [`STEP`] rows that ended at `ended.now` or earlier, the oldest first, and returns their number. A
/// session has also ended if it is idle; its grants end with it, and its applications are notified at `now`.
///
/// # Errors
/// Only failures of the database.
pub async fn delete(
    tx: &mut Tx,
    table: ExpiringTable,
    ended: LiveSessions,
    now: Timestamp,
) -> Result<PurgeStep, DbError> {
    let before = ended.now;
    if table == ExpiringTable::Sessions {
        return Ok(PurgeStep::Deleted(sessions::end_expired(tx, ended, sessions::SESSIONS, now).await?));
    }
    let put_off = match table {
        ExpiringTable::Codes => Some(put_off!("codes")),
        ExpiringTable::DeviceCodes => Some(put_off!("device_codes")),
        ExpiringTable::BackchannelRequests => Some(put_off!("backchannel_requests")),
        _ => None,
    };
    if let Some(put_off) = put_off {
        let kept = tx.query(put_off).bind(before).bind(STEP).execute().await?;
        if kept > 0 {
            return Ok(PurgeStep::PutOff);
        }
    }
    Ok(PurgeStep::Deleted(tx.query(table.delete()).bind(before).bind(STEP).execute().await?))
}

/// The number of all rows of a table, and the number of rows that ended at `before` or earlier.
///
/// # Errors
/// Only failures of the database.
pub async fn count(conn: &mut Conn, table: ExpiringTable, before: Timestamp) -> Result<(i64, i64), DbError> {
    let row: Option<(i64, i64)> = conn.query(table.count()).bind(before).optional().await?;
    row.ok_or(DbError::Corrupt { table: table.name(), id: String::new(), what: "count" })
}

/// The number of rows that ended at `before` or earlier, counted up to [`MAX_COUNTED`], and when the first of them
/// ended. The time is `None` if the number is 0.
///
/// # Errors
/// Only failures of the database.
pub async fn overdue(
    conn: &mut Conn,
    table: ExpiringTable,
    before: Timestamp,
) -> Result<(i64, Option<Timestamp>), DbError> {
    let row: Option<(i64, Option<Timestamp>)> =
        conn.query(table.overdue()).bind(before).bind(MAX_COUNTED).optional().await?;
    row.ok_or(DbError::Corrupt { table: table.name(), id: String::new(), what: "count" })
}
