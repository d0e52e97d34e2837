//! `grant_type=urn:ietf:params:oauth:grant-type:token-exchange` (RFC 8693).

use std::sync::Arc;

use crate::endpoints::foreign::{TokenRules, TrustedToken, verified};
use super::request::{Decision, TokenRequest};
use crate::cache::decision::OneTimeProof;
use crate::clock::Timestamp;
use crate::failure::Denied;
use crate::jose::foreign::unverified_claim;
use crate::keys::master::ServerKeys;
use crate::oauth::assertion::AssertionKind;
use crate::oauth::client::Client;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::{Grant, UserStatus, may_issue, scope};
use crate::oauth::identity::session::LiveSessions;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::oauth::token::delegation::{self, TokenActor};
use crate::oauth::token::exchange::{self, ExchangedBy, TokenType};
use crate::oauth::token::{AccessToken, TokenResponse};
use crate::store::clients::{self, StoredClient};
use crate::store::db::{Batch, Conn, Tx};
use crate::store::{access_tokens as stored, grants, users};
use crate::tokens::access_token::{self, Draft, ParsedAccessToken, subject_by};

const RULES: TokenRules = TokenRules {
    kind: AssertionKind {
        name: "the subject token",
        claims: Reason::SubjectTokenForeign,
        audience: Reason::SubjectTokenForeign,
        times: Reason::SubjectTokenForeign,
        expired: Reason::SubjectTokenForeign,
    },
    types: &["JWT", "at+jwt"],
    malformed: Reason::SubjectTokenInvalid,
    issuer: Reason::SubjectTokenInvalid,
    keys: Reason::SubjectTokenForeign,
    signature: Reason::SubjectTokenForeign,
    subject: Reason::SubjectTokenForeign,
};

/// Everything that the decision in the database needs.
struct Exchange {
    subject: Subject,
    actor: Option<ParsedAccessToken>,
    requested: Option<TokenType>,
    scope: Option<String>,
    draft: Draft,
    client: Client,
    keys: Arc<ServerKeys>,
    issuer: String,
    now: Timestamp,
    live: LiveSessions,
}

enum Subject {
    /// A token of this server.
    Ours(ParsedAccessToken),
    /// One of a trusted issuer.
    Trusted(Arc<TrustedToken>),
}

/// The new token, and the new grant if another issuer vouched for the person.
struct ExchangedToken {
    token: AccessToken,
    grant: Option<Grant>,
    /// Whether the subject token has a scope.
    had_scope: bool,
}

/// The subject and the expiry of an actor token.
struct ActorTokenSubject {
    sub: String,
    until: Timestamp,
}

pub(super) const PARAMS: &[&str] = &[
    "subject_token",
    "subject_token_type",
    "actor_token",
    "actor_token_type",
    "requested_token_type",
];

pub(super) struct PreparedExchange {
    exchange: Arc<Exchange>,
    /// `None` if the client has changed since it was authenticated.
    decided: Option<ExchangedToken>,
}

/// Reads both tokens and decides in the database. A refusal with a cached record is decided again.
pub(super) async fn prepare(
    asked: &TokenRequest<'_>,
    decision: Decision<'_>,
) -> Result<PreparedExchange, Denied<OAuthError>> {
    let (app, params) = (asked.app, asked.params);
    let Decision { client, view, possession, trusted_token } = decision;
    let Some(token) = params.one("subject_token")? else {
        return Err(Reason::SubjectTokenMissing.because("the parameter subject_token is missing").into());
    };
    let subject_type = named_type(params, "subject_token_type")?;
    let requested = TokenType::named(params, "requested_token_type")?;
    let exchange = Exchange {
        subject: subject(asked, client, trusted_token, token, subject_type).await?,
        actor: actor(asked).await?,
        requested,
        scope: scope::requested(params)?.map(str::to_owned),
        draft: Draft::in_exchange(app, params, view, possession, asked.call.now).await?,
        client: client.clone(),
        keys: app.keys.clone(),
        issuer: app.issuer.clone(),
        now: asked.call.now,
        live: app.live_sessions(asked.call.now),
    };
    let exchange = Arc::new(exchange);
    let deciding = exchange.clone();
    let decide = async move |conn: &mut Conn| deciding.decide(conn).await;
    let decided = app.db.decide_reading(decide).await?;
    Ok(PreparedExchange { exchange, decided })
}

fn named_type(params: &Params, name: &'static str) -> Result<TokenType, OAuthError> {
    let missing = || Reason::TokenTypeUnsupported.because(format!("the parameter {name} is missing"));
    TokenType::named(params, name)?.ok_or_else(missing)
}

/// The same answer for every token that cannot be exchanged, so that callers learn nothing about other clients' tokens.
fn invalid() -> OAuthError {
    Reason::SubjectTokenInvalid
        .because("the subject token is not valid now, or this client may not exchange it")
}

