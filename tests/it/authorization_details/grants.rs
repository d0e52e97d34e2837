//! Every grant that carries details: what each token has of them.

use grantor::oauth::client::TokenFormat;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    ACCOUNTS, DEVICE_CODE, EXCHANGE, INVALID, PAYMENTS, accounts, bank, granted, payment, refreshed, shop,
    url,
};
use crate::support::jwt::{claims, is_signed};
use crate::support::{Answer, Operator};

#[tokio::test]
async fn a_code_becomes_a_token_for_the_location_with_the_details_of_the_rfc() {
    let (server, app, mut alice) = bank().await;
    let tokens = granted(&app, &mut alice, &url(&app, &json!([payment()]))).await;
    let answer = tokens.json();
    assert_eq!(answer["authorization_details"], json!([payment()]));
    assert_eq!(answer["scope"], Value::Null, "the request names no scope, so it gets none");
    let token = tokens.get("access_token");
    assert!(is_signed(&server, &token).await);
    let said = claims(&token);
    assert_eq!((&said["aud"], &said["authorization_details"]), (&json!(PAYMENTS), &json!([payment()])));
    let introspection = app.introspect(&token).await;
    assert_eq!(introspection["authorization_details"], json!([payment()]));
    let refresh = tokens.get("refresh_token");
    assert_eq!(app.introspect(&refresh).await["authorization_details"], json!([payment()]));
    let next = refreshed(&app, &refresh, &[]).await;
    assert_eq!(next.json()["authorization_details"], json!([payment()]));
}

#[tokio::test]
async fn details_and_scopes_go_together_and_an_id_token_has_no_details() {
    let (server, app, mut alice) = bank().await;
    let request = [("scope", "openid read"), ("authorization_details", &json!([accounts()]).to_string())];
    let tokens = granted(&app, &mut alice, &app.url_with(&request)).await;
    assert_eq!(tokens.json()["authorization_details"], json!([accounts()]));
    assert_eq!(tokens.get("scope"), "read");
    assert_eq!(claims(&tokens.get("id_token"))["authorization_details"], Value::Null);
    // A token for this server has nothing that is for another one.
    let refresh = tokens.get("refresh_token");
    let own = refreshed(&app, &refresh, &[("resource", &server.url)]).await;
    assert_eq!(
        (own.json()["authorization_details"].clone(), own.get("scope")),
        (Value::Null, "openid".into())
    );
}

#[tokio::test]
async fn each_token_has_the_details_of_its_audience_and_a_client_narrows_them() {
    let (_server, app, mut alice) = bank().await;
    let everywhere = json!({ "type": "account_information", "actions": ["list_accounts"] });
    let all = json!([payment(), accounts(), everywhere]);
    let back = alice.authorize(&url(&app, &all)).await;
    let tokens = app.redeem_with(&back.get("code"), &[("resource", PAYMENTS)]).await;
    assert_eq!(tokens.json()["authorization_details"], json!([payment(), everywhere]));
    let refresh = tokens.get("refresh_token");
    let two = refreshed(&app, &refresh, &[("resource", ACCOUNTS)]).await;
    assert_eq!(two.json()["authorization_details"], json!([accounts(), everywhere]));
    // The order of members does not matter; a subset is enough.
    let fewer = r#"[{"locations": ["https://example.com/accounts"],
                     "actions": ["list_accounts", "read_balances", "read_transactions"], "type": "account_information"}]"#;
    let narrow = [("resource", ACCOUNTS), ("authorization_details", fewer)];
    let three = refreshed(&app, &two.get("refresh_token"), &narrow).await;
    assert_eq!(three.json()["authorization_details"], json!([accounts()]));
    // The next refresh has everything again.
    let four = refreshed(&app, &three.get("refresh_token"), &[("resource", ACCOUNTS)]).await;
    assert_eq!(four.json()["authorization_details"], json!([accounts(), everywhere]));

    let refresh = four.get("refresh_token");
    let mut cheaper = payment();
    cheaper["instructedAmount"]["amount"] = "1.00".into();
    for (details, resource, reason) in [
        (json!([cheaper]), PAYMENTS, "authorization_details.widened"),
        (
            json!([payment(), { "type": "account_information", "actions": ["x"] }]),
            PAYMENTS,
            "authorization_details.widened",
        ),
        (json!([payment()]), ACCOUNTS, "authorization_details.location"),
        (json!("x"), ACCOUNTS, "authorization_details.malformed"),
    ] {
        let form = [("resource", resource), ("authorization_details", &details.to_string())];
        refreshed(&app, &refresh, &form).await.assert_json_error(400, INVALID, reason);
    }
    // A refusal uses nothing up.
    assert_eq!(refreshed(&app, &refresh, &[("resource", ACCOUNTS)]).await.status, 200);
}

