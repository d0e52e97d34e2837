//! Webhooks as operators manage them: who may, what is refused, and by which command.

use grantor::oauth::grant::scope::Scope;
use grantor::oauth::permission::Permissions;
use grantor::operations::Context;
use grantor::operations::webhooks::{self, NewWebhook, WebhookChanges};
use grantor::work::audit;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{ALLOWED, Hook, Receiver, hook, until};
use crate::api::{Api, faulty, refused};
use crate::climbing::limited;
use crate::support::database::every_row;
use crate::support::mark::leak;
use crate::support::{Operator, TestServer};

#[tokio::test]
async fn only_who_may_read_the_audit_trail_has_it_sent_somewhere() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let owner = Api::owner(&server).await;
    let hook = hook(&owner, "http://127.0.0.1:1/", json!(["key."])).await;
    let new = || NewWebhook { name: "Mine".into(), url: "https://evil.example/".into(), types: Vec::new() };
    let changes =
        || WebhookChanges { url: Some("https://evil.example/".into()), ..WebhookChanges::default() };
    let before = owner.get("/webhooks").await.json();
    for (scope, may) in [
        ("grantor.config.write", false),
        ("grantor.config.write grantor.clients.write grantor.users.write grantor.grants.write", false),
        ("grantor.config.write grantor.audit.read", true),
    ] {
        let actor = limited(Permissions::of(&Scope::from_stored(scope)));
        let mut context: Context<'_> = server.app.operations(server.app.now(), actor);
        context.terms.is_rehearsal = true;
        let id = &hook.id;
        let ways = [
            ("create", webhooks::create(&context, new()).await.is_ok()),
            ("update", webhooks::update(&context, id, changes()).await.is_ok()),
            ("rotate", webhooks::rotate_secret(&context, id, None).await.is_ok()),
            ("test", webhooks::test(&context, id).await.is_ok()),
            ("retry", webhooks::retry(&context, id, None).await.is_ok()),
            ("delete", webhooks::delete(&context, id).await.is_ok()),
        ];
        for (what, is_done) in ways {
            assert_eq!(is_done, may, "{what} with {scope}");
        }
    }
    let config = Api::with(&server, "grantor.config.write").await;
    let answer = config.patch(&hook.path, json!({ "url": "https://evil.example/" })).await;
    refused(&answer, StatusCode::FORBIDDEN, "api.forbidden");
    assert!(answer.json()["description"].as_str().unwrap().contains("grantor.audit.read"), "{answer:?}");
    assert_eq!(config.get(&hook.path).await.status, 200);
    assert_eq!(owner.get("/webhooks").await.json(), before);
}

