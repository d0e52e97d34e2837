//! Begins grants and issues their first tokens: what several grant types, and the console, have in common.

pub mod code;

use std::sync::Arc;

use crate::app::App;
use crate::clock::Timestamp;
use crate::failure::Denied;
use crate::http::call::Call;
use crate::keys::master::ServerKeys;
use crate::oauth::client::{Client, GrantType};
use crate::oauth::error::OAuthError;
use crate::oauth::grant::Grant;
use crate::oauth::grant::scope::{OPENID, Scope};
use crate::oauth::id::{ClientId, GrantId, UserId};
use crate::oauth::identity::authentication::Authentication;
use crate::oauth::identity::session::LiveSessions;
use crate::oauth::reason::Reason;
use crate::oauth::token;
use crate::oauth::token::binding::Binding;
use crate::oauth::token::id_token::IdTokenSource;
use crate::oauth::token::refresh::RefreshName;
use crate::oauth::token::{AccessToken, TokenResponse};
use crate::operations::actor::Actor;
use crate::operations::event::{Act, Event, ObjectKind};
use crate::secret::Hash;
use crate::store::access_tokens;
use crate::store::clients::StoredClient;
use crate::store::db::{Batch, DbError, Tx};
use crate::store::grants::{self, Lifetime};
use crate::tokens::access_token::Draft;
use crate::tokens::id_token::{IdTokenHashes, Signer};

/// The scope of the tokens of a grant: what the request names, or else everything that was granted; without what the
/// client may no longer have.
///
/// # Errors
/// If the request names more, or nothing is left.
pub fn granted_scope(client: &Client, grant: &Grant, requested: Option<&str>) -> Result<Scope, OAuthError> {
    let scope = token::narrow(requested, &grant.granted.scope, client)?;
    match scope.is_empty() && !grant.granted.scope.is_empty() {
        true => Err(Reason::ScopeForbidden
            .because("this client is no longer allowed to use any scope of the authorization")),
        false => Ok(scope),
    }
}

/// What a transaction has issued. The ID Token is not signed yet.
pub struct Issued {
    token: AccessToken,
    refresh_token: Option<String>,
    authentication: Authentication,
    /// What the scope of the token is a part of.
    scope: Scope,
    /// What the ID Token is made from.
    id_token: Option<IdTokenSource>,
}

/// The tokens that a grant has issued together.
pub struct TokenPair {
    pub access: AccessToken,
    pub refresh: Option<String>,
}

impl Issued {
    /// The tokens of `grant` for `scope`, which is all of the grant's scope or a part. Only the first answer contains
    /// the nonce.
    pub fn of(grant: &Grant, scope: Scope, nonce: Option<&str>, tokens: TokenPair) -> Self {
        let id_token = scope.contains(OPENID).then(|| grant.id_token(nonce));
        let TokenPair { access: token, refresh: refresh_token } = tokens;
        Self { token, refresh_token, authentication: grant.authentication.clone(), scope, id_token }
    }
}

/// What signs the answer to one request. It is found before the request uses anything up.
pub struct ResponseSigner<'a> {
    app: &'a App,
    client: &'a Client,
    draft: Arc<Draft>,
    signer: Option<Signer<'a>>,
}

impl<'a> ResponseSigner<'a> {
    /// Finds the key that signs ID Tokens for the client, and the one that encrypts them.
    ///
    /// # Errors
    /// Those of [`Signer::of`].
    pub async fn begin(
        app: &'a App,
        client: &'a Client,
        draft: Arc<Draft>,
        now: Timestamp,
    ) -> Result<Self, Denied<OAuthError>> {
        let signer = Signer::of(app, client, now).await?;
        Ok(Self { app, client, draft, signer })
    }

    /// Signs the tokens. This must not be done while the database waits. `None` if nothing was issued.
    ///
    /// # Errors
    /// Only failures of the signatures and of the encryption.
    pub async fn answer(self, issued: Option<Issued>) -> Result<Option<TokenResponse>, Denied<OAuthError>> {
        let Some(Issued { token, refresh_token, authentication, scope, id_token }) = issued else {
            return Ok(None);
        };
        let text = self.draft.finish(self.app, self.client, &token, Some(&authentication))?;
        // With partial consent, the person may have left out every scope of the request.
        let asked = !scope.is_empty() || self.client.partial_consent;
        let mut answer = TokenResponse::new(text, &token, asked);
        answer.refresh_token = refresh_token;
        if let (Some(signer), Some(source)) = (self.signer, id_token) {
            let hashes = IdTokenHashes { access_token: Some(&answer.access_token), code: None };
            answer.id_token = Some(signer.sign(&source, &scope, hashes).await?);
        }
        Ok(Some(answer))
    }
}

/// A grant that ends because something that is valid once was presented a second time.
pub struct ReplayedGrant<'a> {
    pub grant: &'a GrantId,
    /// The client that presented it.
    pub client: &'a ClientId,
    pub user: Option<&'a UserId>,
    pub why: Reason,
}

