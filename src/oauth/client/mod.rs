//! Clients: their registration, and the check of the authentication method (RFC 6749 §2).

pub mod assertion;
pub mod backchannel;
pub mod branding;
pub mod certificate;
pub mod console;
pub mod demand;
pub mod encryption;
pub mod health;
pub mod id_token_claims;
pub mod kind;
mod links;
pub mod metadata;
pub mod origin;
pub mod profile;
pub mod registration;
pub mod signed_messages;
pub(in crate::oauth) mod vocabulary;

pub use backchannel::{BackchannelSettings, DeliveryMode};
pub use branding::Branding;
pub use certificate::CertificateSettings;
pub use encryption::Encryption;
pub use id_token_claims::IdTokenClaims;
pub use kind::ClientKind;
pub use links::Links;
pub use metadata::{ClientMetadata, LogoutUris};
pub use signed_messages::SignedMessages;
use std::ops::{Deref, DerefMut};
pub use vocabulary::{
    AssertionAudience, AuthMethod, ContentEncryption, Demand, GrantType, KeyManagement, NoncePolicy,
    ObjectAlgorithm, RefreshTokens, SubjectType, TokenFormat,
};

use url::Url;

use crate::clock::Timestamp;
use crate::oauth::client::origin::Origin;
use crate::oauth::detail::{Detail, DetailSubject};
use crate::oauth::error::OAuthError;
use crate::oauth::id::ClientId;
use crate::oauth::reason::Reason;
use crate::oauth::request::redirect_uri::RegisteredUri;

/// A registered client as the rules see it. Its secrets are verified elsewhere. It dereferences to its metadata.
#[derive(Clone, Debug)]
pub struct Client {
    pub id: ClientId,
    /// Increases with every change, so that decisions about an older state can be detected.
    pub version: i64,
    pub metadata: ClientMetadata,
    pub disabled: bool,
}

impl Deref for Client {
    type Target = ClientMetadata;

    fn deref(&self) -> &ClientMetadata {
        &self.metadata
    }
}

impl DerefMut for Client {
    fn deref_mut(&mut self) -> &mut ClientMetadata {
        &mut self.metadata
    }
}

impl Client {
    /// A new client: enabled, in its first version.
    pub fn new(id: ClientId, metadata: ClientMetadata) -> Self {
        Self { id, version: 1, metadata, disabled: false }
    }

    /// The sector of the client: the host of its sector identifier URI or of its redirect URIs (OpenID Connect Core
    /// §8.1).
    pub fn sector(&self) -> String {
        let host = |uri: &str| Url::parse(uri).ok().and_then(|url| url.host_str().map(str::to_owned));
        let uris = self.redirect_uris.iter().map(RegisteredUri::as_str);
        // A registration without a host is refused for pairwise clients. If there is none, the client is its own
        // sector.
        let mut hosts = self.sector_identifier_uri.as_deref().into_iter().chain(uris).filter_map(host);
        hosts.next().unwrap_or_else(|| self.id.to_string())
    }
}

impl ClientMetadata {
    /// Every origin whose scripts may call this server for the client: the registered ones, and for a public client
    /// those of its redirect URIs.
    pub fn allowed_origins(&self) -> Vec<Origin> {
        let mut origins = self.origins.clone();
        if self.kind.is_public() {
            origins.extend(self.redirect_uris.iter().filter_map(Origin::of));
        }
        origins.sort();
        origins.dedup();
        origins
    }

    /// Checks that the client may use a grant (RFC 6749 §5.2).
    ///
    /// # Errors
    /// If the client is not registered for the grant, or it is public and the grant needs an authenticated client.
    pub fn may_use(&self, grant: GrantType) -> Result<(), OAuthError> {
        let has_no_proof = self.kind.is_public() && grant.needs_proof();
        if self.grants.contains(&grant) && !has_no_proof {
            return Ok(());
        }
        let detail = Detail::of(DetailSubject::GrantType).came(grant.as_str());
        Err(Reason::ClientGrantNotAllowed
            .because(format!("this client is not registered for the grant {}", grant.as_str()))
            .with(detail.registered(self.grants.iter().map(|grant| grant.as_str()))))
    }

    /// Whether the client may send authorization requests: it has an address for the answer, and a right to what is in one.
    pub fn may_ask_for_authorization(&self) -> bool {
        let has_code = self.may_use(GrantType::AuthorizationCode).is_ok();
        !self.redirect_uris.is_empty()
            && (has_code || self.response_types.iter().any(|kind| !kind.has_code()))
    }

    /// Checks that the client may use this authentication method.
    ///
    /// # Errors
    /// If the client is public and sent a credential, is confidential and sent no credential, or is registered for
    /// another method.
    pub fn accepts(&self, used: AuthMethod) -> Result<(), OAuthError> {
        self.accepts_method(used).map_err(|error| {
            let detail = Detail::of(DetailSubject::AuthMethod).came(used.as_str());
            let registered: &[AuthMethod] = match (self.auth_method, self.kind.is_public()) {
                (_, true) => &[AuthMethod::None],
                (Some(only), false) => &[only],
                (None, false) => &[AuthMethod::Basic, AuthMethod::Post],
            };
            error.with(detail.registered(registered.iter().map(|method| method.as_str())))
        })
    }

