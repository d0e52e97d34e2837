//! What people are asked about details, and what is remembered of their answers.

use grantor::cache::catalogue::Freshness;
use grantor::oauth::client::ClientKind;
use grantor::oauth::grant::authorization_details::authorization_type::AuthorizationType;
use serde_json::json;

use super::{accounts, accounts_type, bank, payment, payment_type, shop, store, url};
use crate::support::relying_party::Registration;
use crate::support::{Answer, Operator, TestServer};

/// The text of a page, without its tags.
fn text(page: &Answer) -> String {
    let mut text = String::new();
    let mut is_tag = false;
    for c in page.body.chars() {
        match c {
            '<' => is_tag = true,
            '>' => is_tag = false,
            c if !is_tag => text.push(c),
            _ => {}
        }
    }
    text.replace("&#x2f;", "/").replace("&lt;", "<").replace("&gt;", ">")
}

#[tokio::test]
async fn the_page_says_what_is_asked_in_the_words_of_the_template_with_every_member() {
    let (_server, app, mut alice) = bank().await;
    alice.open_device("/device").await;
    let page = alice.open(&url(&app, &json!([payment(), accounts()]))).await;
    assert!(page.is_consent(), "{page:?}");
    let text = text(&page);
    assert!(text.contains("Pay 123.50 EUR to Merchant A (Ref Number Merchant)"), "{text}");
    assert!(text.contains("Look at your accounts"));
    for member in
        ["creditorAccount.iban", "DE02100100109307118603", "ABCIDEFFXXX", "read_transactions", "actions.3"]
    {
        assert!(text.contains(member), "{member}: {text}");
    }
    assert!(page.body.contains("<bdi>Merchant A</bdi>"), "each value is isolated");
    assert!(!text.contains("Read"), "no scope is asked for");
}

#[tokio::test]
async fn html_in_values_is_text_and_a_template_that_fails_hides_nothing() {
    let (server, app, mut alice) = bank().await;
    let mut broken = accounts_type();
    broken.name = "broken".into();
    broken.schema = json!({ "type": "object" });
    broken.template = "Only {{ missing }}".into();
    store(&server, broken).await;
    alice.open_device("/device").await;
    let mut evil = payment();
    evil["creditorName"] = "<script>alert(1)</script>\"'&".into();
    let unknown = json!({ "type": "broken", "amount": 7, "to": { "<b>": [true, null] } });
    let page = alice.open(&url(&app, &json!([evil, unknown]))).await;
    assert!(page.is_consent(), "{page:?}");
    assert!(!page.body.contains("<script>alert"), "{}", page.body);
    assert!(page.body.contains("&lt;script&gt;alert(1)"));
    let text = text(&page);
    assert!(text.contains("Use broken with these details:"), "{text}");
    for said in ["amount", "7", "to.<b>.1", "yes", "to.<b>.2", "null"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!text.contains("Only"));
}

#[tokio::test]
async fn the_sentence_is_in_the_language_of_the_page() {
    let (server, app, mut alice) = bank().await;
    let operator = Operator::of(&server);
    let german =
        "de={{ instructedAmount.amount }} {{ instructedAmount.currency }} an {{ creditorName }} zahlen";
    operator.done(&["authorization-type", "update", "payment_initiation", "--template-in", german]);
    server.app.cache.catalogue(Freshness::Now).await.unwrap();
    alice.open_device("/device").await;
    let german = app.url_with(&[
        ("scope", ""),
        ("authorization_details", &json!([payment()]).to_string()),
        ("ui_locales", "de"),
    ]);
    let page = alice.open(&german).await;
    assert!(text(&page).contains("123.50 EUR an Merchant A zahlen"), "{page:?}");
    assert!(page.body.contains("<bdi lang=\"de\">"));
}

