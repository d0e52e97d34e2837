//! Who asks: the API key or access token of a request.

use std::sync::Arc;

use actix_web::http::header;

use super::error::{ApiError, WWW_AUTHENTICATE};
use crate::app::App;
use crate::clock::Seconds;
use crate::failure::Denied;
use crate::http::call::Request;
use crate::http::limiting;
use crate::http::management::record_forbidden;
use crate::http::sender;
use crate::oauth::api_key;
use crate::oauth::error::OAuthError;
use crate::oauth::error_code::ErrorCode;
use crate::oauth::id::{ClientId, UserId};
use crate::oauth::permission::{Need, Permissions};
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::oauth::token::bearer::{PresentedText, challenge};
use crate::oauth::token::binding::AccessTokenType;
use crate::operations::actor::{Actor, ActorKind, Authority};
use crate::operations::event::{Act, Event, ObjectKind};
use crate::secret::Hash;
use crate::store::api_keys::{self, ApiKeyRecord};
use crate::store::db::{Conn, Tx};
use crate::tokens::management::{self, TokenHolder};

/// How old the noted use of a key may be.
const NOTE_EVERY: Seconds = Seconds::new(60);

/// The sender of a request, as far as the management API must know.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) actor: Arc<Actor>,
    /// Names who asks, for answers that are kept: no other credential has the same text.
    pub(super) holder: String,
}

/// Finds who asks, and checks that they may. One who may not leaves no event with a rehearsal.
///
/// # Errors
/// If the request has no valid credential, or one that does not permit what the request needs.
pub(super) async fn caller(
    app: &App,
    request: &Request,
    need: Need,
    is_rehearsal: bool,
) -> Result<Caller, ApiError> {
    let found = match text(request) {
        Err(error) => Err(Unproven::Refused { error, key: None }),
        Ok(Some(key)) if api_key::looks_like_one(&key.text) => match key.scheme {
            AccessTokenType::Bearer => by_api_key(app, request, &key.text).await,
            AccessTokenType::Dpop => Err(Unproven::wrong()),
        },
        Ok(Some(token)) => by_access_token(app, request, &token).await,
        Ok(None) => {
            let error =
                Reason::ApiCredentialMissing.because("the request has no API key and no access token");
            return Err(challenged((app, request), error, need));
        }
    };
    let (caller, by_scope) = match found {
        Ok(found) => found,
        Err(Unproven::Other(error)) => return Err(error),
        Err(Unproven::Refused { error, key }) => {
            // A proof without a nonce is no refused credential: the next one has it.
            if error.code() != ErrorCode::UseDpopNonce {
                record_refusal(app, request, key, &error);
            }
            return Err(challenged((app, request), error, need));
        }
    };
    if caller.permissions().cover(need) {
        return Ok(caller);
    }
    let is_role = by_scope.cover(need);
    let error = if is_role { beyond_role(need) } else { scope_missing(need) };
    if !is_rehearsal {
        record_forbidden(app, request, &caller.actor, &error);
    }
    // Another token of the same person would not help, so nothing asks for one.
    if is_role { Err(error.into()) } else { Err(challenged((app, request), error, need)) }
}

impl Caller {
    /// What the credential permits now.
    pub(super) fn permissions(&self) -> Permissions {
        match &self.actor.authority {
            Authority::Limited(permissions) => permissions.clone(),
            Authority::Own | Authority::Unlimited => Permissions::default(),
        }
    }
}

/// The refusal of a credential without this scope.
pub(super) fn lacks(app: &App, request: &Request, need: Need) -> ApiError {
    challenged((app, request), scope_missing(need), need)
}

fn beyond_role(need: Need) -> OAuthError {
    let needed = need.scope();
    Reason::ApiForbidden.because(format!("the role of the person does not permit this; it needs {needed}"))
}

fn scope_missing(need: Need) -> OAuthError {
    Reason::ApiScopeMissing.because(format!("this needs the scope {}", need.scope()))
}

/// The text of the credential. `None` if the request has none.
fn text(request: &Request) -> Result<Option<PresentedText>, OAuthError> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let Some(value) = headers.next() else { return Ok(None) };
    if headers.next().is_some() {
        return Err(wrong());
    }
    let (scheme, text) = value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or_else(wrong)?;
    let scheme = AccessTokenType::of_scheme(scheme).ok_or_else(wrong)?;
    Ok(Some(PresentedText { scheme, text: text.trim_matches(' ').to_owned() }))
}

fn wrong() -> OAuthError {
    Reason::ApiCredentialWrong.because("the Authorization header has no valid API key or access token")
}

/// Why a credential proves nothing. Its answer gets the header that says which scope would be enough.
enum Unproven {
    Refused {
        error: OAuthError,
        /// The id of the API key, if it is known.
        key: Option<String>,
    },
    Other(ApiError),
}

impl Unproven {
    fn wrong() -> Self {
        Self::Refused { error: wrong(), key: None }
    }
}

