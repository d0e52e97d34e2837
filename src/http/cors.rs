//! Which scripts of other origins may read an answer (Fetch standard, CORS protocol).
//!
//! Any script may read discovery and keys. Elsewhere only the origins of the client that makes the request are allowed;
//! if the client is not known, none are. A preflight request cannot name its client, so the origins of all clients are
//! allowed there. A request that was refused because of its network's limit gets the same answer whatever it contains, so
//! every script may read when to try again. These endpoints never use cookies, so cookies are not allowed.

use std::time::Duration;

use actix_web::http::header::{self, HeaderMap, HeaderValue};

use super::call::Call;
use super::route::Surface;
use crate::app::App;
use crate::cache::decision::View;
use crate::failure::Failure;
use crate::telemetry::RequestFacts as _;

/// How long an answer waits for the database to decide about its header.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Adds to `headers` what the browser needs to let a script at `origin` read the answer.
pub(super) async fn allow(app: &App, call: &Call, origin: Option<HeaderValue>, headers: &mut HeaderMap) {
    match call.route.surface {
        Surface::Page | Surface::Console | Surface::Unknown | Surface::Management => {}
        Surface::Api => open_to(HeaderValue::from_static("*"), headers),
        // The client is not known yet, and the answer is the same for everyone.
        Surface::OAuth if call.limited().is_some() && call.client().is_none() => {
            open_to(HeaderValue::from_static("*"), headers);
        }
        Surface::OAuth => {
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
            let Some(origin) = origin else { return };
            let allowed = match origin.to_str() {
                Ok(text) => {
                    tokio::time::timeout(TIMEOUT, is_allowed(app, call, text, is_preflight(headers))).await
                }
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

/// Whether this is the answer to a preflight request. Only such answers say which methods are allowed.
fn is_preflight(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ACCESS_CONTROL_ALLOW_METHODS)
}

fn open_to(origin: HeaderValue, headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(
            "www-authenticate, dpop-nonce, retry-after, ratelimit-policy, ratelimit, x-request-id",
        ),
    );
}

async fn is_allowed(app: &App, call: &Call, origin: &str, is_preflight: bool) -> Result<bool, Failure> {
    if is_preflight {
        return app.cache.is_origin(origin).await;
    }
    let Some(id) = call.client() else { return Ok(false) };
    let is_own = async |view: &View<'_>| {
        let Some(client) = view.client(id).await? else { return Ok(false) };
        Ok(client.client.allowed_origins().iter().any(|allowed| allowed.as_str() == origin))
    };
    app.cache.holds(is_own).await
}
