//! Back-channel logout: each application is notified of an ended session exactly once, even if that takes a while.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::support::cluster::node;
use crate::support::database::{TestDatabase, engine};
use crate::support::jwt::{claims, is_signed, parts};
use crate::support::relying_party::Registration;
use crate::support::server::PASSWORD;
use crate::support::site::Site;
use crate::support::{Application, Browser, Cluster, Operator, TestServer};

const ALLOWED: (&str, &str) = ("fetch.allow", "127.0.0.1");
const TIMEOUT: Duration = Duration::from_secs(60);

/// An application's back-channel endpoint.
struct Receiver {
    uri: String,
    received: UnboundedReceiver<String>,
    /// The response that it gives.
    answer: Arc<Mutex<&'static str>>,
}

impl Receiver {
    fn start() -> Self {
        let (tell, received) = unbounded_channel();
        let answer = Arc::new(Mutex::new("200 OK"));
        let answered = answer.clone();
        let site = Site::start(move |request| {
            let _ = tell.send(request.to_owned());
            ((*answered.lock().unwrap()).to_owned(), String::new())
        });
        Self { uri: format!("http://127.0.0.1:{}/logged-out", site.port), received, answer }
    }

    fn answers(&self, status: &'static str) {
        *self.answer.lock().unwrap() = status;
    }

    /// Waits for the next logout token.
    async fn token(&mut self) -> String {
        let request = tokio::time::timeout(TIMEOUT, self.received.recv()).await.expect("a call").unwrap();
        let token = request.strip_prefix("/logged-out logout_token=");
        token.unwrap_or_else(|| panic!("a form with a logout token: {request}")).to_owned()
    }
}

async fn app_at(server: &TestServer, id: &str, uri: &str) -> Application {
    let mut registration = Registration::web(id).scopes("openid offline_access read");
    registration.client.logout.back_channel = Some(uri.into());
    server.register(registration).await
}

/// Signs in and redeems the code. Returns the ID Token.
async fn sign_in(app: &Application, browser: &mut Browser) -> String {
    let back = browser.authorize(&app.url_with(&[("scope", "openid")])).await;
    app.redeem_by_hand(&back.get("code")).await.get("id_token")
}

/// Moves the server's clock, which does not run by itself, past the command line's.
fn catch_up(server: &TestServer) {
    server.clock.advance(Duration::from_secs(120));
    server.app.back_channel.wake();
}

/// Waits until the list of deliveries satisfies `wanted`.
async fn until(operator: &Operator, wanted: impl Fn(&[Value]) -> bool) -> Value {
    let become_so = async {
        loop {
            let list = operator.json(&["logout", "list"]);
            if wanted(list.as_array().unwrap()) {
                return list;
            }
            tokio::task::yield_now().await;
        }
    };
    let became = tokio::time::timeout(TIMEOUT, become_so).await;
    became.unwrap_or_else(|_| panic!("{}", operator.json(&["logout", "list"])))
}

fn is(delivery: &Value, client: &str, state: &str, attempts: i64) -> bool {
    delivery["client_id"] == client && delivery["state"] == state && delivery["attempts"] == attempts
}

#[tokio::test]
async fn an_application_gets_a_signed_token_about_the_ended_session() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let mut receiver = Receiver::start();
    let app = app_at(&server, "app", &receiver.uri).await;
    let silent = server.register(Registration::web("silent").scopes("openid")).await;
    let unused = app_at(&server, "unused", "http://127.0.0.1:1/").await;
    let mut alice = server.alice().await;
    let id_token = claims(&sign_in(&app, &mut alice).await);
    sign_in(&silent, &mut alice).await;
    alice.authorize(&unused.url_with(&[("scope", "openid")])).await;
    alice.sign_out().await;

    let token = receiver.token().await;
    let [header, reply] = parts(&token);
    let now = server.app.now().as_unix();
    let expected = json!({
        "iss": server.url, "aud": "app", "iat": now, "exp": now + 120, "jti": reply["jti"],
        "sub": id_token["sub"], "sid": id_token["sid"],
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    assert_eq!(reply, expected);
    assert_eq!((&header["typ"], &header["alg"]), (&"logout+jwt".into(), &"ES256".into()));
    assert!(is_signed(&server, &token).await);
    let list = until(&Operator::of(&server), |list| list.iter().all(|one| one["state"] == "delivered")).await;
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), 1, "who got nothing in the session, or hears nothing: {list:?}");
    assert!(is(&list[0], "app", "delivered", 1) && list[0]["last_error"].is_null(), "{list:?}");
    assert!(receiver.received.try_recv().is_err(), "told once");
}

