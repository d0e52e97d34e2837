//! Verifies what a client has signed with one of its keys: its assertions, and its request objects.

use std::net::IpAddr;

use serde_json::Value;

use crate::app::App;
use crate::jose::foreign::{ForeignVerifier, verify};
use crate::jose::verify::VerifyError;
use crate::oauth::client::Client;

/// Why a token is not the client's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotSigned {
    /// The keys could not be read from the client's `jwks_uri`; the log says why.
    NoKeys,
    Wrong(VerifyError),
}

/// The claims of a token that a key of the client signed. The token has one of the types `types`, or no type. `address` is
/// where it comes from.
///
/// # Errors
/// If the client has no keys, they cannot be read, or none of them signed the token.
pub async fn by_client_key(
    app: &App,
    client: &Client,
    token: &str,
    types: &[&str],
    address: IpAddr,
) -> Result<Value, NotSigned> {
    if let Some(jwks) = &client.jwks {
        let keys = app.registered_keys.of(jwks);
        return verify(token, types, ForeignVerifier::Keys(&keys)).map_err(NotSigned::Wrong);
    }
    let Some(uri) = &client.jwks_uri else { return Err(NotSigned::Wrong(VerifyError::Key)) };
    let keys = app.remote_keys.at(&app.fetcher, uri, token, address).await.map_err(|why| {
        tracing::warn!(client = client.id.as_str(), "the client's keys could not be read: {why}");
        NotSigned::NoKeys
    })?;
    verify(token, types, ForeignVerifier::Keys(&keys)).map_err(NotSigned::Wrong)
}
