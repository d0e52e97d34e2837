//! OpenID Connect RP-Initiated Logout, and what ends with a session.

use std::time::Duration;

use grantor::oauth::client::ClientKind;
use grantor::oauth::request::redirect_uri::RegisteredUri;
use reqwest::Method;
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Browser, Operator, TestServer};

const QUESTION: &str = "<h1>Sign out?</h1>";
const SIGNED_OUT: &str = "You are signed out</h1>";
const BYE: &str = "https://app.example/bye?x=1";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

async fn application(server: &TestServer, id: &str) -> Application {
    let mut registration = Registration::web(id).scopes("openid offline_access read");
    registration.client.post_logout_redirect_uris =
        vec![RegisteredUri::register(BYE, ClientKind::Web).unwrap()];
    registration.client.links.site = Some("https://app.example/".into());
    server.register(registration).await
}

/// The token response after a sign-in, or after another visit.
async fn tokens(app: &Application, browser: &mut Browser, scope: &str) -> Value {
    let back = browser.authorize(&app.url_with(&[("scope", scope)])).await;
    app.redeem_by_hand(&back.get("code")).await.json()
}

async fn id_token(app: &Application, browser: &mut Browser) -> String {
    tokens(app, browser, "openid").await["id_token"].as_str().expect("an ID Token").to_owned()
}

fn query(params: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(params).finish()
}

async fn sign_out(browser: &mut Browser, params: &[(&str, &str)]) -> Answer {
    browser.get(&format!("/logout?{}", query(params))).await
}

async fn is_signed_in(browser: &mut Browser) -> bool {
    browser.get("/").await.body.contains(">alice</bdi>")
}

#[tokio::test]
async fn an_application_that_proves_its_session_ends_it_without_a_question() {
    let server = TestServer::start().await;
    let (app, mut alice) = (application(&server, "app").await, server.alice().await);
    for with_client in [&[][..], &[("client_id", "app")]] {
        let hint = id_token(&app, &mut alice).await;
        let params = [&[("id_token_hint", hint.as_str())], with_client].concat();
        let answer = sign_out(&mut alice, &params).await;
        assert_eq!(answer.location(), Some(format!("{}/logout?client_id=app", server.url)));
        assert!(answer.header("set-cookie").starts_with("grantor-session=; "), "{answer:?}");
        let page = alice.follow(answer).await;
        assert!(
            page.body.contains(SIGNED_OUT)
                && page.body.contains("href=\"https:&#x2f;&#x2f;app.example&#x2f;\"")
        );
        assert!(!is_signed_in(&mut alice).await);
    }
    let hint = id_token(&app, &mut alice).await;
    server.clock.advance(Duration::from_secs(7200));
    let params = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BYE), ("state", "a&b")];
    let answer = sign_out(&mut alice, &params).await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.location().as_deref(), Some("https://app.example/bye?x=1&state=a%26b"));
    assert!(!is_signed_in(&mut alice).await, "an expired hint counts");
    let again = sign_out(&mut alice, &params[..2]).await;
    assert_eq!(again.location().as_deref(), Some(BYE), "who is signed out already comes back, too");
}

#[tokio::test]
async fn without_proof_the_person_is_asked_first() {
    let server = TestServer::start().await;
    let (app, mut alice) = (application(&server, "app").await, server.alice().await);
    let mut elsewhere = alice.stranger();
    let of_another_session = id_token(&app, &mut elsewhere).await;
    id_token(&app, &mut alice).await;
    let back = ("post_logout_redirect_uri", BYE);
    for params in [
        vec![("client_id", "app"), back, ("state", "s")],
        vec![("id_token_hint", of_another_session.as_str()), back, ("state", "s")],
    ] {
        let question = sign_out(&mut alice, &params).await;
        assert!(question.body.contains(QUESTION), "{question:?}");
        assert!(
            question.body.contains("<strong><bdi>The app application</bdi></strong> wants to sign you out")
        );
        assert!(is_signed_in(&mut alice).await);
        let answer = alice.submit_only(&question, &[]).await;
        assert_eq!(answer.location().as_deref(), Some("https://app.example/bye?x=1&state=s"));
        assert!(!is_signed_in(&mut alice).await);
        id_token(&app, &mut alice).await;
    }
    let question = sign_out(&mut alice, &[("client_id", "app")]).await;
    let page = alice.submit(&question, &[]).await;
    assert!(
        page.body.contains(SIGNED_OUT) && page.body.contains("Back to <bdi>The app application</bdi>"),
        "{page:?}"
    );
    assert!(elsewhere.get("/").await.body.contains("alice"), "another browser's session goes on");
}

