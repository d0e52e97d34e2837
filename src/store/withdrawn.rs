//! What is taken from everything that people have allowed when an operator deletes a scope or an authorization type.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::db::{Batch, Conn, DbError, Tx};
use super::grants::{granted_from, revoke_where, revoking_in};
use super::steps::{self, LOOK, Stretch};
use crate::clock::Timestamp;
use crate::oauth::grant::EndReason;
use crate::oauth::grant::authorization_details::{AuthorizationDetails, locations, type_of};
use crate::oauth::grant::granted::Granted;
use crate::oauth::grant::resource::normal;
use crate::oauth::grant::scope::{OFFLINE_ACCESS, Scope};

/// The number of rows that are changed together.
const BATCH: usize = 256;

/// What is taken from everything that people have allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Withdrawn {
    /// The scope with this name.
    Scope(String),
    /// The authorization details of a type.
    AuthorizationType(WithdrawnType),
}

/// A type whose authorization details are taken, and what says which APIs they were for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawnType {
    pub name: String,
    /// The APIs that a detail without `locations` is for.
    pub resources: Vec<String>,
    /// The scopes of each registered API, by its URI.
    pub scopes: HashMap<String, Scope>,
}

impl WithdrawnType {
    /// What is left of something granted. `None` if it has no detail of the type.
    ///
    /// The APIs that only these details were for are taken, too. Otherwise a token for one of them would be for nothing.
    fn taken_from(&self, mut granted: Granted) -> Option<Granted> {
        let is_gone = |detail: &Value| type_of(detail) == Some(&self.name);
        let places: HashSet<_> = granted
            .details
            .iter()
            .filter(|detail| is_gone(detail))
            .flat_map(|detail| self.places(detail))
            .collect();
        let left = granted.details.only(|detail| !is_gone(detail));
        if left == granted.details {
            return None;
        }
        let scope = &granted.scope;
        granted.resources.retain(|uri| !places.contains(&normal(uri)) || self.is_wanted(uri, scope, &left));
        granted.details = left;
        Some(granted)
    }

    /// The APIs that a detail is for, in the normal form of their URIs.
    fn places(&self, detail: &Value) -> Vec<Option<String>> {
        let own: Vec<_> = locations(detail).map(normal).collect();
        if own.is_empty() { self.resources.iter().map(|uri| normal(uri)).collect() } else { own }
    }

    /// Whether a scope or a detail is for the API with this URI. A detail without `locations` may be for every API.
    fn is_wanted(&self, uri: &str, scope: &Scope, details: &AuthorizationDetails) -> bool {
        let is_for = |detail: &Value| {
            let mut own = locations(detail).peekable();
            own.peek().is_none() || own.any(|location| normal(location) == normal(uri))
        };
        let own = self.scopes.get(uri);
        own.is_some_and(|own| own.names().any(|name| scope.contains(name))) || details.iter().any(is_for)
    }
}

impl Withdrawn {
    /// The name, which is a part of every stored value that has it. It needs no escape in JSON.
    fn name(&self) -> &str {
        match self {
            Self::Scope(name) => name,
            Self::AuthorizationType(of) => &of.name,
        }
    }

    /// The value without it. `None` if the value does not have it.
    fn taken_from(&self, mut granted: Granted) -> Option<Granted> {
        match self {
            Self::Scope(name) if granted.scope.contains(name) => {
                granted.scope = granted.scope.without(&Scope::from_stored(name));
                Some(granted)
            }
            Self::Scope(_) => None,
            Self::AuthorizationType(of) => of.taken_from(granted),
        }
    }
}

/// Returns how often a scope or a type was deleted.
///
/// # Errors
/// Only failures of the database.
pub async fn count(conn: &mut Conn) -> Result<i64, DbError> {
    let row: Option<(i64,)> = conn.query("SELECT count FROM withdrawals WHERE id = 1").optional().await?;
    Ok(row.map_or(0, |(count,)| count))
}

/// Counts a deletion, in the transaction that deletes a scope or a type. From then on, [`count`] is another number, and what was
/// decided with the old one is not stored.
///
/// # Errors
/// Only failures of the database.
pub async fn note(tx: &mut Tx) -> Result<(), DbError> {
    tx.query("UPDATE withdrawals SET count = count + 1 WHERE id = 1").execute().await.map(drop)
}

/// A stored value without what is withdrawn.
#[derive(Clone, Debug)]
struct Rest {
    stored: Arc<str>,
    /// Whether it has neither scopes nor details, and so is good for nothing.
    is_empty: bool,
}

