//! What the server and each client did is counted, and answers whether a policy could be required without breaking a client.

use std::time::Duration;

use grantor::clock::{Seconds, Timestamp};
use grantor::oauth::activity::CountKind;
use grantor::oauth::client::{ClientKind, Demand};
use grantor::oauth::id::ClientId;
use grantor::oauth::request::redirect_uri::RegisteredUri;
use grantor::operations::actor::Actor;
use grantor::operations::{activity, client_health, clients};
use grantor::work::activity::store;
use grantor::work::purge::pass;
use serde_json::{Value, json};

use crate::api::Api;
use crate::support::cluster::node;
use crate::support::relying_party::Registration;
use crate::support::server::purging;
use crate::support::{Application, Browser, Cluster, Operator, TestServer};

/// What is known about a client, as JSON, without writing what waits.
pub(crate) async fn health(server: &TestServer, id: &str) -> Value {
    let context = server.app.operations(server.app.now(), Actor::server());
    client_health::find(&context, &ClientId::new(id)).await.unwrap().to_json()
}

/// What was counted in the last two hours.
async fn counted(server: &TestServer, kind: CountKind) -> Value {
    let now = server.app.now();
    let context = server.app.operations(now, Actor::server());
    let hours = activity::hours(&context, Some(now - Seconds::new(7200)), None).await.unwrap();
    let mut sums = serde_json::Map::new();
    for hour in hours.values() {
        for (word, count) in hour.counts(kind) {
            let sum = sums.get(word).and_then(Value::as_i64).unwrap_or_default() + count;
            sums.insert(word.to_owned(), sum.into());
        }
    }
    sums.into()
}

/// The verdict about a policy, and about what.
fn verdict<'v>(health: &'v Value, policy: &str, value: Option<&str>) -> &'v Value {
    let policies = health["policies"].as_array().unwrap().iter();
    let mut found = policies.filter(|found| found["policy"] == policy && found["value"] == json!(value));
    found.next().unwrap_or_else(|| panic!("{policy} {value:?} in {health}"))
}

/// The number beside a value of a list.
fn uses<'v>(health: &'v Value, list: &str, value: &str) -> &'v Value {
    let found = health[list].as_array().unwrap().iter().find(|found| found["value"] == value);
    found.unwrap_or_else(|| panic!("{value} in {health}"))
}

/// A web application that may leave PKCE out, with a second redirect URI.
async fn lenient(server: &TestServer) -> Application {
    let mut web = Registration::web("web").scopes("openid read write").pkce(Demand::Off);
    let second = RegisteredUri::register("https://app.example/old", ClientKind::Web).unwrap();
    web.client.redirect_uris.push(second);
    server.register(web).await
}

/// A sign-in at the application, up to its tokens. `is_modern`: with PKCE, nonce and state.
async fn tokens(web: &Application, alice: &mut Browser, is_modern: bool) -> String {
    let changes: &[(&str, &str)] = match is_modern {
        true => &[("scope", "openid read"), ("nonce", "n")],
        false => {
            &[("scope", "openid read"), ("state", ""), ("code_challenge", ""), ("code_challenge_method", "")]
        }
    };
    let code = alice.authorize(&web.url_with(changes)).await.get("code");
    let verifier: &[(&str, &str)] = if is_modern { &[] } else { &[("code_verifier", "")] };
    let answer = web.redeem_with(&code, verifier).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.get("refresh_token")
}

