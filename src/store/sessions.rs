//! Sessions of people in browsers. The cookie is stored only as a hash.

use grantor_from_row::FromRow;

use super::consents::consent_from;
use super::db::{Batch, Conn, DbError, Tx};
use super::grants::authentication_from;
use super::logout_deliveries;
use super::page::Page;
use super::revocations;
use super::steps::STEP;
use crate::clock::Timestamp;
use crate::oauth::grant::EndReason;
use crate::oauth::id::{ClientId, SessionId, UserId};
use crate::oauth::identity::authentication::{Authentication, Proof};
use crate::oauth::identity::group::Groups;
use crate::oauth::identity::session::LiveSessions;
use crate::oauth::request::interaction::SignedIn;
use crate::secret::Hash;

/// The number of sessions that end in one transaction: each may have grants, and applications are notified.
pub const SESSIONS: i64 = 50;

/// A session to store.
#[derive(Clone, Debug)]
pub struct NewSession {
    pub cookie: Hash,
    pub id: SessionId,
    pub user: UserId,
    pub begins_at: Timestamp,
    pub expires_at: Timestamp,
}

/// A session that was found, and when it was last used.
#[derive(Clone, Debug)]
pub struct LiveSession {
    pub signed_in: SignedIn,
    pub last_seen_at: Timestamp,
}

#[derive(FromRow)]
struct SessionRow {
    id: String,
    user_id: String,
    username: String,
    auth_time: Timestamp,
    amr: String,
    last_seen_at: Timestamp,
    user_claims: String,
    /// The columns of the consent.
    granted: Option<String>,
    refused: Option<String>,
}

/// A session as the operator sees it.
#[derive(Clone, Debug, FromRow)]
pub struct SessionRecord {
    pub id: String,
    pub user_id: String,
    pub username: String,
    pub auth_time: Timestamp,
    pub last_seen_at: Timestamp,
    pub expires_at: Timestamp,
}

/// The list of live sessions. `$own` is the condition with an index of its own.
macro_rules! listing {
    ($own:literal) => {
        concat!(
            "SELECT sessions.id, sessions.user_id, users.username, sessions.auth_time, sessions.last_seen_at,
                    sessions.expires_at
             FROM sessions JOIN users ON users.id = sessions.user_id
             WHERE ",
            $own,
            " AND ($1 IS NULL OR sessions.user_id = $1) AND sessions.expires_at > $2 AND sessions.last_seen_at > $3
               AND sessions.auth_time <= $4 AND (sessions.auth_time < $4 OR sessions.id > $5)
             ORDER BY sessions.auth_time DESC, sessions.id LIMIT $6"
        )
    };
}

/// The statement of a list: of one user, or of all.
pub const LIST: [&str; 2] = [listing!("sessions.user_id = $1"), listing!("TRUE")];

/// A page of the live sessions: those of the user in the filter, or all. The last sign-in comes first.
///
/// # Errors
/// Only failures of the database.
pub async fn list(
    conn: &mut Conn,
    page: &Page<Option<UserId>, (Timestamp, String)>,
    live: LiveSessions,
) -> Result<Vec<SessionRecord>, DbError> {
    let (auth_time, id) = page.after.clone().unwrap_or((Timestamp::MAX, String::new()));
    let [of_user, of_all] = LIST;
    conn.query(if page.filter.is_some() { of_user } else { of_all })
        .bind(page.filter.as_ref().map(UserId::to_string))
        .bind(live.now)
        .bind(live.idle_since)
        .bind(auth_time)
        .bind(id)
        .bind(page.rows())
        .all()
        .await
}

/// Finds a session, also one that is no longer live. `None` if it has ended.
///
/// # Errors
/// Only failures of the database.
pub async fn find_record(conn: &mut Conn, id: &SessionId) -> Result<Option<SessionRecord>, DbError> {
    conn.query(
        "SELECT sessions.id, sessions.user_id, users.username, sessions.auth_time, sessions.last_seen_at,
                sessions.expires_at
         FROM sessions JOIN users ON users.id = sessions.user_id WHERE sessions.id = $1",
    )
    .bind(id.as_str())
    .optional()
    .await
}

/// The number of live sessions of a user.
///
/// # Errors
/// Only failures of the database.
pub async fn count(conn: &mut Conn, user: &UserId, live: LiveSessions) -> Result<i64, DbError> {
    let row: Option<(i64,)> = conn
        .query("SELECT COUNT(*) FROM sessions WHERE user_id = $1 AND expires_at > $2 AND last_seen_at > $3")
        .bind(user.as_str())
        .bind(live.now)
        .bind(live.idle_since)
        .optional()
        .await?;
    Ok(row.map_or(0, |(count,)| count))
}

/// The end of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedSession {
    /// The user of the session; `None` if the session did not exist.
    pub user: Option<UserId>,
    /// `None` if the session did not exist.
    pub times: Option<SessionTimes>,
    /// The number of grants that were revoked with it. [`STEP`]: there may be more, which the end of the session has made
    /// useless.
    pub revoked: u64,
}

