//! API keys: the credentials of programs for the management API.

use grantor_from_row::FromRow;

use super::db::{Conn, DbError, Tx};
use super::page::{NameFilter, Page, in_any_spelling};
use crate::clock::Timestamp;
use crate::oauth::grant::scope::Scope;
use crate::secret::Hash;

/// An API key without the key itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyRecord {
    pub id: String,
    pub name: String,
    pub scope: Scope,
    pub created_at: Timestamp,
    /// `None`: it does not end by itself.
    pub expires_at: Option<Timestamp>,
    /// To the minute. `None`: it was never used.
    pub last_used_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct ApiKeyRow {
    id: String,
    name: String,
    scope: String,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
}

/// The columns of [`ApiKeyRow`].
macro_rules! select {
    () => {
        "SELECT id, name, scope, created_at, expires_at, last_used_at FROM api_keys "
    };
}

impl ApiKeyRecord {
    /// Whether the key can be used at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| end > now)
    }
}

/// A page of the API keys, sorted by id; the filter is about their names and ids.
///
/// # Errors
/// Only failures of the database.
pub async fn list(conn: &mut Conn, page: &Page<NameFilter, String>) -> Result<Vec<ApiKeyRecord>, DbError> {
    let rows: Vec<ApiKeyRow> = conn
        .query(concat!(
            select!(),
            "WHERE id > $1 AND ($2 IS NULL OR LOWER(name) LIKE $2 ESCAPE '\\' OR LOWER(id) LIKE $2 ESCAPE '\\')
             ORDER BY id LIMIT $3"
        ))
        .bind(page.after.clone().unwrap_or_default())
        .bind(page.filter.q.as_deref().map(in_any_spelling))
        .bind(page.rows())
        .all()
        .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Finds an API key by its id. `None` if it does not exist.
///
/// # Errors
/// Only failures of the database.
pub async fn find(conn: &mut Conn, id: &str) -> Result<Option<ApiKeyRecord>, DbError> {
    let row: Option<ApiKeyRow> = conn.query(concat!(select!(), "WHERE id = $1")).bind(id).optional().await?;
    Ok(row.map(Into::into))
}

/// Finds the API key that a request brings, by its hash. `None` if it does not exist. It may have ended.
///
/// # Errors
/// Only failures of the database.
pub async fn find_by_hash(conn: &mut Conn, hash: &Hash) -> Result<Option<ApiKeyRecord>, DbError> {
    let row: Option<ApiKeyRow> =
        conn.query(concat!(select!(), "WHERE hash = $1")).bind(hash.as_bytes()).optional().await?;
    Ok(row.map(Into::into))
}

/// Counts the API keys.
///
/// # Errors
/// Only failures of the database.
pub async fn count(conn: &mut Conn) -> Result<i64, DbError> {
    let row: Option<(i64,)> = conn.query("SELECT COUNT(*) FROM api_keys").optional().await?;
    Ok(row.map_or(0, |(count,)| count))
}

/// Stores a new API key with the hash of the key itself.
///
/// # Errors
/// Only failures of the database.
pub async fn save(tx: &mut Tx, key: &ApiKeyRecord, hash: &Hash) -> Result<(), DbError> {
    tx.query(
        "INSERT INTO api_keys (id, name, hash, scope, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(key.id.as_str())
    .bind(key.name.as_str())
    .bind(hash.as_bytes())
    .bind(key.scope.to_string())
    .bind(key.created_at)
    .bind(key.expires_at)
    .execute()
    .await
    .map(drop)
}

/// Stores the new name and the new end of an API key.
///
/// # Errors
/// Only failures of the database.
pub async fn update(tx: &mut Tx, key: &ApiKeyRecord) -> Result<(), DbError> {
    tx.query("UPDATE api_keys SET name = $2, expires_at = $3 WHERE id = $1")
        .bind(key.id.as_str())
        .bind(key.name.as_str())
        .bind(key.expires_at)
        .execute()
        .await
        .map(drop)
}

/// Notes when an API key was last used. The time never goes back.
///
/// # Errors
/// Only failures of the database.
pub async fn note_use(tx: &mut Tx, id: &str, now: Timestamp) -> Result<(), DbError> {
    tx.query(
        "UPDATE api_keys SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)",
    )
    .bind(id)
    .bind(now)
    .execute()
    .await
    .map(drop)
}

/// Deletes an API key; `false` if it does not exist.
///
/// # Errors
/// Only failures of the database.
pub async fn delete(tx: &mut Tx, id: &str) -> Result<bool, DbError> {
    Ok(tx.query("DELETE FROM api_keys WHERE id = $1").bind(id).execute().await? == 1)
}

/// How many keys can do everything with the management API; `$but` is one more condition.
macro_rules! owner_keys {
    ($but:literal) => {
        concat!(
            "(SELECT COUNT(*) FROM api_keys WHERE ' ' || scope || ' ' LIKE '% grantor.write %' AND ",
            $but,
            ")"
        )
    };
}

/// How many people can do everything with the management API: owners who can sign in; `$but` is one more condition.
macro_rules! owners_with_a_password {
    ($but:literal) => {
        concat!(
            "(SELECT COUNT(*) FROM users
              WHERE role = 'owner' AND disabled_at IS NULL AND password_changed_at IS NOT NULL AND ",
            $but,
            ")"
        )
    };
}

/// Whether anyone else than the key or user with this id can do everything with the management API at least until `end`: a
/// key with `grantor.write` that does not end before, or an enabled owner with a password. `None`: without an end.
///
/// # Errors
/// Only failures of the database.
pub async fn has_owner_besides(conn: &mut Conn, id: &str, end: Option<Timestamp>) -> Result<bool, DbError> {
    let row: Option<(i64,)> = conn
        .query(concat!(
            "SELECT ",
            owner_keys!("id <> $1 AND (expires_at IS NULL OR expires_at >= $2)"),
            " + ",
            owners_with_a_password!("id <> $1")
        ))
        .bind(id)
        .bind(end)
        .optional()
        .await?;
    Ok(row.is_some_and(|(count,)| count > 0))
}

/// Whether anyone can manage the server: a live key with `grantor.write`, or an enabled owner with a password, exists.
///
/// # Errors
/// Only failures of the database.
pub async fn has_manager(conn: &mut Conn, now: Timestamp) -> Result<bool, DbError> {
    let row: Option<(i64,)> = conn
        .query(concat!(
            "SELECT ",
            owner_keys!("(expires_at IS NULL OR expires_at > $1)"),
            " + ",
            owners_with_a_password!("TRUE")
        ))
        .bind(now)
        .optional()
        .await?;
    Ok(row.is_some_and(|(count,)| count > 0))
}

impl From<ApiKeyRow> for ApiKeyRecord {
    fn from(row: ApiKeyRow) -> Self {
        let ApiKeyRow { id, name, scope, created_at, expires_at, last_used_at } = row;
        Self { id, name, scope: Scope::from_stored(&scope), created_at, expires_at, last_used_at }
    }
}