#[tokio::test]
async fn a_hint_of_another_person_ends_no_session() {
    let server = TestServer::start().await;
    let (app, mut alice) = (application(&server, "app").await, server.alice().await);
    server.user("bob").await;
    let mut bobs = alice.stranger();
    let page = bobs.open(&app.url_with(&[("scope", "openid")])).await;
    let consent = bobs.sign_in(&page, "bob").await;
    let code = bobs.allow(&consent).await.get("code");
    let hint = app.redeem_by_hand(&code).await.get("id_token");
    id_token(&app, &mut alice).await;
    let question = sign_out(&mut alice, &[("id_token_hint", &hint)]).await;
    assert!(question.body.contains(QUESTION) && question.body.contains(">alice</bdi>"), "{question:?}");
    assert!(is_signed_in(&mut alice).await);
}

/// Hints with the claims of a good one but another header, or without a signature.
fn forged(good: &str) -> Vec<String> {
    let parts: Vec<&str> = good.split('.').collect();
    let encode = |json: Value| grantor::secret::to_base64url(json.to_string().as_bytes());
    let decode = |part: &str| -> Value {
        serde_json::from_slice(&grantor::secret::from_base64url(part).unwrap()).unwrap()
    };
    let header = decode(parts[0]);
    let with = |name: &str, value: Value| {
        let mut header = header.clone();
        header[name] = value;
        format!("{}.{}.{}", encode(header), parts[1], parts[2])
    };
    let mut claims = decode(parts[1]);
    claims["sub"] = json!("somebody else");
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    vec![
        "nonsense".into(),
        "a.b.c".into(),
        format!("{}.{}.", encode(json!({"alg": "none", "typ": "JWT"})), parts[1]),
        format!("{}.{}.{}", parts[0], encode(claims), parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        with("alg", json!("none")),
        with("alg", json!("HS256")),
        with("alg", json!("EdDSA")),
        with("kid", json!("foreign")),
        with("typ", json!("at+jwt")),
        with("crit", json!(["exp"])),
        with("jwk", jwk),
        with("jku", json!("https://evil.example/jwks")),
        with("x5u", json!("https://evil.example/x")),
        "x".repeat(32 * 1024),
        "x".repeat(32 * 1024 + 1),
    ]
}

#[tokio::test]
async fn a_wrong_logout_request_gets_a_page_and_never_a_redirect() {
    let server = TestServer::start().await;
    let (app, mut alice) = (application(&server, "app").await, server.alice().await);
    application(&server, "other").await;
    let hint = id_token(&app, &mut alice).await;
    let back = ("post_logout_redirect_uri", BYE);
    let hint_and = |other| vec![("id_token_hint", hint.as_str()), other];
    let mut cases = vec![
        (vec![back], "logout.client_missing"),
        (vec![("client_id", "nobody"), back], "client.unknown"),
        (vec![("client_id", "nobody")], "client.unknown"),
        (hint_and(("client_id", "other")), "id_token_hint.other_client"),
        (hint_and(("post_logout_redirect_uri", "https://app.example/bye")), "logout.redirect_uri"),
        (hint_and(("post_logout_redirect_uri", "https://app.example/callback")), "logout.redirect_uri"),
        (hint_and(("post_logout_redirect_uri", "https://evil.example/")), "logout.redirect_uri"),
        (vec![back, back, ("client_id", "app")], "parameter.repeated"),
        (vec![("client_id", "app"), ("client_id", "app")], "parameter.repeated"),
    ];
    let forged = forged(&hint);
    for forged in &forged {
        let reason = if forged.len() > 32 * 1024 { "parameter.too_long" } else { "id_token_hint.invalid" };
        cases.push((vec![("id_token_hint", forged), back], reason));
    }
    for (params, reason) in cases {
        let mut answers = vec![alice.request(Method::POST, "/logout", &[FORM], &query(&params)).await];
        // A head of this size may be refused before it is read to its end.
        if reason != "parameter.too_long" {
            answers.push(sign_out(&mut alice, &params).await);
        }
        for answer in answers {
            answer.assert_page(400, reason);
            assert!(answer.body.contains("id=\"onward\""), "{answer:?}");
        }
        assert!(is_signed_in(&mut alice).await, "{reason}");
    }
}

#[tokio::test]
async fn a_posted_logout_request_continues_where_the_session_cookie_is_sent() {
    let server = TestServer::start().await;
    let (app, mut alice) = (application(&server, "app").await, server.alice().await);
    let hint = id_token(&app, &mut alice).await;
    let form =
        query(&[("id_token_hint", &hint), ("post_logout_redirect_uri", BYE), ("state", "s"), ("x", "y")]);
    let mut from_elsewhere = alice.stranger();
    let headers = [FORM, ("origin", "https://app.example"), ("sec-fetch-site", "cross-site")];
    let answer = from_elsewhere.request(Method::POST, "/logout", &headers, &form).await;
    let location = answer.location().unwrap();
    assert!(answer.status == 303 && location.starts_with(&format!("{}/logout?id_token_hint=", server.url)));
    assert!(!location.contains("x=y"), "{location}");
    let answer = alice.get(&location).await;
    assert_eq!(answer.location().as_deref(), Some("https://app.example/bye?x=1&state=s"));
    assert!(!is_signed_in(&mut alice).await);
}

#[tokio::test]
async fn a_session_ends_its_tokens_except_with_offline_access() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let (app, mut alice) = (application(&server, "app").await, server.alice().await);
    for by_operator in [false, true] {
        let online = tokens(&app, &mut alice, "openid read").await;
        let offline = tokens(&app, &mut alice, "openid offline_access").await;
        let mut elsewhere = server.browser();
        let of_another = tokens(&app, &mut elsewhere, "openid read").await;
        let session = sid(&online);
        assert_eq!(session, sid(&offline));
        match by_operator {
            true => drop(operator.done(&["session", "end", &session, "--yes"])),
            false => {
                let hint = online["id_token"].as_str().unwrap();
                sign_out(&mut alice, &[("id_token_hint", hint)]).await;
            }
        }
        let refresh = |tokens: &Value| tokens["refresh_token"].as_str().unwrap().to_owned();
        let ended = app.refresh_by_hand(&refresh(&online)).await;
        ended.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
        assert_eq!(userinfo(&server, &online).await.status, 401);
        for living in [&offline, &of_another] {
            assert_eq!(userinfo(&server, living).await.status, 200);
            assert_eq!(app.refresh_by_hand(&refresh(living)).await.status, 200);
        }
    }
}

