//! Access tokens: opaque ones by their hashes, and JWTs by the grants that they belong to.

use grantor_from_row::FromRow;

use super::conditions::session_holds;
use super::db::{Batch, Conn, DbError, Tx};
use super::grants::{binding_from, granted_from};
use super::steps::{self, Stretch};
use crate::clock::Timestamp;
use crate::oauth::id::{ClientId, GrantId, UserId};
use crate::oauth::identity::session::LiveSessions;
use crate::oauth::request::claims_request::ClaimsRequest;
use crate::oauth::token::bearer::PresentedToken;
use crate::oauth::token::binding::Binding;
use crate::oauth::token::delegation::{Delegation, MAX_DEPTH};
use crate::oauth::token::{AccessToken, IssuedFor};
use crate::secret::{Hash, from_base64url};

#[derive(FromRow)]
struct OpaqueRow {
    client_id: String,
    user_id: Option<String>,
    grant_id: Option<String>,
    granted: String,
    audience: Option<String>,
    issued_at: Timestamp,
    expires_at: Timestamp,
    delegation: Option<String>,
    cnf: Option<String>,
    authorization: Option<String>,
    is_revoked: bool,
}

#[derive(FromRow)]
struct StatusRow {
    user_id: Option<String>,
    granted: Option<String>,
    is_revoked: bool,
}

