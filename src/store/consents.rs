//! What people have allowed applications.

use super::db::{DbError, Tx};
use crate::oauth::id::{ClientId, UserId};
use crate::oauth::scope::Scope;

/// Adds `scope` to what the user has allowed the client.
pub async fn allow(
    tx: &mut Tx,
    user: &UserId,
    client: &ClientId,
    scope: &Scope,
    now: i64,
) -> Result<(), DbError> {
    let before: Option<(String,)> = tx
        .query("SELECT scope FROM consents WHERE user_id = $1 AND client_id = $2")
        .bind(user.as_str())
        .bind(client.as_str())
        .optional()
        .await?;
    let scope = before.map_or_else(|| scope.clone(), |(before,)| Scope::from_stored(&before).and(scope));
    tx.query(
        "INSERT INTO consents (user_id, client_id, scope, updated_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id, client_id) DO UPDATE SET scope = excluded.scope, updated_at = excluded.updated_at",
    )
    .bind(user.as_str())
    .bind(client.as_str())
    .bind(scope.to_string())
    .bind(now)
    .execute()
    .await
    .map(drop)
}
