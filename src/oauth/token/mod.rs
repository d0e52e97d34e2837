//! Access tokens: opaque ones, stored as a hash, and JWTs (RFC 9068); and the token response (RFC 6749 §5.1).

pub mod algorithm;
pub mod bearer;
pub mod binding;
pub mod delegation;
pub mod dpop;
pub mod exchange;
pub mod http_uri;
pub mod id_token;
pub mod introspection;
pub mod purpose;
pub mod refresh;

use serde::{Deserialize, Serialize};

use crate::clock::{Seconds, Timestamp};
use crate::oauth::client::Client;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::Grant;
use crate::oauth::grant::authorization_details::AuthorizationDetails;
use crate::oauth::grant::granted::Granted;
use crate::oauth::grant::resource::Resource;
use crate::oauth::grant::scope::{self, KnownScopes, Scope};
use crate::oauth::id::{ClientId, GrantId, UserId};
use crate::oauth::identity::authentication::Authentication;
use crate::oauth::signing_key::SigningAlgorithm;
use crate::oauth::token::algorithm::TokenAlgorithms;
use crate::oauth::token::binding::{AccessTokenType, Binding};
use crate::oauth::token::delegation::{Ancestor, Delegation, MayAct, TokenActor};
use crate::oauth::token::purpose::Purpose;

/// The first characters of an opaque access token, so that secret scanners recognize a leaked one.
pub const ACCESS_TOKEN_PREFIX: &str = "gat_";
/// The `typ` of a JWT's header, so that no other kind of token can be mistaken for it (RFC 9068 §2.1).
pub const TYP: &str = "at+jwt";

/// The record of an access token, without the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    /// The `jti`.
    pub id: String,
    pub client_id: ClientId,
    /// `None` if the client acts for itself.
    pub user_id: Option<UserId>,
    pub grant_id: Option<GrantId>,
    pub granted: Granted,
    /// The resource that it is for; `None` is this server.
    pub audience: Option<String>,
    /// The algorithm of a JWT; `None` means that the token is opaque.
    pub signed_with: Option<SigningAlgorithm>,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
    pub delegation: Delegation,
    /// `None`: any holder may use the token.
    pub binding: Option<Binding>,
}

/// The server's defaults.
#[derive(Clone, Copy, Debug)]
pub struct TokenDefaults {
    pub lifetime: Seconds,
    /// No JWT may live longer than its key is published.
    pub max_lifetime: Seconds,
    pub algorithms: TokenAlgorithms,
}

impl AccessToken {
    /// The record of a new token of `client`, which is bound to nothing. `id` must be unique; `grant` is `None` if the
    /// client acts for itself.
    ///
    /// # Errors
    /// If the token would be signed with an algorithm that the profile of the client does not allow.
    pub fn new(
        id: &str,
        client: &Client,
        grant: Option<&Grant>,
        purpose: Purpose<'_>,
        known: &impl KnownScopes,
        (defaults, now): (TokenDefaults, Timestamp),
    ) -> Result<Self, OAuthError> {
        let Purpose { resource, scope, details } = purpose;
        let signed_with = defaults.algorithms.of(client, resource)?;
        let expires_at = now + lifetime(client, resource, &scope, known, defaults);
        Ok(Self {
            id: TokenId::new(grant.map(|grant| grant.id.clone()), id).to_text(),
            client_id: client.id.clone(),
            user_id: grant.map(|grant| grant.user.clone()),
            grant_id: grant.map(|grant| grant.id.clone()),
            audience: resource.map(|resource| resource.uri.clone()),
            signed_with,
            issued_at: now,
            expires_at,
            delegation: Delegation {
                may_act: client.may_act.as_ref().map(MayAct::of),
                ..Delegation::default()
            },
            binding: None,
            granted: match grant {
                Some(grant) => grant.granted.for_token(scope, details),
                None => Granted { details, ..Granted::of_scope(scope) },
            },
        })
    }

    /// The type of the token, which follows from its binding (RFC 6749 §7.1).
    pub fn token_type(&self) -> AccessTokenType {
        AccessTokenType::of(self.binding.as_ref())
    }

    /// The time from issue to expiry, as in `expires_in`.
    pub fn lifetime(&self) -> Seconds {
        self.expires_at - self.issued_at
    }
}

/// The shortest lifetime of client, resource and scopes, at most the server's maximum. The server's default if no
/// lifetime is set.
fn lifetime(
    client: &Client,
    resource: Option<&Resource>,
    scope: &Scope,
    known: &impl KnownScopes,
    defaults: TokenDefaults,
) -> Seconds {
    let of_scopes =
        scope.names().filter_map(|name| known.find(name)).filter_map(|record| record.access_token_lifetime);
    let of_resource = resource.and_then(|resource| resource.access_token_lifetime);
    let shortest = of_scopes.chain(client.access_token_lifetime).chain(of_resource).min();
    shortest.unwrap_or(defaults.lifetime).min(defaults.max_lifetime)
}

