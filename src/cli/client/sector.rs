//! `--sector-identifier-uri`: the list at this address names every redirect URI (OpenID Connect Core §8.1).

use url::Url;

use super::super::Trouble;
use crate::config;
use crate::fetch::Fetcher;
use crate::oauth::client::Client;

/// Reads the redirect URIs in the list at `uri`.
pub(super) async fn listed(options: &config::Fetch, uri: &str) -> Result<Vec<String>, Trouble> {
    let wrong = |why: &str| Trouble::from(format!("the sector identifier URI {uri:?} {why}"));
    let is_https = Url::parse(uri).is_ok_and(|url| url.scheme() == "https" && url.host().is_some());
    if !is_https || uri.len() > 2048 {
        return Err(wrong("is not an https address"));
    }
    let answer =
        Fetcher::new(options)?.get(uri).await.map_err(|error| wrong(&format!("cannot be read: {error}")))?;
    if answer.status.as_u16() != 200 {
        return Err(wrong(&format!("answered {}", answer.status)));
    }
    serde_json::from_slice(&answer.body).map_err(|_| wrong("is not a JSON array of addresses"))
}

/// Checks that the list of the sector contains every redirect URI of the client.
pub(super) fn check(client: &Client, listed: &[String]) -> Result<(), Trouble> {
    match client.redirect_uris.iter().find(|uri| !listed.iter().any(|known| known == uri.as_str())) {
        None => Ok(()),
        Some(uri) => Err(format!(
            "the redirect URI {:?} is not in the list behind the sector identifier URI",
            uri.as_str()
        )
        .into()),
    }
}