#[tokio::test]
async fn real_requests_say_what_could_be_demanded_of_a_client_and_what_could_be_removed() {
    let server = TestServer::start().await;
    let (web, mut alice, api) = (lenient(&server).await, server.alice().await, Api::owner(&server).await);
    let before = health(&server, "web").await;
    assert_eq!(before["counted_since"], Value::Null);
    for policy in ["pkce", "state", "nonce", "refresh_without_grace"] {
        assert_eq!(verdict(&before, policy, None)["verdict"], "no_traffic", "{policy}");
    }
    assert_eq!(verdict(&before, "exact_redirect_uri", None)["verdict"], "always_required");

    let old = tokens(&web, &mut alice, true).await;
    assert_eq!(web.refresh_by_hand(&old).await.status, 200);
    store(&server.app).await;
    let good = health(&server, "web").await;
    for policy in ["pkce", "state", "nonce", "refresh_without_grace"] {
        assert_eq!(verdict(&good, policy, None)["verdict"], "safe", "{policy}");
    }
    for (policy, value) in [("remove_redirect_uri", "https://app.example/old"), ("remove_scope", "write")] {
        assert_eq!(verdict(&good, policy, Some(value))["verdict"], "safe", "{policy}");
    }
    assert_eq!(good["authorizations"]["answered"], 1);
    assert_eq!(uses(&good, "redirect_uris", &web.redirect_uri)["count"], 1);
    assert_eq!(uses(&good, "redirect_uris", "https://app.example/old")["last_used_at"], Value::Null);
    assert_eq!(uses(&good, "scopes", "read")["count"], 2);
    assert_eq!(uses(&good, "grant_types", "authorization_code")["count"], 1);
    assert_eq!(uses(&good, "grant_types", "refresh_token")["count"], 1);
    assert_eq!(good["secrets"][0]["count"], 2, "{good}");

    // In the next minute the application is less careful.
    server.clock.advance(Duration::from_secs(5));
    let at = server.app.now().iso();
    assert_eq!(web.refresh_by_hand(&old).await.status, 200, "within the grace period");
    tokens(&web, &mut alice, false).await;
    alice.get(&web.url_with(&[("scope", "nonsense")])).await;
    store(&server.app).await;
    let bad = api.get("/clients/web/health").await.json();
    for (policy, sentence) in [
        ("pkce", "1 of 2 requests for a code had no code_challenge."),
        ("state", "1 of 2 authorization requests had no state."),
        ("nonce", "1 of 2 requests with the scope openid had no nonce."),
        ("refresh_without_grace", "1 of 2 refreshes came with a token that was replaced a moment before."),
    ] {
        let found = verdict(&bad, policy, None);
        assert_eq!(found["verdict"], "would_refuse", "{found}");
        assert_eq!((&found["count"], &found["last_at"]), (&json!(1), &json!(at)), "{found}");
        assert_eq!(found["sentence"], sentence);
    }
    assert_eq!(bad["refresh"], json!({ "refreshed": 2, "answered_again": 1, "reused": 0 }));
    assert_eq!(bad["refused"], json!([{ "reason": "scope.unknown", "count": 1, "last_at": at }]));

    // A token that is reused later ends its chain.
    server.clock.advance(Duration::from_secs(120));
    web.refresh_by_hand(&old).await.assert_json_error(400, "invalid_grant", "refresh_token.reused");
    store(&server.app).await;
    let reused = health(&server, "web").await;
    assert_eq!(reused["refresh"]["reused"], 1);
    let operator = Operator::of(&server);
    assert_eq!(operator.json(&["client", "health", "web"]), reused);
    let text = operator.done(&["client", "health", "web"]);
    assert!(text.contains("1 of 2 authorization requests had no state."), "{text}");
    assert!(text.contains("refresh_token.reused"), "{text}");
    assert!(operator.refused(&["client", "health", "x"]).contains("there is no client"));
}

#[tokio::test]
async fn a_use_of_a_secret_counts_once_also_after_the_client_was_changed() {
    let server = TestServer::start().await;
    let (service, api) = (server.service().await, Api::owner(&server).await);
    service.client_credentials().await;
    for n in 0..3 {
        api.made("/clients/service/secrets", json!({})).await;
        api.patch("/clients/service", json!({ "client_name": format!("Service {n}") })).await;
        service.client_credentials().await;
    }
    store(&server.app).await;
    let found = health(&server, "service").await;
    assert_eq!(
        (&found["secrets"][0]["count"], &found["grant_types"][0]["count"]),
        (&json!(4), &json!(4)),
        "{found}"
    );
}