/// The scope of a token from what was granted: never more than was granted, nor than the client may have now.
///
/// # Errors
/// If the request names a scope that was not granted, or that the client may not have now.
pub fn narrow(requested: Option<&str>, granted: &Scope, client: &Client) -> Result<Scope, OAuthError> {
    let scope = scope::narrow(requested, granted)?;
    let beyond = scope.without(&client.scopes);
    match (requested, beyond.names().next()) {
        (Some(_), Some(name)) => Err(scope::forbidden(name, &scope, &client.scopes)),
        _ => Ok(scope.without(&beyond)),
    }
}

/// A `jti`. It contains the grant that the token belongs to, so that a revocation applies to a JWT that is not stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenId {
    /// `None` if the client acts for itself.
    pub grant: Option<GrantId>,
    own: String,
}

impl TokenId {
    /// Makes an id from the grant and a part that is unique to the token.
    pub fn new(grant: Option<GrantId>, own: &str) -> Self {
        Self { grant, own: own.to_owned() }
    }

    /// Reads a `jti`. A text without a dot names no grant.
    pub fn parse(text: &str) -> Self {
        match text.split_once('.') {
            Some((grant, own)) => Self { grant: Some(GrantId::new(grant)), own: own.to_owned() },
            None => Self { grant: None, own: text.to_owned() },
        }
    }

    /// Writes the `jti`: `GRANT.OWN`, or `OWN` without a grant.
    pub fn to_text(&self) -> String {
        match &self.grant {
            Some(grant) => format!("{grant}.{}", self.own),
            None => self.own.clone(),
        }
    }
}

/// The claims that say who may use a token, in a JWT and in an introspection response.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolderClaims {
    /// The actor (RFC 8693 §4.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<TokenActor>,
    /// The client that may act for the subject (RFC 8693 §4.4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub may_act: Option<MayAct>,
    /// What the token is bound to (RFC 8705 §3.1 and §3.2, RFC 9449 §6.1 and §6.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Binding>,
}

impl HolderClaims {
    /// The claims of a token.
    pub fn of(token: &AccessToken) -> Self {
        Self {
            act: token.delegation.act.clone(),
            may_act: token.delegation.may_act.clone(),
            cnf: token.binding.clone(),
        }
    }
}

/// The claims of a JWT (RFC 9068 §2.2).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct JwtClaims {
    pub iss: String,
    pub aud: String,
    pub sub: String,
    pub client_id: String,
    pub exp: Timestamp,
    pub iat: Timestamp,
    pub jti: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scope: String,
    /// RFC 9396 §9.1.
    #[serde(default, skip_serializing_if = "AuthorizationDetails::is_empty")]
    pub authorization_details: AuthorizationDetails,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    #[serde(flatten)]
    pub holder: HolderClaims,
    /// Our own claim: if one of these tokens ends, this one ends, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exchanged_from: Vec<Ancestor>,
}

impl JwtClaims {
    /// The claims of a token (RFC 9068 §2.2). `sub`: its subject, as the client knows it. `authentication`: the sign-in of the
    /// person, if the token is about one.
    pub fn of(
        token: &AccessToken,
        issuer: &str,
        sub: String,
        authentication: Option<&Authentication>,
    ) -> Self {
        Self {
            aud: token.audience.clone().unwrap_or_else(|| issuer.to_owned()),
            iss: issuer.to_owned(),
            sub,
            client_id: token.client_id.to_string(),
            exp: token.expires_at,
            iat: token.issued_at,
            jti: token.id.clone(),
            scope: token.granted.scope.to_string(),
            authorization_details: token.granted.details.clone(),
            auth_time: authentication.map(|authentication| authentication.at),
            acr: authentication.and_then(Authentication::acr).map(str::to_owned),
            holder: HolderClaims::of(token),
            exchanged_from: token.delegation.exchanged_from.clone(),
        }
    }
}

/// The JSON of a successful token response (RFC 6749 §5.1).
#[derive(Debug, Serialize)]
pub struct TokenResponse {
    pub access_token: String,
    /// The type of the new token in an exchange (RFC 8693 §2.2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_token_type: Option<&'static str>,
    pub token_type: &'static str,
    /// Seconds.
    pub expires_in: Seconds,
    /// `None` if the token has none and none was asked for. If none is left of what was asked for, the text is empty: the client
    /// must learn that (RFC 6749 §5.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// What the token has of what was granted (RFC 9396 §7).
    #[serde(skip_serializing_if = "AuthorizationDetails::is_empty")]
    pub authorization_details: AuthorizationDetails,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// What it was issued for; not a part of the JSON.
    #[serde(skip)]
    pub issued_for: IssuedFor,
}

