//! Makes access tokens, and reads presented ones.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::app::App;
use crate::cache::catalogue::Catalogue;
use crate::cache::decision::View;
use crate::clock::Timestamp;
use crate::failure::{Denied, Failure};
use crate::keys::master::ServerKeys;
use crate::keys::signing::CurrentKeys;
use crate::oauth::client::Client;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::Grant;
use crate::oauth::grant::authorization_details::AuthorizationDetails;
use crate::oauth::grant::granted::Granted;
use crate::oauth::grant::resource::{self, KnownResources as _, RegisteredResources};
use crate::oauth::grant::scope::Scope;
use crate::oauth::grant::trusted_issuer::TrustedIssuer;
use crate::oauth::id::ClientId;
use crate::oauth::identity::authentication::Authentication;
use crate::oauth::identity::group;
use crate::oauth::identity::session::LiveSessions;
use crate::oauth::request::params::Params;
use crate::oauth::token::bearer::PresentedToken;
use crate::oauth::token::binding::Binding;
use crate::oauth::token::delegation::{Delegation, TokenActor};
use crate::oauth::token::purpose::{Purpose, PurposeRules};
use crate::oauth::token::{
    ACCESS_TOKEN_PREFIX, AccessToken, JwtClaims, TYP, TokenDefaults, TokenId, exchange,
};
use crate::secret::{Hash, random_id, random_token};
use crate::store::access_tokens;
use crate::store::db::{Conn, DbError, Tx};
use crate::tokens::possession::{Possession, SingleUse};
use crate::tokens::subject;

/// A token in preparation: what is generated and looked up before the transaction that decides about it.
pub struct Draft {
    id: String,
    /// The token's text, if it becomes an opaque one.
    opaque: String,
    /// The resource that the token request names.
    named: Option<String>,
    /// The authorization details that the token request names; `None` if it names none.
    details: Option<AuthorizationDetails>,
    issuer: String,
    catalogue: Arc<Catalogue>,
    keys: Arc<CurrentKeys>,
    defaults: TokenDefaults,
    possession: Possession,
    now: Timestamp,
}

impl Draft {
    /// Prepares a token for the resource that a token request names (RFC 8707 §2), bound to what the request proves. The
    /// client must be allowed to name the resource.
    ///
    /// # Errors
    /// If the request names several resources, or one that the client may not name, or malformed authorization details;
    /// otherwise only failures.
    pub async fn begin(
        app: &App,
        client: &Client,
        params: &Params,
        view: &View<'_>,
        possession: Possession,
        now: Timestamp,
    ) -> Result<Self, Denied<OAuthError>> {
        let named = (resource::named(params, "resource")?, AuthorizationDetails::requested(params)?);
        let draft = Self::for_named(app, named, view.catalogue().await?, now).await?;
        let draft = Self { possession, ..draft };
        if let Some(uri) = &draft.named {
            draft.registered().named(uri, client)?;
        }
        Ok(draft)
    }

    /// Prepares an exchanged token. Whether the client may name the target is checked later, because it depends on the
    /// subject token.
    ///
    /// # Errors
    /// If the request names several targets, or malformed authorization details; otherwise only failures.
    pub async fn in_exchange(
        app: &App,
        params: &Params,
        view: &View<'_>,
        possession: Possession,
        now: Timestamp,
    ) -> Result<Self, Denied<OAuthError>> {
        let named = (exchange::target(params)?, AuthorizationDetails::requested(params)?);
        let draft = Self::for_named(app, named, view.catalogue().await?, now).await?;
        Ok(Self { possession, ..draft })
    }

    /// Prepares a token for the resources that the authorization request named. It is bound to nothing.
    ///
    /// # Errors
    /// Only failures.
    pub async fn of_authorization(
        app: &App,
        catalogue: &Arc<Catalogue>,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        Self::for_named(app, (None, None), catalogue.clone(), now).await
    }

    async fn for_named(
        app: &App,
        (named, details): (Option<String>, Option<AuthorizationDetails>),
        catalogue: Arc<Catalogue>,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        Ok(Self {
            id: random_id(),
            opaque: format!("{ACCESS_TOKEN_PREFIX}{}", random_token()),
            named,
            details,
            issuer: app.issuer.clone(),
            catalogue,
            keys: app.key_set.current(now).await?,
            defaults: app.config.token_defaults(),
            possession: Possession::default(),
            now,
        })
    }

    /// What the request proves, and its token is bound to.
    pub fn binding(&self) -> Option<&Binding> {
        self.possession.binding.as_ref()
    }

    /// All that the request proves.
    pub fn proven(&self) -> [Option<&Binding>; 2] {
        self.possession.proven()
    }

