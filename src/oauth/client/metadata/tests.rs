//! What is stored of a client, and what is read from it.

use serde_json::json;

use super::*;
use crate::oauth::client::backchannel::DeliveryMode;
use crate::oauth::client::vocabulary::ObjectAlgorithm;
use crate::oauth::language_tag::LanguageTag;

/// A client with a value for every setting.
#[expect(clippy::too_many_lines, reason = "a line for each setting")]
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
        profile: Some(Profile::Fapi2MessageSigning),
        pkce: Some(Demand::Require),
        refresh_tokens: Some(RefreshTokens::Keep),
        messages: SignedMessages {
            jar: Some(Demand::Report),
            object_alg: Some(ObjectAlgorithm::Es384),
            merges_object: true,
            response_alg: Some(SigningAlgorithm::Ps256),
            response_encryption: Encryption::parse("ECDH-ES"),
        },
        backchannel: BackchannelSettings {
            delivery: DeliveryMode::Ping,
            notification_endpoint: Some("https://app.example/ping".into()),
            request_alg: Some(ObjectAlgorithm::Ps256),
            user_code: true,
        },
        id_token_alg: Some(SigningAlgorithm::Es256),
        id_token_encryption: Encryption::parse("ECDH-ES A128CBC-HS256"),
        id_token_claims: IdTokenClaims::parse("groups email").unwrap(),
        userinfo_alg: Some(SigningAlgorithm::EdDsa),
        userinfo_encryption: Encryption::parse("RSA-OAEP-256"),
        jwks: Some(json!({ "keys": [{ "kty": "EC" }] }).to_string()),
        jwks_uri: Some("https://app.example/jwks".into()),
        certificate: CertificateSettings {
            subject_dn: Some("CN=app,O=Bank".into()),
            san_dns: Some("app.example".into()),
            san_uri: Some("https://app.example/".into()),
            san_ip: Some("192.0.2.1".into()),
            san_email: Some("app@app.example".into()),
            bound_tokens: true,
        },
        assertion_audience: Some(AssertionAudience::TokenEndpoint),
        logout: LogoutUris {
            back_channel: Some("https://app.example/back".into()),
            front_channel: Some("https://app.example/front".into()),
        },
        subject_type: SubjectType::Pairwise,
        sector_identifier_uri: Some("https://app.example/sector".into()),
        token_format: TokenFormat::Jwt,
        resources: vec!["https://api.example".into()],
        authorization_details_types: vec!["payment".into()],
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
#[expect(clippy::too_many_lines, reason = "a line for each setting")]
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
        "profile": "fapi2-message-signing",
        "pkce": "require",
        "refresh_tokens": "keep",
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
        "backchannel_token_delivery_mode": "ping",
        "backchannel_client_notification_endpoint": "https://app.example/ping",
        "backchannel_authentication_request_signing_alg": "PS256",
        "backchannel_user_code_parameter": true,
        "userinfo_signed_response_alg": "EdDSA",
        "userinfo_encrypted_response_alg": "RSA-OAEP-256",
        "userinfo_encrypted_response_enc": "A256GCM",
        "jwks": { "keys": [{ "kty": "EC" }] },
        "jwks_uri": "https://app.example/jwks",
        "tls_client_auth_subject_dn": "CN=app,O=Bank",
        "tls_client_auth_san_dns": "app.example",
        "tls_client_auth_san_uri": "https://app.example/",
        "tls_client_auth_san_ip": "192.0.2.1",
        "tls_client_auth_san_email": "app@app.example",
        "tls_client_certificate_bound_access_tokens": true,
        "assertion_audience": "token-endpoint",
        "backchannel_logout_uri": "https://app.example/back",
        "frontchannel_logout_uri": "https://app.example/front",
        "subject_type": "pairwise",
        "sector_identifier_uri": "https://app.example/sector",
        "token_format": "jwt",
        "resources": ["https://api.example"],
        "authorization_details_types": ["payment"],
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
                        "grant_types": ["client_credentials", "urn:ietf:params:oauth:grant-type:saml2-bearer"] });
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
