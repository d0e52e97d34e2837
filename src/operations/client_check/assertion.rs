//! The rules of a request with an assertion of a trusted issuer (RFC 7523 §2.1).

use super::preview::{GrantSource, Granting, TokenPreview};
use super::rehearsal::Rehearsal;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::authorization_details::{self, AuthorizationDetails};
use crate::oauth::grant::granted::Granted;
use crate::oauth::grant::resource;
use crate::oauth::grant::scope::{self, Scope};
use crate::oauth::grant::trusted_issuer::TrustedIssuer;
use crate::oauth::id::{ClientId, UserId};
use crate::oauth::reason::Reason;
use crate::oauth::token::purpose::PurposeRules;
use crate::store::db::{Conn, DbError};
use crate::store::trusted_issuers;

/// The trusted issuers whose assertions a client may present.
#[derive(Default)]
pub(super) struct ClientIssuers {
    trusted: Vec<TrustedIssuer>,
    /// Those with a subject that is linked to the person of the request.
    linked: Vec<String>,
}

impl ClientIssuers {
    /// Reads those of a client, and which of them know the person.
    ///
    /// # Errors
    /// [`DbError::Corrupt`] if a row is damaged; otherwise only failures of the database.
    pub(super) async fn read(
        conn: &mut Conn,
        client: &ClientId,
        user: Option<&UserId>,
    ) -> Result<Self, DbError> {
        let mut trusted = Vec::new();
        for name in trusted_issuers::list_of_client(conn, client).await? {
            trusted.extend(trusted_issuers::find(conn, &name).await?);
        }
        let linked = match user {
            None => Vec::new(),
            Some(user) => trusted_issuers::list_of_user(conn, user).await?,
        };
        Ok(Self { trusted, linked })
    }
}

/// An issuer, and what an assertion of this issuer gives.
type IssuerScope<'a> = (&'a TrustedIssuer, Result<Scope, OAuthError>);

impl<'a> Rehearsal<'a> {
    /// The rules of a request with an assertion. Which issuer has signed the assertion is open if several may.
    pub(super) fn assertion(&mut self) -> Option<TokenPreview> {
        self.profile();
        self.sender();
        let issuers = self.issuers();
        self.noted_resources(self.only_resource())?;
        let (issuers, known, params) = (issuers?, self.known, self.params.clone());
        let named = resource::named(&params, "resource").ok().flatten();
        let details = match AuthorizationDetails::requested(&params) {
            Ok(details) => details,
            Err(error) => return self.refused(authorization_details::PARAMETER, &error),
        };
        let rules = PurposeRules {
            registered: self.registered(),
            named: named.as_deref(),
            details: details.as_ref(),
        };
        let scope_of = |issuer: &TrustedIssuer| {
            let requested = scope::requested(&params)?;
            let scope = issuer.scope(requested, &known.client, &known.catalogue)?;
            rules.check_scope(&known.client, &scope, requested.is_some())?;
            Ok(scope)
        };
        let scopes: Vec<IssuerScope<'_>> = issuers.iter().map(|issuer| (*issuer, scope_of(issuer))).collect();
        let scope = self.scope_of_issuers(&scopes)?;
        let purpose = match rules.of_trusted_issuer(&known.client, &scope) {
            Ok(purpose) => purpose,
            Err(error) => {
                self.note_unless_known("tokens", &error);
                return None;
            }
        };
        let uris: Vec<String> = purpose.resource.map(|resource| resource.uri.clone()).into_iter().collect();
        self.algorithms(&uris);
        self.linked(&issuers)?;
        let person = self.allowed_person(&purpose.scope)?;
        let source = GrantSource::TokenRequest(&params);
        self.tokens(&Granting { granted: Granted::of_scope(scope), person: Some(person), source })
    }

    /// The issuers whose assertions the client may present; with a person, those that know the person, if any do. `None` if no
    /// issuer names the client.
    fn issuers(&mut self) -> Option<Vec<&'a TrustedIssuer>> {
        let known = self.known;
        let trusted: Vec<&TrustedIssuer> = known.issuers.trusted.iter().collect();
        let names = trusted.iter().map(|issuer| issuer.issuer.as_str()).collect::<Vec<_>>().join(", ");
        let note = match trusted.as_slice() {
            [] => Err(Reason::GrantAssertionIssuer.because(
                "no trusted issuer names this client, so the assertions of every issuer are refused",
            )),
            [_] => Ok(((), format!("the client may present assertions of {names}"))),
            _ => Ok(((), format!("it depends on the issuer: the client may present assertions of {names}"))),
        };
        self.note("issuer", note)?;
        let linked: Vec<&TrustedIssuer> =
            trusted.iter().copied().filter(|issuer| known.issuers.linked.contains(&issuer.issuer)).collect();
        Some(if linked.is_empty() { trusted } else { linked })
    }

    /// What an assertion gives: the scope by the first issuer that does not refuse it. `None` if all refuse it.
    fn scope_of_issuers(&mut self, scopes: &[IssuerScope<'_>]) -> Option<Scope> {
        let first = scopes.iter().find_map(|(issuer, scope)| Some((*issuer, scope.as_ref().ok()?)));
        let Some((issuer, scope)) = first else {
            let error = scopes.iter().find_map(|(_, scope)| scope.as_ref().err())?;
            return self.refused("scope", error);
        };
        let is_same = scopes.iter().all(|(_, other)| other.as_ref().ok() == Some(scope));
        let note = match (is_same, &self.input.scope) {
            (true, Some(_)) => scope.to_string(),
            (true, None) => format!("{scope}, all that the client and the issuer may have"),
            (false, _) => {
                let each = scopes.iter().map(|(issuer, scope)| match scope {
                    Ok(scope) => format!("{scope} with {}", issuer.issuer),
                    Err(error) => format!("{} with {}", error.reason.word(), issuer.issuer),
                });
                let each = each.collect::<Vec<_>>().join(", ");
                format!("it depends on the issuer: {each}; the rest is about {}", issuer.issuer)
            }
        };
        self.note("scope", Ok((scope.clone(), note)))
    }

    /// Refuses the person of the request if no issuer of the client knows the person.
    fn linked(&mut self, issuers: &[&TrustedIssuer]) -> Option<()> {
        let known = self.known;
        let is_linked = issuers.iter().any(|issuer| known.issuers.linked.contains(&issuer.issuer));
        match &known.user {
            Some(user) if !is_linked => {
                let error = Reason::GrantAssertionSubject
                    .because("no subject of an issuer of this client is linked to the user");
                self.refused("user", &error.about(&user.person.id))
            }
            _ => Some(()),
        }
    }
}
