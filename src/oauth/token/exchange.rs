//! Token exchange: who may exchange which token, and the limits of the new token (RFC 8693).

use crate::oauth::client::Client;
use crate::oauth::error::{OAuthError, quoted};
use crate::oauth::grant::resource::{named, normal};
use crate::oauth::id::ClientId;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::oauth::token::delegation::{Ancestor, Delegation, MAX_DEPTH, TokenActor, too_deep};
use crate::oauth::token::{AccessToken, TokenId};

/// The types of tokens that can be exchanged (RFC 8693 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
pub enum TokenType {
    #[strum(serialize = "urn:ietf:params:oauth:token-type:access_token")]
    AccessToken,
    #[strum(serialize = "urn:ietf:params:oauth:token-type:jwt")]
    Jwt,
}

impl TokenType {
    /// The URI of the type (RFC 8693 §3).
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The token type in a parameter; `None` if the parameter is missing.
    ///
    /// # Errors
    /// If the parameter is repeated or malformed, or the type is not supported.
    pub fn named(params: &Params, name: &'static str) -> Result<Option<Self>, OAuthError> {
        let Some(value) = params.one(name)? else { return Ok(None) };
        let unsupported = |_| {
            Reason::TokenTypeUnsupported.because(format!("the {name} {} is not supported", quoted(value)))
        };
        value.parse().map(Some).map_err(unsupported)
    }
}

/// Who exchanges a token, seen from that token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExchangedBy {
    /// The client that the token was issued to.
    Itself,
    /// Another client that may exchange the token.
    Another,
}

/// How a client may exchange a token of this server; `None` if it may not. `serves`: the client is a server of the
/// token's audience.
pub fn may_exchange(token: &AccessToken, caller: &ClientId, serves: bool) -> Option<ExchangedBy> {
    if token.client_id == *caller {
        return Some(ExchangedBy::Itself);
    }
    let may = match &token.delegation.may_act {
        Some(named) => named.sub == caller.as_str(),
        None => serves,
    };
    may.then_some(ExchangedBy::Another)
}

/// The actor of the new token (RFC 8693 §4.1); `None` if the new token has no actor. `actor`: the subject of the
/// actor token. `before`: the previous actors.
///
/// # Errors
/// If there would be too many actors.
pub fn act(
    by: ExchangedBy,
    caller: &Client,
    actor: Option<&str>,
    before: Option<TokenActor>,
) -> Result<Option<TokenActor>, OAuthError> {
    match (by, actor) {
        (_, Some(actor)) => TokenActor::after(actor, before).map(Some),
        (ExchangedBy::Another, None) if !caller.may_impersonate => {
            TokenActor::after(caller.id.as_str(), before).map(Some)
        }
        (_, None) => Ok(before),
    }
}

/// The target of a request, from `resource`, `audience`, or both (RFC 8693 §2.1); `None` if the request has neither.
///
/// # Errors
/// If the two differ, or one of them has several values or is malformed.
pub fn target(params: &Params) -> Result<Option<String>, OAuthError> {
    let audience = named(params, "audience")?;
    match (named(params, "resource")?, audience) {
        (Some(resource), Some(audience)) if normal(&resource) != normal(&audience) => {
            Err(Reason::AudienceMismatch
                .because("resource and audience name two targets, and a token is for one"))
        }
        (resource, audience) => Ok(resource.or(audience)),
    }
}

