//! The HTTP client for the `oauth2` crate, which records calls to show them.

use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::LocalBoxFuture;
use minijinja::{Value, context};
use oauth2::http::{HeaderMap, StatusCode, header};
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use url::form_urlencoded;

use super::explained::explained;
use crate::fetch::{FetchError, LoopbackFetcher};

/// The headers of answers that matter for OAuth.
const SHOWN_HEADERS: [&str; 6] =
    ["content-type", "www-authenticate", "cache-control", "pragma", "retry-after", "x-request-id"];

/// The HTTP client of one call.
pub(super) struct RecordingClient<'a> {
    fetcher: &'a LoopbackFetcher,
    recorded: Mutex<Option<HttpExchange>>,
}

/// A call and its answer, as they were sent.
pub(super) struct HttpExchange {
    url: String,
    authorization: Option<String>,
    sent: Vec<(String, String)>,
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl<'a> RecordingClient<'a> {
    pub(super) fn new(fetcher: &'a LoopbackFetcher) -> Self {
        Self { fetcher, recorded: Mutex::default() }
    }

    /// The recorded messages; `None` if there was no answer.
    pub(super) fn exchange(self) -> Option<HttpExchange> {
        self.recorded.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        let (head, form) = request.into_parts();
        let url = head.uri.to_string();
        let authorization = head.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let authorization = authorization.map(shown_credentials);
        let sent = form_urlencoded::parse(&form).map(shown_parameter).collect();
        let fetched = self.fetcher.post(&url, head.headers, form).await?;
        let mut response = HttpResponse::new(fetched.body.clone());
        *response.status_mut() = fetched.status;
        *response.headers_mut() = fetched.headers.clone();
        *self.recorded.lock().unwrap_or_else(PoisonError::into_inner) = Some(HttpExchange {
            url,
            authorization,
            sent,
            status: fetched.status,
            headers: fetched.headers,
            body: fetched.body,
        });
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for RecordingClient<'_> {
    type Error = FetchError;
    type Future = LocalBoxFuture<'c, Result<HttpResponse, FetchError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

impl HttpExchange {
    /// A text member of the answer.
    pub(super) fn member(&self, name: &str) -> Option<String> {
        let json: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        json.get(name)?.as_str().map(str::to_owned)
    }

    /// Both messages, for a template.
    pub(super) fn view(&self) -> Value {
        let json: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let member = |name: &str| json.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
        let body = serde_json::to_string_pretty(&json)
            .ok()
            .filter(|_| !json.is_null())
            .unwrap_or_else(|| String::from_utf8_lossy(&self.body).into_owned());
        let headers: Vec<(&str, String)> = SHOWN_HEADERS
            .iter()
            .filter_map(|name| {
                let value = self.headers.get(*name)?;
                Some((*name, String::from_utf8_lossy(value.as_bytes()).into_owned()))
            })
            .collect();
        context! {
            url => self.url.as_str(),
            authorization => self.authorization.clone(),
            sent => self.sent.clone(),
            status => self.status.to_string(),
            headers,
            body,
            error => member("error"),
            description => member("error_description"),
            uri => member("error_uri"),
            explained => member("error_uri").as_deref().and_then(explained),
            reason => member("reason"),
            access_token => member("access_token"),
        }
    }
}

/// Basic credentials decoded, with most of the secret hidden.
fn shown_credentials(value: &str) -> String {
    let decoded = value.strip_prefix("Basic ").and_then(|encoded| STANDARD.decode(encoded).ok());
    let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    match decoded.as_deref().and_then(|text| text.split_once(':')) {
        Some((id, secret)) => format!("Basic base64({id}:{})", shortened(secret)),
        None => shortened(value),
    }
}

fn shown_parameter(
    (name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>),
) -> (String, String) {
    let value = if name == "client_secret" { shortened(&value) } else { value.into_owned() };
    (name.into_owned(), value)
}

fn shortened(secret: &str) -> String {
    let start: String = secret.chars().take(8).collect();
    format!("{start}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_shown_without_their_secret() {
        let value = format!("Basic {}", STANDARD.encode("demo-web:gcs_0123456789"));
        assert_eq!(shown_credentials(&value), "Basic base64(demo-web:gcs_0123…)");
        assert_eq!(shown_credentials("Bearer 0123456789"), "Bearer 0…");
    }
}
