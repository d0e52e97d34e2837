//! What people have allowed clients, and refused them.

use grantor_from_row::FromRow;

use super::db::{Conn, DbError, Tx};
use super::grants::granted_from;
use super::page::Page;
use super::steps::STEP;
use crate::clock::Timestamp;
use crate::oauth::client::ClientMetadata;
use crate::oauth::grant::consent::{Answer, Consent};
use crate::oauth::grant::granted::Granted;
use crate::oauth::grant::scope::KnownScopes;
use crate::oauth::id::{ClientId, UserId};

#[derive(FromRow)]
struct ConsentRow {
    granted: String,
    refused: Option<String>,
}

/// What a person has answered a client, as the operator sees it.
#[derive(Clone, Debug)]
pub struct ConsentRecord {
    pub user_id: String,
    pub username: String,
    pub client_id: String,
    pub client_name: String,
    pub consent: Consent,
    pub updated_at: Timestamp,
}

#[derive(FromRow)]
struct ConsentRecordRow {
    user_id: String,
    username: String,
    client_id: String,
    metadata: String,
    granted: String,
    refused: Option<String>,
    updated_at: Timestamp,
}

impl ConsentRecordRow {
    fn into_record(self) -> Result<ConsentRecord, DbError> {
        let Ok(metadata) = serde_json::from_str::<ClientMetadata>(&self.metadata) else {
            return Err(DbError::Corrupt { table: "clients", id: self.client_id, what: "metadata" });
        };
        Ok(ConsentRecord {
            consent: consent_from(&self.granted, self.refused.as_deref(), &self.user_id)?,
            user_id: self.user_id,
            username: self.username,
            client_id: self.client_id,
            client_name: metadata.name.as_str().to_owned(),
            updated_at: self.updated_at,
        })
    }
}

/// Whose consents a list has.
#[derive(Clone, Debug)]
pub enum ConsentsOf {
    /// Those of a person, sorted by client.
    User(UserId),
    /// Those that people have given a client, sorted by user id.
    Client(ClientId),
}

/// The statements of a list, of a person and of a client.
pub const LIST: [&str; 2] = [
    "SELECT consents.user_id, users.username, consents.client_id, clients.metadata, consents.granted, consents.refused,
            consents.updated_at
     FROM consents JOIN clients ON clients.id = consents.client_id JOIN users ON users.id = consents.user_id
     WHERE consents.user_id = $1 AND consents.client_id > $2 ORDER BY consents.client_id LIMIT $3",
    "SELECT consents.user_id, users.username, consents.client_id, clients.metadata, consents.granted, consents.refused,
            consents.updated_at
     FROM consents JOIN clients ON clients.id = consents.client_id JOIN users ON users.id = consents.user_id
     WHERE consents.client_id = $1 AND consents.user_id > $2 ORDER BY consents.user_id LIMIT $3",
];

/// A page of the consents of a person or of a client.
///
/// # Errors
/// [`DbError::Corrupt`] if a row is damaged; otherwise only failures of the database.
pub async fn list(conn: &mut Conn, page: &Page<ConsentsOf, String>) -> Result<Vec<ConsentRecord>, DbError> {
    let (statement, id) = match &page.filter {
        ConsentsOf::User(user) => (LIST[0], user.as_str()),
        ConsentsOf::Client(client) => (LIST[1], client.as_str()),
    };
    let rows: Vec<ConsentRecordRow> = conn
        .query(statement)
        .bind(id)
        .bind(page.after.clone().unwrap_or_default())
        .bind(page.rows())
        .all()
        .await?;
    rows.into_iter().map(ConsentRecordRow::into_record).collect()
}