#[tokio::test]
async fn a_code_is_narrowed_for_its_first_token_only() {
    let (_server, app, mut alice) = bank().await;
    let both = json!([{ "type": "account_information", "actions": ["a"] }, { "type": "account_information", "actions": ["b"] }]);
    let back = alice.authorize(&url(&app, &both)).await;
    let one = json!([both[1]]);
    let tokens = app.redeem_with(&back.get("code"), &[("authorization_details", &one.to_string())]).await;
    assert_eq!(tokens.json()["authorization_details"], one);
    // The token without a resource is opaque, and its row has them.
    assert_eq!(app.introspect(&tokens.get("access_token")).await["authorization_details"], one);
    let next = refreshed(&app, &tokens.get("refresh_token"), &[]).await;
    assert_eq!(next.json()["authorization_details"], both);
}

#[tokio::test]
async fn a_client_gets_details_for_itself() {
    let (_server, app, _) = bank().await;
    let grant = ("grant_type", "client_credentials");
    let tokens = app.token(&[grant, ("authorization_details", &json!([payment()]).to_string())]).await;
    assert_eq!(tokens.json()["authorization_details"], json!([payment()]));
    assert_eq!(tokens.json()["scope"], Value::Null);
    let said = claims(&tokens.get("access_token"));
    assert_eq!((&said["aud"], &said["authorization_details"]), (&json!(PAYMENTS), &json!([payment()])));
    assert_eq!(
        app.introspect(&tokens.get("access_token")).await["authorization_details"],
        json!([payment()])
    );
    // With a scope, it gets both; for another API, nothing.
    let form = [grant, ("scope", "read"), ("authorization_details", &json!([accounts()]).to_string())];
    assert_eq!(app.token(&form).await.get("scope"), "read");
    for (details, resource) in [(json!([payment()]), ACCOUNTS), (json!([payment(), accounts()]), PAYMENTS)] {
        let form = [grant, ("resource", resource), ("authorization_details", &details.to_string())];
        app.token(&form).await.assert_json_error(400, INVALID, "authorization_details.location");
    }
    // Without the parameter, nothing changes.
    assert_eq!(
        app.token(&[grant, ("resource", PAYMENTS)]).await.json()["authorization_details"],
        Value::Null
    );
}