/// The new token, dependent on `subject`: it expires with `subject` at the latest, and is revoked with `subject`.
///
/// # Errors
/// If there would be too many successive exchanges.
pub fn in_place_of(
    token: AccessToken,
    own_id: &str,
    subject: &AccessToken,
    is_opaque: bool,
    act: Option<TokenActor>,
) -> Result<AccessToken, OAuthError> {
    let before = &subject.delegation;
    let itself =
        Ancestor { jti: subject.id.clone(), client_id: subject.client_id.to_string(), opaque: is_opaque };
    let exchanged_from: Vec<Ancestor> = before.exchanged_from.iter().cloned().chain([itself]).collect();
    if exchanged_from.len() > MAX_DEPTH {
        return Err(too_deep());
    }
    let speaks_for = before.on_behalf_of.clone().unwrap_or_else(|| subject.client_id.to_string());
    let is_other = subject.user_id.is_none() && speaks_for != token.client_id.as_str();
    Ok(AccessToken {
        id: TokenId::new(subject.grant_id.clone(), own_id).to_text(),
        user_id: subject.user_id.clone(),
        grant_id: subject.grant_id.clone(),
        expires_at: token.expires_at.min(subject.expires_at),
        delegation: Delegation {
            act,
            may_act: token.delegation.may_act,
            on_behalf_of: is_other.then_some(speaks_for),
            exchanged_from,
        },
        ..token
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::oauth::client::{ClientKind, example};
    use crate::oauth::grant::granted::Granted;
    use crate::oauth::grant::scope::Scope;
    use crate::oauth::id::{GrantId, UserId};
    use crate::oauth::token::delegation::MayAct;

    fn token(client: &str, user: Option<&str>) -> AccessToken {
        AccessToken {
            id: TokenId::new(user.map(|_| GrantId::new("g")), client).to_text(),
            client_id: ClientId::new(client),
            user_id: user.map(UserId::new),
            grant_id: user.map(|_| GrantId::new("g")),
            granted: Granted::of_scope(Scope::from_stored("read")),
            audience: None,
            signed_with: None,
            issued_at: Timestamp::from_unix(0),
            expires_at: Timestamp::from_unix(100),
            delegation: Delegation::default(),
            binding: None,
        }
    }

    #[test]
    fn a_token_is_exchanged_by_its_client_its_may_act_or_else_its_audience() {
        let plain = token("web", Some("u"));
        let naming = AccessToken {
            delegation: Delegation { may_act: Some(MayAct { sub: "api".into() }), ..Delegation::default() },
            ..plain.clone()
        };
        let may =
            |token: &AccessToken, caller: &str, serves| may_exchange(token, &ClientId::new(caller), serves);
        for token in [&plain, &naming] {
            assert_eq!(may(token, "web", false), Some(ExchangedBy::Itself));
            assert_eq!(may(token, "stranger", false), None);
        }
        assert_eq!(may(&plain, "api", true), Some(ExchangedBy::Another));
        assert_eq!(may(&plain, "api", false), None);
        assert_eq!(may(&naming, "api", false), Some(ExchangedBy::Another));
        assert_eq!(
            may(&naming, "other", true),
            None,
            "it names another one than this server of its audience"
        );
    }

    #[test]
    fn the_actor_is_named_unless_the_policy_allows_impersonation() {
        let caller = example(ClientKind::Service);
        let may = caller.clone().with(|metadata| metadata.may_impersonate = true);
        let before = TokenActor::after("web", None).unwrap();
        let of = |by, caller: &Client, actor| act(by, caller, actor, Some(before.clone())).unwrap().unwrap();
        assert_eq!(of(ExchangedBy::Itself, &caller, None), before);
        assert_eq!(of(ExchangedBy::Another, &may, None), before);
        for (by, caller, actor, sub) in [
            (ExchangedBy::Another, &caller, None, "example"),
            (ExchangedBy::Another, &caller, Some("bob"), "bob"),
            (ExchangedBy::Another, &may, Some("bob"), "bob"),
            (ExchangedBy::Itself, &may, Some("bob"), "bob"),
        ] {
            let acting = of(by, caller, actor);
            assert_eq!(
                (acting.sub.as_str(), acting.act.as_deref()),
                (sub, Some(&before)),
                "{by:?} {actor:?}"
            );
        }
    }

    #[test]
    fn resource_and_audience_are_two_names_of_one_target() {
        let of = |text: &str| target(&Params::parse(text.as_bytes()).unwrap()).map_err(|error| error.reason);
        let api = Ok(Some("https://api.example".to_owned()));
        assert_eq!(of(""), Ok(None));
        assert_eq!(of("resource=https://api.example"), api);
        assert_eq!(of("audience=https://api.example"), api);
        assert_eq!(of("resource=https://api.example&audience=https://API.example/"), api);
        assert_eq!(of("resource=https://api.example&audience=urn:b"), Err(Reason::AudienceMismatch));
        assert_eq!(of("audience=urn:a&audience=urn:b"), Err(Reason::ResourceSeveral));
    }

    #[test]
    fn an_exchanged_token_depends_on_its_source_and_ends_with_it() {
        let exchanged = |subject: &AccessToken, client: &str| {
            let fresh = AccessToken { expires_at: Timestamp::from_unix(900), ..token(client, None) };
            in_place_of(fresh, client, subject, false, None)
        };
        let first = token("web", Some("u"));
        let second = exchanged(&first, "api").unwrap();
        assert_eq!((second.id.as_str(), second.expires_at), ("g.api", first.expires_at));
        assert_eq!((&second.user_id, &second.grant_id), (&first.user_id, &first.grant_id));
        assert_eq!(second.delegation.on_behalf_of, None);
        let mut last = second;
        for client in ["c", "d", "e"] {
            last = exchanged(&last, client).unwrap();
        }
        let through: Vec<&str> =
            last.delegation.exchanged_from.iter().map(|ancestor| ancestor.client_id.as_str()).collect();
        assert_eq!(through, ["web", "api", "c", "d"]);
        assert_eq!(exchanged(&last, "f").unwrap_err().reason, Reason::ExchangeTooDeep);

        let own = token("job", None);
        let second = exchanged(&own, "api").unwrap();
        assert_eq!(second.delegation.on_behalf_of.as_deref(), Some("job"));
        assert_eq!(exchanged(&second, "c").unwrap().delegation.on_behalf_of.as_deref(), Some("job"));
        assert_eq!(exchanged(&second, "job").unwrap().delegation.on_behalf_of, None, "itself again");
        assert_eq!(exchanged(&own, "job").unwrap().delegation.on_behalf_of, None);
    }
}
