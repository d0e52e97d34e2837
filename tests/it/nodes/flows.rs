//! Every flow while each of its requests reaches another node.

use oauth2::{TokenIntrospectionResponse as _, TokenResponse as _};
use serde_json::json;

use super::{DEVICE_CODE, assert_who, assertion, signer, television};
use crate::support::relying_party::Registration;
use crate::support::{Application, Browser, Cluster, TestServer};

/// An application that asks who signs in.
async fn application(server: &TestServer) -> Application {
    server.register(Registration::web("web").scopes("openid profile read write offline_access")).await
}

/// A person signs in and consents, and the application gets tokens. Sign-in page, form, consent page, form, code and
/// tokens each come from another node.
async fn code_with_pkce(web: &Application, alice: &mut Browser) {
    let (url, verifier) = web.authorization_url("openid profile read");
    let mut first = alice.stranger();
    let page = first.open(&url).await;
    let page = first.sign_in(&page, "alice").await;
    let back = if page.is_consent() { first.allow(&page).await } else { page };
    assert_ne!(back.get("code"), "", "{back:?}");
    let tokens = web.redeem(&back.get("code"), verifier).await;
    let refreshed = web.refresh(tokens.refresh_token().unwrap().secret()).await;
    let (reply, revoked) = web.introspect_and_revoke(refreshed.access_token().secret()).await;
    assert!(reply.active() && revoked);
    assert_eq!(web.introspect(refreshed.access_token().secret()).await, json!({ "active": false }));
    *alice = first;
}

/// Issued tokens are valid on every node.
async fn tokens_everywhere(server: &TestServer, web: &Application, alice: &mut Browser) {
    let back = alice.authorize(&web.url_with(&[("scope", "openid profile read")])).await;
    let tokens = web.redeem_by_hand(&back.get("code")).await;
    assert_eq!(tokens.status, 200, "{tokens:?}");
    for _ in 0..3 {
        let reply = server.user_info(&tokens.get("access_token")).await;
        assert_eq!(
            (reply.status.as_u16(), reply.json()["preferred_username"].as_str()),
            (200, Some("alice"))
        );
    }
    let jwks = server.get("/jwks").await.body;
    for _ in 0..3 {
        assert_eq!(server.get("/jwks").await.body, jwks);
        assert_eq!(server.get("/.well-known/openid-configuration").await.json()["issuer"], server.url);
    }
    let hint = [("prompt", "none"), ("id_token_hint", &tokens.get("id_token"))];
    assert_ne!(alice.open(&web.url_with(&hint)).await.get("code"), "", "a session is one on every node");
    // A refresh token that was replaced is recognized on any node.
    let mut token = tokens.get("refresh_token");
    for _ in 0..4 {
        token = web.refresh_by_hand(&token).await.get("refresh_token");
    }
    let replayed = web.refresh_by_hand(&tokens.get("refresh_token")).await;
    replayed.assert_json_error(400, "invalid_grant", "refresh_token.reused");
    let ended = web.refresh_by_hand(&token).await;
    ended.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
}

async fn device(tv: &Application, alice: &mut Browser) {
    let begun = tv.post("/device_authorization", &[]).await;
    let form = [("grant_type", DEVICE_CODE), ("device_code", &begun.get("device_code"))];
    tv.token(&form).await.assert_json_error(400, "authorization_pending", "device_code.pending");
    tv.token(&form).await.assert_json_error(400, "slow_down", "device_code.slow_down");
    let code = tv.device_code(alice, &[]).await;
    let tokens = tv.token(&[("grant_type", DEVICE_CODE), ("device_code", &code)]).await;
    assert_eq!(tokens.status, 200, "{tokens:?}");
    assert_eq!(tv.refresh_by_hand(&tokens.get("refresh_token")).await.status, 200);
}

async fn sign_out(web: &Application, alice: &mut Browser) {
    alice.sign_out().await;
    for _ in 0..3 {
        assert!(alice.stranger().open(&web.url_with(&[])).await.is_sign_in());
        assert!(alice.open(&web.url_with(&[])).await.is_sign_in());
    }
}

/// Runs every flow twice, so that each step reaches each node.
pub(super) async fn every_flow(cluster: &Cluster) {
    let server = &cluster.server;
    let (web, service, tv) = (application(server).await, server.service().await, television(server).await);
    let key = signer(server).await;
    let mut alice = server.alice().await;
    for _ in 0..2 {
        code_with_pkce(&web, &mut alice).await;
        tokens_everywhere(server, &web, &mut alice).await;
        device(&tv, &mut alice).await;
        assert!(!service.client_credentials().await.access_token().secret().is_empty());
        let answer = assert_who(&mut server.browser(), &assertion(server, &key)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        sign_out(&web, &mut alice).await;
        // The second round begins at another node.
        server.get("/healthz").await;
    }
    let shares = cluster.shares();
    assert!(shares.iter().all(|share| *share > 20), "{shares:?}");
}

#[tokio::test]
async fn every_flow_continues_at_any_node() {
    for count in [2, 3] {
        every_flow(&Cluster::of(count).await).await;
    }
}

#[tokio::test]
async fn a_node_that_ends_loses_nothing() {
    let cluster = Cluster::of(3).await;
    let server = &cluster.server;
    let (web, mut alice) = (application(server).await, server.alice().await);
    let tokens = web.redeem_by_hand(&web.code(&mut alice).await).await;
    let unredeemed = web.code(&mut alice).await;
    let Cluster { nodes, server, .. } = cluster;
    let mut nodes = nodes.into_iter();
    let left = nodes.next().unwrap();
    nodes.for_each(drop);
    let web = web.at(&left.url);
    assert_eq!(web.redeem_by_hand(&unredeemed).await.status, 200);
    assert_eq!(web.refresh_by_hand(&tokens.get("refresh_token")).await.status, 200);
    let mut browser = Browser::new(&left.url);
    browser.cookies = alice.cookies;
    assert_ne!(browser.get(&web.url_with(&[])).await.get("code"), "");
    drop(server);
}
