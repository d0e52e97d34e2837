//! What the sender of a request proves to hold, beside who the client is (RFC 9449, RFC 8705), and whether that is enough.

use super::call::Request;
use crate::app::App;
use crate::failure::Denied;
use crate::oauth::client::Client;
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;
use crate::oauth::token::bearer::{PresentedText, not_proven, proof_needed};
use crate::oauth::token::binding::Binding;
use crate::tokens::possession::Possession;

/// What the sender of a request of `client` proves, which has authenticated if it can. It is not used up yet.
///
/// # Errors
/// If the proof is not good.
pub fn possession(_app: &App, request: &Request, client: &Client) -> Result<Possession, OAuthError> {
    if client.certificate.bound_tokens {
        return bound_to_certificate(request);
    }
    Ok(Possession::default())
}

/// The certificate of the request, to which the tokens of its client are bound (RFC 8705 §3).
fn bound_to_certificate(request: &Request) -> Result<Possession, OAuthError> {
    let certificate = request.client_certificate()?.ok_or_else(|| {
        Reason::CertificateRequired.because(
            "the tokens of this client are bound to its certificate, and the request came without one",
        )
    })?;
    Ok(Possession { binding: Some(certificate.binding()), once: None })
}

/// Checks that the sender of a request may use an access token, which is valid: by its scheme, and by what the token is
/// bound to. Uses the proof up.
///
/// # Errors
/// If the token came with another scheme, or without the proof that it needs.
pub async fn check_presented(
    _app: &App,
    request: &Request,
    presented: &PresentedText,
    binding: Option<&Binding>,
) -> Result<(), Denied<OAuthError>> {
    match proof_needed(binding, presented.scheme)? {
        None => Ok(()),
        Some(bound) if certificate(request).as_ref() == Some(bound) => Ok(()),
        Some(bound) => Err(not_proven(bound).into()),
    }
}

/// The certificate of the connection, or that a proxy passes on. `None` if there is none, or none that can be read.
fn certificate(request: &Request) -> Option<Binding> {
    Some(request.client_certificate().ok()??.binding())
}
