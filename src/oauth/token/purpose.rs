//! What a token is for: the resource, the scope and the authorization details that a token request gets. The token endpoint
//! decides by these rules, and so does the dry run of a request.

use crate::oauth::client::Client;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::authorization_details::authorization_type::KnownAuthorizationTypes;
use crate::oauth::grant::authorization_details::{AuthorizationDetails, PlacedDetails};
use crate::oauth::grant::granted::Granted;
use crate::oauth::grant::management;
use crate::oauth::grant::resource::{self, KnownResources, RegisteredResources, Resource};
use crate::oauth::grant::scope::{self, KnownScopes, Scope};
use crate::oauth::request::params::Params;
use crate::oauth::token;
use crate::oauth::token::bearer::PresentedToken;

/// What a token is issued for.
#[derive(Clone, Debug)]
pub struct Purpose<'a> {
    /// `None` is this server.
    pub resource: Option<&'a Resource>,
    pub scope: Scope,
    pub details: AuthorizationDetails,
}

/// What a token request names, and what is registered.
pub struct PurposeRules<'a, K> {
    pub registered: RegisteredResources<'a, K>,
    /// The resource that the request names.
    pub named: Option<&'a str>,
    /// The authorization details that the request names; `None` if it names none.
    pub details: Option<&'a AuthorizationDetails>,
}

