//! U+0000, which PostgreSQL cannot store: wherever text enters, both engines refuse it or find nothing.

use grantor::store::db::{Batch, Conn, DbError, Tx};
use grantor::store::{logos, users};
use reqwest::Method;
use serde_json::json;

use super::{FORM, assert_4xx, assert_well};
use crate::support::relying_party::{Registration, basic};
use crate::support::{Application, TestServer};

#[tokio::test]
async fn a_path_with_nul_names_nothing() {
    let server = TestServer::start().await;
    for path in ["/logos/%00", "/logos/a%00b", "/assets/%00.css", "/errors/%00", "/%00", "/token%00"] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
    }
    assert_well(&server).await;
}

#[tokio::test]
async fn a_claims_parameter_with_an_escaped_nul_is_refused_or_harmless() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    for claims in [
        json!({ "userinfo": { "a\0": null } }),
        json!({ "id_token": { "sub": { "value": "a\0" } } }),
        json!({ "id_token": { "acr": { "values": ["\0"] } } }),
        json!({ "userinfo": { "name": { "value": "\0" } } }),
    ] {
        let url = web.url_with(&[("scope", "openid"), ("claims", &claims.to_string())]);
        let answer = browser.authorize(&url).await;
        assert!(answer.status.as_u16() < 500, "{claims}: {answer:?}");
        if !answer.get("code").is_empty() {
            let tokens = web.redeem_by_hand(&answer.get("code")).await;
            assert!(tokens.status.as_u16() < 500, "{claims}: {tokens:?}");
        }
    }
    let answer = browser.get(&format!("{}&unknown=%00", web.url_with(&[]))).await;
    assert!(answer.status.as_u16() < 500, "{answer:?}");
}

#[tokio::test]
async fn credentials_with_nul_are_refused_as_unknown_ones() {
    let server = TestServer::start().await;
    let service = server.service().await;
    let post = async |authorization: &str| {
        let headers = [("authorization", authorization), ("content-type", FORM)];
        server.browser().request(Method::POST, "/token", &headers, "grant_type=client_credentials").await
    };
    let answer = post(&basic("service\0", "x")).await;
    answer.assert_json_error(401, "invalid_client", "client.unknown");
    let answer = post(&basic("service", "x\0")).await;
    answer.assert_json_error(401, "invalid_client", "client.secret_wrong");
    for path in ["/introspect", "/revoke"] {
        let form = [("token", "a\0"), ("client_id", "service"), ("client_secret", service_secret(&service))];
        assert_4xx(&server.browser().post(path, &form).await, path);
    }
    assert_well(&server).await;
}

fn service_secret(service: &Application) -> &str {
    service.secret.as_deref().unwrap_or_default()
}

#[tokio::test]
async fn a_statement_with_nul_finds_nothing_and_stores_nothing() {
    let server = TestServer::start().await;
    let web = server.register(Registration::web("web")).await;
    assert_eq!(web.id, "web");
    let read = async |name: &'static str| {
        server.app.db.read(async move |conn: &mut Conn| logos::find(conn, name).await).await
    };
    assert!(read("\0").await.unwrap().is_none() && read("a\0b").await.unwrap().is_none());
    let found = server.app.db.read(async |conn: &mut Conn| users::find_by_name(conn, "alice\0").await).await;
    assert!(found.unwrap().is_none());
    for sql in [
        "UPDATE clients SET name = $1",
        "DELETE FROM clients WHERE id = $1",
        "INSERT INTO user_names (folded, user_id) VALUES ($1, $1)",
    ] {
        let work = async move |tx: &mut Tx| tx.query(sql).bind("web\0").execute().await;
        assert!(matches!(server.app.db.write(work).await, Err(DbError::Nul)), "{sql}");
        let work = async move |tx: &mut Tx| {
            tx.run(Batch::new().query(sql).bind(Some("web\0".to_owned()))).await.map(drop)
        };
        assert!(matches!(server.app.db.write(work).await, Err(DbError::Nul)), "{sql}");
    }
    let update = "UPDATE clients SET name = $1 RETURNING name";
    let work = async move |tx: &mut Tx| tx.query(update).bind("\0").optional::<(String,)>().await;
    assert!(matches!(server.app.db.write(work).await, Err(DbError::Nul)));
    assert_eq!(server.number("SELECT COUNT(*) FROM clients WHERE id <> 'grantor-console'").await, 1);
    assert_well(&server).await;
}
