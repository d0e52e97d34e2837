//! For which API a detail is, and that no token is for nothing.

use grantor::oauth::client::GrantType;
use grantor::oauth::grant::authorization_details::authorization_type::AuthorizationType;
use grantor::oauth::grant::scope::Scope;
use serde_json::{Value, json};

use super::{
    ACCOUNTS, DEVICE_CODE, INVALID, PAYMENTS, accounts, bank, granted, payment, payment_type, refreshed,
    shop, store, url,
};
use crate::support::jwt::claims;
use crate::support::{Answer, Application, Operator};

/// The parameters of a token request beside its grant type.
type Form<'a> = &'a [(&'a str, &'a str)];

const LOCATION: &str = "authorization_details.location";
const OWN: (&str, &str) = ("grant_type", "client_credentials");
const CIBA: &str = "urn:openid:params:grant-type:ciba";

/// A payment without `locations`. Its type belongs to one API.
fn unplaced() -> Value {
    let mut payment = payment();
    payment.as_object_mut().unwrap().remove("locations");
    payment
}

async fn of_client(app: &Application, details: &Value, more: &[(&str, &str)]) -> Answer {
    app.token(&[&[OWN, ("authorization_details", &details.to_string())], more].concat()).await
}

#[tokio::test]
async fn a_detail_without_locations_is_for_the_api_of_its_type() {
    let (server, app, mut alice) = bank().await;
    let details = json!([unplaced()]);
    of_client(&app, &details, &[("resource", ACCOUNTS)]).await.assert_json_error(400, INVALID, LOCATION);
    of_client(&app, &details, &[("resource", &server.url)]).await.assert_json_error(400, INVALID, LOCATION);
    let own = of_client(&app, &details, &[]).await;
    let said = claims(&own.get("access_token"));
    assert_eq!((&said["aud"], &said["authorization_details"]), (&json!(PAYMENTS), &details));
    // A person's, beside a scope of another API.
    let request =
        [("scope", "read"), ("resource", ACCOUNTS), ("authorization_details", &details.to_string())];
    let code = alice.authorize(&app.url_with(&request)).await.get("code");
    let other = app.redeem_with(&code, &[("resource", ACCOUNTS)]).await;
    assert_eq!((other.get("scope").as_str(), &other.json()["authorization_details"]), ("read", &Value::Null));
    let next = refreshed(&app, &other.get("refresh_token"), &[("resource", PAYMENTS)]).await;
    assert_eq!(next.json()["authorization_details"], details, "{next:?}");
    // An application that may not use the API of the type cannot have the detail at all.
    let mut narrow = shop("narrow");
    narrow.client.resources = vec![ACCOUNTS.into()];
    let narrow = server.register(narrow).await;
    of_client(&narrow, &details, &[]).await.assert_json_error(400, INVALID, LOCATION);
    alice.authorize(&url(&narrow, &details)).await.assert_redirect_error(INVALID, LOCATION, &server.url);
}

#[tokio::test]
async fn of_several_apis_of_a_type_the_request_names_one() {
    let (server, app, mut alice) = bank().await;
    let record = AuthorizationType {
        name: "either".into(),
        schema: json!({ "type": "object" }),
        template: "Do it".into(),
        resources: vec![PAYMENTS.into(), ACCOUNTS.into()],
        ..payment_type()
    };
    store(&server, record).await;
    let details = json!([{ "type": "either" }]);
    alice.authorize(&url(&app, &details)).await.assert_redirect_error(INVALID, LOCATION, &server.url);
    of_client(&app, &details, &[]).await.assert_json_error(400, INVALID, LOCATION);
    let form = [("authorization_details", &*details.to_string())];
    app.post("/device_authorization", &form).await.assert_json_error(400, INVALID, LOCATION);
    for resource in [PAYMENTS, ACCOUNTS] {
        let request =
            [("scope", ""), ("resource", resource), ("authorization_details", &details.to_string())];
        let tokens = granted(&app, &mut alice, &app.url_with(&request)).await;
        let said = claims(&tokens.get("access_token"));
        assert_eq!((&said["aud"], &said["authorization_details"]), (&json!(resource), &details));
    }
}

