//! Reads the body of a POST: form-encoded and of limited size (RFC 6749 §3.2).

use actix_web::http::header;
use actix_web::web;

use super::call::Request;
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;

/// The maximum size of a body in bytes; real ones have a few kilobytes.
const MAX_SIZE: usize = 64 * 1024;

/// Reads the parameters in a form body.
///
/// # Errors
/// If the body is not a form, too large, or malformed.
pub async fn read(request: &Request, body: web::Payload) -> Result<Params, OAuthError> {
    if !is_form(request) {
        return Err(Reason::RequestMediaType.because("the body must be application/x-www-form-urlencoded"));
    }
    let too_large = || Reason::RequestTooLarge.because("the body has more than 64 KiB");
    match body.to_bytes_limited(MAX_SIZE).await {
        Ok(Ok(bytes)) => {
            request.body_is_read();
            Params::parse(&bytes)
        }
        Ok(Err(_)) => Err(Reason::RequestMalformed.because("the body could not be read")),
        Err(_) => Err(too_large()),
    }
}

fn is_form(request: &Request) -> bool {
    let text =
        |name| request.headers().get(name).map(|value: &header::HeaderValue| value.to_str().unwrap_or("?"));
    let media_type =
        text(header::CONTENT_TYPE).unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let is_plain =
        text(header::CONTENT_ENCODING).is_none_or(|encoding| encoding.eq_ignore_ascii_case("identity"));
    media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") && is_plain
}