impl ReplayedGrant<'_> {
    /// Revokes the grant, and records that in the audit trail.
    ///
    /// # Errors
    /// Only failures of the database.
    pub async fn revoke(&self, tx: &mut Tx, actor: &Actor, now: Timestamp) -> Result<(), DbError> {
        if !grants::revoke(tx, self.grant, self.why, now).await? {
            return Ok(());
        }
        let mut event = Event::new(Act::GrantRevoked, ObjectKind::Grant, self.grant.as_str())
            .with(self.client)
            .because(self.why.word());
        event.user = self.user.cloned();
        event.save(tx, actor, now).await
    }
}

/// A sign-in that a person has allowed a client to use, and the `nonce` of the request for it.
pub struct AllowedSignIn {
    pub grant: Grant,
    pub nonce: Option<String>,
}

/// Everything that a new grant needs in its transaction.
pub struct NewGrant {
    pub client: Arc<StoredClient>,
    pub draft: Arc<Draft>,
    keys: Arc<ServerKeys>,
    pub lifetime: Lifetime,
    pub live: LiveSessions,
    actor: Arc<Actor>,
}

/// Redeems what a person has allowed, and begins the grant with its first tokens.
///
/// `redeem` uses it up and decides. It returns `None` if the client has changed since it authenticated.
///
/// # Errors
/// Those of `redeem`; or if a proof was used before, the grant cannot be stored, or the answer cannot be signed.
pub async fn begin_grant(
    (app, call): (&App, &Call),
    stored: &Arc<StoredClient>,
    draft: Arc<Draft>,
    redeem: impl AsyncFn(&mut Tx, &NewGrant) -> Result<Option<AllowedSignIn>, Denied<OAuthError>> + Send + 'static,
) -> Result<Option<TokenResponse>, Denied<OAuthError>> {
    let (now, client) = (call.now, &stored.client);
    let response_signer = ResponseSigner::begin(app, client, draft.clone(), now).await?;
    let lifetime = lifetime(app, client, now);
    let new = NewGrant {
        client: stored.clone(),
        draft,
        keys: app.keys.clone(),
        lifetime,
        live: app.live_sessions(now),
        actor: call.acting_client(client),
    };
    let work = async move |tx: &mut Tx| match redeem(tx, &new).await? {
        Some(allowed) => new.save(tx, allowed).await.map(Some),
        None => Ok(None),
    };
    response_signer.answer(app.db_of(client).decide(work).await?).await
}

impl NewGrant {
    /// Revokes a grant, because what a person has allowed was presented a second time.
    ///
    /// # Errors
    /// Only failures of the database.
    pub async fn revoke_replayed(
        &self,
        tx: &mut Tx,
        grant: &GrantId,
        (why, user): (Reason, Option<&UserId>),
    ) -> Result<(), DbError> {
        let revocation = ReplayedGrant { grant, client: &self.client.client.id, user, why };
        revocation.revoke(tx, &self.actor, self.live.now).await
    }

    /// Uses up what the request proves, and stores the grant and its first tokens.
    async fn save(&self, tx: &mut Tx, allowed: AllowedSignIn) -> Result<Issued, Denied<OAuthError>> {
        let (AllowedSignIn { grant, nonce }, client) = (allowed, &self.client.client);
        self.draft.use_up_proof(tx).await?;
        let grant = Grant { binding: Binding::of_refresh_token(client, self.draft.binding()), ..grant };
        let first = || self.keys.refresh_token(&RefreshName { grant_id: grant.id.clone(), generation: 0 });
        let refresh_token = client.grants.contains(&GrantType::RefreshToken).then(first);
        let about = |error: OAuthError| error.about(&grant.user);
        let scope = granted_scope(client, &grant, None).map_err(about)?;
        let token = self.draft.of_grant(client, &grant, &scope).map_err(about)?;
        let refresh_hash = refresh_token.as_deref().map(Hash::of);
        let lifetime = self.lifetime.with(&token);
        let mut batch = grants::save_in(Batch::new(), &grant, refresh_hash.as_ref(), lifetime, self.live.now);
        if let Some(hash) = self.draft.stored(&token) {
            batch = access_tokens::save_in(batch, &hash, &token);
        }
        tx.run(batch).await?;
        let tokens = TokenPair { access: token, refresh: refresh_token };
        Ok(Issued::of(&grant, scope, nonce.as_deref(), tokens))
    }
}

/// The lifetime of a new grant: as long as it can be refreshed, or else as long as applications must be informed of the
/// end of its session.
fn lifetime(app: &App, client: &Client, now: Timestamp) -> Lifetime {
    let tokens = &app.config.tokens;
    let (idle, max) = match client.grants.contains(&GrantType::RefreshToken) {
        true => (tokens.refresh_token_idle_lifetime, tokens.refresh_token_lifetime),
        false => (app.config.sessions.lifetime, app.config.sessions.lifetime),
    };
    Lifetime::new(now + idle.seconds(), now + max.seconds())
}
