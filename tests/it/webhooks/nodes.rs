//! Webhooks with several nodes, and a node that dies between sending and noting.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use serde_json::{Value, json};

use super::{ALLOWED, Receiver, TIMEOUT, hook, is, until};
use crate::api::Api;
use crate::support::database::{TestDatabase, engine, statement_on};
use crate::support::site::Site;
use crate::support::{Cluster, CommandLine};

#[tokio::test]
async fn two_nodes_deliver_each_event_once() {
    let cluster = Cluster::on(TestDatabase::fresh(engine()).await, 2, &[ALLOWED]).await;
    let api = Api::owner(&cluster.server).await;
    let mut receiver = Receiver::start();
    let hook = hook(&api, &receiver.url, json!(["client.created"])).await;
    for number in 0..12 {
        assert_eq!(api.service(&format!("client-{number}")).await.status, 201);
    }
    let mut got: Vec<String> = Vec::new();
    for _ in 0..12 {
        let message = receiver.next_of("client.created", &hook.secret).await;
        got.push(message.json()["data"]["client"].as_str().unwrap().to_owned());
    }
    until(&api, &hook, |items| items.len() == 12 && items.iter().all(|one| is(one, "delivered", 1))).await;
    let mut expected: Vec<String> = (0..12).map(|number| format!("client-{number}")).collect();
    expected.sort();
    got.sort();
    assert_eq!(got, expected);
    assert!(receiver.came.try_recv().is_err(), "each came once");
}

#[tokio::test]
async fn a_message_of_a_node_that_died_before_it_noted_the_delivery_comes_again_under_the_same_id() {
    let cli = CommandLine::new().await;
    cli.configure("[fetch]\nallow = \"127.0.0.1\"\n");
    let (tell, told) = mpsc::channel();
    let tell = std::sync::Mutex::new(tell);
    let tell = Arc::new(tell);
    let hangs = Arc::new(AtomicBool::new(true));
    let is_hanging = hangs.clone();
    let site = Site::start(move |_| {
        tell.lock().unwrap().send(()).unwrap();
        while is_hanging.load(Ordering::SeqCst) {
            std::thread::park_timeout(std::time::Duration::from_millis(10));
        }
        ("200 OK".into(), String::new())
    });
    let node = cli.serve(&[]);
    let url = format!("http://127.0.0.1:{}/", site.port);
    let created =
        cli.done(&["webhook", "create", "--url", &url, "--name", "A", "--type", "scope.", "--json"]);
    let created: Value = serde_json::from_str(&created).unwrap();
    cli.done(&["scope", "create", "read", "--description", "Read"]);
    told.recv_timeout(TIMEOUT).expect("a call");
    node.signal("KILL");
    drop(node);
    hangs.store(false, Ordering::SeqCst);
    // The node cannot give its claim back, so another one waits until the claim has ended.
    statement_on(cli.database_url(), "UPDATE webhook_deliveries SET next_attempt_at = 0").await;
    let node = cli.serve(&[]);
    told.recv_timeout(TIMEOUT).expect("another call");
    let id = created["id"].as_str().unwrap();
    let list =
        || -> Value { serde_json::from_str(&cli.done(&["webhook", "deliveries", id, "--json"])).unwrap() };
    let delivered = async {
        while list()[0]["state"] != "delivered" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(TIMEOUT, delivered).await.expect("it is delivered");
    assert!(is(&list()[0], "delivered", 2), "{}", list());
    let requests = site.requests();
    assert_eq!((requests.len(), &requests[0].1), (2, &requests[1].1), "the same message");
    let of = |head: &str| {
        let head = head.to_ascii_lowercase();
        head.lines().find(|line| line.starts_with("webhook-id: ")).unwrap().to_owned()
    };
    assert_eq!(of(&requests[0].0), of(&requests[1].0));
    node.stop();
}
