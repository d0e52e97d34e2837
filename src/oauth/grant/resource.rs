//! Protected APIs (resources), and which one of them a token is for (RFC 8707).

use url::Url;

use crate::clock::Seconds;
use crate::oauth::client::{Client, TokenFormat};
use crate::oauth::detail::{Detail, DetailSubject};
use crate::oauth::error::{OAuthError, quoted};
use crate::oauth::grant::scope::Scope;
use crate::oauth::id::ClientId;
use crate::oauth::permission::is_management_scope;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::oauth::signing_key::SigningAlgorithm;

/// A registered protected API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    pub uri: String,
    /// Grows with every change; 1 when it is new.
    pub version: i64,
    /// The scopes of this API.
    pub scopes: Scope,
    pub format: TokenFormat,
    /// The algorithm of its JWTs; `None` leaves the choice to the server.
    pub algorithm: Option<SigningAlgorithm>,
    /// In seconds.
    pub access_token_lifetime: Option<Seconds>,
    /// The clients that may introspect tokens for the resource.
    pub servers: Vec<ClientId>,
}

/// Finds a resource by its URI.
pub trait KnownResources {
    /// The resource with this URI, in any spelling; `None` if no such resource is registered.
    fn resource(&self, uri: &str) -> Option<&Resource>;
}

/// What a request asks for beside scopes, and for which resources: its authorization details (RFC 9396).
pub trait BesideScope {
    /// Whether a token for the resource with this URI would have anything of it.
    fn is_for(&self, uri: &str) -> bool;

    /// The URIs of the resources that it names.
    fn named(&self) -> Vec<&str>;

    /// Checks that each part of it is for one of the resources that a request names.
    ///
    /// # Errors
    /// If a part is for other resources.
    fn check_named(&self, named: &[&str]) -> Result<(), OAuthError>;
}

/// The maximum number of resources in one request.
const MAX_RESOURCES: usize = 8;
/// The maximum length of a URI in bytes.
const MAX_LENGTH: usize = 512;

/// The normal form of a URI, in which all its spellings are equal (RFC 3986 §6.2); `None` if it is not an absolute URI,
/// has a fragment, or is too long.
pub fn normal(uri: &str) -> Option<String> {
    let is_plain = uri.len() <= MAX_LENGTH && uri.bytes().all(|byte| byte.is_ascii_graphic());
    let url = Url::parse(uri).ok().filter(|url| is_plain && url.fragment().is_none())?;
    Some(url.into())
}

/// Checks a URI before it is registered.
///
/// # Errors
/// A sentence for the operator.
pub fn check_uri(uri: &str) -> Result<(), String> {
    match normal(uri) {
        Some(_) => Ok(()),
        None => Err(format!(
            "the resource {uri:?} is not an absolute URI without a fragment, such as https://api.example.com"
        )),
    }
}

/// The registered resources, and the issuer, which names this server itself.
pub struct RegisteredResources<'k, K> {
    pub resources: &'k K,
    pub issuer: &'k str,
}

impl<'k, K: KnownResources> RegisteredResources<'k, K> {
    /// The registered URIs of the resources in an authorization request (RFC 8707 §2.1), and of those that `beside` names.
    /// The request must have at least one scope of each resource that has scopes, or something beside scopes for it.
    ///
    /// # Errors
    /// If a resource is malformed, unknown or not allowed for the client, or the request has nothing for the resource.
    pub fn authorized(
        &self,
        params: &Params,
        client: &Client,
        (scope, beside): (&Scope, &impl BesideScope),
    ) -> Result<Vec<String>, OAuthError> {
        let mut authorized: Vec<String> = Vec::new();
        let mut named = params.all("resource", MAX_RESOURCES)?;
        named.extend(beside.named());
        for uri in &named {
            let Some(resource) = self.named(uri, client)? else { continue };
            within(resource, scope, beside)?;
            if !authorized.contains(&resource.uri) {
                authorized.push(resource.uri.clone());
            }
        }
        beside.check_named(&named)?;
        Ok(authorized)
    }

