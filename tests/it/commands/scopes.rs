//! Scopes.

use grantor::clock::Timestamp;
use grantor::oauth::grant::granted::Granted;
use grantor::oauth::grant::scope::Scope;
use grantor::secret::Hash;
use serde_json::json;

use super::refresh_token;
use crate::support::Operator;
use crate::support::TestServer;

#[tokio::test]
async fn force_deletes_a_scope_from_everything_that_has_it() {
    let server = TestServer::start().await;
    let (operator, web, service) = (Operator::of(&server), server.web().await, server.service().await);
    let refresh = refresh_token(&web, &mut server.alice().await, "read write").await;
    let text = operator.refused(&["scope", "delete", "write", "--yes"]);
    assert_eq!(text, "the scope write is allowed to service, web; --force takes it from them");
    let deleted = operator.json(&["scope", "delete", "write", "--force", "--yes"]);
    assert_eq!(deleted, json!({"name": "write", "taken_from": ["service", "web"]}));

    let narrower = web.refresh_by_hand(&refresh).await;
    assert_eq!((narrower.status.as_u16(), narrower.get("scope")), (200, "read".into()));
    let asked = service.token(&[("grant_type", "client_credentials"), ("scope", "write")]).await;
    assert_eq!(asked.status, 400, "{asked:?}");
    let unasked = service.token(&[("grant_type", "client_credentials")]).await;
    assert_eq!(unasked.get("scope"), "read");
    assert_eq!(
        server.number("SELECT COUNT(*) FROM consents WHERE granted = '{\"scope\":\"read\"}'").await,
        1
    );
    assert_eq!(operator.json(&["scope", "delete", "secret", "--yes"])["taken_from"], json!([]));
}

#[tokio::test]
async fn a_deleted_scope_is_taken_from_many_codes_that_all_differ() {
    let server = TestServer::start().await;
    // More than are sent to the database at once.
    let fill = "INSERT INTO codes (hash, client_id, user_id, session_id, grant_id, redirect_uri, granted, auth_time, amr,
                                   expires_at, purge_after)
                VALUES ($1, 'web', 'alice', 's', 'g', 'https://app.example.com/cb', $2, 0, 'pwd', $3, $3)";
    server
        .store(async move |tx| {
            for number in 0..300 {
                let resources = vec![format!("https://api.example.com/{number}")];
                let granted = Granted { resources, ..Granted::of_scope(Scope::from_stored("read write")) };
                let hash = Hash::of(&number.to_string());
                tx.query(fill)
                    .bind(hash.as_bytes())
                    .bind(granted.to_stored())
                    .bind(Timestamp::MAX)
                    .execute()
                    .await?;
            }
            Ok(())
        })
        .await;
    Operator::of(&server).done(&["scope", "delete", "write", "--force", "--yes"]);
    let narrowed = "SELECT COUNT(*) FROM codes WHERE granted LIKE '{\"scope\":\"read\",\"resources\":[%'";
    assert_eq!(server.number(narrowed).await, 300);
}

#[tokio::test]
async fn scopes_are_listed_and_changed() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let service = server.service().await;
    operator.done(&["scope", "update", "write", "--sensitive", "true", "--description", "Change it"]);
    let listed = operator.json(&["scope", "list"]);
    let names: Vec<&str> =
        listed.as_array().unwrap().iter().map(|scope| scope["name"].as_str().unwrap()).collect();
    let (of_management, names): (Vec<&str>, Vec<&str>) =
        names.into_iter().partition(|name| name.starts_with("grantor."));
    assert_eq!(of_management.len(), 14);
    let standard = ["address", "email", "groups", "offline_access", "openid"];
    assert_eq!(names, [&standard[..], &["pay", "phone", "profile", "read", "secret", "write"]].concat());
    assert_eq!(
        listed[24],
        json!({"name": "write", "description": "Change it", "consequence": null, "sensitive": true, "claims": [],
               "access_token_lifetime": null, "required_group": null, "required": false})
    );
    assert_eq!(listed[1]["claims"], json!(["email", "email_verified"]));
    let table = operator.done(&["scope", "list"]);
    assert!(table.starts_with("NAME                   SENSITIVE  DESCRIPTION  "), "{table}");
    assert!(table.contains("\nemail                  no         See your e-mail address  "), "{table}");
    let unasked = service.token(&[("grant_type", "client_credentials")]).await;
    assert_eq!(unasked.get("scope"), "read");
    let text = operator.refused(&["scope", "update", "write", "--description", " "]);
    assert!(text.contains("a description has"), "{text}");
}
