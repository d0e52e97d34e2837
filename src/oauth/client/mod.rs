//! Clients: their registration, and the check of the authentication method (RFC 6749 §2).

pub mod assertion;
pub mod origin;
pub mod registration;

pub use kind::ClientKind;
use url::Url;

use crate::oauth::client::origin::Origin;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::scope::Scope;
use crate::oauth::id::ClientId;
use crate::oauth::reason::Reason;
use crate::oauth::request::redirect_uri::RegisteredUri;
use crate::oauth::request::response_type::ResponseType;
use crate::oauth::signing_key::SigningAlgorithm;

/// A registered client as the rules see it. Secrets are verified elsewhere.
#[derive(Clone, Debug)]
pub struct Client {
    pub id: ClientId,
    /// Increases with every change, so that decisions about an older state can be detected.
    pub version: i64,
    pub kind: ClientKind,
    pub name: String,
    pub links: Links,
    pub redirect_uris: Vec<RegisteredUri>,
    /// The addresses to which a person may be sent after a sign-out (OpenID Connect RP-Initiated Logout §3.1).
    pub post_logout_redirect_uris: Vec<RegisteredUri>,
    /// The origins whose scripts may call this server for the client, beside the origins of a public client's redirect
    /// URIs.
    pub origins: Vec<Origin>,
    pub grants: Vec<GrantType>,
    /// The response types that the client may request, beside `code`.
    pub response_types: Vec<ResponseType>,
    pub scopes: Scope,
    /// The only method that the client may use; `None` allows a confidential client both secret methods.
    pub auth_method: Option<AuthMethod>,
    /// `None` follows the server's `[oauth] require_pkce`.
    pub pkce: Option<PkcePolicy>,
    /// The algorithm of its ID Tokens; `None` is RS256, if the server offers it.
    pub id_token_alg: Option<SigningAlgorithm>,
    /// The client's public keys, as a JWK Set.
    pub jwks: Option<String>,
    /// The address of the client's public keys, instead of `jwks`.
    pub jwks_uri: Option<String>,
    pub assertion_audience: Option<AssertionAudience>,
    pub id_token_encryption: Option<Encryption>,
    pub userinfo_encryption: Option<Encryption>,
    /// The algorithm of its UserInfo responses; `None` is unsigned JSON.
    pub userinfo_alg: Option<SigningAlgorithm>,
    pub logout: LogoutUris,
    pub subject_type: SubjectType,
    /// Joins clients of several hosts to one sector, which share pairwise identifiers (OpenID Connect Core §8.1).
    pub sector_identifier_uri: Option<String>,
    /// The format of its access tokens for this server itself.
    pub token_format: TokenFormat,
    /// Resource indicators it may request. Empty means: any resource for which it has at least one allowed scope.
    pub resources: Vec<String>,
    /// In seconds.
    pub access_token_lifetime: Option<i64>,
    /// Only people in this group may use the client.
    pub required_group: Option<String>,
    /// The client that may exchange this client's tokens; then no other client may (RFC 8693 §4.4).
    pub may_act: Option<ClientId>,
    /// Whether the client may leave itself out of `act` when it exchanges tokens.
    pub may_impersonate: bool,
    /// First-party: skip the consent page.
    pub first_party: bool,
    pub disabled: bool,
}

/// How tokens for the client are encrypted (OpenID Connect Registration §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encryption {
    pub algorithm: KeyManagement,
    pub content: ContentEncryption,
}

impl Encryption {
    /// Parses `ALG ENC`, or `ALG` alone with A256GCM; `None` for unknown algorithms.
    pub fn parse(text: &str) -> Option<Self> {
        let (algorithm, content) =
            text.split_once(' ').unwrap_or((text, ContentEncryption::A256Gcm.as_str()));
        Some(Self {
            algorithm: KeyManagement::parse(algorithm)?,
            content: ContentEncryption::parse(content)?,
        })
    }

    /// Writes `ALG ENC`, as [`Encryption::parse`] reads it.
    pub fn to_text(self) -> String {
        format!("{} {}", self.algorithm.as_str(), self.content.as_str())
    }
}

/// Where the client is notified of ended sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogoutUris {
    /// Called by this server (OpenID Connect Back-Channel Logout §2.2).
    pub back_channel: Option<String>,
    /// Loaded by the person's browser (OpenID Connect Front-Channel Logout §2).
    pub front_channel: Option<String>,
}

/// The links and the logo on the consent page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    pub site: Option<String>,
    pub policy: Option<String>,
    pub terms: Option<String>,
    /// The digest of the stored logo, which is part of its URL.
    pub logo: Option<String>,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($variant),* }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word as it is stored and sent.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// Reads the word. `None` if it is unknown.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

pub mod kind;

words! {
    /// A grant type (RFC 6749 §1.3).
    GrantType {
        AuthorizationCode = "authorization_code",
        ClientCredentials = "client_credentials",
        RefreshToken = "refresh_token",
        DeviceCode = "urn:ietf:params:oauth:grant-type:device_code",
        JwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer",
        TokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange",
    }
}
words! {
    /// A method of client authentication (RFC 7591 §2).
    AuthMethod {
        Basic = "client_secret_basic",
        Post = "client_secret_post",
        SecretJwt = "client_secret_jwt",
        PrivateKeyJwt = "private_key_jwt",
        None = "none",
    }
}
words! {
    /// Another accepted audience of client assertions beside the issuer, for libraries that cannot use the issuer.
    AssertionAudience { TokenEndpoint = "token-endpoint" }
}
words! {
    /// Whether all applications get the same `sub` for a person, or each sector its own (OpenID Connect Core §8).
    SubjectType { Public = "public", Pairwise = "pairwise" }
}
words! {
    /// The format of an access token: opaque, or a JWT (RFC 9068).
    TokenFormat { Opaque = "opaque", Jwt = "jwt" }
}
words! {
    /// How the key of an encrypted token reaches its recipient (RFC 7518 §4).
    KeyManagement {
        RsaOaep = "RSA-OAEP",
        RsaOaep256 = "RSA-OAEP-256",
        EcdhEs = "ECDH-ES",
        EcdhEsA128Kw = "ECDH-ES+A128KW",
        EcdhEsA256Kw = "ECDH-ES+A256KW",
    }
}
words! {
    /// The algorithm that encrypts a token's content (RFC 7518 §5).
    ContentEncryption {
        A128Gcm = "A128GCM",
        A256Gcm = "A256GCM",
        A128CbcHs256 = "A128CBC-HS256",
        A256CbcHs512 = "A256CBC-HS512",
    }
}
words! {
    /// Whether a client must send a PKCE challenge.
    PkcePolicy { Required = "required", Optional = "optional" }
}

