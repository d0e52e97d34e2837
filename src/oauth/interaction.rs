//! What a valid authorization request needs next from the person in front of the browser.

use super::client::Client;
use super::id::{SessionId, UserId};
use super::scope::Scope;

/// Who is signed in, as the database says at this moment.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub session: SessionId,
    pub user: UserId,
    pub username: String,
    /// When the password was last given, in seconds.
    pub auth_time: i64,
    /// What the person has allowed this client before.
    pub consented: Option<Scope>,
}

/// The next step.
#[derive(Clone, Debug)]
pub enum Next<'a> {
    SignIn,
    Consent(&'a SignedIn),
    Issue(&'a SignedIn),
}

/// Decides the next step: sign in, ask, or issue; consent is asked again when the scopes grow.
pub fn next<'a>(client: &Client, scope: &Scope, signed_in: Option<&'a SignedIn>) -> Next<'a> {
    let Some(signed_in) = signed_in else { return Next::SignIn };
    let allowed = signed_in.consented.as_ref().is_some_and(|consented| scope.is_within(consented));
    if client.first_party || allowed { Next::Issue(signed_in) } else { Next::Consent(signed_in) }
}

#[cfg(test)]
mod tests {
    use super::super::client::{ClientKind, example};
    use super::*;

    fn person(consented: Option<&str>) -> SignedIn {
        SignedIn {
            session: SessionId::new("s"),
            user: UserId::new("u"),
            username: "alice".into(),
            auth_time: 0,
            consented: consented.map(Scope::from_stored),
        }
    }

    #[test]
    fn consent_is_asked_once_and_again_when_the_scopes_grow() {
        let client = example(ClientKind::Web);
        let (read, both) = (Scope::from_stored("read"), Scope::from_stored("read write"));
        assert!(matches!(next(&client, &read, None), Next::SignIn));
        assert!(matches!(next(&client, &read, Some(&person(None))), Next::Consent(_)));
        assert!(matches!(next(&client, &read, Some(&person(Some("read")))), Next::Issue(_)));
        assert!(matches!(next(&client, &both, Some(&person(Some("read")))), Next::Consent(_)));
    }

    #[test]
    fn nobody_is_asked_for_a_first_party_application() {
        let client = Client { first_party: true, ..example(ClientKind::Web) };
        assert!(matches!(next(&client, &Scope::from_stored("read"), Some(&person(None))), Next::Issue(_)));
        assert!(matches!(next(&client, &Scope::from_stored("read"), None), Next::SignIn));
    }
}
