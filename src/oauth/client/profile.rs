//! Security profiles: which registrations and requests they allow (OAuth 2.1, FAPI 2.0 Security Profile, FAPI 2.0 Message
//! Signing).

use serde_json::Value;
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::console::CONSOLE;
use super::demand::{Demanded, Demands};
use super::vocabulary::{AssertionAudience, AuthMethod, Demand, GrantType, ObjectAlgorithm, RefreshTokens};
use super::{Client, ClientMetadata};
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;
use crate::oauth::signing_key::SigningAlgorithm;
use crate::oauth::word::word;

/// A set of demands under one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Profile {
    /// No profile, also where the server has one.
    None,
    /// OAuth 2.1.
    #[strum(serialize = "oauth21")]
    OAuth21,
    /// FAPI 2.0 Security Profile.
    Fapi2,
    /// FAPI 2.0 Message Signing: signed authorization requests, too.
    Fapi2MessageSigning,
}

word!(Profile);

/// Something that a registration needs for a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileGap {
    /// The member that must change.
    pub member: &'static str,
    pub sentence: &'static str,
}

/// The algorithms of FAPI 2.0 Security Profile §5.4.1. `Ed25519` is the new name of what it means by `EdDSA`.
pub const FAPI_ALGORITHMS: [&str; 4] = ["PS256", "ES256", "EdDSA", "Ed25519"];

impl Profile {
    pub fn is_fapi(self) -> bool {
        matches!(self, Self::Fapi2 | Self::Fapi2MessageSigning)
    }

    /// Whether each request must meet this demand.
    pub fn demands(self, what: Demanded) -> bool {
        match what {
            Demanded::Pkce => self != Self::None,
            Demanded::Par => self.is_fapi(),
            Demanded::Jar => self == Self::Fapi2MessageSigning,
            // A certificate does what a proof does, so the client decides.
            Demanded::Dpop | Demanded::TokenRedirectUri => false,
        }
    }

    /// Whether a signature of the client may have this algorithm.
    pub fn allows_algorithm(self, name: &str) -> bool {
        !self.is_fapi() || FAPI_ALGORITHMS.contains(&name)
    }

    /// The documents and sections that say what a registration needs.
    pub fn section(self) -> &'static str {
        match self {
            Self::None | Self::Fapi2 => "FAPI 2.0 Security Profile §5.3.2 and §5.4",
            Self::Fapi2MessageSigning => {
                "FAPI 2.0 Security Profile §5.3.2 and §5.4, FAPI 2.0 Message Signing §5.3"
            }
            Self::OAuth21 => "OAuth 2.1 (draft-ietf-oauth-v2-1) §4.1.1",
        }
    }

    /// What the registration needs for this profile; empty if nothing is missing.
    pub fn gaps(self, client: &ClientMetadata) -> Vec<ProfileGap> {
        let mut gaps = Gaps(Vec::new());
        if self != Self::None {
            gaps.of_requests(client);
        }
        if self.is_fapi() {
            gaps.of_fapi(client);
            gaps.of_keys(client, self == Self::Fapi2MessageSigning);
        }
        if self == Self::Fapi2MessageSigning {
            gaps.of_signed_requests(client);
        }
        gaps.0
    }
}

/// What has been found missing.
struct Gaps(Vec<ProfileGap>);

/// Whether a setting, if it is there, demands as much as the profile.
fn is_required(own: Option<Demand>) -> bool {
    own.is_none_or(|own| own == Demand::Require)
}

/// Whether what the server signs has another algorithm than RS256. Without a registered one, the profile chooses.
fn is_strong(alg: Option<SigningAlgorithm>) -> bool {
    alg != Some(SigningAlgorithm::Rs256)
}

/// Whether what a client signs may have this algorithm.
fn is_allowed(alg: ObjectAlgorithm) -> bool {
    FAPI_ALGORITHMS.contains(&alg.as_str())
}

/// Whether a public key can verify a signature of FAPI 2.0 Security Profile §5.4.1, as far as its words say.
fn is_key_for_fapi(key: &Value) -> bool {
    let algorithms: &[&str] = match (key["kty"].as_str(), key["crv"].as_str()) {
        (Some("RSA"), _) => &["PS256"],
        (Some("EC"), Some("P-256")) => &["ES256"],
        (Some("OKP"), Some("Ed25519")) => &["EdDSA", "Ed25519"],
        _ => return false,
    };
    let has_algorithm = key["alg"].is_null() || algorithms.iter().any(|known| key["alg"] == *known);
    has_algorithm && (key["use"].is_null() || key["use"] == "sig") && may_verify(key)
}

