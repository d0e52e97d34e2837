//! Nonces of the server: derived and not stored, the same on every node, and good for some minutes (RFC 9449 §8 and §9).

use std::time::Duration;

use grantor::oauth::client::{Client, NoncePolicy};
use serde_json::json;

use super::{CLIENT_CREDENTIALS, MANAGEMENT, assert_bound, change};
use crate::support::cluster::node;
use crate::support::dpop::ProofKey;
use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Browser, TestServer};

const TOKEN: (&str, &str) = ("POST", "/token");
const USERINFO: (&str, &str) = ("GET", "/userinfo");

async fn strict(server: &TestServer, registration: Registration) -> Application {
    let mut registration = registration;
    let client: &mut Client = &mut registration.client;
    client.dpop_nonce = Some(NoncePolicy::Require);
    server.register(registration).await
}

/// The nonce that came with an answer.
fn nonce(answer: &Answer) -> String {
    let nonce = answer.header("dpop-nonce").to_owned();
    assert_eq!(nonce.len(), 22, "{answer:?}");
    nonce
}

async fn with_nonce(server: &TestServer, app: &Application, key: &ProofKey, nonce: &str) -> Answer {
    let proof = key.proof_with(server, TOKEN, &change("nonce", json!(nonce)));
    app.proven(server, CLIENT_CREDENTIALS, &proof).await
}

#[tokio::test]
async fn a_proof_without_the_nonce_is_refused_with_one_that_works() {
    for options in [&[("oauth.dpop_nonce", "require")][..], &[]] {
        let server = TestServer::start_with(options).await;
        let service = match options.is_empty() {
            false => server.service().await,
            true => strict(&server, Registration::service("service")).await,
        };
        let key = ProofKey::new();
        let refused = service.proven(&server, CLIENT_CREDENTIALS, &key.proof(&server)).await;
        refused.assert_json_error(400, "use_dpop_nonce", "dpop.nonce_missing");
        let answer = with_nonce(&server, &service, &key, &nonce(&refused)).await;
        assert_bound(&service, &answer, &key).await;
        assert_eq!(nonce(&answer), nonce(&refused), "also on success");
        let wrong = with_nonce(&server, &service, &key, "made-up").await;
        wrong.assert_json_error(400, "use_dpop_nonce", "dpop.nonce_old");
        assert_eq!(nonce(&wrong), nonce(&refused));
        // Without DPoP, nothing changes.
        let plain = service.token(CLIENT_CREDENTIALS).await;
        assert_eq!((plain.status.as_u16(), plain.header("dpop-nonce")), (200, ""));
        assert_eq!(
            server.number("SELECT COUNT(*) FROM used_assertions").await,
            1,
            "refused ones are not stored"
        );
    }
}

#[tokio::test]
async fn a_client_may_be_free_of_the_nonces_of_its_server() {
    let server = TestServer::start_with(&[("oauth.dpop_nonce", "require")]).await;
    let mut registration = Registration::service("free");
    registration.client.dpop_nonce = Some(NoncePolicy::Off);
    let free = server.register(registration).await;
    let key = ProofKey::new();
    let answer = free.proven(&server, CLIENT_CREDENTIALS, &key.proof(&server)).await;
    assert_bound(&free, &answer, &key).await;
    assert_eq!(answer.header("dpop-nonce"), "");
    let answer = with_nonce(&server, &free, &key, "made-up").await;
    assert_eq!(answer.status, 200, "a nonce that is not asked for does not matter");
}

