//! A client's identifiers of a person and a session: the same for all clients, or pairwise (OpenID Connect Core §8).

use crate::app::App;
use crate::keys::master::ServerKeys;
use crate::oauth::client::{Client, SubjectType};
use crate::oauth::id::{SessionId, UserId};
use crate::oauth::token::id_token::NamesForClient;

/// The `sub` of a person for one client.
pub fn subject(app: &App, client: &Client, user: &UserId) -> String {
    called(&app.keys, client, user)
}

/// The `sub` of a person for one client, for callers that only have the keys.
pub fn called(keys: &ServerKeys, client: &Client, user: &UserId) -> String {
    match client.subject_type {
        SubjectType::Public => user.to_string(),
        SubjectType::Pairwise => keys.pairwise_subject(&client.sector(), user.as_str()),
    }
}

/// The `sub` and the `sid` for one client. With pairwise subjects the `sid` is also pairwise, because a common one
/// would join the sectors.
pub fn names(app: &App, client: &Client, user: &UserId, session: &SessionId) -> NamesForClient {
    let session = match client.subject_type {
        SubjectType::Public => session.to_string(),
        SubjectType::Pairwise => app.keys.pairwise_session(&client.sector(), session.as_str()),
    };
    NamesForClient { subject: subject(app, client, user), session }
}

/// The session that a client's identifiers name. `None` if this server did not make the identifiers.
pub fn session_named(app: &App, client: &Client, names: &NamesForClient) -> Option<SessionId> {
    match client.subject_type {
        SubjectType::Public => Some(SessionId::new(names.session.as_str())),
        SubjectType::Pairwise => app.keys.session_named(&client.sector(), &names.session).map(SessionId::new),
    }
}
