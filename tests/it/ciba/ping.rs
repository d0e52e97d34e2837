//! The delivery mode ping: the application learns of an answer, once, and no one else does.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use grantor::oauth::client::DeliveryMode;
use grantor::store::expired::ExpiringTable;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{BEGIN, answer, ask, asking, begin, form, poll};
use crate::support::site::Site;
use crate::support::{Application, Operator, TestServer};

pub(super) const ALLOWED: (&str, &str) = ("fetch.allow", "127.0.0.1");
const TIMEOUT: Duration = Duration::from_secs(60);
pub(super) const TOKEN: (&str, &str) = ("client_notification_token", "8d67dc78-7faa-4d41-aabd-67707b374255");

/// The notification endpoint of an application.
pub(super) struct Endpoint {
    site: Site,
    received: UnboundedReceiver<String>,
    answer: Arc<Mutex<&'static str>>,
}

impl Endpoint {
    pub(super) fn start(first: &'static str) -> Self {
        let (tell, received) = unbounded_channel();
        let answer = Arc::new(Mutex::new(first));
        let answered = answer.clone();
        let site = Site::start(move |request| {
            let _ = tell.send(request.to_owned());
            ((*answered.lock().unwrap()).to_owned(), String::new())
        });
        Self { site, received, answer }
    }

    fn answers(&self, status: &'static str) {
        *self.answer.lock().unwrap() = status;
    }

    /// Waits for the next call. Returns its body.
    async fn call(&mut self) -> Value {
        let request = tokio::time::timeout(TIMEOUT, self.received.recv()).await.expect("a call").unwrap();
        serde_json::from_str(request.strip_prefix("/ping ").expect("a body")).unwrap()
    }
}

/// An application that learns of answers at this endpoint.
pub(super) async fn told(server: &TestServer, id: &str, endpoint: &Endpoint) -> Application {
    let mut registration = asking(id);
    let settings = &mut registration.client.backchannel;
    settings.delivery = DeliveryMode::Ping;
    // Plain http is only for this test: a registration needs https.
    settings.notification_endpoint = Some(format!("http://127.0.0.1:{}/ping", endpoint.site.port));
    server.register(registration).await
}

async fn states(server: &TestServer, state: &'static str) -> i64 {
    let count = async move |tx: &mut grantor::store::db::Tx| {
        let sql = "SELECT COUNT(*) FROM backchannel_pings WHERE state = $1";
        let row: Option<(i64,)> = tx.query(sql).bind(state).optional().await?;
        Ok(row.map_or(0, |(count,)| count))
    };
    server.store(count).await
}

/// Waits until the result of this attempt is stored.
pub(super) async fn until_failed(server: &TestServer, attempts: i64, why: &'static str) {
    let count = async || {
        let count = async move |tx: &mut grantor::store::db::Tx| {
            let sql = "SELECT COUNT(*) FROM backchannel_pings WHERE attempts = $1 AND last_error LIKE $2";
            let row: Option<(i64,)> = tx.query(sql).bind(attempts).bind(why).optional().await?;
            Ok(row.map_or(0, |(count,)| count))
        };
        server.store(count).await
    };
    let wait = async {
        while count().await == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(TIMEOUT, wait).await.unwrap_or_else(|_| panic!("attempt {attempts}"));
}

/// Waits until so many pings are in a state.
pub(super) async fn until(server: &TestServer, state: &'static str, count: i64) {
    let wait = async {
        while states(server, state).await != count {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(TIMEOUT, wait).await.unwrap_or_else(|_| panic!("{count} {state}"));
}

#[tokio::test]
async fn an_application_is_told_that_its_request_was_allowed_or_denied_and_asks_for_tokens() {
    let server = TestServer::start_with(&[ALLOWED, ("ciba.quiet_after_denial", "0s")]).await;
    let mut endpoint = Endpoint::start("204 No Content");
    let (bank, mut alice) = (told(&server, "bank", &endpoint).await, server.alice().await);
    for (field, status) in [("allow", 200), ("deny", 400)] {
        let begun = ask(&bank, &[TOKEN]).await;
        assert_eq!(begun.json()["interval"], 5, "it may poll, too: {begun:?}");
        let id = begun.get("auth_req_id");
        answer(&mut alice, field).await;
        assert_eq!(endpoint.call().await, json!({ "auth_req_id": id }));
        assert_eq!(poll(&bank, &id).await.status, status);
    }
    until(&server, "delivered", 2).await;
    for (head, body) in endpoint.site.requests() {
        assert!(head.starts_with("POST /ping HTTP/1.1"), "{head}");
        let head = head.to_ascii_lowercase();
        assert!(head.contains(&format!("\r\nauthorization: bearer {}\r\n", TOKEN.1)), "{head}");
        assert!(head.contains("\r\ncontent-type: application/json"), "{head}");
        assert_eq!(serde_json::from_str::<Value>(&body).unwrap().as_object().unwrap().len(), 1, "{body}");
    }
    assert_eq!(endpoint.site.called(), 2, "one ping for each answer");
    let kept = server.number("SELECT COUNT(*) FROM backchannel_pings WHERE sealed IS NOT NULL").await;
    assert_eq!(kept, 0, "what was sent is forgotten");
}

#[tokio::test]
async fn an_endpoint_that_fails_is_told_again_until_it_answers() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let mut endpoint = Endpoint::start("500 Internal Server Error");
    let (bank, mut alice) = (told(&server, "bank", &endpoint).await, server.alice().await);
    let id = begin(&bank, &[TOKEN]).await;
    answer(&mut alice, "allow").await;
    let first = endpoint.call().await;
    until_failed(&server, 1, "%500%").await;
    endpoint.answers("302 Found\r\nLocation: http://127.0.0.1:1/");
    server.clock.advance(Duration::from_secs(60));
    server.app.backchannel_pings.wake();
    assert_eq!(endpoint.call().await, first, "a redirect is not followed, and no success");
    until_failed(&server, 2, "%redirect%").await;
    endpoint.answers("200 OK");
    server.clock.advance(Duration::from_secs(60));
    server.app.backchannel_pings.wake();
    assert_eq!(endpoint.call().await, json!({ "auth_req_id": id }));
    until(&server, "delivered", 1).await;
    assert_eq!(poll(&bank, &id).await.status, 200);
}

#[tokio::test]
async fn no_ping_follows_when_the_application_has_its_tokens() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let mut endpoint = Endpoint::start("500 Internal Server Error");
    let (bank, mut alice) = (told(&server, "bank", &endpoint).await, server.alice().await);
    let id = begin(&bank, &[TOKEN]).await;
    answer(&mut alice, "allow").await;
    endpoint.call().await;
    until_failed(&server, 1, "%500%").await;
    // It asks by itself, as it may, or while it answers the ping.
    assert_eq!(poll(&bank, &id).await.status, 200);
    server.clock.advance(Duration::from_secs(60));
    server.app.backchannel_pings.wake();
    until(&server, "delivered", 1).await;
    assert_eq!(endpoint.site.called(), 1);
}

#[tokio::test]
async fn a_ping_ends_with_its_request() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let mut endpoint = Endpoint::start("500 Internal Server Error");
    let (bank, mut alice) = (told(&server, "bank", &endpoint).await, server.alice().await);
    begin(&bank, &[TOKEN]).await;
    answer(&mut alice, "allow").await;
    endpoint.call().await;
    until(&server, "waiting", 1).await;
    server.clock.advance(Duration::from_secs(300));
    server.app.backchannel_pings.wake();
    until(&server, "failed", 1).await;
    assert_eq!(endpoint.site.called(), 1);
    server.clock.advance(Duration::from_secs(86_400));
    super::limits::purge(&server, ExpiringTable::BackchannelPings).await;
    assert_eq!(states(&server, "failed").await, 0);
}

