//! Spring Boot: an application that people sign in to, and an API.

use std::process::Command;

use reqwest::StatusCode;
use serde_json::json;

use super::program::Program;
use super::trial::Trial;
use super::walk::open;

/// Compiles a class of the page and starts it with the libraries that Maven brought.
async fn spring(trial: &Trial, class: &str) -> Program {
    let libraries = trial.folder.path().with_file_name("integrations").join("spring/*");
    let libraries = format!("{}:{}", trial.folder.path().display(), libraries.display());
    let mut compiler = Command::new("javac");
    compiler
        .args(["-parameters", "-cp", &libraries, "-d"])
        .arg(trial.folder.path())
        .arg(trial.file(&format!("{class}.java")));
    let compiled = compiler.output().expect("a compiler");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let mut command = Command::new("java");
    // A short life: compiling well takes longer than it saves.
    command.args(["-XX:TieredStopAtLevel=1", "-cp", &libraries, &format!("com.example.{class}")]);
    command.env("SERVER_PORT", trial.port.to_string()).env("OIDC_SECRET", trial.secret());
    command.env("SPRING_CONFIG_LOCATION", trial.file("client.yaml"));
    Program::start(trial, command).await
}

#[tokio::test]
async fn a_spring_application_signs_a_person_in_and_out() {
    let Some(mut trial) = Trial::begin("spring", "integrations/spring").await else { return };
    let _application = spring(&trial, "Client").await;
    let application = trial.application();
    let hello = open(&mut trial.alice, &format!("{application}/hello")).await;
    assert_eq!(hello.body, "Hello alice", "{hello:?}");

    let question = trial.alice.get(&format!("{application}/logout")).await;
    let csrf = question.attribute("name=\"_csrf\" type=\"hidden\" value=\"");
    let leaving = trial.alice.post(&format!("{application}/logout"), &[("_csrf", &csrf)]).await;
    let left = leaving.location().unwrap();
    assert!(left.starts_with(&format!("{}/logout?", trial.server.url)), "{left}");
    let left = trial.alice.open(&left).await;
    assert_eq!(left.location().as_deref(), Some(format!("{application}/").as_str()), "{left:?}");
    assert!(!trial.alice.get("/").await.body.contains("alice"), "she is signed out");
}

#[tokio::test]
async fn a_spring_api_takes_tokens_of_its_resource_and_no_others() {
    let Some(mut trial) = Trial::begin("spring", "integrations/spring").await else { return };
    let _api = spring(&trial, "Api").await;
    let orders = format!("{}/orders", trial.application());
    let callback = format!("{}/callback", trial.application());
    let resource = ("resource", "https://orders.example.com");
    let tokens = trial.tokens("orders-app", &callback, &[("scope", "openid orders.read"), resource]).await;
    let answer = trial.call(&orders, &tokens["access_token"]).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert!(
        answer.body.starts_with("Orders of ") && answer.body.ends_with(" for orders-app"),
        "{}",
        answer.body
    );
    assert_eq!(trial.call(&orders, &tokens["id_token"]).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(trial.call(&orders, &json!("gat_something")).await.status, StatusCode::UNAUTHORIZED);
}
