//! Clients and their secrets.

mod row;

use sqlx::FromRow;

use super::client_secrets::{self, SecretRecord};
use super::db::{Conn, DbError, Tx};
use super::page::Page;
use crate::oauth::client::{AuthMethod, Client, ClientSecret, SecretHash};
use crate::oauth::id::ClientId;
use row::{ClientRow, registered, values};

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
    pub created_at: i64,
    pub secrets: Vec<SecretRecord>,
}

#[derive(FromRow)]
struct RecordRow {
    #[sqlx(flatten)]
    client: ClientRow,
    created_at: i64,
}

#[derive(FromRow)]
struct SecretRow {
    id: String,
    algorithm: String,
    hash: String,
    sealed: Option<Vec<u8>>,
    expires_at: Option<i64>,
}

/// Finds a client and the hashes of its secrets. `None` if it is not registered.
pub async fn find(conn: &mut Conn, id: &ClientId) -> Result<Option<StoredClient>, DbError> {
    let row: Option<ClientRow> = conn
        .query(concat!("SELECT id, version, ", registered!(), ", disabled_at FROM clients WHERE id = $1"))
        .bind(id.as_str())
        .optional()
        .await?;
    let Some(row) = row else { return Ok(None) };
    let secrets: Vec<SecretRow> = conn
        .query("SELECT id, algorithm, hash, sealed, expires_at FROM client_secrets WHERE client_id = $1 ORDER BY created_at, id")
        .bind(id.as_str())
        .all()
        .await?;
    let client = row.into_client()?;
    let secrets = secrets.into_iter().map(SecretRow::into_secret).collect::<Result<_, _>>()?;
    Ok(Some(StoredClient { client, secrets }))
}

/// Which clients to list.
#[derive(Clone, Debug, Default)]
pub struct ClientFilter {
    pub disabled: Option<bool>,
}

/// The columns of [`RecordRow`].
macro_rules! select {
    () => {
        concat!("SELECT id, version, ", registered!(), ", disabled_at, created_at FROM clients ")
    };
}

/// A page of the clients with their secrets, sorted by id.
pub async fn list(conn: &mut Conn, page: &Page<ClientFilter, String>) -> Result<Vec<ClientRecord>, DbError> {
    let rows: Vec<RecordRow> = conn
        .query(concat!(
            select!(),
            "WHERE id > $1 AND ($2 IS NULL OR (disabled_at IS NOT NULL) = $2) ORDER BY id LIMIT $3"
        ))
        .bind(page.after.clone().unwrap_or_default())
        .bind(page.filter.disabled)
        .bind(page.rows())
        .all()
        .await?;
    with_secrets(conn, rows).await
}

/// Finds a client with its secrets. `None` if it is not registered.
pub async fn find_record(conn: &mut Conn, id: &ClientId) -> Result<Option<ClientRecord>, DbError> {
    let rows: Vec<RecordRow> =
        conn.query(concat!(select!(), "WHERE id = $1")).bind(id.as_str()).all().await?;
    Ok(with_secrets(conn, rows).await?.pop())
}

/// Adds their secrets to clients that are sorted by id.
async fn with_secrets(conn: &mut Conn, rows: Vec<RecordRow>) -> Result<Vec<ClientRecord>, DbError> {
    let clients = rows.into_iter().map(|row| Ok((row.client.into_client()?, row.created_at)));
    let clients = clients.collect::<Result<Vec<_>, DbError>>()?;
    let (Some((first, _)), Some((last, _))) = (clients.first(), clients.last()) else {
        return Ok(Vec::new());
    };
    let mut secrets = client_secrets::list(conn, &first.id, &last.id).await?;
    let record = |(client, created_at): (Client, i64)| {
        let secrets = secrets.remove(&client.id).unwrap_or_default();
        ClientRecord { client, created_at, secrets }
    };
    Ok(clients.into_iter().map(record).collect())
}

/// Whether a client is unchanged since it was authenticated.
pub async fn is_unchanged(conn: &mut Conn, id: &ClientId, version: i64) -> Result<bool, DbError> {
    let row: Option<(i64,)> = conn
        .query("SELECT version FROM clients WHERE id = $1 AND version = $2 AND disabled_at IS NULL")
        .bind(id.as_str())
        .bind(version)
        .optional()
        .await?;
    Ok(row.is_some())
}

/// Whether a client already existed at a time: one that was registered later under the same id is another one.
pub async fn was_there(conn: &mut Conn, id: &ClientId, at: i64) -> Result<bool, DbError> {
    let row: Option<(i64,)> = conn
        .query("SELECT created_at FROM clients WHERE id = $1 AND created_at <= $2")
        .bind(id.as_str())
        .bind(at)
        .optional()
        .await?;
    Ok(row.is_some())
}

/// Stores a new client; `false` if the id is taken.
pub async fn save(tx: &mut Tx, client: &Client, now: i64) -> Result<bool, DbError> {
    let insert = tx
        .query(concat!(
            "INSERT INTO clients (id, created_at, version, ",
            registered!(),
            ") VALUES ($1, $2, $3, ",
            values!(),
            ") ON CONFLICT (id) DO NOTHING"
        ))
        .bind(client.id.as_str())
        .bind(now)
        .bind(client.version);
    let inserted = row::bind(insert, client).execute().await?;
    if inserted == 1 {
        save_origins(tx, client).await?;
    }
    Ok(inserted == 1)
}

