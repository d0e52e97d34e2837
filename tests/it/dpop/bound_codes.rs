//! Codes that only the holder of a key can redeem: `dpop_jkt`, and a proof at `/par` (RFC 9449 §10).

use serde_json::json;

use super::assert_bound;
use crate::support::dpop::ProofKey;
use crate::support::{Answer, Application, Browser, TestServer};

const PAR: (&str, &str) = ("POST", "/par");

async fn push(app: &Application, server: &TestServer, more: &[(&str, &str)], proofs: &[&str]) -> Answer {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&app.request_with(more)).unwrap();
    let form: Vec<(&str, &str)> = pairs
        .iter()
        .filter(|(name, _)| name != "client_id")
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    app.post_proven_at(&mut server.browser(), "/par", &form, proofs).await
}

/// The code for a pushed request.
async fn code_of(app: &Application, browser: &mut Browser, pushed: &Answer) -> String {
    assert_eq!(pushed.status, 201, "{pushed:?}");
    let uri = pushed.get("request_uri");
    let query = serde_urlencoded::to_string([("client_id", app.id.as_str()), ("request_uri", &uri)]).unwrap();
    let answer = browser.authorize(&format!("/authorize?{query}")).await;
    let code = answer.get("code");
    assert_ne!(code, "", "{answer:?}");
    code
}

#[tokio::test]
async fn a_code_that_is_bound_by_dpop_jkt_needs_a_proof_by_this_key() {
    let server = TestServer::start().await;
    let mut alice = server.alice().await;
    let (key, other) = (ProofKey::new(), ProofKey::new());
    let thumbprint = key.thumbprint();
    for app in [server.web().await, server.spa().await] {
        let mut code =
            async || alice.authorize(&app.url_with(&[("dpop_jkt", &thumbprint)])).await.get("code");
        let (first, second, third) = (code().await, code().await, code().await);
        let answer = app.proven(&server, &app.redemption(&first), &key.proof(&server)).await;
        assert_bound(&app, &answer, &key).await;
        let stolen = app.proven(&server, &app.redemption(&second), &other.proof(&server)).await;
        stolen.assert_json_error(400, "invalid_grant", "binding.mismatch");
        // A wrong key burns the code, as a wrong verifier does.
        let late = app.proven(&server, &app.redemption(&second), &key.proof(&server)).await;
        late.assert_json_error(400, "invalid_grant", "code.refused_before");
        let bare = app.redeem_by_hand(&third).await;
        bare.assert_json_error(400, "invalid_grant", "binding.mismatch");
    }
}

#[tokio::test]
async fn a_confidential_client_can_refresh_with_another_key_than_that_of_its_code() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let mut alice = server.alice().await;
    let (key, other) = (ProofKey::new(), ProofKey::new());
    let code = alice.authorize(&web.url_with(&[("dpop_jkt", &key.thumbprint())])).await.get("code");
    let answer = web.proven(&server, &web.redemption(&code), &key.proof(&server)).await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", &answer.get("refresh_token"))];
    let answer = web.proven(&server, &form, &other.proof(&server)).await;
    assert_bound(&web, &answer, &other).await;
}

#[tokio::test]
async fn a_thumbprint_has_one_form() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let thumbprint = ProofKey::new().thumbprint();
    for wrong in [
        "x",
        &thumbprint[1..],
        &format!("{thumbprint}A"),
        &format!("{}=", &thumbprint[..42]),
        &"\u{e4}".repeat(43),
    ] {
        let answer = server.get(&web.url_with(&[("dpop_jkt", wrong)])).await;
        answer.assert_redirect_error("invalid_request", "dpop.jkt_malformed", &server.url);
        let pushed = push(&web, &server, &[("dpop_jkt", wrong)], &[]).await;
        pushed.assert_json_error(400, "invalid_request", "dpop.jkt_malformed");
    }
    let twice = format!("{}&dpop_jkt={thumbprint}", web.url_with(&[("dpop_jkt", &thumbprint)]));
    server.get(&twice).await.assert_redirect_error("invalid_request", "parameter.repeated", &server.url);
}

#[tokio::test]
async fn a_proof_or_the_parameter_binds_a_pushed_request_and_both_must_agree() {
    let server = TestServer::start().await;
    let mut alice = server.alice().await;
    let (key, other) = (ProofKey::new(), ProofKey::new());
    let thumbprint = key.thumbprint();
    let proof = || key.proof_with(&server, PAR, &json!({}));
    for app in [server.web().await, server.spa().await] {
        let by_parameter = push(&app, &server, &[("dpop_jkt", &thumbprint)], &[]).await;
        let by_proof = push(&app, &server, &[], &[&proof()]).await;
        let by_both = push(&app, &server, &[("dpop_jkt", &thumbprint)], &[&proof()]).await;
        for pushed in [by_parameter, by_proof, by_both] {
            let code = code_of(&app, &mut alice, &pushed).await;
            let stolen = app.proven(&server, &app.redemption(&code), &other.proof(&server)).await;
            stolen.assert_json_error(400, "invalid_grant", "binding.mismatch");
        }
        let pushed = push(&app, &server, &[], &[&proof()]).await;
        let code = code_of(&app, &mut alice, &pushed).await;
        let answer = app.proven(&server, &app.redemption(&code), &key.proof(&server)).await;
        assert_bound(&app, &answer, &key).await;

        let torn = push(&app, &server, &[("dpop_jkt", &other.thumbprint())], &[&proof()]).await;
        torn.assert_json_error(400, "invalid_request", "dpop.jkt_mismatch");
        let for_token = push(&app, &server, &[], &[&key.proof(&server)]).await;
        for_token.assert_json_error(400, "invalid_dpop_proof", "dpop.url");
        let two = push(&app, &server, &[], &[&proof(), &proof()]).await;
        two.assert_json_error(400, "invalid_dpop_proof", "dpop.repeated");
    }
}

#[tokio::test]
async fn an_empty_parameter_does_not_take_the_binding_of_the_proof_away() {
    let server = TestServer::start().await;
    let spa = server.spa().await;
    let mut alice = server.alice().await;
    let key = ProofKey::new();
    let body = format!("{}&dpop_jkt=", spa.request_with(&[]));
    let proof = key.proof_with(&server, PAR, &json!({}));
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("dpop", proof.as_str())];
    let pushed = server.browser().request(reqwest::Method::POST, "/par", &headers, &body).await;
    let code = code_of(&spa, &mut alice, &pushed).await;
    spa.redeem_by_hand(&code).await.assert_json_error(400, "invalid_grant", "binding.mismatch");
}

#[tokio::test]
async fn a_proof_of_a_confidential_client_pushes_once_and_that_of_a_stranger_stores_nothing() {
    let server = TestServer::start().await;
    let (web, spa) = (server.web().await, server.spa().await);
    let key = ProofKey::new();
    let proof = key.proof_with(&server, PAR, &json!({}));
    assert_eq!(push(&spa, &server, &[], &[&proof]).await.status, 201);
    assert_eq!(server.number("SELECT COUNT(*) FROM used_assertions").await, 0);
    assert_eq!(push(&web, &server, &[], &[&proof]).await.status, 201);
    let again = push(&web, &server, &[], &[&proof]).await;
    again.assert_json_error(400, "invalid_dpop_proof", "dpop.replayed");
}
