//! Protected APIs (resources), and the clients that serve them.

use std::collections::HashMap;

use grantor_from_row::FromRow;

use super::db::{Conn, DbError, Tx};
use super::page::{NameFilter, Page, in_any_spelling};
use crate::clock::{Seconds, Timestamp};
use crate::oauth::client::TokenFormat;
use crate::oauth::grant::resource::Resource;
use crate::oauth::grant::scope::Scope;
use crate::oauth::id::ClientId;
use crate::oauth::signing_key::SigningAlgorithm;

#[derive(FromRow)]
struct ResourceRow {
    uri: String,
    version: i64,
    scopes: String,
    token_format: String,
    token_alg: Option<String>,
    access_token_lifetime: Option<Seconds>,
}

/// The columns of [`ResourceRow`].
macro_rules! select {
    () => {
        "SELECT uri, version, scopes, token_format, token_alg, access_token_lifetime FROM resources "
    };
}

/// All resources for the cache, sorted by URI.
///
/// # Errors
/// [`DbError::Corrupt`] if a row is damaged; otherwise only failures of the database.
pub async fn all(conn: &mut Conn) -> Result<Vec<Resource>, DbError> {
    let rows: Vec<ResourceRow> = conn.query(concat!(select!(), "ORDER BY uri")).all().await?;
    with_servers(conn, rows).await
}

/// A page of the resources, sorted by URI.
///
/// # Errors
/// [`DbError::Corrupt`] if a row is damaged; otherwise only failures of the database.
pub async fn list(conn: &mut Conn, page: &Page<NameFilter, String>) -> Result<Vec<Resource>, DbError> {
    let rows: Vec<ResourceRow> = conn
        .query(concat!(
            select!(),
            "WHERE uri > $1 AND ($2 IS NULL OR LOWER(uri) LIKE $2 ESCAPE '\\') ORDER BY uri LIMIT $3"
        ))
        .bind(page.after.clone().unwrap_or_default())
        .bind(page.filter.q.as_deref().map(in_any_spelling))
        .bind(page.rows())
        .all()
        .await?;
    with_servers(conn, rows).await
}

/// Finds a resource by its exact URI. `None` if it does not exist.
///
/// # Errors
/// [`DbError::Corrupt`] if the row is damaged; otherwise only failures of the database.
pub async fn find(conn: &mut Conn, uri: &str) -> Result<Option<Resource>, DbError> {
    let rows: Vec<ResourceRow> = conn.query(concat!(select!(), "WHERE uri = $1")).bind(uri).all().await?;
    Ok(with_servers(conn, rows).await?.pop())
}

/// The URIs of the resources that have a scope, sorted, each with all its scopes.
///
/// # Errors
/// Only failures of the database.
pub async fn list_of_scope(conn: &mut Conn, scope: &str) -> Result<Vec<(String, Scope)>, DbError> {
    let rows: Vec<(String, String)> = conn
        .query(
            "SELECT uri, scopes FROM resources
             WHERE REPLACE(' ' || scopes || ' ', ' ' || $1 || ' ', ' ') <> ' ' || scopes || ' ' ORDER BY uri",
        )
        .bind(scope)
        .all()
        .await?;
    Ok(rows.into_iter().map(|(uri, scopes)| (uri, Scope::from_stored(&scopes))).collect())
}

/// The URIs of the resources that a client is a server of, sorted.
///
/// # Errors
/// Only failures of the database.
pub async fn list_of_server(conn: &mut Conn, client: &ClientId) -> Result<Vec<String>, DbError> {
    let rows: Vec<(String,)> = conn
        .query("SELECT resource FROM resource_servers WHERE client_id = $1 ORDER BY resource")
        .bind(client.as_str())
        .all()
        .await?;
    Ok(rows.into_iter().map(|(uri,)| uri).collect())
}

