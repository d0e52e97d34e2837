//! Backchannel requests: an application has asked for a person, who answers on a device of their own. The `auth_req_id` is
//! stored as a hash and consumed once (CIBA Core §7).

use grantor_from_row::FromRow;

use super::db::{Conn, DbError, Tx};
use super::grants::granted_from;
use super::polled::{PolledRequests, polled_requests};
use crate::clock::{Seconds, Timestamp};
use crate::oauth::grant::backchannel::{
    BackchannelAnswer, BackchannelRequest, BindingMessage, HOUR, PersonLoad,
};
use crate::oauth::grant::granted::Granted;
use crate::oauth::id::{ClientId, GrantId, SessionId, UserId};
use crate::oauth::request::interaction::SignedIn;
use crate::secret::Hash;

/// The requests, as their clients poll for them. Redeemed ones still count for the hour of their person.
pub const POLLED: PolledRequests = polled_requests!("backchannel_requests", kept_when_redeemed: HOUR);

/// What is stored of a request beside the request itself.
#[derive(Clone, Debug)]
pub struct NewBackchannelRequest {
    /// The hash of the `auth_req_id`.
    pub hash: Hash,
    pub request: BackchannelRequest,
    /// Seconds between two polls.
    pub interval: Seconds,
    /// Until this time, a late poll is answered with "expired" instead of "unknown".
    pub purge_after: Timestamp,
    /// What the application's notification is made from, sealed. `None`: the application polls.
    pub sealed_ping: Option<Vec<u8>>,
}

#[derive(FromRow)]
struct RequestRow {
    grant_id: String,
    client_id: String,
    user_id: String,
    granted: String,
    binding_message: Option<String>,
    address: String,
    created_at: Timestamp,
    session_id: Option<String>,
    denied_at: Option<Timestamp>,
    expires_at: Timestamp,
}

#[derive(FromRow)]
struct LoadRow {
    waiting: i64,
    waiting_of_client: i64,
    hourly: i64,
    hourly_of_client: i64,
    first_end: Option<Timestamp>,
    first_end_of_client: Option<Timestamp>,
    first_at: Option<Timestamp>,
    first_of_client: Option<Timestamp>,
    denied_at: Option<Timestamp>,
}

/// Stores a request.
///
/// # Errors
/// Only failures of the database.
pub async fn save(tx: &mut Tx, new: &NewBackchannelRequest) -> Result<(), DbError> {
    let request = &new.request;
    tx.query(
        "INSERT INTO backchannel_requests (hash, grant_id, client_id, user_id, granted, binding_message, address, created_at,
                                           poll_interval, sealed_ping, expires_at, purge_after)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(new.hash.as_bytes())
    .bind(request.grant.as_str())
    .bind(request.client.as_str())
    .bind(request.user.as_str())
    .bind(request.granted.to_stored())
    .bind(request.binding_message.as_ref().map(|message| message.as_str().to_owned()))
    .bind(request.address.as_str())
    .bind(request.created_at)
    .bind(new.interval)
    .bind(new.sealed_ping.clone())
    .bind(request.expires_at)
    .bind(new.purge_after)
    .execute()
    .await
    .map(drop)
}

/// How often applications have asked for a person, in all and by one client; requests that came before `since` do not count.
/// It is read in the transaction that stores the next request, so that many requests at once are counted, too.
///
/// # Errors
/// Only failures of the database.
pub async fn load(
    conn: &mut Conn,
    (user, client): (&UserId, &ClientId),
    since: Timestamp,
    now: Timestamp,
) -> Result<PersonLoad, DbError> {
    let row: Option<LoadRow> = conn
        .query(
            "SELECT COUNT(CASE WHEN is_waiting THEN 1 END) AS waiting,
                    COUNT(CASE WHEN is_waiting AND is_own THEN 1 END) AS waiting_of_client,
                    COUNT(CASE WHEN is_recent THEN 1 END) AS hourly,
                    COUNT(CASE WHEN is_recent AND is_own THEN 1 END) AS hourly_of_client,
                    MIN(CASE WHEN is_waiting THEN expires_at END) AS first_end,
                    MIN(CASE WHEN is_waiting AND is_own THEN expires_at END) AS first_end_of_client,
                    MIN(CASE WHEN is_recent THEN created_at END) AS first_at,
                    MIN(CASE WHEN is_recent AND is_own THEN created_at END) AS first_of_client,
                    MAX(CASE WHEN is_own THEN denied_at END) AS denied_at
             FROM (SELECT created_at, expires_at, denied_at, client_id = $2 AS is_own, created_at > $4 AS is_recent,
                          session_id IS NULL AND denied_at IS NULL AND expires_at > $5 AS is_waiting
                   FROM backchannel_requests WHERE user_id = $1 AND created_at > $3) AS asked",
        )
        .bind(user.as_str())
        .bind(client.as_str())
        .bind(since)
        .bind(now - HOUR)
        .bind(now)
        .optional()
        .await?;
    Ok(row.map_or_else(PersonLoad::default, LoadRow::into_load))
}

