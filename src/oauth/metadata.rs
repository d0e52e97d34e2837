//! Authorization server metadata: exactly what is implemented (RFC 8414, OpenID Connect Discovery §3).

use std::collections::BTreeSet;

use serde::Serialize;

use crate::oauth::client::assertion;
use crate::oauth::client::demand::{Demanded, Demands};
use crate::oauth::client::{
    AuthMethod, ContentEncryption, DeliveryMode, Demand, GrantType, KeyManagement, ObjectAlgorithm,
    SubjectType,
};
use crate::oauth::grant::scope::ScopeRecord;
use crate::oauth::identity::authentication::ACR_VALUES;
use crate::oauth::permission::is_management_scope;
use crate::oauth::request::backchannel;
use crate::oauth::request::response_mode::ResponseMode;
use crate::oauth::request::response_type::ResponseType;
use crate::oauth::signing_key::SigningAlgorithm;
use crate::oauth::token::dpop::ProofAlgorithm;
use crate::oauth::token::id_token;

/// The metadata document. Members whose default would promise more than the server does are written out.
#[derive(Debug, Serialize)]
pub struct Metadata {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub device_authorization_endpoint: String,
    #[serde(flatten)]
    pub backchannel: BackchannelMetadata,
    pub pushed_authorization_request_endpoint: String,
    pub require_pushed_authorization_requests: bool,
    pub tls_client_certificate_bound_access_tokens: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtls_endpoint_aliases: Option<EndpointAliases>,
    pub introspection_endpoint: String,
    pub revocation_endpoint: String,
    pub userinfo_endpoint: String,
    pub end_session_endpoint: String,
    pub jwks_uri: String,
    pub service_documentation: String,
    pub scopes_supported: Vec<String>,
    pub response_types_supported: Vec<&'static str>,
    pub response_modes_supported: Vec<&'static str>,
    pub grant_types_supported: Vec<&'static str>,
    pub token_endpoint_auth_methods_supported: Vec<&'static str>,
    pub introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    pub revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    pub introspection_signing_alg_values_supported: Vec<&'static str>,
    pub token_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    pub introspection_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    pub revocation_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    pub dpop_signing_alg_values_supported: Vec<&'static str>,
    pub code_challenge_methods_supported: [&'static str; 1],
    pub authorization_response_iss_parameter_supported: bool,
    pub prompt_values_supported: Vec<&'static str>,
    pub subject_types_supported: Vec<&'static str>,
    pub id_token_signing_alg_values_supported: Vec<&'static str>,
    pub userinfo_signing_alg_values_supported: Vec<&'static str>,
    pub id_token_encryption_alg_values_supported: Vec<&'static str>,
    pub id_token_encryption_enc_values_supported: Vec<&'static str>,
    pub userinfo_encryption_alg_values_supported: Vec<&'static str>,
    pub userinfo_encryption_enc_values_supported: Vec<&'static str>,
    pub acr_values_supported: [&'static str; 1],
    pub claim_types_supported: [&'static str; 1],
    pub claims_supported: Vec<String>,
    /// The languages of the pages.
    pub ui_locales_supported: Vec<&'static str>,
    pub claims_parameter_supported: bool,
    /// RFC 9396 §10.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authorization_details_types_supported: Vec<String>,
    pub backchannel_logout_supported: bool,
    pub backchannel_logout_session_supported: bool,
    pub frontchannel_logout_supported: bool,
    pub frontchannel_logout_session_supported: bool,
    #[serde(flatten)]
    pub messages: MessageMetadata,
    pub request_parameter_supported: bool,
    pub request_uri_parameter_supported: bool,
}

/// The members about signed requests (RFC 9101) and signed responses (JARM).
#[derive(Debug, Serialize)]
pub struct MessageMetadata {
    pub authorization_signing_alg_values_supported: Vec<&'static str>,
    pub authorization_encryption_alg_values_supported: Vec<&'static str>,
    pub authorization_encryption_enc_values_supported: Vec<&'static str>,
    pub require_signed_request_object: bool,
    pub request_object_signing_alg_values_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub request_object_encryption_alg_values_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub request_object_encryption_enc_values_supported: Vec<&'static str>,
}

impl MessageMetadata {
    /// `names`: the algorithms that sign. `encryption`: those by which requests may be encrypted.
    fn of(names: &[&'static str], encryption: &[KeyManagement], jar: Demand) -> Self {
        let words = |known: &[KeyManagement]| known.iter().map(|known| known.as_str()).collect();
        let content: Vec<&str> = ContentEncryption::ALL.iter().map(|known| known.as_str()).collect();
        Self {
            authorization_signing_alg_values_supported: names.to_vec(),
            authorization_encryption_alg_values_supported: words(KeyManagement::FOR_CLIENTS),
            authorization_encryption_enc_values_supported: content.clone(),
            require_signed_request_object: jar == Demand::Require,
            // The value none works for clients that are registered for it, and is an offer to no one.
            request_object_signing_alg_values_supported: ObjectAlgorithm::signing()
                .map(ObjectAlgorithm::as_str)
                .collect(),
            request_object_encryption_alg_values_supported: words(encryption),
            request_object_encryption_enc_values_supported: match encryption {
                [] => Vec::new(),
                _ => content,
            },
        }
    }
}

/// The members about backchannel requests (CIBA Core §4).
#[derive(Debug, Serialize)]
pub struct BackchannelMetadata {
    pub backchannel_authentication_endpoint: String,
    pub backchannel_token_delivery_modes_supported: Vec<&'static str>,
    pub backchannel_authentication_request_signing_alg_values_supported: Vec<&'static str>,
    pub backchannel_user_code_parameter_supported: bool,
}

impl BackchannelMetadata {
    fn of(issuer: &str) -> Self {
        Self {
            backchannel_authentication_endpoint: format!("{issuer}{}", backchannel::PATH),
            backchannel_token_delivery_modes_supported: DeliveryMode::ALL
                .iter()
                .map(|mode| mode.as_str())
                .collect(),
            backchannel_authentication_request_signing_alg_values_supported: ObjectAlgorithm::signing()
                .map(ObjectAlgorithm::as_str)
                .collect(),
            backchannel_user_code_parameter_supported: true,
        }
    }
}

/// The endpoints at which clients are asked for certificates (RFC 8705 §5).
#[derive(Debug, Serialize)]
pub struct EndpointAliases {
    pub token_endpoint: String,
    pub device_authorization_endpoint: String,
    pub backchannel_authentication_endpoint: String,
    pub pushed_authorization_request_endpoint: String,
    pub introspection_endpoint: String,
    pub revocation_endpoint: String,
    pub userinfo_endpoint: String,
}

impl EndpointAliases {
    fn below(url: &str) -> Self {
        Self {
            token_endpoint: format!("{url}/token"),
            device_authorization_endpoint: format!("{url}/device_authorization"),
            backchannel_authentication_endpoint: format!("{url}{}", backchannel::PATH),
            pushed_authorization_request_endpoint: format!("{url}/par"),
            introspection_endpoint: format!("{url}/introspect"),
            revocation_endpoint: format!("{url}/revoke"),
            userinfo_endpoint: format!("{url}/userinfo"),
        }
    }
}

/// How certificates of clients reach this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientCertificates<'a> {
    /// Not at all.
    Never,
    /// At the URLs of the issuer.
    Here,
    /// At the URLs below this one, which has no slash at its end.
    At(&'a str),
}

impl ClientCertificates<'_> {
    fn aliases(self) -> Option<EndpointAliases> {
        match self {
            Self::At(url) => Some(EndpointAliases::below(url)),
            Self::Here | Self::Never => None,
        }
    }
}

/// The methods by which clients can authenticate at this server.
fn methods(takes_certificates: bool, has_authorities: bool) -> Vec<&'static str> {
    let is_offered = |method: &&AuthMethod| match method {
        AuthMethod::TlsClientAuth => takes_certificates && has_authorities,
        method => takes_certificates || !method.is_certificate(),
    };
    AuthMethod::ALL.iter().filter(is_offered).map(|method| method.as_str()).collect()
}

/// Builds the document for `issuer`, which has no slash at its end. `has_authorities`: whether the server trusts authorities
/// that sign certificates of clients.
pub fn metadata(
    issuer: &str,
    (known, types): (&[&ScopeRecord], Vec<String>),
    (algorithms, encryption): (&[SigningAlgorithm], &[KeyManagement]),
    prompts: &[&'static str],
    languages: &[&'static str],
    (demands, certificates, has_authorities): (Demands, ClientCertificates<'_>, bool),
) -> Metadata {
    let names: Vec<&'static str> = algorithms.iter().map(|algorithm| algorithm.as_str()).collect();
    let takes_certificates = certificates != ClientCertificates::Never;
    let methods = methods(takes_certificates, has_authorities);
    let key_management: Vec<&str> = KeyManagement::FOR_CLIENTS.iter().map(|known| known.as_str()).collect();
    let content: Vec<&str> = ContentEncryption::ALL.iter().map(|known| known.as_str()).collect();
    Metadata {
        issuer: issuer.to_owned(),
        authorization_endpoint: format!("{issuer}/authorize"),
        token_endpoint: format!("{issuer}/token"),
        device_authorization_endpoint: format!("{issuer}/device_authorization"),
        backchannel: BackchannelMetadata::of(issuer),
        pushed_authorization_request_endpoint: format!("{issuer}/par"),
        require_pushed_authorization_requests: demands.of(Demanded::Par) == Demand::Require,
        tls_client_certificate_bound_access_tokens: takes_certificates,
        mtls_endpoint_aliases: certificates.aliases(),
        introspection_endpoint: format!("{issuer}/introspect"),
        revocation_endpoint: format!("{issuer}/revoke"),
        userinfo_endpoint: format!("{issuer}/userinfo"),
        end_session_endpoint: format!("{issuer}/logout"),
        jwks_uri: format!("{issuer}/jwks"),
        service_documentation: format!("{issuer}/errors"),
        scopes_supported: published(known),
        response_types_supported: ResponseType::ALL.iter().map(|known| known.as_str()).collect(),
        response_modes_supported: ResponseMode::names().collect(),
        grant_types_supported: grant_types(),
        introspection_endpoint_auth_methods_supported: without_none(&methods),
        revocation_endpoint_auth_methods_supported: methods.clone(),
        token_endpoint_auth_methods_supported: methods,
        token_endpoint_auth_signing_alg_values_supported: assertion::ALGORITHMS.to_vec(),
        introspection_endpoint_auth_signing_alg_values_supported: assertion::ALGORITHMS.to_vec(),
        revocation_endpoint_auth_signing_alg_values_supported: assertion::ALGORITHMS.to_vec(),
        introspection_signing_alg_values_supported: names.clone(),
        dpop_signing_alg_values_supported: ProofAlgorithm::ALL.iter().map(|known| known.as_str()).collect(),
        code_challenge_methods_supported: ["S256"],
        authorization_response_iss_parameter_supported: true,
        prompt_values_supported: prompts.to_vec(),
        ui_locales_supported: languages.to_vec(),
        subject_types_supported: SubjectType::ALL.iter().map(|known| known.as_str()).collect(),
        id_token_signing_alg_values_supported: names.clone(),
        userinfo_signing_alg_values_supported: names.clone(),
        id_token_encryption_alg_values_supported: key_management.clone(),
        id_token_encryption_enc_values_supported: content.clone(),
        userinfo_encryption_alg_values_supported: key_management,
        userinfo_encryption_enc_values_supported: content,
        acr_values_supported: ACR_VALUES,
        claim_types_supported: ["normal"],
        claims_supported: claims(known),
        claims_parameter_supported: true,
        authorization_details_types_supported: types,
        backchannel_logout_supported: true,
        backchannel_logout_session_supported: true,
        frontchannel_logout_supported: true,
        frontchannel_logout_session_supported: true,
        messages: MessageMetadata::of(&names, encryption, demands.of(Demanded::Jar)),
        request_parameter_supported: true,
        request_uri_parameter_supported: false,
    }
}

/// The grant types. The token endpoint does not accept `implicit`, which stands for the response types other than `code`.
fn grant_types() -> Vec<&'static str> {
    GrantType::ALL.iter().map(|grant| grant.as_str()).chain(["implicit"]).collect()
}

/// The methods of clients that must authenticate, as for introspection.
fn without_none(methods: &[&'static str]) -> Vec<&'static str> {
    methods.iter().copied().filter(|method| *method != AuthMethod::None.as_str()).collect()
}

/// The scopes for the applications of people. Those of the management API are only for clients of operators.
fn published(known: &[&ScopeRecord]) -> Vec<String> {
    let names = known.iter().map(|scope| scope.name.clone());
    names.filter(|name| !is_management_scope(name)).collect()
}

/// The claims of ID Tokens and of all scopes.
fn claims(known: &[&ScopeRecord]) -> Vec<String> {
    let claims = known.iter().flat_map(|scope| scope.claims.iter().map(String::as_str));
    let all: BTreeSet<&str> = id_token::CLAIMS.into_iter().chain(claims).collect();
    all.into_iter().map(str::to_owned).collect()
}
