//! Backchannel requests: an application has asked for a person, who answers on a device of their own. The `auth_req_id` is
//! stored as a hash and consumed once (CIBA Core §7).

use grantor_from_row::FromRow;

use super::consume::{consume_once, consume_statement};
use super::db::{Conn, DbError, Tx};
use super::grants::{GrantColumns, granted_from};
use super::steps::{self, STEP, Stretch};
use crate::clock::{Seconds, Timestamp};
use crate::oauth::grant::backchannel::{
    BackchannelAnswer, BackchannelRequest, BindingMessage, HOUR, PersonLoad,
};
use crate::oauth::grant::granted::Granted;
use crate::oauth::grant::polling::Poll;
use crate::oauth::grant::scope::OFFLINE_ACCESS;
use crate::oauth::grant::{Grant, UserStatus};
use crate::oauth::id::{ClientId, GrantId, SessionId, UserId};
use crate::oauth::identity::session::LiveSessions;
use crate::oauth::request::interaction::SignedIn;
use crate::secret::Hash;

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
struct ConsumedRequestRow {
    #[sqlx(flatten)]
    grant: GrantColumns,
    user_claims: Option<String>,
    session_ended: bool,
}

#[derive(FromRow)]
struct PolledRequestRow {
    grant_id: String,
    client_id: String,
    user_id: String,
    session_id: Option<String>,
    denied_at: Option<Timestamp>,
    consumed_at: Option<Timestamp>,
    expires_at: Timestamp,
    poll_interval: Seconds,
    polled_at: Option<Timestamp>,
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

/// How often a person has been asked, in all and by one client; requests that came before `since` do not count. It is read
/// in the transaction that stores the next request, so that many requests at once are counted, too.
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

/// Consumes an `auth_req_id` of `client` whose request a person has allowed, and returns the grant with the status of that
/// person. `None` if it could not be consumed: it is unknown, of another client, not allowed, expired or already consumed,
/// or the client has changed since it authenticated.
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
        "backchannel_requests",
        and: "session_id IS NOT NULL AND denied_at IS NULL AND expires_at > $4 AND ",
        columns: ""
    );
    // Redeemed requests still count for the hour of their person.
    let purge_after = purge_after.max(live.now + HOUR);
    let row: Option<ConsumedRequestRow> = consume_once(tx, CONSUME, hash, client, live, purge_after).await?;
    row.map(ConsumedRequestRow::into_grant).transpose()
}

/// The state of a request that could not be consumed. `None` if it does not exist.
///
/// # Errors
/// Only failures of the database.
pub async fn find_polled(conn: &mut Conn, hash: &Hash) -> Result<Option<Poll>, DbError> {
    let row: Option<PolledRequestRow> = conn
        .query(
            "SELECT grant_id, client_id, user_id, session_id, denied_at, consumed_at, expires_at, poll_interval, polled_at
             FROM backchannel_requests WHERE hash = $1",
        )
        .bind(hash.as_bytes())
        .optional()
        .await?;
    Ok(row.map(|row| Poll {
        grant: GrantId::new(row.grant_id),
        client: ClientId::new(row.client_id),
        allowed_by: row.session_id.map(|_| UserId::new(row.user_id)),
        is_denied: row.denied_at.is_some(),
        is_consumed: row.consumed_at.is_some(),
        expires_at: row.expires_at,
        interval: row.poll_interval,
        polled_at: row.polled_at,
    }))
}

/// Records a poll, and the interval that the client must wait from now on (CIBA Core §11).
///
/// # Errors
/// Only failures of the database.
pub async fn note_poll(tx: &mut Tx, hash: &Hash, interval: Seconds, now: Timestamp) -> Result<(), DbError> {
    tx.query("UPDATE backchannel_requests SET polled_at = $2, poll_interval = $3 WHERE hash = $1")
        .bind(hash.as_bytes())
        .bind(now)
        .bind(interval)
        .execute()
        .await
        .map(drop)
}

/// Deletes up to [`STEP`] requests for a user that no client has redeemed yet: those of one client, or of all for `None`.
/// Returns their number.
///
/// # Errors
/// Only failures of the database.
pub async fn delete_of_user(tx: &mut Tx, user: &UserId, client: Option<&ClientId>) -> Result<u64, DbError> {
    tx.query(
        "DELETE FROM backchannel_requests WHERE hash IN
           (SELECT hash FROM backchannel_requests
            WHERE user_id = $1 AND consumed_at IS NULL AND ($2 IS NULL OR client_id = $2) LIMIT $3)",
    )
    .bind(user.as_str())
    .bind(client.map(ClientId::to_string))
    .bind(STEP)
    .execute()
    .await
}

/// The next requests after `after` by hash, at most [`steps::LOOK`], each with whether it is of a client and was not
/// redeemed.
///
/// # Errors
/// Only failures of the database.
pub async fn look_for_client(
    conn: &mut Conn,
    client: &ClientId,
    after: &[u8],
) -> Result<Vec<(Vec<u8>, bool)>, DbError> {
    const ROWS: &str =
        "SELECT hash, client_id = $2 AND consumed_at IS NULL AS is_wanted FROM backchannel_requests
         WHERE hash > $1 ORDER BY hash LIMIT $3";
    steps::look(conn, ROWS, after, client.as_str()).await
}

/// Deletes the requests of a client in a stretch that were not redeemed. Returns their number.
///
/// # Errors
/// Only failures of the database.
pub async fn delete_of_client(
    tx: &mut Tx,
    client: &ClientId,
    stretch: &Stretch<Vec<u8>>,
) -> Result<u64, DbError> {
    tx.query(
        "DELETE FROM backchannel_requests WHERE hash > $1 AND hash <= $2 AND client_id = $3 AND consumed_at IS NULL",
    )
    .bind(stretch.after.as_slice())
    .bind(stretch.until.as_slice())
    .bind(client.as_str())
    .execute()
    .await
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

impl ConsumedRequestRow {
    fn into_grant(self) -> Result<(Grant, UserStatus), DbError> {
        let grant = self.grant.into_grant("backchannel_requests")?;
        // The person may sign out in the browser before the client polls again.
        let session_ended = self.session_ended && !grant.granted.scope.contains(OFFLINE_ACCESS);
        Ok((grant, UserStatus::new(self.user_claims, session_ended)))
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
