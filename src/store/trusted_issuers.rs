//! Trusted issuers, the clients that may present their tokens, and the people that their subjects are linked to.

use std::collections::HashMap;

use grantor_from_row::FromRow;

use super::db::{Conn, DbError, Tx};
use super::grants::{revoke_where, revoking};
use super::page::{NameFilter, Page, in_any_spelling};
use super::steps::{self, STEP, Stretch};
use crate::clock::Timestamp;
use crate::oauth::client::AssertionAudience;
use crate::oauth::grant::scope::Scope;
use crate::oauth::grant::trusted_issuer::{IssuerKeys, TrustedIssuer};
use crate::oauth::grant::{EndReason, UserStatus};
use crate::oauth::id::{ClientId, UserId};

#[derive(FromRow)]
struct IssuerRow {
    issuer: String,
    jwks: Option<String>,
    jwks_uri: Option<String>,
    scopes: String,
    audience: Option<String>,
}

/// A person that an issuer may vouch for.
#[derive(Clone, Debug, FromRow)]
pub struct SubjectRecord {
    pub subject: String,
    pub user_id: String,
    pub username: String,
}

#[derive(FromRow)]
struct LinkedRow {
    user_id: String,
    user_claims: Option<String>,
}

/// A page of the issuers, sorted by name.
///
/// # Errors
/// [`DbError::Corrupt`] if a row is damaged; otherwise only failures of the database.
pub async fn list(conn: &mut Conn, page: &Page<NameFilter, String>) -> Result<Vec<TrustedIssuer>, DbError> {
    let rows: Vec<IssuerRow> = conn
        .query(
            "SELECT issuer, jwks, jwks_uri, scopes, audience FROM trusted_issuers
             WHERE issuer > $1 AND ($2 IS NULL OR LOWER(issuer) LIKE $2 ESCAPE '\\') ORDER BY issuer LIMIT $3",
        )
        .bind(page.after.clone().unwrap_or_default())
        .bind(page.filter.q.as_deref().map(in_any_spelling))
        .bind(page.rows())
        .all()
        .await?;
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(Vec::new()) };
    let named: Vec<(String, String)> = conn
        .query(
            "SELECT issuer, client_id FROM trusted_issuer_clients
             WHERE issuer >= $1 AND issuer <= $2 ORDER BY client_id",
        )
        .bind(first.issuer.clone())
        .bind(last.issuer.clone())
        .all()
        .await?;
    let mut clients: HashMap<String, Vec<ClientId>> = HashMap::new();
    for (issuer, client) in named {
        clients.entry(issuer).or_default().push(ClientId::new(client));
    }
    rows.into_iter()
        .map(|row| {
            let clients = clients.remove(&row.issuer).unwrap_or_default();
            row.into_issuer(clients)
        })
        .collect()
}

/// Finds a trusted issuer by its `iss`. `None` if it is not trusted.
///
/// # Errors
/// [`DbError::Corrupt`] if the row is damaged; otherwise only failures of the database.
pub async fn find(conn: &mut Conn, issuer: &str) -> Result<Option<TrustedIssuer>, DbError> {
    let row: Option<IssuerRow> = conn
        .query("SELECT issuer, jwks, jwks_uri, scopes, audience FROM trusted_issuers WHERE issuer = $1")
        .bind(issuer)
        .optional()
        .await?;
    let Some(row) = row else { return Ok(None) };
    let clients: Vec<(String,)> = conn
        .query("SELECT client_id FROM trusted_issuer_clients WHERE issuer = $1 ORDER BY client_id")
        .bind(issuer)
        .all()
        .await?;
    row.into_issuer(clients.into_iter().map(|(id,)| ClientId::new(id)).collect()).map(Some)
}