    /// The proof of the request if it must be used up.
    pub fn proof(&self) -> Option<&SingleUse> {
        self.possession.once.as_ref()
    }

    /// Uses up the proof of the request, in the transaction that issues the token.
    ///
    /// # Errors
    /// If the proof was used before; otherwise only failures of the database.
    pub async fn use_up_proof(&self, tx: &mut Tx) -> Result<(), Denied<OAuthError>> {
        self.possession.use_up(tx).await
    }

    fn registered(&self) -> RegisteredResources<'_, Catalogue> {
        RegisteredResources { resources: &*self.catalogue, issuer: &self.issuer }
    }

    fn rules(&self) -> PurposeRules<'_, Catalogue> {
        let (named, details) = (self.named.as_deref(), self.details.as_ref());
        PurposeRules { registered: self.registered(), named, details }
    }

    /// The token of a grant, with the part of `scope` that belongs to its resource.
    ///
    /// # Errors
    /// If the client cannot get a token for this resource or scope.
    pub fn of_grant(&self, client: &Client, grant: &Grant, scope: &Scope) -> Result<AccessToken, OAuthError> {
        self.token(client, Some(grant), self.rules().of_grant(client, &grant.granted, scope)?)
    }

    /// The token of a client that acts for itself, with the requested scope and authorization details.
    ///
    /// # Errors
    /// If the client cannot get a token for this resource or scope, or with these details.
    pub fn of_client(&self, client: &Client, params: &Params) -> Result<AccessToken, OAuthError> {
        self.token(client, None, self.rules().of_client(client, params)?)
    }

    /// The token for a person that another issuer vouches for, with the part of `scope` that belongs to its resource.
    ///
    /// # Errors
    /// If the client cannot get a token for this resource or scope.
    pub fn of_trusted_issuer(
        &self,
        client: &Client,
        grant: &Grant,
        scope: &Scope,
    ) -> Result<AccessToken, OAuthError> {
        self.token(client, Some(grant), self.rules().of_trusted_issuer(client, scope)?)
    }

    /// The scope that a trusted issuer's token gives this client, checked against the resource.
    ///
    /// # Errors
    /// If the client cannot get a token for this resource or scope.
    pub fn scope_of(
        &self,
        issuer: &TrustedIssuer,
        client: &Client,
        requested: Option<&str>,
    ) -> Result<Scope, OAuthError> {
        let scope = issuer.scope(requested, client, &*self.catalogue)?;
        // Checked here, before anything is used up.
        self.rules().check_scope(client, &scope, requested.is_some())?;
        Ok(scope)
    }

    /// The token that replaces a presented one, with the part of its scope that belongs to the target (RFC 8693 §2).
    ///
    /// # Errors
    /// If the target, the scope or the chain of delegation is not allowed (RFC 8693 §2.2.2).
    pub fn of_exchange(
        &self,
        client: &Client,
        presented: &PresentedToken,
        is_opaque: bool,
        requested: Option<&str>,
        act: Option<TokenActor>,
    ) -> Result<AccessToken, OAuthError> {
        let token = self.token(client, None, self.rules().of_exchange(client, presented, requested)?)?;
        exchange::in_place_of(token, &self.id, &presented.token, is_opaque, act)
    }

    /// Whether a client is one of the servers of the token's audience.
    pub fn is_server(&self, client: &ClientId, token: &AccessToken) -> bool {
        is_server(&self.catalogue, &self.issuer, client, token)
    }

    /// The groups that a person must be in to get `scope` at `client`.
    pub fn required_groups(&self, client: &Client, scope: &Scope) -> BTreeSet<String> {
        group::required(client, scope, &*self.catalogue)
    }

    fn token(
        &self,
        client: &Client,
        grant: Option<&Grant>,
        purpose: Purpose<'_>,
    ) -> Result<AccessToken, OAuthError> {
        let times = (self.defaults, self.now);
        let token = AccessToken::new(&self.id, client, grant, purpose, &*self.catalogue, times)?;
        Ok(AccessToken { binding: self.possession.binding.clone(), ..token })
    }

    /// The hash under which the token is stored. `None` for a JWT, which is not stored.
    pub fn stored(&self, token: &AccessToken) -> Option<Hash> {
        token.signed_with.is_none().then(|| Hash::of(&self.opaque))
    }

    /// The text of the token. A JWT is signed here (RFC 9068), which takes time, so do not call this in a transaction.
    ///
    /// # Errors
    /// [`Failure::Internal`] if the server has no key for the resource's algorithm, or the signature fails.
    pub fn finish(
        &self,
        app: &App,
        client: &Client,
        token: &AccessToken,
        authentication: Option<&Authentication>,
    ) -> Result<String, Failure> {
        let Some(algorithm) = token.signed_with else { return Ok(self.opaque.clone()) };
        let key = self.keys.signing(algorithm).ok_or_else(|| {
            let uri = token.audience.as_deref().unwrap_or(&self.issuer);
            Failure::Internal(format!(
                "tokens for {uri} are to be signed with {algorithm}, which keys.algorithms does not offer"
            ))
        })?;
        let claims = JwtClaims::of(token, &self.issuer, subject(app, client, token), authentication);
        Ok(key.sign(TYP, &claims)?)
    }
}

