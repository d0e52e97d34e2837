//! Grants: what a user allowed a client in one authorization, with the chain of refresh tokens.

use grantor_from_row::FromRow;

use super::conditions::{client_unchanged, session_seen_at, user_claims};
use super::db::{Batch, Conn, DbError, Query, Tx};
use crate::clock::Timestamp;
use crate::oauth::grant::granted::Granted;
use crate::oauth::grant::scope::OFFLINE_ACCESS;
use crate::oauth::grant::{EndReason, Grant, Parties, UserStatus};
use crate::oauth::id::{ClientId, GrantId, SessionId, UserId};
use crate::oauth::identity::authentication::Authentication;
use crate::oauth::identity::session::LiveSessions;
use crate::oauth::reason::Reason;
use crate::oauth::token::AccessToken;
use crate::oauth::token::binding::Binding;
use crate::oauth::token::refresh::{Chain, RefreshName};
use crate::secret::Hash;

/// The maximum number of frames in one page.
const MAX_FRAMES: i64 = 32;

/// When a grant ends, in seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct Lifetime {
    /// The end if the grant is not refreshed.
    pub idle_expires_at: Timestamp,
    /// The end in any case.
    pub expires_at: Timestamp,
    /// When the row may be deleted.
    purge_after: Timestamp,
}

impl Lifetime {
    /// A lifetime with these two ends. The row may be deleted after the earlier one.
    pub fn new(idle_expires_at: Timestamp, expires_at: Timestamp) -> Self {
        Self { idle_expires_at, expires_at, purge_after: idle_expires_at.min(expires_at) }
    }

    /// When the row may be deleted, and with it the code that the grant was begun with.
    pub fn purge_after(&self) -> Timestamp {
        self.purge_after
    }

    /// Extends the lifetime to the expiry of an access token of the grant: introspection needs the row until then. The
    /// idle end moves too, but `expires_at` does not.
    #[must_use]
    pub fn with(self, token: &AccessToken) -> Self {
        Self {
            idle_expires_at: self.idle_expires_at.max(token.expires_at),
            purge_after: self.purge_after.max(token.expires_at),
            ..self
        }
    }
}

/// The columns of a grant: of its own row, or of the code that the grant will begin with.
#[derive(FromRow)]
pub(super) struct GrantColumns {
    pub(super) grant_id: String,
    client_id: String,
    user_id: String,
    session_id: String,
    granted: String,
    auth_time: Timestamp,
    amr: String,
    cnf: Option<String>,
}

impl GrantColumns {
    pub(super) fn into_grant(self, table: &'static str) -> Result<Grant, DbError> {
        let granted = granted_from(&self.granted, table, &self.grant_id)?;
        let authentication = authentication_from((self.auth_time, &self.amr), table, &self.grant_id)?;
        let parties = Parties {
            client: ClientId::new(self.client_id),
            user: UserId::new(self.user_id),
            session: SessionId::new(self.session_id),
        };
        let binding = binding_from(self.cnf.as_deref(), table, &self.grant_id)?;
        let grant = Grant::new(GrantId::new(self.grant_id), parties, granted, authentication);
        Ok(Grant { binding, ..grant })
    }
}

/// Reads the column `granted`. `id` names the row in the error.
pub(super) fn granted_from(stored: &str, table: &'static str, id: &str) -> Result<Granted, DbError> {
    Granted::from_stored(stored).ok_or_else(|| DbError::Corrupt { table, id: id.to_owned(), what: "granted" })
}

/// Reads the columns `auth_time` and `amr`. `id` names the row in the error.
pub(super) fn authentication_from(
    (auth_time, amr): (Timestamp, &str),
    table: &'static str,
    id: &str,
) -> Result<Authentication, DbError> {
    let read = Authentication::from_stored(auth_time, amr);
    read.ok_or_else(|| DbError::Corrupt { table, id: id.to_owned(), what: "amr" })
}

/// Reads the column `cnf`. `id` names the row in the error.
pub(super) fn binding_from(
    stored: Option<&str>,
    table: &'static str,
    id: &str,
) -> Result<Option<Binding>, DbError> {
    let Some(text) = stored else { return Ok(None) };
    let read = Binding::from_stored(text);
    read.map(Some).ok_or_else(|| DbError::Corrupt { table, id: id.to_owned(), what: "cnf" })
}

#[derive(FromRow)]
struct ChainRow {
    #[sqlx(flatten)]
    grant: GrantColumns,
    refresh_generation: i64,
    rotated_at: Timestamp,
    rotated_from: Option<String>,
    answered_again: i64,
    idle_expires_at: Timestamp,
    expires_at: Timestamp,
    revoked_at: Option<Timestamp>,
    outlives_session: bool,
    session_seen_at: Option<Timestamp>,
    client_unchanged: bool,
    user_claims: Option<String>,
}