#[tokio::test]
async fn a_nonce_is_good_on_every_node_for_some_minutes_and_not_the_day_after() {
    let server = TestServer::start().await;
    let service = strict(&server, Registration::service("service")).await;
    let other = node(&server, &[]);
    let key = ProofKey::new();
    let mut elsewhere = Browser::new(&other.url);
    let proof = key.proof(&server);
    let refused = service.post_proven_at(&mut elsewhere, "/token", CLIENT_CREDENTIALS, &[&proof]).await;
    refused.assert_json_error(400, "use_dpop_nonce", "dpop.nonce_missing");
    let answer = with_nonce(&server, &service, &key, &nonce(&refused)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let first = nonce(&answer);
    // The one before is accepted, too.
    server.clock.advance(Duration::from_secs(300));
    let answer = with_nonce(&server, &service, &key, &first).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_ne!(nonce(&answer), first, "and the answer has the new one");
    server.clock.advance(Duration::from_secs(301));
    let late = with_nonce(&server, &service, &key, &first).await;
    late.assert_json_error(400, "use_dpop_nonce", "dpop.nonce_old");
    server.clock.advance(Duration::from_secs(86_400));
    let yesterday = with_nonce(&server, &service, &key, &nonce(&late)).await;
    yesterday.assert_json_error(400, "use_dpop_nonce", "dpop.nonce_old");

    let stranger = TestServer::start().await;
    let theirs = strict(&stranger, Registration::service("service")).await;
    let refused = theirs.proven(&stranger, CLIENT_CREDENTIALS, &key.proof(&stranger)).await;
    let foreign = with_nonce(&server, &service, &key, &nonce(&refused)).await;
    foreign.assert_json_error(400, "use_dpop_nonce", "dpop.nonce_old");
}

#[tokio::test]
async fn a_missing_nonce_uses_up_neither_the_code_nor_the_refresh_token() {
    let server = TestServer::start().await;
    let spa = strict(&server, Registration::spa("spa")).await;
    let mut alice = server.alice().await;
    let key = ProofKey::new();
    let code = spa.code(&mut alice).await;
    let redemption = spa.redemption(&code);
    let refused = spa.proven(&server, &redemption, &key.proof(&server)).await;
    refused.assert_json_error(400, "use_dpop_nonce", "dpop.nonce_missing");
    let nonce = nonce(&refused);
    let proof = || key.proof_with(&server, TOKEN, &change("nonce", json!(nonce)));
    let answer = spa.proven(&server, &redemption, &proof()).await;
    assert_bound(&spa, &answer, &key).await;
    let token = answer.get("refresh_token");
    let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
    let refused = spa.proven(&server, &form, &key.proof(&server)).await;
    refused.assert_json_error(400, "use_dpop_nonce", "dpop.nonce_missing");
    assert_bound(&spa, &spa.proven(&server, &form, &proof()).await, &key).await;
}

#[tokio::test]
async fn a_resource_asks_for_a_nonce_too_and_par_as_well() {
    let server = TestServer::start().await;
    let web = strict(&server, Registration::web("web").scopes("openid")).await;
    let mut alice = server.alice().await;
    let key = ProofKey::new();
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_str(&web.request_with(&[("scope", "openid")])).unwrap();
    let form: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let proof = key.proof_with(&server, ("POST", "/par"), &json!({}));
    let refused = web.post_proven_at(&mut server.browser(), "/par", &form, &[&proof]).await;
    refused.assert_json_error(400, "use_dpop_nonce", "dpop.nonce_missing");
    let given = nonce(&refused);
    let proof = key.proof_with(&server, ("POST", "/par"), &change("nonce", json!(given)));
    let pushed = web.post_proven_at(&mut server.browser(), "/par", &form, &[&proof]).await;
    assert_eq!((pushed.status.as_u16(), nonce(&pushed)), (201, given.clone()), "{pushed:?}");

    let code = alice.authorize(&web.url_with(&[("scope", "openid")])).await.get("code");
    let proof = key.proof_with(&server, TOKEN, &change("nonce", json!(given)));
    let token = web.proven(&server, &web.redemption(&code), &proof).await.get("access_token");
    let without = key.proof_for(&server, USERINFO, &token);
    let refused = server.with_token(USERINFO, ("DPoP", &token), &[&without]).await;
    refused.assert_json_error(401, "use_dpop_nonce", "dpop.nonce_missing");
    let challenges = refused.headers.get_all("www-authenticate").iter();
    assert!(challenges.into_iter().any(|value| {
        let text = value.to_str().unwrap();
        text.starts_with("DPoP ") && text.contains("error=\"use_dpop_nonce\"")
    }));
    let hash = grantor::secret::Hash::of(&token).to_text();
    let with = key.proof_with(&server, USERINFO, &json!({ "ath": hash, "nonce": nonce(&refused) }));
    let answer = server.with_token(USERINFO, ("DPoP", &token), &[&with]).await;
    assert_eq!((answer.status.as_u16(), nonce(&answer)), (200, given), "{answer:?}");
}

#[tokio::test]
async fn a_refusal_before_the_client_is_looked_up_has_the_nonce_too() {
    let server = TestServer::start().await;
    let key = ProofKey::new();
    for registration in [Registration::service("service"), Registration::spa("spa")] {
        let app = strict(&server, registration).await;
        for (path, form, reason) in [
            ("/token", &[("grant_type", "zz")][..], "grant_type.unsupported"),
            ("/token", &[("scope", "a"), ("scope", "b")], "parameter.repeated"),
            ("/bc-authorize", &[("request", "a"), ("request", "b")], "parameter.repeated"),
        ] {
            let proof = key.proof_with(&server, ("POST", path), &json!({}));
            let refused = app.post_proven_at(&mut server.browser(), path, form, &[&proof]).await;
            assert!(refused.get("error_uri").ends_with(reason), "{refused:?}");
            nonce(&refused);
            let without = app.post_proven_at(&mut server.browser(), path, form, &[]).await;
            assert_eq!(without.header("dpop-nonce"), "", "no proof, no nonce");
        }
    }
    let mut stranger = server.browser();
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("dpop", &*key.proof(&server))];
    let form = "grant_type=zz&client_id=stranger";
    let refused = stranger.request(reqwest::Method::POST, "/token", &headers, form).await;
    assert_eq!((refused.status.as_u16(), refused.header("dpop-nonce")), (400, ""), "{refused:?}");
}

