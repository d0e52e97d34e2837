//! The token endpoint: client authentication and parameters (RFC 6749 §2.3, §3.2, §4.4, §5).

use grantor::oauth::client::GrantType;
use oauth2::TokenResponse as _;
use reqwest::Method;

use crate::support::relying_party::{Registration, basic};
use crate::support::{Answer, Operator, TestServer};

/// The parameters of the token endpoint, listed here again so that one that the program forgets is noticed.
pub(crate) const PARAMETERS: [&str; 15] = [
    "grant_type",
    "client_id",
    "client_secret",
    "code",
    "redirect_uri",
    "code_verifier",
    "refresh_token",
    "scope",
    "device_code",
    "assertion",
    "subject_token",
    "subject_token_type",
    "actor_token",
    "actor_token_type",
    "requested_token_type",
];

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

async fn with_header(server: &TestServer, authorization: &str, body: &str) -> Answer {
    server.browser().request(Method::POST, "/token", &[FORM, ("authorization", authorization)], body).await
}

#[tokio::test]
async fn a_service_gets_a_token_for_itself() {
    let server = TestServer::start().await;
    let service = server.service().await;
    let tokens = service.client_credentials().await;
    assert_eq!(tokens.expires_in().unwrap().as_secs(), 600);
    assert!(tokens.refresh_token().is_none(), "RFC 6749 §4.4.3");

    let answer = service.token(&[("grant_type", "client_credentials"), ("scope", "pay read")]).await;
    assert_eq!(answer.get("scope"), "pay read");
    assert_eq!(answer.get("token_type"), "Bearer");
    assert_eq!(answer.header("cache-control"), "no-store");
    let unasked = service.token(&[("grant_type", "client_credentials"), ("scope", "")]).await;
    assert_eq!(unasked.get("scope"), "read write", "never the sensitive one unasked");
}

#[tokio::test]
async fn each_wrong_scope_is_refused_for_its_own_reason() {
    let server = TestServer::start().await;
    let service = server.service().await;
    let asks =
        async |scope: &str| service.token(&[("grant_type", "client_credentials"), ("scope", scope)]).await;
    asks("nonsense").await.assert_json_error(400, "invalid_scope", "scope.unknown");
    asks("secret").await.assert_json_error(400, "forbidden_scope", "scope.forbidden");
    asks("read\"").await.assert_json_error(400, "invalid_scope", "scope.malformed");
    let bare = server.register(Registration::service("bare").scopes("")).await;
    let refused = bare.token(&[("grant_type", "client_credentials")]).await;
    refused.assert_json_error(400, "invalid_scope", "scope.none");
}

#[tokio::test]
async fn a_grant_type_must_be_given_known_and_allowed() {
    let server = TestServer::start().await;
    let (service, web) = (server.service().await, server.web().await);
    let missing = service.token(&[("scope", "read")]).await;
    missing.assert_json_error(400, "invalid_request", "grant_type.missing");
    let password = service.token(&[("grant_type", "password")]).await;
    password.assert_json_error(400, "unsupported_grant_type", "grant_type.unsupported");
    let refused = web.token(&[("grant_type", "client_credentials")]).await;
    refused.assert_json_error(400, "unauthorized_client", "client.grant_not_allowed");
    let refused = service.token(&[("grant_type", "authorization_code"), ("code", "x")]).await;
    refused.assert_json_error(400, "unauthorized_client", "client.grant_not_allowed");
    let missing = web.token(&[("grant_type", "authorization_code")]).await;
    missing.assert_json_error(400, "invalid_request", "code.missing");
}

/// Unusual ways to send credentials, in addition to the table in `credentials`, and a client that may use either method.
#[tokio::test]
async fn credentials_must_come_in_one_way_and_for_one_client() {
    let server = TestServer::start().await;
    let either = server.service().await;
    let chosen = server.register(Registration::service("chosen").chosen_secret("päss w%rd:+&")).await;
    let spa = server.spa().await;
    let ask = async |authorization: Option<&str>, form: &[(&str, &str)]| {
        let form = [&[("grant_type", "client_credentials")], form].concat();
        let body = serde_urlencoded::to_string(form).unwrap();
        let mut headers = vec![FORM];
        headers.extend(authorization.map(|value| ("authorization", value)));
        server.browser().request(Method::POST, "/token", &headers, &body).await
    };
    for application in [&either, &chosen, &spa] {
        let (id, secret) = (application.id.as_str(), application.secret.as_deref().unwrap_or("made up"));
        let by_basic = basic(id, secret);
        let both = ask(Some(&by_basic), &[("client_id", id), ("client_secret", secret)]).await;
        both.assert_json_error(400, "invalid_request", "client.methods_mixed");
        let other = ask(Some(&by_basic), &[("client_id", "other")]).await;
        other.assert_json_error(400, "invalid_request", "client_id.mismatch");
        let ways = [
            ask(Some(&by_basic), &[]).await,
            ask(Some(&by_basic), &[("client_id", id)]).await,
            ask(None, &[("client_id", id), ("client_secret", secret)]).await,
        ];
        for answer in ways {
            match application.secret {
                Some(_) => assert_eq!(answer.status, 200, "{id}: {answer:?}"),
                None => answer.assert_json_error(401, "invalid_client", "client.secret_unexpected"),
            }
        }
    }
    ask(None, &[]).await.assert_json_error(401, "invalid_client", "client.authentication_missing");
}

