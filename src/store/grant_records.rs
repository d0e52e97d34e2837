//! Grants as the operator sees them: what people allowed which client, and its state.

use grantor_from_row::FromRow;

use super::conditions::session_holds;
use super::db::{Conn, DbError, Tx};
use super::grants::{granted_from, revoke_where, revoking};
use super::page::Page;
use super::steps::STEP;
use super::{backchannel_requests, codes, consents, device_codes, revocations};
use crate::clock::Timestamp;
use crate::oauth::grant::EndReason;
use crate::oauth::grant::granted::Granted;
use crate::oauth::id::{ClientId, GrantId, UserId};
use crate::oauth::identity::session::LiveSessions;

/// A grant without its tokens.
#[derive(Clone, Debug)]
pub struct GrantRecord {
    pub id: String,
    pub client_id: String,
    pub user_id: String,
    /// `None` if the user was deleted.
    pub username: Option<String>,
    pub session_id: String,
    pub granted: Granted,
    pub created_at: Timestamp,
    /// When the valid refresh token was issued.
    pub rotated_at: Timestamp,
    /// How often it was refreshed.
    pub refresh_generation: i64,
    pub has_refresh_token: bool,
    pub idle_expires_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    pub revoked_for: Option<String>,
    /// The issuer that vouched for the user; `None` if the user signed in here.
    pub issuer: Option<String>,
    /// Whether the grant has ended with its session.
    pub has_ended_with_session: bool,
}

#[derive(FromRow)]
struct GrantRow {
    id: String,
    client_id: String,
    user_id: String,
    username: Option<String>,
    session_id: String,
    granted: String,
    created_at: Timestamp,
    rotated_at: Timestamp,
    refresh_generation: i64,
    has_refresh_token: bool,
    idle_expires_at: Timestamp,
    expires_at: Timestamp,
    revoked_at: Option<Timestamp>,
    revoked_for: Option<String>,
    issuer: Option<String>,
    session_holds: bool,
}

impl GrantRow {
    fn into_record(self) -> Result<GrantRecord, DbError> {
        Ok(GrantRecord {
            granted: granted_from(&self.granted, "grants", &self.id)?,
            id: self.id,
            client_id: self.client_id,
            user_id: self.user_id,
            username: self.username,
            session_id: self.session_id,
            created_at: self.created_at,
            rotated_at: self.rotated_at,
            refresh_generation: self.refresh_generation,
            has_refresh_token: self.has_refresh_token,
            idle_expires_at: self.idle_expires_at,
            expires_at: self.expires_at,
            revoked_at: self.revoked_at,
            revoked_for: self.revoked_for,
            issuer: self.issuer,
            has_ended_with_session: !self.session_holds,
        })
    }
}

/// The state of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantState {
    Live,
    /// It has ended by itself, or with its session.
    Expired,
    Revoked,
}

impl GrantState {
    pub const ALL: [Self; 3] = [Self::Live, Self::Expired, Self::Revoked];

    /// The word for the state, in JSON and in SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }

    /// Returns the state with this word. `None` if no state has it.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == word)
    }
}

impl GrantRecord {
    /// The state of the grant at `now`.
    pub fn state(&self, now: Timestamp) -> GrantState {
        if self.revoked_at.is_some() {
            GrantState::Revoked
        } else if self.has_ended_with_session || now >= self.expires_at.min(self.idle_expires_at) {
            GrantState::Expired
        } else {
            GrantState::Live
        }
    }
}

/// The filter for a list of grants.
#[derive(Clone, Debug, Default)]
pub struct GrantFilter {
    pub user: Option<UserId>,
    pub client: Option<ClientId>,
    /// `None`: in every state.
    pub state: Option<GrantState>,
}

/// The columns of [`GrantRow`]. `$now` and `$idle_since` as in [`session_holds`].
macro_rules! select {
    ($now:literal, $idle_since:literal) => {
        concat!(
            "SELECT grants.id, grants.client_id, grants.user_id, users.username, grants.session_id, grants.granted,
                grants.created_at, grants.rotated_at, grants.refresh_generation,
                grants.refresh_hash IS NOT NULL AS has_refresh_token, grants.idle_expires_at, grants.expires_at,
                grants.revoked_at, grants.revoked_for, grants.issuer, ",
            session_holds!($now, $idle_since),
            " AS session_holds
         FROM grants LEFT JOIN users ON users.id = grants.user_id"
        )
    };
}

