//! Client metadata: everything that a registration says about a client, as one value.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Seconds;
use crate::oauth::client::branding::Branding;
use crate::oauth::client::encryption::{
    Encryption, id_token_encrypted_response, userinfo_encrypted_response,
};
use crate::oauth::client::id_token_claims::IdTokenClaims;
use crate::oauth::client::kind::ClientKind;
use crate::oauth::client::links::Links;
use crate::oauth::client::origin::Origin;
use crate::oauth::client::signed_messages::SignedMessages;
use crate::oauth::client::vocabulary::{
    AssertionAudience, AuthMethod, Demand, GrantType, SubjectType, TokenFormat,
};
use crate::oauth::grant::scope::{Scope, is_scope_name};
use crate::oauth::id::ClientId;
use crate::oauth::localized_text::LocalizedText;
use crate::oauth::request::redirect_uri::RegisteredUri;
use crate::oauth::request::response_type::ResponseType;
use crate::oauth::signing_key::SigningAlgorithm;

/// Everything that a registration says. This is the only list of client settings: they are stored and printed as JSON
/// under these names.
///
/// The JSON names come from RFC 7591 §2, OpenID Connect Registration §2, RP-Initiated Logout §3.1, Back-Channel Logout
/// §2.2 and Front-Channel Logout §2; some are this server's own.
///
/// Metadata that an older release wrote can be read, so a setting that may be absent has a default. Unknown members are
/// ignored, because a newer release may have written them while it replaces this one. An older release that changes a
/// client drops such a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientMetadata {
    pub kind: ClientKind,
    #[serde(flatten, with = "client_name")]
    pub name: LocalizedText,
    #[serde(flatten)]
    pub links: Links,
    #[serde(flatten)]
    pub branding: Branding,
    #[serde(default)]
    pub redirect_uris: Vec<RegisteredUri>,
    /// The addresses to which a person may be sent after a sign-out (OpenID Connect RP-Initiated Logout §3.1).
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<RegisteredUri>,
    /// Origins whose scripts may call this server for the client, besides the origins of a public client's redirect
    /// URIs.
    #[serde(default)]
    pub origins: Vec<Origin>,
    #[serde(rename = "grant_types", deserialize_with = "known")]
    pub grants: Vec<GrantType>,
    /// The response types that the client may use besides `code`, which follows from the grant.
    #[serde(default, deserialize_with = "known")]
    pub response_types: Vec<ResponseType>,
    #[serde(default, rename = "scope", deserialize_with = "scope")]
    pub scopes: Scope,
    /// The only method that the client may use. `None`: a confidential client may use `client_secret_basic` or
    /// `client_secret_post`.
    #[serde(rename = "token_endpoint_auth_method")]
    pub auth_method: Option<AuthMethod>,
    /// Whether it must use PKCE (RFC 7636). For this and the next two, `None` follows the option of the same name in the
    /// server's `[oauth]`.
    pub pkce: Option<Demand>,
    /// Whether it must push its authorization requests (RFC 9126).
    pub par: Option<Demand>,
    /// Whether it must repeat the redirect URI when it redeems a code (RFC 6749 §4.1.3).
    pub token_redirect_uri: Option<Demand>,
    #[serde(flatten)]
    pub messages: SignedMessages,
    /// The algorithm that signs its ID Tokens. `None`: RS256, if the server offers it.
    #[serde(rename = "id_token_signed_response_alg")]
    pub id_token_alg: Option<SigningAlgorithm>,
    #[serde(flatten, with = "id_token_encrypted_response")]
    pub id_token_encryption: Option<Encryption>,
    /// The claims of the granted scopes that its ID Tokens have, too.
    #[serde(default)]
    pub id_token_claims: IdTokenClaims,
    /// The algorithm that signs UserInfo for it. `None`: plain JSON.
    #[serde(rename = "userinfo_signed_response_alg")]
    pub userinfo_alg: Option<SigningAlgorithm>,
    #[serde(flatten, with = "userinfo_encrypted_response")]
    pub userinfo_encryption: Option<Encryption>,
    /// Its public keys, a JWK Set (RFC 7517 §5).
    #[serde(default, with = "jwk_set")]
    pub jwks: Option<String>,
    /// The address of its public keys, instead of `jwks`.
    pub jwks_uri: Option<String>,
    /// The audience that its assertions may have besides the issuer. `None`: only the issuer.
    pub assertion_audience: Option<AssertionAudience>,
    #[serde(flatten)]
    pub logout: LogoutUris,
    #[serde(default)]
    pub subject_type: SubjectType,
    /// Clients with the same host here know a person by the same subject (OpenID Connect Core §8.1).
    pub sector_identifier_uri: Option<String>,
    /// The format of its access tokens without a resource.
    #[serde(default)]
    pub token_format: TokenFormat,
    /// The only resources that it may request. Empty: every resource for which it has an allowed scope.
    #[serde(default)]
    pub resources: Vec<String>,
    /// In seconds. `None`: the server decides.
    pub access_token_lifetime: Option<Seconds>,
    /// Only people in this group get tokens for the client.
    pub required_group: Option<String>,
    /// The only client that may exchange its tokens (RFC 8693 §4.4). `None`: the servers of a token's resource may.
    pub may_act: Option<ClientId>,
    /// Tokens that the client gets by an exchange need not name it as the actor.
    #[serde(default)]
    pub may_impersonate: bool,
    /// The client may exchange a token for a resource that the authorization of the token did not name.
    #[serde(default)]
    pub may_widen_resources: bool,
    /// The client belongs to the operator, so people are not asked for consent.
    #[serde(default)]
    pub first_party: bool,
    /// People who have allowed the client are not asked again, although it cannot prove who it is (RFC 8252 §8.6).
    #[serde(default)]
    pub may_reuse_consent: bool,
    /// People may leave scopes and claims out on the consent page, except `openid` and what is required.
    #[serde(default)]
    pub partial_consent: bool,
    /// The private schemes without a dot that its redirect URIs may have.
    #[serde(default)]
    pub allowed_schemes: Vec<String>,
}

