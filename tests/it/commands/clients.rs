//! Clients and their secrets.

use serde_json::{Value, json};

use super::{refresh_token, secret_ids, token};
use crate::support::Operator;
use crate::support::TestServer;

#[tokio::test]
async fn a_disabled_client_gets_no_token_from_the_running_server() {
    let server = TestServer::start().await;
    let (operator, service) = (Operator::of(&server), server.service().await);
    assert_eq!(token(&service).await.status, 200);
    operator.done(&["client", "update", "service", "--disable"]);
    token(&service).await.assert_json_error(401, "invalid_client", "client.disabled");
    assert!(operator.done(&["client", "list"]).contains(" disabled "));
    operator.done(&["client", "update", "service", "--enable"]);
    assert_eq!(token(&service).await.status, 200);
}

#[tokio::test]
async fn a_secret_is_replaced_without_an_outage() {
    let server = TestServer::start().await;
    let (operator, mut service) = (Operator::of(&server), server.service().await);
    let [old] = &secret_ids(&operator.json(&["client", "show", "service"]))[..] else { panic!("one") };
    let added = operator.json(&["client", "add-secret", "service", "--expires-in", "30d"]);
    let (old_secret, new_secret) = (service.secret.clone(), added["client_secret"].as_str());
    assert_eq!(token(&service).await.status, 200, "the old one");
    service.secret = new_secret.map(str::to_owned);
    assert_eq!(token(&service).await.status, 200, "the new one, at once");

    let end = |expires| operator.json(&["client", "update-secret", "service", old, "--expires", expires]);
    assert_eq!(end("2099-01-31T12:00:00Z")["expires_at"], "2099-01-31T12:00:00Z");
    assert_eq!(
        operator.json(&["client", "show", "service"])["secrets"][0]["expires_at"],
        "2099-01-31T12:00:00Z"
    );
    assert_eq!(end("never")["expires_at"], json!(null));
    let text =
        operator.refused(&["client", "update-secret", "service", old, "--expires", "2001-01-31T12:00:00Z"]);
    assert!(text.contains("the time is over already"), "{text}");
    operator.done(&["client", "remove-secret", "service", old, "--yes"]);
    assert_eq!(token(&service).await.status, 200, "the new one still");
    service.secret = old_secret;
    token(&service).await.assert_json_error(401, "invalid_client", "client.secret_wrong");

    let shown = operator.json(&["client", "show", "service"]);
    assert_eq!(secret_ids(&shown), [added["secret_id"].as_str().unwrap()]);
    assert_eq!(shown["secrets"][0]["expires_at"], added["expires_at"]);
    assert!(added["expires_at"].as_str().unwrap().ends_with('Z'), "{added}");
    assert!(!shown.to_string().contains(new_secret.unwrap()), "never the secret: {shown}");
}

#[tokio::test]
async fn a_client_keeps_at_most_five_secrets_and_a_public_one_none() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    server.service().await;
    server.spa().await;
    let chosen = operator.json(&["client", "add-secret", "service", "--secret", "a chosen secret"]);
    assert_eq!(chosen.get("client_secret"), None, "a chosen secret is not repeated: {chosen}");
    for _ in 0..3 {
        assert!(operator.done(&["client", "add-secret", "service"]).contains("shown only now: gcs_"));
    }
    assert!(operator.refused(&["client", "add-secret", "service"]).contains("has 5 secrets"));
    assert!(operator.refused(&["client", "add-secret", "spa"]).contains("cannot keep a secret"));
    assert!(
        operator.refused(&["client", "add-secret", "service", "--secret", ""]).contains("1 to 1024 bytes")
    );
    let text = operator.done(&["client", "show", "service"]);
    assert_eq!(text.lines().skip_while(|line| !line.starts_with("SECRET ")).count(), 6, "{text}");
}

#[tokio::test]
async fn the_last_secret_is_removed_only_after_a_yes() {
    let server = TestServer::start().await;
    let (operator, service) = (Operator::of(&server), server.service().await);
    let [only] = &secret_ids(&operator.json(&["client", "show", "service"]))[..] else { panic!("one") };
    let text = operator.refused(&["client", "remove-secret", "service", only]);
    assert!(text.contains("last live secret of the client service") && text.contains("--yes"), "{text}");
    assert_eq!(token(&service).await.status, 200);
    let removed = operator.json(&["client", "remove-secret", "service", only, "--yes"]);
    assert_eq!(removed, json!({"client_id": "service", "secret_id": only}));
    token(&service).await.assert_json_error(401, "invalid_client", "client.secret_wrong");
}