#[tokio::test]
async fn a_webhook_that_gets_peoples_addresses_is_changed_only_by_who_may_read_them() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let owner = Api::owner(&server).await;
    let hook = hook(&owner, "http://127.0.0.1:1/", json!(["backchannel.requested"])).await;
    let before = owner.get(&hook.path).await.json();
    let other = Api::with(&server, "grantor.config.write grantor.audit.read").await;
    for answer in [
        other.post(&format!("{}/rotate-secret", hook.path), json!({})).await,
        other.patch(&hook.path, json!({ "url": "http://127.0.0.1:2/" })).await,
        // What waits would go to the new address, although the webhook then gets no such message any more.
        other.patch(&hook.path, json!({ "url": "http://127.0.0.1:2/", "types": ["key."] })).await,
    ] {
        refused(&answer, StatusCode::FORBIDDEN, "api.forbidden");
        assert!(answer.json()["description"].as_str().unwrap().contains("grantor.users.read"), "{answer:?}");
    }
    assert_eq!(owner.get(&hook.path).await.json(), before);
    let both = Api::with(&server, "grantor.config.write grantor.audit.read grantor.users.read").await;
    assert_eq!(both.post(&format!("{}/rotate-secret", hook.path), json!({})).await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_fault_of_a_webhook_is_named_and_only_addresses_that_can_be_called_are_taken() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let long = format!("https://hooks.example/{}", "x".repeat(2100));
    for url in [
        "http://hooks.example/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://user:password@hooks.example/",
        "https://hooks.example/#here",
        "ftp://hooks.example/",
        "hooks.example",
        "",
        &long,
    ] {
        let answer = api.post("/webhooks", json!({ "name": "A", "url": url })).await;
        let expected = [("/url".to_owned(), "api.member_invalid".to_owned())];
        assert_eq!((answer.status.as_u16(), faulty(&answer)), (400, expected.to_vec()), "{url}: {answer:?}");
    }
    let body = json!({ "name": "", "url": "x", "types": ["client.updated", "client.update", "user", ""] });
    let answer = api.post("/webhooks", body).await;
    let fields: Vec<String> = faulty(&answer).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["/name", "/url", "/types/1", "/types/2", "/types/3"], "{answer:?}");
    let answer = api.post("/webhooks", json!({ "name": "A", "url": "https://a.example", "id": "x" })).await;
    assert_eq!(faulty(&answer), [("/id".to_owned(), "api.member_invalid".to_owned())]);

    let new =
        json!({ "name": "A", "url": "https://hooks.example/", "types": ["user.", "user.", "key.created"] });
    let rehearsed = api.post("/webhooks?dry_run=true", new.clone()).await;
    assert_eq!(rehearsed.status, 201);
    assert!(rehearsed.json()["secret"].is_null(), "{rehearsed:?}");
    let created = api.post("/webhooks", new).await;
    let webhook = created.json();
    assert_eq!(
        created.header("location"),
        format!("{}/api/v1/webhooks/{}", server.url, webhook["id"].as_str().unwrap())
    );
    assert_eq!(webhook["types"], json!(["key.created", "user."]));
    let path = format!("/webhooks/{}", webhook["id"].as_str().unwrap());
    let shown = api.get(&path).await;
    assert!(shown.json()["secret"].is_null(), "shown once: {shown:?}");
    let stale = [("If-Match", "\"made-up\"")];
    let whole = json!({ "name": "B", "url": "https://b.example/" });
    assert_eq!(api.put(&path, &stale, whole.clone()).await.status, 412);
    let replaced = api.put(&path, &[("If-Match", shown.header("etag"))], whole).await;
    assert_eq!((replaced.status.as_u16(), &replaced.json()["types"]), (200, &json!([])), "{replaced:?}");
    assert_eq!(api.patch(&path, json!({ "name": null })).await.status, 400);
    let patched = api.patch(&path, json!({ "types": ["user."], "disabled": true })).await.json();
    assert_eq!((&patched["disabled_because"], &patched["name"]), (&json!("operator"), &json!("B")));
    assert_eq!(api.delete(&path).await.status, 204);
    assert_eq!(api.get(&path).await.status, 404);
    audit::pass(&server.app).await.unwrap();
    let acts = api.get("/events?act=webhook.").await.json();
    let acts: Vec<&Value> = acts["items"].as_array().unwrap().iter().map(|event| &event["act"]).collect();
    assert_eq!(acts, ["webhook.created", "webhook.updated", "webhook.updated", "webhook.deleted"]);

    for number in 0..32 {
        let new = json!({ "name": format!("{number}"), "url": "https://hooks.example/" });
        assert_eq!(api.post("/webhooks", new).await.status, 201);
    }
    let answer = api.post("/webhooks", json!({ "name": "33", "url": "https://hooks.example/" })).await;
    assert_eq!(answer.status, 409, "{answer:?}");
}

