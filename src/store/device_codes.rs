//! Device codes, stored as hashes and consumed once, and the user codes that people type (RFC 8628).

use grantor_from_row::FromRow;

use super::consume::{consume_once, consume_statement};
use super::db::{Conn, DbError, Tx};
use super::grants::{GrantColumns, granted_from};
use super::steps::{self, STEP, Stretch};
use crate::clock::{Seconds, Timestamp};
use crate::oauth::grant::device::{DeviceAnswer, DeviceRequest, UserCode};
use crate::oauth::grant::granted::Granted;
use crate::oauth::grant::polling::Poll;
use crate::oauth::grant::scope::OFFLINE_ACCESS;
use crate::oauth::grant::{Grant, UserStatus};
use crate::oauth::id::{ClientId, GrantId, SessionId, UserId};
use crate::oauth::identity::session::LiveSessions;
use crate::oauth::request::interaction::SignedIn;
use crate::secret::Hash;

#[derive(FromRow)]
struct DeviceRow {
    grant_id: String,
    user_code: Option<String>,
    client_id: String,
    granted: String,
    address: String,
    created_at: Timestamp,
    session_id: Option<String>,
    denied_at: Option<Timestamp>,
    expires_at: Timestamp,
}

#[derive(FromRow)]
struct ConsumedRow {
    #[sqlx(flatten)]
    grant: GrantColumns,
    user_claims: Option<String>,
    session_ended: bool,
}

#[derive(FromRow)]
struct PolledRow {
    grant_id: String,
    client_id: String,
    user_id: Option<String>,
    denied_at: Option<Timestamp>,
    consumed_at: Option<Timestamp>,
    expires_at: Timestamp,
    poll_interval: Seconds,
    polled_at: Option<Timestamp>,
}

/// Stores the request of a device. `false` if another request with the same user code is waiting.
///
/// `purge_after`: until this time, a late poll is answered with "expired" instead of "unknown".
///
/// # Errors
/// Only failures of the database.
pub async fn save(
    tx: &mut Tx,
    hash: &Hash,
    (device, user_code): (&DeviceRequest, &UserCode),
    interval: Seconds,
    purge_after: Timestamp,
) -> Result<bool, DbError> {
    let inserted = tx
        .query(
            "INSERT INTO device_codes (hash, grant_id, user_code, client_id, granted, address, created_at, poll_interval,
                                       expires_at, purge_after)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (user_code) DO NOTHING",
        )
        .bind(hash.as_bytes())
        .bind(device.grant.as_str())
        .bind(user_code.as_str())
        .bind(device.client.as_str())
        .bind(device.granted.to_stored())
        .bind(device.address.as_str())
        .bind(device.created_at)
        .bind(interval)
        .bind(device.expires_at)
        .bind(purge_after)
        .execute()
        .await?;
    Ok(inserted == 1)
}

/// The request that waits for an answer under this user code. `None` if the code is unknown, answered or expired.
///
/// # Errors
/// [`DbError::Corrupt`] if the row is damaged; otherwise only failures of the database.
pub async fn find_waiting(
    conn: &mut Conn,
    user_code: &UserCode,
    now: Timestamp,
) -> Result<Option<DeviceRequest>, DbError> {
    let row: Option<DeviceRow> = conn
        .query(
            "SELECT grant_id, user_code, client_id, granted, address, created_at, session_id, denied_at, expires_at
             FROM device_codes WHERE user_code = $1 AND expires_at > $2",
        )
        .bind(user_code.as_str())
        .bind(now)
        .optional()
        .await?;
    row.map(DeviceRow::into_device).transpose()
}

/// The request with this id, which the pages use. `None` if it does not exist.
///
/// # Errors
/// [`DbError::Corrupt`] if the row is damaged; otherwise only failures of the database.
pub async fn find(conn: &mut Conn, id: &GrantId) -> Result<Option<DeviceRequest>, DbError> {
    let row: Option<DeviceRow> = conn
        .query(
            "SELECT grant_id, user_code, client_id, granted, address, created_at, session_id, denied_at, expires_at
             FROM device_codes WHERE grant_id = $1",
        )
        .bind(id.as_str())
        .optional()
        .await?;
    row.map(DeviceRow::into_device).transpose()
}

/// Records that a person allows the request, and what the device is granted. `false` if it was already answered or has expired. It is one conditional
/// statement, so that only one answer counts.
///
/// # Errors
/// Only failures of the database.
pub async fn allow(
    tx: &mut Tx,
    id: &GrantId,
    signed_in: &SignedIn,
    granted: &Granted,
    now: Timestamp,
) -> Result<bool, DbError> {
    let allowed = tx
        .query(
            "UPDATE device_codes SET user_code = NULL, user_id = $2, session_id = $3, auth_time = $4, amr = $6, granted = $7
             WHERE grant_id = $1 AND user_id IS NULL AND denied_at IS NULL AND expires_at > $5",
        )
        .bind(id.as_str())
        .bind(signed_in.user.as_str())
        .bind(signed_in.session.as_str())
        .bind(signed_in.authentication.at)
        .bind(now)
        .bind(signed_in.authentication.stored_amr())
        .bind(granted.to_stored())
        .execute()
        .await?;
    Ok(allowed == 1)
}

/// Records that a person denies the request. Does nothing if it was already answered.
///
/// # Errors
/// Only failures of the database.
pub async fn deny(tx: &mut Tx, id: &GrantId, now: Timestamp) -> Result<(), DbError> {
    tx.query(
        "UPDATE device_codes SET user_code = NULL, denied_at = $2
         WHERE grant_id = $1 AND user_id IS NULL AND denied_at IS NULL",
    )
    .bind(id.as_str())
    .bind(now)
    .execute()
    .await
    .map(drop)
}

