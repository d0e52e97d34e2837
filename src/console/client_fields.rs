//! The settings of a client as fields of a form, each with its sentence and the option of the command.

use super::form::{FieldSpec, Group, Input};
use crate::representation::settings::CLIENT;

const fn field(
    name: &'static str,
    label: &'static str,
    input: Input,
    option: (&'static str, &'static str),
) -> FieldSpec {
    FieldSpec::of(&CLIENT, name, label, input, option)
}

/// The choices for something that the server can demand. `usual` is what it does without the setting.
const fn demand(usual: &'static str) -> [(&'static str, &'static str); 4] {
    [("", usual), ("off", "not demanded"), ("report", "noted in the log"), ("require", "demanded")]
}

/// The kinds of applications.
pub(super) const KINDS: &[(&str, &str)] = &[
    ("web", "web – runs on a server and keeps a secret"),
    ("spa", "spa – runs in a browser"),
    ("native", "native – runs on a device"),
    ("service", "service – works without people"),
];

const GRANTS: &[(&str, &str)] = &[
    ("authorization_code", "authorization_code"),
    ("refresh_token", "refresh_token"),
    ("client_credentials", "client_credentials"),
    ("urn:ietf:params:oauth:grant-type:device_code", "device_code"),
    ("urn:ietf:params:oauth:grant-type:jwt-bearer", "jwt_bearer"),
    ("urn:ietf:params:oauth:grant-type:token-exchange", "token_exchange"),
    ("urn:openid:params:grant-type:ciba", "ciba"),
];

const METHODS: &[(&str, &str)] = &[
    ("", "client_secret_basic or client_secret_post"),
    ("client_secret_basic", "client_secret_basic"),
    ("client_secret_post", "client_secret_post"),
    ("client_secret_jwt", "client_secret_jwt"),
    ("private_key_jwt", "private_key_jwt"),
    ("tls_client_auth", "tls_client_auth"),
    ("self_signed_tls_client_auth", "self_signed_tls_client_auth"),
];

const ALGORITHMS: &[(&str, &str)] = &[
    ("", "default"),
    ("RS256", "RS256"),
    ("PS256", "PS256"),
    ("ES256", "ES256"),
    ("EdDSA", "EdDSA"),
    ("Ed25519", "Ed25519"),
];

const PROFILE: FieldSpec = field(
    "profile",
    "Security profile",
    Input::Choice(&[
        ("", "as the server's oauth.profile"),
        ("none", "none"),
        ("oauth21", "OAuth 2.1"),
        ("fapi2", "FAPI 2.0 Security Profile"),
        ("fapi2-message-signing", "FAPI 2.0 Message Signing"),
    ]),
    ("--profile", "--profile default"),
);

const OBJECT_ALGORITHM: FieldSpec = field(
    "request_object_signing_alg",
    "Algorithm of signed requests",
    Input::Choice(&[
        ("", "any for which it has a key"),
        ("none", "none: not signed"),
        ("RS256", "RS256"),
        ("PS256", "PS256"),
        ("ES256", "ES256"),
        ("ES384", "ES384"),
        ("EdDSA", "EdDSA"),
        ("Ed25519", "Ed25519"),
    ]),
    ("--request-object-alg", "--request-object-alg default"),
);

const METHOD: FieldSpec = field(
    "token_endpoint_auth_method",
    "Method",
    Input::Choice(METHODS),
    ("--auth-method", "--auth-method any"),
);

const JWKS_URI: FieldSpec = field("jwks_uri", "Address of its public keys", Input::Line, ("--jwks-uri", ""));

const JWKS: FieldSpec = field("jwks", "Public keys", Input::Json, ("--jwks", ""));

const SUBJECT: FieldSpec = field(
    "tls_client_auth_subject_dn",
    "Subject of its certificate",
    Input::Line,
    ("--tls-subject-dn", "--no-tls-name"),
);

const ID_TOKEN_ALGORITHM: FieldSpec = field(
    "id_token_signed_response_alg",
    "Algorithm of ID Tokens",
    Input::Choice(ALGORITHMS),
    ("--id-token-alg", "--id-token-alg default"),
);

