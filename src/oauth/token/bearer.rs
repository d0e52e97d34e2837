//! Bearer tokens: whether a token may be used now (RFC 6750 §3.1).

use crate::clock::Timestamp;
use crate::oauth::client::profile::Profile;
use crate::oauth::error::{OAuthError, quoted};
use crate::oauth::grant::scope::Scope;
use crate::oauth::identity::claims::Person;
use crate::oauth::reason::Reason;
use crate::oauth::request::claims_request::RequestedClaims;
use crate::oauth::token::AccessToken;
use crate::oauth::token::binding::{AccessTokenType, Binding};
use crate::oauth::token::dpop::ProofAlgorithm;

/// A presented access token, as the database says at this moment.
#[derive(Clone, Debug)]
pub struct PresentedToken {
    pub token: AccessToken,
    /// The resources that its authorization named; `None` if the client acts for itself.
    pub authorized: Option<Vec<String>>,
    /// The token or its grant was revoked, or its client or person is deleted or disabled.
    pub is_revoked: bool,
}

impl PresentedToken {
    /// Whether the token is valid at `now`; `false` if it has expired or was revoked. The caller must check the client
    /// and the audience.
    pub fn is_active(&self, now: Timestamp) -> bool {
        now < self.token.expires_at && !self.is_revoked
    }
}

/// The text of an access token in a request, and the scheme that presents it.
#[derive(Clone, Debug)]
pub struct PresentedText {
    pub scheme: AccessTokenType,
    pub text: String,
}

/// The challenge of a scheme, without an error (RFC 6750 §3, RFC 9449 §7.1). It lists the algorithms that the profile allows.
pub fn challenge(scheme: AccessTokenType, profile: Profile) -> String {
    match scheme {
        AccessTokenType::Bearer => "Bearer realm=\"grantor\"".to_owned(),
        AccessTokenType::Dpop => {
            let known = ProofAlgorithm::ALL.iter().map(|known| known.as_str());
            let algorithms: Vec<&str> = known.filter(|known| profile.allows_algorithm(known)).collect();
            format!("DPoP realm=\"grantor\", algs=\"{}\"", algorithms.join(" "))
        }
    }
}

/// What the sender of a request must prove to use a token, by what the token is bound to and the scheme that presents it
/// (RFC 9449 §7.1 and §7.2, RFC 8705 §3). `None`: nothing.
///
/// # Errors
/// If tokens with this binding do not come with this scheme.
pub fn proof_needed(
    binding: Option<&Binding>,
    scheme: AccessTokenType,
) -> Result<Option<&Binding>, OAuthError> {
    if AccessTokenType::of(binding) == scheme {
        return Ok(binding);
    }
    Err(match scheme {
        AccessTokenType::Bearer => Reason::BearerBound
            .because("the access token is bound to a key, and must come with the scheme DPoP and a proof"),
        AccessTokenType::Dpop => Reason::BearerUnbound
            .because("the access token is not bound to a key, and must come with the scheme Bearer"),
    })
}

/// The error for a request that does not prove what its token is bound to.
pub fn not_proven(binding: &Binding) -> OAuthError {
    Reason::BearerBound.because(match binding {
        Binding::DpopKey(_) => "the access token is bound to another key than that of the DPoP proof",
        Binding::Certificate(_) => {
            "the access token is bound to a certificate, and the connection does not have this certificate"
        }
    })
}

/// What a valid token gives access to.
#[derive(Clone, Debug, PartialEq)]
pub struct UserInfoAccess {
    pub person: Person,
    pub scope: Scope,
    pub claims: RequestedClaims,
}

/// Checks that a token may be used now at a resource (RFC 9068 §4).
///
/// # Errors
/// If the token is expired, revoked, or for another resource.
pub fn check_for_resource(presented: &PresentedToken, uri: &str, now: Timestamp) -> Result<(), OAuthError> {
    check_for(presented, Some(uri), now)
}

