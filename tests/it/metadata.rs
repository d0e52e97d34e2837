//! Authorization server metadata (RFC 8414): exactly what is implemented, at the URL that the issuer implies.

use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use crate::support::process::free_port;
use crate::support::{Answer, TestServer};

const WELL_KNOWN: &str = "/.well-known/oauth-authorization-server";
const OPENID: &str = "/.well-known/openid-configuration";

/// A server whose issuer is `http://127.0.0.1:PORT` followed by `path`.
async fn server_at(path: &str) -> (TestServer, String) {
    let port = free_port();
    let (root, listen) = (format!("http://127.0.0.1:{port}"), format!("127.0.0.1:{port}"));
    let public_url = format!("{root}{path}");
    let mut server = TestServer::start_with(&[("listen", &listen), ("public_url", &public_url)]).await;
    server.url = public_url.trim_end_matches('/').to_owned();
    (server, root)
}

const METHODS: [&str; 5] =
    ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"];

const GRANTS: [&str; 8] = [
    "authorization_code",
    "client_credentials",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "urn:openid:params:grant-type:ciba",
    "implicit",
];

const SCOPES: [&str; 11] = [
    "address",
    "email",
    "groups",
    "offline_access",
    "openid",
    "pay",
    "phone",
    "profile",
    "read",
    "secret",
    "write",
];
const PROOF_ALGORITHMS: [&str; 6] = ["ES256", "ES384", "PS256", "RS256", "EdDSA", "Ed25519"];
const LOCALES: [&str; 8] = ["en", "de", "es", "fr", "it", "pt-BR", "ar", "ja"];

#[expect(clippy::too_many_lines, reason = "a line for each member")]
fn expected(issuer: &str) -> Value {
    let mut expected = json!({
        "scopes_supported": SCOPES,
        "response_types_supported": [
            "code", "id_token", "id_token token", "code id_token", "code token", "code id_token token",
        ],
        "response_modes_supported": ["query", "fragment", "form_post", "query.jwt", "fragment.jwt", "form_post.jwt", "jwt"],
        "grant_types_supported": GRANTS,
        "token_endpoint_auth_methods_supported": METHODS,
        "introspection_endpoint_auth_methods_supported": METHODS[..4],
        "tls_client_certificate_bound_access_tokens": false,
        "introspection_signing_alg_values_supported": ["ES256", "EdDSA"],
        "revocation_endpoint_auth_methods_supported": METHODS,
        "dpop_signing_alg_values_supported": PROOF_ALGORITHMS, "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "ui_locales_supported": LOCALES,
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": ["ES256", "EdDSA"],
        "userinfo_signing_alg_values_supported": ["ES256", "EdDSA"],
        "id_token_encryption_alg_values_supported": ["RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"],
        "id_token_encryption_enc_values_supported": ["A128GCM", "A256GCM", "A128CBC-HS256", "A256CBC-HS512"],
        "authorization_encryption_alg_values_supported": ["RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"],
        "authorization_encryption_enc_values_supported": ["A128GCM", "A256GCM", "A128CBC-HS256", "A256CBC-HS512"],
        "userinfo_encryption_alg_values_supported": ["RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"],
        "userinfo_encryption_enc_values_supported": ["A128GCM", "A256GCM", "A128CBC-HS256", "A256CBC-HS512"],
        "acr_values_supported": ["1"],
        "claim_types_supported": ["normal"],
        "claims_supported": [
            "acr", "address", "amr", "at_hash", "aud", "auth_time", "azp", "birthdate", "c_hash", "email", "email_verified",
            "exp", "family_name", "gender", "given_name", "groups", "iat", "iss", "locale", "middle_name", "name",
            "nickname", "nonce", "phone_number", "phone_number_verified", "picture", "preferred_username", "profile",
            "sid", "sub", "updated_at", "website", "zoneinfo",
        ],
        "claims_parameter_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "frontchannel_logout_supported": true,
        "frontchannel_logout_session_supported": true,
        "authorization_signing_alg_values_supported": ["ES256", "EdDSA"],
        "require_signed_request_object": false,
        "request_object_signing_alg_values_supported": ["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"],
        "backchannel_token_delivery_modes_supported": ["poll", "ping"],
        "backchannel_authentication_request_signing_alg_values_supported": ["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"],
        "backchannel_user_code_parameter_supported": true,
        "require_pushed_authorization_requests": false,
        "request_parameter_supported": true,
        "request_uri_parameter_supported": false,
    });
    let members = expected.as_object_mut().unwrap();
    for endpoint in ["token", "introspection", "revocation"] {
        let name = format!("{endpoint}_endpoint_auth_signing_alg_values_supported");
        members.insert(name, json!(["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519", "HS256"]));
    }
    for (name, path) in [
        ("issuer", ""),
        ("authorization_endpoint", "/authorize"),
        ("token_endpoint", "/token"),
        ("device_authorization_endpoint", "/device_authorization"),
        ("backchannel_authentication_endpoint", "/bc-authorize"),
        ("pushed_authorization_request_endpoint", "/par"),
        ("introspection_endpoint", "/introspect"),
        ("revocation_endpoint", "/revoke"),
        ("userinfo_endpoint", "/userinfo"),
        ("end_session_endpoint", "/logout"),
        ("jwks_uri", "/jwks"),
        ("service_documentation", "/errors"),
    ] {
        members.insert(name.into(), format!("{issuer}{path}").into());
    }
    expected
}

