//! The words of members that are one of a list.

use crate::oauth::client::profile::Profile;
use crate::oauth::client::{
    AssertionAudience, AuthMethod, ClientKind, ContentEncryption, DeliveryMode, Demand, GrantType,
    KeyManagement, NoncePolicy, ObjectAlgorithm, RefreshTokens, SubjectType, TokenFormat,
};
use crate::oauth::request::response_type::ResponseType;
use crate::oauth::signing_key::SigningAlgorithm;

pub(in crate::representation) fn kinds() -> Vec<&'static str> {
    ClientKind::ALL.iter().map(|word| word.as_str()).collect()
}

pub(in crate::representation) fn grant_types() -> Vec<&'static str> {
    GrantType::ALL.iter().map(|word| word.as_str()).collect()
}

pub(in crate::representation) fn response_types() -> Vec<&'static str> {
    ResponseType::ALL.iter().map(|word| word.as_str()).collect()
}

pub(in crate::representation) fn auth_methods() -> Vec<&'static str> {
    AuthMethod::ALL.iter().map(|word| word.as_str()).collect()
}

pub(in crate::representation) fn refresh_tokens() -> Vec<&'static str> {
    RefreshTokens::ALL.iter().map(|word| word.as_str()).collect()
}

pub(in crate::representation) fn profiles() -> Vec<&'static str> {
    Profile::ALL.iter().map(|word| word.as_str()).collect()
}

pub(in crate::representation) fn demands() -> Vec<&'static str> {
    Demand::ALL.iter().map(|word| word.as_str()).collect()
}

pub(in crate::representation) fn nonce_policies() -> Vec<&'static str> {
    NoncePolicy::ALL.iter().map(|word| word.as_str()).collect()
}

pub(in crate::representation) fn delivery_modes() -> Vec<&'static str> {
    DeliveryMode::ALL.iter().map(|word| word.as_str()).collect()
}

pub(in crate::representation) fn object_algorithms() -> Vec<&'static str> {
    ObjectAlgorithm::ALL.iter().map(|word| word.as_str()).collect()
}

/// The algorithms that sign tokens of this server.
pub(in crate::representation) fn signing_algorithms() -> Vec<&'static str> {
    SigningAlgorithm::ALL.iter().map(|word| word.as_str()).collect()
}

pub(in crate::representation) fn key_management() -> Vec<&'static str> {
    KeyManagement::FOR_CLIENTS.iter().map(|word| word.as_str()).collect()
}

pub(in crate::representation) fn content_encryption() -> Vec<&'static str> {
    ContentEncryption::ALL.iter().map(|word| word.as_str()).collect()
}

pub(in crate::representation) fn subject_types() -> Vec<&'static str> {
    SubjectType::ALL.iter().map(|word| word.as_str()).collect()
}

/// The formats of access tokens.
pub(in crate::representation) fn token_formats() -> Vec<&'static str> {
    TokenFormat::ALL.iter().map(|word| word.as_str()).collect()
}

/// The audiences that assertions may have.
pub(in crate::representation) fn assertion_audiences() -> Vec<&'static str> {
    vec!["issuer", AssertionAudience::TokenEndpoint.as_str()]
}
