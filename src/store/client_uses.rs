//! When a client last used each redirect URI, scope and grant type, for as long as the client exists.

use grantor_from_row::FromRow;

use super::db::{Batch, Conn, DbError};
use crate::clock::Timestamp;
use crate::oauth::activity::FactKind;
use crate::oauth::id::ClientId;

/// The last use of a value, exact to the hour.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct LastUse {
    /// The word of the [`FactKind`].
    pub kind: String,
    pub value: String,
    pub last_used_at: Timestamp,
}

/// Notes a use, if the client exists and no later use is noted.
pub(super) fn note_in<'c>(
    batch: Batch<'c>,
    client: &ClientId,
    (kind, value): (FactKind, &str),
    at: Timestamp,
) -> Batch<'c> {
    batch
        .query(
            "INSERT INTO client_uses (client_id, kind, value, last_used_at) SELECT id, $2, $3, $4 FROM clients WHERE id = $1
             ON CONFLICT (client_id, kind, value) DO UPDATE SET last_used_at = excluded.last_used_at
             WHERE client_uses.last_used_at < excluded.last_used_at",
        )
        .bind(client.as_str())
        .bind(kind.as_str())
        .bind(value)
        .bind(at)
}

/// The last uses of a client.
///
/// # Errors
/// Only failures of the database.
pub async fn list(conn: &mut Conn, client: &ClientId) -> Result<Vec<LastUse>, DbError> {
    conn.query("SELECT kind, value, last_used_at FROM client_uses WHERE client_id = $1")
        .bind(client.as_str())
        .all()
        .await
}