/// The `sub` of a token, as its client knows it.
pub fn subject(app: &App, client: &Client, token: &AccessToken) -> String {
    subject_by(&app.keys, client, token)
}

/// The `sub` of a token, for callers that only have the keys.
pub fn subject_by(keys: &ServerKeys, client: &Client, token: &AccessToken) -> String {
    match (&token.user_id, &token.delegation.on_behalf_of) {
        (Some(user), _) => subject::called(keys, client, user),
        (None, Some(other)) => other.clone(),
        (None, None) => client.id.to_string(),
    }
}

/// A presented access token, as far as it can be judged without the database.
#[derive(Clone, Debug)]
pub enum ParsedAccessToken {
    /// Only the database can tell whether it exists.
    Opaque(Hash),
    /// A JWT signed by this server, so its claims are true.
    Jwt(Box<AccessToken>),
}

/// Reads a presented token. `None` if it is not a token of this server. Whether the token is still valid is not
/// checked.
///
/// # Errors
/// Only failures.
pub async fn read(app: &App, token: &str, now: Timestamp) -> Result<Option<ParsedAccessToken>, Failure> {
    if token.starts_with(ACCESS_TOKEN_PREFIX) {
        return Ok(Some(ParsedAccessToken::Opaque(Hash::of(token))));
    }
    // Every JWT begins with the encoding of `{"`: anything else is not worth reading the keys.
    if !token.starts_with("ey") {
        return Ok(None);
    }
    let keys = app.key_set.current(now).await?;
    let claims = app.verified_tokens.claims(token, &keys);
    let Some(claims) = claims.filter(|claims| claims.iss == app.issuer) else { return Ok(None) };
    Ok(Some(ParsedAccessToken::Jwt(Box::new(of_claims(claims)))))
}

/// The record of a JWT with these claims.
pub fn of_claims(claims: JwtClaims) -> AccessToken {
    let id = TokenId::parse(&claims.jti);
    let is_other = id.grant.is_none() && claims.sub != claims.client_id;
    AccessToken {
        delegation: Delegation {
            act: claims.holder.act,
            may_act: claims.holder.may_act,
            on_behalf_of: is_other.then_some(claims.sub),
            exchanged_from: claims.exchanged_from,
        },
        client_id: ClientId::new(claims.client_id),
        // `sub` is the client's identifier of the person; the grant says who that is.
        user_id: None,
        grant_id: id.grant,
        granted: Granted {
            details: claims.authorization_details,
            ..Granted::of_scope(Scope::from_stored(&claims.scope))
        },
        audience: Some(claims.aud).filter(|aud| *aud != claims.iss),
        signed_with: None,
        binding: claims.holder.cnf,
        issued_at: claims.iat,
        expires_at: claims.exp,
        id: claims.jti,
    }
}

impl ParsedAccessToken {
    /// The token with its state at this moment. `None` if an opaque token does not exist.
    ///
    /// # Errors
    /// Those of [`access_tokens::find_opaque`] and [`access_tokens::find_jwt`].
    pub async fn find(&self, conn: &mut Conn, live: LiveSessions) -> Result<Option<PresentedToken>, DbError> {
        match self {
            Self::Opaque(hash) => access_tokens::find_opaque(conn, hash, live).await,
            Self::Jwt(token) => access_tokens::find_jwt(conn, token.as_ref().clone(), live).await.map(Some),
        }
    }
}

/// Whether a client may learn about a token: it was issued to the client, or is for an API that the client serves (RFC
/// 7662 §4).
///
/// # Errors
/// Only failures.
pub async fn may_introspect(app: &App, caller: &ClientId, token: &AccessToken) -> Result<bool, Failure> {
    if *caller == token.client_id {
        return Ok(true);
    }
    let serves = async |view: &View<'_>| Ok(is_server(&*view.catalogue().await?, &app.issuer, caller, token));
    app.cache.holds(serves).await
}

fn is_server(catalogue: &Catalogue, issuer: &str, client: &ClientId, token: &AccessToken) -> bool {
    let audience = token.audience.as_deref().unwrap_or(issuer);
    catalogue.resource(audience).is_some_and(|resource| resource.servers.contains(client))
}
