//! Details that strangers make up: each is refused with its reason, and nothing is stored.

use serde_json::{Value, json};

use super::{INVALID, accounts, bank, payment, url};
use crate::support::Answer;

/// A payment with one change.
fn changed(pointer: &str, value: Value) -> Value {
    let mut detail = payment();
    match detail.pointer_mut(pointer) {
        Some(place) => *place = value,
        None => detail[pointer.trim_start_matches('/')] = value,
    }
    json!([detail])
}

#[tokio::test]
async fn every_fault_has_its_reason_and_names_the_element_and_the_place() {
    let (server, app, mut alice) = bank().await;
    let before = server.number("SELECT COUNT(*) FROM flows").await;
    for (details, reason, place) in [
        (json!([{ "type": "nothing" }]), "type_unknown", "element 0 of"),
        (json!([accounts(), { "type": "payment" }]), "type_unknown", "element 1 of"),
        (changed("/instructedAmount/amount", json!(123.5)), "invalid", "at /instructedAmount/amount "),
        (changed("/instructedAmount/amount", json!("123,50")), "invalid", "at /instructedAmount/amount "),
        (changed("/instructedAmount/extra", json!(1)), "invalid", "instructedAmount/extra"),
        (changed("/unknown", json!(1)), "invalid", "unknown"),
        (changed("/creditorName", json!("x".repeat(201))), "invalid", "at /creditorName "),
        (changed("/creditorAccount", json!({})), "invalid", "at /creditorAccount "),
        (changed("/locations", json!(["https://example.com/accounts"])), "location", "at /locations/0 "),
        (
            changed("/locations", json!(["https://example.com/payments", "https://evil.example"])),
            "location",
            "at /locations/1 ",
        ),
        (changed("/locations", json!("https://example.com/payments")), "invalid", "at /locations "),
        (
            json!([{ "type": "account_information", "locations": ["https://evil.example"] }]),
            "location",
            "at /locations/0 ",
        ),
        (json!([{ "type": "account_information", "actions": "read" }]), "invalid", "at /actions "),
        (json!([{ "type": "account_information", "datatypes": [1] }]), "invalid", "at /datatypes "),
        (json!([{ "type": "account_information", "privileges": {} }]), "invalid", "at /privileges "),
        (json!([{ "type": "account_information", "identifier": 7 }]), "invalid", "at /identifier "),
        (changed("/creditorName", json!("Shop\u{202e}1.00")), "text", "at /creditorName "),
        (changed("/creditorName", json!("Shop\nPay nothing")), "text", "at /creditorName "),
        (json!([]), "malformed", "empty list"),
        (json!({}), "malformed", "not a list"),
        (json!(["payment_initiation"]), "malformed", "element 0 of"),
        (json!(vec![json!({ "type": "account_information" }); 21]), "too_many", "more than 20"),
    ] {
        let answer = alice.get(&url(&app, &details)).await;
        answer.assert_redirect_error(INVALID, &format!("authorization_details.{reason}"), &server.url);
        let description = answer.get("error_description");
        assert!(description.contains(place), "{details}: {description}");
        let form = [("grant_type", "client_credentials"), ("authorization_details", &details.to_string())];
        app.token(&form).await.assert_json_error(400, INVALID, &format!("authorization_details.{reason}"));
    }
    assert_eq!(server.number("SELECT COUNT(*) FROM flows").await, before, "nothing is stored");
}

#[tokio::test]
async fn what_is_not_json_is_refused_as_text() {
    let (server, app, mut alice) = bank().await;
    let deep = format!(r#"[{{"type": "account_information", "x": {}1{}}}]"#, "[".repeat(50), "]".repeat(50));
    for (text, reason) in [
        ("null", "authorization_details.malformed"),
        ("[{", "authorization_details.malformed"),
        (r#"[{"type": "account_information"}] []"#, "authorization_details.malformed"),
        (
            r#"[{"type": "account_information", "type": "payment_initiation"}]"#,
            "authorization_details.malformed",
        ),
        (
            r#"[{"type": "account_information", "actions": ["a"], "x": {"y": 1, "y": 2}}]"#,
            "authorization_details.malformed",
        ),
        (r#"[{"type": "account_information", "x": 1e999}]"#, "authorization_details.malformed"),
        (&deep, "authorization_details.malformed"),
    ] {
        let answer = alice.get(&app.url_with(&[("scope", ""), ("authorization_details", text)])).await;
        answer.assert_redirect_error(INVALID, reason, &server.url);
    }
}

#[tokio::test]
async fn ten_thousand_elements_and_a_huge_text_are_too_long_for_any_parameter() {
    let (server, app, mut alice) = bank().await;
    let many = vec![r#"{"type":"account_information"}"#; 10_000].join(",");
    let huge = format!(r#"[{{"type":"account_information","x":"{}"}}]"#, "x".repeat(9_000));
    for text in [format!("[{many}]"), huge] {
        let form = [("grant_type", "client_credentials"), ("authorization_details", text.as_str())];
        let answer = app.token(&form).await;
        assert!(matches!(answer.status.as_u16(), 400 | 413), "{answer:?}");
    }
    // As long as any parameter may be, but too long to wait for a person together with the rest.
    let long = json!([{ "type": "account_information", "actions": vec!["a"; 1_900] }]).to_string();
    assert!(long.len() < 8 * 1024);
    let answer = alice.get(&app.url_with(&[("scope", ""), ("authorization_details", &long)])).await;
    answer.assert_redirect_error("invalid_request", "parameter.too_long", &server.url);
    let twice = format!("{}&authorization_details=%5B%5D", url(&app, &json!([accounts()])));
    alice.get(&twice).await.assert_redirect_error("invalid_request", "parameter.repeated", &server.url);
}

#[tokio::test]
async fn a_resource_that_the_client_may_not_use_cannot_be_a_location() {
    let (server, _, mut alice) = bank().await;
    let mut registration = super::shop("other");
    registration.client.resources = vec![super::PAYMENTS.into()];
    let app = server.register(registration).await;
    let answer: Answer = alice.get(&url(&app, &json!([accounts()]))).await;
    answer.assert_redirect_error(INVALID, "authorization_details.location", &server.url);
    assert!(answer.get("error_description").contains("may not have tokens for"), "{answer:?}");
}
