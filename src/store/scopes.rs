//! The scopes that this server knows.

use grantor_from_row::FromRow;
use serde_json::Value;

use super::db::{Conn, DbError, Tx};
use super::page::{NameFilter, Page, in_any_spelling};
use crate::clock::{Seconds, Timestamp};
use crate::oauth::grant::scope::ScopeRecord;
use crate::oauth::localized_text::{FoundText, from_json};

#[derive(FromRow)]
struct ScopeRow {
    name: String,
    version: i64,
    description: String,
    consequence: Option<String>,
    localized: String,
    sensitive: bool,
    claims: String,
    access_token_lifetime: Option<Seconds>,
    required_group: Option<String>,
    required: bool,
}

/// The columns of [`ScopeRow`].
macro_rules! select {
    () => {
        "SELECT name, version, description, consequence, localized, sensitive, claims, access_token_lifetime,
                required_group, required FROM scopes "
    };
}

/// All scopes for the cache, sorted by name.
///
/// # Errors
/// [`DbError::Corrupt`] if a row is damaged; otherwise only failures of the database.
pub async fn all(conn: &mut Conn) -> Result<Vec<ScopeRecord>, DbError> {
    let rows: Vec<ScopeRow> = conn.query(concat!(select!(), "ORDER BY name")).all().await?;
    rows.into_iter().map(ScopeRow::into_record).collect()
}

/// A page of the scopes, sorted by name.
///
/// # Errors
/// [`DbError::Corrupt`] if a row is damaged; otherwise only failures of the database.
pub async fn list(conn: &mut Conn, page: &Page<NameFilter, String>) -> Result<Vec<ScopeRecord>, DbError> {
    let rows: Vec<ScopeRow> = conn
        .query(concat!(
            select!(),
            "WHERE name > $1 AND ($2 IS NULL OR LOWER(name) LIKE $2 ESCAPE '\\') ORDER BY name LIMIT $3"
        ))
        .bind(page.after.clone().unwrap_or_default())
        .bind(page.filter.q.as_deref().map(in_any_spelling))
        .bind(page.rows())
        .all()
        .await?;
    rows.into_iter().map(ScopeRow::into_record).collect()
}

/// Finds a scope by its name. `None` if it does not exist.
///
/// # Errors
/// [`DbError::Corrupt`] if the row is damaged; otherwise only failures of the database.
pub async fn find(conn: &mut Conn, name: &str) -> Result<Option<ScopeRecord>, DbError> {
    let row: Option<ScopeRow> =
        conn.query(concat!(select!(), "WHERE name = $1")).bind(name).optional().await?;
    row.map(ScopeRow::into_record).transpose()
}

/// Stores a changed scope.
///
/// # Errors
/// Only failures of the database.
pub async fn update(tx: &mut Tx, scope: &ScopeRecord) -> Result<(), DbError> {
    tx.query(
        "UPDATE scopes SET version = version + 1, description = $2, sensitive = $3, claims = $4, access_token_lifetime = $5,
                           required_group = $6, consequence = $7, localized = $8, required = $9
         WHERE name = $1",
    )
    .bind(scope.name.as_str())
    .bind(scope.description.as_str())
    .bind(scope.sensitive)
    .bind(scope.claims.join(" "))
    .bind(scope.access_token_lifetime)
    .bind(scope.required_group.clone())
    .bind(scope.consequence.as_ref().map(|text| text.as_str().to_owned()))
    .bind(localized(scope))
    .bind(scope.required)
    .execute()
    .await
    .map(drop)
}

/// Deletes a scope. Objects that have it keep it.
///
/// # Errors
/// Only failures of the database.
pub async fn delete(tx: &mut Tx, name: &str) -> Result<(), DbError> {
    tx.query("DELETE FROM scopes WHERE name = $1").bind(name).execute().await.map(drop)
}

/// Stores a new scope. `false` if the name is taken.
///
/// # Errors
/// Only failures of the database.
pub async fn save(tx: &mut Tx, scope: &ScopeRecord, now: Timestamp) -> Result<bool, DbError> {
    let inserted = tx
        .query(
            "INSERT INTO scopes (name, description, sensitive, claims, access_token_lifetime, created_at, required_group,
                                 consequence, localized, required)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (name) DO NOTHING",
        )
        .bind(scope.name.as_str())
        .bind(scope.description.as_str())
        .bind(scope.sensitive)
        .bind(scope.claims.join(" "))
        .bind(scope.access_token_lifetime)
        .bind(now)
        .bind(scope.required_group.clone())
        .bind(scope.consequence.as_ref().map(|text| text.as_str().to_owned()))
        .bind(localized(scope))
        .bind(scope.required)
        .execute()
        .await?;
    Ok(inserted == 1)
}

/// The members of the column `localized`.
const TEXTS: [&str; 2] = ["description", "consequence"];

/// The texts of a scope in languages, as JSON. The defaults have columns of their own.
fn localized(scope: &ScopeRecord) -> String {
    let texts = TEXTS.into_iter().zip([Some(&scope.description), scope.consequence.as_ref()]);
    let in_languages = texts.filter_map(|(name, text)| Some(text?.members(name).skip(1)));
    let members = in_languages.flatten().map(|(member, text)| (member.into_owned(), text.into()));
    Value::Object(members.collect()).to_string()
}

impl ScopeRow {
    fn into_record(self) -> Result<ScopeRecord, DbError> {
        let Ok([description, consequence]) = from_json(&self.localized, TEXTS) else {
            return Err(DbError::Corrupt { table: "scopes", id: self.name, what: "localized" });
        };
        let text = |default, in_languages: FoundText| FoundText { default, ..in_languages }.text();
        Ok(ScopeRecord {
            name: self.name,
            version: self.version,
            description: text(Some(self.description), description).unwrap_or_default(),
            consequence: text(self.consequence, consequence),
            sensitive: self.sensitive,
            claims: self.claims.split(' ').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
            access_token_lifetime: self.access_token_lifetime,
            required_group: self.required_group,
            required: self.required,
        })
    }
}