#[tokio::test]
async fn an_application_that_is_told_sends_a_token_with_each_request() {
    let server = TestServer::start().await;
    let endpoint = Endpoint::start("204 No Content");
    let bank = told(&server, "bank", &endpoint).await;
    server.user("alice").await;
    let long = "x".repeat(1025);
    for token in ["", "a b", "a\"b", "=", &long] {
        let refused = ask(&bank, &[("client_notification_token", token)]).await;
        refused.assert_json_error(400, "invalid_request", "backchannel.notification_token");
    }
    let twice = [form(&[TOKEN]), vec![TOKEN]].concat();
    bank.post(BEGIN, &twice).await.assert_json_error(400, "invalid_request", "parameter.repeated");
    begin(&bank, &[("client_notification_token", &"x".repeat(1024))]).await;
}

#[tokio::test]
async fn no_one_is_told_at_an_address_that_is_not_public_or_no_longer_registered() {
    let server = TestServer::start_with(&[("ciba.waiting_of_client", "9")]).await;
    let endpoint = Endpoint::start("204 No Content");
    let (bank, mut alice) = (told(&server, "bank", &endpoint).await, server.alice().await);
    begin(&bank, &[TOKEN]).await;
    answer(&mut alice, "allow").await;
    until(&server, "waiting", 1).await;
    Operator::of(&server).done(&[
        "client",
        "update",
        "bank",
        "--ciba-mode",
        "poll",
        "--no-ciba-notification-endpoint",
    ]);
    server.clock.advance(Duration::from_secs(60));
    server.app.backchannel_pings.wake();
    until(&server, "failed", 1).await;
    assert_eq!(endpoint.site.called(), 0);
}

#[tokio::test]
async fn the_database_has_neither_the_id_nor_the_token_in_the_open() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let endpoint = Endpoint::start("500 Internal Server Error");
    let (bank, mut alice) = (told(&server, "bank", &endpoint).await, server.alice().await);
    let id = begin(&bank, &[TOKEN]).await;
    answer(&mut alice, "allow").await;
    let (secret, token) = (id.clone(), TOKEN.1);
    let found = async move |tx: &mut grantor::store::db::Tx| {
        let mut found = Vec::new();
        for sql in [
            "SELECT sealed_ping FROM backchannel_requests WHERE sealed_ping IS NOT NULL",
            "SELECT sealed FROM backchannel_pings WHERE sealed IS NOT NULL",
        ] {
            let rows: Vec<(Vec<u8>,)> = tx.query(sql).all().await?;
            found.extend(rows.into_iter().map(|(bytes,)| String::from_utf8_lossy(&bytes).into_owned()));
        }
        Ok(found)
    };
    let rows = server.store(found).await;
    assert!(
        !rows.is_empty() && rows.iter().all(|row| !row.contains(&secret) && !row.contains(token)),
        "{rows:?}"
    );
}