/// Records in the audit trail that a credential was refused. A wrong key names no object.
fn record_refusal(app: &App, request: &Request, key: Option<String>, error: &OAuthError) {
    let event = Event::new(Act::ApiKeyRefused, ObjectKind::ApiKey, key.unwrap_or_default());
    app.audit.refused(event.because(error.reason.word()), request.actor(), request.now);
}

impl<E: Into<ApiError>> From<E> for Unproven {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

/// The sender of a good API key, and what the scope of the key permits.
async fn by_api_key(app: &App, request: &Request, key: &str) -> Result<(Caller, Permissions), Unproven> {
    if !api_key::is_well_formed(key) {
        return Err(Unproven::wrong());
    }
    let hash = Hash::of(key);
    let find = async move |conn: &mut Conn| api_keys::find_by_hash(conn, &hash).await;
    let record = app.db.read(find).await?.ok_or_else(Unproven::wrong)?;
    if !record.is_live(request.now) {
        let error = Reason::ApiKeyExpired.because("the API key has ended");
        return Err(Unproven::Refused { error, key: Some(record.id) });
    }
    let holder = format!("api_key:{}", record.id);
    limiting::client_is_proven(app, request, &ClientId::new(&holder))?;
    note_use(app, request, &record).await?;
    let by_scope = Permissions::of(&record.scope);
    let actor = Actor {
        id: Some(record.id),
        name: Some(record.name),
        address: Some(request.address),
        request_id: Some(request.id.clone()),
        authority: Authority::Limited(by_scope.clone()),
        ..Actor::of(ActorKind::ApiKey)
    };
    Ok((Caller { actor: Arc::new(actor), holder }, by_scope))
}

/// The sender of a good access token, and what the scope of the token permits. The role of a person may permit less.
async fn by_access_token(
    app: &App,
    request: &Request,
    token: &PresentedText,
) -> Result<(Caller, Permissions), Unproven> {
    if token.text.len() > Params::MAX_TOKEN_LENGTH {
        return Err(Unproven::wrong());
    }
    let unproven = |denied| match denied {
        Denied::Refused(OAuthError { reason: Reason::BearerUnknown, .. }) => Unproven::wrong(),
        Denied::Refused(error) => Unproven::Refused { error, key: None },
        Denied::Failed(failure) => Unproven::Other(failure.into()),
    };
    let holder = management::holder_of(app, &token.text, request.now).await.map_err(unproven)?;
    let TokenHolder { actor, by_scope, client, binding } = holder;
    sender::announce(app, request, &client.client, sender::has_proof(request));
    let possession = sender::check_presented(app, request, token, binding.as_ref(), Some(&client.client))
        .map_err(|error| unproven(error.into()))?;
    let id = actor.id.clone().unwrap_or_default();
    let holder = match (&actor.kind, &actor.client) {
        (ActorKind::PersonByClient, Some(client)) => {
            let user = UserId::new(&id);
            request.set_user(&user);
            request.set_client(ClientId::new(client));
            limiting::token_is_valid(app, request, &user)?;
            format!("user:{id} client:{client}")
        }
        _ => {
            let client = ClientId::new(&id);
            request.set_client(client.clone());
            limiting::client_is_proven(app, request, &client)?;
            format!("client:{id}")
        }
    };
    sender::use_up(app, possession).await.map_err(unproven)?;
    let actor = Actor { address: Some(request.address), request_id: Some(request.id.clone()), ..actor };
    Ok((Caller { actor: Arc::new(actor), holder }, by_scope))
}

/// Notes that a key is used, at most once a minute.
async fn note_use(app: &App, request: &Request, record: &ApiKeyRecord) -> Result<(), ApiError> {
    let now = request.now;
    if record.last_used_at.is_some_and(|last| last + NOTE_EVERY > now) {
        return Ok(());
    }
    let id = record.id.clone();
    Ok(app.db.write(async move |tx: &mut Tx| api_keys::note_use(tx, &id, now).await).await?)
}

/// The error with the challenges of both schemes (RFC 6750 §3, RFC 9449 §7.1). That of the scheme which the request used also
/// has the error and the scope that would be enough.
fn challenged((app, request): (&App, &Request), error: OAuthError, need: Need) -> ApiError {
    let code = match error.reason {
        Reason::ApiCredentialMissing => String::new(),
        _ => format!(", error=\"{}\"", error.code().as_str()),
    };
    let presented = text(request).ok().flatten();
    let used = presented.map_or(AccessTokenType::Bearer, |text| text.scheme);
    let mut error = ApiError::from(error);
    for scheme in AccessTokenType::ACCEPTED {
        let own = challenge(scheme, request.profile().unwrap_or(app.config.oauth.profile));
        let whole = match scheme == used {
            true => format!("{own}{code}, scope=\"{}\"", need.scope()),
            false => own,
        };
        error = error.with_header(WWW_AUTHENTICATE, &whole);
    }
    error
}
