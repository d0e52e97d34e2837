//! The list at a sector identifier URI, which names every redirect URI (OpenID Connect Core §8.1).

use url::Url;

use crate::fetch::Fetcher;
use crate::oauth::client::Client;
use crate::oauth::host;
use crate::operations::fault::Fault;

/// The largest length of the URI in characters.
const MAX_LENGTH: usize = 2048;

/// A list that was read from its URI.
#[derive(Clone, Debug)]
pub(super) struct SectorList {
    uri: String,
    listed: Vec<String>,
}

impl SectorList {
    /// Reads the list behind a URI.
    ///
    /// # Errors
    /// If the URI is not an https address, or the answer is not a list.
    pub(super) async fn read(fetcher: &Fetcher, uri: &str) -> Result<Self, Fault> {
        let wrong = |why: &str| {
            let sentence = format!("the sector identifier URI {uri:?} {why}");
            Fault::invalid("sector_identifier_uri", sentence)
        };
        let is_https = Url::parse(uri).is_ok_and(|url| url.scheme() == "https" && host::is_plain(&url));
        if !is_https || uri.len() > MAX_LENGTH {
            return Err(wrong("is not an https address"));
        }
        let answer = fetcher.get(uri).await.map_err(|error| wrong(&format!("cannot be read: {error}")))?;
        if answer.status.as_u16() != 200 {
            return Err(wrong(&format!("answered {}", answer.status)));
        }
        let listed =
            serde_json::from_slice(&answer.body).map_err(|_| wrong("is not a JSON array of addresses"))?;
        Ok(Self { uri: uri.to_owned(), listed })
    }

    /// Whether it is the list behind this URI.
    pub(super) fn is_of(&self, uri: &str) -> bool {
        self.uri == uri
    }

    /// A fault that names the first redirect URI that is not in the list of the sector. `None` if all are in it.
    pub(super) fn fault(&self, client: &Client) -> Option<Fault> {
        let is_listed = |uri: &str| self.listed.iter().any(|listed| listed == uri);
        let missing = client.redirect_uris.iter().find(|uri| !is_listed(uri.as_str()))?;
        let sentence = format!(
            "the redirect URI {:?} is not in the list behind the sector identifier URI",
            missing.as_str()
        );
        Some(Fault::invalid("redirect_uris", sentence))
    }
}
