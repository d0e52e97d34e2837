//! Resources, grants and tokens.

use serde_json::json;

use super::refresh_token;
use crate::support::jwt::claims;
use crate::support::operator::{refusal, succeeded};
use crate::support::relying_party::Registration;
use crate::support::{Operator, TestServer};

const API: &str = "https://api.example.com";

#[tokio::test]
async fn a_resource_is_registered_changed_listed_and_deleted() {
    let server = TestServer::start().await;
    let (operator, service) = (Operator::of(&server), server.service().await);
    server.spa().await;
    let text = operator.done(&["resource", "create", API, "--scope", "read write", "--client", "service"]);
    assert_eq!(text, format!("created the resource {API}\n"));
    let form = [("grant_type", "client_credentials"), ("resource", API)];
    let token = service.token(&form).await;
    assert_eq!(
        (claims(&token.get("access_token"))["aud"].as_str(), token.get("scope").as_str()),
        (Some(API), "read write")
    );

    for (arguments, part) in [
        (vec!["create", API], "exists already"),
        (vec!["create", "HTTPS://API.example.com:443/"], "exists already"),
        (vec!["create", "api"], "not an absolute URI"),
        (vec!["create", "https://a.example.com/#x"], "not an absolute URI"),
        (vec!["create", "urn:a", "--scope", "nonsense"], "no scope with the name nonsense"),
        (vec!["create", "urn:a", "--scope", "openid"], "this server's own"),
        (vec!["create", "urn:a", "--client", "nobody"], "no client with the id nobody"),
        (vec!["create", "urn:a", "--client", "spa"], "is public"),
        (vec!["create", "urn:a", "--token-alg", "PS256"], "keys.algorithms offers"),
        (vec!["create", "urn:a", "--access-token-lifetime", "soon"], "not a length of time"),
        (vec!["create", "urn:a", "--access-token-lifetime", "30d"], "keys.keep_published"),
        (vec!["update", "urn:a", "--scope", "read"], "there is no resource urn:a"),
        (vec!["delete", "urn:a", "--yes"], "there is no resource urn:a"),
    ] {
        let text = operator.refused(&[&["resource"], &arguments[..]].concat());
        assert!(text.contains(part), "{arguments:?}: {text}");
    }

    let update = ["resource", "update", API, "--scope", "read", "--token-format", "opaque", "--no-clients"];
    operator.done(&[&update[..], &["--access-token-lifetime", "2m"]].concat());
    let expected = json!([{
        "resource": API, "scope": "read", "token_format": "opaque", "token_alg": null, "access_token_lifetime": 120,
        "clients": [],
    }]);
    assert_eq!(operator.json(&["resource", "list"]), expected);
    let table = operator.done(&["resource", "list"]);
    assert!(table.starts_with("URI                      SCOPES  TOKENS  LIFETIME  CLIENTS\n"), "{table}");

    // The resource cannot be deleted: an empty list would give the client more than it has now.
    operator.done(&["client", "update", "service", "--resource", "https://api.example.com/"]);
    assert_eq!(operator.json(&["client", "show", "service"])["resources"], json!([API]));
    let text = operator.refused(&["resource", "delete", API, "--yes"]);
    assert!(text.contains("the client service is registered for"), "{text}");
    let text = operator.refused(&["client", "update", "service", "--resource", "urn:b"]);
    assert!(text.contains("there is no resource urn:b"), "{text}");
    operator.done(&["client", "update", "service", "--no-resources", "--access-token-lifetime", "5m"]);
    assert_eq!(operator.json(&["client", "show", "service"])["access_token_lifetime"], 300);
    operator.done(&["resource", "delete", API, "--yes"]);
    assert_eq!(operator.json(&["resource", "list"]), json!([]));
    service.token(&form).await.assert_json_error(400, "invalid_target", "resource.unknown");
}

#[tokio::test]
async fn a_deleted_scope_is_removed_from_resources() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    operator.done(&["resource", "create", API, "--scope", "read write"]);
    operator.done(&["scope", "delete", "write", "--yes"]);
    assert_eq!(operator.json(&["resource", "list"])[0]["scope"], "read");
    operator.done(&["scope", "update", "read", "--access-token-lifetime", "1m"]);
    let scopes = operator.json(&["scope", "list"]);
    let read = scopes.as_array().unwrap().iter().find(|scope| scope["name"] == "read").unwrap();
    assert_eq!(read["access_token_lifetime"], 60);
}