/// The issuers whose tokens may be addressed to the token endpoint, sorted.
///
/// # Errors
/// Only failures of the database.
pub async fn list_with_token_endpoint_audience(conn: &mut Conn) -> Result<Vec<String>, DbError> {
    const QUERY: &str = "SELECT issuer FROM trusted_issuers WHERE audience = $1 ORDER BY issuer";
    names(conn, QUERY, AssertionAudience::TokenEndpoint.as_str()).await
}

/// The issuers that are trusted with a scope, sorted.
///
/// # Errors
/// Only failures of the database.
pub async fn list_of_scope(conn: &mut Conn, scope: &str) -> Result<Vec<String>, DbError> {
    const QUERY: &str = "SELECT issuer FROM trusted_issuers
         WHERE REPLACE(' ' || scopes || ' ', ' ' || $1 || ' ', ' ') <> ' ' || scopes || ' ' ORDER BY issuer";
    names(conn, QUERY, scope).await
}

/// The issuers whose tokens a client may present, sorted.
///
/// # Errors
/// Only failures of the database.
pub async fn list_of_client(conn: &mut Conn, client: &ClientId) -> Result<Vec<String>, DbError> {
    const QUERY: &str = "SELECT issuer FROM trusted_issuer_clients WHERE client_id = $1 ORDER BY issuer";
    names(conn, QUERY, client.as_str()).await
}

/// The issuers with a subject that is linked to a user, sorted.
///
/// # Errors
/// Only failures of the database.
pub async fn list_of_user(conn: &mut Conn, user: &UserId) -> Result<Vec<String>, DbError> {
    const QUERY: &str = "SELECT DISTINCT issuer FROM trusted_subjects WHERE user_id = $1 ORDER BY issuer";
    names(conn, QUERY, user.as_str()).await
}

async fn names(conn: &mut Conn, sql: &'static str, word: &str) -> Result<Vec<String>, DbError> {
    let rows: Vec<(String,)> = conn.query(sql).bind(word).all().await?;
    Ok(rows.into_iter().map(|(issuer,)| issuer).collect())
}

/// Stores a new issuer. `false` if an issuer with this name exists.
///
/// # Errors
/// Only failures of the database.
pub async fn save(tx: &mut Tx, issuer: &TrustedIssuer, now: Timestamp) -> Result<bool, DbError> {
    let (jwks, jwks_uri) = columns(&issuer.keys);
    let inserted = tx
        .query(
            "INSERT INTO trusted_issuers (issuer, jwks, jwks_uri, scopes, audience, created_at)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (issuer) DO NOTHING",
        )
        .bind(issuer.issuer.as_str())
        .bind(jwks)
        .bind(jwks_uri)
        .bind(issuer.scopes.to_string())
        .bind(issuer.audience.map(AssertionAudience::as_str))
        .bind(now)
        .execute()
        .await?;
    if inserted == 1 {
        save_clients(tx, issuer).await?;
    }
    Ok(inserted == 1)
}

/// Stores a changed issuer.
///
/// # Errors
/// Only failures of the database.
pub async fn update(tx: &mut Tx, issuer: &TrustedIssuer) -> Result<(), DbError> {
    let (jwks, jwks_uri) = columns(&issuer.keys);
    tx.query(
        "UPDATE trusted_issuers SET jwks = $2, jwks_uri = $3, scopes = $4, audience = $5 WHERE issuer = $1",
    )
    .bind(issuer.issuer.as_str())
    .bind(jwks)
    .bind(jwks_uri)
    .bind(issuer.scopes.to_string())
    .bind(issuer.audience.map(AssertionAudience::as_str))
    .execute()
    .await?;
    tx.query("DELETE FROM trusted_issuer_clients WHERE issuer = $1")
        .bind(issuer.issuer.as_str())
        .execute()
        .await?;
    save_clients(tx, issuer).await
}

