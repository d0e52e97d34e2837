//! Tokens that trusted issuers sign about people: whose they are, what they are good for, and whom they mean.

use std::sync::Arc;

use crate::app::App;
use crate::clock::Seconds;
use crate::failure::Denied;
use crate::jose::foreign::{By, ForeignKeys, unverified_claim, verify};
use crate::oauth::assertion::{Claims, Kind};
use crate::oauth::client::Client;
use crate::oauth::error::{OAuthError, shown};
use crate::oauth::grant::granted::Granted;
use crate::oauth::grant::scope::Scope;
use crate::oauth::grant::trusted_issuer::{IssuerKeys, TrustedIssuer};
use crate::oauth::grant::{Grant, Parties, UserStatus};
use crate::oauth::id::{GrantId, SessionId};
use crate::oauth::identity::authentication::Authentication;
use crate::oauth::reason::Reason;
use crate::secret::random_id;
use crate::store::db::{Conn, DbError};
use crate::store::grants::Voucher;
use crate::store::{clients, trusted_issuers};

/// How the tokens of one grant are judged, and for what they are refused.
pub(super) struct TokenRules {
    pub(super) kind: Kind,
    /// The types that the header may name, if it names one.
    pub(super) types: &'static [&'static str],
    pub(super) malformed: Reason,
    pub(super) issuer: Reason,
    pub(super) keys: Reason,
    pub(super) signature: Reason,
    pub(super) subject: Reason,
}

/// A token whose issuer vouches for somebody; who that is, the database says in the job that stores.
pub(super) struct Vouched {
    pub(super) claims: Claims,
    /// Until when its use must be remembered, where it counts once.
    pub(super) expires_at: Seconds,
    pub(super) issuer: TrustedIssuer,
    /// Names that were drawn for a grant; the session is none.
    grant: GrantId,
    session: SessionId,
}

/// Verifies a token by the keys of the issuer that it names, if that one is trusted with tokens of this client.
pub(super) async fn verified(
    app: &App,
    client: &Client,
    token: &str,
    rules: &TokenRules,
    now: Seconds,
) -> Result<Arc<Vouched>, Denied<OAuthError>> {
    let TokenRules { kind, types, .. } = rules;
    let Some(named) = unverified_claim(token, "iss") else {
        return Err(kind.refuse(rules.malformed, "is no signed JWT with an issuer as its iss").into());
    };
    let key = named.clone();
    let find = async move |conn: &mut Conn| trusted_issuers::find(conn, &key).await;
    let found = app.db.read(find).await?;
    // Whom the operator trusts with others is told to nobody, and no address is called on a stranger's account.
    let Some(issuer) = found.filter(|issuer| issuer.clients.contains(&client.id)) else {
        let what = format!("is of {}, which is not trusted here with tokens of this client", shown(&named));
        return Err(kind.refuse(rules.issuer, &what).into());
    };
    let claims = match &issuer.keys {
        IssuerKeys::Here(jwks) => {
            verify(token, types, By::Keys(&ForeignKeys::read(jwks).unwrap_or_default()))
        }
        IssuerKeys::At(uri) => {
            let keys = app.remote_keys.at(&app.fetcher, uri, token).await.map_err(|why| {
                tracing::warn!(issuer = issuer.issuer, "the issuer's keys could not be read: {why}");
                let what = "is of an issuer whose keys could not be read; the server's log says why";
                kind.refuse(rules.keys, what)
            })?;
            verify(token, types, By::Keys(&keys))
        }
    };
    let claims =
        claims.map_err(|why| kind.refuse(rules.signature, &format!("is not its issuer's: {why}")))?;
    let claims = kind.read(claims)?;
    if claims.iss != issuer.issuer {
        return Err(kind.refuse(kind.claims, "names its issuer in two ways").into());
    }
    let expires_at = kind.check(&claims, issuer.audience, &app.issuer, now)?;
    let (grant, session) = (GrantId::new(random_id()), SessionId::new(random_id()));
    Ok(Arc::new(Vouched { claims, expires_at, issuer, grant, session }))
}

impl Vouched {
    /// Whether client and issuer are still what they were when the token was judged.
    pub(super) async fn is_unchanged(&self, conn: &mut Conn, client: &Client) -> Result<bool, DbError> {
        Ok(clients::is_unchanged(conn, &client.id, client.version).await?
            && trusted_issuers::find(conn, &self.issuer.issuer).await?.as_ref() == Some(&self.issuer))
    }

    /// What a client has for the person whom the issuer means, and the status of that person.
    pub(super) async fn grant(
        &self,
        conn: &mut Conn,
        client: &Client,
        scope: &Scope,
        rules: &TokenRules,
        now: Seconds,
    ) -> Result<(Grant, UserStatus), Denied<OAuthError>> {
        let Voucher { issuer, subject } = self.voucher();
        let Some((user, status)) = trusted_issuers::find_subject(conn, issuer, subject).await? else {
            return Err(rules
                .kind
                .refuse(rules.subject, "is about a subject that nobody is linked to")
                .into());
        };
        let parties = Parties { client: client.id.clone(), user, session: self.session.clone() };
        let grant = Grant::new(
            self.grant.clone(),
            parties,
            Granted::of_scope(scope.clone()),
            Authentication::vouched(now),
        );
        Ok((grant, status))
    }

    pub(super) fn voucher(&self) -> Voucher<'_> {
        Voucher { issuer: &self.issuer.issuer, subject: &self.claims.sub }
    }
}
