//! What people have allowed applications.

use std::collections::BTreeSet;

use super::db::{DbError, Tx};
use crate::oauth::grant::scope::Scope;
use crate::oauth::id::{ClientId, UserId};
use crate::oauth::request::interaction::Consent;

/// Adds to what the user has allowed the client.
pub async fn allow(
    tx: &mut Tx,
    user: &UserId,
    client: &ClientId,
    allowed: &Consent,
    now: i64,
) -> Result<(), DbError> {
    let before: Option<(String, String)> = tx
        .query("SELECT scope, claims FROM consents WHERE user_id = $1 AND client_id = $2")
        .bind(user.as_str())
        .bind(client.as_str())
        .optional()
        .await?;
    let consent = match before {
        None => allowed.clone(),
        Some((scope, claims)) => from_stored(&scope, &claims).and(allowed),
    };
    tx.query(
        "INSERT INTO consents (user_id, client_id, scope, claims, updated_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (user_id, client_id)
         DO UPDATE SET scope = excluded.scope, claims = excluded.claims, updated_at = excluded.updated_at",
    )
    .bind(user.as_str())
    .bind(client.as_str())
    .bind(consent.scope.to_string())
    .bind(consent.claims.into_iter().collect::<Vec<_>>().join(" "))
    .bind(now)
    .execute()
    .await
    .map(drop)
}

/// Reads a row's columns.
pub(super) fn from_stored(scope: &str, claims: &str) -> Consent {
    let claims: BTreeSet<String> =
        claims.split(' ').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    Consent { scope: Scope::from_stored(scope), claims }
}
