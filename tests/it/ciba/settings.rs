//! The settings of a client: by command, in the answer of `client show`, and what is refused.

use serde_json::json;

use crate::support::{Operator, TestServer};

#[tokio::test]
async fn an_operator_registers_an_application_for_pings() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let keys = server.database.directory.path().join("jwks.json");
    let key = crate::support::jwt::key(grantor::oauth::signing_key::SigningAlgorithm::Es256);
    std::fs::write(&keys, crate::support::jwt::jwks(&[&key])).unwrap();
    let keys = keys.display().to_string();
    let create = "client create --id bank --name Bank --kind web --grant ciba --scope openid --ciba-mode ping \
                  --ciba-notification-endpoint https://bank.example.com/ping --ciba-request-alg ES256 --ciba-user-code";
    let create: Vec<&str> = create.split_whitespace().chain(["--jwks", keys.as_str()]).collect();
    operator.done(&create);
    let shown = operator.json(&["client", "show", "bank"]);
    for (member, value) in [
        ("grant_types", json!(["urn:openid:params:grant-type:ciba"])),
        ("backchannel_token_delivery_mode", json!("ping")),
        ("backchannel_client_notification_endpoint", json!("https://bank.example.com/ping")),
        ("backchannel_authentication_request_signing_alg", json!("ES256")),
        ("backchannel_user_code_parameter", json!(true)),
    ] {
        assert_eq!(shown[member], value, "{shown}");
    }
    let text = operator.done(&["client", "show", "bank"]);
    assert!(
        text.contains("ping https://bank.example.com/ping; requests by ES256; asks for user codes"),
        "{text}"
    );
    let back = "client update bank --ciba-mode poll --no-ciba-notification-endpoint --ciba-request-alg default \
                --ciba-user-code false";
    operator.done(&back.split_whitespace().collect::<Vec<_>>());
    let shown = operator.json(&["client", "show", "bank"]);
    assert_eq!(shown["backchannel_token_delivery_mode"], "poll");
    for member in
        ["backchannel_client_notification_endpoint", "backchannel_authentication_request_signing_alg"]
    {
        assert!(shown[member].is_null(), "{shown}");
    }
}

#[tokio::test]
async fn a_registration_that_cannot_work_is_refused() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    operator.done(&[
        "client",
        "create",
        "--id",
        "web",
        "--name",
        "Web",
        "--kind",
        "web",
        "--redirect-uri",
        "https://a.example/",
    ]);
    for (options, part) in [
        (&["--add-grant", "ciba"][..], "the scope openid"),
        (&["--ciba-mode", "ping"], "--ciba-notification-endpoint"),
        (&["--ciba-notification-endpoint", "http://a.example/ping"], "https address"),
        (&["--ciba-notification-endpoint", "https://127.0.0.1/ping"], "public"),
        (&["--ciba-request-alg", "none"], "none"),
        (&["--ciba-request-alg", "ES256"], "--jwks"),
    ] {
        let sentence = operator.refused(&[&["client", "update", "web"], options].concat());
        assert!(sentence.contains(part), "{sentence}");
    }
    let push = operator.run(&["client", "update", "web", "--ciba-mode", "push"]);
    assert!(
        !push.status.success() && String::from_utf8_lossy(&push.stderr).contains("poll, ping"),
        "{push:?}"
    );
    let public = [
        "client", "create", "--id", "spa", "--name", "Spa", "--kind", "spa", "--grant", "ciba", "--scope",
        "openid",
    ];
    assert!(operator.refused(&public).contains("public"));
}
