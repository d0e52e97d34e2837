//! Schemathesis: a program that reads the document of the API, and sends what fits and what does not fit.

use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tokio::process::Command;

use super::Api;
use crate::clients::installed;
use crate::support::TestServer;

/// How long it may take, at most.
const TIMEOUT: Duration = Duration::from_secs(300);
/// What it does not check: whether every request that fits the document is accepted. A client that is created at random lacks
/// what its kind needs, and the document cannot say so.
const LEFT_OUT: &str = "positive_data_acceptance";

/// Something of every kind, so that requests about it are not all answered with 404.
async fn fill(api: &Api) {
    api.post("/users", json!({ "username": "jane", "email": "jane@example.com" })).await;
    api.service("calendar").await;
    api.post("/scopes", json!({ "name": "calendar", "description": "Read your calendar" })).await;
    api.post("/resources", json!({ "resource": "https://api.example.com/calendar", "scope": "calendar" }))
        .await;
    let record = json!({ "name": "payment", "schema": { "type": "object" }, "template": "Pay" });
    api.post("/authorization-types", record).await;
    let issuer = json!({ "issuer": "https://idp.example.com", "jwks_uri": "https://idp.example.com/jwks.json",
                         "scope": "calendar", "clients": ["calendar"] });
    api.post("/issuers", issuer).await;
}

#[tokio::test]
async fn schemathesis_finds_nothing_that_the_document_does_not_say() {
    let Some(directory) = installed("schemathesis") else { return };
    let server = TestServer::start_with(&[("limits.enabled", "false"), ("keys.algorithms", "ES256")]).await;
    let api = Api::owner(&server).await;
    fill(&api).await;
    let mut command = Command::new("python3");
    command.env("PYTHONPATH", directory.join("schemathesis")).env("PYTHONDONTWRITEBYTECODE", "1");
    command.args(["-m", "schemathesis.cli", "run", &format!("{}/api/v1/openapi.json", server.url)]);
    command.args(["--header", &format!("Authorization: Bearer {}", api.key)]);
    command.args(["--exclude-checks", LEFT_OUT, "--phases", "examples,coverage,fuzzing,stateful"]);
    command.args(["--max-examples", "10", "--seed", "18", "--workers", "1"]);
    command.args(["--generation-database", "none", "--no-color", "--warnings", "off"]);
    command.stdin(Stdio::null()).kill_on_drop(true).current_dir(std::env::temp_dir());
    let output = tokio::time::timeout(TIMEOUT, command.output()).await.expect("an end").expect("python3");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
}
