//! The one gate: may this subject and client get a token now?

pub mod code;
pub mod device;
pub mod granted;
pub mod resource;
pub mod scope;
pub mod trusted_issuer;

use std::collections::BTreeSet;

use crate::oauth::error::{OAuthError, shown};
use crate::oauth::grant::granted::Granted;
use crate::oauth::id::{ClientId, GrantId, SessionId, UserId};
use crate::oauth::identity::authentication::Authentication;
use crate::oauth::identity::group::Groups;
use crate::oauth::reason::Reason;
use crate::oauth::token::binding::Binding;
use crate::oauth::token::id_token::IdTokenSource;

/// What a person gave a client in one authorization; everything that is issued belongs to it.
#[derive(Clone, Debug)]
pub struct Grant {
    pub id: GrantId,
    pub client: ClientId,
    pub user: UserId,
    pub session: SessionId,
    pub granted: Granted,
    /// The sign-in that it was given in.
    pub authentication: Authentication,
    /// What its tokens are bound to.
    pub binding: Option<Binding>,
}

impl Grant {
    /// The one constructor: a new part of a grant is asked for at every place that begins or reads one. Its tokens are
    /// bound to nothing.
    pub fn new(id: GrantId, of: Parties, granted: Granted, authentication: Authentication) -> Self {
        let Parties { client, user, session } = of;
        Self { id, client, user, session, granted, authentication, binding: None }
    }

    /// What an ID Token says of it; the nonce belongs to the first answer (OpenID Connect Core §12.2).
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

/// Between whom a grant is: who may use it, who gave it, and in which session.
#[derive(Clone, Debug)]
pub struct Parties {
    pub client: ClientId,
    pub user: UserId,
    pub session: SessionId,
}

/// Why grants ended, but for what a token itself did; the word is stored and never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
pub enum Ended {
    /// The person signed out.
    #[strum(serialize = "session.signed_out")]
    SignedOut,
    /// The operator ended the session.
    #[strum(serialize = "session.ended")]
    SessionEnded,
    /// Somebody else signed in with the same browser.
    #[strum(serialize = "session.replaced")]
    SessionReplaced,
    #[strum(serialize = "user.password_changed")]
    PasswordChanged,
    #[strum(serialize = "user.deleted")]
    UserDeleted,
    #[strum(serialize = "client.deleted")]
    ClientDeleted,
    /// The client gave a token back (RFC 7009).
    #[strum(serialize = "token.revoked")]
    TokenRevoked,
    /// The operator took it back.
    #[strum(serialize = "grant.revoked")]
    GrantRevoked,
    /// The issuer that vouched for the person is trusted no longer, or not with this.
    #[strum(serialize = "issuer.untrusted")]
    IssuerUntrusted,
}

impl Ended {
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// What the database says about a token's user at the moment of issuing, never a cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserStatus {
    /// The account is gone or disabled.
    Disabled,
    /// The session was ended, and with it what has not been issued yet.
    SignedOut,
    /// The user may have tokens; `claims` is the JSON that is stored of them.
    Enabled { claims: String },
}

impl UserStatus {
    /// `claims` are the stored claims of an enabled user; `None` where the account is gone or disabled.
    pub fn new(claims: Option<String>, session_ended: bool) -> Self {
        match (claims, session_ended) {
            (None, _) => Self::Disabled,
            (Some(_), true) => Self::SignedOut,
            (Some(claims), false) => Self::Enabled { claims },
        }
    }
}

/// Decides for every grant with a person behind it; `required` are the groups that the person must be in.
pub fn may_issue(user: &UserStatus, required: &BTreeSet<String>) -> Result<(), OAuthError> {
    let claims = match user {
        UserStatus::Disabled => {
            return Err(Reason::SubjectDisabled.because("the account may not have tokens at present"));
        }
        UserStatus::SignedOut => {
            return Err(
                Reason::SessionEnded.because("the person has signed out before the code was redeemed")
            );
        }
        UserStatus::Enabled { claims } => claims,
    };
    if required.is_empty() {
        return Ok(());
    }
    let groups = Groups::of_claims(claims);
    match required.iter().find(|group| !groups.contains(group)) {
        None => Ok(()),
        Some(group) => Err(Reason::SubjectGroup.because(format!(
            "the person is not in the group {} any more, which the client or a scope is for",
            shown(group)
        ))),
    }
}