#[tokio::test]
async fn basic_credentials_of_any_form_never_break_the_server() {
    let server = TestServer::start().await;
    server.service().await;
    let body = "grant_type=client_credentials";
    let (by_basic, other) = ("Basic realm=\"grantor\", charset=\"UTF-8\"", "OAuth-Client realm=\"grantor\"");
    for (header, challenge, reason) in [
        ("Basic", by_basic, "client.basic_malformed"),
        ("Basic ", by_basic, "client.basic_malformed"),
        ("basic !!!!", by_basic, "client.basic_malformed"),
        ("Basic Og==", by_basic, "client.unknown"),
        ("BASIC YQ==", by_basic, "client.basic_malformed"),
        ("Bearer x", other, "client.authentication_missing"),
        ("", other, "client.authentication_missing"),
        ("Digest username=x", other, "client.authentication_missing"),
        ("Basically x", other, "client.authentication_missing"),
        ("Negotiate", other, "client.authentication_missing"),
        ("\u{e9} x", other, "client.authentication_missing"),
    ] {
        let answer = with_header(&server, header, body).await;
        answer.assert_json_error(401, "invalid_client", reason);
        assert_eq!(answer.header("www-authenticate"), challenge, "{header}");
    }
    let unknown = with_header(&server, &basic("nobody", "x"), body).await;
    unknown.assert_json_error(401, "invalid_client", "client.unknown");
}

#[tokio::test]
async fn a_header_with_another_scheme_than_basic_is_no_client_authentication_at_any_endpoint() {
    let server = TestServer::start().await;
    let service = server.service().await;
    let device = Registration::native("tv").grants(&[GrantType::DeviceCode, GrantType::RefreshToken]);
    let tv = server.register(device).await;
    let secret = service.secret.clone().unwrap();
    let by_post = [("client_id", service.id.as_str()), ("client_secret", secret.as_str())];
    let public = [("client_id", tv.id.as_str())];
    for scheme in ["Bearer gat_old", "bearer", "Negotiate YII", "DPoP eyJ", "Token x", "Basics YTpi"] {
        for (path, client, more, status) in [
            ("/token", &by_post[..], ("grant_type", "client_credentials"), 200),
            ("/token", &public[..], ("grant_type", "refresh_token"), 400),
            ("/introspect", &by_post[..], ("token", "x"), 200),
            ("/revoke", &by_post[..], ("token", "x"), 200),
            ("/revoke", &public[..], ("token", "x"), 200),
            ("/device_authorization", &public[..], ("scope", "read"), 200),
        ] {
            let form = serde_urlencoded::to_string([client, &[more]].concat()).unwrap();
            let headers = [FORM, ("authorization", scheme)];
            let answer = server.browser().request(Method::POST, path, &headers, &form).await;
            assert_eq!(answer.status, status, "{scheme} at {path}: {answer:?}");
            if status == 400 {
                answer.assert_json_error(400, "invalid_request", "refresh_token.missing");
            }
        }
        // A confidential client must still prove who it is, and learns so without a challenge that browsers know.
        for path in ["/token", "/introspect", "/revoke", "/device_authorization", "/bc-authorize"] {
            let form = "grant_type=client_credentials&client_id=service&token=x";
            let headers = [FORM, ("authorization", scheme)];
            let answer = server.browser().request(Method::POST, path, &headers, form).await;
            answer.assert_json_error(401, "invalid_client", "client.authentication_missing");
            assert_eq!(answer.header("www-authenticate"), "OAuth-Client realm=\"grantor\"");
        }
    }
    let wrong = basic("service", "wrong");
    for path in ["/token", "/introspect", "/revoke", "/device_authorization", "/bc-authorize"] {
        let form = "grant_type=client_credentials&token=x";
        let headers = [FORM, ("authorization", wrong.as_str())];
        let answer = server.browser().request(Method::POST, path, &headers, form).await;
        answer.assert_json_error(401, "invalid_client", "client.secret_wrong");
        assert!(answer.header("www-authenticate").starts_with("Basic "), "{answer:?}");
    }
}

