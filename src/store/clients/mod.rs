//! Clients and their secrets.

mod listed;

use std::collections::HashMap;

use grantor_from_row::FromRow;

use super::client_secrets::{self, SecretRecord};
use super::db::{Batch, Conn, DbError, Tx};
use crate::clock::{Seconds, Timestamp};
use crate::oauth::client::demand::Demands;
use crate::oauth::client::profile::Profile;
use crate::oauth::client::{AuthMethod, Client, ClientMetadata, ClientSecret, SecretHash};
use crate::oauth::grant::scope::Scope;
use crate::oauth::id::ClientId;
use crate::oauth::identity::user::folded;
use crate::oauth::request::redirect_uri::RegisteredUri;

pub use listed::{ClientColumn, ClientFilter, list};

/// A client with all its secrets.
#[derive(Clone, Debug)]
pub struct StoredClient {
    pub client: Client,
    pub secrets: Vec<ClientSecret>,
}

/// A client as the operator sees it.
#[derive(Clone, Debug)]
pub struct ClientRecord {
    pub client: Client,
    pub created_at: Timestamp,
    pub secrets: Vec<SecretRecord>,
}

#[derive(FromRow)]
struct ClientRow {
    id: String,
    version: i64,
    metadata: String,
    disabled_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct RecordRow {
    #[sqlx(flatten)]
    client: ClientRow,
    created_at: Timestamp,
}

#[derive(FromRow)]
struct SecretRow {
    id: String,
    algorithm: String,
    hash: String,
    tag: Option<i64>,
    sealed: Option<Vec<u8>>,
    expires_at: Option<Timestamp>,
}

/// Finds a client and the hashes of its secrets. `None` if it is not registered.
///
/// # Errors
/// [`DbError::Corrupt`] if a row is damaged; otherwise only failures of the database.
pub async fn find(conn: &mut Conn, id: &ClientId) -> Result<Option<StoredClient>, DbError> {
    let Some(client) = find_client(conn, id).await? else { return Ok(None) };
    let secrets: Vec<SecretRow> = conn
        .query("SELECT id, algorithm, hash, tag, sealed, expires_at FROM client_secrets WHERE client_id = $1 ORDER BY created_at, id")
        .bind(id.as_str())
        .all()
        .await?;
    let secrets = secrets.into_iter().map(SecretRow::into_secret).collect::<Result<_, _>>()?;
    Ok(Some(StoredClient { client, secrets }))
}

async fn find_client(conn: &mut Conn, id: &ClientId) -> Result<Option<Client>, DbError> {
    let row: Option<ClientRow> = conn
        .query("SELECT id, version, metadata, disabled_at FROM clients WHERE id = $1")
        .bind(id.as_str())
        .optional()
        .await?;
    row.map(ClientRow::into_client).transpose()
}

/// Finds a client with its secrets, for its operator. `None` if it is not registered; nor has an operator the client of the
/// console.
///
/// # Errors
/// [`DbError::Corrupt`] if a row is damaged; otherwise only failures of the database.
pub async fn find_record(conn: &mut Conn, id: &ClientId) -> Result<Option<ClientRecord>, DbError> {
    let rows: Vec<RecordRow> = conn
        .query(
            "SELECT id, version, metadata, disabled_at, created_at FROM clients
             WHERE id = $1 AND id <> 'grantor-console'",
        )
        .bind(id.as_str())
        .all()
        .await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let secrets = client_secrets::list(conn, id).await?;
    Ok(with_secrets(rows, secrets)?.pop())
}

/// Adds their secrets to clients.
fn with_secrets(
    rows: Vec<RecordRow>,
    mut secrets: HashMap<ClientId, Vec<SecretRecord>>,
) -> Result<Vec<ClientRecord>, DbError> {
    let record = |row: RecordRow| {
        let client = row.client.into_client()?;
        let secrets = secrets.remove(&client.id).unwrap_or_default();
        Ok(ClientRecord { client, created_at: row.created_at, secrets })
    };
    rows.into_iter().map(record).collect()
}

/// Whether any client is registered besides that of the console.
///
/// # Errors
/// Only failures of the database.
pub async fn is_any(conn: &mut Conn) -> Result<bool, DbError> {
    let row: Option<(String,)> =
        conn.query("SELECT id FROM clients WHERE id <> 'grantor-console' LIMIT 1").optional().await?;
    Ok(row.is_some())
}

/// Whether a client still has the version that was authenticated. `false` also if it is disabled or deleted.
///
/// # Errors
/// Only failures of the database.
pub async fn is_unchanged(conn: &mut Conn, id: &ClientId, version: i64) -> Result<bool, DbError> {
    let row: Option<(i64,)> = conn
        .query("SELECT version FROM clients WHERE id = $1 AND version = $2 AND disabled_at IS NULL")
        .bind(id.as_str())
        .bind(version)
        .optional()
        .await?;
    Ok(row.is_some())
}

/// Whether a client already existed at a time. `false` also if it was registered later under the same id, because then
/// it is another client.
///
/// # Errors
/// Only failures of the database.
pub async fn was_there(conn: &mut Conn, id: &ClientId, at: Timestamp) -> Result<bool, DbError> {
    let row: Option<(i64,)> = conn
        .query("SELECT created_at FROM clients WHERE id = $1 AND created_at <= $2")
        .bind(id.as_str())
        .bind(at)
        .optional()
        .await?;
    Ok(row.is_some())
}

/// Stores a new client. `false` if the id is taken.
///
/// # Errors
/// [`DbError::Corrupt`] if the metadata cannot be written as JSON; otherwise only failures of the database.
pub async fn save(tx: &mut Tx, client: &Client, now: Timestamp) -> Result<bool, DbError> {
    let insert = tx
        .query(
            "INSERT INTO clients (id, version, metadata, created_at, disabled_at) VALUES ($1, $2, '{}', $3, $4)
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(client.id.as_str())
        .bind(client.version)
        .bind(now)
        .bind(client.disabled.then_some(now));
    let is_new = insert.execute().await? == 1;
    if is_new {
        write(tx, &client.id, &client.metadata).await?;
    }
    Ok(is_new)
}

/// Stores a changed client under its next version, so that the change takes effect at once.
///
/// # Errors
/// [`DbError::Corrupt`] if the metadata cannot be written as JSON; otherwise only failures of the database.
pub async fn update(tx: &mut Tx, client: &Client, now: Timestamp) -> Result<(), DbError> {
    tx.query(
        "UPDATE clients SET version = version + 1,
                            disabled_at = CASE WHEN $3 THEN COALESCE(disabled_at, $2) END
         WHERE id = $1",
    )
    .bind(client.id.as_str())
    .bind(now)
    .bind(client.disabled)
    .execute()
    .await?;
    // A client that no longer signs with its secret keeps no secret that could be decrypted.
    if client.auth_method != Some(AuthMethod::SecretJwt) {
        tx.query("UPDATE client_secrets SET sealed = NULL WHERE client_id = $1 AND sealed IS NOT NULL")
            .bind(client.id.as_str())
            .execute()
            .await?;
    }
    write(tx, &client.id, &client.metadata).await
}

/// Writes a client's metadata, with the columns and rows that SQL searches. They are derived from it, and nothing else
/// writes them.
async fn write(tx: &mut Tx, id: &ClientId, metadata: &ClientMetadata) -> Result<(), DbError> {
    let json = metadata.to_json().map_err(|_| corrupt(id.to_string()))?;
    tx.query(
        "UPDATE clients SET metadata = $2, scopes = $3, resources = $4, may_act = $5, logo_digest = $6,
                            backchannel_logout_uri = $7, frontchannel_logout_uri = $8, search_text = $9,
                            logo_dark_digest = $10, kind = $11, grant_types = $12, name_key = $13
         WHERE id = $1",
    )
    .bind(id.as_str())
    .bind(json)
    .bind(metadata.scopes.to_string())
    .bind(metadata.resources.join(" "))
    .bind(metadata.may_act.as_ref().map(ClientId::to_string))
    .bind(metadata.links.logo.clone())
    .bind(metadata.logout.back_channel.clone())
    .bind(metadata.logout.front_channel.clone())
    .bind(searched(id, metadata))
    .bind(metadata.branding.logo_dark.clone())
    .bind(metadata.kind.as_str())
    .bind(metadata.grants.iter().map(|grant| grant.as_str()).collect::<Vec<_>>().join(" "))
    .bind(folded(metadata.name.as_str()))
    .execute()
    .await?;
    tx.query("DELETE FROM client_origins WHERE client_id = $1").bind(id.as_str()).execute().await?;
    for origin in metadata.allowed_origins() {
        tx.query("INSERT INTO client_origins (origin, client_id) VALUES ($1, $2)")
            .bind(origin.as_str())
            .bind(id.as_str())
            .execute()
            .await?;
    }
    Ok(())
}

/// The text that is searched: the id, the name in each of its languages, and the addresses.
fn searched(id: &ClientId, metadata: &ClientMetadata) -> String {
    let names = metadata.name.in_languages().map(|(_, text)| text);
    let back = metadata.redirect_uris.iter().chain(&metadata.post_logout_redirect_uris);
    let logout = [&metadata.logout.back_channel, &metadata.logout.front_channel];
    let others = logout.into_iter().chain([&metadata.jwks_uri]).filter_map(|address| address.as_deref());
    let lines = [id.as_str(), metadata.name.as_str()].into_iter().chain(names);
    let lines = lines.chain(back.map(RegisteredUri::as_str)).chain(others).map(folded);
    lines.collect::<Vec<_>>().join("\n")
}

fn corrupt(id: String) -> DbError {
    DbError::Corrupt { table: "clients", id, what: "metadata" }
}

/// Whether any enabled client allows scripts from this origin.
///
/// # Errors
/// Only failures of the database.
pub async fn is_origin(conn: &mut Conn, origin: &str) -> Result<bool, DbError> {
    let row: Option<(String,)> = conn
        .query(
            "SELECT clients.id FROM client_origins JOIN clients ON clients.id = client_origins.client_id
             WHERE client_origins.origin = $1 AND clients.disabled_at IS NULL LIMIT 1",
        )
        .bind(origin)
        .optional()
        .await?;
    Ok(row.is_some())
}

/// Disables a client, so that no node gives it anything from now on. Returns its new version; `None` if it does not exist.
///
/// # Errors
/// Only failures of the database.
pub async fn disable(tx: &mut Tx, id: &ClientId, now: Timestamp) -> Result<Option<i64>, DbError> {
    let row: Option<(i64,)> = tx
        .query(
            "UPDATE clients SET version = version + 1, disabled_at = COALESCE(disabled_at, $2) WHERE id = $1
             RETURNING version",
        )
        .bind(id.as_str())
        .bind(now)
        .optional()
        .await?;
    Ok(row.map(|(version,)| version))
}

/// Deletes a client with its secrets, and with the consents that are left. `false` if it does not exist.
///
/// # Errors
/// Only failures of the database.
pub async fn delete(tx: &mut Tx, id: &ClientId) -> Result<bool, DbError> {
    Ok(tx.query("DELETE FROM clients WHERE id = $1").bind(id.as_str()).execute().await? == 1)
}

/// The ids of the clients that are allowed a scope, sorted, each with all its scopes.
///
/// # Errors
/// Only failures of the database.
pub async fn list_allowed(conn: &mut Conn, scope: &str) -> Result<Vec<(ClientId, Scope)>, DbError> {
    let rows: Vec<(String, String)> = conn
        .query(
            "SELECT id, scopes FROM clients
             WHERE REPLACE(' ' || scopes || ' ', ' ' || $1 || ' ', ' ') <> ' ' || scopes || ' ' ORDER BY id",
        )
        .bind(scope)
        .all()
        .await?;
    Ok(rows.into_iter().map(|(id, scopes)| (ClientId::new(id), Scope::from_stored(&scopes))).collect())
}

/// The ids of the other clients for which this client may act, sorted.
///
/// # Errors
/// Only failures of the database.
pub async fn list_with_actor(conn: &mut Conn, actor: &ClientId) -> Result<Vec<ClientId>, DbError> {
    ids(conn, "SELECT id FROM clients WHERE may_act = $1 AND id <> $1 ORDER BY id", actor.as_str()).await
}

/// The clients that are allowed a scope and whose ID Tokens have claims of scopes by their names, sorted by id.
///
/// # Errors
/// [`DbError::Corrupt`] if a row is damaged; otherwise only failures of the database.
pub async fn list_naming_claims(conn: &mut Conn, scope: &str) -> Result<Vec<Client>, DbError> {
    // In JSON, a quote inside of a text has a backslash before it, so no name of a client looks like this member.
    const QUERY: &str = "SELECT id, version, metadata, disabled_at FROM clients
         WHERE REPLACE(' ' || scopes || ' ', ' ' || $1 || ' ', ' ') <> ' ' || scopes || ' '
           AND metadata LIKE '%\"id_token_claims\":[%' ORDER BY id";
    let rows: Vec<ClientRow> = conn.query(QUERY).bind(scope).all().await?;
    rows.into_iter().map(ClientRow::into_client).collect()
}

/// The ids of the clients that are registered for a resource, sorted.
///
/// # Errors
/// Only failures of the database.
pub async fn list_of_resource(conn: &mut Conn, uri: &str) -> Result<Vec<ClientId>, DbError> {
    const QUERY: &str = "SELECT id FROM clients
         WHERE REPLACE(' ' || resources || ' ', ' ' || $1 || ' ', ' ') <> ' ' || resources || ' ' ORDER BY id";
    ids(conn, QUERY, uri).await
}

/// The ids of the clients that name an authorization type, sorted.
///
/// # Errors
/// [`DbError::Corrupt`] if a row is damaged; otherwise only failures of the database.
pub async fn list_of_authorization_type(conn: &mut Conn, name: &str) -> Result<Vec<ClientId>, DbError> {
    // In JSON, a quote inside of a text has a backslash before it, so no name of a client looks like this member.
    const QUERY: &str = "SELECT id, version, metadata, disabled_at FROM clients
         WHERE metadata LIKE '%\"authorization_details_types\":[\"%' ORDER BY id";
    let rows: Vec<ClientRow> = conn.query(QUERY).all().await?;
    let clients: Vec<Client> = rows.into_iter().map(ClientRow::into_client).collect::<Result<_, _>>()?;
    let names = |client: &Client| client.authorization_details_types.iter().any(|known| known == name);
    Ok(clients.into_iter().filter(names).map(|client| client.id).collect())
}

/// The ids of the clients whose assertions may be addressed to the token endpoint, sorted.
///
/// # Errors
/// Only failures of the database.
pub async fn list_with_token_endpoint_audience(conn: &mut Conn) -> Result<Vec<ClientId>, DbError> {
    // In JSON, a quote inside of a text has a backslash before it, so no name of a client looks like this member.
    const QUERY: &str = "SELECT id FROM clients WHERE metadata LIKE $1 ORDER BY id";
    ids(conn, QUERY, r#"%"assertion_audience":"token-endpoint"%"#).await
}

/// The enabled clients that must keep a profile, where this is the server's, in the order of their ids.
///
/// # Errors
/// [`DbError::Corrupt`] if a row is damaged; otherwise only failures of the database.
pub async fn list_with_profile(conn: &mut Conn, server: &Demands) -> Result<Vec<Client>, DbError> {
    const QUERY: &str = "SELECT id, version, metadata, disabled_at FROM clients
         WHERE disabled_at IS NULL AND metadata LIKE $1 ORDER BY id";
    // Without a profile of the server, only the clients with one of their own can have one.
    let holding = if server.profile == Profile::None { r#"%"profile":"%"# } else { "%" };
    let rows: Vec<ClientRow> = conn.query(QUERY).bind(holding).all().await?;
    let clients = rows.into_iter().map(ClientRow::into_client).collect::<Result<Vec<_>, _>>()?;
    Ok(clients.into_iter().filter(|client| client.profile(server) != Profile::None).collect())
}

/// The enabled clients, in the order of their ids.
///
/// # Errors
/// [`DbError::Corrupt`] if a row is damaged; otherwise only failures of the database.
pub async fn list_enabled(conn: &mut Conn) -> Result<Vec<Client>, DbError> {
    const QUERY: &str =
        "SELECT id, version, metadata, disabled_at FROM clients WHERE disabled_at IS NULL ORDER BY id";
    let rows: Vec<ClientRow> = conn.query(QUERY).all().await?;
    rows.into_iter().map(ClientRow::into_client).collect()
}

/// The ids of the clients that have a FAPI profile of their own, sorted.
///
/// # Errors
/// Only failures of the database.
pub async fn list_with_fapi_profile(conn: &mut Conn) -> Result<Vec<ClientId>, DbError> {
    const QUERY: &str = "SELECT id FROM clients WHERE metadata LIKE $1 ORDER BY id";
    ids(conn, QUERY, r#"%"profile":"fapi2%"#).await
}

/// The clients with `tls_client_auth`, in their order.
///
/// # Errors
/// Only failures of the database.
pub async fn list_with_tls_client_auth(conn: &mut Conn) -> Result<Vec<ClientId>, DbError> {
    const QUERY: &str = "SELECT id FROM clients WHERE metadata LIKE $1 ORDER BY id";
    ids(conn, QUERY, r#"%"token_endpoint_auth_method":"tls_client_auth"%"#).await
}

/// The clients that authenticate with a certificate of their own making, or whose tokens are bound to a certificate, in their
/// order.
///
/// # Errors
/// Only failures of the database.
pub async fn list_with_certificates(conn: &mut Conn) -> Result<Vec<ClientId>, DbError> {
    const QUERY: &str = "SELECT id FROM clients WHERE metadata LIKE $1 ORDER BY id";
    let mut found =
        ids(conn, QUERY, r#"%"token_endpoint_auth_method":"self_signed_tls_client_auth"%"#).await?;
    found.extend(ids(conn, QUERY, r#"%"tls_client_certificate_bound_access_tokens":true%"#).await?);
    found.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
    found.dedup();
    Ok(found)
}

async fn ids(conn: &mut Conn, holding: &'static str, word: &str) -> Result<Vec<ClientId>, DbError> {
    let rows: Vec<(String,)> = conn.query(holding).bind(word).all().await?;
    Ok(rows.into_iter().map(|(id,)| ClientId::new(id)).collect())
}

/// Adds a secret. The client gets its next version, so that the change takes effect at once.
///
/// # Errors
/// Only failures of the database.
pub async fn add_secret(
    tx: &mut Tx,
    client: &ClientId,
    secret: &ClientSecret,
    now: Timestamp,
) -> Result<(), DbError> {
    let (algorithm, hash, tag) = match &secret.hash {
        SecretHash::Sha256(hash) => ("sha256", hash, None),
        SecretHash::Argon2 { phc, tag } => ("argon2id", phc, Some(*tag)),
    };
    let batch = Batch::new()
        .query(
            "INSERT INTO client_secrets (id, client_id, algorithm, hash, created_at, expires_at, sealed, tag)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(secret.id.as_str())
        .bind(client.as_str())
        .bind(algorithm)
        .bind(hash.as_str())
        .bind(now)
        .bind(secret.expires_at)
        .bind(secret.sealed.clone())
        .bind(tag)
        .query("UPDATE clients SET version = version + 1 WHERE id = $1")
        .bind(client.as_str());
    tx.run(batch).await.map(drop)
}

/// Records that a secret was used, at most once in `every` seconds.
///
/// # Errors
/// Only failures of the database.
pub async fn touch_secret(tx: &mut Tx, id: &str, now: Timestamp, every: Seconds) -> Result<(), DbError> {
    tx.query("UPDATE client_secrets SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $3)")
        .bind(id)
        .bind(now)
        .bind(now - every)
        .execute()
        .await
        .map(drop)
}

impl ClientRow {
    fn into_client(self) -> Result<Client, DbError> {
        let Self { id, version, metadata, disabled_at } = self;
        let Ok(metadata) = ClientMetadata::from_json(&metadata) else { return Err(corrupt(id)) };
        Ok(Client { id: ClientId::new(id), version, metadata, disabled: disabled_at.is_some() })
    }
}

impl SecretRow {
    fn into_secret(self) -> Result<ClientSecret, DbError> {
        let hash = match (self.algorithm.as_str(), self.tag) {
            ("sha256", None) => SecretHash::Sha256(self.hash),
            ("argon2id", Some(tag)) => SecretHash::Argon2 { phc: self.hash, tag },
            _ => return Err(DbError::Corrupt { table: "client_secrets", id: self.id, what: "algorithm" }),
        };
        Ok(ClientSecret { id: self.id, hash, sealed: self.sealed, expires_at: self.expires_at })
    }
}
