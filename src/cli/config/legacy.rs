//! Settings of registrations that are only there for older software, for `grantor config check`.

use std::time::Duration;

use crate::config::{Config, Finding};
use crate::store::db::{Conn, Db, DbError};
use crate::store::{clients, migrate, trusted_issuers};

/// How long the database may take. The check is about the configuration, so it does not wait long.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The maximum number of names in a sentence.
const MAX_NAMES: usize = 10;

/// A warning for each legacy setting that clients or trusted issuers use. Empty if there is no database yet, if it has an
/// older schema, or if it cannot be read: other commands say why.
pub(super) async fn warnings(config: &Config) -> Vec<Finding> {
    match tokio::time::timeout(TIMEOUT, token_endpoint_users(config)).await {
        Ok(Ok((clients, issuers))) => {
            let of_clients = sentence("client", &clients);
            of_clients.into_iter().chain(sentence("issuer", &issuers)).map(Finding::of_database).collect()
        }
        Ok(Err(_)) | Err(_) => Vec::new(),
    }
}

/// The clients and the issuers whose assertions may be addressed to the token endpoint.
async fn token_endpoint_users(config: &Config) -> Result<(Vec<String>, Vec<String>), DbError> {
    let options = config.database_options();
    if !migrate::plan(&options).await?.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let db = Db::open(&options).await?;
    db.read(async |conn: &mut Conn| {
        let clients = clients::list_with_token_endpoint_audience(conn).await?;
        let clients = clients.iter().map(ToString::to_string).collect();
        Ok((clients, trusted_issuers::list_with_token_endpoint_audience(conn).await?))
    })
    .await
}

/// The sentence about the clients or issuers `names`; `None` if there are no names.
fn sentence(command: &str, names: &[String]) -> Option<String> {
    let shown = names.iter().take(MAX_NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = match names.len().saturating_sub(MAX_NAMES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!names.is_empty()).then(|| {
        format!(
            "--assertion-audience token-endpoint is legacy, and the {command}s {shown}{more} use it; change the software \
             to put the issuer into aud, then run grantor {command} update --assertion-audience issuer"
        )
    })
}