#[tokio::test]
async fn applications_are_notified_however_a_session_ends() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let operator = Operator::of(&server);
    let mut receiver = Receiver::start();
    let app = app_at(&server, "app", &receiver.uri).await;
    server.user("bob").await;
    let mut alice = server.alice().await;

    let sid = claims(&sign_in(&app, &mut alice).await)["sid"].clone();
    operator.done(&["session", "end", sid.as_str().unwrap()]);
    catch_up(&server);
    assert_eq!(claims(&receiver.token().await)["sid"], sid, "by the operator");

    let sid = claims(&sign_in(&app, &mut alice).await)["sid"].clone();
    let page = alice.open(&app.url_with(&[("prompt", "login")])).await;
    alice.sign_in(&page, "bob").await;
    assert_eq!(claims(&receiver.token().await)["sid"], sid, "by somebody else in the same browser");

    for command in [
        &["session", "end", "--user", "alice", "--yes"][..],
        &["user", "disable", "alice"],
        &["user", "set-password", "alice", "--password-stdin"],
        &["user", "delete", "alice", "--yes"],
    ] {
        operator.done(&["user", "enable", "alice"]);
        let sid = claims(&sign_in(&app, &mut server.browser()).await)["sid"].clone();
        let output = operator.with_input(command, PASSWORD);
        assert!(output.status.success(), "{command:?}: {output:?}");
        catch_up(&server);
        assert_eq!(claims(&receiver.token().await)["sid"], sid, "{command:?}");
    }
}

#[tokio::test]
async fn a_failed_delivery_is_retried_later_with_a_new_token() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let operator = Operator::of(&server);
    let mut receiver = Receiver::start();
    receiver.answers("500 Internal Server Error");
    let app = app_at(&server, "app", &receiver.uri).await;
    let mut alice = server.alice().await;
    sign_in(&app, &mut alice).await;
    alice.sign_out().await;
    let first = receiver.token().await;
    let list =
        until(&operator, |list| is(&list[0], "app", "waiting", 1) && !list[0]["last_error"].is_null()).await;
    assert_eq!(list[0]["last_error"], "it answered 500 Internal Server Error");

    server.clock.advance(Duration::from_secs(4));
    server.app.back_channel.wake();
    server.clock.advance(Duration::from_secs(1));
    let second = receiver.token().await;
    assert_ne!(claims(&first)["jti"], claims(&second)["jti"], "the first may have arrived");
    assert_eq!(claims(&second)["iat"], server.app.now().as_unix(), "signed when it is sent");

    until(&operator, |list| is(&list[0], "app", "waiting", 2)).await;
    receiver.answers("204 No Content");
    server.clock.advance(Duration::from_secs(30));
    receiver.token().await;
    until(&operator, |list| is(&list[0], "app", "delivered", 3) && list[0]["last_error"].is_null()).await;
}

#[tokio::test]
async fn a_delivery_is_given_up_after_three_days_until_the_operator_retries_it() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let operator = Operator::of(&server);
    let mut receiver = Receiver::start();
    receiver.answers("400 Bad Request");
    let app = app_at(&server, "app", &receiver.uri).await;
    let mut alice = server.alice().await;
    sign_in(&app, &mut alice).await;
    alice.sign_out().await;
    for attempt in 1..=11 {
        receiver.token().await;
        let state = if attempt == 11 { "failed" } else { "waiting" };
        until(&operator, |list| is(&list[0], "app", state, attempt) && !list[0]["last_error"].is_null())
            .await;
        server.clock.advance(Duration::from_secs(86_400));
        server.app.back_channel.wake();
    }
    assert_eq!(operator.json(&["logout", "list", "--state", "failed"]).as_array().unwrap().len(), 1);
    assert_eq!(operator.json(&["logout", "list", "--client", "other"]), json!([]));
    let table = operator.done(&["logout", "list"]);
    assert!(table.contains("failed") && table.contains("it answered 400 Bad Request"), "{table}");

    receiver.answers("200 OK");
    let unknown = operator.refused(&["logout", "retry", "--client", "other"]);
    assert!(unknown.contains("there is no client with the id other"), "{unknown}");
    assert_eq!(operator.json(&["logout", "retry"]), json!({ "retried": 1 }));
    catch_up(&server);
    receiver.token().await;
    until(&operator, |list| is(&list[0], "app", "delivered", 1)).await;
}