impl GrantType {
    /// The name for the command line: without the prefix of extension grants.
    pub fn short(self) -> &'static str {
        self.as_str().rsplit(':').next().unwrap_or_default()
    }

    /// The default grant types of a kind of client.
    pub fn default_for(kind: ClientKind) -> &'static [Self] {
        match kind {
            ClientKind::Web | ClientKind::Spa | ClientKind::Native => {
                &[Self::AuthorizationCode, Self::RefreshToken]
            }
            ClientKind::Service => &[Self::ClientCredentials],
        }
    }

    /// Whether only confidential clients may use the grant.
    pub fn needs_proof(self) -> bool {
        matches!(self, Self::ClientCredentials | Self::JwtBearer | Self::TokenExchange)
    }
}

impl AuthMethod {
    /// Whether the client authenticates by a signature, and not by sending a secret.
    pub fn is_assertion(self) -> bool {
        matches!(self, Self::SecretJwt | Self::PrivateKeyJwt)
    }
}

impl Client {
    /// A client with the default grants of its kind and the defaults of RFC 7591 §2.
    pub fn new(id: ClientId, name: impl Into<String>, kind: ClientKind) -> Self {
        Self {
            id,
            version: 1,
            kind,
            name: name.into(),
            links: Links::default(),
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            origins: Vec::new(),
            grants: GrantType::default_for(kind).to_vec(),
            response_types: Vec::new(),
            scopes: Scope::default(),
            auth_method: None,
            pkce: None,
            id_token_alg: None,
            jwks: None,
            jwks_uri: None,
            assertion_audience: None,
            id_token_encryption: None,
            userinfo_encryption: None,
            userinfo_alg: None,
            logout: LogoutUris::default(),
            subject_type: SubjectType::Public,
            sector_identifier_uri: None,
            token_format: TokenFormat::Opaque,
            resources: Vec::new(),
            access_token_lifetime: None,
            required_group: None,
            may_act: None,
            may_impersonate: false,
            first_party: false,
            disabled: false,
        }
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
    ///
    /// The client is not registered for the grant, or it is public and the grant needs an authenticated client.
    pub fn may_use(&self, grant: GrantType) -> Result<(), OAuthError> {
        let has_no_proof = self.kind.is_public() && grant.needs_proof();
        if self.grants.contains(&grant) && !has_no_proof {
            return Ok(());
        }
        Err(Reason::ClientGrantNotAllowed
            .because(format!("this client is not registered for the grant {}", grant.as_str())))
    }

    /// Checks that the client may use this authentication method.
    ///
    /// # Errors
    /// If the client is public and sent a secret, or another method is registered.
    pub fn accepts(&self, used: AuthMethod) -> Result<(), OAuthError> {
        let public = self.kind.is_public();
        match (used, self.auth_method) {
            (AuthMethod::None, _) if public => Ok(()),
            (AuthMethod::None, _) => Err(Reason::ClientAuthenticationMissing
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
    pub expires_at: Option<i64>,
}

impl ClientSecret {
    /// Whether the secret has not expired.
    pub fn is_live(&self, now: i64) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

/// The stored form of a client secret, depending on how hard it is to guess.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretHash {
    /// SHA-256 in base64url, for a generated secret with 256 random bits.
    Sha256(String),
    /// A PHC string, for a secret that a person chose.
    Argon2(String),
}

#[cfg(test)]
pub(super) fn example(kind: ClientKind) -> Client {
    Client {
        redirect_uris: vec![RegisteredUri::register("https://app.example/cb", kind).unwrap()],
        scopes: Scope::from_stored("read write"),
        ..Client::new(ClientId::new("example"), "Example", kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pairing_of_client_and_method_has_its_answer() {
        use AuthMethod::{Basic, None as Public, Post};
        let confidential = |method| Client { auth_method: method, ..example(ClientKind::Web) };
        let public = example(ClientKind::Spa);
        let reason = |client: &Client, used| client.accepts(used).err().map(|error| error.reason);

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
        let origins = |client: &Client| -> Vec<String> {
            client.allowed_origins().iter().map(|origin| origin.as_str().to_owned()).collect()
        };
        let uris = ["https://app.example/cb", "https://app.example/other", "com.example.app:/cb"];
        let uris: Vec<RegisteredUri> = uris.into_iter().map(RegisteredUri::from_stored).collect();
        let own = Origin::register("https://api.example").unwrap();
        let native =
            Client { redirect_uris: uris.clone(), origins: vec![own], ..example(ClientKind::Native) };
        assert_eq!(origins(&native), ["https://api.example", "https://app.example"]);
        assert_eq!(origins(&Client { kind: ClientKind::Web, ..native }), ["https://api.example"]);
        assert!(origins(&Client { redirect_uris: uris, ..example(ClientKind::Web) }).is_empty());
    }
}