/// Finds an opaque token and what decides at this moment whether it may be used. `None` if it does not exist.
///
/// # Errors
/// [`DbError::Corrupt`] if the row of the token or of its grant is damaged; otherwise only failures of the database.
pub async fn find_opaque(
    conn: &mut Conn,
    hash: &Hash,
    live: LiveSessions,
) -> Result<Option<PresentedToken>, DbError> {
    let row: Option<OpaqueRow> = conn
        .query(concat!(
            "SELECT access_tokens.client_id, access_tokens.user_id, access_tokens.grant_id, access_tokens.granted,
                    access_tokens.audience, access_tokens.issued_at, access_tokens.expires_at,
                    access_tokens.delegation, access_tokens.cnf, grants.granted AS authorization,
                    NOT (EXISTS (SELECT 1 FROM clients
                                 WHERE clients.id = access_tokens.client_id AND clients.disabled_at IS NULL)
                         AND (access_tokens.grant_id IS NULL
                              OR (grants.id IS NOT NULL AND grants.revoked_at IS NULL AND ",
            session_holds!("$2", "$3"),
            "))
                         AND (access_tokens.user_id IS NULL
                              OR EXISTS (SELECT 1 FROM users
                                         WHERE users.id = access_tokens.user_id AND users.disabled_at IS NULL)))
                        AS is_revoked
             FROM access_tokens LEFT JOIN grants ON grants.id = access_tokens.grant_id
             WHERE access_tokens.hash = $1",
        ))
        .bind(hash.as_bytes())
        .bind(live.now)
        .bind(live.idle_since)
        .optional()
        .await?;
    let Some(row) = row else { return Ok(None) };
    with_ancestors(conn, row.into_presented(hash)?).await.map(Some)
}

/// The state of a JWT of this server at this moment. The user is that of its grant. A JWT whose grant or client no
/// longer exists is revoked.
///
/// # Errors
/// [`DbError::Corrupt`] if the row of the grant is damaged; otherwise only failures of the database.
pub async fn find_jwt(
    conn: &mut Conn,
    token: AccessToken,
    live: LiveSessions,
) -> Result<PresentedToken, DbError> {
    let row: Option<StatusRow> = match &token.grant_id {
        Some(grant) => {
            conn.query(concat!(
                "SELECT grants.user_id, grants.granted,
                        (grants.revoked_at IS NOT NULL OR NOT ",
                session_holds!("$5", "$6"),
                "
                         OR NOT EXISTS (SELECT 1 FROM clients
                                        WHERE clients.id = grants.client_id AND clients.disabled_at IS NULL)
                         OR NOT EXISTS (SELECT 1 FROM users
                                        WHERE users.id = grants.user_id AND users.disabled_at IS NULL)
                         OR EXISTS (SELECT 1 FROM revoked_tokens WHERE revoked_tokens.id = $3)) AS is_revoked
                 FROM grants WHERE grants.id = $1 AND ($4 OR grants.client_id = $2)",
            ))
            .bind(grant.as_str())
            .bind(token.client_id.as_str())
            .bind(token.id.as_str())
            .bind(!token.delegation.exchanged_from.is_empty())
            .bind(live.now)
            .bind(live.idle_since)
            .optional()
            .await?
        }
        // A client that was registered later under the same id is another client.
        None => {
            conn.query(
                "SELECT CAST(NULL AS TEXT) AS user_id, CAST(NULL AS TEXT) AS granted,
                        EXISTS (SELECT 1 FROM revoked_tokens WHERE revoked_tokens.id = $3) AS is_revoked
                 FROM clients WHERE id = $1 AND disabled_at IS NULL AND created_at <= $2",
            )
            .bind(token.client_id.as_str())
            .bind(token.issued_at)
            .bind(token.id.as_str())
            .optional()
            .await?
        }
    };
    let Some(row) = row else {
        return Ok(PresentedToken { token, authorized: None, is_revoked: true });
    };
    let mut token = AccessToken { user_id: row.user_id.map(UserId::new), ..token };
    let mut authorized = None;
    if let Some(granted) = &row.granted {
        // The token states its scope and its details. Only its grant knows the claims that were requested by name.
        let granted = granted_from(granted, "grants", &token.id)?;
        token.granted = granted.for_token(token.granted.scope, token.granted.details);
        authorized = Some(granted.resources);
    }
    with_ancestors(conn, PresentedToken { token, authorized, is_revoked: row.is_revoked }).await
}

#[derive(FromRow)]
struct LineRow {
    opaque: i64,
    revoked: i64,
    clients: i64,
}

/// Adds whether the tokens before an exchanged token are still valid. Other tokens need no further query.
async fn with_ancestors(conn: &mut Conn, mut presented: PresentedToken) -> Result<PresentedToken, DbError> {
    if presented.token.delegation.exchanged_from.is_empty() || presented.is_revoked {
        return Ok(presented);
    }
    presented.is_revoked = !is_of_live_line(conn, &presented.token).await?;
    // A person allowed claims by name to one application only, so an exchanged token does not have them.
    presented.token.granted.claims = ClaimsRequest::default();
    Ok(presented)
}

/// Whether all tokens that a token was exchanged from are still valid, and all clients of the chain are unchanged and
/// enabled.
async fn is_of_live_line(conn: &mut Conn, token: &AccessToken) -> Result<bool, DbError> {
    let line = &token.delegation.exchanged_from;
    let mut opaque: Vec<Vec<u8>> =
        line.iter().filter(|from| from.opaque).filter_map(|from| from_base64url(&from.jti)).collect();
    let mut signed: Vec<&str> =
        line.iter().filter(|from| !from.opaque).map(|from| from.jti.as_str()).collect();
    let mut clients: Vec<&str> = line.iter().map(|from| from.client_id.as_str()).collect();
    clients.push(token.client_id.as_str());
    clients.sort_unstable();
    clients.dedup();
    if line.len() > MAX_DEPTH || opaque.len() + signed.len() != line.len() {
        return Ok(false);
    }
    let expected = (opaque.len(), clients.len());
    opaque.resize(MAX_DEPTH, Vec::new());
    signed.resize(MAX_DEPTH, "");
    clients.resize(MAX_DEPTH + 1, "");
    // A client that was registered later under the same id is another client.
    let mut query = conn.query(
        "SELECT (SELECT COUNT(*) FROM access_tokens WHERE hash IN ($1, $2, $3, $4)) AS opaque,
                (SELECT COUNT(*) FROM revoked_tokens WHERE id IN ($5, $6, $7, $8)) AS revoked,
                (SELECT COUNT(*) FROM clients WHERE id IN ($9, $10, $11, $12, $13)
                 AND disabled_at IS NULL AND created_at <= $14) AS clients",
    );
    for hash in opaque {
        query = query.bind(hash);
    }
    for id in signed.into_iter().chain(clients) {
        query = query.bind(id.to_owned());
    }
    let row: Option<LineRow> = query.bind(token.issued_at).optional().await?;
    let is_whole = |row: LineRow| {
        usize::try_from(row.opaque) == Ok(expected.0)
            && row.revoked == 0
            && usize::try_from(row.clients) == Ok(expected.1)
    };
    Ok(row.is_some_and(is_whole))
}

/// Adds to a batch the opaque token that a client gets for itself, if the client still has this version and is enabled, and if
/// the proof that comes with the request was not used before. Otherwise the statement changes no row.
///
/// The condition is part of the insert: a decision with a cached client only becomes a token if the database confirms
/// that the client has not changed.
pub fn save_for_client_in(
    batch: Batch,
    hash: &Hash,
    token: &AccessToken,
    client_version: i64,
    proof: Option<&Hash>,
) -> Batch {
    batch
        .query(
            "INSERT INTO access_tokens (hash, client_id, granted, audience, issued_at, expires_at, delegation,
                                        cnf)
             SELECT $1, clients.id, $2, $3, $4, $5, $6, $7 FROM clients
             WHERE clients.id = $8 AND clients.version = $9 AND clients.disabled_at IS NULL
               AND NOT EXISTS (SELECT 1 FROM used_assertions WHERE used_assertions.id = $10)",
        )
        .bind(hash.as_bytes())
        .bind(token.granted.to_stored())
        .bind(token.audience.clone())
        .bind(token.issued_at)
        .bind(token.expires_at)
        .bind(token.delegation.to_stored())
        .bind(token.binding.as_ref().map(Binding::to_stored))
        .bind(token.client_id.as_str())
        .bind(client_version)
        .bind(proof.map(|proof| proof.as_bytes().to_vec()))
}

/// The next opaque tokens after `after` by hash, at most [`steps::LOOK`], each with whether it is of a client.
///
/// # Errors
/// Only failures of the database.
pub async fn look_for_client(
    conn: &mut Conn,
    client: &ClientId,
    after: &[u8],
) -> Result<Vec<(Vec<u8>, bool)>, DbError> {
    const ROWS: &str =
        "SELECT hash, client_id = $2 AS is_wanted FROM access_tokens WHERE hash > $1 ORDER BY hash LIMIT $3";
    steps::look(conn, ROWS, after, client.as_str()).await
}

/// Deletes the opaque tokens of a client in a stretch: its own, those of grants, and exchanged ones, which may depend on a
/// grant to another client. Returns their number.
///
/// # Errors
/// Only failures of the database.
pub async fn delete_of_client(
    tx: &mut Tx,
    client: &ClientId,
    stretch: &Stretch<Vec<u8>>,
) -> Result<u64, DbError> {
    tx.query("DELETE FROM access_tokens WHERE hash > $1 AND hash <= $2 AND client_id = $3")
        .bind(stretch.after.as_slice())
        .bind(stretch.until.as_slice())
        .bind(client.as_str())
        .execute()
        .await
}

/// Deletes one opaque token, if it belongs to this client (RFC 7009 §2.1). Returns its user and its grant; `None` if
/// nothing was deleted.
///
/// # Errors
/// Only failures of the database.
pub async fn delete(tx: &mut Tx, hash: &Hash, client: &ClientId) -> Result<Option<IssuedFor>, DbError> {
    let row: Option<(Option<String>, Option<String>)> = tx
        .query("DELETE FROM access_tokens WHERE hash = $1 AND client_id = $2 RETURNING user_id, grant_id")
        .bind(hash.as_bytes())
        .bind(client.as_str())
        .optional()
        .await?;
    Ok(row.map(|(user, grant)| IssuedFor { user: user.map(UserId::new), grant: grant.map(GrantId::new) }))
}

/// Records that a JWT is revoked; `false` if it was revoked before. The record may be deleted when the JWT expires.
///
/// # Errors
/// Only failures of the database.
pub async fn revoke_jwt(tx: &mut Tx, token: &AccessToken) -> Result<bool, DbError> {
    let revoked = tx
        .query("INSERT INTO revoked_tokens (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING")
        .bind(token.id.as_str())
        .bind(token.expires_at)
        .execute()
        .await?;
    Ok(revoked == 1)
}

/// Adds the insert of an opaque token to a batch.
pub fn save_in(batch: Batch, hash: &Hash, token: &AccessToken) -> Batch {
    batch
        .query(
            "INSERT INTO access_tokens (hash, client_id, user_id, grant_id, granted, audience, issued_at, expires_at,
                                        delegation, cnf)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(hash.as_bytes())
        .bind(token.client_id.as_str())
        .bind(token.user_id.as_ref().map(UserId::to_string))
        .bind(token.grant_id.as_ref().map(GrantId::to_string))
        .bind(token.granted.to_stored())
        .bind(token.audience.clone())
        .bind(token.issued_at)
        .bind(token.expires_at)
        .bind(token.delegation.to_stored())
        .bind(token.binding.as_ref().map(Binding::to_stored))
}

impl OpaqueRow {
    fn into_presented(self, hash: &Hash) -> Result<PresentedToken, DbError> {
        // The token has no id of its own; its hash identifies it.
        let id = hash.to_text();
        let token = AccessToken {
            granted: granted_from(&self.granted, "access_tokens", &id)?,
            binding: binding_from(self.cnf.as_deref(), "access_tokens", &id)?,
            user_id: self.user_id.map(UserId::new),
            grant_id: self.grant_id.map(GrantId::new),
            audience: self.audience,
            signed_with: None,
            issued_at: self.issued_at,
            expires_at: self.expires_at,
            client_id: ClientId::new(self.client_id),
            delegation: Delegation::from_stored(self.delegation.as_deref()).ok_or_else(|| {
                DbError::Corrupt { table: "access_tokens", id: id.clone(), what: "delegation" }
            })?,
            id,
        };
        let authorization = self.authorization.as_deref();
        let authorization = authorization.map(|text| granted_from(text, "grants", &token.id)).transpose()?;
        let authorized = authorization.map(|granted| granted.resources);
        Ok(PresentedToken { token, authorized, is_revoked: self.is_revoked })
    }
}
