//! Reads the body of a POST: form-encoded and of limited size (RFC 6749 §3.2).

use actix_web::http::header;
use actix_web::web;
use futures_util::StreamExt as _;

use super::answer;
use super::call::Request;
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;

/// The maximum size of a body in bytes; real ones have a few kilobytes.
const MAX_SIZE: usize = 64 * 1024;
/// A body of at most this many bytes is short.
const SHORT: usize = 8 * 1024;

/// Reads the parameters in a form body.
///
/// # Errors
/// If the body is not a form, too large, or malformed, or if too many requests are worked on.
pub async fn read(request: &Request, body: web::Payload) -> Result<Params, OAuthError> {
    read_with(request, body, 0).await
}

/// Reads the parameters as [`read`] does, of a form that may have this number of checkboxes besides its other fields.
///
/// # Errors
/// Those of [`read`].
pub async fn read_with(
    request: &Request,
    body: web::Payload,
    checkboxes: usize,
) -> Result<Params, OAuthError> {
    if !is_form(request) {
        return Err(Reason::RequestMediaType.because("the body must be application/x-www-form-urlencoded"));
    }
    Params::parse_with(&read_whole(request, body).await?, checkboxes)
}

/// Reads a body of limited size, whatever its media type is, and takes a place among the requests that are worked on.
///
/// # Errors
/// If the body is too large or cannot be read, or if too many requests are worked on.
pub async fn read_whole(request: &Request, body: web::Payload) -> Result<web::BytesMut, OAuthError> {
    read_up_to(request, body, MAX_SIZE).await
}

/// Reads a body as [`read_whole`] does, of at most this number of bytes. Only for senders who have proven who they are may it
/// be more than usual.
///
/// # Errors
/// Those of [`read_whole`].
pub async fn read_up_to(
    request: &Request,
    body: web::Payload,
    most: usize,
) -> Result<web::BytesMut, OAuthError> {
    let bytes = read_bytes(request, body, most).await?;
    request.body_is_read();
    if !request.takes_a_place() {
        return Err(answer::busy());
    }
    Ok(bytes)
}

/// Reads a body. Only a few long ones are in memory at the same time, also if they arrive slowly.
async fn read_bytes(
    request: &Request,
    mut body: web::Payload,
    most: usize,
) -> Result<web::BytesMut, OAuthError> {
    let mut bytes = web::BytesMut::new();
    // A body that says its length is refused before any of it is read.
    check_length(request, announced_length(request), most)?;
    while let Some(part) = body.next().await {
        let part = part.map_err(|_| Reason::RequestMalformed.because("the body could not be read"))?;
        check_length(request, bytes.len() + part.len(), most)?;
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

/// The length of the body that the header says; 0 without such a header.
fn announced_length(request: &Request) -> usize {
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    length.and_then(|length| length.parse().ok()).unwrap_or_default()
}

fn check_length(request: &Request, length: usize, most: usize) -> Result<(), OAuthError> {
    if length > most {
        return Err(Reason::RequestTooLarge.because(format!("the body has more than {} KiB", most / 1024)));
    }
    if length > SHORT && !request.takes_a_place_for_a_long_form() {
        return Err(answer::busy());
    }
    Ok(())
}

/// Whether the request has a body, or may have one because it does not say its length.
pub fn has_body(request: &Request) -> bool {
    announced_length(request) > 0 || request.headers().contains_key(header::TRANSFER_ENCODING)
}

/// Whether the headers say that the body is a form that can be read here.
pub fn is_form(request: &Request) -> bool {
    has_media_type(request, &["application/x-www-form-urlencoded"])
}

/// Whether the headers say that the body has one of these media types, and is not compressed.
pub fn has_media_type(request: &Request, types: &[&str]) -> bool {
    let text =
        |name| request.headers().get(name).map(|value: &header::HeaderValue| value.to_str().unwrap_or("?"));
    let media_type =
        text(header::CONTENT_TYPE).unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let is_plain =
        text(header::CONTENT_ENCODING).is_none_or(|encoding| encoding.eq_ignore_ascii_case("identity"));
    types.iter().any(|wanted| media_type.eq_ignore_ascii_case(wanted)) && is_plain
}