/// When a session began, and when it ends at the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionTimes {
    pub auth_time: Timestamp,
    pub expires_at: Timestamp,
}

impl EndedSession {
    /// Whether there may be more grants to revoke.
    pub fn has_more(&self) -> bool {
        self.revoked >= STEP.unsigned_abs()
    }
}

/// Ends a session and up to [`STEP`] of its grants, and stores the notifications for its applications.
///
/// # Errors
/// Only failures of the database.
pub async fn end(
    tx: &mut Tx,
    id: &SessionId,
    why: EndReason,
    now: Timestamp,
) -> Result<EndedSession, DbError> {
    logout_deliveries::enqueue(tx, id, now).await?;
    let revoked = revocations::revoke_of_session(tx, id, why, now).await?;
    let row: Option<(String, Timestamp, Timestamp)> = tx
        .query("DELETE FROM sessions WHERE id = $1 RETURNING user_id, auth_time, expires_at")
        .bind(id.as_str())
        .optional()
        .await?;
    let (user, times) = row
        .map(|(user, auth_time, expires_at)| (UserId::new(user), SessionTimes { auth_time, expires_at }))
        .unzip();
    Ok(EndedSession { user, times, revoked })
}

/// Ends up to `most` sessions that are no longer live, as [`end`] does; fewer if many grants end with them. Returns their
/// number.
///
/// # Errors
/// Only failures of the database.
pub async fn end_expired(tx: &mut Tx, live: LiveSessions, most: i64, now: Timestamp) -> Result<u64, DbError> {
    let mut ended = 0;
    // Two statements, because each has an index.
    for (statement, before) in [
        ("SELECT id FROM sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2", live.now),
        ("SELECT id FROM sessions WHERE last_seen_at <= $1 ORDER BY last_seen_at LIMIT $2", live.idle_since),
    ] {
        let rows: Vec<(String,)> = tx.query(statement).bind(before).bind(most).all().await?;
        let ids: Vec<SessionId> = rows.into_iter().map(|(id,)| SessionId::new(id)).collect();
        ended += end_each(tx, &ids, EndReason::SessionExpired, now).await?.sessions;
    }
    Ok(ended)
}

/// Sessions that one transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedSessions {
    pub sessions: u64,
    /// Whether there may be more to end.
    pub has_more: bool,
}

/// Ends sessions until [`STEP`] grants are revoked.
async fn end_each(
    tx: &mut Tx,
    ids: &[SessionId],
    why: EndReason,
    now: Timestamp,
) -> Result<EndedSessions, DbError> {
    let (mut sessions, mut revoked) = (0, 0);
    for id in ids {
        let end = end(tx, id, why, now).await?;
        sessions += u64::from(end.user.is_some());
        revoked += end.revoked;
        if revoked >= STEP.unsigned_abs() {
            return Ok(EndedSessions { sessions, has_more: true });
        }
    }
    Ok(EndedSessions { sessions, has_more: sessions >= SESSIONS.unsigned_abs() })
}

/// Ends up to [`SESSIONS`] sessions of a user and their grants; fewer if many grants end with them.
///
/// # Errors
/// Only failures of the database.
pub async fn end_of_user(
    tx: &mut Tx,
    user: &UserId,
    why: EndReason,
    now: Timestamp,
) -> Result<EndedSessions, DbError> {
    let ids = some_of_user(tx, user).await?;
    end_each(tx, &ids, why, now).await
}

/// At most [`SESSIONS`] sessions of a user.
async fn some_of_user(tx: &mut Tx, user: &UserId) -> Result<Vec<SessionId>, DbError> {
    let rows: Vec<(String,)> = tx
        .query("SELECT id FROM sessions WHERE user_id = $1 LIMIT $2")
        .bind(user.as_str())
        .bind(SESSIONS)
        .all()
        .await?;
    Ok(rows.into_iter().map(|(id,)| SessionId::new(id)).collect())
}

/// Ends up to [`SESSIONS`] sessions of a user, but keeps the grants.
///
/// # Errors
/// Only failures of the database.
pub async fn delete_of_user(tx: &mut Tx, user: &UserId, now: Timestamp) -> Result<EndedSessions, DbError> {
    let mut sessions = 0;
    for id in some_of_user(tx, user).await? {
        logout_deliveries::enqueue(tx, &id, now).await?;
        sessions += tx.query("DELETE FROM sessions WHERE id = $1").bind(id.as_str()).execute().await?;
    }
    Ok(EndedSessions { sessions, has_more: sessions >= SESSIONS.unsigned_abs() })
}

