//! The authorization request: all checks, in the order in which they decide (RFC 6749 §4.1.1).

pub mod backchannel;
pub mod claims_request;
pub mod interaction;
pub mod params;
pub mod partial_consent;
pub mod pkce;
pub mod prompt;
pub mod received;
pub mod redirect_uri;
pub mod request_object;
mod reserved_schemes;
pub mod response_mode;
pub mod response_type;
pub mod return_address;
pub mod signed_response;

use std::collections::BTreeSet;

use crate::oauth::client::demand::{Demanded, Demands};
use crate::oauth::client::{Client, GrantType};
use crate::oauth::error::OAuthError;
use crate::oauth::grant::authorization_details::AuthorizationDetails;
use crate::oauth::grant::authorization_details::authorization_type::KnownAuthorizationTypes;
use crate::oauth::grant::granted::Granted;
use crate::oauth::grant::resource::{KnownResources, RegisteredResources};
use crate::oauth::grant::scope::{KnownScopes, OPENID, Scope};
use crate::oauth::id::{ClientId, GrantId};
use crate::oauth::identity::group;
use crate::oauth::localized_text::LocalizedText;
use crate::oauth::reason::Reason;
use crate::oauth::request::claims_request::ClaimsRequest;
use crate::oauth::request::params::Params;
use crate::oauth::request::partial_consent::{Names, optional};
use crate::oauth::request::pkce::Challenge;
use crate::oauth::request::prompt::Prompt;
use crate::oauth::request::received::{CHECKED_PARAMETERS, Received};
use crate::oauth::request::response_mode::ResponseMode;
use crate::oauth::request::response_type::ResponseType;
use crate::oauth::request::return_address::ReturnAddress;
use crate::oauth::token::algorithm::TokenAlgorithms;
use crate::oauth::token::binding::Binding;
use crate::oauth::token::dpop;

/// A request that has passed all checks.
#[derive(Clone, Debug)]
pub struct AuthorizationRequest {
    pub client_id: ClientId,
    pub response_type: ResponseType,
    pub answer_to: AnswerTo,
    /// What the request is granted if nothing refuses it, with only the claims that the client may receive.
    pub granted: Granted,
    pub challenge: Option<Challenge>,
    /// Whether the application pushed it (RFC 9126).
    pub was_pushed: bool,
    /// Whether the application signed it (RFC 9101).
    pub was_signed: bool,
    /// The value that the ID Token must repeat (OpenID Connect Core §3.1.2.1).
    pub nonce: Option<String>,
    pub prompt: Prompt,
    /// The claims of the request that none of its scopes contains, so that the person is asked about them.
    pub named: BTreeSet<String>,
    /// What the person may leave out: each has a checkbox on the consent page.
    pub optional: Names,
    /// The authorization details that the person is asked about each time.
    pub always_asked: AuthorizationDetails,
    /// The groups that the person must be in.
    pub required_groups: BTreeSet<String>,
    /// The only `sub` values that may return; empty means any.
    pub expected: Vec<String>,
    /// The key that the code is bound to (RFC 9449 §10).
    pub binding: Option<Binding>,
}

/// Where the answer to a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerTo {
    /// To the application, through the person's browser.
    Application { return_to: ReturnAddress, state: Option<String> },
    /// To a device that polls for it (RFC 8628 §3.4); contains the grant for what it gets.
    Device(GrantId),
    /// To an application that has asked for the person and waits (CIBA Core §10); contains the grant for what it gets.
    Backchannel(GrantId),
}

impl AuthorizationRequest {
    /// The demands that are about this request, each with whether the request meets it.
    pub fn demanded(&self) -> Vec<(Demanded, bool)> {
        let pkce = self.response_type.has_code().then(|| (Demanded::Pkce, self.challenge.is_some()));
        // A token that passes through the browser is never bound. Whether others are, their token requests decide.
        let dpop = self.response_type.has_token().then_some((Demanded::Dpop, false));
        let others = [(Demanded::Par, self.was_pushed), (Demanded::Jar, self.was_signed)];
        pkce.into_iter().chain(dpop).chain(others).collect()
    }

