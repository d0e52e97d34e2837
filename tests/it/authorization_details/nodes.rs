//! Authorization details on several nodes, and in tokens that are bound.

use grantor::oauth::client::{Client, TokenFormat};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    ACCOUNTS, DEVICE_CODE, EXCHANGE, INVALID, PAYMENTS, accounts, furnished, granted_for, payment, refreshed,
    shop, url,
};
use crate::mtls::authority::self_signed;
use crate::nodes::within_a_second;
use crate::support::cluster::Cluster;
use crate::support::dpop::ProofKey;
use crate::support::relying_party::basic;
use crate::support::{Answer, Application, Operator, TestServer};

/// The format of the tokens, and whether they are bound to a certificate.
const WAYS: [(TokenFormat, bool); 4] = [
    (TokenFormat::Jwt, false),
    (TokenFormat::Opaque, false),
    (TokenFormat::Jwt, true),
    (TokenFormat::Opaque, true),
];
const KIND: &str = "urn:ietf:params:oauth:token-type:access_token";

#[tokio::test]
async fn a_type_that_changes_on_one_node_is_used_on_every_node_within_a_second() {
    let cluster = Cluster::of(2).await;
    let server = &cluster.server;
    let (app, _) = furnished(server).await;
    let at_each: Vec<Application> = cluster.nodes.iter().map(|node| app.at(&node.url)).collect();
    let reasons = async |details: &Value| {
        let form = [("grant_type", "client_credentials"), ("authorization_details", &details.to_string())];
        let mut found = Vec::new();
        for app in &at_each {
            let answer = app.token(&form).await;
            found.push(match answer.status.as_u16() {
                200 => "good".to_owned(),
                _ => answer.json()["reason"].as_str().unwrap_or_default().to_owned(),
            });
        }
        found
    };
    let both = |reason: &str| vec![reason.to_owned(); 2];
    let (operator, folder) = (Operator::of(server), tempfile::tempdir().unwrap());
    // Each node has compiled the schema that is there now.
    let new = json!([{ "type": "account_information", "actions": ["a"], "reference": 7 }]);
    assert_eq!(reasons(&new).await, both("good"));
    let schema = folder.path().join("schema.json");
    let narrow = json!({ "type": "object", "properties": { "reference": { "type": "string" } } });
    std::fs::write(&schema, narrow.to_string()).unwrap();
    let schema = schema.display().to_string();
    operator.done(&["authorization-type", "update", "account_information", "--schema", &schema]);
    within_a_second("a schema", async || reasons(&new).await == both("authorization_details.invalid")).await;
    operator.done(&["authorization-type", "update", "account_information", "--resource", PAYMENTS]);
    let elsewhere = json!([{ "type": "account_information", "locations": [ACCOUNTS] }]);
    let refused = both("authorization_details.location");
    within_a_second("a resource of a type", async || reasons(&elsewhere).await == refused).await;
    operator.done(&["authorization-type", "delete", "account_information", "--yes"]);
    let gone = json!([{ "type": "account_information" }]);
    let refused = both("authorization_details.type_unknown");
    within_a_second("a type that is gone", async || reasons(&gone).await == refused).await;
}

#[tokio::test]
async fn what_a_person_allows_at_one_node_is_in_the_tokens_of_every_node() {
    let cluster = Cluster::of(2).await;
    let (app, mut alice) = furnished(&cluster.server).await;
    // The balancer gives each request to the next node: the page, the consent, the code, the token.
    for pages in 0..2 {
        let asked = json!([payment(), accounts()]);
        let tokens = granted_for(&app, &mut alice, &url(&app, &asked), PAYMENTS).await;
        let (access, mut refresh) = (tokens.get("access_token"), tokens.get("refresh_token"));
        for node in &cluster.nodes {
            let here = app.at(&node.url);
            let next = refreshed(&here, &refresh, &[("resource", PAYMENTS)]).await;
            assert_eq!(next.json()["authorization_details"], json!([payment()]), "{next:?}");
            refresh = next.get("refresh_token");
            let introspected = here.introspect(&next.get("access_token")).await;
            assert_eq!(introspected["authorization_details"], json!([payment()]));
            assert_eq!(here.introspect(&access).await["active"], true);
        }
        let details = json!([payment()]).to_string();
        let code = app.device_code(&mut alice, &[("authorization_details", &details)]).await;
        let here = app.at(&cluster.nodes[pages].url);
        let tokens = here.token(&[("grant_type", DEVICE_CODE), ("device_code", &code)]).await;
        assert_eq!(tokens.json()["authorization_details"], json!([payment()]), "{tokens:?}");
    }
    assert!(cluster.shares().iter().all(|share| *share > 0));
}

