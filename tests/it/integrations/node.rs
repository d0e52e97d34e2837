//! Libraries for Node.js: Auth.js, express-openid-connect, Passport, express-oauth2-jwt-bearer, an MCP client and server.

use std::process::Command;

use reqwest::StatusCode;
use serde_json::json;

use super::program::Program;
use super::trial::Trial;
use super::walk::{open, through};
use crate::clients::{converse, program};
use crate::support::Operator;

/// A program for Node.js in the trial's folder.
fn node(trial: &Trial) -> Command {
    let mut command = Command::new("node");
    command.env("PORT", trial.port.to_string()).env("SESSION_SECRET", "0123456789abcdef0123456789abcdef");
    command.env("OIDC_SECRET", trial.secret());
    command
}

/// Starts a program that is a block of the trial's page.
async fn start(trial: &Trial, name: &str) -> Program {
    let mut command = node(trial);
    command.arg(trial.file(name));
    Program::start(trial, command).await
}

#[tokio::test]
async fn auth_js_signs_a_person_in_and_knows_name_and_address() {
    let Some(mut trial) = Trial::begin("authjs", "node_modules/@auth/core").await else { return };
    let copy = trial.folder.path().join("authjs.mjs");
    std::fs::copy(program("integrations/authjs.mjs"), &copy).unwrap();
    let mut command = node(&trial);
    command.env("AUTH_SECRET", "0123456789abcdef0123456789abcdef").env("AUTH_GRANTOR_SECRET", trial.secret());
    command.arg(copy).arg(trial.port.to_string()).arg(trial.file("auth.config.mjs"));
    let _application = Program::start(&trial, command).await;
    let auth = format!("{}/api/auth", trial.application());
    let token =
        trial.alice.get(&format!("{auth}/csrf")).await.json()["csrfToken"].as_str().unwrap().to_owned();
    let started = trial.alice.post(&format!("{auth}/signin/grantor"), &[("csrfToken", &token)]).await;
    through(&mut trial.alice, started).await;
    let session = trial.alice.get(&format!("{auth}/session")).await.json();
    let user = json!({ "name": "Alice Liddell", "email": "alice@example.com" });
    assert_eq!(
        (&session["user"]["name"], &session["user"]["email"]),
        (&user["name"], &user["email"]),
        "{session}"
    );
}

#[tokio::test]
async fn express_openid_connect_signs_a_person_in_and_out() {
    let Some(mut trial) = Trial::begin("express-openid-connect", "node_modules/express-openid-connect").await
    else {
        return;
    };
    let _application = start(&trial, "express.mjs").await;
    let application = trial.application();
    let profile = open(&mut trial.alice, &format!("{application}/profile")).await.json();
    assert_eq!(
        (&profile["name"], &profile["email"]),
        (&json!("Alice Liddell"), &json!("alice@example.com")),
        "{profile}"
    );

    // The application's first page does not exist, and is where the sign-out ends.
    let left = open(&mut trial.alice, &format!("{application}/logout")).await;
    assert_eq!((left.status, left.url.path()), (StatusCode::NOT_FOUND, "/"), "{left:?}");
    assert!(left.url.as_str().starts_with(&application), "{left:?}");
    assert!(!trial.alice.get("/").await.body.contains("alice"), "she is signed out");
}

#[tokio::test]
async fn passport_signs_a_person_in_and_has_the_profile() {
    let Some(mut trial) = Trial::begin("passport", "node_modules/passport-openidconnect").await else {
        return;
    };
    let _application = start(&trial, "passport.mjs").await;
    let application = trial.application();
    let profile = open(&mut trial.alice, &format!("{application}/login")).await.json();
    assert_eq!(profile["displayName"], "Alice Liddell", "{profile}");
    assert_eq!(profile["emails"][0]["value"], "alice@example.com", "{profile}");
}

#[tokio::test]
async fn express_oauth2_jwt_bearer_takes_tokens_of_its_api_and_no_others() {
    let page = "express-oauth2-jwt-bearer";
    let Some(mut trial) = Trial::begin(page, "node_modules/express-oauth2-jwt-bearer").await else { return };
    let _api = start(&trial, "api.mjs").await;
    let notes = format!("{}/notes", trial.application());
    let callback = format!("{}/callback", trial.application());
    let resource = ("resource", "https://notes.example.com");
    let scope = ("scope", "openid notes.read");
    let tokens = trial.tokens("notes-app", &callback, &[scope, resource]).await;
    let answer = trial.call(&notes, &tokens["access_token"]).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.json()["by"], "notes-app");

    let answer = trial.call(&notes, &tokens["id_token"]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "an ID Token: {answer:?}");
    let opaque = trial.tokens("notes-app", &callback, &[scope]).await;
    assert_eq!(trial.call(&notes, &opaque["access_token"]).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_mcp_client_with_a_registered_id_calls_a_tool_for_a_person() {
    let Some(mut trial) = Trial::begin("mcp", "node_modules/@modelcontextprotocol/sdk").await else { return };
    let _server = start(&trial, "mcp-server.mjs").await;
    let copy = trial.folder.path().join("mcp.mjs");
    std::fs::copy(program("integrations/mcp.mjs"), &copy).unwrap();
    let mut command = tokio::process::Command::new("node");
    let server = format!("{}/mcp", trial.application());
    command.arg(copy).args([&server, "assistant", "http://127.0.0.1:53411/callback"]);
    let done = converse(command, &mut trial.alice).await;
    assert_eq!((&done["person"], &done["refreshed"]), (&done["again"], &json!(true)), "{done}");
    let alice = Operator::of(&trial.server).json(&["user", "show", "alice"]);
    assert_eq!(done["person"], alice["id"], "{alice}");
}