#[track_caller]
fn assert_metadata(answer: &Answer, issuer: &str) {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json(), expected(issuer));
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert!(!answer.headers.contains_key("set-cookie"));
}

#[tokio::test]
async fn the_metadata_says_what_the_server_does_and_nothing_more() {
    let server = TestServer::start().await;
    assert_metadata(&server.get(WELL_KNOWN).await, &server.url);
    assert_metadata(&server.get(OPENID).await, &server.url);
    for query in ["?", "?a=b", "?client_id=web"] {
        assert_metadata(&server.get(&format!("{WELL_KNOWN}{query}")).await, &server.url);
    }
    let head = server.browser().request(Method::HEAD, WELL_KNOWN, &[], "").await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
}

#[tokio::test]
async fn everything_that_is_listed_exists() {
    let server = TestServer::start().await;
    let (web, service) = (server.web().await, server.service().await);
    let mut browser = server.alice().await;
    let json = browser.get(WELL_KNOWN).await.json();
    let listed = |name: &str| json[name].as_str().unwrap().to_owned();

    let authorize =
        web.url_with(&[]).replace(&format!("{}/authorize", server.url), &listed("authorization_endpoint"));
    let page = browser.open(&authorize).await;
    assert!(page.is_sign_in());
    assert!(browser.get(&listed("jwks_uri")).await.json()["keys"].is_array());
    let documentation = browser.get(&listed("service_documentation")).await;
    assert!(documentation.body.contains("Error reference"));

    for grant in json["grant_types_supported"].as_array().unwrap() {
        let form = [("grant_type", grant.as_str().unwrap()), ("client_id", "nobody")];
        let answer = browser.post(&listed("token_endpoint"), &form).await;
        match grant.as_str() {
            // It is listed for the response types; the token endpoint does not know it.
            Some("implicit") => {
                answer.assert_json_error(400, "unsupported_grant_type", "grant_type.unsupported");
            }
            _ => answer.assert_json_error(401, "invalid_client", "client.unknown"),
        }
    }
    let unlisted =
        browser.post(&listed("token_endpoint"), &[("grant_type", "password"), ("client_id", "web")]).await;
    unlisted.assert_json_error(400, "unsupported_grant_type", "grant_type.unsupported");

    for scope in json["scopes_supported"].as_array().unwrap() {
        let form = [("grant_type", "client_credentials"), ("scope", scope.as_str().unwrap())];
        let answer = service.token(&form).await;
        let is_known = answer.status == 200 || answer.json()["error"] == "forbidden_scope";
        assert!(is_known, "{scope}: {answer:?}");
    }
}