#[tokio::test]
async fn a_private_address_is_only_called_if_the_operator_allows_it() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let mut receiver = Receiver::start();
    let app = app_at(&server, "app", &receiver.uri).await;
    let mut alice = server.alice().await;
    sign_in(&app, &mut alice).await;
    alice.sign_out().await;
    let list =
        until(&operator, |list| is(&list[0], "app", "waiting", 1) && !list[0]["last_error"].is_null()).await;
    assert_eq!(list[0]["last_error"], "127.0.0.1 is only called by https; fetch.allow can allow plain http");
    assert!(receiver.received.try_recv().is_err());

    // The delivery is in the database, so another process with another configuration can send it.
    let _node = node(&server, &[ALLOWED]);
    server.sql("UPDATE logout_deliveries SET next_attempt_at = 0").await;
    while receiver.received.is_empty() {
        // Either node may be first: if this one refuses, the delivery waits for its next attempt again.
        server.sql("UPDATE logout_deliveries SET next_attempt_at = 0, attempts = 1 WHERE state = 'waiting' AND last_error IS NOT NULL").await;
        tokio::task::yield_now().await;
    }
    assert_eq!(claims(&receiver.token().await)["iss"], server.url);
}

#[tokio::test]
async fn two_nodes_notify_each_application_once() {
    let cluster = Cluster::on(TestDatabase::fresh(engine()).await, 2, &[ALLOWED]).await;
    let server = &cluster.server;
    let mut receiver = Receiver::start();
    let app = app_at(server, "app", &receiver.uri).await;
    server.alice().await;
    let mut expected = Vec::new();
    for _ in 0..12 {
        expected
            .push(claims(&sign_in(&app, &mut server.browser()).await)["sid"].as_str().unwrap().to_owned());
    }
    let operator = Operator::of(server);
    operator.done(&["session", "end", "--user", "alice", "--yes"]);
    // No clock is moved here: a node whose clock is ahead would consider a delivery due that another node has just
    // claimed.
    until(&operator, |list| list.len() == 12 && list.iter().all(|one| is(one, "app", "delivered", 1))).await;
    let mut reply = Vec::new();
    while let Ok(request) = receiver.received.try_recv() {
        reply.push(claims(request.split_once('=').unwrap().1)["sid"].as_str().unwrap().to_owned());
    }
    expected.sort();
    reply.sort();
    assert_eq!(reply, expected);
}

#[tokio::test]
async fn an_application_that_never_answers_does_not_delay_others() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let operator = Operator::of(&server);
    let hung = Site::start(|_| {
        loop {
            std::thread::park();
        }
    });
    let hung = app_at(&server, "hung", &format!("http://127.0.0.1:{}/", hung.port)).await;
    let mut receiver = Receiver::start();
    let app = app_at(&server, "app", &receiver.uri).await;
    server.alice().await;
    for _ in 0..6 {
        let mut browser = server.browser();
        sign_in(&hung, &mut browser).await;
        sign_in(&app, &mut browser).await;
    }
    operator.done(&["session", "end", "--user", "alice", "--yes"]);
    catch_up(&server);
    for _ in 0..6 {
        receiver.token().await;
    }
    let hung = operator.json(&["logout", "list", "--client", "hung"]);
    assert_eq!(hung.as_array().unwrap().iter().filter(|one| one["attempts"] == 1).count(), 4, "{hung}");
    assert!(
        hung.as_array().unwrap().iter().all(|one| one["last_error"].is_null()),
        "still waited for: {hung}"
    );
}

