//! The revocation of many grants, in steps.

use super::db::{Conn, DbError, Tx};
use super::grants::{revoke_where, revoking};
use super::steps::{self, STEP, Stretch};
use crate::clock::Timestamp;
use crate::oauth::grant::EndReason;
use crate::oauth::id::{ClientId, SessionId, UserId};

/// Revokes up to [`STEP`] grants of a user. Returns their number.
///
/// # Errors
/// Only failures of the database.
pub async fn revoke_of_user(
    tx: &mut Tx,
    user: &UserId,
    why: EndReason,
    now: Timestamp,
) -> Result<u64, DbError> {
    const REVOKE: &str =
        revoke_where!("id IN (SELECT id FROM grants WHERE user_id = $3 AND revoked_at IS NULL LIMIT $4)");
    revoking(tx, REVOKE, why.word(), now).bind(user.as_str()).bind(STEP).execute().await
}

/// Revokes up to [`STEP`] grants of an ended session, except those with `offline_access`. Returns their number.
///
/// # Errors
/// Only failures of the database.
pub async fn revoke_of_session(
    tx: &mut Tx,
    session: &SessionId,
    why: EndReason,
    now: Timestamp,
) -> Result<u64, DbError> {
    const REVOKE: &str = revoke_where!(
        "id IN (SELECT id FROM grants
                WHERE session_id = $3 AND offline_access = FALSE AND revoked_at IS NULL LIMIT $4)"
    );
    revoking(tx, REVOKE, why.word(), now).bind(session.as_str()).bind(STEP).execute().await
}

/// Revokes up to [`STEP`] grants of one client in a session, except those with `offline_access`. Returns their number.
///
/// # Errors
/// Only failures of the database.
pub async fn revoke_of_session_at(
    tx: &mut Tx,
    session: &SessionId,
    client: &ClientId,
    why: EndReason,
    now: Timestamp,
) -> Result<u64, DbError> {
    const REVOKE: &str = revoke_where!(
        "id IN (SELECT id FROM grants
                WHERE session_id = $3 AND offline_access = FALSE AND revoked_at IS NULL AND client_id = $4 LIMIT $5)"
    );
    revoking(tx, REVOKE, why.word(), now)
        .bind(session.as_str())
        .bind(client.as_str())
        .bind(STEP)
        .execute()
        .await
}

/// The next grants after `after` by id, at most [`steps::LOOK`], each with whether it belongs to a client and is not revoked.
///
/// # Errors
/// Only failures of the database.
pub async fn look_for_client(
    conn: &mut Conn,
    client: &ClientId,
    after: &str,
) -> Result<Vec<(String, bool)>, DbError> {
    const ROWS: &str = "SELECT id, client_id = $2 AND revoked_at IS NULL AS is_wanted FROM grants
         WHERE id > $1 ORDER BY id LIMIT $3";
    steps::look(conn, ROWS, after, client.as_str()).await
}

/// Revokes the grants to a client in a stretch. Returns their number.
///
/// # Errors
/// Only failures of the database.
pub async fn revoke_of_client(
    tx: &mut Tx,
    client: &ClientId,
    stretch: &Stretch<String>,
    why: EndReason,
    now: Timestamp,
) -> Result<u64, DbError> {
    revoking(tx, revoke_where!("client_id = $3 AND id > $4 AND id <= $5"), why.word(), now)
        .bind(client.as_str())
        .bind(stretch.after.as_str())
        .bind(stretch.until.as_str())
        .execute()
        .await
}
