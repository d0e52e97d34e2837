//! Opaque access tokens, kept only as hashes.

use sqlx::FromRow;

use super::db::{Batch, Conn, DbError, Tx};
use super::grants::claims_from;
use super::users;
use crate::oauth::bearer::{Presented, Subject};
use crate::oauth::id::{ClientId, GrantId, UserId};
use crate::oauth::scope::Scope;
use crate::oauth::token::AccessToken;
use crate::secret::Hash;

#[derive(FromRow)]
struct PresentedRow {
    client_id: String,
    user_id: Option<String>,
    scope: String,
    claims: Option<String>,
    expires_at: i64,
    is_revoked: bool,
}

/// A token that somebody presents, with all that decides about its use at this moment.
pub async fn find_presented(conn: &mut Conn, hash: &Hash) -> Result<Option<Presented>, DbError> {
    let row: Option<PresentedRow> = conn
        .query(
            "SELECT access_tokens.client_id, access_tokens.user_id, access_tokens.scope, access_tokens.expires_at,
                    grants.claims,
                    NOT (EXISTS (SELECT 1 FROM clients
                                 WHERE clients.id = access_tokens.client_id AND clients.disabled_at IS NULL)
                         AND (access_tokens.grant_id IS NULL
                              OR (grants.id IS NOT NULL AND grants.revoked_at IS NULL))) AS is_revoked
             FROM access_tokens LEFT JOIN grants ON grants.id = access_tokens.grant_id
             WHERE access_tokens.hash = $1",
        )
        .bind(hash.as_bytes())
        .optional()
        .await?;
    let Some(row) = row else { return Ok(None) };
    let subject = match row.user_id {
        None => Subject::Client,
        Some(user) => match users::find_person(conn, &UserId::new(user)).await? {
            None => Subject::Nobody,
            Some(person) => Subject::Person(Box::new(person)),
        },
    };
    Ok(Some(Presented {
        scope: Scope::from_stored(&row.scope),
        claims: claims_from(row.claims.as_deref(), "grants", &row.client_id)?.userinfo,
        client: ClientId::new(row.client_id),
        expires_at: row.expires_at,
        is_revoked: row.is_revoked,
        subject,
    }))
}

/// Stores a token that a client gets for itself, if the client is still what it was when it authenticated.
///
/// The condition is a part of the insert: what was decided on a cached client becomes a token only if the
/// database says that the client has not changed since. `false` when it has.
pub async fn save_for_client(
    tx: &mut Tx,
    hash: &Hash,
    token: &AccessToken,
    client_version: i64,
) -> Result<bool, DbError> {
    let inserted = tx
        .query(
            "INSERT INTO access_tokens (hash, client_id, scope, issued_at, expires_at)
             SELECT $1, clients.id, $4, $5, $6 FROM clients
             WHERE clients.id = $2 AND clients.version = $3 AND clients.disabled_at IS NULL",
        )
        .bind(hash.as_bytes())
        .bind(token.client_id.as_str())
        .bind(client_version)
        .bind(token.scope.to_string())
        .bind(token.issued_at)
        .bind(token.expires_at)
        .execute()
        .await?;
    Ok(inserted == 1)
}

/// Forgets what a client got for itself; what it got by grants ends with them.
pub async fn delete_of_client(tx: &mut Tx, client: &ClientId) -> Result<(), DbError> {
    tx.query("DELETE FROM access_tokens WHERE client_id = $1 AND grant_id IS NULL")
        .bind(client.as_str())
        .execute()
        .await
        .map(drop)
}

/// Adds the insert of a token that passed the gate to a batch.
pub fn save_in<'c>(batch: Batch<'c>, hash: &Hash, token: &AccessToken) -> Batch<'c> {
    batch
        .query(
            "INSERT INTO access_tokens (hash, client_id, user_id, grant_id, scope, issued_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(hash.as_bytes())
        .bind(token.client_id.as_str())
        .bind(token.user_id.as_ref().map(UserId::to_string))
        .bind(token.grant_id.as_ref().map(GrantId::to_string))
        .bind(token.scope.to_string())
        .bind(token.issued_at)
        .bind(token.expires_at)
}
