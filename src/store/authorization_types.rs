//! The registered types of authorization details.

use grantor_from_row::FromRow;
use serde_json::{Value, json};

use super::db::{Conn, DbError, Tx};
use super::page::{NameFilter, Page, in_any_spelling};
use crate::clock::Timestamp;
use crate::oauth::grant::authorization_details::authorization_type::AuthorizationType;
use crate::oauth::localized_text::{FoundText, from_json};
use crate::secret::Hash;

#[derive(FromRow)]
struct TypeRow {
    name: String,
    version: i64,
    schema: String,
    template: String,
    localized: String,
    resources: String,
    always_ask: bool,
}

/// The columns of [`TypeRow`].
macro_rules! select {
    () => {
        "SELECT name, version, schema, template, localized, resources, always_ask FROM authorization_types "
    };
}

/// The names of all types, sorted, each with its digest, which every change changes.
///
/// # Errors
/// Only failures of the database.
pub async fn digests(conn: &mut Conn) -> Result<Vec<(String, String)>, DbError> {
    conn.query("SELECT name, digest FROM authorization_types ORDER BY name").all().await
}

/// A page of the types, sorted by name.
///
/// # Errors
/// [`DbError::Corrupt`] if a row is damaged; otherwise only failures of the database.
pub async fn list(
    conn: &mut Conn,
    page: &Page<NameFilter, String>,
) -> Result<Vec<AuthorizationType>, DbError> {
    let rows: Vec<TypeRow> = conn
        .query(concat!(
            select!(),
            "WHERE name > $1 AND ($2 IS NULL OR LOWER(name) LIKE $2 ESCAPE '\\') ORDER BY name LIMIT $3"
        ))
        .bind(page.after.clone().unwrap_or_default())
        .bind(page.filter.q.as_deref().map(in_any_spelling))
        .bind(page.rows())
        .all()
        .await?;
    rows.into_iter().map(TypeRow::into_record).collect()
}

/// Finds a type by its name. `None` if it does not exist.
///
/// # Errors
/// [`DbError::Corrupt`] if the row is damaged; otherwise only failures of the database.
pub async fn find(conn: &mut Conn, name: &str) -> Result<Option<AuthorizationType>, DbError> {
    let row: Option<TypeRow> =
        conn.query(concat!(select!(), "WHERE name = $1")).bind(name).optional().await?;
    row.map(TypeRow::into_record).transpose()
}

/// The names of the types that belong to a resource, sorted.
///
/// # Errors
/// Only failures of the database.
pub async fn list_of_resource(conn: &mut Conn, uri: &str) -> Result<Vec<String>, DbError> {
    let rows: Vec<(String,)> = conn
        .query(
            "SELECT name FROM authorization_types
             WHERE REPLACE(' ' || resources || ' ', ' ' || $1 || ' ', ' ') <> ' ' || resources || ' ' ORDER BY name",
        )
        .bind(uri)
        .all()
        .await?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

/// Stores a new type. `false` if the name is taken.
///
/// # Errors
/// Only failures of the database.
pub async fn save(tx: &mut Tx, record: &AuthorizationType, now: Timestamp) -> Result<bool, DbError> {
    let inserted = tx
        .query(
            "INSERT INTO authorization_types (name, schema, template, localized, resources, always_ask, digest, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (name) DO NOTHING",
        )
        .bind(record.name.as_str())
        .bind(record.schema.to_string())
        .bind(record.template.as_str())
        .bind(localized(record))
        .bind(record.resources.join(" "))
        .bind(record.always_ask)
        .bind(digest(record))
        .bind(now)
        .execute()
        .await?;
    Ok(inserted == 1)
}

/// Stores a changed type.
///
/// # Errors
/// Only failures of the database.
pub async fn update(tx: &mut Tx, record: &AuthorizationType) -> Result<(), DbError> {
    tx.query(
        "UPDATE authorization_types SET version = version + 1, schema = $2, template = $3, localized = $4, resources = $5,
                                        always_ask = $6, digest = $7
         WHERE name = $1",
    )
    .bind(record.name.as_str())
    .bind(record.schema.to_string())
    .bind(record.template.as_str())
    .bind(localized(record))
    .bind(record.resources.join(" "))
    .bind(record.always_ask)
    .bind(digest(record))
    .execute()
    .await
    .map(drop)
}

/// Deletes a type; `false` if it does not exist.
///
/// # Errors
/// Only failures of the database.
pub async fn delete(tx: &mut Tx, name: &str) -> Result<bool, DbError> {
    Ok(tx.query("DELETE FROM authorization_types WHERE name = $1").bind(name).execute().await? == 1)
}

/// The template in languages, as JSON. The default has a column of its own.
fn localized(record: &AuthorizationType) -> String {
    let members = record.texts().skip(1).map(|(member, text)| (member, text.into()));
    Value::Object(members.collect()).to_string()
}

/// A hash of everything that a node keeps of a type, except its version.
fn digest(record: &AuthorizationType) -> String {
    let texts: Vec<(String, &str)> = record.texts().collect();
    let all = json!([record.schema, texts, record.resources, record.always_ask]);
    Hash::of(&all.to_string()).to_text()
}

impl TypeRow {
    fn into_record(self) -> Result<AuthorizationType, DbError> {
        let corrupt = |what| DbError::Corrupt { table: "authorization_types", id: self.name.clone(), what };
        let schema = serde_json::from_str(&self.schema).map_err(|_| corrupt("schema"))?;
        let Ok([template]) = from_json(&self.localized, ["template"]) else {
            return Err(corrupt("localized"));
        };
        let template = FoundText { default: Some(self.template), ..template }.text().unwrap_or_default();
        Ok(AuthorizationType {
            version: self.version,
            schema,
            template,
            resources: self.resources.split(' ').filter(|uri| !uri.is_empty()).map(str::to_owned).collect(),
            always_ask: self.always_ask,
            name: self.name,
        })
    }
}