#[tokio::test]
async fn a_device_gets_what_the_person_allows() {
    let (_server, app, mut alice) = bank().await;
    let details = json!([payment()]).to_string();
    let code = app.device_code(&mut alice, &[("authorization_details", &details)]).await;
    let tokens = app.token(&[("grant_type", DEVICE_CODE), ("device_code", &code)]).await;
    assert_eq!(tokens.json()["authorization_details"], json!([payment()]));
    let unknown = app.post("/device_authorization", &[("authorization_details", r#"[{"type":"x"}]"#)]).await;
    unknown.assert_json_error(400, INVALID, "authorization_details.type_unknown");
}

#[tokio::test]
async fn an_exchanged_token_has_the_details_of_its_target_and_no_others() {
    for format in [TokenFormat::Jwt, TokenFormat::Opaque] {
        let (server, _, mut alice) = bank().await;
        let mut registration = shop("exchanger");
        registration.client.token_format = format;
        registration.client.may_widen_resources = true;
        let app = server.register(registration).await;
        let everywhere = json!({ "type": "account_information", "actions": ["list_accounts"] });
        let asked = json!([payment(), everywhere]);
        let tokens = granted(&app, &mut alice, &url(&app, &asked)).await;
        assert_eq!(tokens.json()["authorization_details"], asked);
        let exchange = async |more: &[(&str, &str)]| {
            let token = tokens.get("access_token");
            let kind = "urn:ietf:params:oauth:token-type:access_token";
            let form =
                [("grant_type", EXCHANGE), ("subject_token", token.as_str()), ("subject_token_type", kind)];
            app.token(&[&form[..], more].concat()).await
        };
        let same = exchange(&[]).await;
        assert_eq!(same.json()["authorization_details"], asked, "{same:?}");
        let other = exchange(&[("resource", ACCOUNTS)]).await;
        assert_eq!(other.json()["authorization_details"], json!([everywhere]));
        assert_eq!(
            app.introspect(&other.get("access_token")).await["authorization_details"],
            json!([everywhere])
        );
        let fewer = exchange(&[("authorization_details", &json!([payment()]).to_string())]).await;
        assert_eq!(fewer.json()["authorization_details"], json!([payment()]));
        let wider = exchange(&[("authorization_details", &json!([accounts()]).to_string())]).await;
        wider.assert_json_error(400, INVALID, "authorization_details.widened");
    }
}

#[tokio::test]
async fn one_payment_that_a_person_allowed_is_never_several() {
    let (_server, app, mut alice) = bank().await;
    let (one, two) = (json!([payment()]), json!([payment(), payment()]));
    let twice = [("authorization_details", &*two.to_string())];
    let widened = |answer: Answer| {
        let description = answer.json()["error_description"].as_str().unwrap().to_owned();
        answer.assert_json_error(400, INVALID, "authorization_details.widened");
        assert!(
            description.contains("the element 1 of authorization_details comes more often"),
            "{description}"
        );
    };
    let code = alice.authorize(&url(&app, &one)).await.get("code");
    widened(app.redeem_with(&code, &twice).await);
    let tokens = granted(&app, &mut alice, &url(&app, &one)).await;
    widened(refreshed(&app, &tokens.get("refresh_token"), &twice).await);
    let token = tokens.get("access_token");
    let kind = "urn:ietf:params:oauth:token-type:access_token";
    let exchange =
        [("grant_type", EXCHANGE), ("subject_token", token.as_str()), ("subject_token_type", kind)];
    widened(app.token(&[&exchange[..], &twice].concat()).await);
    let code = app.device_code(&mut alice, &[("authorization_details", &one.to_string())]).await;
    let device = [("grant_type", DEVICE_CODE), ("device_code", code.as_str())];
    widened(app.token(&[&device[..], &twice].concat()).await);
    // Someone who allowed two may narrow them to two.
    let code = alice.authorize(&url(&app, &two)).await.get("code");
    assert_eq!(app.redeem_with(&code, &twice).await.json()["authorization_details"], two);
}

#[tokio::test]
async fn a_pushed_request_and_a_posted_one_carry_details() {
    let (server, app, mut alice) = bank().await;
    let details = json!([payment()]).to_string();
    let request = app.request_with(&[("scope", ""), ("authorization_details", &details)]);
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&request).unwrap();
    let form: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let pushed = app.post("/par", &form[1..]).await;
    assert_eq!(pushed.status, 201, "{pushed:?}");
    let uri =
        serde_urlencoded::to_string([("client_id", "shop"), ("request_uri", &pushed.get("request_uri"))]);
    let tokens = granted(&app, &mut alice, &format!("{}/authorize?{}", server.url, uri.unwrap())).await;
    assert_eq!(tokens.json()["authorization_details"], json!([payment()]));

    let begun = alice.post("/authorize", &form).await;
    let page = alice.follow(begun).await;
    let back = alice.allow(&page).await;
    let tokens = app.redeem_by_hand(&back.get("code")).await;
    assert_eq!(tokens.json()["authorization_details"], json!([payment()]));
    let refused =
        app.post("/par", &[&form[1..form.len() - 1], &[("authorization_details", "{}")]].concat()).await;
    refused.assert_json_error(400, INVALID, "authorization_details.malformed");
}

#[tokio::test]
async fn a_signed_introspection_has_the_details() {
    let (server, app, mut alice) = bank().await;
    let tokens = granted(&app, &mut alice, &url(&app, &json!([payment()]))).await;
    let secret = app.secret.clone().unwrap();
    let body = serde_urlencoded::to_string([
        ("token", tokens.get("access_token").as_str()),
        ("client_id", "shop"),
        ("client_secret", &secret),
    ]);
    let headers = [
        ("accept", "application/token-introspection+jwt"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let signed = server.browser().request(Method::POST, "/introspect", &headers, &body.unwrap()).await;
    assert!(is_signed(&server, &signed.body).await);
    assert_eq!(claims(&signed.body)["token_introspection"]["authorization_details"], json!([payment()]));
}

#[tokio::test]
async fn a_type_that_a_client_may_no_longer_use_is_in_no_more_tokens() {
    let (server, app, mut alice) = bank().await;
    let unlocated = json!({ "type": "account_information", "actions": ["a"] });
    let tokens = granted(&app, &mut alice, &url(&app, &json!([unlocated, payment()]))).await;
    let operator = Operator::of(&server);
    operator.done(&["client", "update", "shop", "--authorization-type", "account_information"]);
    let next = refreshed(&app, &tokens.get("refresh_token"), &[]).await;
    assert_eq!(next.json()["authorization_details"], json!([unlocated]));
    let form = [("authorization_details", json!([payment()]).to_string())];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let named = refreshed(&app, &next.get("refresh_token"), &form).await;
    named.assert_json_error(400, INVALID, "authorization_details.type_not_allowed");
    let back = alice.get(&url(&app, &json!([payment()]))).await;
    back.assert_redirect_error(INVALID, "authorization_details.type_not_allowed", &server.url);
}

#[tokio::test]
async fn the_metadata_lists_the_types() {
    let (server, ..) = bank().await;
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"] {
        let types = &server.get(path).await.json()["authorization_details_types_supported"];
        assert_eq!(types, &json!(["account_information", "payment_initiation"]));
    }
}
