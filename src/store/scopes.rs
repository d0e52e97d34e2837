//! The scopes that this server knows.

use std::collections::HashMap;
use std::sync::Arc;

use grantor_from_row::FromRow;
use serde_json::Value;

use super::db::{Batch, Conn, DbError, Tx};
use super::grants::granted_from;
use super::page::{NameFilter, Page, in_any_spelling};
use super::steps::{self, LOOK, Stretch};
use crate::clock::{Seconds, Timestamp};
use crate::oauth::grant::authorization_details::type_of;
use crate::oauth::grant::granted::Granted;
use crate::oauth::grant::scope::{OFFLINE_ACCESS, Scope, ScopeRecord};
use crate::oauth::localized_text::{FoundText, from_json};

/// The number of statements that are sent together.
const BATCH: usize = 256;

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

/// What is taken from everything that people have allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Withdrawn {
    /// The scope with this name.
    Scope(String),
    /// The authorization details of the type with this name.
    AuthorizationType(String),
}

impl Withdrawn {
    /// The name, which is a part of every stored value that has it. It needs no escape in JSON.
    fn name(&self) -> &str {
        let (Self::Scope(name) | Self::AuthorizationType(name)) = self;
        name
    }

    /// The value without it. `None` if the value does not have it.
    fn taken_from(&self, mut granted: Granted) -> Option<Granted> {
        let before = granted.clone();
        match self {
            Self::Scope(name) => granted.scope = granted.scope.without(&Scope::from_stored(name)),
            Self::AuthorizationType(name) => {
                granted.details = granted.details.only(|detail| type_of(detail) != Some(name));
            }
        }
        (granted != before).then_some(granted)
    }
}

/// The key of a consent: user and client.
pub type ConsentKey = (String, String);

/// The next consents after `after`, at most [`LOOK`], each with whether what is withdrawn may be allowed or refused in it.
///
/// # Errors
/// Only failures of the database.
pub async fn look_for_consents(
    conn: &mut Conn,
    what: &Withdrawn,
    after: &ConsentKey,
) -> Result<Vec<(ConsentKey, bool)>, DbError> {
    let rows: Vec<(String, String, bool)> = conn
        .query(
            "SELECT user_id, client_id,
                    REPLACE(granted, $1, '') <> granted OR REPLACE(COALESCE(refused, ''), $1, '') <> COALESCE(refused, '')
                    AS is_wanted
             FROM consents
             WHERE (user_id, client_id) > ($2, $3) ORDER BY user_id, client_id LIMIT $4",
        )
        .bind(what.name())
        .bind(after.0.as_str())
        .bind(after.1.as_str())
        .bind(LOOK)
        .all()
        .await?;
    Ok(rows.into_iter().map(|(user, client, is_wanted)| ((user, client), is_wanted)).collect())
}

/// The statements that take a scope from one column of the consents.
struct ConsentColumn {
    select: &'static str,
    update: &'static str,
}