/// The addresses at which the client learns that a session is over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutUris {
    /// Called by this server (OpenID Connect Back-Channel Logout §2.2).
    #[serde(rename = "backchannel_logout_uri")]
    pub back_channel: Option<String>,
    /// Loaded by the person's browser (OpenID Connect Front-Channel Logout §2).
    #[serde(rename = "frontchannel_logout_uri")]
    pub front_channel: Option<String>,
}

impl ClientMetadata {
    /// The metadata of a client with this name and kind: the grants of its kind, and otherwise the defaults of RFC 7591
    /// §2.
    pub fn new(name: impl Into<LocalizedText>, kind: ClientKind) -> Self {
        Self {
            kind,
            name: name.into(),
            links: Links::default(),
            branding: Branding::default(),
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            origins: Vec::new(),
            grants: GrantType::default_for(kind).to_vec(),
            response_types: Vec::new(),
            scopes: Scope::default(),
            auth_method: None,
            pkce: None,
            par: None,
            token_redirect_uri: None,
            messages: SignedMessages::default(),
            id_token_alg: None,
            id_token_encryption: None,
            id_token_claims: IdTokenClaims::None,
            userinfo_alg: None,
            userinfo_encryption: None,
            jwks: None,
            jwks_uri: None,
            assertion_audience: None,
            logout: LogoutUris::default(),
            subject_type: SubjectType::default(),
            sector_identifier_uri: None,
            token_format: TokenFormat::default(),
            resources: Vec::new(),
            access_token_lifetime: None,
            required_group: None,
            may_act: None,
            may_impersonate: false,
            may_widen_resources: false,
            first_party: false,
            may_reuse_consent: false,
            partial_consent: false,
            allowed_schemes: Vec::new(),
        }
    }

    /// The metadata as JSON without empty members.
    ///
    /// # Errors
    ///
    /// If `jwks` is not JSON, which registration refuses.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let mut value = serde_json::to_value(self)?;
        if let Some(members) = value.as_object_mut() {
            members.retain(|_, value| !value.is_null());
        }
        serde_json::to_string(&value)
    }

    /// Reads what [`Self::to_json`] wrote.
    ///
    /// # Errors
    ///
    /// If a required member is missing or a member is not valid. The error may quote the member.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

/// Keeps the words that this release knows. A newer release may have registered the client for others.
fn known<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::de::DeserializeOwned,
{
    let words = Vec::<String>::deserialize(deserializer)?;
    Ok(words.into_iter().filter_map(|word| serde_json::from_value(Value::String(word)).ok()).collect())
}

fn scope<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Scope, D::Error> {
    let scope = Scope::deserialize(deserializer)?;
    if scope.names().all(is_scope_name) {
        return Ok(scope);
    }
    Err(serde::de::Error::custom("not a list of scope names"))
}

/// The members `client_name` and `client_name#de` (RFC 7591 §2.2).
mod client_name {
    use serde::de::Error as _;
    use serde::ser::SerializeMap as _;
    use serde::{Deserializer, Serializer};