    fn accepts_method(&self, used: AuthMethod) -> Result<(), OAuthError> {
        let public = self.kind.is_public();
        match (used, self.auth_method) {
            (AuthMethod::None, _) if public => Ok(()),
            (AuthMethod::None, Some(method)) if method.is_certificate() => Err(Reason::CertificateMissing
                .because(
                    "this client proves who it is with a certificate, and the request came without one",
                )),
            (AuthMethod::None, Some(method)) => {
                let method = method.as_str();
                Err(Reason::ClientAuthenticationMissing
                    .because(format!("this client is confidential and must authenticate with {method}")))
            }
            (AuthMethod::None, None) => Err(Reason::ClientAuthenticationMissing
                .because("this client is confidential and must authenticate with its secret")),
            (_, _) if public => {
                Err(Reason::ClientSecretUnexpected.because("this client is public and has no secret to send"))
            }
            (used, None) if !used.is_assertion() => Ok(()),
            (used, None) => Err(Reason::ClientMethodNotAllowed
                .because(format!("this client used {} but is registered for a secret", used.as_str()))),
            (used, Some(registered)) if used == registered => Ok(()),
            (used, Some(registered)) => Err(Reason::ClientMethodNotAllowed.because(format!(
                "this client used {} but is registered for {}",
                used.as_str(),
                registered.as_str()
            ))),
        }
    }
}

/// A stored client secret: its hash and its expiry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSecret {
    pub id: String,
    pub hash: SecretHash,
    /// The secret itself, encrypted with the master key; only for a client that signs with it.
    pub sealed: Option<Vec<u8>>,
    pub expires_at: Option<Timestamp>,
}

impl ClientSecret {
    /// Whether the secret can still be used; `false` if it has expired.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

/// The stored form of a client secret, depending on how hard it is to guess.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretHash {
    /// SHA-256 in base64url, for a generated secret with 256 random bits.
    Sha256(String),
    /// For a secret that a person chose.
    Argon2 {
        /// A PHC string.
        phc: String,
        /// A few bits of a MAC of the secret, under a key of the server: they choose the one hash that a presented secret
        /// is compared with.
        tag: i64,
    },
}

#[cfg(test)]
pub(crate) fn example(kind: ClientKind) -> Client {
    use crate::oauth::grant::scope::Scope;

    let metadata = ClientMetadata {
        redirect_uris: vec![RegisteredUri::register("https://app.example/cb", kind).unwrap()],
        scopes: Scope::from_stored("read write"),
        ..ClientMetadata::new("Example", kind)
    };
    Client::new(ClientId::new("example"), metadata)
}

#[cfg(test)]
impl Client {
    /// The client with its metadata changed by `change`.
    pub(super) fn with(mut self, change: impl FnOnce(&mut ClientMetadata)) -> Self {
        change(&mut self.metadata);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(kind: ClientKind) -> ClientMetadata {
        super::example(kind).metadata
    }

    #[test]
    fn every_pairing_of_client_and_method_has_its_answer() {
        use AuthMethod::{Basic, None as Public, Post};
        let confidential = |method| ClientMetadata { auth_method: method, ..example(ClientKind::Web) };
        let public = example(ClientKind::Spa);
        let reason = |client: &ClientMetadata, used| client.accepts(used).err().map(|error| error.reason);

        assert_eq!(reason(&confidential(None), Basic), None);
        assert_eq!(reason(&confidential(None), Post), None);
        assert_eq!(reason(&confidential(None), Public), Some(Reason::ClientAuthenticationMissing));
        assert_eq!(reason(&confidential(Some(Basic)), Basic), None);
        assert_eq!(reason(&confidential(Some(Basic)), Post), Some(Reason::ClientMethodNotAllowed));
        assert_eq!(reason(&confidential(Some(Post)), Basic), Some(Reason::ClientMethodNotAllowed));
        assert_eq!(reason(&public, Public), None);
        assert_eq!(reason(&public, Basic), Some(Reason::ClientSecretUnexpected));
        assert_eq!(reason(&public, Post), Some(Reason::ClientSecretUnexpected));
    }

    #[test]
    fn redirect_uris_of_a_public_client_are_allowed_origins() {
        let origins = |client: &ClientMetadata| -> Vec<String> {
            client.allowed_origins().iter().map(|origin| origin.as_str().to_owned()).collect()
        };
        let uris = ["https://app.example/cb", "https://app.example/other", "com.example.app:/cb"];
        let uris: Vec<RegisteredUri> = uris.into_iter().map(RegisteredUri::from_stored).collect();
        let own = Origin::register("https://api.example").unwrap();
        let native =
            ClientMetadata { redirect_uris: uris.clone(), origins: vec![own], ..example(ClientKind::Native) };
        assert_eq!(origins(&native), ["https://api.example", "https://app.example"]);
        assert_eq!(origins(&ClientMetadata { kind: ClientKind::Web, ..native }), ["https://api.example"]);
        assert!(origins(&ClientMetadata { redirect_uris: uris, ..example(ClientKind::Web) }).is_empty());
    }
}