#[tokio::test]
async fn grants_of_a_person_are_listed_and_revoked() {
    let server = TestServer::start().await;
    let (operator, web) = (Operator::of(&server), server.web().await);
    let mut browser = server.alice().await;
    let (first, second) =
        (refresh_token(&web, &mut browser, "read").await, refresh_token(&web, &mut browser, "read").await);
    let listed = operator.json(&["grant", "list", "--user", "alice", "--client", "web"]);
    assert_eq!(listed.as_array().unwrap().len(), 2, "{listed}");
    assert_eq!(
        (&listed[0]["username"], &listed[0]["scope"], &listed[0]["state"]),
        (&json!("alice"), &json!("read"), &json!("live"))
    );
    assert_eq!(operator.json(&["grant", "list", "--client", "other"]), json!([]));
    assert_eq!(operator.json(&["grant", "list", "--limit", "1"]).as_array().unwrap().len(), 1);

    let inspected = operator.json(&["token", "inspect", &first]);
    let id = inspected["grant_id"].as_str().unwrap().to_owned();
    assert_eq!(operator.done(&["grant", "revoke", &id, "--yes"]), format!("revoked the grant {id}\n"));
    web.refresh_by_hand(&first).await.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
    assert_eq!(operator.json(&["grant", "list"]).as_array().unwrap().len(), 1);
    let all = operator.done(&["grant", "list", "--all"]);
    assert!(all.contains("revoked: grant.revoked"), "{all}");
    assert!(browser.authorize(&web.url_with(&[])).await.location().is_some(), "the consent stays");

    let unredeemed = web.code(&mut browser).await;
    let text = operator.done(&["grant", "revoke", "--user", "alice", "--client", "web", "--yes"]);
    assert_eq!(text, "removed the consent of alice for the client web; revoked 1 grant\n");
    web.refresh_by_hand(&second).await.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
    web.redeem_by_hand(&unredeemed).await.assert_json_error(400, "invalid_grant", "code.unknown");
    assert!(browser.open(&web.url_with(&[])).await.is_consent(), "and she is asked again");
    let text = operator.refused(&["grant", "revoke", "nothing", "--yes"]);
    assert_eq!(text, "there is no grant with the id nothing");
}

#[tokio::test]
async fn a_token_is_read_from_standard_input_and_explained() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    server.resource(API, "read").await;
    let app = server.register(Registration::web("app").scopes("openid read")).await;
    let mut alice = server.alice().await;
    let back = alice.authorize(&app.url_with(&[("scope", "openid read"), ("resource", API)])).await;
    let tokens = app.redeem_by_hand(&back.get("code")).await;
    let inspect = ["token", "inspect", "-"];
    let said = operator.with_input(&inspect, &format!("{}\n", tokens.get("access_token")));
    let text = succeeded(&inspect, said);
    for part in [
        "kind        access token, JWT\n",
        "state       live\n",
        "subject     alice\n",
        &format!("audience    {API}\n"),
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let opaque = app.refresh_by_hand(&tokens.get("refresh_token")).await;
    let next = app
        .token(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", &opaque.get("refresh_token")),
            ("resource", &server.url),
        ])
        .await;
    let said = operator.json(&["token", "inspect", &next.get("access_token")]);
    assert_eq!((&said["kind"], &said["audience"]), (&json!("opaque"), &json!(null)));
    let said = operator.json(&["token", "inspect", &next.get("refresh_token")]);
    assert_eq!(
        (&said["kind"], &said["number"], &said["state"]),
        (&json!("refresh_token"), &json!(3), &json!("live"))
    );
    let said = operator.json(&["token", "inspect", &tokens.get("refresh_token")]);
    assert_eq!(said["state"], "used", "{said}");

    operator.done(&["session", "end", "--user", "alice", "--yes"]);
    for token in [tokens.get("access_token"), next.get("access_token"), next.get("refresh_token")] {
        let said = operator.json(&["token", "inspect", &token]);
        assert_eq!((&said["state"], &said["reason"]), (&json!("revoked"), &json!("session.ended")));
    }
    // The generation does not fit the token's MAC.
    let mut forged = tokens.get("refresh_token");
    let at = forged.len() - 44;
    let other = if &forged[at..=at] == "A" { "B" } else { "A" };
    forged.replace_range(at..=at, other);
    for (token, part) in [
        ("gat_made-up", "this access token is not known here"),
        ("made-up", "it is not a signed token"),
        (&tokens.get("id_token"), "it is a token of another type"),
        (&forged, "not made by this server"),
    ] {
        let text = refusal(&inspect, &operator.with_input(&inspect, token));
        assert!(text.contains(part) && !text.contains(token), "{token}: {text}");
    }
}