async fn save_clients(tx: &mut Tx, issuer: &TrustedIssuer) -> Result<(), DbError> {
    for client in &issuer.clients {
        tx.query("INSERT INTO trusted_issuer_clients (issuer, client_id) VALUES ($1, $2)")
            .bind(issuer.issuer.as_str())
            .bind(client.as_str())
            .execute()
            .await?;
    }
    Ok(())
}

/// Deletes an issuer with its clients and links; `false` if it does not exist.
///
/// # Errors
/// Only failures of the database.
pub async fn delete(tx: &mut Tx, issuer: &str) -> Result<bool, DbError> {
    Ok(tx.query("DELETE FROM trusted_issuers WHERE issuer = $1").bind(issuer).execute().await? == 1)
}

/// A page of the subjects of an issuer that are linked to users, sorted by subject. The filter is the issuer.
///
/// # Errors
/// Only failures of the database.
pub async fn list_subjects(
    conn: &mut Conn,
    page: &Page<String, String>,
) -> Result<Vec<SubjectRecord>, DbError> {
    conn.query(
        "SELECT trusted_subjects.subject, trusted_subjects.user_id, users.username
         FROM trusted_subjects JOIN users ON users.id = trusted_subjects.user_id
         WHERE trusted_subjects.issuer = $1 AND trusted_subjects.subject > $2
         ORDER BY trusted_subjects.subject LIMIT $3",
    )
    .bind(page.filter.clone())
    .bind(page.after.clone().unwrap_or_default())
    .bind(page.rows())
    .all()
    .await
}

/// The link of a subject of an issuer. `None` if the subject is not linked.
///
/// # Errors
/// Only failures of the database.
pub async fn find_link(
    conn: &mut Conn,
    issuer: &str,
    subject: &str,
) -> Result<Option<SubjectRecord>, DbError> {
    conn.query(
        "SELECT trusted_subjects.subject, trusted_subjects.user_id, users.username
         FROM trusted_subjects JOIN users ON users.id = trusted_subjects.user_id
         WHERE trusted_subjects.issuer = $1 AND trusted_subjects.subject = $2",
    )
    .bind(issuer)
    .bind(subject)
    .optional()
    .await
}

/// The user that a subject is linked to, and the status of the user at this moment. `None` if the subject is not
/// linked.
///
/// # Errors
/// Only failures of the database.
pub async fn find_subject(
    conn: &mut Conn,
    issuer: &str,
    subject: &str,
) -> Result<Option<(UserId, UserStatus)>, DbError> {
    let row: Option<LinkedRow> = conn
        .query(
            "SELECT user_id, (SELECT users.claims FROM users
                              WHERE users.id = trusted_subjects.user_id AND users.disabled_at IS NULL) AS user_claims
             FROM trusted_subjects WHERE issuer = $1 AND subject = $2",
        )
        .bind(issuer)
        .bind(subject)
        .optional()
        .await?;
    Ok(row.map(|row| (UserId::new(row.user_id), UserStatus::new(row.user_claims, false))))
}

/// Links a subject to a user; `false` if it is already linked.
///
/// # Errors
/// Only failures of the database.
pub async fn link(
    tx: &mut Tx,
    issuer: &str,
    subject: &str,
    user: &UserId,
    now: Timestamp,
) -> Result<bool, DbError> {
    let inserted = tx
        .query(
            "INSERT INTO trusted_subjects (issuer, subject, user_id, created_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (issuer, subject) DO NOTHING",
        )
        .bind(issuer)
        .bind(subject)
        .bind(user.as_str())
        .bind(now)
        .execute()
        .await?;
    Ok(inserted == 1)
}

/// Removes a link. `false` if it does not exist.
///
/// # Errors
/// Only failures of the database.
pub async fn unlink(tx: &mut Tx, issuer: &str, subject: &str) -> Result<bool, DbError> {
    let deleted = tx
        .query("DELETE FROM trusted_subjects WHERE issuer = $1 AND subject = $2")
        .bind(issuer)
        .bind(subject)
        .execute()
        .await?;
    Ok(deleted == 1)
}

