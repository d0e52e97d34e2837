//! The settings of a client as fields of a form, each with its sentence and the option of the command.

use super::form::{FieldSpec, Group, Input};

const fn field(
    name: &'static str,
    label: &'static str,
    help: &'static str,
    input: Input,
    option: (&'static str, &'static str),
) -> FieldSpec {
    FieldSpec { name, label, help, input, is_required: false, option }
}

const fn required(
    name: &'static str,
    label: &'static str,
    help: &'static str,
    input: Input,
    option: (&'static str, &'static str),
) -> FieldSpec {
    FieldSpec { is_required: true, ..field(name, label, help, input, option) }
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
];

const METHODS: &[(&str, &str)] = &[
    ("", "client_secret_basic or client_secret_post"),
    ("client_secret_basic", "client_secret_basic"),
    ("client_secret_post", "client_secret_post"),
    ("client_secret_jwt", "client_secret_jwt"),
    ("private_key_jwt", "private_key_jwt"),
];

const ALGORITHMS: &[(&str, &str)] = &[
    ("", "default"),
    ("RS256", "RS256"),
    ("PS256", "PS256"),
    ("ES256", "ES256"),
    ("EdDSA", "EdDSA"),
];

/// What a new client usually needs.
pub(super) const NEW: &[Group] = &[(
    "",
    &[
        required("client_name", "Name", "What people see on the consent page.", Input::Line, ("--name", "")),
        field(
            "client_id",
            "Client id",
            "The name that programs use. It never changes; the server makes one if it is empty.",
            Input::Line,
            ("--id", ""),
        ),
        required("kind", "Kind", "Where the application runs, which decides whether it can keep a secret.", Input::Choice(KINDS), ("--kind", "")),
        field(
            "redirect_uris",
            "Redirect URIs",
            "The complete addresses to which answers may be sent, one on each line. A service needs none.",
            Input::Lines,
            ("--redirect-uri", ""),
        ),
        field("scope", "Scopes", "What the application may ask for, with spaces between the names.", Input::Words, ("--scope", "")),
    ],
)];

/// All settings of a client.
pub(super) const ALL: &[Group] = &[
    ("Application", APPLICATION),
    ("Addresses", ADDRESSES),
    ("Grants and scopes", GRANTING),
    ("Proof of the client", PROOF),
    ("Tokens", TOKENS),
    ("People and consent", PEOPLE),
    ("Sign-out", SIGN_OUT),
    ("Exchange of tokens", EXCHANGE),
    ("Look", LOOK),
];

const APPLICATION: &[FieldSpec] = &[
    required("client_name", "Name", "What people see on the consent page.", Input::Line, ("--name", "")),
    required("kind", "Kind", "Where the application runs, which decides whether it can keep a secret.", Input::Choice(KINDS), ("--kind", "")),
    field("client_uri", "Website", "The home page of the application; pages link to it.", Input::Line, ("--site", "--no-site")),
    field("policy_uri", "Privacy policy", "A link on the consent page.", Input::Line, ("--policy", "--no-policy")),
    field("tos_uri", "Terms of service", "A link on the consent page.", Input::Line, ("--terms", "--no-terms")),
];

const ADDRESSES: &[FieldSpec] = &[
    field(
        "redirect_uris",
        "Redirect URIs",
        "The complete addresses to which answers may be sent, one on each line. They are compared character by character.",
        Input::Lines,
        ("--redirect-uri", ""),
    ),
    field(
        "post_logout_redirect_uris",
        "Addresses after a sign-out",
        "The complete addresses to which a person may be sent after a sign-out, one on each line.",
        Input::Lines,
        ("--post-logout-redirect-uri", "--no-post-logout-redirect-uris"),
    ),
    field(
        "origins",
        "Origins",
        "The origins whose scripts may call this server, one on each line. Those of a public client's redirect URIs are \
         always allowed.",
        Input::Lines,
        ("--origin", "--no-origins"),
    ),
    field(
        "allowed_schemes",
        "Schemes without a dot",
        "Private schemes that the redirect URIs of a native application may have. Any other application on the device can \
         claim such a scheme, and then gets the answers.",
        Input::Lines,
        ("--allow-scheme", "--no-allowed-schemes"),
    ),
];

const GRANTING: &[FieldSpec] = &[
    field("grant_types", "Grant types", "The ways in which the application may get tokens.", Input::Flags(GRANTS), ("--grant", "")),
    field(
        "response_types",
        "Response types besides code",
        "One on each line, such as `code id_token`. Tokens then pass through the browser.",
        Input::Lines,
        ("--response-type", ""),
    ),
    field("scope", "Scopes", "What the application may ask for, with spaces between the names.", Input::Words, ("--scope", "--scope ''")),
    field(
        "resources",
        "Resources",
        "The only APIs that the application may name, one on each line. Empty: every API of which it is allowed a scope.",
        Input::Lines,
        ("--resource", "--no-resources"),
    ),
    field(
        "pkce",
        "PKCE",
        "Whether a confidential client must use PKCE. A public client always must.",
        Input::Choice(&[("", "as the server's oauth.require_pkce"), ("required", "required"), ("optional", "optional")]),
        ("--pkce", "--pkce default"),
    ),
];

const PROOF: &[FieldSpec] = &[
    field(
        "token_endpoint_auth_method",
        "Method",
        "The only way in which the client may prove who it is.",
        Input::Choice(METHODS),
        ("--auth-method", "--auth-method any"),
    ),
    field("jwks_uri", "Address of its public keys", "The server reads the keys when it needs them.", Input::Line, ("--jwks-uri", "")),
    field("jwks", "Public keys", "A JWK Set, in the place of an address.", Input::Json, ("--jwks", "")),
    field(
        "assertion_audience",
        "Audience of its assertions",
        "The token endpoint is only for libraries that cannot send the issuer.",
        Input::Choice(&[("issuer", "issuer"), ("token-endpoint", "issuer or token endpoint")]),
        ("--assertion-audience", ""),
    ),
];