const RESPONSE_ALGORITHM: FieldSpec = field(
    "authorization_signed_response_alg",
    "Algorithm of signed responses",
    Input::Choice(ALGORITHMS),
    ("--jarm-alg", "--jarm-alg default"),
);

/// What a new client usually needs.
pub(super) const NEW: &[Group] = &[("", USUAL)];

/// What a new client needs where the server has a FAPI profile.
pub(super) const NEW_WITH_FAPI: &[Group] = &[
    ("", USUAL),
    (
        "What the profile needs",
        &[PROFILE, METHOD, JWKS_URI, JWKS, SUBJECT, ID_TOKEN_ALGORITHM, OBJECT_ALGORITHM, RESPONSE_ALGORITHM],
    ),
];

const USUAL: &[FieldSpec] = &[
    field("client_name", "Name", Input::Line, ("--name", "")).required(),
    field("client_id", "Client id", Input::Line, ("--id", "")),
    field("kind", "Kind", Input::Choice(KINDS), ("--kind", "")).required(),
    field("redirect_uris", "Redirect URIs", Input::Lines, ("--redirect-uri", "")),
    field("scope", "Scopes", Input::Words, ("--scope", "")),
];

/// All settings of a client.
pub(super) const ALL: &[Group] = &[
    ("Application", APPLICATION),
    ("Addresses", ADDRESSES),
    ("Grants and scopes", GRANTING),
    ("Proof of the client", PROOF),
    ("Tokens", TOKENS),
    ("People and consent", PEOPLE),
    ("Backchannel requests (CIBA)", CIBA),
    ("Sign-out", SIGN_OUT),
    ("Exchange of tokens", EXCHANGE),
    ("Look", LOOK),
];

const APPLICATION: &[FieldSpec] = &[
    field("client_name", "Name", Input::Line, ("--name", "")).required(),
    field("kind", "Kind", Input::Choice(KINDS), ("--kind", "")).required(),
    field("client_uri", "Website", Input::Line, ("--site", "--no-site")),
    field("policy_uri", "Privacy policy", Input::Line, ("--policy", "--no-policy")),
    field("tos_uri", "Terms of service", Input::Line, ("--terms", "--no-terms")),
];

const ADDRESSES: &[FieldSpec] = &[
    field("redirect_uris", "Redirect URIs", Input::Lines, ("--redirect-uri", "")),
    field(
        "post_logout_redirect_uris",
        "Addresses after a sign-out",
        Input::Lines,
        ("--post-logout-redirect-uri", "--no-post-logout-redirect-uris"),
    ),
    field("origins", "Origins", Input::Lines, ("--origin", "--no-origins")),
    field(
        "allowed_schemes",
        "Schemes without a dot",
        Input::Lines,
        ("--allow-scheme", "--no-allowed-schemes"),
    ),
];

const GRANTING: &[FieldSpec] = &[
    field("grant_types", "Grant types", Input::Flags(GRANTS), ("--grant", "")),
    field("response_types", "Response types", Input::Lines, ("--response-type", "")),
    field("scope", "Scopes", Input::Words, ("--scope", "--scope ''")),
    field("resources", "Resources", Input::Lines, ("--resource", "--no-resources")),
    field(
        "authorization_details_types",
        "Types of authorization details",
        Input::Lines,
        ("--authorization-type", "--no-authorization-types"),
    ),
    PROFILE,
    field(
        "refresh_tokens",
        "Refresh tokens",
        Input::Choice(&[
            ("", "as the profile says"),
            ("rotate", "a refresh replaces the token"),
            ("keep", "the token stays"),
        ]),
        ("--refresh-tokens", "--refresh-tokens default"),
    ),
    field("pkce", "PKCE", Input::Choice(&demand("as the server's oauth.pkce")), ("--pkce", "--pkce default")),
    field(
        "par",
        "Pushed requests",
        Input::Choice(&demand("as the server's oauth.par")),
        ("--par", "--par default"),
    ),
    field(
        "token_redirect_uri",
        "Redirect URI with a code",
        Input::Choice(&demand("as the server's oauth.token_redirect_uri")),
        ("--token-redirect-uri", "--token-redirect-uri default"),
    ),
    field("dpop", "DPoP", Input::Choice(&demand("as the server's oauth.dpop")), ("--dpop", "--dpop default")),
    field(
        "dpop_nonce",
        "DPoP nonces",
        Input::Choice(&[
            ("", "as the server's oauth.dpop_nonce"),
            ("off", "not needed"),
            ("require", "needed"),
        ]),
        ("--dpop-nonce", "--dpop-nonce default"),
    ),
    field(
        "jar",
        "Signed requests",
        Input::Choice(&demand("as the server's oauth.jar")),
        ("--jar", "--jar default"),
    ),
    OBJECT_ALGORITHM,
    field(
        "merge_request_object",
        "Parameters beside signed requests",
        Input::Switch,
        ("--merge-request-object", ""),
    ),
];

