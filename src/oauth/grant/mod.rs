//! Grants, and the one rule that decides whether this person and client may get a token now.

pub mod authorization_details;
pub mod backchannel;
pub mod code;
pub mod consent;
pub mod device;
pub mod granted;
pub mod management;
pub mod polling;
pub mod resource;
pub mod scope;
pub mod trusted_issuer;

use std::collections::BTreeSet;

use crate::oauth::client::GrantType;
use crate::oauth::detail::{Detail, DetailSubject};
use crate::oauth::error::{OAuthError, quoted};
use crate::oauth::grant::granted::Granted;
use crate::oauth::id::{ClientId, GrantId, SessionId, UserId};
use crate::oauth::identity::authentication::Authentication;
use crate::oauth::identity::group::Groups;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::oauth::token::binding::Binding;
use crate::oauth::token::id_token::IdTokenSource;

/// The grant type of a token request (RFC 6749 §4.5).
///
/// # Errors
/// If it is missing, or the server does not support it.
pub fn requested_type(params: &Params) -> Result<GrantType, OAuthError> {
    let Some(name) = params.one("grant_type")? else {
        return Err(Reason::GrantTypeMissing.because("the parameter grant_type is missing"));
    };
    GrantType::parse(name).ok_or_else(|| {
        let detail = Detail::of(DetailSubject::GrantType).came(name);
        Reason::GrantTypeUnsupported
            .because(format!("the grant_type {} is not supported", quoted(name)))
            .with(detail.registered(GrantType::ALL.iter().map(|known| known.as_str())))
    })
}

/// What a person gave a client in one authorization. Everything that is issued from it belongs to it.
#[derive(Clone, Debug)]
pub struct Grant {
    pub id: GrantId,
    pub client: ClientId,
    pub user: UserId,
    pub session: SessionId,
    pub granted: Granted,
    /// The sign-in in which the grant was given.
    pub authentication: Authentication,
    /// The key or certificate that a code or the refresh tokens are bound to. Access tokens are bound to what the request
    /// for them proves.
    pub binding: Option<Binding>,
}

impl Grant {
    /// A grant that is bound to nothing. It is the only constructor, so that the compiler finds every place
    /// that has to know a new part of a grant.
    pub fn new(id: GrantId, of: Parties, granted: Granted, authentication: Authentication) -> Self {
        let Parties { client, user, session } = of;
        Self { id, client, user, session, granted, authentication, binding: None }
    }

    /// What an ID Token says about the grant. Only the first ID Token contains the nonce (OpenID Connect Core §12.2).
    pub fn id_token(&self, nonce: Option<&str>) -> IdTokenSource {
        IdTokenSource {
            user: self.user.clone(),
            session: self.session.clone(),
            authentication: self.authentication.clone(),
            nonce: nonce.map(str::to_owned),
            claims: self.granted.claims.id_token.clone(),
        }
    }
}

/// The parties of a grant: the client that may use it, the user who gave it, and the session in which that happened.
#[derive(Clone, Debug)]
pub struct Parties {
    pub client: ClientId,
    pub user: UserId,
    pub session: SessionId,
}

/// Why grants ended, except for reasons of the token itself. The word is stored and never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
pub enum EndReason {
    /// The person signed out.
    #[strum(serialize = "session.signed_out")]
    SignedOut,
    /// The operator ended the session.
    #[strum(serialize = "session.ended")]
    SessionEnded,
    /// Another person signed in with the same browser.
    #[strum(serialize = "session.replaced")]
    SessionReplaced,
    /// The session reached the end of its lifetime, or was not used for too long.
    #[strum(serialize = "session.expired")]
    SessionExpired,
    #[strum(serialize = "user.disabled")]
    UserDisabled,
    #[strum(serialize = "user.password_changed")]
    PasswordChanged,
    #[strum(serialize = "user.deleted")]
    UserDeleted,
    #[strum(serialize = "client.deleted")]
    ClientDeleted,
    /// The client revoked a token (RFC 7009).
    #[strum(serialize = "token.revoked")]
    TokenRevoked,
    /// The operator revoked the grant.
    #[strum(serialize = "grant.revoked")]
    GrantRevoked,
    /// The issuer that vouched for the person is no longer trusted, or not with this client or person.
    #[strum(serialize = "issuer.untrusted")]
    IssuerUntrusted,
}

impl EndReason {
    /// The word that is stored and shown. Its meaning never changes.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// The state of a token's user in the database at the moment of issuing. It never comes from a cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserStatus {
    /// The account was deleted or disabled.
    Disabled,
    /// The session has ended, and with it everything that does not outlive it.
    SignedOut,
    /// The user may have tokens. `claims` is the stored JSON.
    Enabled { claims: String },
}

impl UserStatus {
    /// The status that the stored state results in. `claims`: the stored claims as JSON; `None` if the account was
    /// deleted or disabled.
    pub fn new(claims: Option<String>, session_ended: bool) -> Self {
        match (claims, session_ended) {
            (None, _) => Self::Disabled,
            (Some(_), true) => Self::SignedOut,
            (Some(claims), false) => Self::Enabled { claims },
        }
    }
}

/// Checks that a person may have tokens at present, in every grant with a person. `required`: the groups that the
/// person must be in.
///
/// # Errors
/// If the account is disabled, the session has ended, or a group is missing.
pub fn may_issue(user: &UserStatus, required: &BTreeSet<String>) -> Result<(), OAuthError> {
    let claims = match user {
        UserStatus::Disabled => {
            return Err(Reason::SubjectDisabled.because("the account may not have tokens at present"));
        }
        UserStatus::SignedOut => {
            return Err(Reason::SessionEnded.because("the session in which this was allowed has ended"));
        }
        UserStatus::Enabled { claims } => claims,
    };
    if required.is_empty() {
        return Ok(());
    }
    let groups = Groups::of_claims(claims);
    match required.iter().find(|group| !groups.contains(group)) {
        None => Ok(()),
        Some(group) => {
            let sentence = format!(
                "the person is no longer in the group {}, which the client or a scope requires",
                quoted(group)
            );
            Err(Reason::SubjectGroup.because(sentence).with(groups.beside(required)))
        }
    }
}
