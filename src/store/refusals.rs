//! The last refused requests, for the operator.

use std::collections::BTreeSet;

use grantor_from_row::FromRow;

use super::db::{Batch, Conn, DbError, Tx};
use super::page::Page;
use crate::clock::Timestamp;
use crate::oauth::detail::Detail;
use crate::oauth::id::{ClientId, UserId};

/// The largest number of rows; the oldest go first.
pub const MAX_ROWS: i64 = 10_000;
/// The largest number of rows that one network causes, so that it does not push the rows of all others out.
pub const MAX_ROWS_OF_A_NETWORK: i64 = MAX_ROWS / 10;

/// A refused request. It never has a secret, a code or a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRefusal {
    /// It sorts by the time.
    pub id: String,
    /// A proxy may have chosen it, so it need not be unique.
    pub request_id: String,
    pub created_at: Timestamp,
    /// The client that the request claimed to come from, which may not exist.
    pub client: Option<ClientId>,
    pub user: Option<UserId>,
    pub address: String,
    /// An IPv4 address, or the most of IPv6 that one customer has: the rows of each are bounded.
    pub network: String,
    pub path: String,
    /// The word of the reason.
    pub reason: String,
    pub description: String,
    /// What came beside what was registered.
    pub detail: Option<Detail>,
}

#[derive(FromRow)]
struct RefusalRow {
    id: String,
    request_id: String,
    created_at: Timestamp,
    client_id: Option<String>,
    user_id: Option<String>,
    address: String,
    network: String,
    path: String,
    reason: String,
    description: String,
    detail: Option<String>,
}

/// Which refusals to list.
#[derive(Clone, Debug, Default)]
pub struct RefusalFilter {
    pub client: Option<ClientId>,
    /// The word of the reason.
    pub reason: Option<String>,
    pub request_id: Option<String>,
}

/// Stores refusals, which end at `expires_at`, and deletes the oldest rows beyond [`MAX_ROWS_OF_A_NETWORK`] of each of their
/// networks, and beyond [`MAX_ROWS`] of all.
///
/// # Errors
/// Only failures of the database.
pub async fn save(tx: &mut Tx, refusals: &[KeptRefusal], expires_at: Timestamp) -> Result<(), DbError> {
    let mut batch = Batch::new();
    for refusal in refusals {
        batch = batch
            .query(
                "INSERT INTO refusals (id, request_id, created_at, client_id, user_id, address, network, path, reason,
                                       description, detail, expires_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (id) DO NOTHING",
            )
            .bind(refusal.id.as_str())
            .bind(refusal.request_id.as_str())
            .bind(refusal.created_at)
            .bind(refusal.client.as_ref().map(ClientId::to_string))
            .bind(refusal.user.as_ref().map(UserId::to_string))
            .bind(refusal.address.as_str())
            .bind(refusal.network.as_str())
            .bind(refusal.path.as_str())
            .bind(refusal.reason.as_str())
            .bind(refusal.description.as_str())
            .bind(refusal.detail.as_ref().and_then(|detail| serde_json::to_string(detail).ok()))
            .bind(expires_at);
    }
    for network in refusals.iter().map(|refusal| refusal.network.as_str()).collect::<BTreeSet<_>>() {
        batch = batch
            .query(
                "DELETE FROM refusals WHERE id IN
                   (SELECT id FROM refusals WHERE network = $1 ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3)",
            )
            .bind(network)
            .bind(MAX_ROWS)
            .bind(MAX_ROWS_OF_A_NETWORK);
    }
    let batch = batch
        .query(
            "DELETE FROM refusals WHERE id IN
               (SELECT id FROM refusals ORDER BY created_at DESC, id DESC LIMIT $1 OFFSET $2)",
        )
        .bind(MAX_ROWS)
        .bind(MAX_ROWS);
    tx.run(batch).await.map(drop)
}

/// A page of the refusals, the newest first.
///
/// # Errors
/// Only failures of the database.
pub async fn list(
    conn: &mut Conn,
    page: &Page<RefusalFilter, (Timestamp, String)>,
) -> Result<Vec<KeptRefusal>, DbError> {
    let (created_at, id) = page.after.clone().unwrap_or((Timestamp::MAX, String::new()));
    let rows: Vec<RefusalRow> = conn
        .query(
            "SELECT id, request_id, created_at, client_id, user_id, address, network, path, reason, description, detail
             FROM refusals
             WHERE ($1 IS NULL OR client_id = $1) AND ($2 IS NULL OR reason = $2) AND ($3 IS NULL OR request_id = $3)
               AND created_at <= $4 AND (created_at < $4 OR id < $5)
             ORDER BY created_at DESC, id DESC LIMIT $6",
        )
        .bind(page.filter.client.as_ref().map(ClientId::to_string))
        .bind(page.filter.reason.clone())
        .bind(page.filter.request_id.clone())
        .bind(created_at)
        .bind(id)
        .bind(page.rows())
        .all()
        .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

impl From<RefusalRow> for KeptRefusal {
    fn from(row: RefusalRow) -> Self {
        Self {
            id: row.id,
            request_id: row.request_id,
            created_at: row.created_at,
            client: row.client_id.map(ClientId::new),
            user: row.user_id.map(UserId::new),
            address: row.address,
            network: row.network,
            path: row.path,
            reason: row.reason,
            description: row.description,
            // A newer version may have written a subject that this one does not know.
            detail: row.detail.and_then(|json| serde_json::from_str(&json).ok()),
        }
    }
}
