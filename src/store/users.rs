//! Users, and the names that they sign in with.

use grantor_from_row::FromRow;

use super::db::{Conn, DbError, Tx};
use super::order::{Order, Orders, SortKey, SortValue, bind_after, page_in_order};
use super::page::{Page, in_any_spelling};
use crate::clock::Timestamp;
use crate::oauth::grant::UserStatus;
use crate::oauth::id::UserId;
use crate::oauth::identity::claims::{Claims, Person};
use crate::oauth::identity::role::Role;
use crate::oauth::identity::user::{account_key, skeletons};

/// What the sign-in needs to know about a user.
#[derive(Clone, Debug)]
pub struct SignInRecord {
    pub user: UserId,
    pub username: String,
    /// A PHC string; `None` if the user has no password.
    pub password_hash: Option<String>,
    pub disabled: bool,
}

/// A user as the operator sees it.
#[derive(Clone, Debug)]
pub struct UserRecord {
    pub person: Person,
    /// Grows with every change; 1 when the user is new.
    pub version: i64,
    pub password_changed_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub disabled_at: Option<Timestamp>,
    /// What the person may do with the management API; `None` for nothing.
    pub role: Option<Role>,
    /// When the person's user code was set; `None` for a person without one.
    pub user_code_changed_at: Option<Timestamp>,
}

/// The columns of a person.
#[derive(FromRow)]
struct PersonRow {
    id: String,
    username: String,
    email: Option<String>,
    name: Option<String>,
    claims: String,
    updated_at: Timestamp,
}

#[derive(FromRow)]
struct UserRecordRow {
    #[sqlx(flatten)]
    person: PersonRow,
    version: i64,
    password_changed_at: Option<Timestamp>,
    created_at: Timestamp,
    disabled_at: Option<Timestamp>,
    role: Option<String>,
    user_code_changed_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct CredentialsRow {
    id: String,
    username: String,
    password_hash: Option<String>,
    disabled_at: Option<Timestamp>,
}

/// Finds a user by a username or e-mail address in any spelling. `None` if no user has this name.
///
/// # Errors
/// Only failures of the database.
pub async fn find_by_name(conn: &mut Conn, name: &str) -> Result<Option<SignInRecord>, DbError> {
    let row: Option<CredentialsRow> = conn
        .query(
            "SELECT users.id, users.username, users.password_hash, users.disabled_at
             FROM user_names JOIN users ON users.id = user_names.user_id WHERE user_names.folded = $1",
        )
        .bind(account_key(name))
        .optional()
        .await?;
    Ok(row.map(|row| SignInRecord {
        user: UserId::new(row.id),
        username: row.username,
        password_hash: row.password_hash,
        disabled: row.disabled_at.is_some(),
    }))
}

/// The password hashes of at most `most` users, in the order of their ids, which are random.
///
/// # Errors
/// Only failures of the database.
pub async fn some_hashes(conn: &mut Conn, most: i64) -> Result<Vec<String>, DbError> {
    let rows: Vec<(String,)> = conn
        .query("SELECT password_hash FROM users WHERE password_hash IS NOT NULL ORDER BY id LIMIT $1")
        .bind(most)
        .all()
        .await?;
    Ok(rows.into_iter().map(|(hash,)| hash).collect())
}

/// The user with this id. `None` if the account is disabled or deleted.
///
/// # Errors
/// [`DbError::Corrupt`] if the row is damaged; otherwise only failures of the database.
pub async fn find_person(conn: &mut Conn, user: &UserId) -> Result<Option<Person>, DbError> {
    let row: Option<PersonRow> = conn
        .query("SELECT id, username, email, name, claims, updated_at FROM users WHERE id = $1 AND disabled_at IS NULL")
        .bind(user.as_str())
        .optional()
        .await?;
    row.map(PersonRow::into_person).transpose()
}

/// The current status of a user. It does not depend on a session.
///
/// # Errors
/// Only failures of the database.
pub async fn status(conn: &mut Conn, user: &UserId) -> Result<UserStatus, DbError> {
    let row: Option<(String,)> = conn
        .query("SELECT claims FROM users WHERE id = $1 AND disabled_at IS NULL")
        .bind(user.as_str())
        .optional()
        .await?;
    Ok(UserStatus::new(row.map(|(claims,)| claims), false))
}

/// The filter for a list of users.
#[derive(Clone, Debug, Default)]
pub struct UserFilter {
    /// Part of a username or e-mail address, in any spelling.
    pub q: Option<String>,
    pub disabled: Option<bool>,
    /// `Some(None)`: users without a role.
    pub role: Option<Option<Role>>,
    pub order: Order<UserColumn>,
}

/// What users are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserColumn {
    #[default]
    Username,
    CreatedAt,
}