async fn subject(
    asked: &TokenRequest<'_>,
    client: &Client,
    trusted_token: &mut OneTimeProof<Arc<TrustedToken>>,
    token: &str,
    token_type: TokenType,
) -> Result<Subject, Denied<OAuthError>> {
    let app = asked.app;
    let is_ours = token_type == TokenType::AccessToken
        || unverified_claim(token, "iss").is_none_or(|issuer| issuer == app.issuer);
    if !is_ours {
        let trusted_token = trusted_token.get(async || verified(asked.app, asked.call, client, token, &RULES).await);
        return Ok(Subject::Trusted(trusted_token.await?));
    }
    match (access_token::read(app, token, asked.call.now).await?, token_type) {
        (None, _) | (Some(ParsedAccessToken::Opaque(_)), TokenType::Jwt) => Err(invalid().into()),
        (Some(read), _) => Ok(Subject::Ours(read)),
    }
}

async fn actor(asked: &TokenRequest<'_>) -> Result<Option<ParsedAccessToken>, Denied<OAuthError>> {
    let params = asked.params;
    let Some(token) = params.one("actor_token")? else {
        return match TokenType::named(params, "actor_token_type")? {
            None => Ok(None),
            Some(_) => Err(no_actor("is missing, although its type is named").into()),
        };
    };
    let token_type = named_type(params, "actor_token_type")?;
    match (access_token::read(asked.app, token, asked.call.now).await?, token_type) {
        (None, _) | (Some(ParsedAccessToken::Opaque(_)), TokenType::Jwt) => Err(not_the_clients().into()),
        (read, _) => Ok(read),
    }
}

fn no_actor(what: &str) -> OAuthError {
    Reason::ActorTokenInvalid.because(format!("the actor token {what}"))
}

fn not_the_clients() -> OAuthError {
    no_actor("is not good at present, or was not issued to this client")
}

impl Exchange {
    async fn decide(&self, conn: &mut Conn) -> Result<Option<ExchangedToken>, Denied<OAuthError>> {
        if !clients::is_unchanged(conn, &self.client.id, self.client.version).await? {
            return Ok(None);
        }
        let acting = self.acting(conn).await?;
        let (decided, status) = match &self.subject {
            Subject::Ours(read) => self.in_place_of(conn, read, acting.as_ref()).await?,
            Subject::Trusted(trusted_token) if !trusted_token.is_unchanged(conn, &self.client).await? => return Ok(None),
            Subject::Trusted(trusted_token) => self.for_person(conn, trusted_token, acting.as_ref()).await?,
        };
        if let Some(status) = status {
            let user = decided.token.user_id.as_ref();
            may_issue(&status, &self.draft.required_groups(&self.client, &decided.token.granted.scope))
                .map_err(|error| error.about(user))?;
        }
        if self.requested == Some(TokenType::Jwt) && decided.token.signed_with.is_none() {
            let what = "the token would be opaque: no jwt is issued for this target";
            return Err(Reason::TokenTypeUnsupported.because(what).into());
        }
        Ok(Some(decided))
    }

    async fn acting(&self, conn: &mut Conn) -> Result<Option<ActorTokenSubject>, Denied<OAuthError>> {
        let Some(read) = &self.actor else { return Ok(None) };
        let found = read.find(conn, self.live).await?.filter(|found| found.is_active(self.now));
        let Some(token) = found.map(|found| found.token).filter(|token| token.client_id == self.client.id)
        else {
            return Err(not_the_clients().into());
        };
        Ok(Some(ActorTokenSubject { sub: subject_by(&self.keys, &self.client, &token), until: token.expires_at }))
    }

    /// Makes the token for a subject token of this server. Also returns the status of the person, if the token has one.
    async fn in_place_of(
        &self,
        conn: &mut Conn,
        read: &ParsedAccessToken,
        acting: Option<&ActorTokenSubject>,
    ) -> Result<(ExchangedToken, Option<UserStatus>), Denied<OAuthError>> {
        let found = read.find(conn, self.live).await?.filter(|found| found.is_active(self.now));
        let presented = found.ok_or_else(invalid)?;
        let subject = &presented.token;
        let serves = self.draft.is_server(&self.client.id, subject);
        let by = exchange::may_exchange(subject, &self.client.id, serves).ok_or_else(invalid)?;
        // `may_act` means the client that had this id when the token was issued.
        if by == ExchangedBy::Another
            && subject.delegation.may_act.is_some()
            && !clients::was_there(conn, &self.client.id, subject.issued_at).await?
        {
            return Err(invalid().into());
        }
        let before = subject.delegation.act.clone();
        let act = exchange::act(by, &self.client, acting.map(|acting| acting.sub.as_str()), before)?;
        let is_opaque = matches!(read, ParsedAccessToken::Opaque(_));
        let scope = self.scope.as_deref();
        let token = self.draft.of_exchange(&self.client, &presented, is_opaque, scope, act)?;
        let status = match &token.user_id {
            None => None,
            Some(user) => Some(users::status(conn, user).await?),
        };
        let had_scope = !subject.granted.scope.is_empty();
        Ok((ExchangedToken { token: until(token, acting), grant: None, had_scope }, status))
    }

