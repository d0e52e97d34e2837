//! Revocation (RFC 7009): what ends together with a token, and who may revoke it.

use grantor::oauth::client::{ClientKind, TokenFormat};
use oauth2::TokenIntrospectionResponse as _;
use reqwest::Method;
use serde_json::json;

use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Browser, TestServer};

const API: &str = "https://api.example.com";

async fn started() -> (TestServer, Application, Browser) {
    let server = TestServer::start().await;
    server.resource(API, "read write").await;
    let app = server.register(Registration::web("app").scopes("openid read write")).await;
    let alice = server.alice().await;
    (server, app, alice)
}

/// The access and the refresh token.
async fn tokens(app: &Application, alice: &mut Browser, resource: &str) -> (String, String) {
    let back = alice.authorize(&app.url_with(&[("scope", "openid read"), ("resource", resource)])).await;
    let tokens = app.redeem_by_hand(&back.get("code")).await;
    (tokens.get("access_token"), tokens.get("refresh_token"))
}

#[track_caller]
fn assert_done(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""), "{answer:?}");
    assert!(!answer.headers.contains_key("content-type"), "{answer:?}");
}

async fn revoke(app: &Application, token: &str) {
    assert_done(&app.post("/revoke", &[("token", token)]).await);
}

async fn is_active(app: &Application, token: &str) -> bool {
    let reply = app.introspect(token).await;
    if reply["active"] != true {
        assert_eq!(reply, json!({ "active": false }));
    }
    reply["active"] == true
}

#[tokio::test]
async fn a_revoked_access_token_ends_alone_and_at_once() {
    let (server, app, mut alice) = started().await;
    for resource in [API, ""] {
        let (token, refresh) = tokens(&app, &mut alice, resource).await;
        assert!(is_active(&app, &token).await);
        revoke(&app, &token).await;
        assert!(!is_active(&app, &token).await, "{resource}");
        let refused = server.user_info(&token).await;
        let reason = if resource.is_empty() { "bearer.unknown" } else { "bearer.revoked" };
        refused.assert_json_error(401, "invalid_token", reason);
        assert!(is_active(&app, &refresh).await, "{resource}");
        let next = app.refresh_by_hand(&refresh).await;
        assert!(is_active(&app, &next.get("access_token")).await);
        revoke(&app, &token).await;
    }
}

#[tokio::test]
async fn revoking_any_refresh_token_of_a_chain_ends_the_whole_grant() {
    let (_server, app, mut alice) = started().await;
    for resource in [API, ""] {
        let (first_access, first) = tokens(&app, &mut alice, resource).await;
        let second = app.refresh_by_hand(&first).await;
        let (kept, other) = tokens(&app, &mut alice, resource).await;
        revoke(&app, &first).await;
        for token in [&first_access, &second.get("access_token"), &second.get("refresh_token")] {
            assert!(!is_active(&app, token).await, "{resource}");
        }
        // The token was revoked, not replayed, so presenting it again raises no alarm.
        let refused = app.refresh_by_hand(&second.get("refresh_token")).await;
        refused.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
        assert!(is_active(&app, &kept).await && is_active(&app, &other).await, "another sign-in");
        revoke(&app, &first).await;
    }
}

#[tokio::test]
async fn a_client_cannot_revoke_or_probe_another_clients_token() {
    let (server, app, mut alice) = started().await;
    let stranger = server.register(Registration::web("stranger")).await;
    let spa = server.register(Registration::of_kind("spa", ClientKind::Spa)).await;
    for resource in [API, ""] {
        let (token, refresh) = tokens(&app, &mut alice, resource).await;
        for other in [&stranger, &spa] {
            for token in [&token, &refresh, "made-up", "gat_x", "grt_x", "ey.ey.ey"] {
                revoke(other, token).await;
            }
        }
        assert!(is_active(&app, &token).await && is_active(&app, &refresh).await);
    }
    let mut browser = server.browser();
    let refused = browser.post("/revoke", &[("token", "x")]).await;
    refused.assert_json_error(401, "invalid_client", "client.authentication_missing");
    let refused = browser.post("/revoke", &[("token", "x"), ("client_id", "app")]).await;
    refused.assert_json_error(401, "invalid_client", "client.authentication_missing");
    let refused = spa.post("/revoke", &[("token_type_hint", "refresh_token")]).await;
    refused.assert_json_error(400, "invalid_request", "token.missing");
}

#[tokio::test]
async fn a_script_revokes_its_tokens_from_its_own_origin_only() {
    let (server, ..) = started().await;
    let registration = Registration::spa("spa").redirect_uri("https://spa.example/callback");
    let (spa, mut browser) = (server.register(registration).await, server.browser());
    let back = browser.authorize(&spa.url_with(&[])).await;
    let refresh = spa.redeem_by_hand(&back.get("code")).await.get("refresh_token");
    let body = format!("token={refresh}&client_id=spa");
    for (origin, allowed) in [("https://evil.example", ""), ("https://spa.example", "https://spa.example")] {
        let headers = [("origin", origin), ("content-type", "application/x-www-form-urlencoded")];
        let answer = server.browser().request(Method::POST, "/revoke", &headers, &body).await;
        assert_done(&answer);
        assert_eq!(answer.header("access-control-allow-origin"), allowed);
    }
    let asked = [("origin", "https://spa.example"), ("access-control-request-method", "POST")];
    let preflight = server.browser().request(Method::OPTIONS, "/revoke", &asked, "").await;
    assert_eq!(preflight.header("access-control-allow-origin"), "https://spa.example", "{preflight:?}");
    spa.refresh_by_hand(&refresh).await.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
}

#[tokio::test]
async fn a_service_revokes_its_own_jwt() {
    let (server, ..) = started().await;
    let mut service = Registration::service("service");
    service.client.token_format = TokenFormat::Jwt;
    let service = server.register(service).await;
    let form = [("grant_type", "client_credentials")];
    let (first, second) = (service.token(&form).await, service.token(&form).await);
    revoke(&service, &first.get("access_token")).await;
    assert!(!is_active(&service, &first.get("access_token")).await);
    assert!(is_active(&service, &second.get("access_token")).await);
    assert_eq!(server.number("SELECT COUNT(*) FROM revoked_tokens").await, 1);
}

#[tokio::test]
async fn the_oauth2_crate_introspects_and_revokes_a_token() {
    let (_server, app, mut alice) = started().await;
    for resource in [API, ""] {
        let (token, _) = tokens(&app, &mut alice, resource).await;
        let (reply, is_revoked) = app.introspect_and_revoke(&token).await;
        assert!(reply.active() && is_revoked);
        let names: Vec<&str> = reply.scopes().unwrap().iter().map(|scope| scope.as_str()).collect();
        assert_eq!(names.join(" "), if resource.is_empty() { "openid read" } else { "read" });
        assert_eq!(reply.client_id().map(|id| id.as_str()), Some("app"));
        let (reply, is_revoked) = app.introspect_and_revoke(&token).await;
        assert!(!reply.active() && is_revoked, "and again is as good");
    }
}
