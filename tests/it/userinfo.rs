//! UserInfo: the claims of each scope, and the refusals of RFC 6750.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::jwt::{is_signed, parts};
use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Browser, Operator, TestServer};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

async fn app(server: &TestServer) -> Application {
    let scopes = "openid profile email address phone groups offline_access staff read";
    server.register(Registration::web("app").scopes(scopes)).await
}

async fn access_token(app: &Application, browser: &mut Browser, scope: &str) -> String {
    let back = browser.authorize(&app.url_with(&[("scope", scope)])).await;
    app.redeem_by_hand(&back.get("code")).await.get("access_token")
}

/// Stores a value for every claim that a scope can return.
fn describe_alice(operator: &Operator) {
    operator.done(&[
        "user",
        "update",
        "alice",
        "--name",
        "Alice Liddell",
        "--email-verified",
        "true",
        "--group",
        "staff",
        "--group",
        "on call",
        "--claim",
        "given_name=Alice",
        "--claim",
        "birthdate=1852-05-04",
        "--claim",
        "picture=https://alice.example.com/p.png",
        "--claim",
        "locale=en-GB",
        "--claim",
        "address={\"country\":\"GB\",\"formatted\":\"Oxford\"}",
        "--claim",
        "phone_number=+44 1",
        "--claim",
        "level:=3",
    ]);
}

#[tokio::test]
async fn each_scope_returns_its_claims_and_no_others() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let (app, mut alice) = (app(&server).await, server.alice().await);
    operator.done(&[
        "scope",
        "create",
        "staff",
        "--description",
        "S",
        "--claim",
        "level",
        "--claim",
        "locale",
    ]);
    describe_alice(&operator);
    let updated_at = operator.json(&["user", "show", "alice"])["updated_at"].clone();
    let profile = json!({
        "name": "Alice Liddell", "given_name": "Alice", "birthdate": "1852-05-04", "locale": "en-GB",
        "picture": "https://alice.example.com/p.png", "preferred_username": "alice",
    });
    for (scope, reply) in [
        ("openid", json!({})),
        ("openid read offline_access", json!({})),
        ("openid profile", profile),
        ("openid email", json!({"email": "alice@example.com", "email_verified": true})),
        ("openid address", json!({"address": {"country": "GB", "formatted": "Oxford"}})),
        ("openid phone", json!({"phone_number": "+44 1", "phone_number_verified": false})),
        ("openid groups", json!({"groups": ["staff", "on call"]})),
        ("openid staff", json!({"level": 3, "locale": "en-GB"})),
        ("openid groups staff", json!({"groups": ["staff", "on call"], "level": 3, "locale": "en-GB"})),
    ] {
        let answer = server.user_info(&access_token(&app, &mut alice, scope).await).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "no-store");
        let mut answer = answer.json();
        let claims = answer.as_object_mut().unwrap();
        assert!(claims.remove("sub").is_some_and(|sub| sub.as_str().is_some_and(|sub| sub.len() == 22)));
        if scope.contains("profile") {
            assert!(updated_at.is_string() && claims.remove("updated_at").is_some_and(|at| at.is_number()));
        }
        assert_eq!(answer, reply, "{scope}");
    }
}