    /// Refuses the request. An application gets the error by redirect. If a device asked, or an application
    /// that waits elsewhere, the person sees the error on a page, because they get it when they poll.
    pub fn refuse(self, error: OAuthError) -> Refusal {
        match self.answer_to {
            AnswerTo::Application { return_to, state } => Refusal::Redirect { to: return_to, state, error },
            AnswerTo::Device(_) | AnswerTo::Backchannel(_) => Refusal::Page(error),
        }
    }
}

/// The maximum length of a nonce in bytes, because it is stored.
const MAX_NONCE_LENGTH: usize = 512;

/// Where a refusal of an authorization request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The client or the redirect URI is not verified: a page, never a redirect.
    Page(OAuthError),
    /// To the application, through the person's browser.
    Redirect { to: ReturnAddress, state: Option<String>, error: OAuthError },
    /// The request has its answer already: a page, because the application used up its state when it got the answer.
    Answered(Box<Answered>),
}

/// A request that has its answer already, for the page that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub error: OAuthError,
    /// The application's name; `None` if the application is no longer registered.
    pub application: Option<LocalizedText>,
    /// The application's home page, if it has one.
    pub site: Option<LocalizedText>,
    /// Whether someone is signed in with this browser.
    pub is_signed_in: bool,
}

impl Refusal {
    /// The error, whether it is shown on a page or sent by redirect.
    pub fn error(&self) -> &OAuthError {
        match self {
            Self::Page(error) | Self::Redirect { error, .. } => error,
            Self::Answered(answered) => &answered.error,
        }
    }
}

/// The client id of a request.
///
/// # Errors
/// If it is missing, repeated or malformed; the error is shown on a page, because the client is not known.
pub fn client_id(received: &Received) -> Result<ClientId, OAuthError> {
    client_id_of(received.params())
}

/// The client id in the parameters of a request.
///
/// # Errors
/// Those of [`client_id`].
pub fn client_id_of(params: &Params) -> Result<ClientId, OAuthError> {
    if params.count("client_id") > 1 {
        return Err(Reason::ClientIdRepeated.because("the parameter client_id is repeated"));
    }
    let Some(id) = params.one("client_id")? else {
        return Err(Reason::ClientIdMissing.because("the parameter client_id is missing"));
    };
    ClientId::parse(id)
        .ok_or_else(|| Reason::ClientUnknown.because("no client is registered with this client_id"))
}

/// What the server knows, and its issuer.
pub struct ServerContext<'k, K> {
    /// Scopes, resources and authorization types.
    pub catalogue: &'k K,
    pub issuer: &'k str,
    /// What is demanded of clients without settings of their own.
    pub demands: Demands,
    /// What signs the access tokens.
    pub algorithms: TokenAlgorithms,
}

/// Checks that the client may make requests at all.
///
/// # Errors
/// If it is disabled; the error is shown on a page.
pub fn check_enabled(client: &Client) -> Result<(), Refusal> {
    match client.disabled {
        true => Err(Refusal::Page(Reason::ClientDisabled.because("this client is disabled"))),
        false => Ok(()),
    }
}

/// Where the answer to a request goes, and the state that comes with it. It is the same for a refusal, if that is possible.
///
/// # Errors
/// If the redirect URI is not registered; the error is shown on a page.
fn delivery(
    client: &Client,
    params: &Params,
    demands: &Demands,
) -> Result<(ReturnAddress, Option<String>), OAuthError> {
    let return_to = ReturnAddress::verify(client, params)?;
    // The refusal also uses the requested response mode, if it can be understood.
    let response_type = ResponseType::from_request(&client.response_types, params).unwrap_or_default();
    let mode = ResponseMode::of_refusal(params, response_type, is_encrypted(client));
    // A repeated or malformed state could not be returned unchanged.
    let state = params.one("state").ok().flatten().map(str::to_owned);
    Ok((return_to.by(mode, client, demands), state))
}

