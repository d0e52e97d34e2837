//! What the tables of device codes and of backchannel requests share: a person answers elsewhere, and the client polls for
//! the answer (RFC 8628 §3.4, CIBA Core §10.1).
//!
//! Each table has a constant of the type [`PolledRequests`] with its statements, which [`polled_requests`] writes.

use grantor_from_row::FromRow;

use super::consume::consume_once;
use super::db::{Conn, DbError, Tx};
use super::grants::GrantColumns;
use super::steps::{self, STEP, Stretch};
use crate::clock::{Seconds, Timestamp};
use crate::oauth::grant::polling::Poll;
use crate::oauth::grant::scope::OFFLINE_ACCESS;
use crate::oauth::grant::{Grant, UserStatus};
use crate::oauth::id::{ClientId, GrantId, UserId};
use crate::oauth::identity::session::LiveSessions;
use crate::secret::Hash;

/// The statements for one table of requests. A request is allowed when it has a session.
#[derive(Clone, Copy, Debug)]
pub struct PolledRequests {
    pub(super) table: &'static str,
    /// How long a redeemed request stays at least.
    pub(super) kept_when_redeemed: Seconds,
    pub(super) consume: &'static str,
    pub(super) find: &'static str,
    pub(super) note_poll: &'static str,
    pub(super) delete_of_user: &'static str,
    pub(super) look_for_client: &'static str,
    pub(super) delete_of_client: &'static str,
}

/// The [`PolledRequests`] of a table.
macro_rules! polled_requests {
    ($table:literal, kept_when_redeemed: $kept:expr) => {
        $crate::store::polled::PolledRequests {
            table: $table,
            kept_when_redeemed: $kept,
            consume: $crate::store::consume::consume_statement!(
                $table,
                and: "session_id IS NOT NULL AND denied_at IS NULL AND expires_at > $4 AND ",
                columns: ""
            ),
            find: concat!(
                "SELECT grant_id, client_id, CASE WHEN session_id IS NOT NULL THEN user_id END AS allowed_by, denied_at,
                        consumed_at, expires_at, poll_interval, polled_at
                 FROM ",
                $table,
                " WHERE hash = $1"
            ),
            note_poll: concat!("UPDATE ", $table, " SET polled_at = $2, poll_interval = $3 WHERE hash = $1"),
            delete_of_user: concat!(
                "DELETE FROM ",
                $table,
                " WHERE hash IN (SELECT hash FROM ",
                $table,
                " WHERE user_id = $1 AND consumed_at IS NULL AND ($2 IS NULL OR client_id = $2) LIMIT $3)"
            ),
            look_for_client: concat!(
                "SELECT hash, client_id = $2 AND consumed_at IS NULL AS is_wanted FROM ",
                $table,
                " WHERE hash > $1 ORDER BY hash LIMIT $3"
            ),
            delete_of_client: concat!(
                "DELETE FROM ",
                $table,
                " WHERE hash > $1 AND hash <= $2 AND client_id = $3 AND consumed_at IS NULL"
            ),
        }
    };
}
pub(super) use polled_requests;

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
    allowed_by: Option<String>,
    denied_at: Option<Timestamp>,
    consumed_at: Option<Timestamp>,
    expires_at: Timestamp,
    poll_interval: Seconds,
    polled_at: Option<Timestamp>,
}

impl PolledRequests {
    /// Consumes a code of `client` whose request a person has allowed, and returns the grant with the status of that
    /// person. `None` if the code could not be consumed: it is unknown, of another client, not allowed, expired or already
    /// consumed, or the client has changed since it authenticated.
    ///
    /// Only one of several polls gets the grant.
    ///
    /// # Errors
    /// [`DbError::Corrupt`] if the row is damaged; otherwise only failures of the database.
    pub async fn consume(
        &self,
        tx: &mut Tx,
        hash: &Hash,
        client: (&ClientId, i64),
        live: LiveSessions,
        purge_after: Timestamp,
    ) -> Result<Option<(Grant, UserStatus)>, DbError> {
        let purge_after = purge_after.max(live.now + self.kept_when_redeemed);
        let row: Option<ConsumedRow> =
            consume_once(tx, self.consume, hash, client, live, purge_after).await?;
        row.map(|row| row.into_grant(self.table)).transpose()
    }

    /// The state of a request that could not be consumed. `None` if it does not exist.
    ///
    /// # Errors
    /// Only failures of the database.
    pub async fn find(&self, conn: &mut Conn, hash: &Hash) -> Result<Option<Poll>, DbError> {
        let row: Option<PolledRow> = conn.query(self.find).bind(hash.as_bytes()).optional().await?;
        Ok(row.map(PolledRow::into_poll))
    }

    /// Records a poll, and the interval that the client must wait from now on (RFC 8628 §3.5, CIBA Core §11).
    ///
    /// # Errors
    /// Only failures of the database.
    pub async fn note_poll(
        &self,
        tx: &mut Tx,
        hash: &Hash,
        interval: Seconds,
        now: Timestamp,
    ) -> Result<(), DbError> {
        tx.query(self.note_poll).bind(hash.as_bytes()).bind(now).bind(interval).execute().await.map(drop)
    }

    /// Deletes up to [`STEP`] requests of a user that were not redeemed: those of one client, or of all for `None`. Returns
    /// their number.
    ///
    /// # Errors
    /// Only failures of the database.
    pub async fn delete_of_user(
        &self,
        tx: &mut Tx,
        user: &UserId,
        client: Option<&ClientId>,
    ) -> Result<u64, DbError> {
        tx.query(self.delete_of_user)
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
        &self,
        conn: &mut Conn,
        client: &ClientId,
        after: &[u8],
    ) -> Result<Vec<(Vec<u8>, bool)>, DbError> {
        steps::look(conn, self.look_for_client, after, client.as_str()).await
    }

    /// Deletes the requests of a client in a stretch that were not redeemed. Returns their number.
    ///
    /// # Errors
    /// Only failures of the database.
    pub async fn delete_of_client(
        &self,
        tx: &mut Tx,
        client: &ClientId,
        stretch: &Stretch<Vec<u8>>,
    ) -> Result<u64, DbError> {
        tx.query(self.delete_of_client)
            .bind(stretch.after.as_slice())
            .bind(stretch.until.as_slice())
            .bind(client.as_str())
            .execute()
            .await
    }
}

impl ConsumedRow {
    fn into_grant(self, table: &'static str) -> Result<(Grant, UserStatus), DbError> {
        let grant = self.grant.into_grant(table)?;
        // The person may sign out in the browser before the client polls again.
        let session_ended = self.session_ended && !grant.granted.scope.contains(OFFLINE_ACCESS);
        Ok((grant, UserStatus::new(self.user_claims, session_ended)))
    }
}

impl PolledRow {
    fn into_poll(self) -> Poll {
        Poll {
            grant: GrantId::new(self.grant_id),
            client: ClientId::new(self.client_id),
            allowed_by: self.allowed_by.map(UserId::new),
            is_denied: self.denied_at.is_some(),
            is_consumed: self.consumed_at.is_some(),
            expires_at: self.expires_at,
            interval: self.poll_interval,
            polled_at: self.polled_at,
        }
    }
}