#[tokio::test]
async fn changed_claims_are_returned_at_once() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let (app, mut alice) = (app(&server).await, server.alice().await);
    let token = access_token(&app, &mut alice, "openid email").await;
    operator.done(&["user", "update", "alice", "--email-verified", "true"]);
    assert_eq!(server.user_info(&token).await.json()["email_verified"], true);
    operator.done(&["user", "update", "alice", "--email", "new@example.com"]);
    let reply = server.user_info(&token).await.json();
    assert_eq!((&reply["email"], &reply["email_verified"]), (&"new@example.com".into(), &false.into()));
    operator.done(&["user", "update", "alice", "--no-email"]);
    assert_eq!(server.user_info(&token).await.json().as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn the_token_may_come_in_the_header_or_in_a_form_and_only_once() {
    let server = TestServer::start().await;
    let (app, mut alice) = (app(&server).await, server.alice().await);
    let token = access_token(&app, &mut alice, "openid").await;
    let form = format!("access_token={token}");
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let bearer = format!("{scheme} {token}");
        let header = ("authorization", bearer.as_str());
        for method in [Method::GET, Method::POST] {
            let answer = server.browser().request(method.clone(), "/userinfo", &[header], "").await;
            assert_eq!(answer.status, 200, "{method} {scheme}: {answer:?}");
        }
        let empty = server.browser().request(Method::POST, "/userinfo", &[header, FORM], "").await;
        assert_eq!(empty.status, 200, "{empty:?}");
        let twice = server.browser().request(Method::POST, "/userinfo", &[header, FORM], &form).await;
        twice.assert_json_error(400, "invalid_request", "bearer.repeated");
    }
    assert_eq!(server.browser().request(Method::POST, "/userinfo", &[FORM], &form).await.status, 200);
    let query = server.get(&format!("/userinfo?{form}")).await;
    query.assert_json_error(401, "invalid_token", "bearer.missing");
}

#[tokio::test]
async fn invalid_tokens_are_refused_in_the_words_of_rfc_6750() {
    let server = TestServer::start().await;
    let [long, longest, too_long] =
        [4097, 32 * 1024, 32 * 1024 + 1].map(|length| format!("Bearer {}", "a".repeat(length)));
    let too_long_form = format!("access_token={}", "a".repeat(32 * 1024 + 1));
    for (header, body, status, error, reason) in [
        (None, "", 401, "invalid_token", "bearer.missing"),
        (Some("Basic YTpi"), "", 401, "invalid_token", "bearer.missing"),
        (Some("Bearer"), "", 400, "invalid_request", "bearer.malformed"),
        (Some("Bearer  "), "", 400, "invalid_request", "bearer.malformed"),
        (Some("Bearer a b"), "", 400, "invalid_request", "bearer.malformed"),
        (Some("Bearer \"a\""), "", 400, "invalid_request", "bearer.malformed"),
        (Some("Bearer \u{e9}"), "", 400, "invalid_request", "bearer.malformed"),
        (Some(long.as_str()), "", 401, "invalid_token", "bearer.unknown"),
        (Some(longest.as_str()), "", 401, "invalid_token", "bearer.unknown"),
        (Some(too_long.as_str()), "", 400, "invalid_request", "bearer.too_long"),
        (None, too_long_form.as_str(), 400, "invalid_request", "parameter.too_long"),
        (None, &too_long_form[..too_long_form.len() - 1], 401, "invalid_token", "bearer.unknown"),
        (Some("Bearer unknown"), "", 401, "invalid_token", "bearer.unknown"),
        (Some("Bearer gat_unknown=="), "", 401, "invalid_token", "bearer.unknown"),
        (None, "access_token=", 401, "invalid_token", "bearer.missing"),
        (None, "access_token=a+b", 400, "invalid_request", "bearer.malformed"),
        (None, "access_token=a&access_token=a", 400, "invalid_request", "parameter.repeated"),
        (None, "access_token=unknown", 401, "invalid_token", "bearer.unknown"),
    ] {
        let mut headers: Vec<(&str, &str)> =
            header.map(|value| ("authorization", value)).into_iter().collect();
        let method = if body.is_empty() { Method::GET } else { Method::POST };
        headers.extend((!body.is_empty()).then_some(FORM));
        let answer = server.browser().request(method, "/userinfo", &headers, body).await;
        answer.assert_json_error(status, error, reason);
        let challenge = answer.header("www-authenticate");
        match reason {
            "bearer.missing" => assert_eq!(challenge, "Bearer realm=\"grantor\"", "{header:?} {body}"),
            _ => {
                let start = format!("Bearer realm=\"grantor\", error=\"{error}\", error_description=\"");
                let end = format!("\", error_uri=\"{}/errors/{reason}\"", server.url);
                assert!(challenge.starts_with(&start) && challenge.ends_with(&end), "{challenge}");
            }
        }
    }
}