/// Takes an issuer's tokens from all clients, so that no client gets anything for them.
///
/// # Errors
/// Only failures of the database.
pub async fn take_from_clients(tx: &mut Tx, issuer: &str) -> Result<(), DbError> {
    tx.query("DELETE FROM trusted_issuer_clients WHERE issuer = $1").bind(issuer).execute().await.map(drop)
}

/// Removes up to [`STEP`] links of an issuer. Returns their number.
///
/// # Errors
/// Only failures of the database.
pub async fn delete_subjects(tx: &mut Tx, issuer: &str) -> Result<u64, DbError> {
    tx.query(
        "DELETE FROM trusted_subjects WHERE issuer = $1 AND subject IN
           (SELECT subject FROM trusted_subjects WHERE issuer = $1 LIMIT $2)",
    )
    .bind(issuer)
    .bind(STEP)
    .execute()
    .await
}

/// The next grants from an issuer's tokens after `after` by id, at most [`steps::LOOK`], each with whether it is not revoked.
///
/// # Errors
/// Only failures of the database.
pub async fn look_for_grants(
    conn: &mut Conn,
    issuer: &str,
    after: &str,
) -> Result<Vec<(String, bool)>, DbError> {
    const ROWS: &str = "SELECT id, revoked_at IS NULL AS is_wanted FROM grants
         WHERE issuer = $2 AND id > $1 ORDER BY id LIMIT $3";
    steps::look(conn, ROWS, after, issuer).await
}

/// Revokes the grants in a stretch from an issuer's tokens whose client or subject is no longer trusted. Returns their
/// number.
///
/// # Errors
/// Only failures of the database.
pub async fn revoke_untrusted(
    tx: &mut Tx,
    issuer: &str,
    stretch: &Stretch<String>,
    now: Timestamp,
) -> Result<u64, DbError> {
    const UNTRUSTED: &str = revoke_where!(
        "issuer = $3 AND id > $4 AND id <= $5
           AND NOT (EXISTS (SELECT 1 FROM trusted_issuer_clients
                            WHERE trusted_issuer_clients.issuer = grants.issuer
                              AND trusted_issuer_clients.client_id = grants.client_id)
                    AND EXISTS (SELECT 1 FROM trusted_subjects
                                WHERE trusted_subjects.issuer = grants.issuer
                                  AND trusted_subjects.subject = grants.issuer_subject
                                  AND trusted_subjects.user_id = grants.user_id))"
    );
    revoking(tx, UNTRUSTED, EndReason::IssuerUntrusted.word(), now)
        .bind(issuer)
        .bind(stretch.after.as_str())
        .bind(stretch.until.as_str())
        .execute()
        .await
}

fn columns(keys: &IssuerKeys) -> (Option<String>, Option<String>) {
    match keys {
        IssuerKeys::Here(jwks) => (Some(jwks.clone()), None),
        IssuerKeys::At(uri) => (None, Some(uri.clone())),
    }
}

impl IssuerRow {
    fn into_issuer(self, clients: Vec<ClientId>) -> Result<TrustedIssuer, DbError> {
        let corrupt = |what| DbError::Corrupt { table: "trusted_issuers", id: self.issuer.clone(), what };
        let keys = match (self.jwks, self.jwks_uri) {
            (Some(jwks), None) => IssuerKeys::Here(jwks),
            (None, Some(uri)) => IssuerKeys::At(uri),
            _ => return Err(DbError::Corrupt { table: "trusted_issuers", id: self.issuer, what: "jwks" }),
        };
        let audience = match self.audience.as_deref() {
            None => None,
            Some(word) => Some(AssertionAudience::parse(word).ok_or_else(|| corrupt("audience"))?),
        };
        Ok(TrustedIssuer {
            keys,
            scopes: Scope::from_stored(&self.scopes),
            audience,
            clients,
            issuer: self.issuer,
        })
    }
}