/// Reads the columns of a consent. `user` names the row in the error.
///
/// # Errors
/// [`DbError::Corrupt`] if one of them is damaged.
pub(super) fn consent_from(granted: &str, refused: Option<&str>, user: &str) -> Result<Consent, DbError> {
    let corrupt = || DbError::Corrupt { table: "consents", id: user.to_owned(), what: "refused" };
    let refused = refused.map(|text| Granted::from_stored(text).ok_or_else(corrupt)).transpose()?;
    Ok(Consent { allowed: granted_from(granted, "consents", user)?, refused: refused.unwrap_or_default() })
}

/// Stores what the user answered the client, which replaces everything that was answered before about the same scopes and
/// claims.
///
/// # Errors
/// [`DbError::Corrupt`] if the stored consent is damaged; otherwise only failures of the database.
pub async fn answer(
    tx: &mut Tx,
    user: &UserId,
    client: &ClientId,
    answer: &Answer,
    known: &(impl KnownScopes + Sync),
    now: Timestamp,
) -> Result<(), DbError> {
    let consent = match find(tx, user, client).await? {
        None => answer.consent.clone(),
        Some(before) => before.after(answer, known),
    };
    save(tx, user, client, &consent, now).await
}

/// Takes back what the user has allowed the client of what `answer` refuses. The user is asked again about it.
///
/// # Errors
/// [`DbError::Corrupt`] if the stored consent is damaged; otherwise only failures of the database.
pub async fn take_back(
    tx: &mut Tx,
    user: &UserId,
    client: &ClientId,
    answer: &Answer,
    known: &(impl KnownScopes + Sync),
    now: Timestamp,
) -> Result<(), DbError> {
    match find(tx, user, client).await? {
        None => Ok(()),
        Some(before) => save(tx, user, client, &before.without_refused(answer, known), now).await,
    }
}

/// What a person has answered to a client. `None` if nothing.
///
/// # Errors
/// [`DbError::Corrupt`] if the row is damaged; otherwise only failures of the database.
pub async fn find(conn: &mut Conn, user: &UserId, client: &ClientId) -> Result<Option<Consent>, DbError> {
    let row: Option<ConsentRow> = conn
        .query("SELECT granted, refused FROM consents WHERE user_id = $1 AND client_id = $2")
        .bind(user.as_str())
        .bind(client.as_str())
        .optional()
        .await?;
    row.map(|row| consent_from(&row.granted, row.refused.as_deref(), user.as_str())).transpose()
}

async fn save(
    tx: &mut Tx,
    user: &UserId,
    client: &ClientId,
    consent: &Consent,
    now: Timestamp,
) -> Result<(), DbError> {
    let refused = Some(&consent.refused).filter(|refused| !refused.is_empty());
    tx.query(
        "INSERT INTO consents (user_id, client_id, granted, refused, updated_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (user_id, client_id) DO UPDATE
         SET granted = excluded.granted, refused = excluded.refused, updated_at = excluded.updated_at",
    )
    .bind(user.as_str())
    .bind(client.as_str())
    .bind(consent.allowed.to_stored())
    .bind(refused.map(Granted::to_stored))
    .bind(now)
    .execute()
    .await
    .map(drop)
}

/// Deletes up to [`STEP`] consents to a client. Returns their number.
///
/// # Errors
/// Only failures of the database.
pub async fn delete_of_client(tx: &mut Tx, client: &ClientId) -> Result<u64, DbError> {
    tx.query(
        "DELETE FROM consents WHERE client_id = $1 AND user_id IN
           (SELECT user_id FROM consents WHERE client_id = $1 LIMIT $2)",
    )
    .bind(client.as_str())
    .bind(STEP)
    .execute()
    .await
}

/// Deletes up to [`STEP`] consents of a user. Returns their number.
///
/// # Errors
/// Only failures of the database.
pub async fn delete_of_user(tx: &mut Tx, user: &UserId) -> Result<u64, DbError> {
    tx.query(
        "DELETE FROM consents WHERE user_id = $1 AND client_id IN
           (SELECT client_id FROM consents WHERE user_id = $1 LIMIT $2)",
    )
    .bind(user.as_str())
    .bind(STEP)
    .execute()
    .await
}
