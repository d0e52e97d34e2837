//! The token endpoint: who asks, and how (RFC 6749 §2.3, §3.2, §4.4, §5).

use grantor::oauth::client::{AuthMethod, GrantType};
use oauth2::TokenResponse as _;
use reqwest::Method;

use crate::support::relying_party::{Registration, basic};
use crate::support::{Answer, TestServer};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

async fn with_header(server: &TestServer, authorization: &str, body: &str) -> Answer {
    server.browser().request(Method::POST, "/token", &[FORM, ("authorization", authorization)], body).await
}

#[tokio::test]
async fn a_service_fetches_a_token_for_itself() {
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
async fn scopes_are_refused_by_what_is_wrong_with_them() {
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
async fn a_grant_type_is_named_known_and_allowed() {
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

/// What a request may offer.
#[derive(Clone, Copy, Debug)]
enum Offer {
    Nothing,
    IdAlone,
    Basic,
    BasicWrong,
    Post,
    PostWrong,
    BasicWithIdInBody,
    BasicWithOtherIdInBody,
    Both,
}

impl Offer {
    const ALL: [Self; 9] = [
        Self::Nothing,
        Self::IdAlone,
        Self::Basic,
        Self::BasicWrong,
        Self::Post,
        Self::PostWrong,
        Self::BasicWithIdInBody,
        Self::BasicWithOtherIdInBody,
        Self::Both,
    ];

    async fn send(self, server: &TestServer, grant: &str, id: &str, secret: &str) -> Answer {
        let mut form = vec![("grant_type", grant)];
        form.extend(match self {
            Self::Nothing | Self::Basic | Self::BasicWrong => vec![],
            Self::IdAlone | Self::BasicWithIdInBody => vec![("client_id", id)],
            Self::BasicWithOtherIdInBody => vec![("client_id", "other")],
            Self::Post | Self::Both => vec![("client_id", id), ("client_secret", secret)],
            Self::PostWrong => vec![("client_id", id), ("client_secret", "wrong")],
        });
        let body = serde_urlencoded::to_string(form).unwrap();
        match self {
            Self::Basic | Self::BasicWithIdInBody | Self::BasicWithOtherIdInBody | Self::Both => {
                with_header(server, &basic(id, secret), &body).await
            }
            Self::BasicWrong => with_header(server, &basic(id, "wrong"), &body).await,
            _ => server.browser().request(Method::POST, "/token", &[FORM], &body).await,
        }
    }
}

/// Grant × kind of client × credential: what is refused for who the client is, and what gets further.
#[tokio::test]
async fn threat_10_every_credential_has_its_answer_at_every_grant() {
    let server = TestServer::start().await;
    let all = [GrantType::AuthorizationCode, GrantType::RefreshToken, GrantType::ClientCredentials];
    let either = server.register(Registration::web("either").grants(&all)).await;
    let only_basic = server.register(Registration::web("basic").grants(&all).method(AuthMethod::Basic)).await;
    let only_post = server.register(Registration::web("post").grants(&all).method(AuthMethod::Post)).await;
    let chosen =
        server.register(Registration::web("chosen").grants(&all).chosen_secret("päss w%rd:+&")).await;
    let public = server.register(Registration::spa("public").grants(&all[..2])).await;
    for application in [&either, &only_basic, &only_post, &chosen, &public] {
        for offer in Offer::ALL {
            let expected = expected(&application.id, offer);
            for grant in GrantType::ALL {
                let secret = application.secret.as_deref().unwrap_or("made up");
                let answer = offer.send(&server, grant.as_str(), &application.id, secret).await;
                let reason = answer.json()["reason"].as_str().unwrap_or_default().to_owned();
                // Past authentication, each grant complains of what it lacks; client_credentials lacks nothing.
                let passed = ["", "code.missing", "refresh_token.missing", "client.grant_not_allowed"];
                let outcome = if passed.contains(&reason.as_str()) { "passes" } else { &reason };
                assert_eq!(outcome, expected, "{} {offer:?} {grant:?}", application.id);
                let status = match expected {
                    "client_id.mismatch" | "client.methods_mixed" => 400,
                    "passes" => answer.status.as_u16(),
                    _ => 401,
                };
                assert_eq!(answer.status.as_u16(), status, "{} {offer:?} {grant:?}", application.id);
            }
        }
    }
}

fn expected(client: &str, offer: Offer) -> &'static str {
    match (client, offer) {
        (_, Offer::Nothing) => "client.authentication_missing",
        (_, Offer::Both) => "client.methods_mixed",
        (_, Offer::BasicWithOtherIdInBody) => "client_id.mismatch",
        ("public", Offer::IdAlone) => "passes",
        ("public", _) => "client.secret_unexpected",
        (_, Offer::IdAlone) => "client.authentication_missing",
        ("basic", Offer::Post | Offer::PostWrong) => "client.method_not_allowed",
        ("post", Offer::Basic | Offer::BasicWrong | Offer::BasicWithIdInBody) => "client.method_not_allowed",
        (_, Offer::BasicWrong | Offer::PostWrong) => "client.secret_wrong",
        (_, Offer::Basic | Offer::Post | Offer::BasicWithIdInBody) => "passes",
    }
}

#[tokio::test]
async fn basic_credentials_of_any_form_never_break_the_server() {
    let server = TestServer::start().await;
    server.service().await;
    let body = "grant_type=client_credentials";
    for header in
        ["Basic", "Basic ", "Basic !!!!", "Basic Og==", "Bearer x", "", "Basic YQ==", "Digest username=x"]
    {
        let answer = with_header(&server, header, body).await;
        assert_eq!(answer.status, 401, "{header}: {answer:?}");
        assert_eq!(answer.header("www-authenticate"), "Basic realm=\"grantor\", charset=\"UTF-8\"");
    }
    let unknown = with_header(&server, &basic("nobody", "x"), body).await;
    unknown.assert_json_error(401, "invalid_client", "client.unknown");
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
async fn every_known_parameter_may_stand_once() {
    let server = TestServer::start().await;
    let service = server.service().await;
    let authorization = basic(&service.id, service.secret.as_deref().unwrap());
    for name in [
        "grant_type",
        "client_id",
        "client_secret",
        "code",
        "redirect_uri",
        "code_verifier",
        "refresh_token",
        "scope",
        "device_code",
    ] {
        let body = format!("grant_type=client_credentials&{name}=client_credentials&{name}=");
        let answer = with_header(&server, &authorization, &body).await;
        answer.assert_json_error(400, "invalid_request", "parameter.repeated");
    }
    let unknown =
        with_header(&server, &authorization, "grant_type=client_credentials&x=1&x=2&audience=").await;
    assert_eq!(unknown.status, 200);
}

#[tokio::test]
async fn credentials_and_codes_in_the_query_do_not_count() {
    let server = TestServer::start().await;
    let service = server.service().await;
    let secret = service.secret.as_deref().unwrap();
    let path =
        format!("/token?grant_type=client_credentials&client_id={}&client_secret={secret}", service.id);
    let answer = server.browser().post(&path, &[]).await;
    answer.assert_json_error(400, "invalid_request", "grant_type.missing");
}

#[tokio::test]
async fn an_expired_secret_is_wrong_and_a_new_one_counts_at_once() {
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
async fn the_use_of_a_secret_is_noted() {
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
