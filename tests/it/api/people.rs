//! What people have: sessions, consents and grants.

use grantor::oauth::id::UserId;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Api, faulty, refused};
use crate::support::relying_party::Registration;
use crate::support::{Application, Browser, Operator, TestServer};

/// A server with two clients, and the tokens that alice let both have.
struct Scene {
    server: TestServer,
    api: Api,
    alice: UserId,
    browser: Browser,
    web: Application,
    other: Application,
}

impl Scene {
    async fn set() -> Self {
        let server = TestServer::start().await;
        let (alice, browser) = (server.user("alice").await, server.browser());
        let web = server.web().await;
        let other = server.register(Registration::web("other").offline()).await;
        Self { api: Api::owner(&server).await, server, alice, browser, web, other }
    }

    /// An access token that alice lets the client have.
    async fn token(&mut self, of_other: bool) -> String {
        let client = if of_other { &self.other } else { &self.web };
        let code = client.code(&mut self.browser).await;
        client.redeem_by_hand(&code).await.get("access_token")
    }

    async fn is_active(&self, token: &str) -> bool {
        self.web.introspect(token).await["active"] == true
            || self.other.introspect(token).await["active"] == true
    }

    async fn items(&self, path: &str) -> Vec<Value> {
        let answer = self.api.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
        answer.json()["items"].as_array().expect("items").clone()
    }
}

