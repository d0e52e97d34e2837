//! Client authentication for all endpoints (RFC 6749 §2.3).

mod assertion;
mod certificate;
mod secrets;

use std::sync::Arc;

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, web};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use crate::app::App;
use crate::cache::decision::View;
use crate::failure::Denied;
use crate::http::answer::{self, Refused};
use crate::http::call::{Call, Request};
use crate::http::form;
use crate::http::limiting;
use crate::http::sender;
use crate::oauth::client::AuthMethod;
use crate::oauth::error::OAuthError;
use crate::oauth::id::ClientId;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::operations::event::{Act, Event, ObjectKind};
use crate::secret::Secret;
use crate::store::clients::StoredClient;
use crate::telemetry::RequestFacts as _;
use assertion::Assertion;

/// The parameters that contain credentials.
const PARAMS: [&str; 4] = ["client_id", "client_secret", "client_assertion", "client_assertion_type"];

/// The credentials in a request.
#[derive(Debug)]
pub(super) struct Credentials {
    id: ClientId,
    offered: OfferedCredential,
    /// Whether a DPoP proof came with them.
    has_proof: bool,
    verified: Option<CredentialCheck>,
}

/// The result of a check of credentials, and the client record that they were checked against.
#[derive(Debug)]
struct CredentialCheck {
    stored: Arc<StoredClient>,
    verdict: Result<(), OAuthError>,
}

#[derive(Debug)]
enum OfferedCredential {
    Nothing,
    Secret(AuthMethod, Secret),
    Assertion(Assertion),
}

/// Reads a form and checks that no parameter about the client is repeated, too long or malformed.
///
/// First notes the client that the body names, so that the client's scripts may read what is wrong with the rest.
pub(super) async fn read_form(request: &Request, body: web::Payload) -> Result<Params, OAuthError> {
    let params = form::read(request, body).await?;
    if let Some(id) = params.one("client_id").ok().flatten().and_then(ClientId::parse) {
        request.set_client(id);
    }
    params.check(&PARAMS)?;
    Ok(params)
}

/// Reads the credentials of a request.
///
/// # Errors
/// If there is more than one method, or a credential is malformed.
pub(super) fn credentials(request: &Request, params: &Params) -> Result<Credentials, OAuthError> {
    let basic = basic(request)?;
    let body_id = params.one("client_id")?;
    let body_secret = params.one("client_secret")?;
    let assertion = Assertion::of(params)?;
    if usize::from(basic.is_some()) + usize::from(body_secret.is_some()) + usize::from(assertion.is_some())
        > 1
    {
        return Err(Reason::ClientMethodsMixed.because(
            "the request proves who its client is in more than one way, of the Authorization header, client_secret \
             and client_assertion; send one of them",
        ));
    }
    let mismatch = |id: &str, place: &str| {
        let is_other = body_id.is_some_and(|body_id| body_id != id);
        is_other.then(|| {
            Reason::ClientIdMismatch
                .because(format!("the client_id in the body is not the one in the {place}"))
        })
    };
    let (id, offered) = match (basic, body_secret, assertion) {
        (Some((id, secret)), ..) => {
            mismatch(&id, "Authorization header").map_or(Ok(()), Err)?;
            // An empty secret counts as none, like an empty parameter (RFC 6749 §3.2): some libraries send it for
            // public clients.
            let offered = match secret.expose().is_empty() {
                true => OfferedCredential::Nothing,
                false => OfferedCredential::Secret(AuthMethod::Basic, secret),
            };
            (known_form(&id)?, offered)
        }
        (None, Some(secret), _) => {
            let secret = Secret::new(secret.to_owned());
            (required(body_id)?, OfferedCredential::Secret(AuthMethod::Post, secret))
        }
        (None, None, Some(assertion)) => {
            mismatch(assertion.subject(), "client assertion").map_or(Ok(()), Err)?;
            (known_form(assertion.subject())?, OfferedCredential::Assertion(assertion))
        }
        (None, None, None) => (required(body_id)?, OfferedCredential::Nothing),
    };
    if request.client().is_none() {
        request.set_client(id.clone());
    }
    Ok(Credentials { id, offered, has_proof: sender::has_proof(request), verified: None })
}