fn sid(tokens: &Value) -> String {
    let claims = tokens["id_token"].as_str().unwrap().split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&grantor::secret::from_base64url(claims).unwrap()).unwrap();
    claims["sid"].as_str().unwrap().to_owned()
}

async fn userinfo(server: &TestServer, tokens: &Value) -> Answer {
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    server.browser().request(Method::GET, "/userinfo", &[("authorization", &bearer)], "").await
}

#[tokio::test]
async fn a_code_of_an_ended_session_is_refused() {
    let server = TestServer::start().await;
    let (app, mut alice) = (application(&server, "app").await, server.alice().await);
    let hint = id_token(&app, &mut alice).await;
    let code = alice.authorize(&app.url_with(&[("scope", "openid offline_access")])).await.get("code");
    sign_out(&mut alice, &[("id_token_hint", &hint)]).await;
    app.redeem_by_hand(&code).await.assert_json_error(400, "invalid_grant", "session.ended");
}

#[tokio::test]
async fn signing_in_again_keeps_the_session_and_another_person_gets_a_new_one() {
    let server = TestServer::start().await;
    let (app, mut alice) = (application(&server, "app").await, server.alice().await);
    server.user("bob").await;
    let first = tokens(&app, &mut alice, "openid read").await;
    server.clock.advance(Duration::from_secs(5));
    let page = alice.open(&app.url_with(&[("scope", "openid read"), ("prompt", "login")])).await;
    let code = alice.sign_in(&page, "alice").await.get("code");
    let second = app.redeem_by_hand(&code).await.json();
    assert_eq!(sid(&first), sid(&second));
    assert_eq!(userinfo(&server, &first).await.status, 200);

    let page = alice.open(&app.url_with(&[("scope", "openid read"), ("prompt", "login")])).await;
    let consent = alice.sign_in(&page, "bob").await;
    let code = alice.allow(&consent).await.get("code");
    assert_ne!(sid(&app.redeem_by_hand(&code).await.json()), sid(&first));
    for tokens in [&first, &second] {
        assert_eq!(userinfo(&server, tokens).await.status, 401, "the browser is bob's now");
    }
}