/// The live session of a cookie, and what its user has answered to `client`, if one is given. `None` if no live session has
/// this cookie.
///
/// # Errors
/// [`DbError::Corrupt`] if the row of the session or of the consent is damaged; otherwise only failures of the
/// database.
pub async fn find(
    conn: &mut Conn,
    cookie: &Hash,
    client: Option<&ClientId>,
    live: LiveSessions,
) -> Result<Option<LiveSession>, DbError> {
    let row: Option<SessionRow> = conn
        .query(
            "SELECT sessions.id, sessions.user_id, users.username, users.claims AS user_claims,
                    sessions.auth_time, sessions.amr, sessions.last_seen_at, consents.granted,
                    consents.refused
             FROM sessions
             JOIN users ON users.id = sessions.user_id AND users.disabled_at IS NULL
             LEFT JOIN consents ON consents.user_id = sessions.user_id AND consents.client_id = $2
             WHERE sessions.cookie_hash = $1 AND sessions.expires_at > $3 AND sessions.last_seen_at > $4",
        )
        .bind(cookie.as_bytes())
        .bind(client.map(|client| client.as_str().to_owned()))
        .bind(live.now)
        .bind(live.idle_since)
        .optional()
        .await?;
    row.map(SessionRow::into_session).transpose()
}

/// The two statements that begin a session. Each has the condition that the proof still holds.
struct BeginStatements {
    insert: &'static str,
    renew: &'static str,
}

/// `$condition` is about the row of `users`. It refers to the value of the proof as `$7`.
macro_rules! begin_if {
    ($condition:literal) => {
        BeginStatements {
            insert: concat!(
                "INSERT INTO sessions (cookie_hash, id, user_id, auth_time, amr, last_seen_at, expires_at)
                 SELECT $1, $2, users.id, $4, $6, $4, $5 FROM users
                 WHERE users.id = $3 AND users.disabled_at IS NULL AND ",
                $condition
            ),
            renew: concat!(
                "UPDATE sessions SET cookie_hash = $1, auth_time = $4, amr = $6, last_seen_at = $4, expires_at = $5
                 WHERE cookie_hash = $2 AND user_id = $3
                   AND EXISTS (SELECT 1 FROM users WHERE users.id = $3 AND users.disabled_at IS NULL AND ",
                $condition,
                ") RETURNING id"
            ),
        }
    };
}

/// The only place that knows what the database must still say for each kind of proof: the statements and their value.
fn begin_statements(proof: &Proof) -> (BeginStatements, String) {
    match proof {
        Proof::Password { hash } => (begin_if!("users.password_hash = $7"), hash.clone()),
    }
}

/// Stores a session and returns its id, if its user may still sign in with what was proven. `None` if the password was
/// changed or the user was disabled in the meantime.
///
/// If the person signs in again in the session of the cookie `before`, that session keeps its id, which tokens and
/// applications know. The cookie is new.
///
/// # Errors
/// Only failures of the database.
pub async fn begin(
    tx: &mut Tx,
    before: Option<&Hash>,
    session: &NewSession,
    proof: &Proof,
) -> Result<Option<SessionId>, DbError> {
    let authentication = Authentication::by(proof.method(), session.begins_at);
    let (statements, proven) = begin_statements(proof);
    if let Some(before) = before {
        let renewed: Option<(String,)> = tx
            .query(statements.renew)
            .bind(session.cookie.as_bytes())
            .bind(before.as_bytes())
            .bind(session.user.as_str())
            .bind(authentication.at)
            .bind(session.expires_at)
            .bind(authentication.stored_amr())
            .bind(proven.as_str())
            .optional()
            .await?;
        if let Some((id,)) = renewed {
            return Ok(Some(SessionId::new(id)));
        }
    }
    let inserted = tx
        .query(statements.insert)
        .bind(session.cookie.as_bytes())
        .bind(session.id.as_str())
        .bind(session.user.as_str())
        .bind(authentication.at)
        .bind(session.expires_at)
        .bind(authentication.stored_amr())
        .bind(proven)
        .execute()
        .await?;
    Ok((inserted == 1).then(|| session.id.clone()))
}

/// Records that a session was used.
///
/// # Errors
/// Only failures of the database.
pub async fn touch(tx: &mut Tx, id: &SessionId, now: Timestamp) -> Result<(), DbError> {
    tx.run(touch_in(Batch::new(), id, now)).await.map(drop)
}

/// Adds to a batch the record that a session was used.
pub fn touch_in(batch: Batch, id: &SessionId, now: Timestamp) -> Batch {
    batch
        .query("UPDATE sessions SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2")
        .bind(id.as_str())
        .bind(now)
}

impl SessionRow {
    fn into_session(self) -> Result<LiveSession, DbError> {
        let consent = self
            .granted
            .as_deref()
            .map(|granted| consent_from(granted, self.refused.as_deref(), &self.user_id));
        let authentication = authentication_from((self.auth_time, &self.amr), "sessions", &self.id)?;
        Ok(LiveSession {
            signed_in: SignedIn {
                consent: consent.transpose()?,
                session: SessionId::new(self.id),
                user: UserId::new(self.user_id),
                username: self.username,
                authentication,
                groups: Groups::of_claims(&self.user_claims),
            },
            last_seen_at: self.last_seen_at,
        })
    }
}