/// The list of grants. `$own` is the condition with an index of its own.
macro_rules! listing {
    ($own:literal) => {
        concat!(
            select!("$4", "$8"),
            " WHERE ",
            $own,
            " AND ($1 IS NULL OR grants.user_id = $1) AND ($2 IS NULL OR grants.client_id = $2)
           AND ($3 IS NULL OR $3 = CASE
                WHEN grants.revoked_at IS NOT NULL THEN 'revoked'
                WHEN grants.expires_at > $4 AND grants.idle_expires_at > $4 AND ",
            session_holds!("$4", "$8"),
            " THEN 'live' ELSE 'expired' END)
           AND grants.created_at <= $5 AND (grants.created_at < $5 OR grants.id > $6)
         ORDER BY grants.created_at DESC, grants.id LIMIT $7"
        )
    };
}

/// The statement of a list: of one user, or of all.
pub const LIST: [&str; 2] = [listing!("grants.user_id = $1"), listing!("TRUE")];

/// A page of the grants. The newest comes first.
///
/// # Errors
/// [`DbError::Corrupt`] if a row is damaged; otherwise only failures of the database.
pub async fn list(
    conn: &mut Conn,
    page: &Page<GrantFilter, (Timestamp, String)>,
    live: LiveSessions,
) -> Result<Vec<GrantRecord>, DbError> {
    let (created_at, id) = page.after.clone().unwrap_or((Timestamp::MAX, String::new()));
    let [of_user, of_all] = LIST;
    let rows: Vec<GrantRow> = conn
        .query(if page.filter.user.is_some() { of_user } else { of_all })
        .bind(page.filter.user.as_ref().map(UserId::to_string))
        .bind(page.filter.client.as_ref().map(ClientId::to_string))
        .bind(page.filter.state.map(|state| state.as_str().to_owned()))
        .bind(live.now)
        .bind(created_at)
        .bind(id)
        .bind(page.rows())
        .bind(live.idle_since)
        .all()
        .await?;
    rows.into_iter().map(GrantRow::into_record).collect()
}

/// Finds a grant with the data that an operator sees. `None` if it does not exist.
///
/// # Errors
/// [`DbError::Corrupt`] if the row is damaged; otherwise only failures of the database.
pub async fn find(conn: &mut Conn, id: &GrantId, live: LiveSessions) -> Result<Option<GrantRecord>, DbError> {
    let row: Option<GrantRow> = conn
        .query(concat!(select!("$2", "$3"), " WHERE grants.id = $1"))
        .bind(id.as_str())
        .bind(live.now)
        .bind(live.idle_since)
        .optional()
        .await?;
    row.map(GrantRow::into_record).transpose()
}

/// Revokes what a user allowed a client: the consent, what was issued, and what could still be issued; of each at most
/// [`STEP`] rows. Returns the number of revoked grants, and whether there may be more.
///
/// # Errors
/// Only failures of the database.
pub async fn revoke_access(
    tx: &mut Tx,
    user: &UserId,
    client: &ClientId,
    now: Timestamp,
) -> Result<(u64, bool), DbError> {
    tx.query("DELETE FROM consents WHERE user_id = $1 AND client_id = $2")
        .bind(user.as_str())
        .bind(client.as_str())
        .execute()
        .await?;
    let codes = codes::delete_redeemable(tx, Some(user), Some(client), now).await?;
    let devices = device_codes::POLLED.delete_of_user(tx, user, Some(client)).await?;
    let asked = backchannel_requests::POLLED.delete_of_user(tx, user, Some(client)).await?;
    const REVOKE: &str = revoke_where!(
        "id IN (SELECT id FROM grants WHERE user_id = $3 AND revoked_at IS NULL AND client_id = $4 LIMIT $5)"
    );
    let revoked = revoking(tx, REVOKE, EndReason::GrantRevoked.word(), now)
        .bind(user.as_str())
        .bind(client.as_str())
        .bind(STEP)
        .execute()
        .await?;
    let has_more = [codes, devices, asked, revoked].iter().any(|rows| *rows >= STEP.unsigned_abs());
    Ok((revoked, has_more))
}

/// Revokes what a user allowed all clients, as [`revoke_access`] does for one.
///
/// # Errors
/// Only failures of the database.
pub async fn revoke_all_of_user(tx: &mut Tx, user: &UserId, now: Timestamp) -> Result<(u64, bool), DbError> {
    let consents = consents::delete_of_user(tx, user).await?;
    let codes = codes::delete_redeemable(tx, Some(user), None, now).await?;
    let devices = device_codes::POLLED.delete_of_user(tx, user, None).await?;
    let asked = backchannel_requests::POLLED.delete_of_user(tx, user, None).await?;
    let revoked = revocations::revoke_of_user(tx, user, EndReason::GrantRevoked, now).await?;
    let has_more = [consents, codes, devices, asked, revoked].iter().any(|rows| *rows >= STEP.unsigned_abs());
    Ok((revoked, has_more))
}