/// A chain of refresh tokens, and the state of its user and client at this moment.
#[derive(Clone, Debug)]
pub struct PresentedChain {
    pub chain: Chain,
    pub user: UserStatus,
    /// Whether the client is unchanged since it was authenticated.
    pub client_unchanged: bool,
    /// When the session was last used, if the grant ends with it; `None` if the grant outlives its session.
    pub session_seen_at: Option<Timestamp>,
}

/// Adds the insert of a new grant to a batch. `refresh` is `None` if the client gets no refresh token.
pub fn save_in(
    batch: Batch,
    grant: &Grant,
    refresh: Option<&Hash>,
    lifetime: Lifetime,
    now: Timestamp,
) -> Batch {
    batch
        .query(
            "INSERT INTO grants (id, client_id, user_id, session_id, granted, offline_access, auth_time, amr, cnf, created_at,
                                 refresh_hash, refresh_generation, rotated_at, idle_expires_at, expires_at,
                                 purge_after)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $10, $12, $13, $14)",
        )
        .bind(grant.id.as_str())
        .bind(grant.client.as_str())
        .bind(grant.user.as_str())
        .bind(grant.session.as_str())
        .bind(grant.granted.to_stored())
        .bind(grant.granted.scope.contains(OFFLINE_ACCESS))
        .bind(grant.authentication.at)
        .bind(grant.authentication.stored_amr())
        .bind(grant.binding.as_ref().map(Binding::to_stored))
        .bind(now)
        .bind(refresh.map(|hash| hash.as_bytes().to_vec()))
        .bind(lifetime.idle_expires_at)
        .bind(lifetime.expires_at)
        .bind(lifetime.purge_after)
}

/// The issuer and the subject that vouch for the person of a grant.
#[derive(Clone, Copy, Debug)]
pub struct IssuerSubject<'a> {
    pub issuer: &'a str,
    pub subject: &'a str,
}

/// Adds the insert of a grant without a sign-in on this server: another issuer vouches for the person (RFC 7523 §2.1).
pub fn save_for_issuer_in(
    batch: Batch,
    grant: &Grant,
    issuer_subject: IssuerSubject<'_>,
    expires_at: Timestamp,
    now: Timestamp,
) -> Batch {
    save_in(batch, grant, None, Lifetime::new(expires_at, expires_at), now)
        .query("UPDATE grants SET issuer = $2, issuer_subject = $3 WHERE id = $1")
        .bind(grant.id.as_str())
        .bind(issuer_subject.issuer)
        .bind(issuer_subject.subject)
}

/// Stores the grant of tokens that pass through the browser. `false` if the client has changed, the user is disabled, the
/// session has ended, or a scope or a type was deleted since their number was `withdrawals`.
///
/// No later request checks this, as the redemption of a code does, so the conditions are part of the insert.
///
/// # Errors
/// Only failures of the database.
pub async fn save_for_browser(
    tx: &mut Tx,
    grant: &Grant,
    (client_version, withdrawals): (i64, i64),
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<bool, DbError> {
    let inserted = tx
        .query(
            "INSERT INTO grants (id, client_id, user_id, session_id, granted, offline_access, auth_time, amr, cnf, created_at,
                                 refresh_generation, rotated_at, idle_expires_at, expires_at, purge_after)
             SELECT $1, clients.id, users.id, sessions.id, $5, $6, $7, $8, $9, $10, 0, $10, $11, $11, $11
             FROM clients, users, sessions, withdrawals
             WHERE clients.id = $2 AND clients.version = $12 AND clients.disabled_at IS NULL
               AND users.id = $3 AND users.disabled_at IS NULL AND sessions.id = $4
               AND withdrawals.id = 1 AND withdrawals.count = $13",
        )
        .bind(grant.id.as_str())
        .bind(grant.client.as_str())
        .bind(grant.user.as_str())
        .bind(grant.session.as_str())
        .bind(grant.granted.to_stored())
        .bind(grant.granted.scope.contains(OFFLINE_ACCESS))
        .bind(grant.authentication.at)
        .bind(grant.authentication.stored_amr())
        .bind(grant.binding.as_ref().map(Binding::to_stored))
        .bind(now)
        .bind(expires_at)
        .bind(client_version)
        .bind(withdrawals)
        .execute()
        .await?;
    Ok(inserted == 1)
}