#[tokio::test]
async fn the_scopes_in_the_database_are_listed() {
    let server = TestServer::start().await;
    server
        .sql("INSERT INTO scopes (name, description, sensitive, claims, created_at) VALUES ('a', 'A', TRUE, 'level', 0)")
        .await;
    let listed = server.get(WELL_KNOWN).await.json();
    assert_eq!(listed["scopes_supported"].as_array().unwrap().len(), 12);
    assert_eq!(listed["scopes_supported"][0], "a");
    assert!(listed["claims_supported"].as_array().unwrap().contains(&json!("level")));
}

#[tokio::test]
async fn an_issuer_with_a_path_has_its_metadata_at_the_urls_of_both_standards() {
    let (server, root) = server_at("/auth").await;
    let issuer = format!("{root}/auth");
    assert_eq!(server.app.issuer, issuer);
    for name in [WELL_KNOWN, OPENID] {
        assert_metadata(&server.get(&format!("{root}{name}/auth")).await, &issuer);
        assert_metadata(&server.get(&format!("{root}/auth{name}")).await, &issuer);
        for path in [name.to_owned(), format!("{name}/"), format!("{name}/other"), format!("/other{name}")] {
            let answer = server.get(&format!("{root}{path}")).await;
            assert_eq!(answer.status, 404, "{path}");
            assert_eq!(answer.json()["message"], "404 Not Found");
        }
    }
}

#[tokio::test]
async fn a_slash_at_the_end_of_the_public_url_is_not_part_of_the_issuer() {
    let (server, root) = server_at("/auth/v1/").await;
    let issuer = format!("{root}/auth/v1");
    assert_metadata(&server.get(&format!("{root}{WELL_KNOWN}/auth/v1")).await, &issuer);
}

#[tokio::test]
async fn a_person_signs_in_where_the_issuer_has_a_path() {
    let (server, root) = server_at("/auth").await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let (url, verifier) = web.authorization_url("read");
    let back = browser.authorize(&url).await;
    assert_eq!(back.get("iss"), server.url);
    let tokens = web.redeem(&back.get("code"), verifier).await;
    assert!(oauth2::TokenResponse::refresh_token(&tokens).is_some());

    for path in
        ["/authorize", "/token", "/jwks", "/sign-in", "/consent", "/logout", "/errors", "/healthz", "/"]
    {
        let outside = browser.request(Method::GET, &format!("{root}{path}"), &[], "").await;
        assert_eq!(outside.status, 404, "{path} is mounted under /auth alone");
        let inside = browser.request(Method::GET, &format!("{root}/auth{path}"), &[], "").await;
        assert_ne!(inside.status, 404, "{path}");
    }
    let refused = browser.post("/token", &[("grant_type", "x")]).await;
    refused.assert_json_error(400, "unsupported_grant_type", "grant_type.unsupported");
    assert_eq!(refused.header("vary"), "Origin");
    assert_eq!(refused.get("error_uri"), format!("{root}/auth/errors/grant_type.unsupported"));
    assert_eq!(browser.get(&refused.get("error_uri")).await.status, 200);
}

#[tokio::test]
async fn pages_under_a_path_find_their_stylesheet() {
    let (server, root) = server_at("/auth").await;
    let page = server.get("/errors").await;
    let (_, rest) = page.body.split_once("<link rel=\"stylesheet\" href=\"").unwrap();
    let style = rest.split('"').next().unwrap().replace("&#x2f;", "/");
    assert!(style.starts_with(&format!("{root}/auth/assets/")));
    let sheet = server.get(&style).await;
    assert_eq!((sheet.status.as_u16(), sheet.header("content-type")), (200, "text/css; charset=utf-8"));
    assert!(Url::parse(&style).unwrap().path().ends_with(".css"));
}
