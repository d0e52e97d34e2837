//! The members of a client, and of its secrets.

use super::words::{
    assertion_audiences, auth_methods, content_encryption, delivery_modes, demands, grant_types,
    key_management, kinds, nonce_policies, object_algorithms, profiles, refresh_tokens, response_types,
    signing_algorithms, subject_types, token_formats,
};
use super::{Form, Given, Null, ObjectSettings, Setting, Shown};

/// A client.
pub static CLIENT: ObjectSettings = ObjectSettings {
    name: "Client",
    sentence: "An application that asks this server for tokens.",
    command: Some("client create"),
    members: &[
        Setting::new(
            "client_id",
            Form::Text,
            "The client_id: printable ASCII, which may include spaces and colons",
        )
        .given(Given::Name { is_required: false })
        .note("Without it, the server makes one. It never changes.")
        .option("--id"),
        Setting::new("client_name", Form::TextByLanguage, "The application's name on the consent page")
            .required()
            .option("--name"),
        Setting::new(
            "kind",
            Form::Word(kinds),
            "The kind of application: web runs on a server, spa in a browser, native on a device, service works without \
             people",
        )
        .required()
        .option("--kind"),
        Setting::new("client_secret", Form::Secret, "The secret of the client")
            .given(Given::AtCreation { is_required: false })
            .shown(Shown::Once)
            .note(
                "Without it, a confidential client gets a generated secret, which is in the answer to this request only. More \
                 secrets are added at the address of the client with /secrets at its end.",
            )
            .option("--secret"),
        Setting::new("redirect_uris", Form::UriList, "A complete address to which answers may be sent")
            .option("--redirect-uri"),
        Setting::new(
            "post_logout_redirect_uris",
            Form::UriList,
            "A complete address to which a person may be sent after a sign-out",
        )
        .option("--post-logout-redirect-uri"),
        Setting::new(
            "backchannel_logout_uri",
            Form::Uri,
            "The address at which the server informs the application that a session has ended (back-channel logout)",
        )
        .may_be_unset()
        .option("--backchannel-logout-uri"),
        Setting::new(
            "frontchannel_logout_uri",
            Form::Uri,
            "The address that the browser loads at a sign-out (front-channel logout); must have the origin of a redirect URI",
        )
        .may_be_unset()
        .option("--frontchannel-logout-uri"),
        Setting::new(
            "origins",
            Form::UriList,
            "An origin whose scripts may call the server for the application, such as https://app.example.com; the origins of \
             a public client's redirect URIs are always allowed",
        )
        .option("--origin"),
        Setting::new(
            "scope",
            Form::Scope,
            "The scopes that the application may ask for, separated by spaces",
        )
        .option("--scope"),
        Setting::new("grant_types", Form::WordList(grant_types), "A grant type that the application may use")
            .note("Without it, the client has the grant types that are usual for its kind.")
            .option("--grant"),
        Setting::new(
            "response_types",
            Form::WordList(response_types),
            "A response type that the application may use besides code, such as \"code id_token\"; tokens then pass through the \
             browser",
        )
        .note("The list always has code if the client may use authorization_code.")
        .option("--response-type"),
        Setting::new(
            "token_endpoint_auth_method",
            Form::Word(auth_methods),
            "The only authentication method of the client",
        )
        .may_be_unset()
        .note("Without it, a confidential client may use client_secret_basic or client_secret_post.")
        .option("--auth-method"),
        Setting::new("profile", Form::Word(profiles), "The security profile that the application keeps")
            .may_be_unset()
            .note("Without it, oauth.profile of the configuration decides.")
            .option("--profile"),
        Setting::new(
            "refresh_tokens",
            Form::Word(refresh_tokens),
            "What a refresh does with the refresh token: rotate replaces it, keep is for tokens that are bound to a key or a \
             certificate",
        )
        .may_be_unset()
        .note("Without it, a refresh replaces the token, unless the profile is a FAPI profile.")
        .option("--refresh-tokens"),
        Setting::new("pkce", Form::Word(demands), "Whether the application must use PKCE")
            .may_be_unset()
            .note("Without it, oauth.pkce of the configuration decides.")
            .option("--pkce"),
        Setting::new(
            "par",
            Form::Word(demands),
            "Whether the application must push its authorization requests to /par",
        )
        .may_be_unset()
        .note("Without it, oauth.par of the configuration decides.")
        .option("--par"),
        Setting::new(
            "token_redirect_uri",
            Form::Word(demands),
            "Whether the application must repeat the redirect URI when it redeems a code",
        )
        .may_be_unset()
        .note("Without it, oauth.token_redirect_uri of the configuration decides.")
        .option("--token-redirect-uri"),
        Setting::new(
            "dpop",
            Form::Word(demands),
            "Whether the application must prove a key with DPoP for its tokens",
        )
        .may_be_unset()
        .note("Without it, oauth.dpop of the configuration decides.")
        .option("--dpop"),
        Setting::new(
            "dpop_nonce",
            Form::Word(nonce_policies),
            "Whether the client's DPoP proofs need a nonce of the server",
        )
        .may_be_unset()
        .note("Without it, oauth.dpop_nonce of the configuration decides.")
        .option("--dpop-nonce"),
        Setting::new(
            "jar",
            Form::Word(demands),
            "Whether the application must sign its authorization requests",
        )
        .may_be_unset()
        .note("Without it, oauth.jar of the configuration decides.")
        .option("--jar"),
        Setting::new(
            "request_object_signing_alg",
            Form::Word(object_algorithms),
            "The only algorithm that signs the client's request objects; none is for objects that are not signed",
        )
        .may_be_unset()
        .note("Without it, any for which the client has a key.")
        .option("--request-object-alg"),
        Setting::new(
            "merge_request_object",
            Form::Flag,
            "Whether parameters beside the client's request objects count, too, as in OpenID Connect Core section 6",
        )
        .note("Otherwise only what is inside of an object counts, and it needs iss, aud and exp.")
        .option("--merge-request-object"),
        Setting::new(
            "backchannel_token_delivery_mode",
            Form::Word(delivery_modes),
            "How the application learns that a person has answered its request: with poll it asks at the token endpoint, \
             with ping the server notifies it first",
        )
        .option("--ciba-mode"),
        Setting::new(
            "backchannel_client_notification_endpoint",
            Form::Uri,
            "For ping: the address that the server calls when a person has answered",
        )
        .may_be_unset()
        .note("It gets the auth_req_id and the client_notification_token of the request, so it has https.")
        .option("--ciba-notification-endpoint"),
        Setting::new(
            "backchannel_authentication_request_signing_alg",
            Form::Word(object_algorithms),
            "The algorithm that signs the client's backchannel requests, which must then all be signed",
        )
        .may_be_unset()
        .note("Without it, they need no signature. none is refused.")
        .option("--ciba-request-alg"),
        Setting::new(
            "backchannel_user_code_parameter",
            Form::Flag,
            "Whether the application asks people for their user code; only then it may ask people who have one",
        )
        .option("--ciba-user-code"),
        Setting::new(
            "authorization_signed_response_alg",
            Form::Word(signing_algorithms),
            "The algorithm that signs authorization responses to the client, if it asks for signed ones",
        )
        .may_be_unset()
        .note("Without it, RS256, if the server offers it and the profile allows it.")
        .option("--jarm-alg"),
        Setting::new(
            "authorization_encrypted_response_alg",
            Form::Word(key_management),
            "Encrypt signed authorization responses to the client",
        )
        .may_be_unset()
        .note("The algorithm by which the key of the content is encrypted.")
        .option("--jarm-encryption"),
        Setting::new(
            "authorization_encrypted_response_enc",
            Form::Word(content_encryption),
            "Encrypt signed authorization responses to the client",
        )
        .may_be_unset()
        .note("The algorithm that encrypts the content; without it, A128CBC-HS256.")
        .option("--jarm-encryption"),
        Setting::new(
            "id_token_signed_response_alg",
            Form::Word(signing_algorithms),
            "The algorithm that signs ID Tokens for the client",
        )
        .may_be_unset()
        .note("Without it, RS256, if the server offers it and the profile allows it.")
        .option("--id-token-alg"),
        Setting::new(
            "id_token_claims",
            Form::ClaimChoice,
            "The claims of the granted scopes that ID Tokens for the client have, too: none, scopes for all of them, or their names; for \
             applications that never call UserInfo",
        )
        .option("--id-token-claims"),
        Setting::new(
            "userinfo_signed_response_alg",
            Form::Word(signing_algorithms),
            "The algorithm that signs UserInfo answers to the client",
        )
        .may_be_unset()
        .note("Without it, they are plain JSON.")
        .option("--userinfo-alg"),
        Setting::new("jwks", Form::JwkSet, "The public keys of the client, as a JWK Set")
            .may_be_unset()
            .note("A client has this or jwks_uri, not both.")
            .option("--jwks"),
        Setting::new(
            "jwks_uri",
            Form::Uri,
            "The address of the client's public keys; the server reads them when it needs them",
        )
        .may_be_unset()
        .option("--jwks-uri"),
        Setting::new(
            "tls_client_auth_subject_dn",
            Form::Text,
            "For tls_client_auth: the subject of the client's certificate with the most specific part first, such as \
             \"CN=app,O=Bank,C=DE\"",
        )
        .may_be_unset()
        .note("A client with tls_client_auth has exactly one of the five names of a certificate.")
        .option("--tls-subject-dn"),
        Setting::new(
            "tls_client_auth_san_dns",
            Form::Text,
            "For tls_client_auth: a host among the alternative names of the client's certificate",
        )
        .may_be_unset()
        .option("--tls-san-dns"),
        Setting::new(
            "tls_client_auth_san_uri",
            Form::Text,
            "For tls_client_auth: a URI among the alternative names of the client's certificate",
        )
        .may_be_unset()
        .option("--tls-san-uri"),
        Setting::new(
            "tls_client_auth_san_ip",
            Form::Text,
            "For tls_client_auth: an IP address among the alternative names of the client's certificate",
        )
        .may_be_unset()
        .option("--tls-san-ip"),
        Setting::new(
            "tls_client_auth_san_email",
            Form::Text,
            "For tls_client_auth: an e-mail address among the alternative names of the client's certificate",
        )
        .may_be_unset()
        .option("--tls-san-email"),
        Setting::new(
            "tls_client_certificate_bound_access_tokens",
            Form::Flag,
            "Whether the client's access tokens are bound to its certificate, and the refresh tokens of a public client, too",
        )
        .option("--certificate-bound-tokens"),
        Setting::new(
            "assertion_audience",
            Form::Word(assertion_audiences),
            "The audience that the client's assertions may have: only the issuer, or also the token endpoint, which is legacy and \
             only for libraries that cannot send the issuer",
        )
        .option("--assertion-audience"),
        Setting::new(
            "id_token_encrypted_response_alg",
            Form::Word(key_management),
            "Encrypt ID Tokens for the client with one of its keys",
        )
        .may_be_unset()
        .note("The algorithm by which the key of the content is encrypted.")
        .option("--id-token-encryption"),
        Setting::new(
            "id_token_encrypted_response_enc",
            Form::Word(content_encryption),
            "Encrypt ID Tokens for the client with one of its keys",
        )
        .may_be_unset()
        .note("The algorithm that encrypts the content; without it, A128CBC-HS256.")
        .option("--id-token-encryption"),
        Setting::new(
            "userinfo_encrypted_response_alg",
            Form::Word(key_management),
            "Encrypt UserInfo answers to the client",
        )
        .may_be_unset()
        .note("The algorithm by which the key of the content is encrypted.")
        .option("--userinfo-encryption"),
        Setting::new(
            "userinfo_encrypted_response_enc",
            Form::Word(content_encryption),
            "Encrypt UserInfo answers to the client",
        )
        .may_be_unset()
        .note("The algorithm that encrypts the content; without it, A128CBC-HS256.")
        .option("--userinfo-encryption"),
        Setting::new(
            "subject_type",
            Form::Word(subject_types),
            "The subject that identifies a person: public is the same for all applications, pairwise differs between sectors",
        )
        .option("--subject-type"),
        Setting::new(
            "sector_identifier_uri",
            Form::Uri,
            "For pairwise subjects: a list of redirect URIs that puts applications on several hosts into one sector; the server \
             reads it now",
        )
        .may_be_unset()
        .option("--sector-identifier-uri"),
        Setting::new(
            "token_format",
            Form::Word(token_formats),
            "The format of access tokens without a resource: opaque, or a jwt that APIs can verify themselves",
        )
        .option("--token-format"),
        Setting::new(
            "resources",
            Form::UriList,
            "A resource that the application may name; it may then name no others",
        )
        .note("Without any, it may name every resource of which it is allowed a scope.")
        .option("--resource"),
        Setting::new(
            "authorization_details_types",
            Form::TextList,
            "A type of authorization details that the application may use; it may then use no others",
        )
        .note("Without any, it may use every registered type.")
        .option("--authorization-type"),
        Setting::new(
            "access_token_lifetime",
            Form::Seconds,
            "The lifetime of the client's access tokens, such as 5m; resources and scopes may shorten it",
        )
        .may_be_unset()
        .note("In JSON, a number of seconds. Without it, the server decides.")
        .option("--access-token-lifetime"),
        Setting::new(
            "required_group",
            Form::Text,
            "Only people in this group may sign in to the application and get tokens for it",
        )
        .may_be_unset()
        .option("--require-group"),
        Setting::new("may_act", Form::Text, "The only client that may exchange this client's tokens")
            .may_be_unset()
            .note("Without it, the servers of a token's resource may exchange it.")
            .option("--may-act"),
        Setting::new(
            "may_impersonate",
            Form::Flag,
            "Whether the application may exchange a token without being named as the actor in the new one",
        )
        .option("--may-impersonate"),
        Setting::new(
            "may_widen_resources",
            Form::Flag,
            "Whether the application may exchange a token for an API that the person's authorization did not name",
        )
        .option("--may-widen-resources"),
        Setting::new(
            "first_party",
            Form::Flag,
            "Whether the application belongs to the operator: the server then asks people for no consent",
        )
        .option("--first-party"),
        Setting::new(
            "may_reuse_consent",
            Form::Flag,
            "Whether the server does not ask people again who have allowed the application, although it cannot prove who it is",
        )
        .note(
            "This is about public clients with a loopback address or a private scheme: any program on a person's device can then \
             get tokens in its name without a page.",
        )
        .option("--may-reuse-consent"),
        Setting::new(
            "partial_consent",
            Form::Flag,
            "Whether people may leave scopes out on the consent page: each scope has a checkbox there, except openid and scopes \
             that are required",
        )
        .option("--partial-consent"),
        Setting::new(
            "allowed_schemes",
            Form::TextList,
            "A scheme without a dot that the redirect URIs of a native application may have, such as cursor",
        )
        .note("Any other application on a person's device can claim it, and then gets the answers instead.")
        .option("--allow-scheme"),
        Setting::new("client_uri", Form::UriByLanguage, "The application's website")
            .may_be_unset()
            .option("--site"),
        Setting::new("policy_uri", Form::UriByLanguage, "The application's privacy policy").may_be_unset().option("--policy"),
        Setting::new("tos_uri", Form::UriByLanguage, "The application's terms of service").may_be_unset().option("--terms"),
        Setting::new(
            "brand_accent",
            Form::Colour,
            "The colour of links and buttons on the pages that lead to the application, such as \"#0a7\"; if brand.clients_may \
             allows it",
        )
        .may_be_unset()
        .option("--brand-accent"),
        Setting::new(
            "brand_background",
            Form::Colour,
            "The background of these pages; the text on the pages must be readable on it",
        )
        .may_be_unset()
        .option("--brand-background"),
        Setting::new("brand_background_dark", Form::Colour, "The background in the dark scheme")
            .may_be_unset()
            .option("--brand-background-dark"),
        Setting::new("brand_radius", Form::Text, "How round the corners are")
            .may_be_unset()
            .option("--brand-radius"),
        Setting::by_server("has_logo", Form::Flag, "Whether the consent page shows a logo of the application")
            .note("PUT to the address of the client with /logos/light at its end sets it, and so does the command \
                   grantor client update ID --logo FILE."),
        Setting::by_server(
            "has_dark_logo",
            Form::Flag,
            "Whether the application has another logo for the dark scheme",
        )
        .note("PUT to the address of the client with /logos/dark at its end sets it, and so does the command \
                   grantor client update ID --brand-logo-dark FILE."),
        Setting::new("disabled", Form::Flag, "Whether the server refuses the application until it is enabled again")
            .note("The commands are grantor client update ID --disable and grantor client update ID --enable."),
        Setting::by_server("created_at", Form::Time, "When the client was created"),
    ],
};

/// A secret of a client.
pub static SECRET: ObjectSettings = ObjectSettings {
    name: "ClientSecret",
    sentence: "A secret by which a client proves who it is. Two of them at the same time replace one without an outage.",
    command: Some("client add-secret"),
    members: &[
        Setting::by_server("id", Form::Text, "The id of the secret"),
        Setting::new("client_secret", Form::Secret, "The secret of the client")
            .given(Given::AtCreation { is_required: false })
            .shown(Shown::Once)
            .note("Without it, the server generates one, which is in the answer to this request only.")
            .option("--secret"),
        Setting::new("expires_at", Form::Time, "When the secret expires")
            .may_be_unset()
            .note("Without it, the secret does not expire.")
            .option("--expires-in"),
        Setting::by_server("created_at", Form::Time, "When the secret was added"),
        Setting::by_server("last_used_at", Form::Time, "When the client last used the secret")
            .null(Null::InAnswers),
    ],
};
