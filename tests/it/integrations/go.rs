//! oauth2-proxy, and the authenticator of Kubernetes' API server.

use std::io::Write as _;
use std::process::{Command, Stdio};

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::program::Program;
use super::trial::Trial;
use super::walk::open;
use crate::clients::installed;
use crate::support::site::{Site, page};
use crate::support::{Browser, Operator};

/// Starts oauth2-proxy with the page's file, which has this port.
pub(super) async fn oauth2_proxy(trial: &Trial, port: u16) -> Program {
    let program = installed("integrations/oauth2-proxy").unwrap().join("integrations/oauth2-proxy");
    let mut command = Command::new(program);
    command.arg("--config").arg(trial.file("oauth2-proxy.cfg"));
    Program::start_at(trial, port, command).await
}

/// Starts oauth2-proxy at the application's address, before a site that shows what it gets.
async fn before_a_site(trial: &mut Trial) -> Program {
    let site = Site::start(|path| page(&format!("<p id=site>{path}</p>")));
    let port = trial.port;
    trial.replace("127.0.0.1:4180", &format!("localhost:{port}"));
    trial.replace("127.0.0.1:8081", &format!("127.0.0.1:{}", site.port));
    let host = trial.server.url.trim_start_matches("http://").to_owned();
    trial.replace("\"id.example.com\"", &format!("\"{host}\""));
    oauth2_proxy(trial, port).await
}

#[tokio::test]
async fn oauth2_proxy_lets_a_person_in_after_a_sign_in_and_out_again() {
    let Some(mut trial) = Trial::begin("oauth2-proxy", "integrations/oauth2-proxy").await else { return };
    Operator::of(&trial.server).done(&[
        "user",
        "update",
        "alice",
        "--email-verified",
        "true",
        "--group",
        "staff",
    ]);
    let _proxy = before_a_site(&mut trial).await;
    let (application, auth) = (trial.application(), format!("{}/oauth2/auth", trial.application()));
    assert_eq!(trial.alice.get(&auth).await.status, StatusCode::UNAUTHORIZED);

    let inside = open(&mut trial.alice, &format!("{application}/inside")).await;
    assert!(inside.body.contains("<p id=site>/inside</p>"), "{inside:?}");
    // What a proxy that asks at every request passes on to the application.
    let allowed = trial.alice.get(&auth).await;
    assert_eq!(allowed.status, StatusCode::ACCEPTED, "{allowed:?}");
    assert_eq!(allowed.header("x-auth-request-email"), "alice@example.com");
    assert_eq!(allowed.header("x-auth-request-preferred-username"), "alice");
    assert_eq!(allowed.header("x-auth-request-groups"), "staff");

    let rd = url::form_urlencoded::byte_serialize(format!("{}/logout", trial.server.url).as_bytes())
        .collect::<String>();
    let question = open(&mut trial.alice, &format!("{application}/oauth2/sign_out?rd={rd}")).await;
    let left = trial.alice.submit(&question, &[]).await;
    assert!(left.body.contains("id=\"signed-out\""), "{left:?}");
    assert!(open_only(&mut trial.alice, &application).await, "a new sign-in");
}

/// Whether an address leads to the sign-in page of the server.
async fn open_only(alice: &mut Browser, address: &str) -> bool {
    let mut answer = alice.get(address).await;
    while let Some(location) = answer.location() {
        answer = alice.get(answer.url.join(&location).unwrap().as_str()).await;
    }
    answer.is_sign_in()
}

#[tokio::test]
async fn oauth2_proxy_refuses_a_person_whose_address_is_not_verified() {
    let Some(mut trial) = Trial::begin("oauth2-proxy", "integrations/oauth2-proxy").await else { return };
    Operator::of(&trial.server).done(&["user", "update", "alice", "--email-verified", "false"]);
    let proxy = before_a_site(&mut trial).await;
    let application = trial.application();
    let answer = open(&mut trial.alice, &application).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer:?}");
    assert!(proxy.said().contains("isn't verified"), "{}", proxy.said());
}

/// Asks Kubernetes' authenticator about a token.
fn authenticate(trial: &Trial, token: &str) -> Result<Value, String> {
    let program = installed("integrations/kubernetes").unwrap().join("integrations/kubernetes");
    let mut command = Command::new(program);
    command.arg(trial.file("authentication.yaml")).env("SSL_CERT_FILE", trial.folder.path().join("cert.pem"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{token}\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    match said.trim_end().split_once(' ') {
        Some(("YES", user)) => Ok(serde_json::from_str(user).unwrap()),
        Some(("NO", reason)) => Err(reason.to_owned()),
        _ => panic!("{said}"),
    }
}

#[tokio::test]
async fn kubernetes_reads_name_and_groups_from_the_id_token() {
    let Some(mut trial) = Trial::begin_by_https("kubernetes", "integrations/kubernetes").await else {
        return;
    };
    Operator::of(&trial.server).done(&["user", "update", "alice", "--group", "staff"]);
    let claims = std::fs::read_to_string(trial.file("claims.json")).unwrap();
    let scope = ("scope", "openid profile groups");
    // As kubelogin asks, on a port of the person's machine.
    let asked = [scope, ("claims", claims.trim())];
    let tokens = trial.tokens("kubernetes", "http://localhost:8000", &asked).await;
    let user = authenticate(&trial, tokens["id_token"].as_str().unwrap()).unwrap();
    assert_eq!(user["name"], "grantor:alice", "{user}");
    assert_eq!(user["groups"], json!(["grantor:staff"]), "{user}");

    let refused = trial.tokens("kubernetes", "http://localhost:8000", &[scope]).await;
    let refused = authenticate(&trial, refused["id_token"].as_str().unwrap()).unwrap_err();
    assert!(refused.contains("claim not present"), "{refused}");
}