#[tokio::test]
async fn every_option_of_client_update_has_its_effect() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    server.web().await;
    let before = operator.json(&["client", "show", "web"]);
    std::fs::write(operator.directory.join("logo.gif"), b"GIF89a").unwrap();
    let update = |options: &[&str]| {
        let answer = operator.json(&[&["client", "update", "web"], options].concat());
        let shown = operator.json(&["client", "show", "web"]);
        assert_eq!(answer, shown);
        shown
    };
    let uri = "https://app.example/callback";
    for (options, key, value) in [
        (&["--name", "Another name"][..], "client_name", json!("Another name")),
        (&["--add-redirect-uri", "https://a.example/"], "redirect_uris", json!([uri, "https://a.example/"])),
        (&["--remove-redirect-uri", uri], "redirect_uris", json!(["https://a.example/"])),
        (
            &["--redirect-uri", "https://b.example/", "--redirect-uri", uri],
            "redirect_uris",
            json!(["https://b.example/", uri]),
        ),
        (&["--scope", "write read"], "scope", json!("read write")),
        (&["--scope", ""], "scope", json!("")),
        (&["--grant", "authorization_code"], "grant_types", json!(["authorization_code"])),
        (&["--auth-method", "client_secret_post"], "token_endpoint_auth_method", json!("client_secret_post")),
        (&["--auth-method", "any"], "token_endpoint_auth_method", Value::Null),
        (&["--pkce", "off"], "pkce", json!("off")),
        (&["--pkce", "default"], "pkce", Value::Null),
        (&["--first-party", "true"], "first_party", json!(true)),
        (&["--first-party", "false"], "first_party", json!(false)),
        (&["--may-reuse-consent", "false"], "may_reuse_consent", json!(false)),
        (&["--partial-consent"], "partial_consent", json!(true)),
        (&["--partial-consent", "false"], "partial_consent", json!(false)),
        (&["--no-allowed-schemes"], "allowed_schemes", json!([])),
        (&["--logo", "logo.gif"], "has_logo", json!(true)),
        (&["--no-logo"], "has_logo", json!(false)),
        (&["--site", "https://a.example/"], "client_uri", json!("https://a.example/")),
        (&["--no-site"], "client_uri", Value::Null),
        (&["--policy", "https://a.example/"], "policy_uri", json!("https://a.example/")),
        (&["--no-policy"], "policy_uri", Value::Null),
        (&["--terms", "https://a.example/"], "tos_uri", json!("https://a.example/")),
        (&["--no-terms"], "tos_uri", Value::Null),
        (&["--disable"], "disabled", json!(true)),
        (&["--enable"], "disabled", json!(false)),
    ] {
        assert_eq!(update(options)[key], value, "{options:?}");
    }
    assert_eq!(server.number("SELECT COUNT(*) FROM logos").await, 0, "a picture that nobody has goes");
    let after = operator.json(&["client", "show", "web"]);
    assert_eq!(after["version"].as_i64().unwrap(), before["version"].as_i64().unwrap() + 27);
    for untouched in ["client_id", "kind", "created_at", "secrets"] {
        assert_eq!(after[untouched], before[untouched]);
    }
}

#[tokio::test]
async fn an_updated_client_passes_the_same_checks_as_a_new_one() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    server.web().await;
    server.spa().await;
    let before = operator.json(&["client", "list"]);
    for (id, options, part) in [
        ("web", &["--name", " "][..], "a name has"),
        ("web", &["--remove-redirect-uri", "https://app.example/callback"], "needs at least one"),
        ("web", &["--remove-redirect-uri", "https://x.example/"], "is not there"),
        ("web", &["--add-redirect-uri", "http://x.example/"], "must be https"),
        ("web", &["--grant", "refresh_token"], "needs authorization_code"),
        ("web", &["--auth-method", "none"], "confidential"),
        ("web", &["--scope", "a\u{a0}b"], "--scope"),
        ("web", &["--kind", "spa"], "remove its secrets first"),
        ("web", &["--site", "javascript:alert(1)"], "--site must be an https address"),
        ("web", &["--logo", "none.png"], "the logo none.png cannot be read"),
        ("spa", &["--pkce", "off"], "must use PKCE"),
        ("spa", &["--grant", "client_credentials"], "cannot use client_credentials"),
        ("spa", &["--add-redirect-uri", "com.example.app:/cb"], "private scheme"),
    ] {
        let text = operator.refused(&[&["client", "update", id], options].concat());
        assert!(text.contains(part), "{id} {options:?}: {text}");
    }
    assert_eq!(operator.json(&["client", "list"]), before, "a refused change changes nothing");
    operator.done(&[
        "client",
        "update",
        "spa",
        "--kind",
        "native",
        "--add-redirect-uri",
        "com.example.app:/cb",
    ]);
    assert!(operator.refused(&["client", "update", "spa", "--kind", "web"]).contains("private scheme"));
}

#[tokio::test]
async fn a_client_with_the_id_of_a_deleted_one_inherits_nothing() {
    let server = TestServer::start().await;
    let (operator, mut web) = (Operator::of(&server), server.web().await);
    let mut browser = server.alice().await;
    operator.done(&[
        "client",
        "update",
        "web",
        "--grant",
        "authorization_code",
        "--grant",
        "refresh_token",
        "--grant",
        "client_credentials",
    ]);
    let refresh = refresh_token(&web, &mut browser, "read").await;
    let unredeemed = web.code(&mut browser).await;
    assert_eq!(token(&web).await.status, 200);
    operator.done(&["client", "delete", "web", "--yes"]);
    web.refresh_by_hand(&refresh).await.assert_json_error(401, "invalid_client", "client.unknown");

    let options = ["--kind", "web", "--redirect-uri", &web.redirect_uri, "--scope", "read", "--secret", "s"];
    operator.done(&[&["client", "create", "--id", "web", "--name", "Web"], &options[..]].concat());
    web.secret = Some("s".into());
    web.refresh_by_hand(&refresh).await.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
    web.redeem_by_hand(&unredeemed).await.assert_json_error(400, "invalid_grant", "code.unknown");
    assert_eq!(server.number("SELECT COUNT(*) FROM access_tokens WHERE grant_id IS NULL").await, 0);
    assert_eq!(server.number("SELECT COUNT(*) FROM grants WHERE revoked_for = 'client.deleted'").await, 1);
    assert!(browser.open(&web.url_with(&[])).await.is_consent(), "the person is asked anew");
}