/// Consumes a code of `client` that a person has allowed, and returns the grant with the status of that person. `None`
/// if the code could not be consumed: it is unknown, of another client, not allowed, expired or already consumed, or
/// the client has changed since it authenticated.
///
/// Only one of several polls gets the grant.
///
/// # Errors
/// [`DbError::Corrupt`] if the row is damaged; otherwise only failures of the database.
pub async fn consume(
    tx: &mut Tx,
    hash: &Hash,
    client: (&ClientId, i64),
    live: LiveSessions,
    purge_after: Timestamp,
) -> Result<Option<(Grant, UserStatus)>, DbError> {
    const CONSUME: &str = consume_statement!(
        "device_codes",
        and: "user_id IS NOT NULL AND denied_at IS NULL AND expires_at > $4 AND ",
        columns: ""
    );
    let row: Option<ConsumedRow> = consume_once(tx, CONSUME, hash, client, live, purge_after).await?;
    row.map(ConsumedRow::into_grant).transpose()
}

/// The state of a device code that could not be consumed. `None` if the code does not exist.
///
/// # Errors
/// Only failures of the database.
pub async fn find_polled(conn: &mut Conn, hash: &Hash) -> Result<Option<Poll>, DbError> {
    let row: Option<PolledRow> = conn
        .query(
            "SELECT grant_id, client_id, user_id, denied_at, consumed_at, expires_at, poll_interval, polled_at
             FROM device_codes WHERE hash = $1",
        )
        .bind(hash.as_bytes())
        .optional()
        .await?;
    Ok(row.map(|row| Poll {
        grant: GrantId::new(row.grant_id),
        client: ClientId::new(row.client_id),
        allowed_by: row.user_id.map(UserId::new),
        is_denied: row.denied_at.is_some(),
        is_consumed: row.consumed_at.is_some(),
        expires_at: row.expires_at,
        interval: row.poll_interval,
        polled_at: row.polled_at,
    }))
}

/// Records a poll, and the interval that the device must wait from now on (RFC 8628 §3.5).
///
/// # Errors
/// Only failures of the database.
pub async fn note_poll(tx: &mut Tx, hash: &Hash, interval: Seconds, now: Timestamp) -> Result<(), DbError> {
    tx.query("UPDATE device_codes SET polled_at = $2, poll_interval = $3 WHERE hash = $1")
        .bind(hash.as_bytes())
        .bind(now)
        .bind(interval)
        .execute()
        .await
        .map(drop)
}

/// Deletes up to [`STEP`] requests that a user allowed and that no device has redeemed yet: those of one client, or of all
/// for `None`. Returns their number.
///
/// # Errors
/// Only failures of the database.
pub async fn delete_of_user(tx: &mut Tx, user: &UserId, client: Option<&ClientId>) -> Result<u64, DbError> {
    tx.query(
        "DELETE FROM device_codes WHERE hash IN
           (SELECT hash FROM device_codes
            WHERE user_id = $1 AND consumed_at IS NULL AND ($2 IS NULL OR client_id = $2) LIMIT $3)",
    )
    .bind(user.as_str())
    .bind(client.map(ClientId::to_string))
    .bind(STEP)
    .execute()
    .await
}

/// The next requests after `after` by hash, at most [`steps::LOOK`], each with whether it is of a client and was not redeemed.
///
/// # Errors
/// Only failures of the database.
pub async fn look_for_client(
    conn: &mut Conn,
    client: &ClientId,
    after: &[u8],
) -> Result<Vec<(Vec<u8>, bool)>, DbError> {
    const ROWS: &str = "SELECT hash, client_id = $2 AND consumed_at IS NULL AS is_wanted FROM device_codes
         WHERE hash > $1 ORDER BY hash LIMIT $3";
    steps::look(conn, ROWS, after, client.as_str()).await
}

/// Deletes the requests of a client's devices in a stretch that were not redeemed. Returns their number.
///
/// # Errors
/// Only failures of the database.
pub async fn delete_of_client(
    tx: &mut Tx,
    client: &ClientId,
    stretch: &Stretch<Vec<u8>>,
) -> Result<u64, DbError> {
    tx.query(
        "DELETE FROM device_codes WHERE hash > $1 AND hash <= $2 AND client_id = $3 AND consumed_at IS NULL",
    )
    .bind(stretch.after.as_slice())
    .bind(stretch.until.as_slice())
    .bind(client.as_str())
    .execute()
    .await
}

impl DeviceRow {
    fn into_device(self) -> Result<DeviceRequest, DbError> {
        let code = self.user_code.as_deref().and_then(UserCode::parse);
        let answer = match (self.session_id, self.denied_at, code) {
            (Some(session), None, _) => DeviceAnswer::Allowed(SessionId::new(session)),
            (None, Some(_), _) => DeviceAnswer::Denied,
            (None, None, Some(code)) => DeviceAnswer::Awaited(code),
            _ => {
                return Err(DbError::Corrupt { table: "device_codes", id: self.grant_id, what: "user_code" });
            }
        };
        Ok(DeviceRequest {
            granted: granted_from(&self.granted, "device_codes", &self.grant_id)?,
            grant: GrantId::new(self.grant_id),
            client: ClientId::new(self.client_id),
            address: self.address,
            created_at: self.created_at,
            expires_at: self.expires_at,
            answer,
        })
    }
}

impl ConsumedRow {
    fn into_grant(self) -> Result<(Grant, UserStatus), DbError> {
        let grant = self.grant.into_grant("device_codes")?;
        // The person may sign out in the browser before the device polls again.
        let session_ended = self.session_ended && !grant.granted.scope.contains(OFFLINE_ACCESS);
        Ok((grant, UserStatus::new(self.user_claims, session_ended)))
    }
}