#[tokio::test]
async fn a_resource_that_lacks_the_proof_says_which_nonce_it_needs() {
    let server = TestServer::start().await;
    let web = strict(&server, Registration::web("web").scopes("openid")).await;
    let (mut alice, key) = (server.alice().await, ProofKey::new());
    let code = alice.authorize(&web.url_with(&[("scope", "openid")])).await.get("code");
    let form = web.redemption(&code);
    let first = web.proven(&server, &form, &key.proof(&server)).await;
    let proof = key.proof_with(&server, TOKEN, &change("nonce", json!(nonce(&first))));
    let token = web.proven(&server, &form, &proof).await.get("access_token");
    let refused = server.with_token(USERINFO, ("DPoP", &token), &[]).await;
    assert_eq!(refused.json()["reason"], "dpop.missing", "{refused:?}");
    let hash = grantor::secret::Hash::of(&token).to_text();
    let with = key.proof_with(&server, USERINFO, &json!({ "ath": hash, "nonce": nonce(&refused) }));
    assert_eq!(server.with_token(USERINFO, ("DPoP", &token), &[&with]).await.status, 200);
}

#[tokio::test]
async fn the_management_api_asks_for_a_nonce_and_calls_it_no_refused_credential() {
    let server = TestServer::start().await;
    let robot = strict(&server, Registration::service("robot").scopes("grantor.clients.read")).await;
    let key = ProofKey::new();
    let refused = robot.proven(&server, MANAGEMENT, &key.proof(&server)).await;
    let proof = key.proof_with(&server, TOKEN, &change("nonce", json!(nonce(&refused))));
    let token = robot.proven(&server, MANAGEMENT, &proof).await.get("access_token");
    let request = ("GET", "/api/v1/clients/robot");
    let proof = key.proof_for(&server, request, &token);
    let refused = server.with_token(request, ("DPoP", &token), &[&proof]).await;
    assert_eq!(
        (refused.status.as_u16(), refused.json()["reason"].as_str()),
        (401, Some("dpop.nonce_missing"))
    );
    let hash = grantor::secret::Hash::of(&token).to_text();
    let proof = key.proof_with(&server, request, &json!({ "ath": hash, "nonce": nonce(&refused) }));
    let answer = server.with_token(request, ("DPoP", &token), &[&proof]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    nonce(&answer);
}

#[tokio::test]
async fn scripts_may_send_proofs_and_read_nonces_and_challenges() {
    let server = TestServer::start().await;
    let spa = strict(&server, Registration::spa("spa").scopes("openid")).await;
    let mut browser = server.browser();
    let preflight = [
        ("origin", "https://app.example"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "dpop"),
    ];
    for path in ["/token", "/userinfo", "/par"] {
        let answer = browser.request(reqwest::Method::OPTIONS, path, &preflight, "").await;
        let allowed = answer.header("access-control-allow-headers");
        assert!(allowed.split(", ").any(|name| name == "dpop"), "{path} {allowed}");
    }
    let key = ProofKey::new();
    let proof = key.proof(&server);
    let headers = [
        ("origin", "https://app.example"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("dpop", proof.as_str()),
    ];
    let body = format!("grant_type=refresh_token&refresh_token=x&client_id={}", spa.id);
    let answer = browser.request(reqwest::Method::POST, "/token", &headers, &body).await;
    answer.assert_json_error(400, "use_dpop_nonce", "dpop.nonce_missing");
    let exposed = answer.header("access-control-expose-headers");
    for name in ["dpop-nonce", "www-authenticate"] {
        assert!(exposed.split(", ").any(|exposed| exposed == name), "{exposed}");
    }
}

#[tokio::test]
async fn every_answer_to_a_proof_has_the_newest_nonce_whatever_it_refuses() {
    let server = TestServer::start_with(&[("oauth.dpop_nonce", "require")]).await;
    let (service, web) = (server.service().await, server.web().await);
    let (key, now) = (ProofKey::new(), server.app.now().as_unix());
    let good = key.proof(&server);
    let mut browser = server.browser();
    for (name, value, reason) in [
        ("htm", json!("GET"), "dpop.method"),
        ("htu", json!("https://x.example/"), "dpop.url"),
        ("iat", json!(now - 3600), "dpop.time"),
    ] {
        let proof = key.proof_with(&server, TOKEN, &change(name, value));
        let refused = service.proven(&server, CLIENT_CREDENTIALS, &proof).await;
        refused.assert_json_error(400, "invalid_dpop_proof", reason);
        nonce(&refused);
        let page = server.with_token(USERINFO, ("DPoP", "made-up"), &[&proof]).await;
        assert_eq!(page.status, 401, "a token that is not known has no client: {page:?}");
    }
    for proofs in [&["junk"][..], &[&good, &good]] {
        nonce(&service.post_proven_at(&mut browser, "/token", CLIENT_CREDENTIALS, proofs).await);
    }
    let mut wrong = service;
    wrong.secret = Some("wrong".into());
    let refused = wrong.proven(&server, CLIENT_CREDENTIALS, &good).await;
    refused.assert_json_error(401, "invalid_client", "client.secret_wrong");
    nonce(&refused);
    let tokens = web.redeem_by_hand(&web.code(&mut server.alice().await).await).await;
    let bearer = tokens.get("access_token");
    for proofs in [&["junk"][..], &[&good, &good], &[&good]] {
        let refused = server.with_token(USERINFO, ("Bearer", &bearer), proofs).await;
        assert_ne!(refused.status, 200, "{refused:?}");
        nonce(&refused);
    }
}
