//! Bearer tokens: may this one be used now? (RFC 6750 §3.1)

use super::claims::Person;
use super::claims_request::Wanted;
use super::error::OAuthError;
use super::id::ClientId;
use super::reason::Reason;
use super::scope::Scope;

/// An access token that was presented, as the database says at this moment.
#[derive(Clone, Debug)]
pub struct Presented {
    pub client: ClientId,
    pub scope: Scope,
    /// What is to be told beside the scope.
    pub claims: Wanted,
    /// In seconds.
    pub expires_at: i64,
    /// The grant that it hangs on has ended, or its client is gone or disabled.
    pub is_revoked: bool,
    /// The person that it speaks for.
    pub subject: Subject,
}

#[derive(Clone, Debug)]
pub enum Subject {
    /// The client itself.
    Client,
    Person(Box<Person>),
    /// The person is gone or disabled.
    Nobody,
}

/// What a good token opens.
#[derive(Clone, Debug, PartialEq)]
pub struct Teller {
    pub person: Person,
    pub scope: Scope,
    pub claims: Wanted,
}

/// Decides over a token that was found.
pub fn may_tell(presented: Presented, needed: &str, now: i64) -> Result<Teller, OAuthError> {
    if now >= presented.expires_at {
        return Err(Reason::BearerExpired.because("the access token has expired"));
    }
    if presented.is_revoked {
        return Err(Reason::BearerRevoked.because("the access token has been revoked"));
    }
    let person = match presented.subject {
        Subject::Person(person) => *person,
        Subject::Nobody => {
            return Err(
                Reason::BearerRevoked.because("the account behind the access token is closed at present")
            );
        }
        Subject::Client => {
            return Err(Reason::BearerWithoutPerson
                .because("the access token was issued to a client for itself, and tells of no person"));
        }
    };
    if !presented.scope.contains(needed) {
        return Err(Reason::BearerScope.because(format!(
            "the access token does not have the scope {needed}, which this endpoint needs"
        )));
    }
    Ok(Teller { person, scope: presented.scope, claims: presented.claims })
}

#[cfg(test)]
mod tests {
    use super::super::claims::Claims;
    use super::super::id::UserId;
    use super::*;

    #[test]
    fn a_token_is_good_until_its_end_for_a_person_who_is_there_and_within_its_scope() {
        let person = Person {
            id: UserId::new("u"),
            username: "jane".into(),
            name: None,
            email: None,
            claims: Claims::new(),
            updated_at: 0,
        };
        let good = Presented {
            client: ClientId::new("app"),
            scope: Scope::from_stored("openid read"),
            claims: Wanted::default(),
            expires_at: 100,
            is_revoked: false,
            subject: Subject::Person(Box::new(person.clone())),
        };
        let judged = |presented: Presented, now| {
            may_tell(presented, "openid", now).map(|teller| teller.person).map_err(|error| error.reason)
        };
        assert_eq!(judged(good.clone(), 99), Ok(person));
        assert_eq!(judged(good.clone(), 100), Err(Reason::BearerExpired));
        assert_eq!(judged(Presented { is_revoked: true, ..good.clone() }, 0), Err(Reason::BearerRevoked));
        assert_eq!(
            judged(Presented { subject: Subject::Nobody, ..good.clone() }, 0),
            Err(Reason::BearerRevoked)
        );
        let of_client = Presented { subject: Subject::Client, ..good.clone() };
        assert_eq!(judged(of_client, 0), Err(Reason::BearerWithoutPerson));
        let narrow = Presented { scope: Scope::from_stored("read"), ..good };
        assert_eq!(judged(narrow, 0), Err(Reason::BearerScope));
    }
}