impl<'a, K: KnownScopes + KnownResources + KnownAuthorizationTypes> PurposeRules<'a, K> {
    /// What the token of a grant is for, with the part of `scope` that belongs to its resource.
    ///
    /// # Errors
    /// If the client cannot get a token for this resource or scope, or with these details.
    pub fn of_grant(
        &self,
        client: &Client,
        granted: &Granted,
        scope: &Scope,
    ) -> Result<Purpose<'a>, OAuthError> {
        let authorized = &granted.resources;
        let resource = self.registered.of_grant(self.named, authorized, client)?;
        let resource = resource.or_else(|| self.by_scope(client, authorized, scope));
        let details = self.details_of(client, &granted.details, resource)?;
        let scope = self.registered.scope(resource, (scope, &self.placed(&details)), authorized)?;
        self.check_not_empty(client, &granted.details, resource, (&scope, &details))?;
        Ok(Purpose { resource, scope, details })
    }

    /// What the token of a client is for that acts for itself, with the requested scope and authorization details.
    ///
    /// # Errors
    /// If the client cannot get a token for this resource or scope, or with these details.
    pub fn of_client(&self, client: &Client, params: &Params) -> Result<Purpose<'a>, OAuthError> {
        let details = self.details.cloned().unwrap_or_default();
        let scope = details.scope_beside(params, &client.scopes, self.registered.resources)?;
        details.check(client, &self.registered)?;
        let placed = self.placed(&details);
        let named = self.named.or_else(|| placed.only_location());
        // What is for another API is the fault, and not the scope that the request need not have.
        named.map_or(Ok(()), |named| placed.check_all_for(named))?;
        let (resource, scope) = self.unauthorized(client, named, (&scope, &details))?;
        placed.check_all_for(self.audience(resource))?;
        if scope.is_empty() && details.is_empty() && scope::requested(params)?.is_some() {
            return Err(resource::no_scope_of(self.audience(resource)));
        }
        Ok(Purpose { resource, scope, details })
    }

    /// What the token is for of a person that another issuer vouches for, with the part of `scope` that belongs to its
    /// resource.
    ///
    /// # Errors
    /// If the client cannot get a token for this resource or scope, or the request names authorization details.
    pub fn of_trusted_issuer(&self, client: &Client, scope: &Scope) -> Result<Purpose<'a>, OAuthError> {
        let granted = AuthorizationDetails::default();
        let (resource, scope) = self.unauthorized(client, self.named, (scope, &granted))?;
        // Nothing but scopes was granted.
        let details = self.details_of(client, &granted, resource)?;
        Ok(Purpose { resource, scope, details })
    }

    /// Checks that the token of [`Self::of_trusted_issuer`] has one of the scopes that its request names, if it names any.
    ///
    /// # Errors
    /// If it would have none, or the client cannot get a token for this resource.
    pub fn check_scope(&self, client: &Client, scope: &Scope, is_named: bool) -> Result<(), OAuthError> {
        let details = AuthorizationDetails::default();
        let (resource, left) = self.unauthorized(client, self.named, (scope, &details))?;
        match is_named && left.is_empty() {
            true => Err(resource::no_scope_of(self.audience(resource))),
            false => Ok(()),
        }
    }

    /// What the token is for that replaces a presented one, with the part of the scope that belongs to the target
    /// (RFC 8693 §2). `requested`: the scope that the request names.
    ///
    /// # Errors
    /// If the target, the scope or the details are not allowed.
    pub fn of_exchange(
        &self,
        client: &Client,
        presented: &PresentedToken,
        requested: Option<&str>,
    ) -> Result<Purpose<'a>, OAuthError> {
        let (audience, authorized) = (presented.token.audience.as_deref(), presented.authorized.as_deref());
        let granted = &presented.token.granted;
        let resource = self.registered.of_exchange(self.named, audience, authorized, client)?;
        let scope = token::narrow(requested, &granted.scope, client)?;
        let details = self.details_of(client, &granted.details, resource)?;
        let scope = self.registered.scope(resource, (&scope, &self.placed(&details)), &[])?;
        self.check_not_empty(client, &granted.details, resource, (&scope, &details))?;
        Ok(Purpose { resource, scope, details })
    }

    /// The resource and the scope of a token that no authorization request has named.
    fn unauthorized(
        &self,
        client: &Client,
        named: Option<&str>,
        (scope, details): (&Scope, &AuthorizationDetails),
    ) -> Result<(Option<&'a Resource>, Scope), OAuthError> {
        let resource = self.registered.of_client(named, client)?;
        let resource = resource.or_else(|| self.by_scope(client, &[], scope));
        Ok((resource, self.registered.scope(resource, (scope, &self.placed(details)), &[])?))
    }

    /// The management API, if no resource is named and the scope is only for this API. `None` for every other request.
    fn by_scope(&self, client: &Client, authorized: &[String], scope: &Scope) -> Option<&'a Resource> {
        let is_unnamed = self.named.is_none() && authorized.is_empty();
        if !is_unnamed || !management::is_the_only_one(scope) {
            return None;
        }
        self.registered.named(&management::uri(self.registered.issuer), client).ok().flatten()
    }

    /// The authorization details of a token from those that were granted: the ones that the request names or else all, of
    /// which the client may still use the types, and that are for the audience of the token (RFC 9396 §6).
    ///
    /// # Errors
    /// If the request names one that was not granted, that the client may not use, or that is for another audience.
    fn details_of(
        &self,
        client: &Client,
        granted: &AuthorizationDetails,
        resource: Option<&Resource>,
    ) -> Result<AuthorizationDetails, OAuthError> {
        let audience = self.audience(resource);
        match self.details {
            None if granted.is_empty() => Ok(AuthorizationDetails::default()),
            None => {
                let usable = granted.usable_by(client, self.registered.resources);
                Ok(self.placed(&usable).for_audience(audience))
            }
            Some(requested) => {
                // What was granted fitted the schema of that time, and stays when the schema changes.
                let requested = requested.clone().within(granted)?;
                requested.check_usable(client, self.registered.resources)?;
                self.placed(&requested).check_all_for(audience)?;
                Ok(requested)
            }
        }
    }

    fn audience<'r>(&'r self, resource: Option<&'r Resource>) -> &'r str {
        resource.map_or(self.registered.issuer, |resource| resource.uri.as_str())
    }

    fn placed<'d>(&'d self, details: &'d AuthorizationDetails) -> PlacedDetails<'d> {
        details.placed(self.registered.resources)
    }

    /// Checks that a token has a scope or details if details were granted. Without both, it would be for nothing.
    ///
    /// # Errors
    /// Why a detail is not in the token: the client may no longer use its type, or it is for another API.
    fn check_not_empty(
        &self,
        client: &Client,
        granted: &AuthorizationDetails,
        resource: Option<&Resource>,
        (scope, details): (&Scope, &AuthorizationDetails),
    ) -> Result<(), OAuthError> {
        if !scope.is_empty() || !details.is_empty() {
            return Ok(());
        }
        granted.check_usable(client, self.registered.resources)?;
        self.placed(granted).check_all_for(self.audience(resource))
    }
}
