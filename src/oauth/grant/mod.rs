//! The one gate: may this subject and client get a token now?

pub mod code;
pub mod device;
pub mod resource;
pub mod scope;
pub mod trusted_issuer;

use std::collections::BTreeSet;

use crate::oauth::error::{OAuthError, shown};
use crate::oauth::grant::scope::Scope;
use crate::oauth::id::{ClientId, GrantId, SessionId, UserId};
use crate::oauth::identity::group::Groups;
use crate::oauth::reason::Reason;
use crate::oauth::request::claims_request::ClaimsRequest;
use crate::oauth::token::id_token::Authentication;

/// What a person gave a client in one authorization; everything that is issued hangs on it.
#[derive(Clone, Debug)]
pub struct Grant {
    pub id: GrantId,
    pub client: ClientId,
    pub user: UserId,
    pub session: SessionId,
    pub scope: Scope,
    /// The protected APIs that it names, by their registered URIs (RFC 8707 §2.1).
    pub resources: Vec<String>,
    /// What is to be told beside the scope.
    pub claims: ClaimsRequest,
    /// When the person gave the password, in seconds.
    pub auth_time: i64,
}

impl Grant {
    /// The sign-in that it was given in; the nonce belongs to the first answer (OpenID Connect Core §12.2).
    pub fn authentication(&self, nonce: Option<&str>) -> Authentication {
        Authentication {
            user: self.user.clone(),
            session: self.session.clone(),
            auth_time: self.auth_time,
            nonce: nonce.map(str::to_owned),
            claims: self.claims.id_token.clone(),
        }
    }
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

/// What the database says about a token's subject at the moment of issuing, never a cache.
#[derive(Clone, Debug)]
pub struct Standing {
    /// What is known of the user, who may have tokens; `None` when the account is gone or disabled.
    pub claims: Option<String>,
    /// The session was ended, and with it what has not been issued yet.
    pub session_ended: bool,
}

/// Decides for every grant with a person behind it; `required` are the groups that the person must be in.
pub fn may_issue(standing: &Standing, required: &BTreeSet<String>) -> Result<(), OAuthError> {
    let Some(claims) = &standing.claims else {
        return Err(Reason::SubjectDisabled.because("the account may not have tokens at present"));
    };
    if standing.session_ended {
        return Err(Reason::SessionEnded.because("the person has signed out before the code was redeemed"));
    }
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