/// Whether signed responses to the client are encrypted.
fn is_encrypted(client: &Client) -> bool {
    client.messages.response_encryption.is_some()
}

/// Validates a complete request of `client` (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.2).
///
/// # Errors
/// A refusal that says where it must be sent.
pub fn validate<K: KnownScopes + KnownResources + KnownAuthorizationTypes>(
    client: &Client,
    received: &Received,
    known: &ServerContext<'_, K>,
) -> Result<AuthorizationRequest, Refusal> {
    let params = received.params();
    check_enabled(client)?;
    let (return_to, state) = delivery(client, params, &known.demands)
        .map_err(|error| Refusal::Page(without_address(params, error)))?;
    match check(client, received, known) {
        Ok(parts) => {
            let RequestParts {
                response_type,
                scope,
                resources,
                details,
                challenge,
                nonce,
                claims,
                prompt,
                binding,
            } = parts;
            let expected = claims.subjects().into_iter().map(str::to_owned).collect();
            let (claims, named) = match claims.is_empty() {
                true => (claims, BTreeSet::new()),
                false => limited(claims, client, &scope, known.catalogue),
            };
            let required_groups = group::required(client, &scope, known.catalogue);
            let optional = optional(client, &scope, &named, known.catalogue);
            Ok(AuthorizationRequest {
                required_groups,
                optional,
                client_id: client.id.clone(),
                response_type,
                answer_to: AnswerTo::Application { return_to, state },
                always_asked: details.always_asked(known.catalogue),
                granted: Granted::new(scope, resources, claims, details),
                named,
                challenge,
                was_pushed: received.is_pushed(),
                was_signed: received.is_signed(),
                nonce,
                prompt,
                expected,
                binding,
            })
        }
        Err(error) => Err(Refusal::Redirect { to: return_to, state, error }),
    }
}

struct RequestParts {
    response_type: ResponseType,
    scope: Scope,
    resources: Vec<String>,
    details: AuthorizationDetails,
    challenge: Option<Challenge>,
    nonce: Option<String>,
    claims: ClaimsRequest,
    prompt: Prompt,
    binding: Option<Binding>,
}

/// The requested claims that the client may learn, and the names of those that no requested scope covers.
fn limited(
    claims: ClaimsRequest,
    client: &Client,
    scope: &Scope,
    known: &impl KnownScopes,
) -> (ClaimsRequest, BTreeSet<String>) {
    let claims = claims.limited_to(&claims_of_scope(&client.scopes, known));
    let by_scope = claims_of_scope(scope, known);
    let named = claims.names().into_iter().filter(|name| !by_scope.contains(name));
    let named = named.map(str::to_owned).collect();
    (claims, named)
}

/// The claims of a scope.
fn claims_of_scope<'k>(scope: &Scope, known: &'k impl KnownScopes) -> BTreeSet<&'k str> {
    let records = scope.names().filter_map(|name| known.find(name));
    records.flat_map(|record| record.claims.iter().map(String::as_str)).collect()
}

