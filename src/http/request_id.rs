//! The id of a request: the one that a trusted proxy has given it, or a new one.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;

use crate::config::TrustedProxies;
use crate::secret::random_id;

/// The names of headers that carry an id, the more specific first: the custom of proxies, and the W3C's Trace Context.
const HEADERS: [HeaderName; 2] = [HeaderName::from_static("x-request-id"), TRACEPARENT];
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// The largest length of an id in bytes.
const LONGEST: usize = 128;

/// The id of a request, so that a line of the log, the answer and the log of the proxy can be found together.
///
/// The first of [`HEADERS`] that the request has counts, if its peer is a trusted proxy, and it is there once with 1 to
/// [`LONGEST`] of the letters, digits, `.`, `_` and `-`. A proxy may pass on what a stranger sent, so an id need not be
/// unique and nothing may rely on that.
pub(super) fn of(request: &HttpRequest, trusted: &TrustedProxies) -> String {
    let given = HEADERS.iter().find_map(|name| {
        let mut values = request.headers().get_all(name);
        values.next().map(|value| (value, values.next().is_none()))
    });
    match given {
        Some((value, true)) if is_id(value.as_bytes()) && has_sent(request, trusted) => {
            value.to_str().map_or_else(|_| random_id(), str::to_owned)
        }
        _ => random_id(),
    }
}

/// The headers `traceparent` and `tracestate` of a request, if its peer is a trusted proxy and sent each at most once (W3C
/// Trace Context). Nothing else about them has been checked.
pub(super) fn trace<'r>(
    request: &'r HttpRequest,
    trusted: &TrustedProxies,
) -> Option<(&'r str, Option<&'r str>)> {
    let one = |name: &HeaderName| {
        let mut values = request.headers().get_all(name);
        values.next().filter(|_| values.next().is_none())?.to_str().ok()
    };
    let parent = one(&TRACEPARENT).filter(|_| has_sent(request, trusted))?;
    Some((parent, one(&HeaderName::from_static("tracestate"))))
}

fn has_sent(request: &HttpRequest, trusted: &TrustedProxies) -> bool {
    request.peer_addr().is_some_and(|peer| trusted.have(peer.ip().to_canonical()))
}

fn is_id(text: &[u8]) -> bool {
    let is_of_an_id = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    (1..=LONGEST).contains(&text.len()) && text.iter().all(is_of_an_id)
}