#[tokio::test]
async fn dates_times_and_answers_are_in_words_of_the_language_of_the_page() {
    let (server, app, mut alice) = bank().await;
    let record = AuthorizationType {
        name: "loan".into(),
        schema: json!({ "type": "object" }),
        template: "Lend until {{ until }}, from {{ from }}, again: {{ again }}, note: {{ note }}".into(),
        resources: Vec::new(),
        ..payment_type()
    };
    store(&server, record).await;
    alice.open_device("/device").await;
    let details = json!([{
        "type": "loan", "until": "2027-03-01", "from": "2026-12-24T18:00:00+01:00", "again": false, "note": "true",
    }]);
    for (language, expected) in [
        ("en", "Lend until 1 March 2027, from 24 December 2026, 18:00 (UTC+01:00), again: no, note: true"),
        (
            "de",
            "Lend until 1. März 2027, from 24. Dezember 2026, 18:00 Uhr (UTC+01:00), again: nein, note: true",
        ),
        ("ja", "Lend until 2027年3月1日, from 2026年12月24日 18:00（UTC+01:00）, again: いいえ, note: true"),
    ] {
        let page = alice.open(&format!("{}&ui_locales={language}", url(&app, &details))).await;
        let text = text(&page);
        assert!(text.contains(expected), "{text}");
        assert!(!text.contains("2026-12-24T18"), "also in the list of all members: {text}");
    }
}

#[tokio::test]
async fn a_remembered_detail_is_not_asked_again_and_another_one_is() {
    let (_server, app, mut alice) = bank().await;
    let back = alice.authorize(&url(&app, &json!([accounts()]))).await;
    assert_ne!(back.get("code"), "");
    let silent = alice.get(&url(&app, &json!([accounts()]))).await;
    assert_ne!(silent.get("code"), "", "the same detail was allowed before: {silent:?}");
    let mut other = accounts();
    other["actions"] = json!(["list_accounts"]);
    let page = alice.open(&url(&app, &json!([other]))).await;
    assert!(page.is_consent(), "a subset of the actions is another detail: {page:?}");
    alice.allow(&page).await;
    let both = alice.get(&url(&app, &json!([other, accounts()]))).await;
    assert_ne!(both.get("code"), "", "both were allowed, one after the other");
    let twice = url(&app, &json!([other, other]));
    let page = alice.open(&twice).await;
    assert!(page.is_consent(), "two equal ones are more than one: {page:?}");
    alice.allow(&page).await;
    assert_ne!(alice.get(&twice).await.get("code"), "", "two are remembered");
}

#[tokio::test]
async fn a_type_that_always_asks_is_never_remembered_and_never_silent() {
    let (server, app, mut alice) = bank().await;
    for _ in 0..2 {
        let page = alice.open(&url(&app, &json!([payment()]))).await;
        let page = if page.is_sign_in() { alice.sign_in(&page, "alice").await } else { page };
        assert!(page.is_consent(), "{page:?}");
        assert_ne!(alice.allow(&page).await.get("code"), "");
    }
    let remembered =
        server.number("SELECT COUNT(*) FROM consents WHERE granted LIKE '%payment_initiation%'").await;
    assert_eq!(remembered, 0);
    let details = json!([payment()]).to_string();
    let silent = app.url_with(&[("scope", ""), ("authorization_details", &details), ("prompt", "none")]);
    let refused = alice.get(&silent).await;
    refused.assert_redirect_error("consent_required", "consent.required", &server.url);
}

#[tokio::test]
async fn a_person_who_does_not_allow_a_payment_denies_the_whole_request() {
    let (server, app, mut alice) = bank().await;
    alice.open_device("/device").await;
    let page = alice.open(&url(&app, &json!([payment(), accounts()]))).await;
    let back = alice.submit_only(&page, &[("deny", "1")]).await;
    let back = alice.follow(back).await;
    back.assert_redirect_error("access_denied", "consent.denied", &server.url);
}