/// The request with this id, which the pages use. `None` if it does not exist.
///
/// # Errors
/// [`DbError::Corrupt`] if the row is damaged; otherwise only failures of the database.
pub async fn find(conn: &mut Conn, id: &GrantId) -> Result<Option<BackchannelRequest>, DbError> {
    let row: Option<RequestRow> = conn
        .query(
            "SELECT grant_id, client_id, user_id, granted, binding_message, address, created_at, session_id, denied_at,
                    expires_at
             FROM backchannel_requests WHERE grant_id = $1",
        )
        .bind(id.as_str())
        .optional()
        .await?;
    row.map(RequestRow::into_request).transpose()
}

/// Whether the client has tokens for its request, or has used up its answer.
///
/// # Errors
/// Only failures of the database.
pub async fn is_redeemed(conn: &mut Conn, id: &GrantId) -> Result<bool, DbError> {
    let row: Option<(bool,)> = conn
        .query("SELECT consumed_at IS NOT NULL AS is_redeemed FROM backchannel_requests WHERE grant_id = $1")
        .bind(id.as_str())
        .optional()
        .await?;
    Ok(row.is_some_and(|(is_redeemed,)| is_redeemed))
}

/// The requests that wait for the answer of a person, at most `most`. The newest comes first.
///
/// # Errors
/// [`DbError::Corrupt`] if a row is damaged; otherwise only failures of the database.
pub async fn waiting_of(
    conn: &mut Conn,
    user: &UserId,
    now: Timestamp,
    most: i64,
) -> Result<Vec<BackchannelRequest>, DbError> {
    let rows: Vec<RequestRow> = conn
        .query(
            "SELECT grant_id, client_id, user_id, granted, binding_message, address, created_at, session_id, denied_at,
                    expires_at
             FROM backchannel_requests
             WHERE user_id = $1 AND session_id IS NULL AND denied_at IS NULL AND expires_at > $2
             ORDER BY created_at DESC, grant_id LIMIT $3",
        )
        .bind(user.as_str())
        .bind(now)
        .bind(most)
        .all()
        .await?;
    rows.into_iter().map(RequestRow::into_request).collect()
}

/// Records that the person of the request allows it, and what the client is granted. `false` if it was already answered,
/// has expired, or is for another person. It is one conditional statement, so that only one answer counts.
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
            "UPDATE backchannel_requests SET session_id = $3, auth_time = $4, amr = $6, granted = $7
             WHERE grant_id = $1 AND user_id = $2 AND session_id IS NULL AND denied_at IS NULL AND expires_at > $5",
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

/// Records that the person of the request denies it. `false` if it was already answered, has expired, or is for another
/// person.
///
/// # Errors
/// Only failures of the database.
pub async fn deny(tx: &mut Tx, id: &GrantId, user: &UserId, now: Timestamp) -> Result<bool, DbError> {
    let denied = tx
        .query(
            "UPDATE backchannel_requests SET denied_at = $3
             WHERE grant_id = $1 AND user_id = $2 AND session_id IS NULL AND denied_at IS NULL AND expires_at > $3",
        )
        .bind(id.as_str())
        .bind(user.as_str())
        .bind(now)
        .execute()
        .await?;
    Ok(denied == 1)
}

impl RequestRow {
    fn into_request(self) -> Result<BackchannelRequest, DbError> {
        let answer = match (self.session_id, self.denied_at) {
            (_, Some(_)) => BackchannelAnswer::Denied,
            (Some(session), None) => BackchannelAnswer::Allowed(SessionId::new(session)),
            (None, None) => BackchannelAnswer::Awaited,
        };
        Ok(BackchannelRequest {
            granted: granted_from(&self.granted, "backchannel_requests", &self.grant_id)?,
            grant: GrantId::new(self.grant_id),
            client: ClientId::new(self.client_id),
            user: UserId::new(self.user_id),
            binding_message: self.binding_message.map(BindingMessage::from_stored),
            address: self.address,
            created_at: self.created_at,
            expires_at: self.expires_at,
            answer,
        })
    }
}

impl LoadRow {
    fn into_load(self) -> PersonLoad {
        PersonLoad {
            waiting: self.waiting,
            waiting_of_client: self.waiting_of_client,
            hourly: self.hourly,
            hourly_of_client: self.hourly_of_client,
            first_end: self.first_end,
            first_end_of_client: self.first_end_of_client,
            first: self.first_at,
            first_of_client: self.first_of_client,
            denied_at: self.denied_at,
        }
    }
}