#[tokio::test]
async fn a_delivery_that_became_impossible_says_why() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let operator = Operator::of(&server);
    let receiver = Receiver::start();
    receiver.answers("503 Service Unavailable");
    for (id, change, why) in [
        ("gone", &["client", "delete", "gone", "--yes"][..], "the client is gone or disabled"),
        ("off", &["client", "update", "off", "--disable"], "the client is gone or disabled"),
        (
            "silent",
            &["client", "update", "silent", "--no-backchannel-logout-uri"],
            "the client no longer has a back-channel logout URI",
        ),
    ] {
        let app = app_at(&server, id, &receiver.uri).await;
        server.user(id).await;
        let mut browser = server.browser();
        let page = browser.open(&app.url_with(&[("scope", "openid")])).await;
        let page = browser.sign_in(&page, id).await;
        let code = browser.allow(&page).await.get("code");
        app.redeem_by_hand(&code).await;
        browser.sign_out().await;
        let this = |list: &[Value]| list.iter().find(|one| one["client_id"] == id).cloned();
        until(&operator, |list| {
            this(list).is_some_and(|one| one["last_error"] == "it answered 503 Service Unavailable")
        })
        .await;
        operator.done(change);
        operator.done(&["logout", "retry"]);
        catch_up(&server);
        until(&operator, |list| {
            this(list).is_some_and(|one| one["state"] == "failed" && one["last_error"] == why)
        })
        .await;
    }
}

#[tokio::test]
async fn a_logout_uri_that_could_never_be_called_is_refused_at_registration() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let create = |uri: &'static str| {
        let mut arguments = vec!["client", "create", "--id", "app", "--name", "A", "--kind", "web"];
        arguments.extend(["--redirect-uri", "https://app.example/cb", "--scope", "openid"]);
        arguments.extend(["--backchannel-logout-uri", uri]);
        arguments
    };
    for (uri, why) in [
        ("http://app.example/out", "plain http"),
        ("https://10.0.0.1/out", "not a public address"),
        ("https://[::1]/out", "not a public address"),
        ("https://app.example/out#x", "without a fragment"),
        ("https://u:p@app.example/out", "without a fragment and a user name"),
        ("ftp://app.example/", "not a web address"),
        ("out", "not a web address"),
    ] {
        let said = operator.refused(&create(uri));
        assert!(said.contains(why), "{uri}: {said}");
    }
    operator.done(&create("https://app.example/out"));
    let shown = operator.json(&["client", "show", "app"]);
    assert_eq!(shown["backchannel_logout_uri"], "https://app.example/out");
    let said = operator.refused(&["client", "update", "app", "--scope", "read"]);
    assert!(said.contains("scope openid"), "{said}");
    operator.done(&["client", "update", "app", "--no-backchannel-logout-uri"]);
    assert!(operator.json(&["client", "show", "app"])["backchannel_logout_uri"].is_null());
}

#[tokio::test]
async fn the_last_attempt_is_the_last_even_without_an_answer() {
    let server = TestServer::start_with(&[ALLOWED, ("fetch.deadline", "2s")]).await;
    let operator = Operator::of(&server);
    let hung = Site::start(|_| {
        loop {
            std::thread::park();
        }
    });
    let app = app_at(&server, "hung", &format!("http://127.0.0.1:{}/", hung.port)).await;
    let mut alice = server.alice().await;
    sign_in(&app, &mut alice).await;
    alice.sign_out().await;
    until(&operator, |list| is(&list[0], "hung", "waiting", 1) && !list[0]["last_error"].is_null()).await;
    server.sql("UPDATE logout_deliveries SET attempts = 10, next_attempt_at = 0").await;
    // The clock advances during the call, and the server looks for due deliveries again.
    let passed = std::cell::Cell::new(0);
    let list = until(&operator, |list| {
        if passed.replace(passed.get() + 1) < 20 {
            server.clock.advance(Duration::from_secs(1));
        }
        server.app.back_channel.wake();
        list[0]["state"] == "failed"
    })
    .await;
    assert!(is(&list[0], "hung", "failed", 11), "{list}");
    assert_eq!(list[0]["last_error"], "no answer within 2 s");
}
