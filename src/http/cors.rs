//! Which scripts of other origins may read an answer (Fetch standard, CORS protocol).
//!
//! Discovery and keys are open to all. Elsewhere the origins of the client that asks count, and where it is not known
//! who asks, as in a preflight, those of any client. No cookie is ever looked at there, so none is allowed.

use std::time::Duration;

use actix_web::http::header::{self, HeaderMap, HeaderValue};

use crate::app::App;
use crate::cache::catalogue::Freshness;
use crate::failure::Failure;
use crate::http::answer::Surface;
use crate::oauth::id::ClientId;

/// An answer waits no longer for its header, with the database away.
const PATIENCE: Duration = Duration::from_secs(1);

/// Adds what the browser of a script needs, for an answer to `client`, where that is known.
pub(super) async fn allow(
    app: &App,
    surface: Surface,
    (origin, client): (Option<HeaderValue>, Option<String>),
    headers: &mut HeaderMap,
) {
    match surface {
        Surface::Page => {}
        Surface::Api => open_to(HeaderValue::from_static("*"), headers),
        Surface::OAuth => {
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
            let Some(origin) = origin else { return };
            let allowed = match origin.to_str() {
                Ok(text) => tokio::time::timeout(PATIENCE, is_allowed(app, text, client)).await,
                Err(_) => return,
            };
            match allowed {
                Ok(Ok(true)) => open_to(origin, headers),
                Ok(Ok(false)) => {}
                Ok(Err(failure)) => tracing::warn!("an origin could not be looked up: {}", failure.chain()),
                Err(_) => tracing::warn!("an origin could not be looked up in time"),
            }
        }
    }
}

fn open_to(origin: HeaderValue, headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("www-authenticate, retry-after, x-request-id"),
    );
}

async fn is_allowed(app: &App, origin: &str, client: Option<String>) -> Result<bool, Failure> {
    if let Some(id) = client.as_deref().and_then(ClientId::parse) {
        for freshness in [Freshness::Cached, Freshness::Now] {
            let Some(client) = app.registry.client(&id, freshness).await? else {
                return app.registry.is_origin(origin).await;
            };
            if client.client.allowed_origins().iter().any(|allowed| allowed.as_str() == origin) {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    app.registry.is_origin(origin).await
}