/// The chain of a grant, for a client that was authenticated in the version `client_version`. `None` if the grant does
/// not exist or has no refresh token.
///
/// # Errors
/// [`DbError::Corrupt`] if the row is damaged; otherwise only failures of the database.
pub async fn find_chain(
    conn: &mut Conn,
    id: &GrantId,
    (client, client_version): (&ClientId, i64),
    live: LiveSessions,
) -> Result<Option<PresentedChain>, DbError> {
    let row: Option<ChainRow> = conn
        .query(concat!(
            "SELECT id AS grant_id, client_id, user_id, session_id, granted, auth_time, amr, cnf, refresh_generation, rotated_at,
                    rotated_from, answered_again, idle_expires_at, expires_at, revoked_at,
                    offline_access OR issuer IS NOT NULL AS outlives_session, ",
            session_seen_at!("grants", "$4", "$5"),
            ", ",
            client_unchanged!(),
            " AS client_unchanged, ",
            user_claims!("grants"),
            " FROM grants WHERE id = $1 AND refresh_hash IS NOT NULL"
        ))
        .bind(id.as_str())
        .bind(client.as_str())
        .bind(client_version)
        .bind(live.now)
        .bind(live.idle_since)
        .optional()
        .await?;
    row.map(|row| row.into_presented(id)).transpose()
}

/// Whether a refresh token is the newest one of its chain. It does not check whether the grant is revoked.
///
/// # Errors
/// Only failures of the database.
pub async fn is_newest(conn: &mut Conn, id: &GrantId, hash: &Hash) -> Result<bool, DbError> {
    let row: Option<(String,)> = conn
        .query("SELECT id FROM grants WHERE id = $1 AND refresh_hash = $2")
        .bind(id.as_str())
        .bind(hash.as_bytes())
        .optional()
        .await?;
    Ok(row.is_some())
}

/// The replacement of a refresh token by its successor (RFC 9700 §4.14).
#[derive(Clone, Copy, Debug)]
pub struct RefreshRotation<'a> {
    /// The generation of the record.
    pub from: u32,
    /// The presented token's successor.
    pub to: &'a RefreshName,
    pub successor: &'a Hash,
    /// The network that the successor is issued to.
    pub network: &'a str,
    /// What the chain is bound to from now on, if it was bound to nothing.
    pub binding: Option<&'a Binding>,
}

/// Replaces the refresh token of the generation `rotation.from` by its successor. `false` if another caller was faster
/// or the grant is revoked.
///
/// # Errors
/// Only failures of the database.
pub async fn rotate(
    tx: &mut Tx,
    rotation: RefreshRotation<'_>,
    lifetime: Lifetime,
    now: Timestamp,
) -> Result<bool, DbError> {
    let rotated = tx
        .query(
            "UPDATE grants SET refresh_generation = $7, refresh_hash = $3, rotated_at = $5, rotated_from = $8,
                               answered_again = 0, idle_expires_at = $4, purge_after = $6, cnf = COALESCE(cnf, $9)
             WHERE id = $1 AND refresh_generation = $2 AND refresh_hash IS NOT NULL AND revoked_at IS NULL",
        )
        .bind(rotation.to.grant_id.as_str())
        .bind(i64::from(rotation.from))
        .bind(rotation.successor.as_bytes())
        .bind(lifetime.idle_expires_at)
        .bind(now)
        .bind(lifetime.purge_after)
        .bind(i64::from(rotation.to.generation))
        .bind(rotation.network)
        .bind(rotation.binding.map(Binding::to_stored))
        .execute()
        .await?;
    Ok(rotated == 1)
}

/// The statement that revokes the grants for which a condition is true. Its parameters are numbered from `$3`.
macro_rules! revoke_where {
    ($condition:literal) => {
        concat!(
            "UPDATE grants SET revoked_at = $1, revoked_for = $2 WHERE revoked_at IS NULL AND ",
            $condition
        )
    };
}
pub(super) use revoke_where;

/// Begins a statement of [`revoke_where`]; `why` is the word for the cause. The caller binds the parameters of the
/// condition.
pub(super) fn revoking<'c>(tx: &'c mut Tx, statement: &'static str, why: &str, now: Timestamp) -> Query<'c> {
    tx.query(statement).bind(now).bind(why)
}

/// Begins a statement of a batch that revokes grants, as [`revoking`] does.
pub(super) fn revoking_in(batch: Batch, statement: &'static str, why: &str, now: Timestamp) -> Batch {
    batch.query(statement).bind(now).bind(why)
}

