//! The values of the options of client commands, and their meaning.

use clap::ValueEnum;
use url::Url;

use super::super::CliError;
use crate::oauth::client::origin::Origin;
use crate::oauth::client::profile::Profile;
use crate::oauth::client::{
    AssertionAudience, AuthMethod, ClientKind, DeliveryMode, Demand, GrantType, NoncePolicy, ObjectAlgorithm,
    RefreshTokens, SubjectType, TokenFormat,
};
use crate::oauth::request::redirect_uri::RegisteredUri;
use crate::oauth::request::response_type::ResponseType;
use crate::oauth::signing_key::SigningAlgorithm;

macro_rules! choice {
    ($name:ident for $of:ty { $($variant:ident = $word:literal $(| $alias:literal)* => $value:expr),* $(,)? }) => {
        #[derive(Clone, Copy, ValueEnum)]
        pub(in crate::cli) enum $name { $(#[value(name = $word $(, alias = $alias)*)] $variant),* }

        impl From<$name> for $of {
            fn from(choice: $name) -> Self {
                match choice { $($name::$variant => $value),* }
            }
        }
    };
}

choice!(Kind for ClientKind {
    Web = "web" => Self::Web,
    Spa = "spa" => Self::Spa,
    Native = "native" => Self::Native,
    Service = "service" => Self::Service,
});
choice!(Grant for GrantType {
    AuthorizationCode = "authorization_code" | "authorization-code" => Self::AuthorizationCode,
    ClientCredentials = "client_credentials" | "client-credentials" => Self::ClientCredentials,
    RefreshToken = "refresh_token" | "refresh-token" => Self::RefreshToken,
    DeviceCode = "device_code" | "device-code" | "urn:ietf:params:oauth:grant-type:device_code" => Self::DeviceCode,
    JwtBearer = "jwt_bearer" | "jwt-bearer" | "urn:ietf:params:oauth:grant-type:jwt-bearer" => Self::JwtBearer,
    TokenExchange = "token_exchange" | "token-exchange" | "urn:ietf:params:oauth:grant-type:token-exchange" => Self::TokenExchange,
    Ciba = "ciba" | "urn:openid:params:grant-type:ciba" => Self::Ciba,
});
choice!(MethodOrAny for Option<AuthMethod> {
    Basic = "client_secret_basic" => Some(AuthMethod::Basic),
    Post = "client_secret_post" => Some(AuthMethod::Post),
    SecretJwt = "client_secret_jwt" => Some(AuthMethod::SecretJwt),
    PrivateKeyJwt = "private_key_jwt" => Some(AuthMethod::PrivateKeyJwt),
    TlsClientAuth = "tls_client_auth" => Some(AuthMethod::TlsClientAuth),
    SelfSignedTls = "self_signed_tls_client_auth" => Some(AuthMethod::SelfSignedTls),
    None = "none" => Some(AuthMethod::None),
    Any = "any" => None,
});
choice!(AlgorithmOrDefault for Option<SigningAlgorithm> {
    Rs256 = "RS256" => Some(SigningAlgorithm::Rs256),
    Ps256 = "PS256" => Some(SigningAlgorithm::Ps256),
    Es256 = "ES256" => Some(SigningAlgorithm::Es256),
    EdDsa = "EdDSA" => Some(SigningAlgorithm::EdDsa),
    Ed25519 = "Ed25519" => Some(SigningAlgorithm::Ed25519),
    Default = "default" => None,
});
choice!(ObjectAlgorithmOrDefault for Option<ObjectAlgorithm> {
    Unsigned = "none" => Some(ObjectAlgorithm::Unsigned),
    Rs256 = "RS256" => Some(ObjectAlgorithm::Rs256),
    Ps256 = "PS256" => Some(ObjectAlgorithm::Ps256),
    Es256 = "ES256" => Some(ObjectAlgorithm::Es256),
    Es384 = "ES384" => Some(ObjectAlgorithm::Es384),
    EdDsa = "EdDSA" => Some(ObjectAlgorithm::EdDsa),
    Ed25519 = "Ed25519" => Some(ObjectAlgorithm::Ed25519),
    Default = "default" => None,
});
choice!(Audience for Option<AssertionAudience> {
    Issuer = "issuer" => None,
    TokenEndpoint = "token-endpoint" => Some(AssertionAudience::TokenEndpoint),
});
choice!(Delivery for DeliveryMode {
    Poll = "poll" => Self::Poll,
    Ping = "ping" => Self::Ping,
});
choice!(Subject for SubjectType {
    Public = "public" => Self::Public,
    Pairwise = "pairwise" => Self::Pairwise,
});
choice!(Format for TokenFormat {
    Opaque = "opaque" => Self::Opaque,
    Jwt = "jwt" => Self::Jwt,
});
choice!(ProfileOrDefault for Option<Profile> {
    None = "none" => Some(Profile::None),
    OAuth21 = "oauth21" => Some(Profile::OAuth21),
    Fapi2 = "fapi2" => Some(Profile::Fapi2),
    Fapi2MessageSigning = "fapi2-message-signing" => Some(Profile::Fapi2MessageSigning),
    Default = "default" => None,
});
choice!(RefreshTokensOrDefault for Option<RefreshTokens> {
    Rotate = "rotate" => Some(RefreshTokens::Rotate),
    Keep = "keep" => Some(RefreshTokens::Keep),
    Default = "default" => None,
});
choice!(DemandOrDefault for Option<Demand> {
    Off = "off" => Some(Demand::Off),
    Report = "report" => Some(Demand::Report),
    Require = "require" => Some(Demand::Require),
    Default = "default" => None,
});
choice!(NonceOrDefault for Option<NoncePolicy> {
    Off = "off" => Some(NoncePolicy::Off),
    Require = "require" => Some(NoncePolicy::Require),
    Default = "default" => None,
});

/// The name of a group, as the value of an option.
pub(in crate::cli) fn group(name: &str) -> Result<String, String> {
    crate::oauth::identity::group::check_name(name).map(|()| name.to_owned())
}

/// The grants without duplicates.
pub(in crate::cli) fn grants(chosen: &[Grant]) -> Vec<GrantType> {
    let mut grants: Vec<GrantType> = Vec::new();
    for grant in chosen.iter().map(|grant| GrantType::from(*grant)) {
        if !grants.contains(&grant) {
            grants.push(grant);
        }
    }
    grants
}

/// The response types without duplicates, and without `code`, which follows from the grant.
pub(in crate::cli) fn response_types(texts: &[String]) -> Result<Vec<ResponseType>, CliError> {
    let mut types = Vec::new();
    for text in texts {
        let Some(known) = ResponseType::parse(text) else {
            let known: Vec<&str> = ResponseType::ALL.iter().map(|known| known.as_str()).collect();
            return Err(format!("the response type {text:?} is not one of: {}", known.join(", ")).into());
        };
        if known != ResponseType::Code && !types.contains(&known) {
            types.push(known);
        }
    }
    Ok(types)
}

/// The redirect URIs without duplicates.
pub(in crate::cli) fn redirect_uris(texts: &[String]) -> Vec<RegisteredUri> {
    let mut uris: Vec<RegisteredUri> = Vec::new();
    for uri in texts.iter().map(|text| RegisteredUri::from_stored(text)) {
        if !uris.contains(&uri) {
            uris.push(uri);
        }
    }
    uris
}

/// The schemes without duplicates.
pub(in crate::cli) fn schemes(texts: &[String]) -> Vec<String> {
    let mut schemes: Vec<String> = Vec::new();
    for scheme in texts {
        if !schemes.contains(scheme) {
            schemes.push(scheme.clone());
        }
    }
    schemes
}

/// Checked origins without duplicates.
pub(in crate::cli) fn origins(texts: &[String]) -> Result<Vec<Origin>, CliError> {
    let mut origins = texts.iter().map(|text| Origin::register(text)).collect::<Result<Vec<_>, _>>()?;
    origins.sort();
    origins.dedup();
    Ok(origins)
}

/// Checks an address to which the consent page links. It must not have a scheme that could run as a script. Its host is
/// checked with the rest of the client.
pub(in crate::cli) fn link(text: &str, option: &str) -> Result<String, CliError> {
    match Url::parse(text) {
        Ok(url) if url.scheme() == "https" && url.host().is_some() && text.len() <= 2048 => {
            Ok(url.to_string())
        }
        _ => Err(format!("{option} must be an https address").into()),
    }
}