    /// The new token for a token of a trusted issuer.
    async fn for_person(
        &self,
        conn: &mut Conn,
        trusted_token: &TrustedToken,
        acting: Option<&ActorTokenSubject>,
    ) -> Result<(ExchangedToken, Option<UserStatus>), Denied<OAuthError>> {
        let refuse = |what| RULES.kind.refuse(Reason::SubjectTokenForeign, what);
        let claims = &trusted_token.claims;
        if claims.exp <= self.now {
            return Err(refuse("has expired").into());
        }
        if let Some(may_act) = &claims.may_act {
            let named = delegation::named_here(may_act, &self.issuer);
            let is_actor = acting.is_some_and(|acting| named == Some(acting.sub.as_str()));
            if named != Some(self.client.id.as_str()) && !is_actor {
                return Err(refuse("names another actor in may_act").into());
            }
        }
        let before = match &claims.act {
            None => None,
            Some(act) => Some(
                TokenActor::of_issuer(act, &claims.iss)
                    .ok_or_else(|| refuse("has an act that names no actor, or too many"))?,
            ),
        };
        let actor = acting.map(|acting| acting.sub.as_str());
        let act = exchange::act(ExchangedBy::Another, &self.client, actor, before)?;
        let scope = self.draft.scope_of(&trusted_token.issuer, &self.client, self.scope.as_deref())?;
        let (grant, status) = trusted_token.grant(conn, &self.client, &scope, &RULES, self.now).await?;
        let mut token = self.draft.of_trusted_issuer(&self.client, &grant, &scope)?;
        token.expires_at = token.expires_at.min(claims.exp);
        token.delegation.act = act;
        let had_scope = !scope.is_empty();
        Ok((ExchangedToken { token: until(token, acting), grant: Some(grant), had_scope }, Some(status)))
    }

    async fn save(&self, tx: &mut Tx, decided: &ExchangedToken) -> Result<(), Denied<OAuthError>> {
        self.draft.use_up_proof(tx).await?;
        let mut batch = Batch::new();
        if let (Some(grant), Subject::Trusted(trusted_token)) = (&decided.grant, &self.subject) {
            let end = decided.token.expires_at;
            batch = grants::save_for_issuer_in(batch, grant, trusted_token.issuer_subject(), end, self.now);
        }
        if let Some(hash) = self.draft.stored(&decided.token) {
            batch = stored::save_in(batch, &hash, &decided.token);
        }
        tx.run(batch).await?;
        Ok(())
    }
}

/// A new token with an actor token does not outlive the actor token.
fn until(token: AccessToken, acting: Option<&ActorTokenSubject>) -> AccessToken {
    let expires_at = acting.map_or(token.expires_at, |acting| token.expires_at.min(acting.until));
    AccessToken { expires_at, ..token }
}

pub(super) async fn issue(
    asked: &TokenRequest<'_>,
    _client: &StoredClient,
    prepared: PreparedExchange,
) -> Result<Option<TokenResponse>, Denied<OAuthError>> {
    let app = asked.app;
    let PreparedExchange { exchange, decided } = prepared;
    let Some(mut decided) = decided else { return Ok(None) };
    // A JWT for a JWT leaves nothing to store, except that a proof is used: one look at the database has decided.
    let draft = &exchange.draft;
    if decided.grant.is_some() || draft.stored(&decided.token).is_some() || draft.proof().is_some() {
        let deciding = exchange.clone();
        let work = async move |tx: &mut Tx| {
            let Some(decided) = deciding.decide(tx).await? else { return Ok(None) };
            deciding.save(tx, &decided).await?;
            Ok(Some(decided))
        };
        let again: Result<Option<ExchangedToken>, Denied<OAuthError>> = app.db.decide(work).await;
        match again? {
            Some(again) => decided = again,
            None => return Ok(None),
        }
    }
    let token = &decided.token;
    let text = exchange.draft.finish(app, &exchange.client, token, None)?;
    let mut answer = TokenResponse::new(text, token, exchange.scope.is_some() || decided.had_scope);
    answer.issued_token_type = Some(exchange.requested.unwrap_or(TokenType::AccessToken).as_str());
    Ok(Some(answer))
}
