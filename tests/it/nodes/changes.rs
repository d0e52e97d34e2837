//! When a change takes effect on all nodes: within a second, or at once if it ends something.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::within_a_second;
use crate::support::{Answer, Application, Browser, Cluster, Operator};

/// The application at each node.
fn at_each(cluster: &Cluster, app: &Application) -> Vec<Application> {
    cluster.nodes.iter().map(|node| app.at(&node.url)).collect()
}

/// The answers of all nodes to the same request.
async fn all<T>(apps: &[Application], ask: impl AsyncFn(&Application) -> T) -> Vec<T> {
    join_all(apps.iter().map(|app| ask(app))).await
}

async fn service_token(app: &Application, scope: &str) -> Answer {
    app.token(&[("grant_type", "client_credentials"), ("scope", scope)]).await
}

#[tokio::test]
async fn changes_to_clients_scopes_and_resources_reach_every_node_within_a_second() {
    let cluster = Cluster::of(2).await;
    let operator = Operator::of(&cluster.server);
    let service = at_each(&cluster, &cluster.server.service().await);
    let lifetimes = async || {
        let answers = all(&service, async |app| service_token(app, "read").await).await;
        answers.iter().map(|answer| answer.json()["expires_in"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    // Each node has cached the previous state.
    assert_eq!(lifetimes().await, [600, 600]);
    operator.done(&["client", "update", "service", "--access-token-lifetime", "5m"]);
    within_a_second("a client's lifetime", async || lifetimes().await == [300, 300]).await;
    operator.done(&["scope", "update", "read", "--access-token-lifetime", "2m"]);
    within_a_second("a scope's lifetime", async || lifetimes().await == [120, 120]).await;

    operator.done(&["resource", "create", "https://api.example", "--scope", "read"]);
    let has_audience = async || {
        let ask = async |app: &Application| {
            let form = [("grant_type", "client_credentials"), ("resource", "https://api.example")];
            app.token(&form).await.status == 200
        };
        all(&service, ask).await == [true, true]
    };
    within_a_second("a new resource", has_audience).await;
    operator.done(&["resource", "delete", "https://api.example", "--yes"]);
    within_a_second("a resource that is gone", async || {
        let ask = async |app: &Application| {
            let form = [("grant_type", "client_credentials"), ("resource", "https://api.example")];
            app.token(&form).await.json()["error"] == "invalid_target"
        };
        all(&service, ask).await == [true, true]
    })
    .await;
}

#[tokio::test]
async fn a_new_secret_works_on_every_node_at_once_and_a_removed_one_for_a_second_at_most() {
    let cluster = Cluster::of(2).await;
    let operator = Operator::of(&cluster.server);
    let service = cluster.server.service().await;
    let with = |secret: &str| {
        at_each(&cluster, &Application::registered_at("", &service.id, Some(secret), &service.redirect_uri))
    };
    let statuses = async |apps: &[Application]| {
        let answers = all(apps, async |app| service_token(app, "read").await).await;
        answers.iter().map(|answer| answer.status.as_u16()).collect::<Vec<_>>()
    };
    let added =
        operator.json(&["client", "add-secret", "service", "--secret", "another secret, chosen by hand"]);
    let second = with("another secret, chosen by hand");
    assert_eq!(statuses(&second).await, [200, 200]);
    operator.done(&["client", "remove-secret", "service", added["secret_id"].as_str().unwrap(), "--yes"]);
    within_a_second("a secret that was removed", async || statuses(&second).await == [401, 401]).await;
    assert_eq!(statuses(&at_each(&cluster, &service)).await, [200, 200]);
}

/// The keys that each node publishes.
async fn keys_of(windows: &mut [Browser]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for browser in windows {
        let jwks = browser.get("/jwks").await.json();
        let kids = jwks["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned());
        found.push(kids.collect());
    }
    found
}

#[tokio::test]
async fn a_new_or_retired_key_reaches_every_node_within_a_second() {
    let cluster = Cluster::of(2).await;
    let operator = Operator::of(&cluster.server);
    let mut windows = cluster.windows();
    let before = keys_of(&mut windows).await;
    assert_eq!(before[0], before[1]);
    let stated = operator.json(&["key", "list"]);
    let es256: Vec<&Value> =
        stated.as_array().unwrap().iter().filter(|key| key["algorithm"] == "ES256").collect();
    let old = es256[0]["kid"].as_str().unwrap();
    operator.done(&["key", "rotate", "--algorithm", "ES256", "--now", "--yes"]);
    let len = before[0].len();
    within_a_second("a new key", async || {
        keys_of(&mut windows).await.iter().all(|kids| kids.len() == len + 1)
    })
    .await;
    operator.done(&["key", "retire", old, "--yes"]);
    within_a_second("a retired key", async || {
        keys_of(&mut windows).await.iter().all(|kids| kids.len() == len && !kids.iter().any(|kid| kid == old))
    })
    .await;
}

/// Alice's tokens at `web`, which every node has already seen.
async fn held(web: &Application, apps: &[Application], alice: &mut Browser) -> (String, String) {
    let tokens = web.redeem_by_hand(&web.code(alice).await).await;
    let (access, refresh) = (tokens.get("access_token"), tokens.get("refresh_token"));
    for reply in all(apps, async |app| app.introspect(&access).await).await {
        assert_eq!(reply["active"], true);
    }
    (access, refresh)
}

#[tokio::test]
async fn revocations_count_on_every_node_at_once() {
    let cluster = Cluster::of(3).await;
    let server = &cluster.server;
    let operator = Operator::of(server);
    let (web, mut alice) = (server.web().await, server.alice().await);
    let apps = at_each(&cluster, &web);
    let is_nothing = async |access: &str, refresh: &str| {
        for reply in all(&apps, async |app| app.introspect(access).await).await {
            assert_eq!(reply, json!({ "active": false }));
        }
        for refused in all(&apps, async |app| app.refresh_by_hand(refresh).await).await {
            assert_eq!((refused.status.as_u16(), refused.get("error")), (400, "invalid_grant".into()));
        }
    };
    // One node is asked to end it, and the others know at their next request.
    for teller in &apps {
        let (access, refresh) = held(&web, &apps, &mut alice).await;
        assert_eq!(teller.post("/revoke", &[("token", &refresh)]).await.status, 200);
        is_nothing(&access, &refresh).await;
    }
    for command in [
        ["grant", "revoke", "--user", "alice", "--client", "web", "--yes"].as_slice(),
        &["session", "end", "--user", "alice", "--yes"],
        &["user", "disable", "alice"],
    ] {
        let (access, refresh) = held(&web, &apps, &mut alice).await;
        operator.done(command);
        is_nothing(&access, &refresh).await;
    }
    for _ in &cluster.nodes {
        let mut stranger = alice.stranger();
        let page = stranger.open(&web.url_with(&[])).await;
        assert!(stranger.sign_in(&page, "alice").await.is_sign_in(), "a disabled person is not let in");
    }
}

#[tokio::test]
async fn a_disabled_client_gets_nothing_on_any_node_from_then_on() {
    let cluster = Cluster::of(3).await;
    let server = &cluster.server;
    let operator = Operator::of(server);
    let (web, service, mut alice) = (server.web().await, server.service().await, server.alice().await);
    let (webs, services) = (at_each(&cluster, &web), at_each(&cluster, &service));
    let (access, refresh) = held(&web, &webs, &mut alice).await;
    assert!(
        all(&services, async |app| service_token(app, "read").await.status == 200).await.iter().all(|is| *is)
    );
    // Every node has cached the client and the scope.
    operator.done(&["client", "update", "web", "--disable"]);
    for refused in all(&webs, async |app| app.refresh_by_hand(&refresh).await).await {
        assert!(refused.status.is_client_error() && refused.get("access_token").is_empty(), "{refused:?}");
    }
    let bearer = format!("Bearer {access}");
    for window in &mut cluster.windows() {
        let reply = window.request(Method::GET, "/userinfo", &[("authorization", &bearer)], "").await;
        assert_eq!(reply.status, 401, "{reply:?}");
    }
    operator.done(&["client", "update", "service", "--disable"]);
    for refused in all(&services, async |app| service_token(app, "read").await).await {
        assert!(refused.status.is_client_error() && refused.get("access_token").is_empty(), "{refused:?}");
    }
}