#[tokio::test]
async fn webhooks_are_managed_by_commands() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let (api, mut operator) = (Api::owner(&server).await, Operator::of(&server));
    let mut receiver = Receiver::start();
    std::fs::write(operator.directory.join("grantor.toml"), "[fetch]\nallow = \"127.0.0.1\"\n").unwrap();
    operator.url.clone_from(&server.database.url);
    let key = crate::support::server::master_key(&operator.directory);
    let run = |arguments: &[&str]| {
        let mut command = operator.command(&[&["webhook"], arguments].concat());
        let output = command.env("GRANTOR_KEYS__MASTER_KEY_FILE", &key).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let read = |arguments: &[&str]| -> Value {
        serde_json::from_str(&run(&[arguments, &["--json"]].concat())).unwrap()
    };
    let created = read(&["create", "--url", &receiver.url, "--name", "Logs", "--type", "key."]);
    let (id, secret) = (created["id"].as_str().unwrap(), created["secret"].as_str().unwrap());
    let hook = Hook { id: id.into(), secret: secret.into(), path: format!("/webhooks/{id}") };
    let mut shown = created.clone();
    shown.as_object_mut().unwrap().remove("secret");
    assert_eq!((read(&["show", id]), read(&["list"])), (shown.clone(), json!([shown.clone()])));
    assert_eq!(api.get(&hook.path).await.json(), shown, "as by the API");
    let text = run(&["list"]);
    assert!(text.contains("Logs") && text.contains("enabled") && !text.contains(secret), "{text}");
    assert!(run(&["show", id]).contains("SECRET"), "with the ids of its secrets");

    assert!(run(&["test", id]).contains("the running server will send the message"), "in words");
    server.clock.advance(std::time::Duration::from_secs(120));
    receiver.next_of("webhook.test", secret).await;
    until(&api, &hook, |items| items[0]["state"] == "delivered").await;
    let listed = read(&["deliveries", id, "--state", "delivered", "--type", "webhook."]);
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(read(&["deliveries", id, "--state", "failed"]), json!([]));
    assert_eq!(read(&["retry", id]), json!({ "retried": 0 }));
    let message = listed[0]["id"].as_str().unwrap();
    assert_eq!(read(&["retry", id, "--message", message]), json!({ "retried": 1 }));
    server.clock.advance(std::time::Duration::from_secs(120));
    assert_eq!(receiver.next_of("webhook.test", secret).await.id(), message, "even what was delivered");

    let rotated = read(&["rotate-secret", id, "--overlap", "1h"]);
    assert_ne!(rotated["secret"], created["secret"]);
    let text = run(&["rotate-secret", id]);
    assert!(
        text.starts_with("the new secret of the webhook Logs, which is shown only now: whsec_"),
        "{text}"
    );
    let updated = read(&["update", id, "--name", "Other", "--add-type", "user.", "--disable"]);
    assert_eq!((&updated["types"], &updated["disabled"]), (&json!(["key.", "user."]), &json!(true)));
    assert!(run(&["list"]).contains("disabled (operator)"), "with the reason");
    let text = run(&["update", id, "--no-types", "--enable"]);
    assert_eq!(text, format!("updated the webhook Other ({id})\n"));
    let said = operator.refused(&["webhook", "delete", id]);
    assert!(said.contains("--yes answers the question in advance"), "{said}");
    let events = operator.done(&["audit", "list", "--json"]);
    for secret in [secret, rotated["secret"].as_str().unwrap()] {
        let bare = secret.strip_prefix("whsec_").unwrap().trim_end_matches('=');
        assert_eq!(leak(bare, events.as_bytes()), None, "{events}");
    }
    assert_eq!(run(&["delete", id, "--yes"]), format!("deleted the webhook Other ({id})\n"));
    assert_eq!(read(&["list"]), json!([]));
    let said = operator.refused(&["webhook", "show", id]);
    assert!(said.contains("there is no webhook with the id"), "{said}");
}

#[tokio::test]
async fn the_path_and_query_of_an_address_are_in_no_event_and_a_change_of_them_is_one() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let made =
        api.post("/webhooks", json!({ "name": "A", "url": "https://hooks.example/CANARY?k=CANARY" })).await;
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    let changed =
        api.patch(&format!("/webhooks/{id}"), json!({ "url": "https://hooks.example/CANARY2" })).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    let stored = every_row(&server.database.url).await;
    let events = stored["events"].concat();
    assert!(events.contains("webhook.updated") && events.contains("https://hooks.example"), "{events}");
    assert!(!events.contains("CANARY"), "{events}");
}
