//! A scope or a type that is deleted while a request goes on: nothing of it is stored, so that a later one of the same name,
//! which may mean something else, is asked about again.

use grantor::cache::catalogue::Freshness;
use grantor::oauth::client::GrantType;
use grantor::oauth::id::ClientId;
use grantor::operations::actor::Actor;
use grantor::operations::authorization_types;
use grantor::operations::scope_deletion::{self, InUse};
use serde_json::json;

use crate::authorization_details::{payment_type, store};
use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Browser, Operator, TestServer};

const DETAILS: &str = r#"[{"type":"payment_initiation"}]"#;

/// An application that may ask for a scope of the operator's, and for details of a type of the operator's.
async fn application(server: &TestServer, id: &str, is_first_party: bool) -> Application {
    let operator = Operator::of(server);
    if operator.command(&["scope", "show", "report"]).output().unwrap().status.code() != Some(0) {
        operator.done(&["scope", "create", "report", "--description", "Read the report"]);
        let mut record = payment_type();
        (record.schema, record.template, record.resources) = (json!({}), "Do it".into(), Vec::new());
        record.always_ask = false;
        store(server, record).await;
    }
    let mut registration = Registration::web(id).scopes("openid report");
    registration.client.first_party = is_first_party;
    registration.client.grants.push(GrantType::DeviceCode);
    server.register(registration).await
}

/// Deletes both as another process does, while this one knows them as they were a moment ago.
async fn delete(server: &TestServer, app: &Application) {
    let cache = &server.app.cache;
    cache.client(&ClientId::new(&app.id), Freshness::Now).await.unwrap();
    cache.catalogue(Freshness::Now).await.unwrap();
    let context = server.app.operations(server.app.now(), Actor::server());
    scope_deletion::delete(&context, "report", InUse::TakeAway).await.unwrap();
    authorization_types::delete(&context, "payment_initiation").await.unwrap();
}

/// Creates others under the same names.
async fn create_again(server: &TestServer, app: &Application) {
    let operator = Operator::of(server);
    operator.done(&["scope", "create", "report", "--description", "Write the report"]);
    operator.done(&["client", "update", &app.id, "--scope", "openid report"]);
    let mut record = payment_type();
    (record.schema, record.template, record.resources) = (json!({}), "Do something else".into(), Vec::new());
    record.always_ask = false;
    store(server, record).await;
}

fn requests() -> [Vec<(&'static str, &'static str)>; 2] {
    [vec![("scope", "openid report")], vec![("scope", "openid"), ("authorization_details", DETAILS)]]
}

fn is_about_what_came_later(page: &Answer) -> bool {
    page.is_consent() && (page.body.contains("Write the report") || page.body.contains("Do something else"))
}

#[tokio::test]
async fn a_consent_is_not_stored_after_a_deletion() {
    for request in requests() {
        let server = TestServer::start().await;
        let app = application(&server, "app", false).await;
        let mut alice = server.alice().await;
        alice.authorize(&app.url_with(&[("scope", "openid")])).await;
        let page = alice.open(&app.url_with(&request)).await;
        assert!(page.is_consent(), "{page:?}");
        delete(&server, &app).await;
        alice.submit(&page, &[("allow", "1")]).await;
        create_again(&server, &app).await;
        let page = alice.open(&app.url_with(&request)).await;
        assert!(is_about_what_came_later(&page), "{request:?}: {page:?}");
    }
}

#[tokio::test]
async fn a_code_is_not_stored_after_a_deletion_and_other_requests_go_on() {
    for request in requests() {
        let server = TestServer::start().await;
        let app = application(&server, "app", true).await;
        let mut alice = server.alice().await;
        alice.authorize(&app.url_with(&[("scope", "openid")])).await;
        delete(&server, &app).await;
        let answer = alice.get(&app.url_with(&request)).await;
        assert!(answer.status == 503 || !answer.get("error").is_empty(), "{request:?}: {answer:?}");
        assert_eq!(
            server.number("SELECT COUNT(*) FROM codes WHERE REPLACE(granted, 'report', '') <> granted").await,
            0
        );
        let other = alice.get(&app.url_with(&[("scope", "openid")])).await;
        assert!(!other.get("code").is_empty(), "{other:?}");
    }
}

#[tokio::test]
async fn a_device_gets_nothing_that_was_deleted_before_the_answer() {
    for request in requests() {
        let server = TestServer::start().await;
        let app = application(&server, "app", false).await;
        let mut alice: Browser = server.alice().await;
        let waiting = app.post("/device_authorization", &request).await;
        let page = alice.open_device("/device").await;
        let page = alice.submit(&page, &[("user_code", &waiting.get("user_code"))]).await;
        assert!(page.is_consent(), "{page:?}");
        delete(&server, &app).await;
        alice.submit(&page, &[("allow", "1")]).await;
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", &waiting.get("device_code")),
        ];
        let answer = app.token(&form).await;
        assert!(!answer.get("scope").contains("report"), "{answer:?}");
        assert_eq!(answer.json()["authorization_details"], json!(null), "{answer:?}");
    }
}