/// Whether a key is meant to verify signatures, as far as its `key_ops` say (RFC 7517 §4.3). A key without the member may do
/// everything.
pub fn may_verify(key: &Value) -> bool {
    let operations = &key["key_ops"];
    operations.is_null() || operations.as_array().is_some_and(|known| known.iter().any(|one| one == "verify"))
}

impl Gaps {
    fn need(&mut self, is_met: bool, member: &'static str, sentence: &'static str) {
        if !is_met {
            self.0.push(ProfileGap { member, sentence });
        }
    }

    fn of_requests(&mut self, client: &ClientMetadata) {
        self.need(client.response_types.is_empty(), "response_types", "`response_types` can only be code");
        self.need(is_required(client.pkce), "pkce", "`pkce` can only be require");
    }

    /// FAPI 2.0 Security Profile §5.3.2 and §5.4.
    fn of_fapi(&mut self, client: &ClientMetadata) {
        let is_confidential = !client.kind.is_public();
        self.need(is_confidential, "kind", "the client must be confidential: its `kind` web or service");
        let strong = [AuthMethod::PrivateKeyJwt, AuthMethod::TlsClientAuth, AuthMethod::SelfSignedTls];
        self.need(
            client.auth_method.is_some_and(|method| strong.contains(&method)),
            "token_endpoint_auth_method",
            "`token_endpoint_auth_method` must be private_key_jwt, tls_client_auth or self_signed_tls_client_auth",
        );
        self.need(
            client.assertion_audience != Some(AssertionAudience::TokenEndpoint),
            "assertion_audience",
            "`assertion_audience` must be issuer",
        );
        let is_https = client.redirect_uris.iter().all(|uri| uri.as_str().starts_with("https://"));
        self.need(is_https, "redirect_uris", "all `redirect_uris` must be https");
        self.need(is_required(client.par), "par", "`par` can only be require");
        self.need(
            client.certificate.bound_tokens || is_required(client.dpop),
            "dpop",
            "tokens must be bound: `dpop` require, or `tls_client_certificate_bound_access_tokens`",
        );
        let messages = &client.messages;
        for (member, alg, sentence) in [
            (
                // It signs introspection responses, too.
                "id_token_signed_response_alg",
                client.id_token_alg,
                "`id_token_signed_response_alg` must be PS256, ES256, EdDSA or Ed25519",
            ),
            (
                "userinfo_signed_response_alg",
                client.userinfo_alg,
                "`userinfo_signed_response_alg` must be PS256, ES256, EdDSA or Ed25519",
            ),
            (
                "authorization_signed_response_alg",
                messages.response_alg,
                "`authorization_signed_response_alg` must be PS256, ES256, EdDSA or Ed25519",
            ),
        ] {
            self.need(is_strong(alg), member, sentence);
        }
        self.need(
            messages.object_alg.is_none_or(is_allowed),
            "request_object_signing_alg",
            "`request_object_signing_alg` must be PS256, ES256, EdDSA or Ed25519",
        );
        // FAPI-CIBA §5.2.2.
        self.need(
            !client.grants.contains(&GrantType::Ciba)
                || client.backchannel.request_alg.is_some_and(is_allowed),
            "backchannel_authentication_request_signing_alg",
            "`backchannel_authentication_request_signing_alg` must be PS256, ES256, EdDSA or Ed25519",
        );
    }

    /// Keys that are registered themselves must fit what the client signs. Those at an address may change at any time.
    fn of_keys(&mut self, client: &ClientMetadata, signs_requests: bool) {
        let signs = signs_requests
            || client.auth_method == Some(AuthMethod::PrivateKeyJwt)
            || is_required(client.messages.jar) && client.messages.jar.is_some()
            || client.messages.object_alg.is_some_and(|alg| alg != ObjectAlgorithm::Unsigned)
            || client.grants.contains(&GrantType::Ciba);
        let Some(jwks) = client.jwks.as_deref().filter(|_| signs) else { return };
        let set: Value = serde_json::from_str(jwks).unwrap_or_default();
        let fits = set["keys"].as_array().is_some_and(|keys| keys.iter().any(is_key_for_fapi));
        self.need(fits, "jwks", "`jwks` must have a key that signs with PS256, ES256, EdDSA or Ed25519");
    }