/// The JSON error of an endpoint at which clients authenticate. It has the nonce for the next proof, also where the request was
/// refused before its client was looked up.
pub(super) async fn refusal(
    app: &App,
    request: &Request,
    denied: Denied<impl Into<Refused>>,
) -> HttpResponse {
    // What failed is not asked for again.
    if matches!(denied, Denied::Refused(_)) {
        sender::announce_late(app, request).await;
    }
    answer::oauth_error(app, request, denied)
}

fn required(id: Option<&str>) -> Result<ClientId, OAuthError> {
    let missing = || {
        Reason::ClientAuthenticationMissing
            .because("the request has neither Basic credentials in an Authorization header nor a client_id in its body")
    };
    known_form(id.ok_or_else(missing)?)
}

fn known_form(id: &str) -> Result<ClientId, OAuthError> {
    ClientId::parse(id).ok_or_else(unknown)
}

fn unknown() -> OAuthError {
    Reason::ClientUnknown.because("no client is registered with this client_id")
}

/// The id and secret of Basic credentials, form-decoded (RFC 6749 §2.3.1); `None` if there is no Basic header. A header
/// with another scheme does not authenticate a client: some programs send an access token with every request.
fn basic(request: &Request) -> Result<Option<(String, Secret)>, OAuthError> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION).filter(|value| is_basic(value));
    let Some(value) = headers.next() else { return Ok(None) };
    request.set_basic();
    if headers.next().is_some() {
        return Err(Reason::ClientMethodsMixed
            .because("the request has more than one Authorization header with the scheme Basic"));
    }
    let malformed = || {
        Reason::ClientBasicMalformed
            .because("the Basic credentials in the Authorization header are malformed")
    };
    value.to_str().ok().and_then(parse_basic).map(Some).ok_or_else(malformed)
}

/// Whether the value of an Authorization header has the scheme Basic (RFC 7617 §2).
fn is_basic(value: &HeaderValue) -> bool {
    let scheme = value.as_bytes().split(|byte| *byte == b' ').next().unwrap_or_default();
    scheme.eq_ignore_ascii_case(b"basic")
}

/// The id and secret in the value of an Authorization header with the scheme Basic, form-decoded (RFC 6749 §2.3.1). `None` if
/// it is malformed.
pub fn parse_basic(value: &str) -> Option<(String, Secret)> {
    let (_, encoded) = value.split_once(' ')?;
    let encoded = encoded.trim();
    let decoded = STANDARD.decode(encoded).or_else(|_| STANDARD_NO_PAD.decode(encoded)).ok()?;
    let decoded = Secret::new(String::from_utf8(decoded).ok()?);
    let (id, secret) = decoded.expose().split_once(':')?;
    Some((form_decoded(id)?, Secret::new(form_decoded(secret)?)))
}

fn form_decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// Reads the credentials of a request and decides which client it comes from.
pub(super) async fn identify(
    app: &App,
    request: &Request,
    params: &Params,
) -> Result<Arc<StoredClient>, Denied<OAuthError>> {
    let mut credentials = credentials(request, params)?;
    app.cache.decide(async |view| credentials.authenticate(app, request, view).await).await
}

impl Credentials {
    /// The client that the request comes from, as it says.
    pub(super) fn client(&self) -> &ClientId {
        &self.id
    }

    /// Whether the client has proven who it is. A public client has nothing to prove it with.
    pub(super) fn are_proven(&self) -> bool {
        let right = self.verified.as_ref().filter(|verified| verified.verdict.is_ok());
        right.is_some_and(|verified| self.offered.proves(&verified.stored))
    }

    /// Finds the client and verifies its credentials. Verifies them only once against the same record.
    pub(super) async fn authenticate(
        &mut self,
        app: &App,
        call: &Call,
        view: &View<'_>,
    ) -> Result<Arc<StoredClient>, Denied<OAuthError>> {
        let stored = view.client(&self.id).await?.ok_or_else(unknown)?;
        call.set_application(&stored);
        sender::announce(app, call, &stored.client, self.has_proof);
        if stored.client.disabled {
            return Err(Reason::ClientDisabled.because("this client is disabled").into());
        }
        match &self.verified {
            Some(verified) if verified.is_on(&stored) => verified.verdict.clone()?,
            _ => {
                // A use of a secret counts once, also if the client has changed since the first look.
                let is_new = self.verified.as_ref().is_none_or(|verified| verified.verdict.is_err());
                let verdict = match self.offered.verify(app, call, &stored, is_new).await {
                    Ok(()) => Ok(()),
                    Err(Denied::Refused(error)) => Err(error),
                    Err(Denied::Failed(failure)) => return Err(failure.into()),
                };
                if let Err(error) = &verdict {
                    record_refusal(app, call, &self.id, error);
                }
                self.verified = Some(CredentialCheck { stored: stored.clone(), verdict: verdict.clone() });
                verdict?;
                if self.offered.proves(&stored) {
                    limiting::client_is_proven(app, call, &self.id)?;
                }
            }
        }
        // After the credentials: what a registration lacks is only for the client itself.
        stored.client.check_profile(&app.config.oauth.demands())?;
        Ok(stored)
    }
}

