//! Webhooks: programs that get the events of the audit trail, signed as Standard Webhooks says.

mod backlog;
mod delivery;
mod library;
mod management;
mod nodes;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use grantor::operations::actor::Actor;
use grantor::operations::users;
use grantor::work::audit;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::api::Api;
use crate::support::TestServer;
use crate::support::site::Site;

pub(crate) const ALLOWED: (&str, &str) = ("fetch.allow", "127.0.0.1");
const TIMEOUT: Duration = Duration::from_secs(60);

/// A program that receives messages.
pub(crate) struct Receiver {
    pub(crate) url: String,
    site: Arc<Site>,
    taken: usize,
    came: UnboundedReceiver<()>,
    answer: Arc<Mutex<&'static str>>,
}

/// A message as it came.
#[derive(Debug)]
pub(crate) struct Received {
    head: String,
    body: String,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        let (tell, came) = unbounded_channel();
        let answer = Arc::new(Mutex::new("200 OK"));
        let answered = answer.clone();
        let site = Site::start(move |_| {
            let _ = tell.send(());
            ((*answered.lock().unwrap()).to_owned(), String::new())
        });
        let url = format!("http://127.0.0.1:{}/hooks?from=grantor", site.port);
        Self { url, site: Arc::new(site), taken: 0, came, answer }
    }

    pub(crate) fn answers(&self, status: &'static str) {
        *self.answer.lock().unwrap() = status;
    }

    /// How many messages have come and were looked at, after checking that no other has come.
    #[track_caller]
    pub(crate) fn taken(&self) -> usize {
        assert_eq!(self.site.requests().len(), self.taken);
        self.taken
    }

    /// Waits for the next message.
    async fn next(&mut self) -> Received {
        tokio::time::timeout(TIMEOUT, self.came.recv()).await.expect("a message").unwrap();
        let (head, body) = self.site.requests().swap_remove(self.taken);
        self.taken += 1;
        Received { head, body }
    }

    /// Waits for the next message, which must have this type and a good signature. Returns it.
    pub(crate) async fn next_of(&mut self, kind: &str, secret: &str) -> Received {
        let received = self.next().await;
        assert_eq!(received.json()["type"], kind, "{received:?}");
        assert!(received.is_signed_by(secret), "{received:?}");
        received
    }
}

impl Received {
    fn header(&self, name: &str) -> &str {
        let found = self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        });
        found.unwrap_or_else(|| panic!("{name}: {}", self.head))
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub(crate) fn id(&self) -> &str {
        self.header("webhook-id")
    }

    fn sent_at(&self) -> i64 {
        self.header("webhook-timestamp").parse().unwrap()
    }

    /// Whether one of the signatures was made with this secret (Standard Webhooks, "Verifying signatures").
    fn is_signed_by(&self, secret: &str) -> bool {
        let bytes = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let signed = format!("{}.{}.{}", self.id(), self.header("webhook-timestamp"), self.body);
        let key = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
        let expected = format!("v1,{}", STANDARD.encode(hmac::sign(&key, signed.as_bytes())));
        self.header("webhook-signature").split(' ').any(|signature| signature == expected)
    }
}

/// A webhook and the secret that was shown for it.
pub(crate) struct Hook {
    id: String,
    pub(crate) secret: String,
    pub(crate) path: String,
}

pub(crate) async fn hook(api: &Api, url: &str, types: Value) -> Hook {
    let created = api.post("/webhooks", json!({ "name": "Test", "url": url, "types": types })).await;
    assert_eq!(created.status, 201, "{created:?}");
    let body = created.json();
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    let (id, secret) = (text("id"), text("secret"));
    Hook { path: format!("/webhooks/{id}"), id, secret }
}

/// Disables and enables `alice` so often, which are two events each time, a second after what was before.
async fn acts(server: &TestServer, times: usize) {
    server.clock.advance(Duration::from_secs(1));
    let context = server.app.operations(server.app.now(), Actor::server());
    for _ in 0..times {
        users::disable(&context, "alice").await.unwrap();
        users::enable(&context, "alice").await.unwrap();
    }
    audit::pass(&server.app).await.unwrap();
}

/// Waits until the newest 20 deliveries of a webhook, the newest first, satisfy `wanted`.
async fn until(api: &Api, hook: &Hook, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let read = async || {
        let answer = api.get(&format!("{}/deliveries?limit=20", hook.path)).await;
        answer.json()["items"].as_array().unwrap().clone()
    };
    let become_so = async {
        loop {
            let items = read().await;
            if wanted(&items) {
                return items;
            }
            tokio::task::yield_now().await;
        }
    };
    match tokio::time::timeout(TIMEOUT, become_so).await {
        Ok(items) => items,
        Err(_) => panic!("{:?}", read().await),
    }
}

fn is(delivery: &Value, state: &str, attempts: i64) -> bool {
    delivery["state"] == state && delivery["attempts"] == attempts
}

/// Moves the clock, and lets the server look for due messages.
fn pass_time(server: &TestServer, seconds: u64) {
    server.clock.advance(Duration::from_secs(seconds));
    server.app.webhooks.wake();
}