#[track_caller]
fn assert_refused(answer: &Answer, status: u16, error: &str, reason: &str) {
    answer.assert_json_error(status, error, reason);
    assert!(answer.header("www-authenticate").contains(&format!("error=\"{error}\"")), "{answer:?}");
}

#[tokio::test]
async fn an_ended_token_opens_nothing_from_that_moment() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let (app, mut alice) = (app(&server).await, server.alice().await);
    let token = access_token(&app, &mut alice, "openid").await;
    assert_eq!(server.user_info(&token).await.status, 200);
    operator.done(&["client", "update", "app", "--disable"]);
    assert_refused(&server.user_info(&token).await, 401, "invalid_token", "bearer.revoked");
    operator.done(&["client", "update", "app", "--enable"]);
    assert_eq!(server.user_info(&token).await.status, 200);
    operator.done(&["user", "disable", "alice"]);
    assert_refused(&server.user_info(&token).await, 401, "invalid_token", "bearer.revoked");
    operator.done(&["user", "enable", "alice"]);
    assert_refused(&server.user_info(&token).await, 401, "invalid_token", "bearer.revoked");
    let mut alice = server.browser();
    let token = access_token(&app, &mut alice, "openid").await;
    server.sql("UPDATE grants SET revoked_at = 1, revoked_for = 'test'").await;
    assert_refused(&server.user_info(&token).await, 401, "invalid_token", "bearer.revoked");

    let mut alice = server.browser();
    let token = access_token(&app, &mut alice, "openid").await;
    server.clock.advance(Duration::from_secs(599));
    assert_eq!(server.user_info(&token).await.status, 200);
    server.clock.advance(Duration::from_secs(1));
    assert_refused(&server.user_info(&token).await, 401, "invalid_token", "bearer.expired");
}

#[tokio::test]
async fn a_token_without_openid_or_without_a_person_is_refused() {
    let server = TestServer::start().await;
    let (app, mut alice) = (app(&server).await, server.alice().await);
    let token = access_token(&app, &mut alice, "profile read").await;
    let answer = server.user_info(&token).await;
    assert_refused(&answer, 403, "insufficient_scope", "bearer.scope");
    assert!(answer.header("www-authenticate").ends_with(", scope=\"openid\""), "{answer:?}");

    let service = server.register(Registration::service("job").scopes("openid read")).await;
    let token = service.token(&[("grant_type", "client_credentials")]).await.get("access_token");
    assert_refused(&server.user_info(&token).await, 401, "invalid_token", "bearer.without_person");
}

#[tokio::test]
async fn a_code_that_is_replayed_ends_the_token_at_userinfo() {
    let server = TestServer::start().await;
    let (app, mut alice) = (app(&server).await, server.alice().await);
    let code = alice.authorize(&app.url_with(&[("scope", "openid")])).await.get("code");
    let token = app.redeem_by_hand(&code).await.get("access_token");
    assert_eq!(server.user_info(&token).await.status, 200);
    app.redeem_by_hand(&code).await.assert_json_error(400, "invalid_grant", "code.replayed");
    assert_refused(&server.user_info(&token).await, 401, "invalid_token", "bearer.revoked");
}

