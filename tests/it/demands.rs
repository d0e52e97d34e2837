//! What the server and each client can demand: `off`, `report` (counted, never refused) and `require`.

use grantor::jose::key::SigningKey;
use grantor::oauth::client::Demand;
use grantor::oauth::client::demand::Demanded;
use grantor::oauth::request::response_type::ResponseType;
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::work::activity::store;
use serde_json::{Value, json};

use crate::api::Api;
use crate::support::dpop::ProofKey;
use crate::support::jwt::{jwks, key};
use crate::support::relying_party::Registration;
use crate::support::{Application, Browser, TestServer};
use crate::{activity, par, request_objects};

/// Demands with their setting in `[oauth]`.
const DEMANDS: [(Demanded, &str); 5] = [
    (Demanded::Pkce, "oauth.pkce"),
    (Demanded::Par, "oauth.par"),
    (Demanded::Jar, "oauth.jar"),
    (Demanded::TokenRedirectUri, "oauth.token_redirect_uri"),
    (Demanded::Dpop, "oauth.dpop"),
];

/// A request that meets the demand, or misses it and nothing else: the reason of its refusal, or `None` if it got tokens.
async fn attempt(
    (server, app, key): (&TestServer, &Application, &SigningKey),
    alice: &mut Browser,
    (what, is_met): (Demanded, bool),
) -> Option<String> {
    let without_pkce = [("code_challenge", ""), ("code_challenge_method", "")];
    let request: &[(&str, &str)] = match (what, is_met) {
        (Demanded::Pkce, false) => &without_pkce,
        _ => &[],
    };
    let url = match (what, is_met) {
        (Demanded::Par, true) => par::url(app, &par::pushed(app, request).await),
        (Demanded::Jar, true) => {
            request_objects::url(app, &request_objects::object(server, app, key, &json!({})), &[])
        }
        _ => app.url_with(request),
    };
    let answered = alice.authorize(&url).await;
    if !answered.get("error").is_empty() {
        return Some(reason(&answered.get("error_uri")));
    }
    let redemption: &[(&str, &str)] = match (what, is_met) {
        (Demanded::Pkce, false) => &[("code_verifier", "")],
        (Demanded::TokenRedirectUri, false) => &[("redirect_uri", "")],
        _ => &[],
    };
    let code = answered.get("code");
    let answer = match (what, is_met) {
        (Demanded::Dpop, true) => {
            app.proven(server, &app.redemption(&code), &ProofKey::new().proof(server)).await
        }
        _ => app.redeem_with(&code, redemption).await,
    };
    match answer.status.as_u16() {
        200 => None,
        _ => Some(reason(&answer.get("error_uri"))),
    }
}

/// The word at the end of an address of the error reference.
fn reason(error_uri: &str) -> String {
    error_uri.rsplit('/').next().unwrap_or_default().to_owned()
}

/// What the health of the client says about the demand.
async fn health(server: &TestServer, app: &Application, what: Demanded) -> Value {
    store(&server.app).await;
    let json = activity::health(server, &app.id).await;
    let policies = json["policies"].as_array().unwrap().clone();
    policies.into_iter().find(|policy| policy["policy"] == what.as_str()).expect("a verdict")
}

/// What a check of a request says about the demands on its client that are only reported.
async fn said_by_check(server: &TestServer, app: &Application) -> Value {
    let path = format!("/clients/{}/check", app.id);
    let checked = Api::owner(server).await.post(&path, json!({})).await;
    assert_eq!(checked.status, 200, "{checked:?}");
    checked.json()["reported"].clone()
}

fn with(
    mut registration: Registration,
    (what, own): (Demanded, Option<Demand>),
    key: &SigningKey,
) -> Registration {
    let client = &mut registration.client;
    client.jwks = Some(jwks(&[key]));
    match what {
        Demanded::Pkce => client.pkce = own,
        Demanded::Par => client.par = own,
        Demanded::Jar => client.messages.jar = own,
        Demanded::TokenRedirectUri => client.token_redirect_uri = own,
        Demanded::Dpop => client.dpop = own,
    }
    registration
}

#[tokio::test]
async fn each_demand_is_off_reported_or_required_by_the_server_and_by_each_client() {
    let key = key(SigningAlgorithm::Es256);
    for (what, option) in DEMANDS {
        for (index, &setting) in Demand::ALL.iter().enumerate() {
            let own = Demand::ALL[(index + 1) % Demand::ALL.len()];
            let server = TestServer::start_with(&[(option, setting.as_str())]).await;
            let mut alice = server.alice().await;
            for (id, own) in [("follows", None), ("decides", Some(own))] {
                let app = server.register(with(Registration::web(id), (what, own), &key)).await;
                let demand = own.unwrap_or(setting);
                let context = format!("{what:?}: {setting:?} on the server, {own:?} for the client");
                assert_eq!(attempt((&server, &app, &key), &mut alice, (what, true)).await, None, "{context}");
                let met = health(&server, &app, what).await;
                let missed = attempt((&server, &app, &key), &mut alice, (what, false)).await;
                let refused = (demand == Demand::Require).then(|| what.reason().word().to_owned());
                assert_eq!(missed, refused, "{context}");
                let then = health(&server, &app, what).await;
                // Whether a code has a challenge is counted in any case.
                let (before, after, count) = match (demand, what) {
                    (Demand::Require, _) => ("always_required", "always_required", 0),
                    (Demand::Report, _) | (Demand::Off, Demanded::Pkce) => ("safe", "would_refuse", 1),
                    (Demand::Off, _) => ("not_counted", "not_counted", 0),
                };
                assert_eq!((&met["verdict"], &met["count"]), (&json!(before), &json!(0)), "{context}");
                assert_eq!((&then["verdict"], &then["count"]), (&json!(after), &json!(count)), "{context}");
                let reported = if demand == Demand::Report { json!([then]) } else { json!([]) };
                assert_eq!(said_by_check(&server, &app).await, reported, "{context}");
            }
        }
    }
}