/// The person and the grant that a token was issued for. Both are `None` if the client acts for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IssuedFor {
    pub user: Option<UserId>,
    pub grant: Option<GrantId>,
}

impl TokenResponse {
    /// The answer for an access token, without a refresh token and an ID Token (RFC 6749 §5.1). `asked`: whether a scope was asked
    /// for, in this request or when it was granted.
    pub fn new(access_token: String, record: &AccessToken, asked: bool) -> Self {
        let scope = &record.granted.scope;
        Self {
            access_token,
            issued_token_type: None,
            token_type: record.token_type().as_str(),
            expires_in: record.lifetime(),
            scope: (asked || !scope.is_empty()).then(|| scope.to_string()),
            authorization_details: record.granted.details.clone(),
            refresh_token: None,
            id_token: None,
            issued_for: record.issued_for(),
        }
    }
}

impl AccessToken {
    /// The person and the grant that the token was issued for.
    pub fn issued_for(&self) -> IssuedFor {
        IssuedFor { user: self.user_id.clone(), grant: self.grant_id.clone() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::oauth::client::demand::Demands;
    use crate::oauth::client::{ClientKind, example};
    use crate::oauth::grant::resource::example_resource;
    use crate::oauth::grant::scope::ScopeRecord;
    use crate::oauth::reason::Reason;

    #[test]
    fn the_shortest_lifetime_applies_or_else_the_servers() {
        let pay = ScopeRecord { access_token_lifetime: Some(Seconds::new(60)), ..ScopeRecord::default() };
        let known = HashMap::from([("pay", pay), ("read", ScopeRecord::default())]);
        let defaults = TokenDefaults {
            lifetime: Seconds::new(600),
            max_lifetime: Seconds::new(5000),
            algorithms: TokenAlgorithms {
                usual: SigningAlgorithm::Es256,
                of_fapi: SigningAlgorithm::Es256,
                demands: Demands::NOTHING,
            },
        };
        let resource =
            |access_token_lifetime| Resource { access_token_lifetime, ..example_resource("urn:r", "") };
        let of = |client: Option<i64>, of_resource: Option<i64>, scope: &str| {
            let client = example(ClientKind::Web)
                .with(|metadata| metadata.access_token_lifetime = client.map(Seconds::new));
            let resource = resource(of_resource.map(Seconds::new));
            lifetime(&client, Some(&resource), &Scope::from_stored(scope), &known, defaults).as_i64()
        };
        assert_eq!(of(None, None, "read"), 600);
        assert_eq!(of(Some(3600), None, "read"), 3600, "a client may have longer ones");
        assert_eq!(of(Some(3600), Some(900), "read"), 900);
        assert_eq!(of(Some(3600), Some(900), "read pay"), 60);
        assert_eq!(of(Some(9000), None, "read"), 5000);
    }

    #[test]
    fn the_claims_about_the_holder_are_among_those_of_the_token() {
        let json = r#"{"iss":"i","aud":"a","sub":"s","client_id":"c","exp":2,"iat":1,"jti":"t","scope":"read","act":{"sub":"x","act":{"sub":"y"}},"may_act":{"sub":"z"},"cnf":{"jkt":"k"},"exchanged_from":[{"jti":"u","client_id":"c"}]}"#;
        let claims: JwtClaims = serde_json::from_str(json).unwrap();
        assert_eq!(claims.holder.may_act, Some(MayAct { sub: "z".into() }));
        assert!(claims.holder.act.is_some() && claims.holder.cnf.is_some());
        assert_eq!(serde_json::to_string(&claims).unwrap(), json);
        let without = r#"{"iss":"i","aud":"a","sub":"s","client_id":"c","exp":2,"iat":1,"jti":"t"}"#;
        let claims: JwtClaims = serde_json::from_str(without).unwrap();
        assert_eq!(claims.holder, HolderClaims::default());
        assert_eq!(serde_json::to_string(&claims).unwrap(), without);
    }

    #[test]
    fn a_scope_is_narrowed_to_what_grant_and_client_both_have() {
        let caller =
            example(ClientKind::Service).with(|metadata| metadata.scopes = Scope::from_stored("read pay"));
        let subject = Scope::from_stored("read write");
        let of = |requested| {
            narrow(requested, &subject, &caller).map(|scope| scope.to_string()).map_err(|error| error.reason)
        };
        assert_eq!(of(None), Ok("read".into()));
        assert_eq!(of(Some("read")), Ok("read".into()));
        assert_eq!(of(Some("pay")), Err(Reason::ScopeWidened));
        assert_eq!(of(Some("read write")), Err(Reason::ScopeForbidden));
    }

    #[test]
    fn a_jti_names_its_grant() {
        let id = TokenId { grant: Some(GrantId::new("g")), own: "t".into() };
        assert_eq!(TokenId::parse(&id.to_text()), id);
        assert_eq!(TokenId::parse("t"), TokenId { grant: None, own: "t".into() });
    }
}