#[tokio::test]
async fn a_user_is_created_with_every_standard_claim() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let app = app(&server).await;
    let claims = json!({
        "given_name": "Jane", "family_name": "Doe", "middle_name": "M", "nickname": "J", "gender": "female",
        "profile": "https://jane.example.com/", "picture": "https://jane.example.com/p.png",
        "website": "https://jane.example.com/w", "birthdate": "1985-10-26", "zoneinfo": "Europe/Stockholm",
        "locale": "sv-SE", "phone_number": "+46 8", "phone_number_verified": true, "email_verified": true,
        "address": {"street_address": "Gatan 1", "locality": "Stockholm", "postal_code": "11111", "country": "SE"},
        "preferred_username": "JD", "name": "Jane Doe", "email": "jane@example.com",
    });
    let mut command = vec!["user".to_owned(), "create".into(), "--username".into(), "jane".into()];
    command.push("--password-stdin".into());
    for (name, value) in claims.as_object().unwrap() {
        command.push("--claim".into());
        command.push(format!("{name}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
    }
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    let output = operator.with_input(&command, crate::support::server::PASSWORD);
    assert!(output.status.success(), "{output:?}");

    let mut browser = server.browser();
    let page = browser.open(&app.url_with(&[("scope", "openid profile email address phone")])).await;
    let consent = browser.sign_in(&page, "jane").await;
    let code = browser.allow(&consent).await.get("code");
    let mut reply = server.user_info(&app.redeem_by_hand(&code).await.get("access_token")).await.json();
    let reply = reply.as_object_mut().unwrap();
    assert!(reply.remove("sub").is_some() && reply.remove("updated_at").is_some_and(|at| at.is_number()));
    assert_eq!(Value::Object(reply.clone()), claims);
}

#[tokio::test]
async fn a_client_registered_for_it_gets_signed_claims() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let (app, mut alice) = (app(&server).await, server.alice().await);
    operator.done(&["client", "update", "app", "--userinfo-alg", "EdDSA"]);
    let token = access_token(&app, &mut alice, "openid email").await;
    let answer = server.user_info(&token).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/jwt"));
    assert_eq!(answer.header("cache-control"), "no-store");
    let [header, reply] = parts(&answer.body);
    assert_eq!(header["alg"], "EdDSA");
    assert!(is_signed(&server, &answer.body).await);
    let expected = json!({
        "iss": server.url, "aud": "app", "sub": reply["sub"], "email": "alice@example.com", "email_verified": false,
    });
    assert_eq!(reply, expected);
    // A signed UserInfo response is not an ID Token, and so not an `id_token_hint`.
    let hint = alice.get(&format!("/logout?id_token_hint={}", answer.body)).await;
    hint.assert_page(400, "id_token_hint.invalid");

    server.user_info("made-up").await.assert_json_error(401, "invalid_token", "bearer.unknown");
    operator.done(&["client", "update", "app", "--userinfo-alg", "default"]);
    let why = operator.refused(&["client", "update", "app", "--userinfo-alg", "PS256"]);
    assert!(why.contains("keys.algorithms offers"), "{why}");
}

#[tokio::test]
async fn a_post_with_a_token_in_the_header_needs_no_form() {
    let server = TestServer::start().await;
    let (app, mut alice) = (app(&server).await, server.alice().await);
    let token = access_token(&app, &mut alice, "openid").await;
    let bearer = format!("Bearer {token}");
    let by_header = ("authorization", bearer.as_str());
    let mut browser = server.browser();
    for (media_type, body) in [
        ("application/json", ""),
        ("application/json", "{}"),
        ("text/plain; charset=utf-8", ""),
        ("", ""),
        (FORM.1, ""),
        (FORM.1, "a=b"),
    ] {
        let headers = [by_header, ("content-type", media_type)];
        let answer = browser.request(Method::POST, "/userinfo", &headers, body).await;
        assert_eq!(answer.status, 200, "{media_type} {body}: {answer:?}");
        assert!(answer.json()["sub"].is_string(), "{answer:?}");
    }
    // Two tokens are still two, and a body that may hold a token and is not a form is not read.
    let both = format!("access_token={token}");
    let answer = browser.request(Method::POST, "/userinfo", &[by_header, FORM], &both).await;
    answer.assert_json_error(400, "invalid_request", "bearer.repeated");
    let json = ("content-type", "application/json");
    let answer = browser.request(Method::POST, "/userinfo", &[json], "{}").await;
    answer.assert_json_error(415, "invalid_request", "request.media_type");
    let answer = browser.request(Method::POST, "/userinfo", &[json], "").await;
    answer.assert_json_error(401, "invalid_token", "bearer.missing");
}