    use crate::oauth::localized_text::{LocalizedText, TextMembers};

    const NAME: &str = "client_name";

    pub(super) fn serialize<S: Serializer>(name: &LocalizedText, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        for (member, text) in name.members(NAME) {
            members.serialize_entry(&member, text)?;
        }
        members.end()
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LocalizedText, D::Error> {
        let [name] = deserializer.deserialize_map(TextMembers([NAME]))?;
        name.text().ok_or_else(|| D::Error::missing_field(NAME))
    }
}

/// A JWK Set: text in memory, an object in JSON.
mod jwk_set {
    use serde::de::Error as _;
    use serde::ser::Error as _;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};
    use serde_json::Value;

    pub(super) fn serialize<S: Serializer>(jwks: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(text) = jwks else { return serializer.serialize_none() };
        let set: Value = serde_json::from_str(text).map_err(|_| S::Error::custom("jwks is not JSON"))?;
        set.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<String>, D::Error> {
        let Some(set) = Option::<Value>::deserialize(deserializer)? else { return Ok(None) };
        if set.get("keys").is_none_or(|keys| !keys.is_array()) {
            return Err(D::Error::custom("jwks is not a JWK Set"));
        }
        Ok(Some(set.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::oauth::client::vocabulary::ObjectAlgorithm;
    use crate::oauth::language_tag::LanguageTag;

    /// A client with a value for every setting.
    fn full() -> ClientMetadata {
        let uri = |text| RegisteredUri::register(text, ClientKind::Web).unwrap();
        let in_german = |default: &str, german: &str| {
            let mut text = LocalizedText::from(default);
            text.insert(LanguageTag::parse("de").unwrap(), german.to_owned());
            text
        };
        ClientMetadata {
            name: in_german("App", "Anwendung"),
            links: Links {
                site: Some("https://app.example/".into()),
                policy: Some(in_german("https://app.example/policy", "https://app.example/datenschutz")),
                terms: Some("https://app.example/terms".into()),
                logo: Some("digest".into()),
            },
            branding: Branding {
                accent: Some("#00aa77".into()),
                background: Some("#ffffff".into()),
                background_dark: Some("#000000".into()),
                radius: Some("large".into()),
                logo_dark: Some("dark".into()),
            },
            redirect_uris: vec![uri("https://app.example/cb")],
            post_logout_redirect_uris: vec![uri("https://app.example/bye")],
            origins: vec![Origin::register("https://app.example").unwrap()],
            response_types: vec![ResponseType::CodeIdToken],
            scopes: Scope::from_stored("openid read"),
            auth_method: Some(AuthMethod::PrivateKeyJwt),
            pkce: Some(Demand::Require),
            messages: SignedMessages {
                jar: Some(Demand::Report),
                object_alg: Some(ObjectAlgorithm::Es384),
                merges_object: true,
                response_alg: Some(SigningAlgorithm::Ps256),
                response_encryption: Encryption::parse("ECDH-ES"),
            },
            id_token_alg: Some(SigningAlgorithm::Es256),
            id_token_encryption: Encryption::parse("ECDH-ES A128CBC-HS256"),
            id_token_claims: IdTokenClaims::parse("groups email").unwrap(),
            userinfo_alg: Some(SigningAlgorithm::EdDsa),
            userinfo_encryption: Encryption::parse("RSA-OAEP-256"),
            jwks: Some(json!({ "keys": [{ "kty": "EC" }] }).to_string()),
            jwks_uri: Some("https://app.example/jwks".into()),
            assertion_audience: Some(AssertionAudience::TokenEndpoint),
            logout: LogoutUris {
                back_channel: Some("https://app.example/back".into()),
                front_channel: Some("https://app.example/front".into()),
            },
            subject_type: SubjectType::Pairwise,
            sector_identifier_uri: Some("https://app.example/sector".into()),
            token_format: TokenFormat::Jwt,
            resources: vec!["https://api.example".into()],
            access_token_lifetime: Some(Seconds::new(300)),
            required_group: Some("staff".into()),
            may_act: Some(ClientId::new("gateway")),
            may_impersonate: true,
            may_widen_resources: true,
            first_party: true,
            may_reuse_consent: true,
            partial_consent: true,
            allowed_schemes: vec!["cursor".into()],
            ..ClientMetadata::new("App", ClientKind::Web)
        }
    }

    #[test]
    fn every_setting_is_stored_under_its_registered_name() {
        let stored: Value = serde_json::from_str(&full().to_json().unwrap()).unwrap();
        let brand = json!({
            "brand_accent": "#00aa77",
            "brand_background": "#ffffff",
            "brand_background_dark": "#000000",
            "brand_radius": "large",
            "logo_dark_digest": "dark",
        });
        let mut expected = json!({
            "kind": "web",
            "client_name": "App",
            "client_name#de": "Anwendung",
            "client_uri": "https://app.example/",
            "policy_uri": "https://app.example/policy",
            "policy_uri#de": "https://app.example/datenschutz",
            "tos_uri": "https://app.example/terms",
            "logo_digest": "digest",
            "redirect_uris": ["https://app.example/cb"],
            "post_logout_redirect_uris": ["https://app.example/bye"],
            "origins": ["https://app.example"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code id_token"],
            "scope": "openid read",
            "token_endpoint_auth_method": "private_key_jwt",
            "pkce": "require",
            "id_token_signed_response_alg": "ES256",
            "id_token_encrypted_response_alg": "ECDH-ES",
            "id_token_encrypted_response_enc": "A128CBC-HS256",
            "id_token_claims": ["email", "groups"],
            "jar": "report",
            "request_object_signing_alg": "ES384",
            "merge_request_object": true,
            "authorization_signed_response_alg": "PS256",
            "authorization_encrypted_response_alg": "ECDH-ES",
            "authorization_encrypted_response_enc": "A256GCM",
            "userinfo_signed_response_alg": "EdDSA",
            "userinfo_encrypted_response_alg": "RSA-OAEP-256",
            "userinfo_encrypted_response_enc": "A256GCM",
            "jwks": { "keys": [{ "kty": "EC" }] },
            "jwks_uri": "https://app.example/jwks",
            "assertion_audience": "token-endpoint",
            "backchannel_logout_uri": "https://app.example/back",
            "frontchannel_logout_uri": "https://app.example/front",
            "subject_type": "pairwise",
            "sector_identifier_uri": "https://app.example/sector",
            "token_format": "jwt",
            "resources": ["https://api.example"],
            "access_token_lifetime": 300,
            "required_group": "staff",
            "may_act": "gateway",
            "may_impersonate": true,
            "may_widen_resources": true,
            "first_party": true,
            "may_reuse_consent": true,
            "partial_consent": true,
            "allowed_schemes": ["cursor"],
        });
        expected.as_object_mut().unwrap().extend(brand.as_object().unwrap().clone());
        assert_eq!(stored, expected);
        assert_eq!(ClientMetadata::from_json(&stored.to_string()).unwrap(), full());
    }

    #[test]
    fn a_setting_that_is_absent_has_its_default_and_an_unknown_one_is_ignored() {
        let read = |value: Value| ClientMetadata::from_json(&value.to_string());
        let least = json!({ "kind": "service", "client_name": "Job", "grant_types": ["client_credentials"] });
        assert_eq!(read(least).unwrap(), ClientMetadata::new("Job", ClientKind::Service));
        let newer = json!({ "kind": "service", "client_name": "Job", "client_name#not a tag": 1, "dpop_bound_access_tokens": true,
                            "grant_types": ["client_credentials", "urn:openid:params:grant-type:ciba"] });
        assert_eq!(read(newer).unwrap(), ClientMetadata::new("Job", ClientKind::Service));
        for needed in ["kind", "client_name", "grant_types"] {
            let mut less = json!({ "kind": "web", "client_name": "App", "grant_types": [] });
            less.as_object_mut().unwrap().remove(needed);
            assert!(read(less).is_err(), "{needed}");
        }
    }

    #[test]
    fn an_encryption_is_two_members_of_which_the_second_has_the_registered_default() {
        let read = |members: Value| {
            let mut client = json!({ "kind": "web", "client_name": "App", "grant_types": [] });
            client.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
            ClientMetadata::from_json(&client.to_string()).map(|client| client.id_token_encryption)
        };
        let algorithm_alone = read(json!({ "id_token_encrypted_response_alg": "RSA-OAEP" }));
        assert_eq!(algorithm_alone.unwrap(), Encryption::parse("RSA-OAEP A128CBC-HS256"));
        assert_eq!(read(json!({})).unwrap(), None);
        assert!(read(json!({ "id_token_encrypted_response_enc": "A256GCM" })).is_err());
        for other in ["RSA1_5", "A128KW", "A256KW"] {
            assert!(read(json!({ "id_token_encrypted_response_alg": other })).is_err(), "{other}");
            assert_eq!(Encryption::parse(other), None, "{other}");
        }
    }
}