impl UserColumn {
    /// Every order of a list of users.
    pub const ORDERS: &'static Orders<Self> = &[
        ("username", Order::up(Self::Username)),
        ("-username", Order::down(Self::Username)),
        ("created_at", Order::up(Self::CreatedAt)),
        ("-created_at", Order::down(Self::CreatedAt)),
    ];

    /// The value by which this user is sorted.
    pub fn value(self, user: &UserRecord) -> SortValue {
        match self {
            Self::Username => SortValue::Text(user.person.username.clone()),
            Self::CreatedAt => SortValue::Time(user.created_at),
        }
    }
}

/// The columns of [`UserRecord`].
macro_rules! select {
    () => {
        "SELECT id, username, email, name, claims, updated_at, version, password_changed_at, created_at, disabled_at,
                role, user_code_changed_at
         FROM users "
    };
}

/// The beginning of a page of the users.
macro_rules! listed {
    () => {
        concat!(
            select!(),
            "WHERE ($1 IS NULL OR (disabled_at IS NOT NULL) = $1)
               AND ($2 IS NULL OR EXISTS (SELECT 1 FROM user_names
                                          WHERE user_names.user_id = users.id AND user_names.folded LIKE $2 ESCAPE '\\')
                    OR LOWER(id) LIKE $2 ESCAPE '\\')
               AND ($3 IS NULL OR COALESCE(role, 'none') = $3)"
        )
    };
}

/// A page of the users.
///
/// # Errors
/// [`DbError::Corrupt`] if a row is damaged; otherwise only failures of the database.
pub async fn list(conn: &mut Conn, page: &Page<UserFilter, SortKey>) -> Result<Vec<UserRecord>, DbError> {
    let query = conn
        .query(page_in_order!(listed, "", "$5", "$6", "$4", (page.filter.order, page.after.is_none()) {
            UserColumn::Username => "username", UserColumn::CreatedAt => "created_at"
        }))
        .bind(page.filter.disabled)
        .bind(page.filter.q.as_deref().map(in_any_spelling))
        .bind(page.filter.role.map(|role| role.map_or("none", Role::as_str)))
        .bind(page.rows());
    let rows: Vec<UserRecordRow> =
        bind_after(query, page.after.as_ref(), page.filter.order.by == UserColumn::CreatedAt).all().await?;
    rows.into_iter().map(UserRecordRow::into_record).collect()
}

/// Finds a user by id, or else by a username or e-mail address in any spelling. `None` if no user matches.
///
/// # Errors
/// [`DbError::Corrupt`] if the row is damaged; otherwise only failures of the database.
pub async fn find_record(conn: &mut Conn, user: &str) -> Result<Option<UserRecord>, DbError> {
    if let Some(found) = find_by_id(conn, user).await? {
        return Ok(Some(found));
    }
    let Some(named) = find_by_name(conn, user).await? else { return Ok(None) };
    find_by_id(conn, named.user.as_str()).await
}

/// Finds a user by id. `None` if no user has it.
///
/// # Errors
/// [`DbError::Corrupt`] if the row is damaged; otherwise only failures of the database.
pub async fn find_by_id(conn: &mut Conn, id: &str) -> Result<Option<UserRecord>, DbError> {
    let row: Option<UserRecordRow> =
        conn.query(concat!(select!(), "WHERE id = $1")).bind(id).optional().await?;
    row.map(UserRecordRow::into_record).transpose()
}

/// Returns which of the names of a person, the username and the e-mail address, another user has. An id counts, too, because
/// a command finds a user by each of them.
///
/// # Errors
/// Only failures of the database.
pub async fn taken_names<'p>(conn: &mut Conn, person: &'p Person) -> Result<Vec<&'p str>, DbError> {
    let mut taken = Vec::new();
    for name in [Some(&person.username), person.email.as_ref()].into_iter().flatten() {
        let is_name = find_by_name(conn, name).await?.is_some_and(|found| found.user != person.id);
        if is_name || find_by_id(conn, name).await?.is_some() {
            taken.push(name.as_str());
        }
    }
    Ok(taken)
}