    /// The resource that a URI names; `None` if the URI names this server itself.
    ///
    /// # Errors
    /// If the URI is malformed or unknown, or the client may not have tokens for the resource.
    pub fn named(&self, uri: &str, client: &Client) -> Result<Option<&'k Resource>, OAuthError> {
        let Some(normal) = normal(uri) else {
            return Err(Reason::ResourceMalformed
                .because(format!("the resource {} is not an absolute URI without a fragment", quoted(uri))));
        };
        if crate::oauth::grant::resource::normal(self.issuer).as_deref() == Some(&normal) {
            return Ok(None);
        }
        let Some(resource) = self.resources.resource(&normal) else {
            return Err(Reason::ResourceUnknown
                .because(format!("the resource {} is not known here", quoted(uri)))
                .with(beside(uri, &client.resources)));
        };
        let may = match client.resources.is_empty() {
            true => resource.scopes.names().any(|name| client.scopes.contains(name)),
            false => client.resources.contains(&resource.uri),
        };
        if !may {
            return Err(Reason::ResourceNotAllowed
                .because(format!("this client may not have tokens for the resource {}", quoted(uri)))
                .with(beside(uri, &client.resources)));
        }
        Ok(Some(resource))
    }

    /// The resource of a token from a grant (RFC 8707 §2.2): the one that the token request names, or the only one of
    /// the authorization. `None` if the token is for this server.
    ///
    /// # Errors
    /// If the resource was not authorized, or [`Self::named`] refuses it.
    pub fn of_grant(
        &self,
        named: Option<&str>,
        authorized: &[String],
        client: &Client,
    ) -> Result<Option<&'k Resource>, OAuthError> {
        let uri = match (named, authorized) {
            (Some(uri), _) => uri,
            (None, [only]) => only,
            (None, _) => return Ok(None),
        };
        let resource = self.named(uri, client)?;
        match resource {
            Some(resource) if !authorized.contains(&resource.uri) => {
                Err(widened(uri).with(beside(uri, authorized)))
            }
            resource => Ok(resource),
        }
    }

    /// The resource of a client's own token: the one that the request names, or the only one that the client is
    /// registered for. `None` if the token is for this server.
    ///
    /// # Errors
    /// If [`Self::named`] refuses the resource.
    pub fn of_client(
        &self,
        named: Option<&str>,
        client: &Client,
    ) -> Result<Option<&'k Resource>, OAuthError> {
        let only = match client.resources.as_slice() {
            [only] => Some(only.as_str()),
            _ => None,
        };
        named.or(only).map_or(Ok(None), |uri| self.named(uri, client))
    }

    /// The resource of an exchanged token (RFC 8693 §2.1); `None` if the token is for this server. It is the resource
    /// that the request names, or else the resource of the subject token, which needs no further permission.
    ///
    /// `audience`: the resource of the subject token; `None` if it is this server. `authorized`: the resources of the
    /// subject token's authorization; `None` if the token has no authorization.
    ///
    /// # Errors
    /// If the resource is not known, or not allowed for the client, or was not authorized and the client may not widen.
    pub fn of_exchange(
        &self,
        named: Option<&str>,
        audience: Option<&str>,
        authorized: Option<&[String]>,
        client: &Client,
    ) -> Result<Option<&'k Resource>, OAuthError> {
        let unchanged = audience.unwrap_or(self.issuer);
        match named {
            Some(uri) if normal(uri) != normal(unchanged) => match (self.named(uri, client)?, authorized) {
                (Some(resource), Some(authorized))
                    if !client.may_widen_resources && !authorized.contains(&resource.uri) =>
                {
                    Err(widened(uri))
                }
                (resource, _) => Ok(resource),
            },
            _ => match audience {
                None => Ok(None),
                Some(uri) => self.resources.resource(uri).map(Some).ok_or_else(|| {
                    Reason::ResourceUnknown.because(format!("the resource {} is not known here", quoted(uri)))
                }),
            },
        }
    }

    /// The part of a granted scope for a token: for a resource, its scopes; for this server, the scopes that belong to
    /// none of the resources named with it, and not to the management API. `beside`: what the token has beside scopes.
    ///
    /// # Errors
    /// If the resource has scopes, and not one of them was granted and nothing beside them, or if for this server no scope
    /// is left.
    pub fn scope(
        &self,
        resource: Option<&Resource>,
        (granted, beside): (&Scope, &impl BesideScope),
        authorized: &[String],
    ) -> Result<Scope, OAuthError> {
        match resource {
            Some(resource) => within(resource, granted, beside),
            None => {
                let others = authorized.iter().filter_map(|uri| self.resources.resource(uri));
                let scope = others.fold(granted.clone(), |scope, other| scope.without(&other.scopes));
                without_management(scope, self.issuer)
            }
        }
    }
}

