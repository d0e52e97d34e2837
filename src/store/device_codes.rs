//! Device codes, stored as hashes and consumed once, and the user codes that people type (RFC 8628).

use grantor_from_row::FromRow;

use super::db::{Conn, DbError, Tx};
use super::grants::granted_from;
use super::polled::{PolledRequests, polled_requests};
use crate::clock::{Seconds, Timestamp};
use crate::oauth::grant::device::{DeviceAnswer, DeviceRequest, UserCode};
use crate::oauth::grant::granted::Granted;
use crate::oauth::id::{ClientId, GrantId, SessionId};
use crate::oauth::request::interaction::SignedIn;
use crate::secret::Hash;

/// The requests of devices, as their clients poll for them.
pub const POLLED: PolledRequests = polled_requests!("device_codes", kept_when_redeemed: Seconds::new(0));

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

/// Records that a person allows the request, and what the device is granted. `false` if it was already answered or has
/// expired. It is one conditional statement, so that only one answer counts.
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