const TOKENS: &[FieldSpec] = &[
    field(
        "token_format",
        "Format of access tokens",
        "For tokens without a resource: opaque, or a JWT that APIs can verify themselves.",
        Input::Choice(&[("opaque", "opaque"), ("jwt", "jwt")]),
        ("--token-format", ""),
    ),
    field(
        "access_token_lifetime",
        "Lifetime of access tokens",
        "In seconds. Resources and scopes may shorten it. Empty: the server decides.",
        Input::Number,
        ("--access-token-lifetime", "--access-token-lifetime default"),
    ),
    field("id_token_signed_response_alg", "Algorithm of ID Tokens", "What signs its ID Tokens.", Input::Choice(ALGORITHMS), ("--id-token-alg", "--id-token-alg default")),
    field(
        "id_token_claims",
        "Claims of ID Tokens",
        "`none`, `scopes` for all claims of the granted scopes, or names of claims: for applications that never call UserInfo.",
        Input::Claims,
        ("--id-token-claims", "--id-token-claims none"),
    ),
    field(
        "userinfo_signed_response_alg",
        "Algorithm of UserInfo",
        "What signs its UserInfo answers. The default is plain JSON.",
        Input::Choice(ALGORITHMS),
        ("--userinfo-alg", "--userinfo-alg default"),
    ),
    field("id_token_encrypted_response_alg", "Encryption of ID Tokens: key", "Such as `ECDH-ES` or `RSA-OAEP-256`, for a key of its JWK Set.", Input::Line, ("", "")),
    field("id_token_encrypted_response_enc", "Encryption of ID Tokens: content", "Such as `A256GCM`.", Input::Line, ("", "")),
    field("userinfo_encrypted_response_alg", "Encryption of UserInfo: key", "As for ID Tokens.", Input::Line, ("", "")),
    field("userinfo_encrypted_response_enc", "Encryption of UserInfo: content", "As for ID Tokens.", Input::Line, ("", "")),
];

const PEOPLE: &[FieldSpec] = &[
    field(
        "subject_type",
        "Subject",
        "public names a person the same for all applications; pairwise differs between sectors.",
        Input::Choice(&[("public", "public"), ("pairwise", "pairwise")]),
        ("--subject-type", ""),
    ),
    field(
        "sector_identifier_uri",
        "Sector",
        "For pairwise subjects: a list of redirect URIs that puts applications on several hosts into one sector.",
        Input::Line,
        ("--sector-identifier-uri", "--no-sector-identifier-uri"),
    ),
    field("required_group", "Required group", "Only people in this group can sign in to the application.", Input::Line, ("--require-group", "--no-required-group")),
    field("first_party", "Belongs to the operator", "People are not asked for consent.", Input::Switch, ("--first-party", "")),
    field("partial_consent", "Partial consent", "People may leave scopes out on the consent page.", Input::Switch, ("--partial-consent", "")),
    field(
        "may_reuse_consent",
        "Consent of a public client counts again",
        "People are not asked each time, although any program on their device could ask in its name.",
        Input::Switch,
        ("--may-reuse-consent", ""),
    ),
];

const SIGN_OUT: &[FieldSpec] = &[
    field(
        "backchannel_logout_uri",
        "Back-channel address",
        "This server calls it when a session has ended.",
        Input::Line,
        ("--backchannel-logout-uri", "--no-backchannel-logout-uri"),
    ),
    field(
        "frontchannel_logout_uri",
        "Front-channel address",
        "The browser loads it at a sign-out. It must have the origin of a redirect URI.",
        Input::Line,
        ("--frontchannel-logout-uri", "--no-frontchannel-logout-uri"),
    ),
];

const EXCHANGE: &[FieldSpec] = &[
    field("may_act", "May act", "The only client that may exchange its tokens. Empty: the servers of a token's resource.", Input::Line, ("--may-act", "--no-may-act")),
    field("may_impersonate", "May impersonate", "It may leave itself out as the actor of an exchanged token.", Input::Switch, ("--may-impersonate", "")),
    field(
        "may_widen_resources",
        "May widen resources",
        "It may exchange a token for an API that the person's authorization did not name.",
        Input::Switch,
        ("--may-widen-resources", ""),
    ),
];

const LOOK: &[FieldSpec] = &[
    field("brand_accent", "Accent", "Such as #0a7cff, for the pages that lead to this client, if brand.clients_may allows it.", Input::Line, ("--brand-accent", "")),
    field("brand_background", "Background", "Of the light scheme.", Input::Line, ("--brand-background", "")),
    field("brand_background_dark", "Dark background", "Of the dark scheme.", Input::Line, ("--brand-background-dark", "")),
    field("brand_radius", "Radius", "Of corners, such as 8px.", Input::Line, ("--brand-radius", "")),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::oauth::client::{Client, ClientKind, ClientMetadata, GrantType};
    use crate::oauth::id::ClientId;
    use crate::oauth::signing_key::SigningAlgorithm;
    use crate::representation::client::settings;

    #[test]
    fn every_setting_of_a_client_has_a_field() {
        let client = Client::new(ClientId::new("a"), ClientMetadata::new("a", ClientKind::Web));
        let Value::Object(members) = settings(&client) else { panic!() };
        // A command adds logos, and an act of its own disables a client.
        let others = ["client_id", "disabled", "has_logo", "has_dark_logo"];
        let known: BTreeSet<&str> = members.keys().map(String::as_str).filter(|name| !others.contains(name)).collect();
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
