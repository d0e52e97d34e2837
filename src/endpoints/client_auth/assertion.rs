//! Client assertions: verifies the signature, and that each is used once (RFC 7523).

use crate::app::App;
use crate::failure::{Denied, Failure};
use crate::http::call::Call;
use crate::jose::foreign::{ForeignVerifier, unverified_algorithm, unverified_claim, verify};
use crate::jose::verify::VerifyError;
use crate::keys::remote::NoKeys;
use crate::oauth::assertion::{AcceptedAudiences, AssertionClaims};
use crate::oauth::client::assertion::{AcceptedAssertion, JWT_BEARER, KIND, TYPES, check};
use crate::oauth::client::profile::Profile;
use crate::oauth::client::{AssertionAudience, AuthMethod, Client};
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;
use crate::oauth::request::backchannel;
use crate::oauth::request::params::Params;
use crate::secret::Hash;
use crate::store::clients::StoredClient;
use crate::store::db::Batch;
use crate::store::used_assertions;
use crate::tokens::client_signed::{NotSigned, by_client_key};

/// The `client_assertion` of a request.
pub(super) struct Assertion {
    token: String,
    /// The client that it claims to be from; not verified yet.
    subject: String,
    /// Whether this request has used up the assertion.
    is_used: bool,
}

impl std::fmt::Debug for Assertion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Assertion").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// The error of a client whose keys cannot be read from its `jwks_uri`.
pub(super) fn no_keys(client: &Client, why: &NoKeys) -> OAuthError {
    tracing::warn!(client = client.id.as_str(), "the client's keys could not be read: {why}");
    Reason::ClientKeysUnavailable
        .because("the keys of this client could not be read from its jwks_uri; the server's log says why")
}

/// Checks what a security profile demands of an assertion whose signature is good (FAPI 2.0 Security Profile §5.3.2.1 and
/// §5.4.1).
fn check_profile(profile: Profile, token: &str, claims: &AssertionClaims) -> Result<(), OAuthError> {
    if !profile.is_fapi() {
        return Ok(());
    }
    let name = profile.as_str();
    if !unverified_algorithm(token).is_some_and(|algorithm| profile.allows_algorithm(&algorithm)) {
        return Err(Reason::AssertionSignature.because(format!(
            "the profile {name} needs an assertion that is signed with PS256, ES256, EdDSA or Ed25519"
        )));
    }
    match claims.has_one_audience() {
        true => Ok(()),
        false => Err(Reason::AssertionAudience.because(format!(
            "the profile {name} needs the issuer of this server as aud, as a text and not in a list"
        ))),
    }
}

/// The URLs that an assertion of the client may be for besides the issuer. A backchannel request may name its own endpoint as
/// well as the token endpoint (CIBA Core §7.1).
fn audiences(app: &App, call: &Call, client: &Client) -> Vec<String> {
    let mut urls = AssertionAudience::endpoints(client.assertion_audience, &app.issuer);
    if !urls.is_empty() && call.route.is_backchannel() {
        let bases = [Some(&app.issuer), app.mtls_url.as_ref()];
        urls.extend(bases.into_iter().flatten().map(|base| format!("{base}{}", backchannel::PATH)));
    }
    urls
}

impl Assertion {
    pub(super) fn of(params: &Params) -> Result<Option<Self>, OAuthError> {
        let malformed = |what| Err(Reason::AssertionMalformed.because(what));
        match (params.one("client_assertion")?, params.one("client_assertion_type")?) {
            (None, None) => Ok(None),
            (None, Some(_)) => malformed("the parameter client_assertion is missing"),
            (Some(token), Some(JWT_BEARER)) => match unverified_claim(token, "sub") {
                Some(subject) => Ok(Some(Self { token: token.to_owned(), subject, is_used: false })),
                None => malformed("the client assertion is not a signed JWT with the client_id as its sub"),
            },
            (Some(_), _) => malformed(
                "the client_assertion_type must be urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
        }
    }

    pub(super) fn subject(&self) -> &str {
        &self.subject
    }

    /// Verifies the assertion in the way that the client is registered for, and uses it up.
    ///
    /// A second call, after the client's record has changed, verifies it again but does not use it up again.
    pub(super) async fn verify(
        &mut self,
        app: &App,
        call: &Call,
        stored: &StoredClient,
    ) -> Result<(), Denied<OAuthError>> {
        let client = &stored.client;
        let method = client.auth_method.filter(|method| method.is_assertion());
        let method = method.unwrap_or(AuthMethod::PrivateKeyJwt);
        client.accepts(method)?;
        let verified = match method {
            AuthMethod::SecretJwt => self.by_secret(app, call, stored)?,
            _ => self.by_key(app, call, client).await?,
        };
        let claims = verified.map_err(|why| match why {
            VerifyError::Claims => {
                KIND.refuse(KIND.claims, "has claims that are not JSON, or one of them twice")
            }
            why => Reason::AssertionSignature
                .because(format!("the client assertion is not this client's: {why}")),
        })?;
        let claims = KIND.read(claims)?;
        check_profile(client.profile(&app.config.oauth.demands()), &self.token, &claims)?;
        let endpoints = audiences(app, call, client);
        let accepted = AcceptedAudiences { issuer: &app.issuer, endpoints: &endpoints };
        let accepted = check(&claims, &client.id, accepted, call.now)?;
        match self.is_used {
            true => Ok(()),
            false => self.consume(app, client, accepted).await,
        }
    }

    fn by_secret(
        &self,
        app: &App,
        call: &Call,
        stored: &StoredClient,
    ) -> Result<Result<serde_json::Value, VerifyError>, Failure> {
        let now = call.now;
        let mut outcome = Err(VerifyError::Key);
        for secret in stored.secrets.iter().filter(|secret| secret.is_live(now)) {
            let Some(sealed) = &secret.sealed else { continue };
            let opened = app.keys.master().open(&secret.id, sealed)?;
            outcome = verify(&self.token, &TYPES, ForeignVerifier::Secret(&opened));
            if outcome.is_ok() {
                super::secrets::note_use(app, call, &secret.id);
                break;
            }
        }
        Ok(outcome)
    }

    async fn by_key(
        &self,
        app: &App,
        call: &Call,
        client: &Client,
    ) -> Result<Result<serde_json::Value, VerifyError>, Denied<OAuthError>> {
        match by_client_key(app, client, &self.token, &TYPES, call.address).await {
            Ok(claims) => Ok(Ok(claims)),
            Err(NotSigned::Wrong(why)) => Ok(Err(why)),
            Err(NotSigned::NoKeys) => Err(Reason::ClientKeysUnavailable
                .because(
                    "the keys of this client could not be read from its jwks_uri; the server's log says why",
                )
                .into()),
        }
    }

    async fn consume(
        &mut self,
        app: &App,
        client: &Client,
        accepted: AcceptedAssertion,
    ) -> Result<(), Denied<OAuthError>> {
        let AcceptedAssertion { id, expires_at } = accepted;
        // Client ids contain no NUL, so different clients cannot have the same hash.
        let hash = Hash::of(&format!("client\0{}\0{id}", client.id));
        if app.db.run(used_assertions::consume_in(Batch::new(), &hash, expires_at)).await? != [1] {
            return Err(Reason::AssertionReplayed.because("the client assertion was used before").into());
        }
        self.is_used = true;
        Ok(())
    }
}
