//! Finds the access token in a request (RFC 6750 §2, RFC 9449 §7.1).

use actix_web::http::header;
use actix_web::web;

use crate::http::call::Request;
use crate::http::form;
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::oauth::token::bearer::PresentedText;
use crate::oauth::token::binding::AccessTokenType;

/// The token in the Authorization header; `None` if there is no header, or it has another scheme.
///
/// # Errors
/// If the header is malformed, repeated or too long.
pub(super) fn in_header(request: &Request) -> Result<Option<PresentedText>, OAuthError> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let Some(value) = headers.next() else { return Ok(None) };
    if headers.next().is_some() {
        return Err(Reason::BearerRepeated.because("the request has more than one Authorization header"));
    }
    let malformed = || {
        Reason::BearerMalformed
            .because("the Authorization header is not of the form Bearer TOKEN or DPoP TOKEN")
    };
    let value = value.to_str().map_err(|_| malformed())?;
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    let Some(scheme) = AccessTokenType::of_scheme(scheme) else { return Ok(None) };
    let token = token.trim_matches(' ');
    if token.len() > Params::MAX_TOKEN_LENGTH {
        let most = Params::MAX_TOKEN_LENGTH;
        return Err(Reason::BearerTooLong.because(format!("the access token is longer than {most} bytes")));
    }
    if !is_token(token) {
        return Err(malformed());
    }
    Ok(Some(PresentedText { scheme, text: token.to_owned() }))
}

/// The token in the header or in the form of a POST, which may be missing.
///
/// # Errors
/// If there is more than one token, or it is malformed.
pub(super) async fn in_header_or_body(
    request: &Request,
    body: web::Payload,
) -> Result<Option<PresentedText>, OAuthError> {
    let in_header = in_header(request)?;
    // Only a form can hold a token (RFC 6750 §2.2). Beside a token in the header, and where there is no body, the media
    // type says nothing.
    if !form::is_form(request) && (in_header.is_some() || !form::has_body(request)) {
        return Ok(in_header);
    }
    let params = form::read(request, body).await?;
    match (in_header, params.one("access_token")?) {
        (Some(_), Some(_)) => Err(Reason::BearerRepeated.because(
            "the access token is in the Authorization header and in the body, too; send it in one of them",
        )),
        (in_header, None) => Ok(in_header),
        (None, Some(token)) if is_token(token) => {
            Ok(Some(PresentedText { scheme: AccessTokenType::Bearer, text: token.to_owned() }))
        }
        (None, Some(_)) => {
            Err(Reason::BearerMalformed
                .because("the parameter access_token does not have the form of a token"))
        }
    }
}

/// Whether a text is `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="` (RFC 6750 §2.1).
fn is_token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    !body.is_empty() && body.bytes().all(fits)
}