fn check<K: KnownScopes + KnownResources + KnownAuthorizationTypes>(
    client: &Client,
    received: &Received,
    known: &ServerContext<'_, K>,
) -> Result<RequestParts, OAuthError> {
    let params = received.params();
    params.check(&CHECKED_PARAMETERS)?;
    received.check_length()?;
    client.check_profile(&known.demands)?;
    if !received.is_pushed() && client.must(Demanded::Par, &known.demands) {
        return Err(Reason::PushedRequestRequired.because(
            "the application must push its request to /par, and send the browser with the request_uri from there",
        ));
    }
    if !received.is_signed() && client.must(Demanded::Jar, &known.demands) {
        return Err(Reason::RequestObjectRequired.because(
            "the application must send its request in the parameter request, as a token that it signs",
        ));
    }
    no_reference(params)?;
    let response_type = ResponseType::from_request(&client.response_types, params)?;
    ResponseMode::from_request(params, response_type, is_encrypted(client))?;
    let challenge = match response_type.has_code() {
        true => {
            client.may_use(GrantType::AuthorizationCode)?;
            Challenge::from_request(client, &known.demands, params)?
        }
        false => None,
    };
    let details = AuthorizationDetails::requested(params)?.unwrap_or_default();
    let scope = details.scope_beside(params, &client.scopes, known.catalogue)?;
    let registered = RegisteredResources { resources: known.catalogue, issuer: known.issuer };
    details.check(client, &registered)?;
    let resources = registered.authorized(params, client, (&scope, &details.placed(known.catalogue)))?;
    known.algorithms.check(client, &resources, known.catalogue)?;
    let nonce = nonce(params)?;
    if response_type.has_id_token() {
        check_id_token(&scope, nonce.as_deref())?;
    }
    let claims = claims(params, &scope)?;
    let prompt = Prompt::from_request(params)?;
    let binding = dpop::requested_key(params.one("dpop_jkt")?)?;
    check_way_of_token(client, response_type, &known.demands)?;
    Ok(RequestParts { response_type, scope, resources, details, challenge, nonce, claims, prompt, binding })
}

/// The claims parameter, which is only used in OpenID Connect requests.
fn claims(params: &Params, scope: &Scope) -> Result<ClaimsRequest, OAuthError> {
    let claims = params.one("claims")?.map(ClaimsRequest::parse).transpose()?;
    Ok(claims.filter(|_| scope.contains(OPENID)).unwrap_or_default())
}

fn nonce(params: &Params) -> Result<Option<String>, OAuthError> {
    match params.one("nonce")? {
        Some(nonce) if nonce.len() > MAX_NONCE_LENGTH => Err(Reason::ParameterTooLong
            .because(format!("the parameter nonce is longer than {MAX_NONCE_LENGTH} bytes"))),
        nonce => Ok(nonce.map(str::to_owned)),
    }
}

/// The requirements for an ID Token that passes through the browser (OpenID Connect Core §3.2.2.1).
fn check_id_token(scope: &Scope, nonce: Option<&str>) -> Result<(), OAuthError> {
    if !scope.contains(OPENID) {
        return Err(Reason::ScopeWithoutOpenid
            .because("a response_type with id_token needs the scope openid, which is not in the request"));
    }
    if nonce.is_none() {
        return Err(Reason::NonceMissing
            .because("a response_type with id_token needs the parameter nonce, which is missing"));
    }
    Ok(())
}

/// A token that passes through the browser is bound to nothing, so a client of bound tokens cannot have it.
fn check_way_of_token(
    client: &Client,
    response_type: ResponseType,
    demands: &Demands,
) -> Result<(), OAuthError> {
    let needs_bound = client.certificate.bound_tokens || client.must(Demanded::Dpop, demands);
    match response_type.has_token() && needs_bound {
        false => Ok(()),
        true => Err(Reason::DpopThroughBrowser.because(
            "this client needs access tokens that are bound to a key or to its certificate, and the response_type has one that is not",
        )),
    }
}

/// The error of a request whose address is not known. If it has none because it is a reference, that is the mistake.
fn without_address(params: &Params, error: OAuthError) -> OAuthError {
    match error.reason {
        Reason::RedirectUriMissing => no_reference(params).err().unwrap_or(error),
        _ => error,
    }
}

/// A request that was pushed here, and one in a request object, are no reference any more when they are checked.
fn no_reference(params: &Params) -> Result<(), OAuthError> {
    if params.one("request_uri")?.is_some() {
        return Err(Reason::RequestUriUnsupported.because(
            "the request_uri is not one of /par; this server reads no requests from other addresses",
        ));
    }
    if params.one("request")?.is_some() {
        return Err(Reason::RequestObjectMalformed.because("a request object cannot be used here"));
    }
    Ok(())
}
