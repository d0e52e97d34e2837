//! Tokens of trusted issuers about people: verifies them, and finds the linked person.

use std::sync::Arc;

use crate::app::App;
use crate::clock::Timestamp;
use crate::failure::Denied;
use crate::http::call::Call;
use crate::jose::foreign::{ForeignVerifier, unverified_claim, verify};
use crate::oauth::assertion::{AcceptedAudiences, AssertionClaims, AssertionKind};
use crate::oauth::client::{AssertionAudience, Client};
use crate::oauth::error::{OAuthError, quoted};
use crate::oauth::grant::granted::Granted;
use crate::oauth::grant::scope::Scope;
use crate::oauth::grant::trusted_issuer::{IssuerKeys, TrustedIssuer};
use crate::oauth::grant::{Grant, Parties, UserStatus};
use crate::oauth::id::{GrantId, SessionId};
use crate::oauth::identity::authentication::Authentication;
use crate::oauth::reason::Reason;
use crate::secret::random_id;
use crate::store::db::{Conn, DbError};
use crate::store::grants::IssuerSubject;
use crate::store::{clients, trusted_issuers};

/// How one grant type checks such tokens, and the reasons of its refusals.
pub(super) struct TokenRules {
    pub(super) kind: AssertionKind,
    /// The values that `typ` may have in the header, if it is there.
    pub(super) types: &'static [&'static str],
    pub(super) malformed: Reason,
    pub(super) issuer: Reason,
    pub(super) keys: Reason,
    pub(super) signature: Reason,
    pub(super) subject: Reason,
}

/// A verified token of an issuer. The linked person is found in the job that stores the new token.
pub(super) struct TrustedToken {
    pub(super) claims: AssertionClaims,
    /// Until when its use must be remembered, if it may be used only once.
    pub(super) expires_at: Timestamp,
    pub(super) issuer: TrustedIssuer,
    /// Generated ids for a grant; the session does not exist.
    grant: GrantId,
    session: SessionId,
}

/// Verifies a token with the keys of the issuer that it names, if this issuer is trusted for this client.
pub(super) async fn verified(
    app: &App,
    call: &Call,
    client: &Client,
    token: &str,
    rules: &TokenRules,
) -> Result<Arc<TrustedToken>, Denied<OAuthError>> {
    let TokenRules { kind, types, .. } = rules;
    let Some(named) = unverified_claim(token, "iss") else {
        return Err(kind.refuse(rules.malformed, "is not a signed JWT with an issuer as its iss").into());
    };
    let key = named.clone();
    let find = async move |conn: &mut Conn| trusted_issuers::find(conn, &key).await;
    let found = app.db.read(find).await?;
    // A client must not learn about other clients' issuers, and must not be able to make the server call an address.
    let Some(issuer) = found.filter(|issuer| issuer.clients.contains(&client.id)) else {
        let what = format!("is of {}, which is not trusted here with tokens of this client", quoted(&named));
        return Err(kind.refuse(rules.issuer, &what).into());
    };
    let claims = match &issuer.keys {
        IssuerKeys::Here(jwks) => verify(token, types, ForeignVerifier::Keys(&app.registered_keys.of(jwks))),
        IssuerKeys::At(uri) => {
            let keys = app.remote_keys.at(&app.fetcher, uri, token, call.address).await.map_err(|why| {
                tracing::warn!(issuer = issuer.issuer, "the issuer's keys could not be read: {why}");
                let what = "is of an issuer whose keys could not be read; the server's log says why";
                kind.refuse(rules.keys, what)
            })?;
            verify(token, types, ForeignVerifier::Keys(&keys))
        }
    };
    let claims =
        claims.map_err(|why| kind.refuse(rules.signature, &format!("is not its issuer's: {why}")))?;
    let claims = kind.read(claims)?;
    if claims.iss != issuer.issuer {
        return Err(kind.refuse(kind.claims, "names its issuer in two ways").into());
    }
    let endpoints = AssertionAudience::endpoints(issuer.audience, &app.issuer);
    let accepted = AcceptedAudiences { issuer: &app.issuer, endpoints: &endpoints };
    let expires_at = kind.check(&claims, accepted, call.now)?;
    let (grant, session) = (GrantId::new(random_id()), SessionId::new(random_id()));
    Ok(Arc::new(TrustedToken { claims, expires_at, issuer, grant, session }))
}

impl TrustedToken {
    /// Whether the client and the issuer are unchanged since the token was checked.
    pub(super) async fn is_unchanged(&self, conn: &mut Conn, client: &Client) -> Result<bool, DbError> {
        Ok(clients::is_unchanged(conn, &client.id, client.version).await?
            && trusted_issuers::find(conn, &self.issuer.issuer).await?.as_ref() == Some(&self.issuer))
    }

    /// Finds the grant of a client for the person that the issuer means, and the status of that person.
    pub(super) async fn grant(
        &self,
        conn: &mut Conn,
        client: &Client,
        scope: &Scope,
        rules: &TokenRules,
        now: Timestamp,
    ) -> Result<(Grant, UserStatus), Denied<OAuthError>> {
        let IssuerSubject { issuer, subject } = self.issuer_subject();
        let Some((user, status)) = trusted_issuers::find_subject(conn, issuer, subject).await? else {
            return Err(rules
                .kind
                .refuse(rules.subject, "is about a subject that is linked to no user")
                .into());
        };
        let parties = Parties { client: client.id.clone(), user, session: self.session.clone() };
        let grant = Grant::new(
            self.grant.clone(),
            parties,
            Granted::of_scope(scope.clone()),
            Authentication::by_issuer(now),
        );
        Ok((grant, status))
    }

    pub(super) fn issuer_subject(&self) -> IssuerSubject<'_> {
        IssuerSubject { issuer: &self.issuer.issuer, subject: &self.claims.sub }
    }
}