#[tokio::test]
async fn a_check_decides_about_a_clients_own_token_as_the_token_endpoint() {
    let (server, ..) = bank().await;
    let mut registration = shop("service");
    registration.client.scopes = Scope::from_stored("read write grantor.clients.read");
    registration.client.resources.push(format!("{}/api/v1", server.url));
    let app = server.register(registration).await;
    let operator = Operator::of(&server);
    let (paid, unplaced) = (json!([payment()]).to_string(), json!([unplaced()]).to_string());
    let both = json!([payment(), accounts()]).to_string();
    let cases: [(Form<'_>, Option<&str>); 12] = [
        (&[("scope", "read"), ("resource", ACCOUNTS)], None),
        (&[("resource", PAYMENTS)], None),
        (&[("authorization_details", &paid)], None),
        (&[("authorization_details", &unplaced)], None),
        (&[("scope", "grantor.clients.read")], None),
        (&[("scope", "read"), ("authorization_details", &paid)], None),
        (&[("authorization_details", &paid), ("resource", ACCOUNTS)], Some(LOCATION)),
        (&[("authorization_details", &unplaced), ("resource", ACCOUNTS)], Some(LOCATION)),
        (&[("authorization_details", &both)], Some(LOCATION)),
        (&[("scope", "read"), ("resource", PAYMENTS)], Some("scope.not_of_resource")),
        (&[("resource", PAYMENTS), ("resource", ACCOUNTS)], Some("resource.several")),
        (&[("resource", "https://other.example/")], Some("resource.unknown")),
    ];
    for (form, reason) in cases {
        let options = form
            .iter()
            .flat_map(|(name, value)| [format!("--{}", name.replace('_', "-")), (*value).to_owned()]);
        let mut command = operator.command(&["client", "check", "service", "--json"]);
        command.args(["--grant-type", "client_credentials"]).args(options);
        let output = command.env("GRANTOR_PUBLIC_URL", &server.url).output().unwrap();
        let check: Value = serde_json::from_slice(&output.stdout).unwrap();
        let answer = app.token(&[&[OWN], form].concat()).await;
        let refused = answer.json()["reason"].as_str().map(str::to_owned);
        assert_eq!(refused.as_deref(), reason, "{form:?}: {answer:?}");
        let steps = check["steps"].as_array().unwrap().iter();
        let reasons: Vec<&str> = steps.filter_map(|step| step["reason"].as_str()).collect();
        assert_eq!(reasons, Vec::from_iter(reason), "{form:?}: {check}");
        let claims = &check["tokens"]["access_token"]["claims"];
        if reason.is_none() {
            let introspected = app.introspect(&answer.get("access_token")).await;
            for name in ["aud", "scope", "authorization_details"] {
                assert_eq!(claims[name], introspected[name], "{name} of {form:?}: {check}");
            }
        }
    }
}

#[tokio::test]
async fn a_token_for_this_server_is_not_made_from_details_for_other_apis_alone() {
    let (server, app, mut alice) = bank().await;
    for (details, resource) in [
        (json!([payment(), accounts()]), ""),
        (json!([payment()]), server.url.as_str()),
        (json!([unplaced()]), server.url.as_str()),
    ] {
        let code = alice.authorize(&url(&app, &details)).await.get("code");
        let refused = app.redeem_with(&code, &[("resource", resource)]).await;
        refused.assert_json_error(400, INVALID, LOCATION);
        let code = alice.authorize(&url(&app, &details)).await.get("code");
        let tokens = app.redeem_with(&code, &[("resource", PAYMENTS)]).await;
        assert_eq!(tokens.status, 200, "{tokens:?}");
        let own = refreshed(&app, &tokens.get("refresh_token"), &[("resource", &server.url)]).await;
        own.assert_json_error(400, INVALID, LOCATION);
    }
}

#[tokio::test]
async fn no_token_is_for_nothing_if_the_client_may_no_longer_use_the_type() {
    let (server, app, mut alice) = bank().await;
    let operator = Operator::of(&server);
    operator.done(&["client", "update", "shop", "--authorization-type", "account_information"]);
    let anywhere = json!([{ "type": "account_information", "actions": ["read"] }]);
    let code = alice.authorize(&url(&app, &anywhere)).await.get("code");
    let tokens = granted(&app, &mut alice, &url(&app, &anywhere)).await;
    operator.done(&["client", "update", "shop", "--authorization-type", "payment_initiation"]);
    let refused = "authorization_details.type_not_allowed";
    app.redeem_by_hand(&code).await.assert_json_error(400, INVALID, refused);
    refreshed(&app, &tokens.get("refresh_token"), &[]).await.assert_json_error(400, INVALID, refused);
}

#[tokio::test]
async fn an_api_that_only_the_details_of_a_deleted_type_were_for_is_taken_with_them() {
    for details in [json!([payment()]), json!([unplaced()])] {
        // The API has no scopes, and the request does not name it.
        let (server, app, mut alice) = bank().await;
        let details = details.to_string();
        let request = [("scope", "openid offline_access"), ("authorization_details", &*details)];
        let tokens = granted(&app, &mut alice, &app.url_with(&request)).await;
        assert_eq!(claims(&tokens.get("access_token"))["aud"], PAYMENTS);
        let refresh = tokens.get("refresh_token");
        Operator::of(&server).done(&["authorization-type", "delete", "payment_initiation", "--yes"]);
        let elsewhere = refreshed(&app, &refresh, &[("resource", PAYMENTS)]).await;
        elsewhere.assert_json_error(400, "invalid_target", "resource.widened");
        let left = refreshed(&app, &refresh, &[]).await;
        assert_eq!(server.user_info(&left.get("access_token")).await.status, 200, "{left:?}");
    }
}

#[tokio::test]
async fn the_same_location_many_times_is_one() {
    let (_server, app, _) = bank().await;
    let mut many = payment();
    many["locations"] = json!(vec![PAYMENTS; 200]);
    let tokens = of_client(&app, &json!([many]), &[]).await;
    assert_eq!(claims(&tokens.get("access_token"))["authorization_details"], json!([many]), "{tokens:?}");
}

#[tokio::test]
async fn a_token_for_an_api_that_no_detail_is_for_is_refused_if_it_would_have_nothing() {
    let (_server, app, mut alice) = bank().await;
    // The request names an API without scopes, and the person sees a detail for another one.
    let details = json!([{ "type": "account_information", "actions": ["read"], "locations": [ACCOUNTS] }]);
    let (details, names) = (details.to_string(), [("scope", ""), ("resource", PAYMENTS)]);
    let request = [&names[..], &[("authorization_details", details.as_str())]].concat();
    let code = alice.authorize(&app.url_with(&request)).await.get("code");
    let refused = app.redeem_with(&code, &[("resource", PAYMENTS)]).await;
    refused.assert_json_error(400, INVALID, LOCATION);
}

#[tokio::test]
async fn a_scope_of_which_nothing_is_left_is_refused_or_said_to_be_empty() {
    let (server, app, mut alice) = bank().await;
    // The API has no scopes.
    let none = app.token(&[OWN, ("scope", "read"), ("resource", PAYMENTS)]).await;
    none.assert_json_error(400, "invalid_scope", "scope.not_of_resource");
    let bare = app.token(&[OWN, ("resource", PAYMENTS)]).await;
    assert_eq!((bare.status.as_u16(), &bare.json()["scope"]), (200, &Value::Null));
    let payments = json!([payment()]);
    let both = of_client(&app, &payments, &[("scope", "read")]).await;
    assert_eq!((&both.json()["scope"], &both.json()["authorization_details"]), (&json!(""), &payments));
    let details = payments.to_string();
    let request = [("scope", "openid read"), ("authorization_details", &*details)];
    let tokens = granted(&app, &mut alice, &app.url_with(&request)).await;
    assert_eq!(tokens.json()["scope"], "", "{tokens:?}");
    let next = refreshed(&app, &tokens.get("refresh_token"), &[]).await;
    assert_eq!(next.json()["scope"], "", "{next:?}");
    let kind = "urn:ietf:params:oauth:token-type:access_token";
    let exchanged = app
        .token(&[
            ("grant_type", super::EXCHANGE),
            ("subject_token", &next.get("access_token")),
            ("subject_token_type", kind),
        ])
        .await;
    assert_eq!(exchanged.json()["scope"], Value::Null, "the subject token has none: {exchanged:?}");
    let code = app.device_code(&mut server.browser(), &request).await;
    let tokens = app.token(&[("grant_type", DEVICE_CODE), ("device_code", &code)]).await;
    assert_eq!((&tokens.json()["scope"], &tokens.json()["authorization_details"]), (&json!(""), &payments));
}

#[tokio::test]
async fn what_only_a_deleted_type_is_left_of_ends_with_the_type() {
    let (server, app, mut alice) = bank().await;
    let operator = Operator::of(&server);
    let mut registration = shop("caller");
    registration.client.grants.push(GrantType::Ciba);
    let caller = server.register(registration).await;
    let details = json!([payment()]).to_string();
    let alone = url(&app, &json!([payment()]));
    let tokens = granted(&app, &mut alice, &alone).await;
    let pending = alice.authorize(&alone).await.get("code");
    let device = app.post("/device_authorization", &[("authorization_details", &details)]).await;
    let allowed = app.device_code(&mut server.browser(), &[("authorization_details", &details)]).await;
    let form = [("scope", "openid"), ("login_hint", "alice"), ("authorization_details", &*details)];
    let asked = caller.post("/bc-authorize", &form).await;
    assert_eq!(asked.status, 200, "{asked:?}");
    operator.done(&["authorization-type", "delete", "payment_initiation", "--yes"]);
    let refused = refreshed(&app, &tokens.get("refresh_token"), &[]).await;
    refused.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
    app.redeem_by_hand(&pending).await.assert_json_error(400, "invalid_grant", "code.unknown");
    for code in [device.get("device_code"), allowed] {
        let refused = app.token(&[("grant_type", DEVICE_CODE), ("device_code", &code)]).await;
        refused.assert_json_error(400, "invalid_grant", "device_code.unknown");
    }
    // No person can allow it any more.
    let mut browser = server.browser();
    let page = browser.open_device("/device").await;
    let page = browser.submit(&page, &[("user_code", &device.get("user_code"))]).await;
    assert!(!page.body.contains("Merchant A"), "{page:?}");
    // A scope is left of this request, and the person is asked about the scope alone.
    let page = browser.open("/approve").await;
    let link = page.body.split("href=\"").map(|text| text.split('"').next().unwrap().replace("&#x2f;", "/"));
    let link = link.into_iter().find(|link| link.contains("/approve/")).unwrap();
    let page = browser.open(&link).await;
    assert!(page.is_consent() && !page.body.contains("Merchant A"), "{page:?}");
    browser.submit(&page, &[("allow", "1")]).await;
    let id = asked.get("auth_req_id");
    let tokens = caller.token(&[("grant_type", CIBA), ("auth_req_id", &id)]).await;
    // The API that only the details were for is gone, so the token is for this server.
    let left = (tokens.get("scope"), tokens.json()["authorization_details"].clone());
    assert_eq!(left, ("openid".to_owned(), Value::Null), "{tokens:?}");
}
