//! Client metadata: everything that a registration says about a client, as one value.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Seconds;
use crate::oauth::client::backchannel::BackchannelSettings;
use crate::oauth::client::branding::Branding;
use crate::oauth::client::certificate::CertificateSettings;
use crate::oauth::client::encryption::{
    Encryption, id_token_encrypted_response, userinfo_encrypted_response,
};
use crate::oauth::client::id_token_claims::IdTokenClaims;
use crate::oauth::client::kind::ClientKind;
use crate::oauth::client::links::Links;
use crate::oauth::client::origin::Origin;
use crate::oauth::client::profile::Profile;
use crate::oauth::client::signed_messages::SignedMessages;
use crate::oauth::client::vocabulary::{
    AssertionAudience, AuthMethod, Demand, GrantType, NoncePolicy, RefreshTokens, SubjectType, TokenFormat,
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
    /// The security profile that it keeps. `None` follows the server's `[oauth] profile`.
    pub profile: Option<Profile>,
    /// Whether it must use PKCE (RFC 7636). For this and the next four, `None` follows the option of the same name in the
    /// server's `[oauth]`.
    pub pkce: Option<Demand>,
    /// Whether it must push its authorization requests (RFC 9126).
    pub par: Option<Demand>,
    /// Whether it must repeat the redirect URI when it redeems a code (RFC 6749 §4.1.3).
    pub token_redirect_uri: Option<Demand>,
    /// Whether its token requests must have a DPoP proof (RFC 9449 §5.2).
    pub dpop: Option<Demand>,
    /// Whether its DPoP proofs need a nonce (RFC 9449 §8).
    pub dpop_nonce: Option<NoncePolicy>,
    /// What a refresh does with its refresh token. `None`: it replaces the token, unless the profile is a FAPI profile.
    pub refresh_tokens: Option<RefreshTokens>,
    #[serde(flatten)]
    pub messages: SignedMessages,
    #[serde(flatten)]
    pub backchannel: BackchannelSettings,
    /// The algorithm that signs its ID Tokens. `None`: RS256, if the server offers it and the profile allows it.
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
    #[serde(flatten)]
    pub certificate: CertificateSettings,
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
    /// The only types of authorization details that it may use. Empty: every registered type (RFC 9396 §10).
    #[serde(default)]
    pub authorization_details_types: Vec<String>,
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
            profile: None,
            pkce: None,
            par: None,
            token_redirect_uri: None,
            dpop: None,
            dpop_nonce: None,
            refresh_tokens: None,
            messages: SignedMessages::default(),
            backchannel: BackchannelSettings::default(),
            id_token_alg: None,
            id_token_encryption: None,
            id_token_claims: IdTokenClaims::None,
            userinfo_alg: None,
            userinfo_encryption: None,
            jwks: None,
            jwks_uri: None,
            certificate: CertificateSettings::default(),
            assertion_audience: None,
            logout: LogoutUris::default(),
            subject_type: SubjectType::default(),
            sector_identifier_uri: None,
            token_format: TokenFormat::default(),
            resources: Vec::new(),
            authorization_details_types: Vec::new(),
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
mod tests;