#[tokio::test]
async fn spaces_between_and_around_scopes_count_as_one_wherever_a_scope_is_read() {
    let server = TestServer::start().await;
    let (service, web, mut alice) = (server.service().await, server.web().await, server.alice().await);
    let device = Registration::native("tv").grants(&[GrantType::DeviceCode, GrantType::RefreshToken]);
    let tv = server.register(device).await;
    for (scope, granted) in
        [("read ", "read"), ("  read   write ", "read write"), (" write read", "read write")]
    {
        let form = [("grant_type", "client_credentials"), ("scope", scope)];
        assert_eq!(service.token(&form).await.get("scope"), granted, "{scope:?}");
        let asked = [("scope", scope), ("response_type", " code "), ("prompt", "  consent ")];
        let back = alice.authorize(&web.url_with(&asked)).await;
        let tokens = web.redeem_by_hand(&back.get("code")).await;
        assert_eq!(tokens.get("scope"), granted, "{scope:?}");
        let refresh = tokens.get("refresh_token");
        let narrower =
            [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str()), ("scope", scope)];
        assert_eq!(web.token(&narrower).await.get("scope"), granted, "{scope:?}");
        let begun = tv.post("/device_authorization", &[("scope", scope)]).await;
        assert_eq!(begun.status, 200, "{scope:?}: {begun:?}");
    }
    // Only spaces are like an empty parameter: the default scope.
    let all = service.token(&[("grant_type", "client_credentials")]).await.get("scope");
    let spaces = service.token(&[("grant_type", "client_credentials"), ("scope", "  ")]).await;
    assert_eq!(spaces.get("scope"), all);
    let operator = Operator::of(&server);
    operator.done(&["client", "update", "service", "--scope", " read  write "]);
    assert_eq!(operator.json(&["client", "show", "service"])["scope"], "read write");
}

#[tokio::test]
async fn basic_credentials_with_an_empty_secret_are_those_of_a_public_client() {
    let server = TestServer::start().await;
    let (service, spa) = (server.service().await, server.spa().await);
    let missing = with_header(&server, &basic(&service.id, ""), "grant_type=client_credentials").await;
    missing.assert_json_error(401, "invalid_client", "client.authentication_missing");
    let passed = with_header(&server, &basic(&spa.id, ""), "grant_type=refresh_token").await;
    passed.assert_json_error(400, "invalid_request", "refresh_token.missing");
}

#[tokio::test]
async fn ids_and_secrets_with_reserved_characters_work_in_basic_and_in_the_body() {
    let server = TestServer::start().await;
    let id = "a client: with ~ & = + % chars";
    let odd = server.register(Registration::service(id).chosen_secret("a:b c+d%20ü&=\"\\")).await;
    assert_eq!(odd.client_credentials().await.scopes().unwrap().len(), 2);
    let secret = odd.secret.as_deref().unwrap();
    let body = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
    assert_eq!(server.token(&body).await.status, 200);
}

#[tokio::test]
async fn every_known_parameter_may_appear_once() {
    let server = TestServer::start().await;
    let service = server.service().await;
    let authorization = basic(&service.id, service.secret.as_deref().unwrap());
    for name in PARAMETERS {
        let body = format!("grant_type=client_credentials&{name}=client_credentials&{name}=");
        let answer = with_header(&server, &authorization, &body).await;
        answer.assert_json_error(400, "invalid_request", "parameter.repeated");
    }
    let unknown =
        with_header(&server, &authorization, "grant_type=client_credentials&x=1&x=2&audience=").await;
    assert_eq!(unknown.status, 200);
}

#[tokio::test]
async fn credentials_and_codes_in_the_query_are_ignored() {
    let server = TestServer::start().await;
    let service = server.service().await;
    let secret = service.secret.as_deref().unwrap();
    let path =
        format!("/token?grant_type=client_credentials&client_id={}&client_secret={secret}", service.id);
    let answer = server.browser().post(&path, &[]).await;
    answer.assert_json_error(400, "invalid_request", "grant_type.missing");
}

#[tokio::test]
async fn an_expired_secret_is_refused_and_a_new_one_works_at_once() {
    let server = TestServer::start().await;
    let service = server.service().await;
    assert_eq!(service.token(&[("grant_type", "client_credentials")]).await.status, 200);
    server.sql("UPDATE client_secrets SET expires_at = 1").await;
    server.sql("UPDATE clients SET version = version + 1").await;
    let refused = service.token(&[("grant_type", "client_credentials")]).await;
    refused.assert_json_error(401, "invalid_client", "client.secret_wrong");
    server.sql("UPDATE client_secrets SET expires_at = NULL").await;
    server.sql("UPDATE clients SET version = version + 1").await;
    assert_eq!(service.token(&[("grant_type", "client_credentials")]).await.status, 200);
}

#[tokio::test]
async fn the_last_use_of_a_secret_is_recorded() {
    let server = TestServer::start().await;
    let service = server.service().await;
    service.client_credentials().await;
    while server.number("SELECT COUNT(*) FROM client_secrets WHERE last_used_at IS NOT NULL").await == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_token_endpoint_whose_database_fails_says_server_error_and_nothing_else() {
    let server = TestServer::start().await;
    let service = server.service().await;
    server.sql("ALTER TABLE access_tokens RENAME TO hidden_tokens").await;
    let answer = service.token(&[("grant_type", "client_credentials")]).await;
    answer.assert_json_error(500, "server_error", "server.failed");
    assert!(!answer.body.contains("access_tokens"));
}
