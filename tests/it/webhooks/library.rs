//! A receiver that verifies messages by the library of the Standard Webhooks project.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

use super::{ALLOWED, TIMEOUT, acts, hook};
use crate::api::Api;
use crate::clients::{installed, program};
use crate::support::TestServer;

#[tokio::test]
async fn the_library_of_the_standard_accepts_our_messages_and_nothing_else() {
    let Some(directory) = installed("node_modules") else { return };
    // Node.js looks for libraries in the program's own folder.
    let copy = directory.join("webhook_receiver.mjs");
    std::fs::copy(program("webhook_receiver.mjs"), &copy).unwrap();
    let mut child = Command::new("node")
        .arg(copy)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut line = async || -> String {
        let next = tokio::time::timeout(TIMEOUT, lines.next_line()).await.expect("a line");
        next.unwrap().expect("the program still runs")
    };
    let port = line().await;
    let server = TestServer::start_with(&[ALLOWED]).await;
    let api = Api::owner(&server).await;
    server.user("alice").await;
    let hook = hook(&api, &format!("http://127.0.0.1:{port}/"), json!(["user.enabled"])).await;
    input.write_all(format!("{}\n", hook.secret).as_bytes()).await.unwrap();
    acts(&server, 1).await;
    let got: Value = serde_json::from_str(&line().await).unwrap();
    assert_eq!(got["verified"]["type"], "user.enabled", "{got}");
    assert_eq!(got["refused"], json!(["another secret", "another body", "another id"]), "{got}");

    let rotated = api.post(&format!("{}/rotate-secret", hook.path), json!({})).await.json();
    for secret in [hook.secret.as_str(), rotated["secret"].as_str().unwrap()] {
        input.write_all(format!("{secret}\n").as_bytes()).await.unwrap();
        acts(&server, 1).await;
        let got: Value = serde_json::from_str(&line().await).unwrap();
        assert_eq!(got["verified"]["type"], "user.enabled", "{got}");
    }
    // The library refuses a message whose time is not about now.
    server.clock.advance(Duration::from_secs(600));
    acts(&server, 1).await;
    let got: Value = serde_json::from_str(&line().await).unwrap();
    assert!(got["verified"].is_null(), "{got}");
}