    /// FAPI 2.0 Message Signing §5.3.
    fn of_signed_requests(&mut self, client: &ClientMetadata) {
        self.need(is_required(client.messages.jar), "jar", "`jar` can only be require");
        self.need(
            client.jwks.is_some() || client.jwks_uri.is_some(),
            "jwks",
            "signed requests need the client's public keys, by `jwks` or `jwks_uri`",
        );
    }
}

impl Client {
    /// The profile that the requests of this client must keep; [`Profile::None`] if it need not keep any. The console is a
    /// part of the server, and redeems its codes in the process.
    pub fn profile(&self, server: &Demands) -> Profile {
        match self.id.as_str() == CONSOLE {
            true => Profile::None,
            false => self.metadata.profile.unwrap_or(server.profile),
        }
    }

    /// Checks that the registration has what the client's profile needs. A profile of the server is also about clients that
    /// were registered before.
    ///
    /// # Errors
    /// If something is missing.
    pub fn check_profile(&self, server: &Demands) -> Result<(), OAuthError> {
        let profile = self.profile(server);
        let gaps = profile.gaps(&self.metadata);
        if gaps.is_empty() {
            return Ok(());
        }
        let sentences: Vec<&str> = gaps.iter().map(|gap| gap.sentence).collect();
        let (name, missing) = (profile.as_str(), sentences.join("; "));
        Err(Reason::ClientProfile
            .because(format!("the registration of this client does not meet the profile {name}: {missing}")))
    }