impl Rest {
    fn of(granted: &Granted) -> Self {
        let is_empty = granted.scope.is_empty() && granted.details.is_empty();
        Self { stored: granted.to_stored().into(), is_empty }
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

/// The statements that take a scope or a type from one column of the consents.
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
        taken += apply(tx, without(what, "consents", found)?, |batch, rest, (user, client)| {
            batch.query(column.update).bind(rest.stored.to_string()).bind(user).bind(client)
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

/// Takes a scope or a type from the grants in a stretch that are not revoked, as [`take_from_consents`] does, and revokes those
/// that are left with nothing.
///
/// # Errors
/// [`DbError::Corrupt`] if a grant with the name is damaged; otherwise only failures of the database.
pub async fn take_from_grants(
    tx: &mut Tx,
    what: &Withdrawn,
    stretch: &Stretch<String>,
    now: Timestamp,
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
    let taken = apply(tx, without(what, "grants", found)?, |batch, rest, id| {
        let batch = match rest.is_empty {
            true => revoking_in(batch, revoke_where!("id = $3"), EndReason::GrantRevoked.word(), now)
                .bind(id.clone()),
            false => batch,
        };
        batch.query(update).bind(rest.stored.to_string()).bind(id)
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

/// A table of what waits to be redeemed: rows with a hash, and what they are granted.
#[derive(Clone, Copy, Debug)]
pub struct WaitingTable {
    name: &'static str,
    look: &'static str,
    select: &'static str,
    update: &'static str,
    delete: &'static str,
}

macro_rules! waiting {
    ($table:literal) => {
        WaitingTable {
            name: $table,
            look: concat!(
                "SELECT hash, consumed_at IS NULL AND REPLACE(granted, $2, '') <> granted AS is_wanted FROM ",
                $table,
                " WHERE hash > $1 ORDER BY hash LIMIT $3"
            ),
            select: concat!(
                "SELECT hash, granted FROM ",
                $table,
                " WHERE hash > $2 AND hash <= $3 AND consumed_at IS NULL AND REPLACE(granted, $1, '') <> granted"
            ),
            update: concat!("UPDATE ", $table, " SET granted = $1 WHERE hash = $2"),
            delete: concat!("DELETE FROM ", $table, " WHERE hash = $1"),
        }
    };
}

impl WaitingTable {
    /// Authorization codes, and the requests of devices and of applications that ask for a person, answered or not.
    pub const ALL: [Self; 3] =
        [waiting!("codes"), waiting!("device_codes"), waiting!("backchannel_requests")];

    /// The next rows after `after` by hash, at most [`LOOK`], each with whether it was not redeemed and may have what is
    /// withdrawn.
    ///
    /// # Errors
    /// Only failures of the database.
    pub async fn look(
        &self,
        conn: &mut Conn,
        what: &Withdrawn,
        after: &[u8],
    ) -> Result<Vec<(Vec<u8>, bool)>, DbError> {
        steps::look(conn, self.look, after, what.name()).await
    }

    /// Takes a scope or a type from the rows in a stretch that were not redeemed, as [`take_from_consents`] does, and deletes
    /// those that are left with nothing.
    ///
    /// # Errors
    /// [`DbError::Corrupt`] if a row with the name is damaged; otherwise only failures of the database.
    pub async fn take(
        &self,
        tx: &mut Tx,
        what: &Withdrawn,
        stretch: &Stretch<Vec<u8>>,
    ) -> Result<u64, DbError> {
        let found: Vec<(Vec<u8>, String)> = tx
            .query(self.select)
            .bind(what.name())
            .bind(stretch.after.as_slice())
            .bind(stretch.until.as_slice())
            .all()
            .await?;
        apply(tx, without(what, self.name, found)?, |batch, rest, hash| match rest.is_empty {
            true => batch.query(self.delete).bind(hash),
            false => batch.query(self.update).bind(rest.stored.to_string()).bind(hash),
        })
        .await
    }
}

/// The rows whose stored value has what is withdrawn, each with its key and its value without it.
fn without<K>(
    what: &Withdrawn,
    table: &'static str,
    rows: impl IntoIterator<Item = (K, String)>,
) -> Result<Vec<(K, Rest)>, DbError> {
    // Many rows share few values.
    let mut known: HashMap<String, Option<Rest>> = HashMap::new();
    let mut changed = Vec::new();
    for (key, stored) in rows {
        let after = match known.get(&stored) {
            Some(after) => after.clone(),
            None => {
                let after = what.taken_from(granted_from(&stored, table, what.name())?);
                let after = after.as_ref().map(Rest::of);
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
    rows: Vec<(K, Rest)>,
    add: impl Fn(Batch, Rest, K) -> Batch,
) -> Result<u64, DbError> {
    let count = rows.len() as u64;
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let mut batch = Batch::new();
        for (key, rest) in rows.by_ref().take(BATCH) {
            batch = add(batch, rest, key);
        }
        tx.run(batch).await?;
    }
    Ok(count)
}
