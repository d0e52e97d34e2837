//! The address in a DPoP proof, at a server that programs reach at two (RFC 9449 §4.3, RFC 8705 §5).

use grantor::oauth::client::ClientKind;
use grantor::secret::Hash;
use reqwest::Method;
use serde_json::json;

use super::BEHIND;
use super::listener::Listening;
use crate::support::dpop::ProofKey;
use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Browser, TestServer};

const FORM: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("scope", "grantor.clients.read")];
const LIST: &str = "/api/v1/clients";

/// A token request in this browser, with a proof for the token endpoint at `base`.
async fn token(
    browser: &mut Browser,
    (server, app): (&TestServer, &Application),
    key: &ProofKey,
    base: &str,
) -> Answer {
    let change = json!({ "htu": format!("{base}/token") });
    let proof = key.proof_with(server, ("POST", "/token"), &change);
    app.post_proven_at(browser, "/token", &FORM, &[&proof]).await
}

async fn tool(server: &TestServer) -> Application {
    let registration = Registration::of_kind("tool", ClientKind::Service);
    server.register(registration.scopes("grantor.clients.read")).await
}

#[tokio::test]
async fn a_proof_is_for_the_address_that_its_request_was_sent_to() {
    let listening = Listening::start().await;
    let server = &listening.server;
    let (tool, key) = (tool(server).await, ProofKey::new());
    let (issuer, alias) = (server.app.issuer.clone(), listening.url());
    let trusting = |url: &str| Browser::trusting(url, listening.trusted.clone());
    for (mut browser, own, other) in
        [(trusting(&listening.ordinary_url()), &issuer, &alias), (trusting(&alias), &alias, &issuer)]
    {
        let good = token(&mut browser, (server, &tool), &key, own).await;
        assert_eq!((good.status.as_u16(), good.get("token_type").as_str()), (200, "DPoP"), "{good:?}");
        let refused = token(&mut browser, (server, &tool), &key, other).await;
        refused.assert_json_error(400, "invalid_dpop_proof", "dpop.url");

        let access_token = good.get("access_token");
        let authorization = format!("DPoP {access_token}");
        for (base, status) in [(own, 200), (other, 401)] {
            let change = json!({ "htu": format!("{base}{LIST}"), "ath": Hash::of(&access_token).to_text() });
            let proof = key.proof_with(server, ("GET", LIST), &change);
            let headers = [("authorization", authorization.as_str()), ("dpop", proof.as_str())];
            let listed = browser.request(Method::GET, LIST, &headers, "").await;
            assert_eq!(listed.status, status, "{base} {listed:?}");
        }
    }
}

#[tokio::test]
async fn a_proof_may_be_for_either_address_behind_a_proxy_that_has_both() {
    const ALIAS: &str = "https://mtls.example.com";
    let proxies = |address| ("tls.client_certificate_proxies", address);
    for (peer, status) in [("127.0.0.1", 200), ("127.0.0.2", 400)] {
        let options = [BEHIND[0], proxies(peer), ("tls.mtls_public_url", ALIAS)];
        let server = TestServer::start_with(&options).await;
        let (tool, key) = (tool(&server).await, ProofKey::new());
        let issuer = server.app.issuer.clone();
        let mut browser = server.browser();
        for (base, status) in [(issuer.as_str(), 200), (ALIAS, status), ("https://other.example.com", 400)] {
            let answer = token(&mut browser, (&server, &tool), &key, base).await;
            assert_eq!(answer.status, status, "{peer} {base} {answer:?}");
        }
    }
}