/// Stores a changed client under its next version, so that the change takes effect at once.
pub async fn update(tx: &mut Tx, client: &Client, now: i64) -> Result<(), DbError> {
    let update = tx
        .query(concat!(
            "UPDATE clients SET version = version + 1,
                                disabled_at = CASE WHEN $3 THEN COALESCE(disabled_at, $2) END, (",
            registered!(),
            ") = (",
            values!(),
            ") WHERE id = $1"
        ))
        .bind(client.id.as_str())
        .bind(now)
        .bind(client.disabled);
    row::bind(update, client).execute().await?;
    // A client that no longer signs with a secret must have no stored secret that can be decrypted.
    if client.auth_method != Some(AuthMethod::SecretJwt) {
        tx.query("UPDATE client_secrets SET sealed = NULL WHERE client_id = $1 AND sealed IS NOT NULL")
            .bind(client.id.as_str())
            .execute()
            .await?;
    }
    tx.query("DELETE FROM client_origins WHERE client_id = $1").bind(client.id.as_str()).execute().await?;
    save_origins(tx, client).await
}

async fn save_origins(tx: &mut Tx, client: &Client) -> Result<(), DbError> {
    for origin in client.allowed_origins() {
        tx.query("INSERT INTO client_origins (origin, client_id) VALUES ($1, $2)")
            .bind(origin.as_str())
            .bind(client.id.as_str())
            .execute()
            .await?;
    }
    Ok(())
}

/// Whether any enabled client allows scripts from this origin.
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

/// Deletes a client with its secrets, consents and flows; `false` if it does not exist.
pub async fn delete(tx: &mut Tx, id: &ClientId) -> Result<bool, DbError> {
    // A client that is registered under this id later must not be allowed to act because of this.
    tx.query("UPDATE clients SET version = version + 1, may_act = NULL WHERE may_act = $1")
        .bind(id.as_str())
        .execute()
        .await?;
    Ok(tx.query("DELETE FROM clients WHERE id = $1").bind(id.as_str()).execute().await? == 1)
}

/// The clients that are allowed a scope, by id.
pub async fn list_allowed(conn: &mut Conn, scope: &str) -> Result<Vec<ClientId>, DbError> {
    const HOLDING: &str = "SELECT id FROM clients
         WHERE REPLACE(' ' || scopes || ' ', ' ' || $1 || ' ', ' ') <> ' ' || scopes || ' ' ORDER BY id";
    ids(conn, HOLDING, scope).await
}

/// Removes a scope from every client that is allowed it; each gets its next version.
pub async fn take_scope(tx: &mut Tx, scope: &str) -> Result<(), DbError> {
    tx.query(
        "UPDATE clients SET version = version + 1,
                            scopes = TRIM(REPLACE(' ' || scopes || ' ', ' ' || $1 || ' ', ' '))
         WHERE REPLACE(' ' || scopes || ' ', ' ' || $1 || ' ', ' ') <> ' ' || scopes || ' '",
    )
    .bind(scope)
    .execute()
    .await
    .map(drop)
}

/// The clients that are registered for a resource, by id.
pub async fn list_of_resource(conn: &mut Conn, uri: &str) -> Result<Vec<ClientId>, DbError> {
    const HOLDING: &str = "SELECT id FROM clients
         WHERE REPLACE(' ' || resources || ' ', ' ' || $1 || ' ', ' ') <> ' ' || resources || ' ' ORDER BY id";
    ids(conn, HOLDING, uri).await
}

async fn ids(conn: &mut Conn, holding: &'static str, word: &str) -> Result<Vec<ClientId>, DbError> {
    let rows: Vec<(String,)> = conn.query(holding).bind(word).all().await?;
    Ok(rows.into_iter().map(|(id,)| ClientId::new(id)).collect())
}

/// Adds a secret. The client gets its next version, so that the change takes effect at once.
pub async fn add_secret(
    tx: &mut Tx,
    client: &ClientId,
    secret: &ClientSecret,
    now: i64,
) -> Result<(), DbError> {
    let (algorithm, hash) = match &secret.hash {
        SecretHash::Sha256(hash) => ("sha256", hash),
        SecretHash::Argon2(hash) => ("argon2id", hash),
    };
    tx.batch()
        .query(
            "INSERT INTO client_secrets (id, client_id, algorithm, hash, created_at, expires_at, sealed)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(secret.id.as_str())
        .bind(client.as_str())
        .bind(algorithm)
        .bind(hash.as_str())
        .bind(now)
        .bind(secret.expires_at)
        .bind(secret.sealed.clone())
        .query("UPDATE clients SET version = version + 1 WHERE id = $1")
        .bind(client.as_str())
        .execute()
        .await
}

/// Records that a secret was used, at most once in `every` seconds.
pub async fn touch_secret(tx: &mut Tx, id: &str, now: i64, every: i64) -> Result<(), DbError> {
    tx.query("UPDATE client_secrets SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $3)")
        .bind(id)
        .bind(now)
        .bind(now - every)
        .execute()
        .await
        .map(drop)
}

impl SecretRow {
    fn into_secret(self) -> Result<ClientSecret, DbError> {
        let hash = match self.algorithm.as_str() {
            "sha256" => SecretHash::Sha256(self.hash),
            "argon2id" => SecretHash::Argon2(self.hash),
            _ => return Err(DbError::Corrupt { table: "client_secrets", id: self.id, what: "algorithm" }),
        };
        Ok(ClientSecret { id: self.id, hash, sealed: self.sealed, expires_at: self.expires_at })
    }
}
