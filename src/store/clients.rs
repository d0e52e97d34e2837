//! Clients and their secrets.

use sqlx::FromRow;

use super::client_secrets::{self, SecretRecord};
use super::db::{Conn, DbError, Tx};
use crate::oauth::client::{
    AuthMethod, Client, ClientKind, ClientSecret, Encryption, GrantType, Links, LogoutUris, PkcePolicy,
    SecretHash, SubjectType,
};
use crate::oauth::id::ClientId;
use crate::oauth::origin::Origin;
use crate::oauth::redirect_uri::RegisteredUri;
use crate::oauth::response_type::ResponseType;
use crate::oauth::scope::Scope;
use crate::oauth::signing_key::SigningAlgorithm;

/// A client together with all its secrets.
#[derive(Clone, Debug)]
pub struct StoredClient {
    pub client: Client,
    pub secrets: Vec<ClientSecret>,
}

/// A client as its operator sees it.
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
struct ClientRow {
    id: String,
    version: i64,
    kind: String,
    name: String,
    site_uri: Option<String>,
    policy_uri: Option<String>,
    terms_uri: Option<String>,
    logo_digest: Option<String>,
    redirect_uris: String,
    post_logout_redirect_uris: String,
    origins: String,
    grants: String,
    response_types: String,
    scopes: String,
    auth_method: Option<String>,
    pkce: Option<String>,
    id_token_alg: Option<String>,
    userinfo_alg: Option<String>,
    jwks: Option<String>,
    id_token_encryption: Option<String>,
    userinfo_encryption: Option<String>,
    subject_type: String,
    sector_identifier_uri: Option<String>,
    backchannel_logout_uri: Option<String>,
    frontchannel_logout_uri: Option<String>,
    first_party: bool,
    disabled_at: Option<i64>,
}

#[derive(FromRow)]
struct SecretRow {
    id: String,
    algorithm: String,
    hash: String,
    expires_at: Option<i64>,
}

pub async fn find(conn: &mut Conn, id: &ClientId) -> Result<Option<StoredClient>, DbError> {
    let row: Option<ClientRow> = conn
        .query(
            "SELECT id, version, kind, name, site_uri, policy_uri, terms_uri, logo_digest, redirect_uris,
                    post_logout_redirect_uris, origins, grants, response_types, scopes, auth_method, pkce, id_token_alg,
                    userinfo_alg, jwks, id_token_encryption, userinfo_encryption, subject_type, sector_identifier_uri, backchannel_logout_uri, frontchannel_logout_uri,
                    first_party, disabled_at
             FROM clients WHERE id = $1",
        )
        .bind(id.as_str())
        .optional()
        .await?;
    let Some(row) = row else { return Ok(None) };
    let secrets: Vec<SecretRow> = conn
        .query("SELECT id, algorithm, hash, expires_at FROM client_secrets WHERE client_id = $1 ORDER BY created_at, id")
        .bind(id.as_str())
        .all()
        .await?;
    let client = row.into_client()?;
    let secrets = secrets.into_iter().map(SecretRow::into_secret).collect::<Result<_, _>>()?;
    Ok(Some(StoredClient { client, secrets }))
}

/// Every client with its secrets, by id.
pub async fn list(conn: &mut Conn) -> Result<Vec<ClientRecord>, DbError> {
    records(conn, None).await
}

pub async fn find_record(conn: &mut Conn, id: &ClientId) -> Result<Option<ClientRecord>, DbError> {
    Ok(records(conn, Some(id)).await?.pop())
}

async fn records(conn: &mut Conn, id: Option<&ClientId>) -> Result<Vec<ClientRecord>, DbError> {
    let rows: Vec<RecordRow> = conn
        .query(
            "SELECT id, version, kind, name, site_uri, policy_uri, terms_uri, logo_digest, redirect_uris,
                    post_logout_redirect_uris, origins, grants, response_types, scopes, auth_method, pkce, id_token_alg,
                    userinfo_alg, jwks, id_token_encryption, userinfo_encryption, subject_type, sector_identifier_uri, backchannel_logout_uri, frontchannel_logout_uri,
                    first_party, disabled_at, created_at
             FROM clients WHERE $1 IS NULL OR id = $1 ORDER BY id",
        )
        .bind(id.map(|id| id.as_str().to_owned()))
        .all()
        .await?;
    let mut secrets = client_secrets::list(conn, id).await?;
    let record = |row: RecordRow| {
        let client = row.client.into_client()?;
        let secrets = secrets.remove(&client.id).unwrap_or_default();
        Ok(ClientRecord { client, created_at: row.created_at, secrets })
    };
    rows.into_iter().map(record).collect()
}