/// A token request that proves a key, or shows a certificate, in these headers.
async fn ask(
    server: &TestServer,
    app: &Application,
    headers: &[(&str, &str)],
    form: &[(&str, &str)],
) -> Answer {
    let authorization = basic(&app.id, app.secret.as_deref().unwrap());
    let own =
        [("content-type", "application/x-www-form-urlencoded"), ("authorization", authorization.as_str())];
    let body = serde_urlencoded::to_string(form).unwrap();
    server.browser().request(Method::POST, "/token", &[&own, headers].concat(), &body).await
}

/// Checks that a command shows what the token is bound to, and its details.
fn assert_inspected(operator: &Operator, token: &str, (cnf, details): (&Value, &Value)) {
    let inspected = operator.json(&["token", "inspect", token]);
    assert_eq!((&inspected["cnf"], &inspected["authorization_details"]), (cnf, details));
    let said = operator.done(&["token", "inspect", token]);
    assert!(said.contains("bound to") && said.contains("Merchant A"), "{said}");
}

#[tokio::test]
async fn details_go_through_an_exchange_a_refresh_and_a_device_with_bound_tokens() {
    let shown = self_signed("shop", |_| ());
    let certificate = shown.header();
    for (format, has_certificate) in WAYS {
        let server = TestServer::start_with(&crate::mtls::BEHIND).await;
        let (_, mut alice) = furnished(&server).await;
        let mut registration = shop("bound");
        let client: &mut Client = &mut registration.client;
        (client.token_format, client.may_widen_resources) = (format, true);
        client.certificate.bound_tokens = has_certificate;
        let app = server.register(registration).await;
        let key = ProofKey::new();
        let expected = match has_certificate {
            true => json!({ "x5t#S256": shown.thumbprint() }),
            false => json!({ "jkt": key.thumbprint() }),
        };
        let prove = async |form: &[(&str, &str)]| {
            let proof = key.proof(&server);
            let header = match has_certificate {
                true => ("client-cert", certificate.as_str()),
                false => ("dpop", proof.as_str()),
            };
            ask(&server, &app, &[header], form).await
        };
        let assert_bound = async |answer: &Answer, details: Value| {
            assert_eq!(answer.status, 200, "{answer:?}");
            let introspected = app.introspect(&answer.get("access_token")).await;
            assert_eq!((&introspected["cnf"], &introspected["authorization_details"]), (&expected, &details));
            assert_eq!(answer.json()["authorization_details"], details);
        };
        let everywhere = json!({ "type": "account_information", "actions": ["list_accounts"] });
        let asked = json!([payment(), everywhere]);
        let code = alice.authorize(&url(&app, &asked)).await.get("code");
        let first = prove(&app.redemption(&code)).await;
        assert_bound(&first, asked.clone()).await;
        let token = first.get("access_token");
        assert_inspected(&Operator::of(&server), &token, (&expected, &asked));
        let exchange =
            [("grant_type", EXCHANGE), ("subject_token", token.as_str()), ("subject_token_type", KIND)];
        assert_bound(&prove(&exchange).await, asked.clone()).await;
        let elsewhere = prove(&[&exchange[..], &[("resource", ACCOUNTS)]].concat()).await;
        assert_bound(&elsewhere, json!([everywhere])).await;
        let wider = json!([accounts()]).to_string();
        let wider = prove(&[&exchange[..], &[("authorization_details", wider.as_str())]].concat()).await;
        wider.assert_json_error(400, INVALID, "authorization_details.widened");
        let refresh = first.get("refresh_token");
        let refresh =
            [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str()), ("resource", PAYMENTS)];
        assert_bound(&prove(&refresh).await, asked).await;
        let details = json!([payment()]).to_string();
        let code = app.device_code(&mut alice, &[("authorization_details", &details)]).await;
        let device = prove(&[("grant_type", DEVICE_CODE), ("device_code", &code)]).await;
        assert_bound(&device, json!([payment()])).await;
        if has_certificate {
            // No grant gives a token without the certificate.
            let without = ask(&server, &app, &[("dpop", &key.proof(&server))], &exchange).await;
            without.assert_json_error(400, "invalid_request", "client_certificate.required");
        }
    }
}