/// Adds the clients that are their servers to resources that are sorted by URI.
async fn with_servers(conn: &mut Conn, rows: Vec<ResourceRow>) -> Result<Vec<Resource>, DbError> {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(Vec::new()) };
    let servers: Vec<(String, String)> = conn
        .query(
            "SELECT resource, client_id FROM resource_servers
             WHERE resource >= $1 AND resource <= $2 ORDER BY client_id",
        )
        .bind(first.uri.clone())
        .bind(last.uri.clone())
        .all()
        .await?;
    let mut by_resource: HashMap<String, Vec<ClientId>> = HashMap::new();
    for (resource, client) in servers {
        by_resource.entry(resource).or_default().push(ClientId::new(client));
    }
    rows.into_iter()
        .map(|row| {
            let servers = by_resource.remove(&row.uri).unwrap_or_default();
            row.into_resource(servers)
        })
        .collect()
}

/// Stores a new resource; `false` if the URI is taken.
///
/// # Errors
/// Only failures of the database.
pub async fn save(tx: &mut Tx, resource: &Resource, now: Timestamp) -> Result<bool, DbError> {
    let inserted = tx
        .query(
            "INSERT INTO resources (uri, scopes, token_format, token_alg, access_token_lifetime, created_at)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (uri) DO NOTHING",
        )
        .bind(resource.uri.as_str())
        .bind(resource.scopes.to_string())
        .bind(resource.format.as_str())
        .bind(resource.algorithm.map(SigningAlgorithm::as_str))
        .bind(resource.access_token_lifetime)
        .bind(now)
        .execute()
        .await?;
    if inserted == 1 {
        save_servers(tx, resource).await?;
    }
    Ok(inserted == 1)
}

/// Stores a changed resource.
///
/// # Errors
/// Only failures of the database.
pub async fn update(tx: &mut Tx, resource: &Resource) -> Result<(), DbError> {
    tx.query(
        "UPDATE resources SET version = version + 1, scopes = $2, token_format = $3, token_alg = $4, access_token_lifetime = $5 WHERE uri = $1",
    )
    .bind(resource.uri.as_str())
    .bind(resource.scopes.to_string())
    .bind(resource.format.as_str())
    .bind(resource.algorithm.map(SigningAlgorithm::as_str))
    .bind(resource.access_token_lifetime)
    .execute()
    .await?;
    tx.query("DELETE FROM resource_servers WHERE resource = $1")
        .bind(resource.uri.as_str())
        .execute()
        .await?;
    save_servers(tx, resource).await
}

async fn save_servers(tx: &mut Tx, resource: &Resource) -> Result<(), DbError> {
    for client in &resource.servers {
        tx.query("INSERT INTO resource_servers (resource, client_id) VALUES ($1, $2)")
            .bind(resource.uri.as_str())
            .bind(client.as_str())
            .execute()
            .await?;
    }
    Ok(())
}

/// Deletes a resource; `false` if it does not exist.
///
/// # Errors
/// Only failures of the database.
pub async fn delete(tx: &mut Tx, uri: &str) -> Result<bool, DbError> {
    Ok(tx.query("DELETE FROM resources WHERE uri = $1").bind(uri).execute().await? == 1)
}

impl ResourceRow {
    fn into_resource(self, servers: Vec<ClientId>) -> Result<Resource, DbError> {
        let corrupt = |what| DbError::Corrupt { table: "resources", id: self.uri.clone(), what };
        let algorithm = match self.token_alg.as_deref() {
            None => None,
            Some(word) => Some(SigningAlgorithm::parse(word).ok_or_else(|| corrupt("token_alg"))?),
        };
        Ok(Resource {
            version: self.version,
            scopes: Scope::from_stored(&self.scopes),
            format: TokenFormat::parse(&self.token_format).ok_or_else(|| corrupt("token_format"))?,
            algorithm,
            access_token_lifetime: self.access_token_lifetime,
            servers,
            uri: self.uri,
        })
    }
}
