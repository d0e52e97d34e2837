//! The words in client metadata, as they are registered.

use std::fmt;

use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::oauth::client::kind::ClientKind;
use crate::oauth::word::word;

/// A grant type (RFC 6749 §1.3).
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
    /// OpenID Client-Initiated Backchannel Authentication Core 1.0 §4.
    #[strum(serialize = "urn:openid:params:grant-type:ciba")]
    Ciba,
}

impl GrantType {
    /// The grant with this name, or with the last part of its URN, such as `ciba` and `device_code`.
    pub fn named(text: &str) -> Option<Self> {
        let short = |name: &str| name.rsplit(':').next().unwrap_or(name).replace('-', "_");
        Self::parse(text).or_else(|| {
            Self::ALL.iter().copied().find(|grant| short(grant.as_str()) == text.replace('-', "_"))
        })
    }
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
    /// By a certificate that an authority has signed (RFC 8705 §2.1).
    #[strum(serialize = "tls_client_auth")]
    TlsClientAuth,
    /// By a certificate that is registered itself (RFC 8705 §2.2).
    #[strum(serialize = "self_signed_tls_client_auth")]
    SelfSignedTls,
    #[strum(serialize = "none")]
    None,
}

/// The audience that an assertion may have besides the issuer, for libraries that always use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum AssertionAudience {
    TokenEndpoint,
}

impl AssertionAudience {
    /// The URLs that an assertion may be for besides the issuer, wherever it is sent.
    pub fn endpoints(audience: Option<Self>, issuer: &str) -> Vec<String> {
        match audience {
            Some(Self::TokenEndpoint) => vec![format!("{issuer}/token")],
            None => Vec::new(),
        }
    }
}

/// Whether all applications get the same `sub` for a person, or each sector its own (OpenID Connect Core §8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum SubjectType {
    #[default]
    Public,
    Pairwise,
}

/// The format of an access token: opaque, or a JWT (RFC 9068).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum TokenFormat {
    #[default]
    Opaque,
    Jwt,
}

/// How the key of an encrypted token reaches its recipient (RFC 7518 §4.1): the `alg` of the token.
///
/// Algorithms with a password (PBES2) are left out on purpose: the token's header decides how much work they are.
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
    #[strum(serialize = "A128KW")]
    A128Kw,
    #[strum(serialize = "A256KW")]
    A256Kw,
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

/// Whether something is demanded of a client ([`Demanded`](super::demand::Demanded) says what).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum Demand {
    Off,
    /// Nothing is refused; what would be refused is counted and logged.
    Report,
    Require,
}

/// What a refresh does with the refresh token (RFC 9700 §4.14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum RefreshTokens {
    /// It replaces the token.
    Rotate,
    /// The token stays.
    Keep,
}

/// Whether DPoP proofs need a nonce of the server (RFC 9449 §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum NoncePolicy {
    Off,
    Require,
}

/// The algorithm that signs the request objects of a client (RFC 9101, OpenID Connect Registration §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
pub enum ObjectAlgorithm {
    /// They are not signed.
    #[strum(serialize = "none")]
    Unsigned,
    #[strum(serialize = "RS256")]
    Rs256,
    #[strum(serialize = "PS256")]
    Ps256,
    #[strum(serialize = "ES256")]
    Es256,
    #[strum(serialize = "ES384")]
    Es384,
    #[strum(serialize = "EdDSA")]
    EdDsa,
    /// The new name of `EdDSA` with the only curve that this server takes (RFC 9864 §2.2).
    #[strum(serialize = "Ed25519")]
    Ed25519,
}

word!(GrantType, AuthMethod, AssertionAudience, SubjectType, TokenFormat);
word!(Demand, KeyManagement, ContentEncryption, NoncePolicy, ObjectAlgorithm, RefreshTokens);

impl fmt::Display for GrantType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short())
    }
}

impl GrantType {
    /// A short name for people to read, without the prefix of extension grants.
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

    /// Whether the grant requires an authenticated client, because its request may have no credential that this server
    /// issued to the client, or because a person is asked in its name.
    pub fn needs_proof(self) -> bool {
        matches!(self, Self::ClientCredentials | Self::JwtBearer | Self::TokenExchange | Self::Ciba)
    }
}

impl KeyManagement {
    /// The algorithms that a client can register: those that only need a public key. The others need a shared secret.
    pub const FOR_CLIENTS: &[Self] =
        &[Self::RsaOaep, Self::RsaOaep256, Self::EcdhEs, Self::EcdhEsA128Kw, Self::EcdhEsA256Kw];

    /// Whether its keys are RSA keys.
    pub fn is_rsa(self) -> bool {
        matches!(self, Self::RsaOaep | Self::RsaOaep256)
    }

    /// Whether a client can register the algorithm.
    pub fn is_for_clients(self) -> bool {
        Self::FOR_CLIENTS.contains(&self)
    }
}

impl ObjectAlgorithm {
    /// Those that use a key of the client.
    pub fn signing() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|known| *known != Self::Unsigned)
    }

    /// Whether both are names of one algorithm.
    pub fn is_same(self, other: Self) -> bool {
        let by_old_name = |known| if known == Self::Ed25519 { Self::EdDsa } else { known };
        by_old_name(self) == by_old_name(other)
    }
}

impl AuthMethod {
    /// Whether the client authenticates with a signature and does not send a secret.
    pub fn is_assertion(self) -> bool {
        matches!(self, Self::SecretJwt | Self::PrivateKeyJwt)
    }

    /// Whether the client authenticates with a certificate (RFC 8705 §2).
    pub fn is_certificate(self) -> bool {
        matches!(self, Self::TlsClientAuth | Self::SelfSignedTls)
    }

    /// Whether the client has a secret of its own, or may have one. The others have keys that this server never sees.
    pub fn needs_secret(self) -> bool {
        matches!(self, Self::Basic | Self::Post | Self::SecretJwt)
    }

    /// What a client without a secret does instead, for sentences.
    pub fn instead_of_a_secret(self) -> &'static str {
        if self.is_certificate() { "shows a certificate" } else { "signs with its own key" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_algorithm_for_keys_has_one_exact_name() {
        for &algorithm in KeyManagement::ALL {
            assert_eq!(KeyManagement::parse(algorithm.as_str()), Some(algorithm));
        }
        for other in ["", "dir", "RSA1_5", "rsa-oaep", "PBES2-HS256+A128KW", "ECDH-ES "] {
            assert_eq!(KeyManagement::parse(other), None, "{other}");
        }
    }
}
