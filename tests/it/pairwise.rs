//! Pairwise subjects: what a sector knows of a person tells another sector nothing (OpenID Connect Core §8.1).

use grantor::oauth::client::{Client, SubjectType};
use reqwest::Method;
use serde_json::Value;

use crate::support::jwt::claims;
use crate::support::relying_party::Registration;
use crate::support::{Application, Browser, Operator, TestServer};

async fn app(server: &TestServer, id: &str, host: &str) -> Application {
    let uri = format!("https://{host}/{id}");
    let mut registration = Registration::web(id).scopes("openid read").redirect_uri(&uri);
    registration.client = Client { subject_type: SubjectType::Pairwise, ..registration.client };
    server.register(registration).await
}

async fn tokens(app: &Application, browser: &mut Browser) -> Value {
    let back = browser.authorize(&app.url_with(&[("scope", "openid")])).await;
    app.redeem_by_hand(&back.get("code")).await.json()
}

fn id_token(tokens: &Value) -> &str {
    tokens["id_token"].as_str().unwrap()
}

/// The `sub` and the `sid` of a sign-in.
async fn names(app: &Application, browser: &mut Browser) -> [String; 2] {
    let claims = claims(id_token(&tokens(app, browser).await));
    ["sub", "sid"].map(|name| claims[name].as_str().unwrap().to_owned())
}

/// Another person, who is signed in and has allowed `app`.
async fn bob(server: &TestServer, app: &Application) -> Browser {
    server.user("bob").await;
    let mut browser = server.browser();
    let page = browser.open(&app.url_with(&[("scope", "openid")])).await;
    let page = browser.sign_in(&page, "bob").await;
    browser.allow(&page).await;
    browser
}

#[tokio::test]
async fn a_sector_has_its_own_name_for_a_person_and_a_session() {
    let server = TestServer::start().await;
    let (one, same) = (app(&server, "one", "a.example").await, app(&server, "same", "a.example").await);
    let (other, public) =
        (app(&server, "other", "b.example").await, Registration::web("public").scopes("openid"));
    let public = server.register(public).await;
    let (mut alice, mut bob) = (server.alice().await, bob(&server, &one).await);
    let here = names(&one, &mut alice).await;
    assert_eq!(names(&one, &mut alice).await, here, "at every sign-in");
    assert_eq!(names(&same, &mut alice).await, here, "for every client of the sector");
    let all = [
        here,
        names(&other, &mut alice).await,
        names(&public, &mut alice).await,
        names(&one, &mut bob).await,
    ];
    for (index, [sub, sid]) in all.iter().enumerate() {
        assert!(sub.len() <= 255 && sub.is_ascii(), "{sub}");
        for [other_sub, other_sid] in &all[..index] {
            assert!(sub != other_sub && sid != other_sid, "{all:?}");
        }
    }
}

#[tokio::test]
async fn userinfo_and_refreshed_tokens_use_the_same_name() {
    let server = TestServer::start().await;
    let (app, mut alice) = (app(&server, "app", "a.example").await, server.alice().await);
    let tokens = tokens(&app, &mut alice).await;
    let expected = &claims(id_token(&tokens))["sub"];
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let told = alice.request(Method::GET, "/userinfo", &[("authorization", &bearer)], "").await.json();
    assert_eq!(told["sub"], *expected);
    let refreshed = app.refresh_by_hand(tokens["refresh_token"].as_str().unwrap()).await.json();
    assert_eq!(claims(id_token(&refreshed))["sub"], *expected);
}

#[tokio::test]
async fn a_hint_with_such_a_name_is_understood() {
    let server = TestServer::start().await;
    let (app, mut alice) = (app(&server, "app", "a.example").await, server.alice().await);
    let hint = id_token(&tokens(&app, &mut alice).await).to_owned();
    let silent = app.url_with(&[("scope", "openid"), ("prompt", "none"), ("id_token_hint", &hint)]);
    assert!(!alice.get(&silent).await.get("code").is_empty());
    let mut bob = bob(&server, &app).await;
    let refused = bob.get(&silent).await;
    refused.assert_redirect_error("login_required", "sign_in.other_person", &server.url);

    let page = bob.get(&format!("/logout?id_token_hint={hint}")).await;
    assert!(page.body.contains("name=\"form_token\""), "of another session, so he is asked: {page:?}");
    let page = alice.get(&format!("/logout?id_token_hint={hint}")).await;
    assert!(!page.body.contains("name=\"form_token\""), "{page:?}");
    assert!(alice.get(&silent).await.get("error") == "login_required", "she is signed out");
}

#[tokio::test]
async fn a_registration_must_leave_no_doubt_about_the_sector() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let create = |id: &'static str, uris: &[&'static str]| {
        let mut arguments = vec!["client", "create", "--id", id, "--name", "A", "--kind", "native"];
        arguments.extend(["--scope", "openid", "--subject-type", "pairwise"]);
        uris.iter().for_each(|uri| arguments.extend(["--redirect-uri", uri]));
        arguments
    };
    operator.done(&create("one", &["https://a.example/x", "https://a.example/y"]));
    assert_eq!(operator.json(&["client", "show", "one"])["subject_type"], "pairwise");
    for uris in
        [["https://a.example/x", "https://b.example/x"], ["https://a.example/x", "com.example.app:/x"]]
    {
        let why = operator.refused(&create("two", &uris));
        assert!(why.contains("not all of one host") && why.contains("--sector-identifier-uri"), "{why}");
    }
    operator.refused(&["client", "update", "one", "--add-redirect-uri", "https://b.example/x"]);
    operator.done(&[
        "client",
        "update",
        "one",
        "--subject-type",
        "public",
        "--add-redirect-uri",
        "https://b.example/x",
    ]);
}