const PROOF: &[FieldSpec] = &[
    METHOD,
    JWKS_URI,
    JWKS,
    SUBJECT,
    field(
        "tls_client_auth_san_dns",
        "Host in its certificate",
        Input::Line,
        ("--tls-san-dns", "--no-tls-name"),
    ),
    field(
        "tls_client_auth_san_uri",
        "URI in its certificate",
        Input::Line,
        ("--tls-san-uri", "--no-tls-name"),
    ),
    field(
        "tls_client_auth_san_ip",
        "IP address in its certificate",
        Input::Line,
        ("--tls-san-ip", "--no-tls-name"),
    ),
    field(
        "tls_client_auth_san_email",
        "E-mail address in its certificate",
        Input::Line,
        ("--tls-san-email", "--no-tls-name"),
    ),
    field(
        "tls_client_certificate_bound_access_tokens",
        "Tokens are bound to its certificate",
        Input::Switch,
        ("--certificate-bound-tokens", ""),
    ),
    field(
        "assertion_audience",
        "Audience of its assertions",
        Input::Choice(&[("issuer", "issuer"), ("token-endpoint", "issuer or token endpoint")]),
        ("--assertion-audience", ""),
    ),
];

const TOKENS: &[FieldSpec] = &[
    field(
        "token_format",
        "Format of access tokens",
        Input::Choice(&[("opaque", "opaque"), ("jwt", "jwt")]),
        ("--token-format", ""),
    ),
    field(
        "access_token_lifetime",
        "Lifetime of access tokens",
        Input::Number,
        ("--access-token-lifetime", "--access-token-lifetime default"),
    ),
    ID_TOKEN_ALGORITHM,
    field(
        "id_token_claims",
        "Claims of ID Tokens",
        Input::Claims,
        ("--id-token-claims", "--id-token-claims none"),
    ),
    field(
        "userinfo_signed_response_alg",
        "Algorithm of UserInfo",
        Input::Choice(ALGORITHMS),
        ("--userinfo-alg", "--userinfo-alg default"),
    ),
    RESPONSE_ALGORITHM,
    field(
        "authorization_encrypted_response_alg",
        "Encryption of signed responses: key",
        Input::Line,
        ("", ""),
    ),
    field(
        "authorization_encrypted_response_enc",
        "Encryption of signed responses: content",
        Input::Line,
        ("", ""),
    ),
    field("id_token_encrypted_response_alg", "Encryption of ID Tokens: key", Input::Line, ("", "")),
    field("id_token_encrypted_response_enc", "Encryption of ID Tokens: content", Input::Line, ("", "")),
    field("userinfo_encrypted_response_alg", "Encryption of UserInfo: key", Input::Line, ("", "")),
    field("userinfo_encrypted_response_enc", "Encryption of UserInfo: content", Input::Line, ("", "")),
];