#[tokio::test]
async fn an_id_token_hint_stops_another_person_from_returning() {
    let server = TestServer::start().await;
    let (app, mut alice) = (application(&server, "app").await, server.alice().await);
    let other = application(&server, "other").await;
    server.user("bob").await;
    let hint = id_token(&app, &mut alice).await;
    let asked = |more: &[(&str, &str)]| {
        app.url_with(&[&[("scope", "openid"), ("id_token_hint", hint.as_str())], more].concat())
    };
    assert_ne!(alice.get(&asked(&[("prompt", "none")])).await.get("code"), "");
    server.clock.advance(Duration::from_secs(3600));
    assert_ne!(alice.get(&asked(&[])).await.get("code"), "", "an expired hint counts");

    let mut bobs = server.browser();
    let page = bobs.open(&asked(&[])).await;
    let answer = bobs.sign_in(&page, "bob").await;
    answer.assert_redirect_error("login_required", "sign_in.other_person", &server.url);
    let silent = bobs.get(&asked(&[("prompt", "none")])).await;
    silent.assert_redirect_error("login_required", "sign_in.other_person", &server.url);
    let page = bobs.open(&asked(&[])).await;
    assert!(page.is_sign_in(), "bob may change to alice");
    assert_ne!(bobs.sign_in(&page, "alice").await.get("code"), "");

    let nobody = server.browser().get(&asked(&[("prompt", "none")])).await;
    nobody.assert_redirect_error("login_required", "sign_in.required", &server.url);
    for forged in forged(&hint).into_iter().filter(|forged| forged.len() < 9000) {
        let answer = alice.get(&app.url_with(&[("id_token_hint", &forged)])).await;
        answer.assert_redirect_error("invalid_request", "id_token_hint.invalid", &server.url);
    }
    let foreign = alice.get(&other.url_with(&[("id_token_hint", &hint)])).await;
    foreign.assert_redirect_error("invalid_request", "id_token_hint.other_client", &server.url);
}

#[tokio::test]
async fn a_disabled_client_ends_no_session_and_gets_no_one_back() {
    let server = TestServer::start().await;
    let (app, mut alice) = (application(&server, "app").await, server.alice().await);
    let hint = id_token(&app, &mut alice).await;
    let operator = Operator::of(&server);
    operator.done(&["client", "update", "app", "--disable"]);
    let back = ("post_logout_redirect_uri", BYE);
    for params in [
        vec![("client_id", "app"), back],
        vec![("client_id", "app")],
        vec![("id_token_hint", hint.as_str()), back],
        vec![("id_token_hint", hint.as_str())],
    ] {
        for browser in [&mut alice, &mut server.browser()] {
            let refused = sign_out(browser, &params).await;
            refused.assert_page(400, "client.disabled");
            assert!(!refused.body.contains("href=\"https:&#x2f;&#x2f;app.example"), "{refused:?}");
            let posted = browser.post("/logout", &params).await;
            posted.assert_page(400, "client.disabled");
        }
    }
    assert!(is_signed_in(&mut alice).await);
    operator.done(&["client", "update", "app", "--enable"]);
    assert_eq!(
        sign_out(&mut alice, &[("id_token_hint", &hint), back]).await.location().as_deref(),
        Some(BYE)
    );
}

