//! Client libraries with DPoP: openid-client and oauth4webapi (Node.js), and oidc-client-ts (in a browser).

use grantor::oauth::client::{Client, ClientKind, Demand, NoncePolicy};
use serde_json::json;
use tokio::process::Command;

use crate::clients::{converse, installed, program};
use crate::support::chromium::Chromium;
use crate::support::relying_party::Registration;
use crate::support::site::Site;
use crate::support::{Operator, TestServer};

/// Runs a program of a library for a confidential and a public client, with and without nonces.
async fn run(name: &str) {
    let Some(directory) = installed("node_modules") else { return };
    // Node.js looks for libraries in the program's own folder.
    let copy = directory.join(name);
    std::fs::copy(program(name), &copy).unwrap();
    for (id, kind, nonce, algorithm) in [
        ("web", ClientKind::Web, NoncePolicy::Off, "ES256"),
        ("strict", ClientKind::Web, NoncePolicy::Require, "PS256"),
        ("spa", ClientKind::Spa, NoncePolicy::Require, "Ed25519"),
    ] {
        // Its clock stands still, and that of the program does not.
        let options = [("keys.algorithms", "RS256 ES256"), ("oauth.dpop_max_ahead", "60s")];
        let server = TestServer::start_with(&options).await;
        let (api, mut alice) = (server.service().await, server.alice().await);
        Operator::of(&server).done(&["user", "update", "alice", "--name", "Alice Liddell"]);
        let mut registration = Registration::of_kind(id, kind).scopes("openid profile");
        let client: &mut Client = &mut registration.client;
        (client.dpop, client.dpop_nonce) = (Some(Demand::Require), Some(nonce));
        let app = server.register(registration).await;
        let mut command = Command::new("node");
        let secret = app.secret.as_deref().unwrap_or("none");
        command.arg(&copy).args([server.url.as_str(), id, secret, &app.redirect_uri, algorithm]);
        let done = converse(command, &mut alice).await;
        assert_eq!(
            (&done["userinfo"]["name"], &done["again"]["name"]),
            (&json!("Alice Liddell"), &json!("Alice Liddell"))
        );
        let asker = if app.secret.is_some() { &app } else { &api };
        let introspected = asker.introspect(done["token"].as_str().unwrap()).await;
        match app.secret.is_some() {
            true => assert_eq!(introspected["cnf"], json!({ "jkt": done["jkt"] }), "{introspected}"),
            false => assert_eq!(introspected, json!({ "active": false }), "another client learns nothing"),
        }
        if let Some(retries) = done["retries"].as_i64() {
            // A nonce that an answer has brought is used for the next request, whichever endpoint that goes to.
            assert_eq!(retries > 0, nonce == NoncePolicy::Require, "{done}");
        }
    }
}

#[tokio::test]
async fn openid_client_signs_a_person_in_with_dpop() {
    run("openid_dpop.mjs").await;
}

#[tokio::test]
async fn oauth4webapi_signs_a_person_in_with_dpop() {
    run("oauth4webapi_dpop.mjs").await;
}

#[tokio::test]
async fn a_single_page_application_signs_a_person_in_with_a_key_that_stays_in_the_browser() {
    let Some(directory) = installed("node_modules") else { return };
    let Some(chromium) = Chromium::start().await else { return };
    let options = [
        ("keys.algorithms", "RS256 ES256"),
        ("oauth.dpop", "require"),
        ("oauth.dpop_nonce", "require"),
        ("oauth.dpop_max_ahead", "60s"),
    ];
    let server = TestServer::start_with(&options).await;
    let library = directory.join("node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js");
    let library = std::fs::read_to_string(library).unwrap();
    let page =
        std::fs::read_to_string(program("spa_dpop.html")).unwrap().replace("{{ issuer }}", &server.url);
    let answer = move |path: &str| match path {
        "/oidc-client-ts.min.js" => ("200 OK\r\nContent-Type: text/javascript".to_owned(), library.clone()),
        _ => ("200 OK\r\nContent-Type: text/html; charset=utf-8".to_owned(), page.clone()),
    };
    let origin = format!("http://localhost:{}", Site::start(answer).port);
    let registration = Registration::spa("spa").scopes("openid profile email");
    server.register(registration.redirect_uri(&format!("{origin}/callback"))).await;
    server.user("alice").await;
    Operator::of(&server).done(&["user", "update", "alice", "--name", "Alice Liddell"]);
    chromium.open(&origin).await;
    chromium.until("state", |state| state == "ready").await;
    chromium.click("go").await;
    chromium.sign_in("alice").await;
    chromium.click("allow").await;
    chromium.until("state", |state| state == "signed in").await;
    assert_eq!(chromium.text_of("told").await, "DPoP Alice Liddell alice@example.com");
    chromium.click("refresh").await;
    chromium.until("state", |state| state == "refreshed").await;
    assert_eq!(chromium.text_of("told").await, "DPoP Alice Liddell alice@example.com");
}
