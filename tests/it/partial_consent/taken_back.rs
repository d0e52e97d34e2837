//! A refusal takes back every permission for the same claims.

use super::*;

const EMAIL: (&str, &str) = ("claims", r#"{"userinfo":{"email":null}}"#);

/// The scope of the tokens that an authorization request gets, and the e-mail address at UserInfo.
async fn scope_and_email(server: &TestServer, app: &Application, back: &Answer) -> (String, Value) {
    let tokens = redeemed(app, back).await;
    let user_info = server.user_info(&tokens.get("access_token")).await.json();
    (tokens.get("scope"), user_info["email"].clone())
}

fn must_ask(server: &TestServer, back: &Answer) {
    back.assert_redirect_error("consent_required", "consent.required", &server.url);
}

#[tokio::test]
async fn a_refused_scope_takes_back_its_claims_that_were_allowed_by_name() {
    let (server, app, mut alice) = started().await;
    let page = alice.open(&url(&app, "openid", &[EMAIL])).await;
    let first = redeemed(&app, &allow_with(&mut alice, &page, "", &[("claim", "email")]).await).await;
    let known = alice.get(&url(&app, "openid", &[EMAIL, SILENT])).await;
    assert_eq!(scope_and_email(&server, &app, &known).await, ("openid".into(), json!("alice@example.com")));

    let page = alice.open(&url(&app, "openid email read", &[EMAIL])).await;
    let back = allow(&mut alice, &page, "read").await;
    assert_eq!(scope_and_email(&server, &app, &back).await, ("openid read".into(), Value::Null));
    must_ask(&server, &alice.get(&url(&app, "openid", &[EMAIL, SILENT])).await);
    // Whatever is about something else stays answered, and so does the refusal.
    for (scope, granted) in [("openid read", "openid read"), ("openid email", "openid")] {
        let known = alice.get(&url(&app, scope, &[SILENT])).await;
        assert_eq!(scope_and_email(&server, &app, &known).await, (granted.into(), Value::Null), "{scope}");
    }
    // What was issued before stays as it is.
    assert_eq!(
        server.user_info(&first.get("access_token")).await.json()["email"],
        "alice@example.com",
        "the older token"
    );
    let refreshed = app.refresh_by_hand(&first.get("refresh_token")).await;
    let user_info = server.user_info(&refreshed.get("access_token")).await.json();
    assert_eq!(user_info["email"], "alice@example.com", "the older grant");

    // The person is asked by name, and that answer counts.
    let page = alice.open(&url(&app, "openid", &[EMAIL])).await;
    assert_eq!(checkboxes(&page), [("claim".into(), "email".into(), true)]);
    allow_with(&mut alice, &page, "", &[("claim", "email")]).await;
    let known = alice.get(&url(&app, "openid", &[EMAIL, SILENT])).await;
    assert_eq!(scope_and_email(&server, &app, &known).await, ("openid".into(), json!("alice@example.com")));
}

#[tokio::test]
async fn a_refused_scope_takes_back_its_claims_in_every_language() {
    let (server, app, mut alice) = started().await;
    let in_german = ("claims", r#"{"id_token":{"name#de":null}}"#);
    let page = alice.open(&url(&app, "openid", &[in_german])).await;
    allow_with(&mut alice, &page, "", &[("claim", "name#de")]).await;
    assert_ne!(alice.get(&url(&app, "openid", &[in_german, SILENT])).await.get("code"), "");
    let page = alice.open(&url(&app, "openid profile", &[])).await;
    allow(&mut alice, &page, "").await;
    must_ask(&server, &alice.get(&url(&app, "openid", &[in_german, SILENT])).await);
    // In one answer the person may allow one and refuse the other.
    let page = alice.open(&url(&app, "openid profile", &[in_german, AGAIN])).await;
    allow_with(&mut alice, &page, "", &[("claim", "name#de")]).await;
    assert_ne!(alice.get(&url(&app, "openid", &[in_german, SILENT])).await.get("code"), "");
}

#[tokio::test]
async fn with_nothing_ticked_the_claims_of_the_scopes_are_taken_back_too() {
    let (server, app, mut alice) = started().await;
    let page = alice.open(&url(&app, "openid", &[EMAIL])).await;
    allow_with(&mut alice, &page, "", &[("claim", "email")]).await;
    let page = alice.open(&url(&app, "email", &[AGAIN])).await;
    denied(&server, &allow(&mut alice, &page, "").await);
    must_ask(&server, &alice.get(&url(&app, "openid", &[EMAIL, SILENT])).await);
    let known = alice.get(&url(&app, "openid", &[SILENT])).await;
    assert_eq!(scope_and_email(&server, &app, &known).await, ("openid".into(), Value::Null));
}

#[tokio::test]
async fn a_claim_refused_by_name_takes_back_the_scopes_that_contain_it() {
    let (server, app, mut alice) = started().await;
    let page = alice.open(&url(&app, "openid email read", &[])).await;
    allow(&mut alice, &page, "email read").await;
    let page = alice.open(&url(&app, "openid", &[EMAIL])).await;
    assert_eq!(checkboxes(&page), [("claim".into(), "email".into(), true)]);
    let back = allow(&mut alice, &page, "").await;
    assert_eq!(scope_and_email(&server, &app, &back).await, ("openid".into(), Value::Null));
    for more in [&[SILENT][..], &[EMAIL, SILENT]] {
        must_ask(&server, &alice.get(&url(&app, "openid email", more)).await);
    }
    let known = alice.get(&url(&app, "openid read", &[EMAIL, SILENT])).await;
    assert_eq!(scope_and_email(&server, &app, &known).await, ("openid read".into(), Value::Null));
    let page = alice.open(&url(&app, "openid email", &[])).await;
    assert_eq!(scopes_of(&page), ("email".into(), String::new()), "asked again");
    let back = allow(&mut alice, &page, "email").await;
    let both = ("email openid".into(), json!("alice@example.com"));
    assert_eq!(scope_and_email(&server, &app, &back).await, both);
}

#[tokio::test]
async fn what_two_scopes_contain_is_taken_back_with_both_unless_one_of_them_stays() {
    let (server, app, mut alice) = started().await;
    let operator = Operator::of(&server);
    operator.done(&["scope", "create", "contact", "--description", "Contact you", "--claim", "email"]);
    operator.done(&["client", "update", "app", "--add-scope", "contact"]);
    see_changes(&server).await;
    let page = alice.open(&url(&app, "openid", &[EMAIL])).await;
    allow_with(&mut alice, &page, "", &[("claim", "email")]).await;
    let page = alice.open(&url(&app, "openid contact email", &[])).await;
    let back = allow(&mut alice, &page, "contact").await;
    let allowed = (String::from("contact openid"), json!("alice@example.com"));
    assert_eq!(scope_and_email(&server, &app, &back).await, allowed);
    let known = alice.get(&url(&app, "openid", &[EMAIL, SILENT])).await;
    assert_eq!(scope_and_email(&server, &app, &known).await.1, "alice@example.com");

    let page = alice.open(&url(&app, "openid email", &[AGAIN])).await;
    allow(&mut alice, &page, "").await;
    must_ask(&server, &alice.get(&url(&app, "openid contact", &[SILENT])).await);
    must_ask(&server, &alice.get(&url(&app, "openid", &[EMAIL, SILENT])).await);
}

#[tokio::test]
async fn a_scope_refused_to_a_device_takes_back_its_claims_for_the_browser() {
    let server = TestServer::start().await;
    let grants = [GrantType::AuthorizationCode, GrantType::DeviceCode, GrantType::RefreshToken];
    let app =
        server.register(partial(Registration::web("app").grants(&grants).scopes("openid email read"))).await;
    let mut alice = server.alice().await;
    alice.open_device("/device").await;
    let page = alice.open(&url(&app, "openid", &[EMAIL])).await;
    allow_with(&mut alice, &page, "", &[("claim", "email")]).await;
    for (scope, ends_with) in [("openid email", "allowed"), ("email", "denied")] {
        let page = alice.open(&url(&app, "openid", &[EMAIL, AGAIN])).await;
        allow_with(&mut alice, &page, "", &[("claim", "email")]).await;
        assert_ne!(alice.get(&url(&app, "openid", &[EMAIL, SILENT])).await.get("code"), "");
        let begun = app.post("/device_authorization", &[("scope", scope)]).await;
        let page = alice.open_device("/device").await;
        let page = alice.submit(&page, &[("user_code", &begun.get("user_code"))]).await;
        assert_eq!(checkboxes(&page).len(), 1, "{page:?}");
        let done = allow(&mut alice, &page, "").await;
        assert!(done.body.contains(&format!("id=\"{ends_with}\"")), "{done:?}");
        must_ask(&server, &alice.get(&url(&app, "openid", &[EMAIL, SILENT])).await);
    }
}
