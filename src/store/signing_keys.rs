//! Signing keys, and the keys that decrypt, encrypted with the master key; the rules about them are in `oauth::signing_key`.

use grantor_from_row::FromRow;

use super::db::{Conn, DbError, Tx};
use crate::clock::Timestamp;
use crate::oauth::signing_key::{DueKey, KeyAlgorithm, KeyRecord};

/// A stored key.
#[derive(Clone, Debug)]
pub struct StoredKey {
    pub record: KeyRecord,
    pub sealed: Vec<u8>,
    pub public_jwk: String,
}

#[derive(FromRow)]
struct KeyRow {
    kid: String,
    algorithm: String,
    sealed: Vec<u8>,
    public_jwk: String,
    created_at: Timestamp,
    signs_from: Timestamp,
    retired_at: Option<Timestamp>,
}

/// All keys. Those of one algorithm come in the order in which they sign.
///
/// # Errors
/// [`DbError::Corrupt`] if a row is damaged; otherwise only failures of the database.
pub async fn list(conn: &mut Conn) -> Result<Vec<StoredKey>, DbError> {
    let rows: Vec<KeyRow> = conn
        .query(
            "SELECT kid, algorithm, sealed, public_jwk, created_at, signs_from, retired_at
             FROM signing_keys ORDER BY algorithm, signs_from, created_at, kid",
        )
        .all()
        .await?;
    rows.into_iter().map(StoredKey::try_from).collect()
}

/// Stores a key that was due. `false` if another node was faster, so that this key is not needed.
///
/// # Errors
/// Only failures of the database.
pub async fn save_due(tx: &mut Tx, key: &StoredKey, due: &DueKey) -> Result<bool, DbError> {
    let saved = tx
        .query(
            "INSERT INTO signing_keys (kid, algorithm, sealed, public_jwk, created_at, signs_from)
             SELECT $1, $2, $3, $4, $5, $6
             WHERE NOT EXISTS (SELECT 1 FROM signing_keys
                               WHERE algorithm = $2 AND retired_at IS NULL AND signs_from > $7)",
        )
        .bind(key.record.kid.as_str())
        .bind(key.record.algorithm.as_str())
        .bind(key.sealed.as_slice())
        .bind(key.public_jwk.as_str())
        .bind(key.record.created_at)
        .bind(key.record.signs_from)
        .bind(due.after.unwrap_or(Timestamp::MIN))
        .execute()
        .await?;
    Ok(saved == 1)
}

/// Takes a key out of use. `false` if it is already out of use or does not exist.
///
/// # Errors
/// Only failures of the database.
pub async fn retire(tx: &mut Tx, kid: &str, now: Timestamp) -> Result<bool, DbError> {
    let retired = tx
        .query("UPDATE signing_keys SET retired_at = $2 WHERE kid = $1 AND retired_at IS NULL")
        .bind(kid)
        .bind(now)
        .execute()
        .await?;
    Ok(retired == 1)
}

/// Lets a key that waits for its turn sign from `now` on.
///
/// # Errors
/// Only failures of the database.
pub async fn sign_from(tx: &mut Tx, kid: &str, now: Timestamp) -> Result<(), DbError> {
    tx.query("UPDATE signing_keys SET signs_from = $2 WHERE kid = $1 AND signs_from > $2")
        .bind(kid)
        .bind(now)
        .execute()
        .await
        .map(drop)
}

/// Deletes a key with its private part.
///
/// # Errors
/// Only failures of the database.
pub async fn delete(tx: &mut Tx, kid: &str) -> Result<(), DbError> {
    tx.query("DELETE FROM signing_keys WHERE kid = $1").bind(kid).execute().await.map(drop)
}

impl TryFrom<KeyRow> for StoredKey {
    type Error = DbError;

    fn try_from(row: KeyRow) -> Result<Self, DbError> {
        let Some(algorithm) = KeyAlgorithm::parse(&row.algorithm) else {
            return Err(DbError::Corrupt { table: "signing_keys", id: row.kid, what: "algorithm" });
        };
        let record = KeyRecord {
            kid: row.kid,
            algorithm,
            created_at: row.created_at,
            signs_from: row.signs_from,
            retired_at: row.retired_at,
        };
        Ok(Self { record, sealed: row.sealed, public_jwk: row.public_jwk })
    }
}
