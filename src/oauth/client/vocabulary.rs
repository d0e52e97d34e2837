//! The words that client metadata is made of, as they are registered.

use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::oauth::client::kind::ClientKind;
use crate::oauth::word::word;

/// A way to get a token (RFC 6749 §1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum GrantType {
    AuthorizationCode,
    ClientCredentials,
    RefreshToken,
    /// RFC 8628 §3.4.
    #[strum(serialize = "urn:ietf:params:oauth:grant-type:device_code")]
    DeviceCode,
    /// RFC 7523 §2.1.
    #[strum(serialize = "urn:ietf:params:oauth:grant-type:jwt-bearer")]
    JwtBearer,
    /// RFC 8693 §2.1.
    #[strum(serialize = "urn:ietf:params:oauth:grant-type:token-exchange")]
    TokenExchange,
}

/// A way for a client to prove who it is (RFC 7591 §2, OpenID Connect Core §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
pub enum AuthMethod {
    #[strum(serialize = "client_secret_basic")]
    Basic,
    #[strum(serialize = "client_secret_post")]
    Post,
    #[strum(serialize = "client_secret_jwt")]
    SecretJwt,
    #[strum(serialize = "private_key_jwt")]
    PrivateKeyJwt,
    #[strum(serialize = "none")]
    None,
}

/// Which audience an assertion may have beside the issuer, as some libraries insist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum AssertionAudience {
    TokenEndpoint,
}

/// Whether applications know a person by one name, or each sector by its own (OpenID Connect Core §8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum SubjectType {
    #[default]
    Public,
    Pairwise,
}

/// Whether an access token means something by itself (RFC 9068), or only here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum TokenFormat {
    #[default]
    Opaque,
    Jwt,
}

/// How the key of an encrypted token reaches its recipient (RFC 7518 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
pub enum KeyManagement {
    #[strum(serialize = "RSA-OAEP")]
    RsaOaep,
    #[strum(serialize = "RSA-OAEP-256")]
    RsaOaep256,
    #[strum(serialize = "ECDH-ES")]
    EcdhEs,
    #[strum(serialize = "ECDH-ES+A128KW")]
    EcdhEsA128Kw,
    #[strum(serialize = "ECDH-ES+A256KW")]
    EcdhEsA256Kw,
}

/// How the content of an encrypted token is encrypted (RFC 7518 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
pub enum ContentEncryption {
    #[strum(serialize = "A128GCM")]
    A128Gcm,
    #[strum(serialize = "A256GCM")]
    A256Gcm,
    #[strum(serialize = "A128CBC-HS256")]
    A128CbcHs256,
    #[strum(serialize = "A256CBC-HS512")]
    A256CbcHs512,
}

/// Whether a client must send a PKCE challenge (RFC 7636).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum PkcePolicy {
    Required,
    Optional,
}

word!(GrantType, AuthMethod, AssertionAudience, SubjectType, TokenFormat);
word!(KeyManagement, ContentEncryption, PkcePolicy);

impl GrantType {
    /// Its name for people, without the prefix that all extension grants have.
    pub fn short(self) -> &'static str {
        self.as_str().rsplit(':').next().unwrap_or_default()
    }

    /// The grants of a client that names none.
    pub fn default_for(kind: ClientKind) -> &'static [Self] {
        match kind {
            ClientKind::Web | ClientKind::Spa | ClientKind::Native => {
                &[Self::AuthorizationCode, Self::RefreshToken]
            }
            ClientKind::Service => &[Self::ClientCredentials],
        }
    }

    /// Only for clients that prove who they are: what they present is another party's, or nothing.
    pub fn needs_proof(self) -> bool {
        matches!(self, Self::ClientCredentials | Self::JwtBearer | Self::TokenExchange)
    }
}

impl AuthMethod {
    /// Proven by a signature, not by sending a secret.
    pub fn is_assertion(self) -> bool {
        matches!(self, Self::SecretJwt | Self::PrivateKeyJwt)
    }
}
