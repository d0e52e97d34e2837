//! A client or a server can demand DPoP.

use grantor::oauth::client::{Demand, GrantType};

use super::{CLIENT_CREDENTIALS, assert_bound};
use crate::support::dpop::ProofKey;
use crate::support::relying_party::Registration;
use crate::support::{Operator, TestServer};

fn demanding(registration: Registration, demand: Demand) -> Registration {
    let mut registration = registration;
    registration.client.dpop = Some(demand);
    registration
}

#[tokio::test]
async fn a_missing_proof_is_refused_where_it_is_demanded_and_noted_where_it_is_reported() {
    let server = TestServer::start().await;
    let lenient = server.service().await;
    let watched = server.register(demanding(Registration::service("watched"), Demand::Report)).await;
    let strict = server.register(demanding(Registration::service("strict"), Demand::Require)).await;
    let key = ProofKey::new();
    for service in [&lenient, &watched] {
        let answer = service.token(CLIENT_CREDENTIALS).await;
        assert_eq!((answer.status.as_u16(), answer.get("token_type").as_str()), (200, "Bearer"));
    }
    let refused = strict.token(CLIENT_CREDENTIALS).await;
    refused.assert_json_error(400, "invalid_dpop_proof", "dpop.missing");
    for service in [&lenient, &watched, &strict] {
        let answer = service.proven(&server, CLIENT_CREDENTIALS, &key.proof(&server)).await;
        assert_bound(service, &answer, &key).await;
    }
}

#[tokio::test]
async fn a_server_can_demand_dpop_of_all_clients_but_those_with_a_setting_of_their_own() {
    let server = TestServer::start_with(&[("oauth.dpop", "require")]).await;
    let free = server.register(demanding(Registration::service("free"), Demand::Off)).await;
    assert_eq!(free.token(CLIENT_CREDENTIALS).await.get("token_type"), "Bearer");
    let service = server.service().await;
    service.token(CLIENT_CREDENTIALS).await.assert_json_error(400, "invalid_dpop_proof", "dpop.missing");
    let key = ProofKey::new();
    let answer = service.proven(&server, CLIENT_CREDENTIALS, &key.proof(&server)).await;
    assert_bound(&service, &answer, &key).await;
    // Every grant demands it, and a refused request uses nothing up.
    let (spa, mut alice) = (server.spa().await, server.alice().await);
    let code = spa.code(&mut alice).await;
    spa.redeem_by_hand(&code).await.assert_json_error(400, "invalid_dpop_proof", "dpop.missing");
    let answer = spa.proven(&server, &spa.redemption(&code), &key.proof(&server)).await;
    assert_bound(&spa, &answer, &key).await;
    let refresh = answer.get("refresh_token");
    spa.refresh_by_hand(&refresh).await.assert_json_error(400, "invalid_dpop_proof", "dpop.missing");
    // What issues no token needs no proof.
    assert_eq!(service.post("/introspect", &[("token", "x")]).await.status, 200);
    assert_eq!(spa.post("/revoke", &[("token", &refresh)]).await.status, 200);
}

#[tokio::test]
async fn the_console_works_on_a_server_that_demands_dpop() {
    let server = TestServer::start_with(&[("oauth.dpop", "require")]).await;
    let mut alice = server.alice().await;
    Operator::of(&server).done(&["user", "update", "alice", "--role", "owner"]);
    let page = alice.open("/admin").await;
    let page = alice.sign_in(&page, "alice").await;
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.body.contains("alice") && !page.is_sign_in(), "{page:?}");
}

#[tokio::test]
async fn a_token_cannot_pass_through_the_browser_where_it_must_be_bound() {
    let server = TestServer::start_with(&[("oauth.dpop", "require")]).await;
    let mut registration = Registration::web("web").scopes("openid read");
    registration.client.response_types = ["code id_token", "code token"]
        .map(|name| grantor::oauth::request::response_type::ResponseType::parse(name).unwrap())
        .to_vec();
    let web = server.register(registration).await;
    let url = |response_type| {
        web.url_with(&[("response_type", response_type), ("nonce", "n"), ("scope", "openid read")])
    };
    let refused = server.get(&url("code token")).await;
    assert!(refused.location().unwrap().contains("error=unauthorized_client"), "{refused:?}");
    assert!(refused.location().unwrap().contains("dpop.through_browser"), "{refused:?}");
    assert!(server.browser().open(&url("code id_token")).await.is_sign_in());
}

#[tokio::test]
async fn the_demand_is_a_setting_of_the_client() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    operator.done(&[
        "client",
        "create",
        "--id",
        "job",
        "--name",
        "Job",
        "--kind",
        "service",
        "--dpop",
        "require",
        "--dpop-nonce",
        "require",
    ]);
    let shown = operator.json(&["client", "show", "job"]);
    assert_eq!((&shown["dpop"], &shown["dpop_nonce"]), (&"require".into(), &"require".into()), "{shown}");
    operator.done(&["client", "update", "job", "--dpop", "report", "--dpop-nonce", "default"]);
    let shown = operator.json(&["client", "show", "job"]);
    assert_eq!((&shown["dpop"], shown["dpop_nonce"].is_null()), (&"report".into(), true), "{shown}");
    let mut torn = Registration::web("torn");
    torn.client.grants.push(GrantType::ClientCredentials);
    server.register(torn).await;
    operator.done(&["client", "update", "torn", "--dpop", "require"]);
    let refused = operator.refused(&["client", "update", "torn", "--response-type", "code token"]);
    assert!(refused.contains("bound to a key"), "{refused}");
}