/// Stores a new client; `false` when the id is taken.
pub async fn save(tx: &mut Tx, client: &Client, now: i64) -> Result<bool, DbError> {
    let grants: Vec<&str> = client.grants.iter().map(|grant| grant.as_str()).collect();
    let inserted = tx
        .query(
            "INSERT INTO clients (id, version, kind, name, site_uri, policy_uri, terms_uri, logo_digest, redirect_uris,
                                  post_logout_redirect_uris, origins, grants, response_types, scopes, auth_method,
                                  pkce, id_token_alg, userinfo_alg, jwks, id_token_encryption,
                                  userinfo_encryption, subject_type, sector_identifier_uri,
                                  backchannel_logout_uri, frontchannel_logout_uri, first_party, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
                     $22, $23, $24, $25, $26, $27)
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(client.id.as_str())
        .bind(client.version)
        .bind(client.kind.as_str())
        .bind(client.name.as_str())
        .bind(client.links.site.clone())
        .bind(client.links.policy.clone())
        .bind(client.links.terms.clone())
        .bind(client.links.logo.clone())
        .bind(joined(&client.redirect_uris))
        .bind(joined(&client.post_logout_redirect_uris))
        .bind(origins(client))
        .bind(grants.join(" "))
    .bind(response_types(client))
        .bind(client.scopes.to_string())
        .bind(client.auth_method.map(AuthMethod::as_str))
        .bind(client.pkce.map(PkcePolicy::as_str))
        .bind(client.id_token_alg.map(SigningAlgorithm::as_str))
    .bind(client.userinfo_alg.map(SigningAlgorithm::as_str))
    .bind(client.jwks.clone())
    .bind(client.id_token_encryption.map(Encryption::to_text))
    .bind(client.userinfo_encryption.map(Encryption::to_text))
    .bind(client.subject_type.as_str())
    .bind(client.sector_identifier_uri.clone())
    .bind(client.logout.back_channel.clone())
    .bind(client.logout.front_channel.clone())
        .bind(client.first_party)
        .bind(now)
        .execute()
        .await?;
    if inserted == 1 {
        save_origins(tx, client).await?;
    }
    Ok(inserted == 1)
}

/// Stores a client's new state under its next version, which makes it count at once.
pub async fn update(tx: &mut Tx, client: &Client, now: i64) -> Result<(), DbError> {
    let grants: Vec<&str> = client.grants.iter().map(|grant| grant.as_str()).collect();
    tx.query(
        "UPDATE clients SET version = version + 1, kind = $2, name = $3, site_uri = $4, policy_uri = $5,
                            terms_uri = $6, logo_digest = $7, redirect_uris = $8, post_logout_redirect_uris = $9,
                            origins = $10, grants = $11, response_types = $12, scopes = $13, auth_method = $14,
                            pkce = $15, id_token_alg = $16, userinfo_alg = $17, jwks = $18,
                            id_token_encryption = $19, userinfo_encryption = $20, subject_type = $21,
                            sector_identifier_uri = $22, backchannel_logout_uri = $23, frontchannel_logout_uri = $24,
                            first_party = $25, disabled_at = CASE WHEN $26 THEN COALESCE(disabled_at, $27) END
         WHERE id = $1",
    )
    .bind(client.id.as_str())
    .bind(client.kind.as_str())
    .bind(client.name.as_str())
    .bind(client.links.site.clone())
    .bind(client.links.policy.clone())
    .bind(client.links.terms.clone())
    .bind(client.links.logo.clone())
    .bind(joined(&client.redirect_uris))
    .bind(joined(&client.post_logout_redirect_uris))
        .bind(origins(client))
    .bind(grants.join(" "))
    .bind(response_types(client))
    .bind(client.scopes.to_string())
    .bind(client.auth_method.map(AuthMethod::as_str))
    .bind(client.pkce.map(PkcePolicy::as_str))
    .bind(client.id_token_alg.map(SigningAlgorithm::as_str))
    .bind(client.userinfo_alg.map(SigningAlgorithm::as_str))
    .bind(client.jwks.clone())
    .bind(client.id_token_encryption.map(Encryption::to_text))
    .bind(client.userinfo_encryption.map(Encryption::to_text))
    .bind(client.subject_type.as_str())
    .bind(client.sector_identifier_uri.clone())
    .bind(client.logout.back_channel.clone())
    .bind(client.logout.front_channel.clone())
    .bind(client.first_party)
    .bind(client.disabled)
    .bind(now)
    .execute()
    .await?;
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

/// Whether any client that is not disabled lets scripts of this origin call for it.
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

/// Deletes a client with its secrets, the consents to it and what waits for a person; `false` when there is none.
pub async fn delete(tx: &mut Tx, id: &ClientId) -> Result<bool, DbError> {
    Ok(tx.query("DELETE FROM clients WHERE id = $1").bind(id.as_str()).execute().await? == 1)
}

/// The clients that may ask for a scope, by id.
pub async fn list_allowed(conn: &mut Conn, scope: &str) -> Result<Vec<ClientId>, DbError> {
    let rows: Vec<(String,)> = conn
        .query(
            "SELECT id FROM clients
             WHERE REPLACE(' ' || scopes || ' ', ' ' || $1 || ' ', ' ') <> ' ' || scopes || ' ' ORDER BY id",
        )
        .bind(scope)
        .all()
        .await?;
    Ok(rows.into_iter().map(|(id,)| ClientId::new(id)).collect())
}

/// Takes a scope from every client that may ask for it; each gets its next version.
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

/// Adds a secret; the client's next version makes it count at once.
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
            "INSERT INTO client_secrets (id, client_id, algorithm, hash, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(secret.id.as_str())
        .bind(client.as_str())
        .bind(algorithm)
        .bind(hash.as_str())
        .bind(now)
        .bind(secret.expires_at)
        .query("UPDATE clients SET version = version + 1 WHERE id = $1")
        .bind(client.as_str())
        .execute()
        .await
}

