//! Webhooks in the console.

use grantor::oauth::identity::role::Role;
use serde_json::json;

use super::{Visitor, between};
use crate::api::Api;
use crate::support::TestServer;

/// Sends a test to a webhook that never gets it, sends it again, and disables and enables the webhook.
async fn send_and_stop(owner: &mut Visitor, api: &Api, id: &str) {
    let path = format!("/admin/webhooks/{id}");
    let page = owner.done(&format!("{path}/test"), &[]).await;
    assert!(
        page.body.contains("webhook.test") && page.body.contains("The server now sends the test."),
        "{page:?}"
    );
    let page = owner.open(&format!("{path}?type=nothing")).await;
    assert!(page.body.contains("No message matches."), "{page:?}");
    // The webhook gets everything, so other messages may be as new.
    let tests = owner.open(&format!("{path}?type=webhook.test")).await;
    let message = between(&tests, "/retry?delivery=", "\"");
    let question = owner.open(&format!("{path}/retry?delivery={message}")).await;
    assert!(question.body.contains("of the type webhook.test"), "{question:?}");
    let page = owner.done(&format!("{path}/retry"), &[("delivery", &message)]).await;
    assert!(page.body.contains("The server now sends the messages again."), "{page:?}");
    assert_eq!(owner.post(&format!("{path}/retry"), &[("delivery", "none")]).await.status, 404);

    owner.done(&format!("{path}/disable"), &[]).await;
    let page = owner.open(&path).await;
    assert!(page.body.contains("an operator disabled it") && !page.body.contains("/retry"), "{page:?}");
    owner.done(&format!("{path}/enable"), &[]).await;
    assert_eq!(api.get(&format!("/webhooks/{id}")).await.json()["disabled"], false);
}

#[tokio::test]
async fn a_webhook_is_made_changed_tried_and_deleted() {
    let server = TestServer::start_with(&[("fetch.allow", "127.0.0.1")]).await;
    let (mut owner, api) = (Visitor::owner(&server).await, Api::owner(&server).await);
    let wrong = [("name", "Directory"), ("url", "not an address"), ("types", "nothing.like.this")];
    let page = owner.post("/admin/new/webhooks", &wrong).await;
    assert_eq!(page.status, 400);
    assert_eq!(page.body.matches("aria-invalid=\"true\"").count(), 2, "{page:?}");
    // Nothing listens there, so nothing is delivered.
    let new =
        [("name", "Directory"), ("url", "http://127.0.0.1:1/hook"), ("types", "user.\r\nclient.updated")];
    let page = owner.post("/admin/new/webhooks", &new).await;
    assert_eq!((page.status.as_u16(), page.header("cache-control")), (200, "no-store"));
    let secret = between(&page, "id=\"secret\">", "<");
    assert!(secret.starts_with("whsec_"), "{secret}");
    let made = api.get("/webhooks").await.json()["items"][0].clone();
    let id = made["id"].as_str().expect("a webhook").to_owned();
    let path = format!("/admin/webhooks/{id}");
    assert_eq!(made["types"], json!(["client.updated", "user."]));
    for path in [path.clone(), "/admin/webhooks".to_owned(), "/admin/events".to_owned()] {
        let page = owner.open(&path).await;
        assert!(page.status == 200 && !page.body.contains(&secret), "{path}");
    }

    let version = between(&owner.open(&format!("{path}/edit")).await, "name=\"version\" value=\"", "\"");
    let edit = [("name", "Ledger"), ("url", "http://127.0.0.1:1/hook"), ("version", version.as_str())];
    let page = owner.done(&format!("{path}/edit"), &edit).await;
    assert!(page.body.contains("Saved.") && page.body.contains("Ledger"), "{page:?}");
    assert_eq!(api.get(&format!("/webhooks/{id}")).await.json()["types"], json!([]));

    let rotate = format!("{path}/rotate-secret");
    let page = owner.post(&rotate, &[("overlap", "99999999")]).await;
    assert!(page.status == 400 && page.body.contains("30 days"), "{page:?}");
    let page = owner.post(&rotate, &[("overlap", "60")]).await;
    let next = between(&page, "id=\"secret\">", "<");
    assert!(next.starts_with("whsec_") && next != secret, "{next}");
    let secrets = api.get(&format!("/webhooks/{id}")).await.json()["secrets"].clone();
    assert_eq!(secrets.as_array().map(Vec::len), Some(2), "{secrets}");
    let ending = secrets.as_array().into_iter().flatten().filter(|secret| secret["expires_at"].is_string());
    assert_eq!(ending.count(), 1, "{secrets}");

    send_and_stop(&mut owner, &api, &id).await;

    // An auditor only looks.
    let mut auditor = Visitor::with(&server, "auditor", Some(Role::Auditor)).await;
    let page = auditor.open(&path).await;
    assert!(page.status == 200 && !page.body.contains("/edit\""), "{page:?}");
    assert_eq!(auditor.post(&format!("{path}/delete"), &[]).await.status, 403);
    let page = owner.done(&format!("{path}/delete"), &[]).await;
    assert!(page.body.contains("Deleted."), "{page:?}");
    assert_eq!(api.get(&format!("/webhooks/{id}")).await.status, 404);
}