/// The scope of a token for this server, which is never one for the management API.
fn without_management(scope: Scope, issuer: &str) -> Result<Scope, OAuthError> {
    let names: Vec<&str> = scope.names().filter(|name| is_management_scope(name)).collect();
    if names.is_empty() {
        return Ok(scope);
    }
    let rest = scope.without(&Scope::from_stored(&names.join(" ")));
    if rest.is_empty() { Err(no_scope_of(issuer)) } else { Ok(rest) }
}

/// The refusal of a token that would have none of the scopes that its request names.
pub fn no_scope_of(uri: &str) -> OAuthError {
    Reason::ScopeNotOfResource.because(format!("none of the scopes is one of the resource {}", quoted(uri)))
}

/// What the operator sees of a request for a resource, beside those that are registered.
fn beside(uri: &str, registered: &[String]) -> Detail {
    Detail::of(DetailSubject::Resource).came(uri).registered(registered.iter().map(String::as_str))
}

fn widened(uri: &str) -> OAuthError {
    Reason::ResourceWidened
        .because(format!("the resource {} is not part of the original authorization", quoted(uri)))
}

/// The resources that a narrower scope still has a scope of, or `beside` something. A resource without scopes needs no scope,
/// and one that is no longer registered is left to the token endpoint.
pub fn with_scope_left(
    uris: &[String],
    (scope, beside): (&Scope, &impl BesideScope),
    known: &impl KnownResources,
) -> Vec<String> {
    let is_left = |uri: &&String| {
        let resource = known.resource(uri);
        resource.is_none_or(|resource| within(resource, scope, beside).is_ok())
    };
    uris.iter().filter(is_left).cloned().collect()
}

/// The resource in a parameter of a token request; `None` if the parameter is missing or empty.
///
/// # Errors
/// If the parameter has several values (a token is for one resource), or a value is too long or malformed.
pub fn named(params: &Params, parameter: &'static str) -> Result<Option<String>, OAuthError> {
    match params.all(parameter, MAX_RESOURCES)?.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some((*only).to_owned())),
        _ => Err(Reason::ResourceSeveral
            .because("the token request names several resources, and a token is for one of them")),
    }
}

/// The scopes of a resource in `scope`.
///
/// # Errors
/// If the resource has scopes, and not one of them is in `scope`, and nothing `beside` is for the resource.
fn within(resource: &Resource, scope: &Scope, beside: &impl BesideScope) -> Result<Scope, OAuthError> {
    let within = scope.without(&scope.without(&resource.scopes));
    if within.is_empty() && !resource.scopes.is_empty() && !beside.is_for(&resource.uri) {
        return Err(no_scope_of(&resource.uri));
    }
    Ok(within)
}