/// Notes that a secret was used, at most once in `every` seconds.
pub async fn touch_secret(tx: &mut Tx, id: &str, now: i64, every: i64) -> Result<(), DbError> {
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
        let corrupt = |what| DbError::Corrupt { table: "clients", id: self.id.clone(), what };
        let grants = self.grants.split(' ').filter(|word| !word.is_empty());
        Ok(Client {
            kind: ClientKind::parse(&self.kind).ok_or_else(|| corrupt("kind"))?,
            // A grant of a later release is none that this one could serve.
            grants: grants.filter_map(GrantType::parse).collect(),
            response_types: self.response_types.split(',').filter_map(ResponseType::parse).collect(),
            auth_method: known(self.auth_method.as_deref(), AuthMethod::parse)
                .ok_or_else(|| corrupt("auth_method"))?,
            pkce: known(self.pkce.as_deref(), PkcePolicy::parse).ok_or_else(|| corrupt("pkce"))?,
            id_token_alg: known(self.id_token_alg.as_deref(), SigningAlgorithm::parse)
                .ok_or_else(|| corrupt("id_token_alg"))?,
            userinfo_alg: known(self.userinfo_alg.as_deref(), SigningAlgorithm::parse)
                .ok_or_else(|| corrupt("userinfo_alg"))?,
            id_token_encryption: known(self.id_token_encryption.as_deref(), Encryption::parse)
                .ok_or_else(|| corrupt("id_token_encryption"))?,
            userinfo_encryption: known(self.userinfo_encryption.as_deref(), Encryption::parse)
                .ok_or_else(|| corrupt("userinfo_encryption"))?,
            jwks: self.jwks,
            subject_type: SubjectType::parse(&self.subject_type).ok_or_else(|| corrupt("subject_type"))?,
            sector_identifier_uri: self.sector_identifier_uri,
            logout: LogoutUris {
                back_channel: self.backchannel_logout_uri,
                front_channel: self.frontchannel_logout_uri,
            },
            redirect_uris: split(&self.redirect_uris),
            post_logout_redirect_uris: split(&self.post_logout_redirect_uris),
            origins: self
                .origins
                .split(' ')
                .filter(|text| !text.is_empty())
                .map(Origin::from_stored)
                .collect(),
            scopes: Scope::from_stored(&self.scopes),
            links: Links {
                site: self.site_uri,
                policy: self.policy_uri,
                terms: self.terms_uri,
                logo: self.logo_digest,
            },
            version: self.version,
            name: self.name,
            first_party: self.first_party,
            disabled: self.disabled_at.is_some(),
            id: ClientId::new(self.id),
        })
    }
}

fn joined(uris: &[RegisteredUri]) -> String {
    uris.iter().map(RegisteredUri::as_str).collect::<Vec<_>>().join(" ")
}

fn response_types(client: &Client) -> String {
    client.response_types.iter().map(|known| known.as_str()).collect::<Vec<_>>().join(",")
}

fn origins(client: &Client) -> String {
    client.origins.iter().map(Origin::as_str).collect::<Vec<_>>().join(" ")
}

fn split(uris: &str) -> Vec<RegisteredUri> {
    uris.split(' ').filter(|uri| !uri.is_empty()).map(RegisteredUri::from_stored).collect()
}

/// Parses what may be absent; `None` is a word that nobody knows.
fn known<T>(word: Option<&str>, parse: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
    word.map_or(Some(None), |word| parse(word).map(Some))
}

impl SecretRow {
    fn into_secret(self) -> Result<ClientSecret, DbError> {
        let hash = match self.algorithm.as_str() {
            "sha256" => SecretHash::Sha256(self.hash),
            "argon2id" => SecretHash::Argon2(self.hash),
            _ => return Err(DbError::Corrupt { table: "client_secrets", id: self.id, what: "algorithm" }),
        };
        Ok(ClientSecret { id: self.id, hash, expires_at: self.expires_at })
    }
}