macro_rules! consent_column {
    ($column:literal) => {
        ConsentColumn {
            select: concat!(
                "SELECT user_id, client_id, ",
                $column,
                " FROM consents
                 WHERE (user_id, client_id) > ($2, $3) AND (user_id, client_id) <= ($4, $5)
                   AND REPLACE(",
                $column,
                ", $1, '') <> ",
                $column
            ),
            update: concat!("UPDATE consents SET ", $column, " = $1 WHERE user_id = $2 AND client_id = $3"),
        }
    };
}
/// Takes a scope or a type from the consents in a stretch, from what is allowed and from what is refused: a later one of the
/// same name may mean something else. Returns the number of changes.
///
/// # Errors
/// [`DbError::Corrupt`] if a consent with the name is damaged; otherwise only failures of the database.
pub async fn take_from_consents(
    tx: &mut Tx,
    what: &Withdrawn,
    stretch: &Stretch<ConsentKey>,
) -> Result<u64, DbError> {
    const ALLOWED: ConsentColumn = consent_column!("granted");
    const REFUSED: ConsentColumn = consent_column!("refused");
    let mut taken = 0;
    for column in [ALLOWED, REFUSED] {
        let found: Vec<(String, String, String)> = tx
            .query(column.select)
            .bind(what.name())
            .bind(stretch.after.0.as_str())
            .bind(stretch.after.1.as_str())
            .bind(stretch.until.0.as_str())
            .bind(stretch.until.1.as_str())
            .all()
            .await?;
        let found = found.into_iter().map(|(user, client, stored)| ((user, client), stored));
        taken += apply(tx, without(what, "consents", found)?, |batch, stored, (user, client)| {
            batch.query(column.update).bind(stored).bind(user).bind(client)
        })
        .await?;
    }
    Ok(taken)
}

/// The next grants after `after` by id, at most [`LOOK`], each with whether it is not revoked and may have what is withdrawn.
///
/// # Errors
/// Only failures of the database.
pub async fn look_for_grants(
    conn: &mut Conn,
    what: &Withdrawn,
    after: &str,
) -> Result<Vec<(String, bool)>, DbError> {
    const ROWS: &str =
        "SELECT id, revoked_at IS NULL AND REPLACE(granted, $2, '') <> granted AS is_wanted FROM grants
         WHERE id > $1 ORDER BY id LIMIT $3";
    steps::look(conn, ROWS, after, what.name()).await
}

/// Takes a scope or a type from the grants in a stretch that are not revoked, as [`take_from_consents`] does.
///
/// # Errors
/// [`DbError::Corrupt`] if a grant with the name is damaged; otherwise only failures of the database.
pub async fn take_from_grants(
    tx: &mut Tx,
    what: &Withdrawn,
    stretch: &Stretch<String>,
) -> Result<u64, DbError> {
    let found: Vec<(String, String)> = tx
        .query(
            "SELECT id, granted FROM grants
             WHERE id > $2 AND id <= $3 AND revoked_at IS NULL AND REPLACE(granted, $1, '') <> granted",
        )
        .bind(what.name())
        .bind(stretch.after.as_str())
        .bind(stretch.until.as_str())
        .all()
        .await?;
    let update = "UPDATE grants SET granted = $1 WHERE id = $2";
    let taken = apply(tx, without(what, "grants", found)?, |batch, granted, id| {
        batch.query(update).bind(granted).bind(id)
    })
    .await?;
    if matches!(what, Withdrawn::Scope(name) if name == OFFLINE_ACCESS) {
        // Without this scope, a grant no longer outlives its session.
        let forget = "UPDATE grants SET offline_access = FALSE
                      WHERE id > $1 AND id <= $2 AND revoked_at IS NULL AND offline_access";
        tx.query(forget).bind(stretch.after.as_str()).bind(stretch.until.as_str()).execute().await?;
    }
    Ok(taken)
}

/// The next codes after `after` by hash, at most [`LOOK`], each with whether it was not redeemed and may have what is
/// withdrawn.
///
/// # Errors
/// Only failures of the database.
pub async fn look_for_codes(
    conn: &mut Conn,
    what: &Withdrawn,
    after: &[u8],
) -> Result<Vec<(Vec<u8>, bool)>, DbError> {
    const ROWS: &str =
        "SELECT hash, consumed_at IS NULL AND REPLACE(granted, $2, '') <> granted AS is_wanted FROM codes
         WHERE hash > $1 ORDER BY hash LIMIT $3";
    steps::look(conn, ROWS, after, what.name()).await
}

/// Takes a scope or a type from the codes in a stretch that were not redeemed, as [`take_from_consents`] does.
///
/// # Errors
/// [`DbError::Corrupt`] if a code with the name is damaged; otherwise only failures of the database.
pub async fn take_from_codes(
    tx: &mut Tx,
    what: &Withdrawn,
    stretch: &Stretch<Vec<u8>>,
) -> Result<u64, DbError> {
    let found: Vec<(Vec<u8>, String)> = tx
        .query(
            "SELECT hash, granted FROM codes
             WHERE hash > $2 AND hash <= $3 AND consumed_at IS NULL AND REPLACE(granted, $1, '') <> granted",
        )
        .bind(what.name())
        .bind(stretch.after.as_slice())
        .bind(stretch.until.as_slice())
        .all()
        .await?;
    let update = "UPDATE codes SET granted = $1 WHERE hash = $2";
    apply(tx, without(what, "codes", found)?, |batch, granted, hash| {
        batch.query(update).bind(granted).bind(hash)
    })
    .await
}

/// The rows whose stored value has what is withdrawn, each with its key and its value without it.
fn without<K>(
    what: &Withdrawn,
    table: &'static str,
    rows: impl IntoIterator<Item = (K, String)>,
) -> Result<Vec<(K, Arc<str>)>, DbError> {
    // Many rows share few values.
    let mut known: HashMap<String, Option<Arc<str>>> = HashMap::new();
    let mut changed = Vec::new();
    for (key, stored) in rows {
        let after = match known.get(&stored) {
            Some(after) => after.clone(),
            None => {
                let after = what.taken_from(granted_from(&stored, table, what.name())?);
                let after: Option<Arc<str>> = after.map(|granted| granted.to_stored().into());
                known.insert(stored, after.clone());
                after
            }
        };
        changed.extend(after.map(|after| (key, after)));
    }
    Ok(changed)
}

/// Runs one statement for each row, many at a time. Returns the number of rows.
async fn apply<K>(
    tx: &mut Tx,
    rows: Vec<(K, Arc<str>)>,
    add: impl Fn(Batch, String, K) -> Batch,
) -> Result<u64, DbError> {
    let count = rows.len() as u64;
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let mut batch = Batch::new();
        for (key, granted) in rows.by_ref().take(BATCH) {
            batch = add(batch, granted.to_string(), key);
        }
        tx.run(batch).await?;
    }
    Ok(count)
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