const PEOPLE: &[FieldSpec] = &[
    field(
        "subject_type",
        "Subject",
        Input::Choice(&[("public", "public"), ("pairwise", "pairwise")]),
        ("--subject-type", ""),
    ),
    field(
        "sector_identifier_uri",
        "Sector",
        Input::Line,
        ("--sector-identifier-uri", "--no-sector-identifier-uri"),
    ),
    field("required_group", "Required group", Input::Line, ("--require-group", "--no-required-group")),
    field("first_party", "Belongs to the operator", Input::Switch, ("--first-party", "")),
    field("partial_consent", "Partial consent", Input::Switch, ("--partial-consent", "")),
    field(
        "may_reuse_consent",
        "Consent of a public client counts again",
        Input::Switch,
        ("--may-reuse-consent", ""),
    ),
];

const CIBA: &[FieldSpec] = &[
    field(
        "backchannel_token_delivery_mode",
        "Answer of the person",
        Input::Choice(&[
            ("poll", "poll: the application asks"),
            ("ping", "ping: the server calls the application"),
        ]),
        ("--ciba-mode", ""),
    ),
    field(
        "backchannel_client_notification_endpoint",
        "Notification address",
        Input::Line,
        ("--ciba-notification-endpoint", "--no-ciba-notification-endpoint"),
    ),
    field(
        "backchannel_authentication_request_signing_alg",
        "Algorithm of backchannel requests",
        Input::Choice(&[
            ("", "not signed, or any for which it has a key"),
            ("RS256", "RS256"),
            ("PS256", "PS256"),
            ("ES256", "ES256"),
            ("ES384", "ES384"),
            ("EdDSA", "EdDSA"),
            ("Ed25519", "Ed25519"),
        ]),
        ("--ciba-request-alg", "--ciba-request-alg default"),
    ),
    field(
        "backchannel_user_code_parameter",
        "Asks people for their user code",
        Input::Switch,
        ("--ciba-user-code", ""),
    ),
];

const SIGN_OUT: &[FieldSpec] = &[
    field(
        "backchannel_logout_uri",
        "Back-channel address",
        Input::Line,
        ("--backchannel-logout-uri", "--no-backchannel-logout-uri"),
    ),
    field(
        "frontchannel_logout_uri",
        "Front-channel address",
        Input::Line,
        ("--frontchannel-logout-uri", "--no-frontchannel-logout-uri"),
    ),
];

const EXCHANGE: &[FieldSpec] = &[
    field("may_act", "May act", Input::Line, ("--may-act", "--no-may-act")),
    field("may_impersonate", "May impersonate", Input::Switch, ("--may-impersonate", "")),
    field("may_widen_resources", "May widen resources", Input::Switch, ("--may-widen-resources", "")),
];

const LOOK: &[FieldSpec] = &[
    field("brand_accent", "Accent", Input::Line, ("--brand-accent", "")),
    field("brand_background", "Background", Input::Line, ("--brand-background", "")),
    field("brand_background_dark", "Dark background", Input::Line, ("--brand-background-dark", "")),
    field("brand_radius", "Radius", Input::Line, ("--brand-radius", "")),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::oauth::client::{ClientKind, GrantType};
    use crate::oauth::signing_key::SigningAlgorithm;

    #[test]
    fn every_setting_of_a_client_has_a_field() {
        // Acts of their own disable a client and add a secret.
        let others = ["client_id", "client_secret", "disabled"];
        let members = CLIENT.members.iter().filter(|member| !member.is_by_server());
        let known: BTreeSet<&str> =
            members.map(|member| member.name).filter(|name| !others.contains(name)).collect();
        let fields = ALL.iter().flat_map(|(_, specs)| specs.iter().map(|spec| spec.name));
        assert_eq!(fields.collect::<BTreeSet<_>>(), known);
    }

    #[test]
    fn fields_offer_every_word_that_a_client_can_have() {
        for grant in GrantType::ALL {
            assert!(GRANTS.iter().any(|(word, _)| *word == grant.as_str()), "{}", grant.as_str());
        }
        for algorithm in SigningAlgorithm::ALL {
            assert!(ALGORITHMS.iter().any(|(word, _)| *word == algorithm.as_str()), "{algorithm}");
        }
        for (word, _) in KINDS {
            assert!(ClientKind::parse(word).is_some(), "{word}");
        }
    }
}