#[tokio::test]
async fn a_public_client_must_use_pkce_unless_its_own_registration_only_reports_it() {
    let server = TestServer::start_with(&[("oauth.pkce", "off")]).await;
    let (mut alice, key) = (server.alice().await, key(SigningAlgorithm::Es256));
    let strict = server.register(Registration::spa("strict")).await;
    let missing = Some("pkce.challenge_missing".to_owned());
    assert_eq!(attempt((&server, &strict, &key), &mut alice, (Demanded::Pkce, false)).await, missing);
    let watched = server.register(Registration::spa("watched").pkce(Demand::Report)).await;
    assert_eq!(attempt((&server, &watched, &key), &mut alice, (Demanded::Pkce, false)).await, None);
    assert_eq!(health(&server, &watched, Demanded::Pkce).await["verdict"], "would_refuse");
}

#[tokio::test]
async fn a_code_without_a_challenge_needs_its_redirect_uri_and_a_wrong_one_never_counts_as_missing() {
    let server = TestServer::start_with(&[("oauth.token_redirect_uri", "off")]).await;
    let (app, mut alice) =
        (server.register(Registration::web("old").pkce(Demand::Off)).await, server.alice().await);
    let url = app.url_with(&[("code_challenge", ""), ("code_challenge_method", "")]);
    let code = alice.authorize(&url).await.get("code");
    let refused = app.redeem_with(&code, &[("code_verifier", ""), ("redirect_uri", "")]).await;
    refused.assert_json_error(400, "invalid_grant", "code.redirect_uri_mismatch");
    let code = app.code(&mut alice).await;
    let refused = app.redeem_with(&code, &[("redirect_uri", "https://app.example/other")]).await;
    refused.assert_json_error(400, "invalid_grant", "code.redirect_uri_mismatch");
    let code = app.code(&mut alice).await;
    assert_eq!(app.redeem_with(&code, &[("redirect_uri", "")]).await.status, 200);
}

#[tokio::test]
async fn a_token_that_passes_through_the_browser_misses_the_demand_for_a_proof() {
    let server = TestServer::start_with(&[("oauth.dpop", "report")]).await;
    let mut registration = Registration::web("hybrid").scopes("openid read");
    registration.client.response_types =
        ["code id_token", "code token"].map(|name| ResponseType::parse(name).unwrap()).to_vec();
    let (app, mut alice) = (server.register(registration).await, server.alice().await);
    let asked = [("response_type", "code id_token"), ("nonce", "n"), ("scope", "openid read")];
    let answered = alice.authorize(&app.url_with(&asked)).await;
    let proof = ProofKey::new().proof(&server);
    let redeemed = app.proven(&server, &app.redemption(&answered.get("code")), &proof).await;
    assert_eq!(redeemed.status, 200, "{redeemed:?}");
    assert_eq!(health(&server, &app, Demanded::Dpop).await["verdict"], "safe");
    let asked = [("response_type", "code token"), ("scope", "openid read")];
    assert_ne!(alice.authorize(&app.url_with(&asked)).await.get("access_token"), "");
    // With require, this request would have been refused.
    let then = health(&server, &app, Demanded::Dpop).await;
    assert_eq!((&then["verdict"], &then["count"]), (&json!("would_refuse"), &json!(1)), "{then}");
}

#[tokio::test]
async fn strangers_change_no_count_and_store_nothing_while_demands_are_reported() {
    let options = DEMANDS.map(|(_, option)| (option, "report"));
    let server = TestServer::start_with(&options).await;
    let spa = server.register(Registration::spa("spa").pkce(Demand::Report)).await;
    let proof = ProofKey::new().proof(&server);
    let without_pkce = [("code_challenge", ""), ("code_challenge_method", "")];
    for _ in 0..30 {
        for url in [spa.url_with(&[]), spa.url_with(&without_pkce), spa.url_with(&[("prompt", "none")])] {
            assert_eq!(server.get(&url).await.status, 303);
        }
        par::pushed(&spa, &[]).await;
        assert_eq!(spa.proven(&server, &spa.redemption("gac_made-up"), &proof).await.status, 400);
        assert_eq!(spa.redeem_with("gac_made-up", &[("redirect_uri", "")]).await.status, 400);
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", "grt_made-up")];
        assert_eq!(spa.token(&refresh).await.status, 400);
    }
    for (what, _) in DEMANDS {
        assert_eq!(health(&server, &spa, what).await["verdict"], "no_traffic", "{what:?}");
    }
    let rows = server.number(
        "SELECT (SELECT COUNT(*) FROM flows) + (SELECT COUNT(*) FROM used_assertions) + (SELECT COUNT(*) FROM client_uses)",
    );
    assert_eq!(rows.await, 0);
    let days = server.number("SELECT COUNT(*) FROM client_activity").await;
    assert!(days <= 1, "one row for each client and day, whatever strangers send: {days}");
}