/// `audience`: `None` for this server itself.
fn check_for(presented: &PresentedToken, audience: Option<&str>, now: Timestamp) -> Result<(), OAuthError> {
    let token = &presented.token;
    let refusal = if now >= token.expires_at {
        Reason::BearerExpired.because("the access token has expired")
    } else if presented.is_revoked {
        Reason::BearerRevoked.because("the access token has been revoked")
    } else if token.audience.as_deref() != audience {
        let here = audience.map_or("than this server".to_owned(), |uri| format!("than {}", quoted(uri)));
        // A token for another API must not work here, because that API's servers hold it (RFC 9068 §4).
        Reason::BearerAudience.because(format!("the access token is for another API {here}"))
    } else {
        return Ok(());
    };
    Err(refusal.about(token.user_id.as_ref()))
}

/// Decides whether UserInfo may answer, and what about (OpenID Connect Core §5.3). `person`: the user that the token
/// was issued for; `None` if the account is deleted or disabled.
///
/// # Errors
/// If the token is expired, revoked, for another API, without an enabled person, or without the scope `needed`.
pub fn check_user_info(
    presented: PresentedToken,
    person: Option<Person>,
    needed: &str,
    now: Timestamp,
) -> Result<UserInfoAccess, OAuthError> {
    check_for(&presented, None, now)?;
    let token = presented.token;
    let refuse = |error: OAuthError| Err(error.about(token.user_id.as_ref()));
    if token.user_id.is_none() {
        return Err(Reason::BearerWithoutPerson
            .because("the access token was issued to a client for itself and is not about a person"));
    }
    let Some(person) = person else {
        return refuse(
            Reason::BearerRevoked.because("the account of the access token is disabled at present"),
        );
    };
    if !token.granted.scope.contains(needed) {
        return refuse(Reason::BearerScope.because(format!(
            "the access token does not have the scope {needed}, which this endpoint needs"
        )));
    }
    Ok(UserInfoAccess { person, scope: token.granted.scope, claims: token.granted.claims.userinfo })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::grant::granted::Granted;
    use crate::oauth::id::{ClientId, UserId};
    use crate::oauth::identity::claims::Claims;

    #[test]
    fn a_token_is_valid_until_its_end_for_an_enabled_person_within_its_scope() {
        let person = Person {
            id: UserId::new("u"),
            username: "jane".into(),
            name: None,
            email: None,
            claims: Claims::new(),
            updated_at: Timestamp::from_unix(0),
        };
        let token = AccessToken {
            id: "t".into(),
            client_id: ClientId::new("app"),
            user_id: Some(UserId::new("u")),
            grant_id: None,
            granted: Granted::of_scope(Scope::from_stored("openid read")),
            audience: None,
            signed_with: None,
            issued_at: Timestamp::from_unix(0),
            expires_at: Timestamp::from_unix(100),
            delegation: Default::default(),
            binding: None,
        };
        let good = PresentedToken { token: token.clone(), authorized: None, is_revoked: false };
        let of = |token: AccessToken| PresentedToken { token, ..good.clone() };
        let checked = |presented: PresentedToken, now| {
            check_user_info(presented, Some(person.clone()), "openid", Timestamp::from_unix(now))
                .map(|teller| teller.person)
                .map_err(|error| error.reason)
        };
        assert_eq!(checked(good.clone(), 99), Ok(person.clone()));
        assert_eq!(checked(good.clone(), 100), Err(Reason::BearerExpired));
        assert_eq!(
            checked(PresentedToken { is_revoked: true, ..good.clone() }, 0),
            Err(Reason::BearerRevoked)
        );
        let closed = check_user_info(good.clone(), None, "openid", Timestamp::from_unix(0))
            .map_err(|error| error.reason);
        assert_eq!(closed, Err(Reason::BearerRevoked));
        let of_client = of(AccessToken { user_id: None, ..token.clone() });
        assert_eq!(checked(of_client, 0), Err(Reason::BearerWithoutPerson));
        let narrow =
            of(AccessToken { granted: Granted::of_scope(Scope::from_stored("read")), ..token.clone() });
        assert_eq!(checked(narrow, 0), Err(Reason::BearerScope));
        let foreign = of(AccessToken { audience: Some("https://api.example".into()), ..token });
        assert_eq!(checked(foreign, 0), Err(Reason::BearerAudience));
    }
}
