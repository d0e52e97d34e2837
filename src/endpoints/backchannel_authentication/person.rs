//! The person that a backchannel request is about (§7.1).

use std::sync::Arc;

use super::Checked;
use crate::app::App;
use crate::cache::decision::OneTimeProof;
use crate::endpoints::foreign::{TokenRules, TrustedToken, verified};
use crate::failure::Denied;
use crate::http::call::Call;
use crate::oauth::assertion::AssertionKind;
use crate::oauth::client::{Client, SubjectType};
use crate::oauth::error::OAuthError;
use crate::oauth::grant::{UserStatus, may_issue};
use crate::oauth::id::{ClientId, SessionId, UserId};
use crate::oauth::identity::logout::Hint;
use crate::oauth::reason::Reason;
use crate::oauth::request::backchannel::PersonHint;
use crate::store::db::{Conn, DbError};
use crate::store::{grants, trusted_issuers, users};
use crate::tokens::{id_token, subject};

/// How a `login_hint_token` is checked.
const RULES: TokenRules = TokenRules {
    kind: AssertionKind {
        name: "the login_hint_token",
        claims: Reason::BackchannelHintToken,
        audience: Reason::BackchannelHintToken,
        times: Reason::BackchannelHintToken,
        expired: Reason::BackchannelHintExpired,
    },
    types: &["JWT"],
    malformed: Reason::BackchannelHintToken,
    issuer: Reason::BackchannelHintToken,
    keys: Reason::BackchannelHintToken,
    signature: Reason::BackchannelHintToken,
    subject: Reason::BackchannelUnknownUser,
};

/// The tokens that name a person, once verified.
#[derive(Default)]
pub(super) struct PersonProofs {
    id_token: OneTimeProof<Hint>,
    login_hint_token: OneTimeProof<Arc<TrustedToken>>,
}

/// The person that the hint names, before the database is asked.
pub(super) enum Named {
    /// By a name as people type it, or by the `sub` that the client knows.
    Name {
        name: String,
        is_subject: bool,
    },
    User(UserId),
    /// By the session of an ID Token with a pairwise subject.
    Session {
        session: SessionId,
        subject: String,
    },
    /// By a trusted issuer.
    Linked(Arc<TrustedToken>),
    /// No one.
    Nobody,
}

/// Verifies the hint. Returns the person that it names.
pub(super) async fn named(
    app: &App,
    call: &Call,
    client: &Client,
    hint: &PersonHint,
    proofs: &mut PersonProofs,
) -> Result<Named, Denied<OAuthError>> {
    let is_public = client.subject_type == SubjectType::Public;
    match hint {
        PersonHint::Name(name) => Ok(Named::Name { name: name.clone(), is_subject: is_public }),
        PersonHint::IdToken(token) => {
            let read = async || id_token::read_hint(app, token, call.now).await;
            let hint = proofs.id_token.get(read).await?;
            if hint.client != client.id {
                let what = "the id_token_hint was not issued to this client";
                return Err(Reason::HintOtherClient.because(what).into());
            }
            if is_public {
                return Ok(Named::User(UserId::new(hint.names.subject)));
            }
            let session = subject::session_named(app, client, &hint.names);
            Ok(session
                .map_or(Named::Nobody, |session| Named::Session { session, subject: hint.names.subject }))
        }
        PersonHint::Token(token) => {
            let verify = async || verified(app, call, client, token, &RULES).await;
            Ok(Named::Linked(proofs.login_hint_token.get(verify).await?))
        }
    }
}

/// Finds the person. A person who cannot answer looks like one who does not exist.
///
/// # Errors
/// If there is no such person, or the person cannot get the client any tokens.
pub(super) async fn find(app: &App, checked: &Checked) -> Result<UserId, Denied<OAuthError>> {
    let client = &checked.client.client;
    let wanted = match &checked.named {
        Named::Name { name, is_subject } => WantedPerson::Name(name.clone(), *is_subject),
        Named::User(user) => WantedPerson::User(user.clone()),
        Named::Session { session, .. } => WantedPerson::Session(session.clone(), client.id.clone()),
        Named::Linked(token) => {
            let of = token.issuer_subject();
            WantedPerson::Linked(of.issuer.to_owned(), of.subject.to_owned())
        }
        Named::Nobody => return Err(unknown().into()),
    };
    let look = async move |conn: &mut Conn| wanted.find(conn).await;
    let Some((user, status)) = app.db.read(look).await? else { return Err(unknown().into()) };
    if let Named::Session { subject, .. } = &checked.named
        && subject::subject(app, client, &user) != *subject
    {
        return Err(unknown().into());
    }
    // The detail is for the operator: the answer does not contain it.
    may_issue(&status, &checked.asked.required_groups).map_err(|error| {
        let unknown = OAuthError { detail: error.detail, ..unknown() };
        unknown.about(&user)
    })?;
    Ok(user)
}

fn unknown() -> OAuthError {
    Reason::BackchannelUnknownUser.because("the hint names no account that can answer this request")
}

/// What to look for in the database.
enum WantedPerson {
    Name(String, bool),
    User(UserId),
    Session(SessionId, ClientId),
    Linked(String, String),
}

impl WantedPerson {
    async fn find(&self, conn: &mut Conn) -> Result<Option<(UserId, UserStatus)>, DbError> {
        let user = match self {
            // A `sub` comes first: the name of another account may be equal to it in another case.
            Self::Name(name, true) => users::find_record(conn, name).await?.map(|record| record.person.id),
            Self::Name(name, false) => users::find_by_name(conn, name).await?.map(|record| record.user),
            Self::User(user) => Some(user.clone()),
            Self::Session(session, client) => grants::user_of_session(conn, session, client).await?,
            Self::Linked(issuer, subject) => {
                return trusted_issuers::find_subject(conn, issuer, subject).await;
            }
        };
        match user {
            Some(user) => {
                let status = users::status(conn, &user).await?;
                Ok(Some((user, status)))
            }
            None => Ok(None),
        }
    }
}