#[tokio::test]
async fn post_logout_addresses_are_registered_by_command() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let create = |id, uri| {
        [
            "client",
            "create",
            "--id",
            id,
            "--name",
            "A",
            "--kind",
            "web",
            "--redirect-uri",
            "https://a.example/cb",
            "--scope",
            "openid",
            "--post-logout-redirect-uri",
            uri,
        ]
    };
    for bad in ["http://a.example/bye", "https://a.example/#x", "com.example:/bye", "https://a.example/*"] {
        assert!(operator.refused(&create("a", bad)).starts_with("the redirect URI"), "{bad}");
    }
    operator.done(&create("a", "https://a.example/bye"));
    let shown = || operator.json(&["client", "show", "a"])["post_logout_redirect_uris"].clone();
    assert_eq!(shown(), json!(["https://a.example/bye"]));
    let back = |uri| [("client_id", "a"), ("post_logout_redirect_uri", uri)];
    let answer = sign_out(&mut server.browser(), &back("https://a.example/bye")).await;
    assert_eq!(answer.location().as_deref(), Some("https://a.example/bye"));
    operator.done(&["client", "update", "a", "--post-logout-redirect-uri", "https://a.example/2"]);
    sign_out(&mut server.browser(), &back("https://a.example/bye"))
        .await
        .assert_page(400, "logout.redirect_uri");
    operator.done(&["client", "update", "a", "--name", "B"]);
    assert_eq!(shown(), json!(["https://a.example/2"]));
    operator.done(&["client", "update", "a", "--no-post-logout-redirect-uris"]);
    assert_eq!(shown(), json!([]));
}

#[tokio::test]
async fn a_native_application_gets_people_back_on_any_loopback_port() {
    let server = TestServer::start().await;
    let register = |id: &str, kind| {
        let mut registration = Registration::of_kind(id, kind).scopes("openid");
        let uris = ["http://127.0.0.1/bye", "com.example.app:/bye"];
        let uris = uris.iter().filter(|uri| kind == ClientKind::Native || uri.starts_with("http"));
        registration.client.post_logout_redirect_uris =
            uris.map(|uri| RegisteredUri::register(uri, kind).unwrap()).collect();
        registration
    };
    let native = server.register(register("native", ClientKind::Native)).await;
    server.register(register("web", ClientKind::Web)).await;
    let mut alice = server.alice().await;
    for uri in ["http://127.0.0.1:49152/bye", "http://127.0.0.1/bye", "com.example.app:/bye"] {
        let hint = id_token(&native, &mut alice).await;
        let params = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", uri), ("state", "s")];
        let answer = sign_out(&mut alice, &params).await;
        assert_eq!(answer.location(), Some(format!("{uri}?state=s")));
        // By the question as well.
        id_token(&native, &mut alice).await;
        let question =
            sign_out(&mut alice, &[("client_id", "native"), ("post_logout_redirect_uri", uri)]).await;
        let answer = alice.submit_only(&question, &[]).await;
        assert_eq!(answer.location().as_deref(), Some(uri));
    }
    for (client, uri) in [
        ("web", "http://127.0.0.1:49152/bye"),
        ("native", "http://127.0.0.1:49152/other"),
        ("native", "http://localhost:49152/bye"),
        ("native", "http://127.0.0.1:0/bye"),
    ] {
        let page = sign_out(&mut alice, &[("client_id", client), ("post_logout_redirect_uri", uri)]).await;
        page.assert_page(400, "logout.redirect_uri");
    }
}
