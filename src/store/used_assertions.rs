//! Assertions that were accepted, so that each counts once on every node (RFC 7523 §3).

use super::db::{DbError, Tx};
use crate::secret::Hash;

/// Notes that an assertion is used; `false` when it was before: one conditional statement, so that of any number of
/// callers one may go on.
pub async fn consume(tx: &mut Tx, id: &Hash, expires_at: i64) -> Result<bool, DbError> {
    let inserted = tx
        .query("INSERT INTO used_assertions (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING")
        .bind(id.as_bytes())
        .bind(expires_at)
        .execute()
        .await?;
    Ok(inserted == 1)
}
