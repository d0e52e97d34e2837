//! When a client last used each redirect URI, scope and grant type, for as long as the client exists.

use std::sync::LazyLock;

use grantor_from_row::FromRow;

use super::db::{Conn, DbError, Tx};
use super::value_rows::{ROWS, subquery};
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

/// A use of a value by a client.
pub(super) type NewUse<'a> = (&'a ClientId, FactKind, &'a str, Timestamp);

/// Notes [`ROWS`] uses. A client that does not exist gets no row, and a later use that is noted stays.
static NOTE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "INSERT INTO client_uses (client_id, kind, value, last_used_at)
         SELECT clients.id, added.kind, added.value, added.last_used_at
         FROM ({}) AS added JOIN clients ON clients.id = added.client_id WHERE TRUE
         ON CONFLICT (client_id, kind, value) DO UPDATE SET last_used_at = excluded.last_used_at
         WHERE client_uses.last_used_at < excluded.last_used_at",
        subquery(1, &["client_id", "kind", "value", "last_used_at"])
    )
});

/// Notes uses, each of another value.
///
/// # Errors
/// Only failures of the database.
pub(super) async fn note(tx: &mut Tx, uses: &[NewUse<'_>]) -> Result<(), DbError> {
    for together in uses.chunks(ROWS) {
        let mut query = tx.query(&NOTE);
        for place in 0..ROWS {
            query = match together.get(place) {
                Some((client, kind, value, at)) => {
                    query.bind(client.as_str()).bind(kind.as_str()).bind(*value).bind(*at)
                }
                // No client has this id.
                None => query.bind("").bind("").bind("").bind(Timestamp::MIN),
            };
        }
        query.execute().await?;
    }
    Ok(())
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