#[tokio::test]
async fn with_partial_consent_the_details_stay_when_every_scope_is_left_out() {
    let (server, _, mut alice) = bank().await;
    let mut registration = shop("partial");
    registration.client.partial_consent = true;
    let app = server.register(registration).await;
    alice.open_device("/device").await;
    let details = json!([payment()]).to_string();
    let page =
        alice.open(&app.url_with(&[("scope", "read write"), ("authorization_details", &details)])).await;
    let back = alice.submit(&page, &[("allow", "1")]).await;
    let tokens = app.redeem_by_hand(&back.get("code")).await;
    assert_eq!(tokens.json()["authorization_details"], json!([payment()]), "{tokens:?}");
    assert_eq!(tokens.json()["scope"], "", "the request named scopes, and none is left (RFC 6749 §5.1)");
}

#[tokio::test]
async fn an_own_application_is_asked_about_nothing_but_what_always_asks() {
    let (server, _, mut alice) = bank().await;
    let mut registration = shop("own");
    registration.client.first_party = true;
    let app = server.register(registration).await;
    alice.open_device("/device").await;
    let silent = alice.get(&url(&app, &json!([accounts()]))).await;
    assert_ne!(silent.get("code"), "", "{silent:?}");
    let page = alice.open(&url(&app, &json!([payment(), accounts()]))).await;
    assert!(page.is_consent(), "{page:?}");
    let text = text(&page);
    assert!(text.contains("Pay 123.50 EUR") && !text.contains("Look at your accounts"), "{text}");
    let tokens =
        app.redeem_with(&alice.allow(&page).await.get("code"), &[("resource", super::ACCOUNTS)]).await;
    assert_eq!(tokens.json()["authorization_details"], json!([accounts()]));
}

#[tokio::test]
async fn an_answer_counts_only_for_the_details_that_the_page_has_shown() {
    let (_server, app, mut alice) = bank().await;
    alice.open_device("/device").await;
    let page = alice.open(&url(&app, &json!([payment()]))).await;
    let mut dearer = payment();
    dearer["instructedAmount"]["amount"] = "9999.00".into();
    let other = alice.open(&url(&app, &json!([dearer]))).await;
    // The answer to one question at the address of the other one.
    let fields = [("form_token", page.form_token()), ("allow", "1".into())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = alice.post(&other.form_action(), &fields).await;
    let again = alice.follow(answer).await;
    assert!(again.is_consent() && text(&again).contains("9999.00"), "{again:?}");
}

#[tokio::test]
async fn operators_see_what_was_allowed_in_consents_and_grants() {
    let (server, app, mut alice) = bank().await;
    let tokens = {
        let url = url(&app, &json!([payment(), accounts()]));
        super::granted_for(&app, &mut alice, &url, super::PAYMENTS).await
    };
    assert_eq!(tokens.status, 200);
    let operator = Operator::of(&server);
    let consents = operator.json(&["user", "consents", "alice"]);
    assert_eq!(consents[0]["authorization_details"], json!([accounts()]), "{consents}");
    let grants = operator.json(&["grant", "list"]);
    assert_eq!(grants[0]["authorization_details"], json!([payment(), accounts()]), "{grants}");
    assert!(operator.done(&["user", "consents", "alice"]).contains("account_information"));
    let listed = operator.done(&["grant", "list"]);
    assert!(listed.contains("account_information payment_initiation"), "{listed}");
}

#[tokio::test]
async fn a_request_on_another_kind_of_application_is_asked_like_every_other() {
    let server = TestServer::start().await;
    store(&server, payment_type_everywhere()).await;
    let mut alice = server.alice().await;
    for kind in [ClientKind::Spa, ClientKind::Native] {
        let app = server.register(Registration::of_kind(&format!("{kind:?}"), kind)).await;
        let mut detail = payment();
        detail.as_object_mut().unwrap().remove("locations");
        let tokens = super::granted(&app, &mut alice, &url(&app, &json!([detail]))).await;
        assert_eq!(tokens.json()["authorization_details"], json!([detail]));
    }
}

fn payment_type_everywhere() -> AuthorizationType {
    let mut record = payment_type();
    record.resources.clear();
    record
}
