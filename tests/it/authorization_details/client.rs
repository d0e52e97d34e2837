//! A client library of someone else: openid-client (Node.js).

use serde_json::json;
use tokio::process::Command;

use super::{bank, payment};
use crate::clients::{converse, installed};

#[tokio::test]
async fn openid_client_pushes_details_and_gets_them_in_every_answer() {
    let Some(installed) = installed("node_modules") else { return };
    let (server, app, mut alice) = bank().await;
    let program = installed.join("openid_details.mjs");
    let source = crate::clients::program("openid_details.mjs");
    std::fs::copy(source, &program).unwrap();
    let details = json!([payment()]);
    let mut command = Command::new("node");
    command.arg(program).args([
        server.url.as_str(),
        "shop",
        app.secret.as_deref().unwrap(),
        &app.redirect_uri,
    ]);
    command.arg(details.to_string());
    let done = converse(command, &mut alice).await;
    assert_eq!(done["supported"], json!(["account_information", "payment_initiation"]));
    for member in ["granted", "refreshed", "introspected"] {
        assert_eq!(done[member], details, "{member}: {done}");
    }
}