#[tokio::test]
async fn the_sessions_of_a_user_are_listed_and_ended() {
    let mut scene = Scene::set().await;
    let token = scene.token(false).await;
    let mut second = scene.server.browser();
    scene.web.code(&mut second).await;
    let (api, path) =
        (Api::with(&scene.server, "grantor.users.write").await, format!("/users/{}/sessions", scene.alice));
    let listed = scene.items(&path).await;
    assert_eq!(listed.len(), 2);
    assert_eq!(
        (&listed[0]["user_id"], &listed[0]["username"]),
        (&json!(scene.alice.as_str()), &json!("alice"))
    );
    let next = api.get(&format!("{path}?limit=1")).await.get("next");
    assert_eq!(scene.items(&format!("{path}?limit=1&cursor={next}")).await.len(), 1);

    let id = listed[0]["id"].as_str().unwrap();
    let bob = scene.server.user("bob").await;
    for wrong in [format!("/users/{bob}/sessions/{id}"), format!("{path}/made-up")] {
        refused(&api.delete(&wrong).await, StatusCode::NOT_FOUND, "api.not_found");
    }
    let rehearsed = api.delete(&format!("{path}/{id}?dry_run=true")).await;
    assert_eq!((rehearsed.status, scene.items(&path).await.len()), (StatusCode::NO_CONTENT, 2));
    assert_eq!(api.delete(&format!("{path}/{id}")).await.status, StatusCode::NO_CONTENT);
    refused(&api.delete(&format!("{path}/{id}")).await, StatusCode::NOT_FOUND, "api.not_found");
    assert_eq!(scene.items(&path).await.len(), 1);
    assert_eq!(api.delete(&format!("/users/{bob}/sessions")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(scene.items(&path).await.len(), 1, "those of another user stay");
    assert_eq!(api.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(scene.items(&path).await, Vec::<Value>::new());
    assert!(!scene.is_active(&token).await);
}

#[tokio::test]
async fn consents_are_listed_with_what_was_refused_and_taken_back() {
    let mut scene = Scene::set().await;
    let mut partial = Registration::web("partial");
    partial.client.partial_consent = true;
    let partial = scene.server.register(partial).await;
    let (kept, token) = (scene.token(true).await, scene.token(false).await);
    let page = scene.browser.open(&partial.url_with(&[("scope", "read write")])).await;
    scene.browser.submit(&page, &[("allow", "1"), ("scope", "read")]).await;

    let path = format!("/users/{}/consents", scene.alice);
    let listed = scene.items(&path).await;
    let shown: Vec<Value> = listed
        .iter()
        .map(|consent| json!([consent["client_id"], consent["scope"], consent["refused"]["scope"]]))
        .collect();
    assert_eq!(
        shown,
        [json!(["other", "read", ""]), json!(["partial", "read", "write"]), json!(["web", "read", ""])]
    );
    assert_eq!(listed[2]["client_name"], "The web application");
    let page = scene.api.get(&format!("{path}?limit=2")).await;
    assert_eq!(scene.items(&format!("{path}?cursor={}", page.get("next"))).await, [listed[2].clone()]);
    let table = Operator::of(&scene.server).json(&["user", "consents", "alice"]);
    assert_eq!(table, Value::from(listed.clone()), "the command shows the same");

    let of_web = scene.items("/clients/web/consents").await;
    assert_eq!(of_web, [listed[2].clone()], "the same consent");
    assert_eq!(
        (&of_web[0]["user_id"], &of_web[0]["username"]),
        (&scene.alice.as_str().into(), &"alice".into())
    );
    let table = Operator::of(&scene.server).json(&["client", "consents", "web"]);
    assert_eq!(table, Value::from(of_web));
    refused(&scene.api.get("/clients/none/consents").await, StatusCode::NOT_FOUND, "api.not_found");

    let address = format!("{path}/web");
    let rehearsed = scene.api.delete(&format!("{address}?dry_run=true")).await;
    assert_eq!((rehearsed.status, scene.is_active(&token).await), (StatusCode::NO_CONTENT, true));
    assert_eq!(scene.api.delete(&address).await.status, StatusCode::NO_CONTENT);
    assert!(!scene.is_active(&token).await && scene.is_active(&kept).await);
    refused(&scene.api.delete(&address).await, StatusCode::NOT_FOUND, "api.not_found");
    assert_eq!(scene.items(&path).await.len(), 2);
    assert!(scene.browser.open(&scene.web.url_with(&[])).await.is_consent(), "the person is asked again");
}

#[tokio::test]
async fn grants_are_listed_by_user_client_and_state_and_revoked() {
    let mut scene = Scene::set().await;
    let (token, other) = (scene.token(false).await, scene.token(true).await);
    scene.server.user("bob").await;
    let grants = scene.items("/grants?client=web").await;
    let [grant] = grants.as_slice() else { panic!("{grants:?}") };
    assert_eq!((&grant["user_id"], &grant["state"]), (&json!(scene.alice.as_str()), &json!("live")));
    let path = format!("/grants/{}", grant["id"].as_str().unwrap());
    let read = scene.api.get(&path).await;
    assert_eq!((&read.json(), read.header("etag").is_empty()), (grant, false));
    let stale = scene.api.send(Method::DELETE, &path, &[("If-Match", "\"x\"")], None).await;
    refused(&stale, StatusCode::PRECONDITION_FAILED, "api.other_version");
    assert_eq!(scene.api.delete(&format!("{path}?dry_run=true")).await.status, StatusCode::NO_CONTENT);
    assert!(scene.is_active(&token).await);
    let current = [("If-Match", read.header("etag"))];
    assert_eq!(scene.api.send(Method::DELETE, &path, &current, None).await.status, StatusCode::NO_CONTENT);
    assert!(!scene.is_active(&token).await && scene.is_active(&other).await);

    scene.server.clock.advance(std::time::Duration::from_secs(9 * 3600));
    let user = scene.alice.clone();
    for (query, clients) in [
        (String::new(), vec!["other", "web"]),
        ("?state=revoked".to_owned(), vec!["web"]),
        ("?state=expired".to_owned(), vec!["other"]),
        ("?state=live".to_owned(), vec![]),
        (format!("?user={user}&client=other"), vec!["other"]),
        ("?user=alice".to_owned(), vec![]),
        ("?client=made-up".to_owned(), vec![]),
    ] {
        let listed = scene.items(&format!("/grants{query}")).await;
        let mut found: Vec<&str> = listed.iter().map(|grant| grant["client_id"].as_str().unwrap()).collect();
        found.sort_unstable();
        assert_eq!(found, clients, "{query}");
    }
    refused(&scene.api.get("/grants?state=ended").await, StatusCode::BAD_REQUEST, "api.parameter_invalid");
    for method in [Method::GET, Method::DELETE] {
        let answer = scene.api.send(method, "/grants/made-up", &[], None).await;
        refused(&answer, StatusCode::NOT_FOUND, "api.not_found");
    }
}

#[tokio::test]
async fn all_that_a_person_gave_or_a_client_got_is_revoked_at_once() {
    for (query, web_stays, other_stays) in
        [("user", false, false), ("client", false, true), ("both", false, true)]
    {
        let mut scene = Scene::set().await;
        let (token, other) = (scene.token(false).await, scene.token(true).await);
        let code = scene.web.code(&mut scene.browser).await;
        let address = match query {
            "user" => format!("/grants?user={}", scene.alice),
            "client" => "/grants?client=web".to_owned(),
            _ => format!("/grants?user={}&client=web", scene.alice),
        };
        let rehearsed = scene.api.delete(&format!("{address}&dry_run=true")).await;
        assert_eq!(
            (rehearsed.status, scene.is_active(&token).await),
            (StatusCode::NO_CONTENT, true),
            "{query}"
        );
        let revoked = scene.api.delete(&address).await;
        assert_eq!(revoked.status, StatusCode::NO_CONTENT, "{query}: {revoked:?}");
        assert_eq!(scene.is_active(&token).await, web_stays, "{query}");
        assert_eq!(scene.is_active(&other).await, other_stays, "{query}");
        assert_ne!(scene.web.redeem_by_hand(&code).await.status, StatusCode::OK, "{query}: the code is gone");
        let consents = scene.items(&format!("/users/{}/consents", scene.alice)).await;
        assert_eq!(consents.len(), usize::from(other_stays), "{query}");
        assert_eq!(scene.api.delete(&address).await.status, StatusCode::NO_CONTENT, "{query}: again");
    }
}

#[tokio::test]
async fn all_is_revoked_only_for_a_user_or_client_that_exists_and_is_named() {
    let scene = Scene::set().await;
    for (query, status, reason) in [
        ("", StatusCode::BAD_REQUEST, "api.parameter_invalid"),
        ("?user=alice", StatusCode::NOT_FOUND, "api.not_found"),
        ("?client=made-up", StatusCode::NOT_FOUND, "api.not_found"),
        ("?state=live", StatusCode::BAD_REQUEST, "api.parameter_unknown"),
    ] {
        let answer = scene.api.delete(&format!("/grants{query}")).await;
        refused(&answer, status, reason);
        assert!(answer.json().get("errors").is_none() || faulty(&answer).is_empty(), "{answer:?}");
    }
    let reader = Api::with(&scene.server, "grantor.grants.read grantor.users.write").await;
    let address = format!("/grants?user={}", scene.alice);
    refused(&reader.delete(&address).await, StatusCode::FORBIDDEN, "api.scope_missing");
}

#[tokio::test]
async fn commands_revoke_all_of_a_person_and_all_of_a_client() {
    let mut scene = Scene::set().await;
    let operator = Operator::of(&scene.server);
    let token = scene.token(false).await;
    let revoked = operator.json(&["grant", "revoke", "--client", "web", "--yes"]);
    assert_eq!(revoked, json!({ "client_id": "web", "grants_revoked": 1 }));
    assert!(!scene.is_active(&token).await);
    let tokens = [scene.token(false).await, scene.token(true).await];
    let said = operator.done(&["grant", "revoke", "--user", "alice", "--yes"]);
    assert_eq!(said, "removed the consents of alice; revoked 2 grants\n");
    for token in &tokens {
        assert!(!scene.is_active(token).await);
    }
    assert_eq!(operator.json(&["user", "consents", "alice"]), json!([]));
}