#[cfg(test)]
pub(in crate::oauth) fn example_resource(uri: &str, scopes: &str) -> Resource {
    Resource {
        uri: uri.into(),
        version: 1,
        scopes: Scope::from_stored(scopes),
        format: TokenFormat::Jwt,
        algorithm: None,
        access_token_lifetime: None,
        servers: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::client::{ClientKind, example};

    struct Known(Vec<Resource>);

    struct OnlyScopes;

    impl BesideScope for OnlyScopes {
        fn is_for(&self, _: &str) -> bool {
            false
        }

        fn named(&self) -> Vec<&str> {
            Vec::new()
        }

        fn check_named(&self, _: &[&str]) -> Result<(), OAuthError> {
            Ok(())
        }
    }

    impl KnownResources for Known {
        fn resource(&self, uri: &str) -> Option<&Resource> {
            self.0.iter().find(|known| normal(&known.uri) == normal(uri))
        }
    }

    fn known() -> Known {
        Known(vec![
            example_resource("https://api.example", "read write"),
            example_resource("https://other.example/v1", "other"),
            example_resource("urn:bare", ""),
        ])
    }

    #[test]
    fn a_resource_uri_is_absolute_and_normalized() {
        for (one, other) in [
            ("https://api.example", "https://api.example/"),
            ("https://api.example", "HTTPS://API.example:443"),
            ("https://api.example/a/../b", "https://api.example/b"),
        ] {
            assert_eq!(normal(one), normal(other));
            assert!(normal(one).is_some());
        }
        assert_ne!(normal("https://api.example/v1"), normal("https://api.example/v1/"));
        for bad in
            ["", "/api", "api.example", "https://api.example/#part", "https://a b", "https://\u{e4}", "//a"]
        {
            assert_eq!(normal(bad), None, "{bad}");
        }
        assert_eq!(normal(&format!("https://api.example/{}", "a".repeat(500))), None);
    }

    #[test]
    fn a_client_may_name_its_registered_resources_or_those_with_its_scopes() {
        let known = known();
        let registered = RegisteredResources { resources: &known, issuer: "https://id.example" };
        let free = example(ClientKind::Web);
        let bound = example(ClientKind::Web).with(|metadata| metadata.resources = vec!["urn:bare".into()]);
        let named = |uri: &str, client: &Client| {
            registered.named(uri, client).map(|found| found.map(|found| found.uri.clone()))
        };
        let reason = |uri: &str, client: &Client| named(uri, client).unwrap_err().reason;
        assert_eq!(named("https://api.example/", &free), Ok(Some("https://api.example".into())));
        assert_eq!(named("https://id.example/", &free), Ok(None), "this server itself");
        assert_eq!(reason("https://other.example/v1", &free), Reason::ResourceNotAllowed);
        assert_eq!(reason("urn:bare", &free), Reason::ResourceNotAllowed);
        assert_eq!(reason("https://nowhere.example", &free), Reason::ResourceUnknown);
        assert_eq!(reason("nowhere", &free), Reason::ResourceMalformed);
        assert_eq!(named("urn:bare", &bound), Ok(Some("urn:bare".into())));
        assert_eq!(reason("https://api.example", &bound), Reason::ResourceNotAllowed);
    }

    #[test]
    fn an_exchange_keeps_the_target_or_names_an_allowed_one() {
        let known = known();
        let registered = RegisteredResources { resources: &known, issuer: "https://id.example" };
        let client = example(ClientKind::Service);
        let of = |named: Option<&str>, audience: Option<&str>| {
            let found = registered.of_exchange(named, audience, None, &client);
            found.map(|found| found.map(|found| found.uri.as_str())).map_err(|error| error.reason)
        };
        let (api, other) = ("https://api.example", "https://other.example/v1");
        assert_eq!(of(None, Some(other)), Ok(Some(other)), "it may not name it, and need not");
        assert_eq!(of(Some(other), Some(other)), Ok(Some(other)));
        assert_eq!(of(Some("https://api.example/"), Some(other)), Ok(Some(api)));
        assert_eq!(of(Some("https://id.example/"), Some(other)), Ok(None));
        assert_eq!((of(None, None), of(Some("https://id.example"), None)), (Ok(None), Ok(None)));
        assert_eq!(of(Some(other), Some(api)), Err(Reason::ResourceNotAllowed));
        assert_eq!(of(Some(other), None), Err(Reason::ResourceNotAllowed));
        assert_eq!(of(Some("api"), None), Err(Reason::ResourceMalformed));
        assert_eq!(of(None, Some("urn:gone")), Err(Reason::ResourceUnknown));
    }

    #[test]
    fn a_token_is_for_one_authorized_resource_and_has_only_its_scopes() {
        let known = known();
        let registered = RegisteredResources { resources: &known, issuer: "https://id.example" };
        let client = example(ClientKind::Web)
            .with(|metadata| metadata.scopes = Scope::from_stored("openid read write other"));
        let both = ["https://api.example".to_owned(), "https://other.example/v1".to_owned()];
        let token = |named: Option<&str>, authorized: &[String]| {
            let resource = registered.of_grant(named, authorized, &client)?;
            let granted = Scope::from_stored("openid read other");
            registered.scope(resource, (&granted, &OnlyScopes), authorized).map(|scope| scope.to_string())
        };
        let reason = |named, authorized: &[String]| token(named, authorized).unwrap_err().reason;
        assert_eq!(token(None, &[]), Ok("openid other read".into()), "as ever where nothing was named");
        assert_eq!(token(None, &both), Ok("openid".into()));
        assert_eq!(token(None, &both[..1]), Ok("read".into()), "the only one");
        assert_eq!(token(Some("https://api.example/"), &both), Ok("read".into()));
        assert_eq!(token(Some("https://id.example"), &both[..1]), Ok("openid other".into()));
        assert_eq!(reason(Some("https://other.example/v1"), &both[..1]), Reason::ResourceWidened);
        assert_eq!(reason(Some("https://api.example"), &[]), Reason::ResourceWidened);
        let api = known.resource("https://api.example").unwrap();
        let refused =
            registered.scope(Some(api), (&Scope::from_stored("openid"), &OnlyScopes), &both).unwrap_err();
        assert_eq!(refused.reason, Reason::ScopeNotOfResource);
        let bare = known.resource("urn:bare").unwrap();
        let none = registered.scope(Some(bare), (&Scope::from_stored("openid"), &OnlyScopes), &both).unwrap();
        assert!(none.is_empty(), "an API without scopes needs none");
    }
}