/// Adds to a batch the record that the valid refresh token of a chain was sent again, and that the chain is bound to `binding`
/// from now on, if it was bound to nothing.
pub fn note_answer_again(batch: Batch, id: &GrantId, binding: Option<&Binding>) -> Batch {
    batch
        .query("UPDATE grants SET answered_again = answered_again + 1, cnf = COALESCE(cnf, $2) WHERE id = $1")
        .bind(id.as_str())
        .bind(binding.map(Binding::to_stored))
}

/// Whether a grant was ever begun. Its row is kept as long as the code that it was begun with.
///
/// # Errors
/// Only failures of the database.
pub async fn exists(conn: &mut Conn, id: &GrantId) -> Result<bool, DbError> {
    let row: Option<(String,)> =
        conn.query("SELECT id FROM grants WHERE id = $1").bind(id.as_str()).optional().await?;
    Ok(row.is_some())
}

/// The user who gave a client something in a session, also if the session has ended. `None` if that is not known.
///
/// # Errors
/// Only failures of the database.
pub async fn user_of_session(
    conn: &mut Conn,
    session: &SessionId,
    client: &ClientId,
) -> Result<Option<UserId>, DbError> {
    let row: Option<(String,)> = conn
        .query("SELECT user_id FROM grants WHERE session_id = $1 AND client_id = $2 LIMIT 1")
        .bind(session.as_str())
        .bind(client.as_str())
        .optional()
        .await?;
    Ok(row.map(|(user,)| UserId::new(user)))
}

/// Revokes a grant and everything that was issued from it; `false` if it does not exist or was revoked before.
///
/// # Errors
/// Only failures of the database.
pub async fn revoke(tx: &mut Tx, id: &GrantId, why: Reason, now: Timestamp) -> Result<bool, DbError> {
    let revoked = revoking(tx, revoke_where!("id = $3"), why.word(), now).bind(id.as_str()).execute().await?;
    Ok(revoked == 1)
}

/// Revokes a grant, if it belongs to this client (RFC 7009 §2.1); `false` if it does not, or was revoked before.
///
/// # Errors
/// Only failures of the database.
pub async fn revoke_of(
    tx: &mut Tx,
    id: &GrantId,
    client: &ClientId,
    why: EndReason,
    now: Timestamp,
) -> Result<bool, DbError> {
    let revoked = revoking(tx, revoke_where!("id = $3 AND client_id = $4"), why.word(), now)
        .bind(id.as_str())
        .bind(client.as_str())
        .execute()
        .await?;
    Ok(revoked == 1)
}

/// The user of a grant; `None` if it does not exist.
///
/// # Errors
/// Only failures of the database.
pub async fn user_of(conn: &mut Conn, id: &GrantId) -> Result<Option<UserId>, DbError> {
    let row: Option<(String,)> =
        conn.query("SELECT user_id FROM grants WHERE id = $1").bind(id.as_str()).optional().await?;
    Ok(row.map(|(user,)| UserId::new(user)))
}

/// The clients with a grant in a session that the browser notifies at its end, at most 32 (OpenID Connect Front-Channel
/// Logout §3).
///
/// # Errors
/// Only failures of the database.
pub async fn front_channel_of_session(
    conn: &mut Conn,
    session: &SessionId,
) -> Result<Vec<ClientId>, DbError> {
    let rows: Vec<(String,)> = conn
        .query(
            "SELECT DISTINCT clients.id FROM grants JOIN clients ON clients.id = grants.client_id
             WHERE grants.session_id = $1 AND clients.frontchannel_logout_uri IS NOT NULL
               AND clients.disabled_at IS NULL
             ORDER BY clients.id LIMIT $2",
        )
        .bind(session.as_str())
        .bind(MAX_FRAMES)
        .all()
        .await?;
    Ok(rows.into_iter().map(|(id,)| ClientId::new(id)).collect())
}

impl ChainRow {
    fn into_presented(self, id: &GrantId) -> Result<PresentedChain, DbError> {
        let corrupt =
            |_| DbError::Corrupt { table: "grants", id: id.to_string(), what: "refresh_generation" };
        let chain = Chain {
            grant: self.grant.into_grant("grants")?,
            generation: u32::try_from(self.refresh_generation).map_err(corrupt)?,
            rotated_at: self.rotated_at,
            rotated_from: self.rotated_from,
            answered_again: self.answered_again,
            idle_expires_at: self.idle_expires_at,
            expires_at: self.expires_at,
            revoked: self.revoked_at.is_some(),
        };
        let session_seen_at = self.session_seen_at.filter(|_| !self.outlives_session);
        let session_ended = !self.outlives_session && session_seen_at.is_none();
        let user = UserStatus::new(self.user_claims, session_ended);
        Ok(PresentedChain { chain, user, client_unchanged: self.client_unchanged, session_seen_at })
    }
}