/// Records in the audit trail that a client did not prove who it is.
fn record_refusal(app: &App, call: &Call, client: &ClientId, error: &OAuthError) {
    let event = Event::new(Act::ClientRefused, ObjectKind::Client, client.as_str());
    app.audit.refused(event.because(error.reason.word()), call.actor(), call.now);
}

impl CredentialCheck {
    /// Whether `stored` has the same secrets and keys as the record that the credentials were checked against.
    fn is_on(&self, stored: &Arc<StoredClient>) -> bool {
        let (own, other) = (&self.stored, stored);
        let is_same = || {
            let (client, others) = (&own.client, &other.client);
            client.version == others.version
                && own.secrets == other.secrets
                && client.jwks == others.jwks
                && client.jwks_uri == others.jwks_uri
        };
        Arc::ptr_eq(own, other) || is_same()
    }
}

impl OfferedCredential {
    /// Whether the credential, once verified, proves who the client is: a certificate does so without any parameter.
    fn proves(&self, stored: &StoredClient) -> bool {
        let client = &stored.client;
        let has_certificate =
            client.auth_method.is_some_and(AuthMethod::is_certificate) && !client.kind.is_public();
        !matches!(self, Self::Nothing) || has_certificate
    }

    /// Verifies the credential. `is_new`: whether the use of a secret counts.
    async fn verify(
        &mut self,
        app: &App,
        call: &Call,
        stored: &StoredClient,
        is_new: bool,
    ) -> Result<(), Denied<OAuthError>> {
        match self {
            Self::Nothing if self.proves(stored) => certificate::verify(app, call, &stored.client).await,
            Self::Nothing => Ok(stored.client.accepts(AuthMethod::None)?),
            Self::Secret(method, secret) => {
                stored.client.accepts(*method)?;
                let secret = secrets::find_secret(app, call, stored, secret).await?;
                let secret = secret.ok_or_else(|| {
                    Reason::ClientSecretWrong
                        .because("the client secret is not one of this client's live secrets")
                })?;
                if is_new {
                    secrets::note_use(app, call, &secret.id);
                    app.activity.secret_used(&stored.client.id, &secret.id, call.now);
                }
                Ok(())
            }
            Self::Assertion(assertion) => assertion.verify(app, call, stored).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(id: &str, secret: &str) -> Option<(String, String)> {
        let header = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
        parse_basic(&header).map(|(id, secret)| (id, secret.expose().clone()))
    }

    #[test]
    fn basic_credentials_are_form_decoded() {
        assert_eq!(read("a%3Ab+c", "p%25%C3%A4"), Some(("a:b c".into(), "p%ä".into())));
        assert_eq!(read("a", "b:c"), Some(("a".into(), "b:c".into())), "the first colon divides");
        assert_eq!(parse_basic("Basic !!!"), None);
        assert_eq!(parse_basic("Bearer abc"), None);
        assert_eq!(parse_basic("Basic"), None);
        assert_eq!(parse_basic(&format!("bAsIc {}", STANDARD.encode("a:b"))).unwrap().0, "a");
        assert_eq!(read("a%FF", "x"), None);
    }

    proptest! {
        #[test]
        fn encoded_credentials_are_decoded_again(id in "[ -~]{1,40}", secret in "[ -~]{1,40}") {
            let encode = |text: &str| serde_urlencoded::to_string([("", text)]).unwrap()[1..].to_owned();
            prop_assert_eq!(read(&encode(&id), &encode(&secret)), Some((id, secret)));
        }

        #[test]
        fn no_header_causes_a_panic(value in ".{0,80}") {
            let _ = parse_basic(&value);
        }
    }
}
