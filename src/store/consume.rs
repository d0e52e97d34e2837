//! The one conditional statement that consumes a code, so that only one of several callers gets it (RFC 6749 §10.5).

use super::db::{DbError, Record, Tx};
use crate::clock::Timestamp;
use crate::oauth::id::ClientId;
use crate::oauth::identity::session::LiveSessions;
use crate::secret::Hash;

/// The statement for a table of codes: the code belongs to the client, was not consumed, and the client has not changed
/// since it authenticated. `$and` is empty, or adds conditions.
///
/// It returns the columns of the grant, those that `$columns` adds, and the status of the user.
macro_rules! consume_statement {
    ($table:literal, and: $and:literal, columns: $columns:literal) => {
        concat!(
            "UPDATE ",
            $table,
            " SET consumed_at = $4, purge_after = $5
             WHERE hash = $1 AND client_id = $2 AND consumed_at IS NULL AND ",
            $and,
            $crate::store::conditions::client_unchanged!(),
            " RETURNING grant_id, client_id, user_id, session_id, granted, auth_time, amr, cnf, ",
            $columns,
            $crate::store::conditions::user_claims!($table),
            ", ",
            $crate::store::conditions::session_ended!($table, "$4", "$6")
        )
    };
}
pub(super) use consume_statement;

/// Runs a [`consume_statement`] for a code of `client`. `None` if the code could not be consumed.
///
/// `purge_after`: until this time, a replay is recognized. The purge keeps the row for as long as the grant lives.
pub(super) async fn consume_once<R: Record>(
    tx: &mut Tx,
    statement: &'static str,
    hash: &Hash,
    (client, client_version): (&ClientId, i64),
    live: LiveSessions,
    purge_after: Timestamp,
) -> Result<Option<R>, DbError> {
    tx.query(statement)
        .bind(hash.as_bytes())
        .bind(client.as_str())
        .bind(client_version)
        .bind(live.now)
        .bind(purge_after)
        .bind(live.idle_since)
        .optional()
        .await
}
