//! Authorization codes, stored as hashes and consumed once (RFC 6749 §4.1.2).

use grantor_from_row::FromRow;

use super::consume::{consume_once, consume_statement};
use super::db::{DbError, Tx};
use super::grants::GrantColumns;
use super::steps::STEP;
use crate::clock::{Seconds, Timestamp};
use crate::oauth::grant::UserStatus;
use crate::oauth::grant::code::{Code, LONGEST_LIFETIME, SKEW};
use crate::oauth::id::{ClientId, GrantId, UserId};
use crate::oauth::identity::session::LiveSessions;
use crate::oauth::request::pkce::Challenge;
use crate::oauth::token::binding::Binding;
use crate::secret::Hash;

/// For how long a code that was never redeemed is still reported as expired.
pub const MEMORY: Seconds = Seconds::new(24 * 3600);

#[derive(FromRow)]
struct CodeRow {
    #[sqlx(flatten)]
    grant: GrantColumns,
    redirect_uri: String,
    challenge: Option<String>,
    nonce: Option<String>,
    expires_at: Timestamp,
    user_claims: Option<String>,
    session_ended: bool,
}

#[derive(FromRow)]
struct SpentRow {
    client_id: String,
    grant_id: String,
    user_id: String,
    consumed_at: Option<Timestamp>,
}

/// Stores a code. `false` if a scope or a type was deleted since their number was `withdrawals`.
///
/// `purge_after`: until this time, a late redemption is answered with "expired" instead of "unknown"; [`MEMORY`] after the
/// end of the code.
///
/// # Errors
/// Only failures of the database.
pub async fn save(
    tx: &mut Tx,
    hash: &Hash,
    code: &Code,
    purge_after: Timestamp,
    withdrawals: i64,
) -> Result<bool, DbError> {
    tx.query(
        "INSERT INTO codes (hash, client_id, user_id, session_id, grant_id, redirect_uri, granted, challenge, nonce,
                            auth_time, amr, cnf, expires_at, purge_after)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14 FROM withdrawals WHERE id = 1 AND count = $15",
    )
    .bind(hash.as_bytes())
    .bind(code.grant.client.as_str())
    .bind(code.grant.user.as_str())
    .bind(code.grant.session.as_str())
    .bind(code.grant.id.as_str())
    .bind(code.redirect_uri.as_str())
    .bind(code.grant.granted.to_stored())
    .bind(code.challenge.as_ref().map(|challenge| challenge.as_str().to_owned()))
    .bind(code.nonce.clone())
    .bind(code.grant.authentication.at)
    .bind(code.grant.authentication.stored_amr())
    .bind(code.grant.binding.as_ref().map(Binding::to_stored))
    .bind(code.expires_at)
    .bind(purge_after)
    .bind(withdrawals)
    .execute()
    .await
    .map(|inserted| inserted == 1)
}

/// Consumes a code of `client`, and returns it with the status of its user. `None` if the code could not be consumed:
/// it is unknown, of another client or already consumed, or the client has changed since it authenticated.
///
/// Only one of several callers gets the code (RFC 6749 §10.5). The caller checks whether it has expired.
///
/// # Errors
/// [`DbError::Corrupt`] if the row is damaged; otherwise only failures of the database.
pub async fn consume(
    tx: &mut Tx,
    hash: &Hash,
    client: (&ClientId, i64),
    live: LiveSessions,
    purge_after: Timestamp,
) -> Result<Option<(Code, UserStatus)>, DbError> {
    const CONSUME: &str = consume_statement!(
        "codes",
        and: "",
        columns: "redirect_uri, challenge, nonce, expires_at, "
    );
    let row: Option<CodeRow> = consume_once(tx, CONSUME, hash, client, live, purge_after).await?;
    row.map(CodeRow::into_code).transpose()
}

/// Deletes up to [`STEP`] codes that can be redeemed at `now`: those of a user, of a client, or of both. Returns their
/// number. With neither, nothing is deleted.
///
/// # Errors
/// Only failures of the database.
pub async fn delete_redeemable(
    tx: &mut Tx,
    user: Option<&UserId>,
    client: Option<&ClientId>,
    now: Timestamp,
) -> Result<u64, DbError> {
    // Such a code was made in the last minute, so the index on purge_after leads to it.
    let first = now + MEMORY - SKEW;
    tx.query(
        "DELETE FROM codes WHERE hash IN
           (SELECT hash FROM codes
            WHERE purge_after > $3 AND purge_after <= $4 AND consumed_at IS NULL
              AND ($1 IS NOT NULL OR $2 IS NOT NULL)
              AND ($1 IS NULL OR user_id = $1) AND ($2 IS NULL OR client_id = $2) LIMIT $5)",
    )
    .bind(user.map(UserId::to_string))
    .bind(client.map(ClientId::to_string))
    .bind(first)
    .bind(now + MEMORY + LONGEST_LIFETIME + SKEW)
    .bind(STEP)
    .execute()
    .await
}

/// Why a code could not be consumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotConsumable {
    Unknown,
    OfAnotherClient,
    Consumed {
        grant: GrantId,
        user: UserId,
    },
    /// It could be consumed, but the client has changed since it was authenticated.
    ClientChanged,
}

/// Why `client` could not consume a code.
///
/// # Errors
/// Only failures of the database.
pub async fn why_not(tx: &mut Tx, hash: &Hash, client: &ClientId) -> Result<NotConsumable, DbError> {
    let row: Option<SpentRow> = tx
        .query("SELECT client_id, grant_id, user_id, consumed_at FROM codes WHERE hash = $1")
        .bind(hash.as_bytes())
        .optional()
        .await?;
    Ok(match row {
        None => NotConsumable::Unknown,
        Some(row) if row.client_id != client.as_str() => NotConsumable::OfAnotherClient,
        Some(row) if row.consumed_at.is_some() => {
            NotConsumable::Consumed { grant: GrantId::new(row.grant_id), user: UserId::new(row.user_id) }
        }
        Some(_) => NotConsumable::ClientChanged,
    })
}

impl CodeRow {
    fn into_code(self) -> Result<(Code, UserStatus), DbError> {
        let code = Code {
            grant: self.grant.into_grant("codes")?,
            redirect_uri: self.redirect_uri,
            challenge: self.challenge.as_deref().map(Challenge::from_stored),
            nonce: self.nonce,
            expires_at: self.expires_at,
        };
        Ok((code, UserStatus::new(self.user_claims, self.session_ended)))
    }
}