/// Stores a changed user, whose names no other user has.
///
/// # Errors
/// Only failures of the database.
pub async fn update(tx: &mut Tx, person: &Person) -> Result<(), DbError> {
    tx.query(
        "UPDATE users SET version = version + 1, username = $2, email = $3, name = $4, claims = $5, updated_at = $6 WHERE id = $1",
    )
    .bind(person.id.as_str())
    .bind(person.username.as_str())
    .bind(person.email.clone())
    .bind(person.name.clone())
    .bind(to_text(&person.claims))
    .bind(person.updated_at)
    .execute()
    .await?;
    tx.query("DELETE FROM user_names WHERE user_id = $1").bind(person.id.as_str()).execute().await?;
    tx.query("DELETE FROM user_skeletons WHERE user_id = $1").bind(person.id.as_str()).execute().await?;
    save_names(tx, person).await
}

fn to_text(claims: &Claims) -> String {
    serde_json::Value::Object(claims.clone()).to_string()
}

/// Stores the hash of a new password, and when it was set.
///
/// # Errors
/// Only failures of the database.
pub async fn set_password(tx: &mut Tx, user: &UserId, hash: &str, now: Timestamp) -> Result<(), DbError> {
    tx.query(
        "UPDATE users SET version = version + 1, password_hash = $2, password_changed_at = $3 WHERE id = $1",
    )
    .bind(user.as_str())
    .bind(hash)
    .bind(now)
    .execute()
    .await
    .map(drop)
}

/// The hash of a user's code (CIBA), a PHC string. `None` if there is no such user, or the user has no code.
///
/// # Errors
/// Only failures of the database.
pub async fn find_user_code(conn: &mut Conn, user: &UserId) -> Result<Option<String>, DbError> {
    let row: Option<(Option<String>,)> =
        conn.query("SELECT user_code_hash FROM users WHERE id = $1").bind(user.as_str()).optional().await?;
    Ok(row.and_then(|(hash,)| hash))
}

/// Stores the hash of a user's new code, and when it was set. `None` removes the code.
///
/// # Errors
/// Only failures of the database.
pub async fn set_user_code(
    tx: &mut Tx,
    user: &UserId,
    hash: Option<&str>,
    now: Timestamp,
) -> Result<(), DbError> {
    tx.query(
        "UPDATE users SET version = version + 1, user_code_hash = $2, user_code_changed_at = $3 WHERE id = $1",
    )
    .bind(user.as_str())
    .bind(hash.map(str::to_owned))
    .bind(hash.map(|_| now))
    .execute()
    .await
    .map(drop)
}

/// Gives a user another role. `None`: the user may do nothing with the management API.
///
/// # Errors
/// Only failures of the database.
pub async fn set_role(tx: &mut Tx, user: &UserId, role: Option<Role>) -> Result<(), DbError> {
    tx.query("UPDATE users SET version = version + 1, role = $2 WHERE id = $1")
        .bind(user.as_str())
        .bind(role.map(Role::as_str))
        .execute()
        .await
        .map(drop)
}

/// The role of a user. `None` if the user has no role, or the account is disabled or deleted.
///
/// # Errors
/// [`DbError::Corrupt`] if the row is damaged; otherwise only failures of the database.
pub async fn current_role(conn: &mut Conn, user: &UserId) -> Result<Option<Role>, DbError> {
    let row: Option<(Option<String>,)> = conn
        .query("SELECT role FROM users WHERE id = $1 AND disabled_at IS NULL")
        .bind(user.as_str())
        .optional()
        .await?;
    role_of(user.as_str(), row.and_then(|(role,)| role))
}

fn role_of(user: &str, stored: Option<String>) -> Result<Option<Role>, DbError> {
    let corrupt = || DbError::Corrupt { table: "users", id: user.to_owned(), what: "role" };
    stored.map(|word| Role::parse(&word).ok_or_else(corrupt)).transpose()
}

/// Disables a user, who can then neither sign in nor get tokens.
///
/// # Errors
/// Only failures of the database.
pub async fn disable(tx: &mut Tx, user: &UserId, now: Timestamp) -> Result<(), DbError> {
    tx.query("UPDATE users SET version = version + 1, disabled_at = COALESCE(disabled_at, $2) WHERE id = $1")
        .bind(user.as_str())
        .bind(now)
        .execute()
        .await
        .map(drop)
}

