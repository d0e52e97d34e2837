//! Client authentication by certificate (RFC 8705 §2).

use crate::app::App;
use crate::failure::Denied;
use crate::http::call::Call;
use crate::oauth::client::{AuthMethod, Client};
use crate::oauth::detail::{Detail, DetailSubject};
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;
use crate::x509::ClientCertificate;
use crate::x509::registered::RegisteredCertificates;

/// Verifies that the request came with the certificate of the client, in the way that the client is registered for.
pub(super) async fn verify(app: &App, call: &Call, client: &Client) -> Result<(), Denied<OAuthError>> {
    // The client is known and registered for it: only now anything of the certificate is read.
    let Some(certificate) = call.client_certificate()? else { return Ok(client.accepts(AuthMethod::None)?) };
    match client.auth_method {
        Some(AuthMethod::TlsClientAuth) => Ok(by_authority(app, call, client, certificate)?),
        _ => by_registration(app, call, client, certificate).await,
    }
}

/// The certificate has the registered name, and an authority has signed it (RFC 8705 §2.1).
fn by_authority(
    app: &App,
    call: &Call,
    client: &Client,
    certificate: &ClientCertificate,
) -> Result<(), OAuthError> {
    let names = &certificate.content()?.names;
    let subject = client.certificate.subject().filter(|subject| subject.is_among(names));
    // The name is cheap to compare, and a chain is not cheap to verify.
    if subject.is_none() {
        return Err(other_name(client, certificate)?);
    }
    app.client_authorities.verify(certificate, call.now)
}

/// The error of a certificate with another name than the registered one.
fn other_name(client: &Client, certificate: &ClientCertificate) -> Result<OAuthError, OAuthError> {
    let names = &certificate.content()?.names;
    let shown = client.certificate.subject().map_or_else(Vec::new, |subject| subject.alike(names));
    let registered = client.certificate.subjects().map(|(_, text)| text);
    let detail = Detail::of(DetailSubject::CertificateName).came(&shown.join(" ")).registered(registered);
    Ok(Reason::CertificateSubject
        .because("the client certificate does not have the name that is registered for this client")
        .with(detail))
}

/// The certificate, or its key, is registered itself (RFC 8705 §2.2). No authority need have signed it.
async fn by_registration(
    app: &App,
    call: &Call,
    client: &Client,
    certificate: &ClientCertificate,
) -> Result<(), Denied<OAuthError>> {
    let content = certificate.content()?;
    let is_registered = match (&client.jwks, &client.jwks_uri) {
        (Some(jwks), _) => RegisteredCertificates::read(jwks).have(certificate),
        (None, Some(uri)) => {
            let found = app.remote_certificates.at(&app.fetcher, uri, certificate, call.address).await;
            found.map_err(|why| super::assertion::no_keys(client, &why))?.have(certificate)
        }
        (None, None) => false,
    };
    if !is_registered {
        return Err(Reason::CertificateNotRegistered
            .because("neither the client certificate nor its key is among the registered keys of this client")
            .into());
    }
    Ok(content.check(call.now)?)
}