    /// Whether a refresh replaces the refresh token. FAPI 2.0 Security Profile §5.3.2.1 wants it to stay.
    pub fn rotates_refresh_tokens(&self, server: &Demands) -> bool {
        match self.metadata.refresh_tokens {
            Some(chosen) => chosen == RefreshTokens::Rotate,
            None => !self.profile(server).is_fapi(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::oauth::client::{ClientKind, ClientMetadata, SignedMessages};
    use crate::oauth::grant::scope::Scope;
    use crate::oauth::request::redirect_uri::RegisteredUri;
    use crate::oauth::request::response_type::ResponseType;

    fn fapi() -> ClientMetadata {
        ClientMetadata {
            auth_method: Some(AuthMethod::PrivateKeyJwt),
            id_token_alg: Some(SigningAlgorithm::Ps256),
            scopes: Scope::from_stored("openid"),
            redirect_uris: vec![RegisteredUri::register("https://app.example/cb", ClientKind::Web).unwrap()],
            jwks_uri: Some("https://app.example/jwks".to_owned()),
            messages: SignedMessages {
                object_alg: Some(ObjectAlgorithm::Es256),
                response_alg: Some(SigningAlgorithm::EdDsa),
                ..SignedMessages::default()
            },
            ..ClientMetadata::new("Bank", ClientKind::Web)
        }
    }

    fn gaps(profile: Profile, change: impl FnOnce(&mut ClientMetadata)) -> Vec<&'static str> {
        let mut client = fapi();
        change(&mut client);
        profile.gaps(&client).into_iter().map(|gap| gap.member).collect()
    }

    #[test]
    fn registered_keys_must_be_able_to_sign_as_the_profile_wants() {
        let with = |keys: Value, change: fn(&mut ClientMetadata)| {
            gaps(Profile::Fapi2, |client| {
                client.jwks = Some(json!({ "keys": keys }).to_string());
                client.jwks_uri = None;
                change(client);
            })
        };
        let (p384, rs256) = (json!({ "kty": "EC", "crv": "P-384" }), json!({ "kty": "RSA", "alg": "RS256" }));
        let to_sign = json!({ "kty": "OKP", "crv": "Ed25519", "key_ops": ["sign"] });
        for weak in [json!([]), json!([p384]), json!([p384, rs256]), json!([to_sign])] {
            assert_eq!(with(weak.clone(), |_| {}), ["jwks"], "{weak}");
            let nothing_signed: fn(&mut ClientMetadata) = |client| {
                client.auth_method = Some(AuthMethod::SelfSignedTls);
                client.messages.object_alg = None;
            };
            assert_eq!(with(weak, nothing_signed), Vec::<&str>::new(), "certificates have other keys");
        }
        for strong in [
            json!({ "kty": "RSA" }),
            json!({ "kty": "RSA", "alg": "PS256", "use": "sig" }),
            json!({ "kty": "EC", "crv": "P-256", "key_ops": ["verify"] }),
            json!({ "kty": "OKP", "crv": "Ed25519", "alg": "Ed25519" }),
        ] {
            assert_eq!(with(json!([p384, strong]), |_| {}), Vec::<&str>::new(), "{strong}");
            let encrypting = json!([{ "use": "enc", "kty": strong["kty"], "crv": strong["crv"] }]);
            assert_eq!(with(encrypting, |_| {}), ["jwks"], "{strong}");
        }
    }

    #[test]
    fn each_gap_is_named_by_its_member() {
        use Profile::{Fapi2, Fapi2MessageSigning, OAuth21};
        for profile in [OAuth21, Fapi2, Fapi2MessageSigning] {
            assert_eq!(gaps(profile, |_| {}), Vec::<&str>::new(), "{profile:?}");
            let implicit = gaps(profile, |client| client.response_types = vec![ResponseType::CodeIdToken]);
            assert_eq!(implicit, ["response_types"]);
            assert_eq!(gaps(profile, |client| client.pkce = Some(Demand::Report)), ["pkce"]);
        }
        let weak_everywhere = |client: &mut ClientMetadata| {
            client.kind = ClientKind::Spa;
            client.auth_method = None;
            client.assertion_audience = Some(AssertionAudience::TokenEndpoint);
            client.redirect_uris =
                vec![RegisteredUri::register("http://127.0.0.1/cb", ClientKind::Native).unwrap()];
            client.par = Some(Demand::Off);
            client.dpop = Some(Demand::Report);
            client.id_token_alg = Some(SigningAlgorithm::Rs256);
            client.userinfo_alg = Some(SigningAlgorithm::Rs256);
            client.jwks_uri = None;
            client.messages = SignedMessages {
                jar: Some(Demand::Off),
                object_alg: Some(ObjectAlgorithm::Rs256),
                response_alg: Some(SigningAlgorithm::Rs256),
                ..SignedMessages::default()
            };
            client.grants.push(GrantType::Ciba);
            client.backchannel.request_alg = Some(ObjectAlgorithm::Rs256);
        };
        let of_fapi = [
            "kind",
            "token_endpoint_auth_method",
            "assertion_audience",
            "redirect_uris",
            "par",
            "dpop",
            "id_token_signed_response_alg",
            "userinfo_signed_response_alg",
            "authorization_signed_response_alg",
            "request_object_signing_alg",
            "backchannel_authentication_request_signing_alg",
        ];
        let of_signed_requests = ["jar", "jwks"];
        assert_eq!(gaps(OAuth21, weak_everywhere), Vec::<&str>::new());
        assert_eq!(gaps(Fapi2, weak_everywhere), of_fapi);
        assert_eq!(
            gaps(Fapi2MessageSigning, weak_everywhere),
            [&of_fapi[..], &of_signed_requests[..]].concat()
        );
        assert_eq!(gaps(Profile::None, weak_everywhere), Vec::<&str>::new());
        let certificate = |client: &mut ClientMetadata| {
            client.dpop = Some(Demand::Off);
            client.certificate.bound_tokens = true;
        };
        assert_eq!(gaps(Fapi2, certificate), Vec::<&str>::new());
    }

    #[test]
    fn an_algorithm_is_one_of_the_profile_or_left_to_it() {
        let no_algorithms = |client: &mut ClientMetadata| {
            client.id_token_alg = None;
            client.messages = SignedMessages::default();
        };
        assert_eq!(gaps(Profile::Fapi2MessageSigning, no_algorithms), Vec::<&str>::new());
        for weak in [ObjectAlgorithm::Rs256, ObjectAlgorithm::Unsigned, ObjectAlgorithm::Es384] {
            let found = gaps(Profile::Fapi2MessageSigning, |client| client.messages.object_alg = Some(weak));
            assert_eq!(found, ["request_object_signing_alg"], "{weak:?}");
        }
    }
}