/// Lets a disabled user sign in and get tokens again.
///
/// # Errors
/// Only failures of the database.
pub async fn enable(tx: &mut Tx, user: &UserId) -> Result<(), DbError> {
    tx.query("UPDATE users SET version = version + 1, disabled_at = NULL WHERE id = $1")
        .bind(user.as_str())
        .execute()
        .await
        .map(drop)
}

/// Deletes a user with their names, sessions and consents.
///
/// # Errors
/// Only failures of the database.
pub async fn delete(tx: &mut Tx, user: &UserId) -> Result<(), DbError> {
    tx.query("DELETE FROM users WHERE id = $1").bind(user.as_str()).execute().await.map(drop)
}

/// Stores a new user, whose names no other user has. `password_hash` is `None` for a user without a password.
///
/// # Errors
/// Only failures of the database.
pub async fn save(
    tx: &mut Tx,
    user: &Person,
    password_hash: Option<&str>,
    now: Timestamp,
) -> Result<(), DbError> {
    tx.query(
        "INSERT INTO users (id, username, email, name, claims, password_hash, password_changed_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
    )
    .bind(user.id.as_str())
    .bind(user.username.as_str())
    .bind(user.email.clone())
    .bind(user.name.clone())
    .bind(to_text(&user.claims))
    .bind(password_hash.map(str::to_owned))
    .bind(password_hash.map(|_| now))
    .bind(now)
    .execute()
    .await?;
    save_names(tx, user).await
}

async fn save_names(tx: &mut Tx, person: &Person) -> Result<(), DbError> {
    for name in [Some(&person.username), person.email.as_ref()].into_iter().flatten() {
        tx.query("INSERT INTO user_names (folded, user_id) VALUES ($1, $2)")
            .bind(account_key(name))
            .bind(person.id.as_str())
            .execute()
            .await?;
    }
    let [shown, key] = skeletons(&person.username);
    let second = Some(key).filter(|key| *key != shown);
    for skeleton in std::iter::once(shown).chain(second) {
        tx.query("INSERT INTO user_skeletons (skeleton, user_id) VALUES ($1, $2)")
            .bind(skeleton)
            .bind(person.id.as_str())
            .execute()
            .await?;
    }
    Ok(())
}

/// The username of another user that looks like the one of `person` (UTS 39 §4). `None` if no other username does.
///
/// # Errors
/// Only failures of the database.
pub async fn find_look_alike(conn: &mut Conn, person: &Person) -> Result<Option<String>, DbError> {
    let [shown, key] = skeletons(&person.username);
    let row: Option<(String,)> = conn
        .query(
            "SELECT users.username FROM user_skeletons JOIN users ON users.id = user_skeletons.user_id
             WHERE user_skeletons.skeleton IN ($1, $2) AND user_skeletons.user_id <> $3
             ORDER BY users.username LIMIT 1",
        )
        .bind(shown)
        .bind(key)
        .bind(person.id.as_str())
        .optional()
        .await?;
    Ok(row.map(|(username,)| username))
}

impl PersonRow {
    pub(super) fn into_person(self) -> Result<Person, DbError> {
        let Ok(claims) = serde_json::from_str(&self.claims) else {
            return Err(DbError::Corrupt { table: "users", id: self.id, what: "claims" });
        };
        Ok(Person {
            id: UserId::new(self.id),
            username: self.username,
            name: self.name,
            email: self.email,
            claims,
            updated_at: self.updated_at,
        })
    }
}

impl UserRecordRow {
    fn into_record(self) -> Result<UserRecord, DbError> {
        Ok(UserRecord {
            role: role_of(&self.person.id, self.role)?,
            person: self.person.into_person()?,
            version: self.version,
            password_changed_at: self.password_changed_at,
            created_at: self.created_at,
            disabled_at: self.disabled_at,
            user_code_changed_at: self.user_code_changed_at,
        })
    }
}

/// Replaces a hash by a new one of the same password, unless the password was changed in between.
///
/// # Errors
/// Only failures of the database.
pub async fn rehash(tx: &mut Tx, user: &UserId, old: &str, new: &str) -> Result<(), DbError> {
    tx.query(
        "UPDATE users SET version = version + 1, password_hash = $3 WHERE id = $1 AND password_hash = $2",
    )
    .bind(user.as_str())
    .bind(old)
    .bind(new)
    .execute()
    .await
    .map(drop)
}