#[tokio::test]
async fn an_old_secret_is_safe_to_remove_when_only_the_new_one_is_used() {
    let server = TestServer::start().await;
    let (service, api) = (server.service().await, Api::owner(&server).await);
    service.client_credentials().await;
    let added = api.post("/clients/service/secrets", json!({})).await.json();
    let mut new = service.at(&server.url);
    new.secret = added["client_secret"].as_str().map(str::to_owned);
    server.clock.advance(Duration::from_secs(2));
    new.client_credentials().await;
    store(&server.app).await;
    let found = health(&server, "service").await;
    let old = found["secrets"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(verdict(&found, "remove_secret", Some(&old))["verdict"], "would_refuse", "{found}");
    assert_eq!(verdict(&found, "remove_scope", Some("pay"))["verdict"], "safe", "{found}");
    server.clock.advance(Duration::from_secs(31 * 86_400));
    new.client_credentials().await;
    store(&server.app).await;
    // It is noted beside the request.
    let used = "SELECT COUNT(*) FROM client_secrets WHERE last_used_at IS NOT NULL";
    while server.number(used).await < 2 {
        tokio::task::yield_now().await;
    }
    let found = health(&server, "service").await;
    assert_eq!(verdict(&found, "remove_secret", Some(&old))["verdict"], "safe", "{found}");
}

#[tokio::test]
async fn hours_are_counted_for_the_whole_server_and_listed_without_gaps() {
    let server = TestServer::start().await;
    let (web, service, mut alice) = (server.web().await, server.service().await, server.alice().await);
    let api = Api::with(&server, "grantor.audit.read").await;
    let page = alice.open(&web.url_with(&[])).await;
    alice.submit(&page, &[("username", "alice"), ("password", "wrong")]).await;
    web.code(&mut alice).await;
    server.clock.advance(Duration::from_secs(3 * 3600));
    service.client_credentials().await;
    service.token(&[("grant_type", "x")]).await.assert_json_error(
        400,
        "unsupported_grant_type",
        "grant_type.unsupported",
    );
    store(&server.app).await;
    service.client_credentials().await;
    store(&server.app).await;

    let hours = api.get("/activity").await.json();
    let items = hours["items"].as_array().unwrap();
    assert_eq!(items.len(), 25, "{hours}");
    let now = server.app.now();
    let place = |hours: i64| {
        items.iter().position(|item| {
            let begin = Timestamp::from_unix((now.as_unix() / 3600 - hours) * 3600);
            item["hour"] == begin.iso()
        })
    };
    let (first, last) = (&items[place(3).unwrap()], &items[place(0).unwrap()]);
    assert_eq!(first["sign_ins"], json!({ "succeeded": 1, "wrong": 1 }), "{first}");
    assert_eq!(last["tokens"], json!({ "client_credentials": 2 }), "{last}");
    assert_eq!(last["refusals"], json!({ "grant_type.unsupported": 1 }), "{last}");
    assert_eq!(items[place(2).unwrap()]["tokens"], json!({}));

    assert!(server.app.activity.take().is_empty(), "nothing waits any more");
    let context = server.app.operations(now, Actor::server());
    let chart = activity::totals(&activity::hours(&context, None, None).await.unwrap(), CountKind::SignIns);
    assert_eq!((chart.len(), chart.iter().map(|(_, count)| count).sum::<i64>()), (25, 2));

    let since = Timestamp::from_unix(now.as_unix() / 3600 * 3600).iso();
    let part = api.get(&format!("/activity?since={since}")).await.json();
    assert_eq!(part["items"].as_array().unwrap().len(), 1, "{part}");
    for (query, reason) in [
        ("since=yesterday".to_owned(), "api.parameter_invalid"),
        (format!("since={}", (now + Seconds::new(60)).iso()), "api.parameter_invalid"),
        ("since=2001-01-01T00:00:00Z".to_owned(), "api.parameter_invalid"),
    ] {
        let answer = api.get(&format!("/activity?{query}")).await;
        assert_eq!(answer.status, 400, "{query}: {answer:?}");
        assert_eq!(answer.json()["reason"], reason, "{query}");
    }
    let operator = Operator::of(&server);
    let text = operator.done(&["activity", "--since", "1d"]);
    assert!(text.lines().count() >= 25 && text.starts_with("HOUR"), "{text}");
    assert!(operator.json(&["activity"]).as_array().unwrap().len() >= 24);
    assert!(operator.refused(&["activity", "--since", "soon"]).contains("is not a time"));
}

#[tokio::test]
async fn nodes_add_up_and_a_node_that_stops_loses_nothing() {
    let mut cluster = Cluster::of(2).await;
    let service = cluster.server.service().await;
    for _ in 0..10 {
        service.client_credentials().await;
    }
    for node in cluster.nodes.drain(..) {
        let (is_clean, log) = node.stop();
        assert!(is_clean, "{log}");
    }
    let server = &cluster.server;
    assert_eq!(uses(&health(server, "service").await, "grant_types", "client_credentials")["count"], 10);
    assert_eq!(counted(server, CountKind::Tokens).await, json!({ "client_credentials": 10 }));

    let third = node(server, &[]);
    service.at(&third.url).client_credentials().await;
    assert!(third.stop().0);
    assert_eq!(uses(&health(server, "service").await, "grant_types", "client_credentials")["count"], 11);
    assert_eq!(counted(server, CountKind::Tokens).await, json!({ "client_credentials": 11 }));
}

#[tokio::test]
async fn strangers_make_no_entries_and_a_deleted_client_leaves_none() {
    let server = TestServer::start_with(&[("limits.enabled", "false")]).await;
    let (web, gone) = (server.web().await, server.register(Registration::service("gone")).await);
    let mut browser = server.browser();
    for number in 0..50 {
        let made_up = format!("made-up-{number}");
        browser.get(&web.url_with(&[("client_id", &made_up)])).await;
        browser.get(&web.url_with(&[("redirect_uri", &format!("https://evil.example/{made_up}"))])).await;
        browser.get(&web.url_with(&[("scope", &made_up)])).await;
        server.token(&[("client_id", &made_up), ("grant_type", "client_credentials")]).await;
        web.token(&[("grant_type", &made_up)]).await;
        web.token(&[("grant_type", "refresh_token"), ("refresh_token", &made_up)]).await;
    }
    gone.client_credentials().await;
    let context = server.app.operations(server.app.now(), Actor::server());
    clients::delete(&context, &ClientId::new("gone")).await.unwrap();
    store(&server.app).await;
    assert_eq!(server.number("SELECT COUNT(*) FROM client_activity").await, 1);
    assert_eq!(server.number("SELECT COUNT(*) FROM client_uses").await, 0);
    let found = health(&server, "web").await;
    let refused = found["refused"].as_array().unwrap().iter();
    let mut refused: Vec<&str> = refused.map(|refused| refused["reason"].as_str().unwrap()).collect();
    refused.sort_unstable();
    assert_eq!(refused, ["redirect_uri.host_mismatch", "refresh_token.unknown", "scope.unknown"], "{found}");
    assert!(!found.to_string().contains("made-up"), "{found}");
    assert!(!counted(&server, CountKind::Refusals).await.to_string().contains("made-up"));
    assert!(server.number("SELECT COUNT(*) FROM hourly_counts").await < 16);
    // No one has signed in, so nothing is known about the requests that are answered.
    assert_eq!(verdict(&found, "state", None)["verdict"], "no_traffic");
}

#[tokio::test]
async fn counts_are_kept_for_thirty_days_and_last_uses_for_as_long_as_the_client() {
    let server = TestServer::start_with(&[("purge.every", "0s")]).await;
    let service = server.service().await;
    let used_at = server.app.now();
    service.client_credentials().await;
    store(&server.app).await;
    let rows = async || {
        let live = server.app.live_sessions(server.app.now());
        pass(&purging(&server.app, "test"), live).await.unwrap();
        let count = "SELECT (SELECT COUNT(*) FROM client_activity) + (SELECT COUNT(*) FROM hourly_counts)";
        server.number(count).await
    };
    assert_eq!(rows().await, 2);
    server.clock.advance(Duration::from_secs(29 * 86_400));
    assert_eq!(rows().await, 2);
    assert_eq!(uses(&health(&server, "service").await, "grant_types", "client_credentials")["count"], 1);
    server.clock.advance(Duration::from_secs(3 * 86_400));
    assert_eq!(rows().await, 0);
    let found = health(&server, "service").await;
    let left = uses(&found, "grant_types", "client_credentials");
    assert_eq!((&left["count"], &left["last_used_at"]), (&json!(0), &json!(used_at.iso())), "{found}");
    let context = server.app.operations(server.app.now(), Actor::server());
    clients::delete(&context, &ClientId::new("service")).await.unwrap();
    assert_eq!(server.number("SELECT COUNT(*) FROM client_uses").await, 0);
}
