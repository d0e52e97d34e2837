//! Partial consent: people leave scopes and claims out on the consent page, and the application gets the rest.

use grantor::cache::catalogue::Freshness;
use grantor::oauth::client::{ClientKind, GrantType, IdTokenClaims};
use grantor::oauth::grant::scope::{Scope, ScopeRecord};
use grantor::oauth::id::ClientId;
use grantor::oauth::request::response_type::ResponseType;
use grantor::store::scopes;
use serde_json::{Value, json};

use crate::support::jwt::claims;
use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Browser, CHALLENGE, Operator, TestServer};

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const API: &str = "https://api.example.com";
const SILENT: (&str, &str) = ("prompt", "none");
const AGAIN: (&str, &str) = ("prompt", "consent");

fn partial(mut registration: Registration) -> Registration {
    registration.client.partial_consent = true;
    registration
}

/// A server, an application that allows partial consent, and Alice, who is signed in.
async fn started() -> (TestServer, Application, Browser) {
    let server = TestServer::start().await;
    let mut registration =
        partial(Registration::web("app").scopes("openid profile email phone offline_access read write pay"));
    registration.client.id_token_claims = IdTokenClaims::Scopes;
    let app = server.register(registration).await;
    let mut alice = server.alice().await;
    alice.open_device("/device").await;
    (server, app, alice)
}

fn url(app: &Application, scope: &str, more: &[(&str, &str)]) -> String {
    app.url_with(&[&[("scope", scope)], more].concat())
}

/// The checkboxes of a consent page: name, value, and whether it is ticked.
fn checkboxes(page: &Answer) -> Vec<(String, String, bool)> {
    assert!(page.is_consent(), "a consent page: {page:?}");
    let boxes = page.body.split("<input type=\"checkbox\" name=\"").skip(1);
    let read = |text: &str| {
        let (tag, _) = text.split_once('>').unwrap();
        let mut quoted = tag.split('"');
        let (name, value) = (quoted.next().unwrap(), quoted.nth(1).unwrap());
        (name.to_owned(), value.to_owned(), tag.ends_with(" checked"))
    };
    boxes.map(read).collect()
}

/// The scopes with a checkbox that is ticked, and those with one that is not.
fn scopes_of(page: &Answer) -> (String, String) {
    let of = |wanted: bool| {
        let boxes =
            checkboxes(page).into_iter().filter(|(name, _, ticked)| name == "scope" && *ticked == wanted);
        boxes.map(|(_, value, _)| value).collect::<Vec<_>>().join(" ")
    };
    (of(true), of(false))
}

/// Presses Allow with these scopes ticked.
async fn allow(browser: &mut Browser, page: &Answer, scopes: &str) -> Answer {
    allow_with(browser, page, scopes, &[]).await
}

async fn allow_with(browser: &mut Browser, page: &Answer, scopes: &str, more: &[(&str, &str)]) -> Answer {
    let ticked = scopes.split(' ').filter(|name| !name.is_empty()).map(|name| ("scope", name));
    let fields: Vec<(&str, &str)> = ticked.chain(more.iter().copied()).chain([("allow", "1")]).collect();
    browser.submit(page, &fields).await
}

/// The token answer to the code of an authorization response.
async fn redeemed(app: &Application, back: &Answer) -> Answer {
    let code = back.get("code");
    assert_ne!(code, "", "{back:?}");
    app.redeem_by_hand(&code).await
}

/// The scope that an authorization request gets.
async fn scope_of(app: &Application, back: &Answer) -> String {
    redeemed(app, back).await.get("scope")
}

/// Lets the server see what an operator has changed, which it otherwise does within a second.
async fn see_changes(server: &TestServer) {
    server.app.cache.client(&ClientId::new("app"), Freshness::Now).await.unwrap();
    server.app.cache.catalogue(Freshness::Now).await.unwrap();
}

fn denied(server: &TestServer, back: &Answer) {
    back.assert_redirect_error("access_denied", "consent.denied", &server.url);
}

#[tokio::test]
async fn what_is_unticked_is_not_granted_in_any_token() {
    let (server, app, mut alice) = started().await;
    let page = alice.open(&url(&app, "openid email read write", &[])).await;
    assert_eq!(scopes_of(&page), ("email read write".into(), String::new()));
    assert!(page.body.contains("Know who you are"), "openid is named, and has no checkbox");

    let back = allow(&mut alice, &page, "read").await;
    let tokens = redeemed(&app, &back).await;
    assert_eq!(tokens.get("scope"), "openid read");
    assert_eq!(app.introspect(&tokens.get("access_token")).await["scope"], "openid read");
    let user_info = server.user_info(&tokens.get("access_token")).await.json();
    assert_eq!(user_info.as_object().unwrap().keys().collect::<Vec<_>>(), ["sub"]);
    assert_eq!(claims(&tokens.get("id_token"))["email"], Value::Null);

    let refresh = tokens.get("refresh_token");
    let wider = [("grant_type", "refresh_token"), ("refresh_token", &refresh), ("scope", "read write")];
    app.token(&wider).await.assert_json_error(400, "invalid_scope", "scope.widened");
    let refreshed = app.refresh_by_hand(&refresh).await;
    assert_eq!(refreshed.get("scope"), "openid read");
    assert_eq!(claims(&refreshed.get("id_token"))["email"], Value::Null);
    assert_eq!(app.introspect(&refreshed.get("access_token")).await["scope"], "openid read");
}

#[tokio::test]
async fn tokens_that_pass_through_the_browser_have_the_narrower_scope_too() {
    let server = TestServer::start().await;
    let mut registration = partial(Registration::web("app").scopes("openid email read write"));
    registration.client.response_types = vec![ResponseType::CodeIdTokenToken];
    let (app, mut alice) = (server.register(registration).await, server.alice().await);
    let asked = [("response_type", "code id_token token"), ("nonce", "n")];
    let page = alice.open(&url(&app, "openid email read write", &asked)).await;
    let page = alice.sign_in(&page, "alice").await;
    let back = allow(&mut alice, &page, "write").await;
    assert_eq!(back.get("scope"), "openid write");
    assert_eq!(app.introspect(&back.get("access_token")).await["scope"], "openid write");
    assert_eq!(scope_of(&app, &back).await, "openid write");
}

#[tokio::test]
async fn what_was_refused_is_not_asked_again_and_not_granted_before_the_application_asks_for_consent() {
    let (_server, app, mut alice) = started().await;
    let page = alice.open(&url(&app, "openid read write", &[])).await;
    allow(&mut alice, &page, "read").await;
    for (scope, granted) in [
        ("openid read write", "openid read"),
        ("openid write", "openid"),
        ("read write", "read"),
        ("read", "read"),
    ] {
        for more in [&[][..], &[SILENT]] {
            let back = alice.get(&url(&app, scope, more)).await;
            assert_eq!(scope_of(&app, &back).await, granted, "{scope} {more:?}");
        }
    }

    // A scope that was not asked about before.
    let more = alice.open(&url(&app, "openid read write pay", &[])).await;
    assert_eq!(scopes_of(&more), ("pay read".into(), "write".into()));
    let back = allow(&mut alice, &more, "read").await;
    assert_eq!(scope_of(&app, &back).await, "openid read");
    let known = alice.get(&url(&app, "openid read write pay", &[SILENT])).await;
    assert_eq!(scope_of(&app, &known).await, "openid read");

    // The new answer replaces the old one for what it is about: pay stays refused.
    let page = alice.open(&url(&app, "openid read write", &[AGAIN])).await;
    assert_eq!(scopes_of(&page), ("read".into(), "write".into()));
    let back = allow(&mut alice, &page, "write").await;
    assert_eq!(scope_of(&app, &back).await, "openid write");
    let known = alice.get(&url(&app, "openid read write pay", &[SILENT])).await;
    assert_eq!(scope_of(&app, &known).await, "openid write");
}

#[tokio::test]
async fn a_refusal_is_of_one_person_and_one_application() {
    let (server, app, mut alice) = started().await;
    let page = alice.open(&url(&app, "read write", &[])).await;
    allow(&mut alice, &page, "read").await;
    let other = server.register(partial(Registration::web("other"))).await;
    let page = alice.open(&url(&other, "read write", &[])).await;
    assert_eq!(scopes_of(&page), ("read write".into(), String::new()));
    server.user("bob").await;
    let mut bob = server.browser();
    let page = bob.open(&url(&app, "read write", &[])).await;
    let page = bob.sign_in(&page, "bob").await;
    assert_eq!(scopes_of(&page), ("read write".into(), String::new()));
}

#[tokio::test]
async fn with_nothing_left_the_request_is_denied() {
    let (server, app, mut alice) = started().await;
    let asked = url(&app, "read write", &[]);
    let page = alice.open(&asked).await;
    denied(&server, &allow(&mut alice, &page, "").await);
    assert_eq!(server.number("SELECT COUNT(*) FROM consents").await, 0, "nothing was allowed");
    // As after Deny, nothing is remembered.
    let page = alice.open(&asked).await;
    assert_eq!(scopes_of(&page), ("read write".into(), String::new()));
    allow(&mut alice, &page, "read").await;

    // Only what was refused.
    denied(&server, &alice.open(&url(&app, "write", &[])).await);
    let silent = alice.open(&url(&app, "write", &[SILENT])).await;
    silent.assert_redirect_error("consent_required", "consent.required", &server.url);
    let page = alice.open(&url(&app, "write", &[AGAIN])).await;
    assert_eq!(scopes_of(&page), (String::new(), "write".into()));
    let back = allow(&mut alice, &page, "write").await;
    assert_eq!(scope_of(&app, &back).await, "write");

    // An answer without anything takes back what was allowed before, and the person is asked again.
    let page = alice.open(&url(&app, "read write", &[AGAIN])).await;
    denied(&server, &allow(&mut alice, &page, "").await);
    let silent = alice.open(&url(&app, "read", &[SILENT])).await;
    silent.assert_redirect_error("consent_required", "consent.required", &server.url);
    assert_eq!(scopes_of(&alice.open(&asked).await), ("read write".into(), String::new()));

    // An application that asks for openid gets it.
    let page = alice.open(&url(&app, "openid read", &[])).await;
    let back = allow(&mut alice, &page, "").await;
    assert_eq!(scope_of(&app, &back).await, "openid");
    let page = alice.open(&url(&app, "openid", &[AGAIN])).await;
    assert!(checkboxes(&page).is_empty());
    let back = allow(&mut alice, &page, "").await;
    assert_eq!(scope_of(&app, &back).await, "openid");
}

#[tokio::test]
async fn a_required_scope_cannot_be_left_out() {
    let (server, app, mut alice) = started().await;
    let operator = Operator::of(&server);
    operator.done(&["scope", "update", "read", "--required"]);
    see_changes(&server).await;
    let page = alice.open(&url(&app, "read write pay", &[])).await;
    assert_eq!(scopes_of(&page), ("pay write".into(), String::new()));
    let back = allow(&mut alice, &page, "").await;
    assert_eq!(scope_of(&app, &back).await, "read");

    // A refused scope that has become required is asked about again.
    operator.done(&["scope", "update", "write", "--required"]);
    see_changes(&server).await;
    let silent = alice.open(&url(&app, "read write", &[SILENT])).await;
    silent.assert_redirect_error("consent_required", "consent.required", &server.url);
    let page = alice.open(&url(&app, "read write pay", &[])).await;
    assert_eq!(scopes_of(&page), (String::new(), "pay".into()));
    let back = allow(&mut alice, &page, "").await;
    assert_eq!(scope_of(&app, &back).await, "read write");
    operator.done(&["scope", "update", "write", "--required", "false"]);
    see_changes(&server).await;
    let known = alice.get(&url(&app, "read write pay", &[SILENT])).await;
    assert_eq!(scope_of(&app, &known).await, "read write");
}

#[tokio::test]
async fn a_claim_can_be_left_out_also_if_the_application_calls_it_essential() {
    let (server, app, mut alice) = started().await;
    Operator::of(&server).done(&["user", "update", "alice", "--name", "Alice"]);
    let wanted = json!({
        "userinfo": { "email": null, "name": { "essential": true } },
        "id_token": { "email": { "essential": true } },
    })
    .to_string();
    let asked = [("claims", wanted.as_str())];
    let page = alice.open(&url(&app, "openid", &asked)).await;
    let (email, name) = (("claim", "email"), ("claim", "name"));
    let boxes = |of_email: bool| {
        let owned = |(kind, name): (&str, &str), ticked| (kind.to_owned(), name.to_owned(), ticked);
        [owned(email, of_email), owned(name, true)]
    };
    assert_eq!(checkboxes(&page), boxes(true));
    let back = allow_with(&mut alice, &page, "", &[name]).await;
    let tokens = redeemed(&app, &back).await;
    assert_eq!(claims(&tokens.get("id_token"))["email"], Value::Null);
    let user_info = server.user_info(&tokens.get("access_token")).await.json();
    assert_eq!((&user_info["name"], &user_info["email"]), (&json!("Alice"), &Value::Null));

    let known = alice.get(&url(&app, "openid", &[("claims", &wanted), SILENT])).await;
    assert_eq!(claims(&redeemed(&app, &known).await.get("id_token"))["email"], Value::Null);
    let page = alice.open(&url(&app, "openid", &[("claims", &wanted), AGAIN])).await;
    assert_eq!(checkboxes(&page), boxes(false));
    let back = allow_with(&mut alice, &page, "", &[email, name]).await;
    let tokens = redeemed(&app, &back).await;
    assert_eq!(claims(&tokens.get("id_token"))["email"], "alice@example.com");
    let user_info = server.user_info(&tokens.get("access_token")).await.json();
    assert_eq!(user_info["email"], "alice@example.com");
}

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

#[tokio::test]
async fn a_form_with_deny_denies_whatever_else_it_has() {
    let (server, app, mut alice) = started().await;
    for fields in [&[("allow", "1"), ("deny", "1")], &[("deny", "1"), ("allow", "1")]] {
        let page = alice.open(&url(&app, "openid read", &[])).await;
        let fields = [&[("scope", "read")][..], fields].concat();
        denied(&server, &alice.submit(&page, &fields).await);
    }
    let page = alice.open(&url(&app, "openid read", &[])).await;
    denied(&server, &alice.submit(&page, &[("scope", "read")]).await);
    assert_eq!(server.number("SELECT COUNT(*) FROM consents").await, 0, "nothing was allowed");
}

#[tokio::test]
async fn a_claim_goes_with_the_refused_scope_that_asks_for_it() {
    let (server, app, mut alice) = started().await;
    let wanted = json!({ "userinfo": { "email": { "essential": true } }, "id_token": { "email": null } });
    let wanted = wanted.to_string();
    let page = alice.open(&url(&app, "openid email", &[("claims", &wanted)])).await;
    assert_eq!(checkboxes(&page), [("scope".into(), "email".into(), true)]);
    let back = allow(&mut alice, &page, "").await;
    let tokens = redeemed(&app, &back).await;
    assert_eq!(claims(&tokens.get("id_token"))["email"], Value::Null);
    let user_info = server.user_info(&tokens.get("access_token")).await.json();
    assert_eq!(user_info["email"], Value::Null);
    // By name it is another question.
    let page = alice.open(&url(&app, "openid", &[("claims", &wanted)])).await;
    assert!(page.is_consent() && page.body.contains("<code>email</code>"), "{page:?}");
}

#[tokio::test]
async fn a_form_grants_no_more_than_was_asked_for() {
    let (server, app, mut alice) = started().await;
    let page = alice.open(&url(&app, "openid read", &[])).await;
    let forged =
        [("scope", "pay"), ("scope", "profile"), ("scope", "nonsense"), ("claim", "email"), ("claim", "sub")];
    let back = allow_with(&mut alice, &page, "read", &forged).await;
    let tokens = redeemed(&app, &back).await;
    assert_eq!(tokens.get("scope"), "openid read");
    let user_info = server.user_info(&tokens.get("access_token")).await.json();
    assert_eq!(user_info["email"], Value::Null);
    for scope in ["openid pay", "openid profile"] {
        let silent = alice.open(&url(&app, scope, &[SILENT])).await;
        silent.assert_redirect_error("consent_required", "consent.required", &server.url);
    }

    // An application without the setting gets all or nothing, whatever the form says.
    let whole = server.register(Registration::web("whole")).await;
    let page = alice.open(&url(&whole, "read write", &[])).await;
    assert!(checkboxes(&page).is_empty());
    let back = allow(&mut alice, &page, "read").await;
    assert_eq!(scope_of(&whole, &back).await, "read write");
}

#[tokio::test]
async fn an_answer_counts_only_for_the_question_that_the_person_saw() {
    let (server, app, mut alice) = started().await;
    let operator = Operator::of(&server);
    for (before, after) in [("true", "false"), ("false", "true")] {
        operator.done(&["client", "update", "app", "--partial-consent", before]);
        see_changes(&server).await;
        let page = alice.open(&url(&app, "read write", &[AGAIN])).await;
        operator.done(&["client", "update", "app", "--partial-consent", after]);
        see_changes(&server).await;
        let again = allow(&mut alice, &page, "read").await;
        assert_eq!(checkboxes(&again).len(), if after == "true" { 2 } else { 0 }, "asked again");
    }
    assert_eq!(server.number("SELECT COUNT(*) FROM consents").await, 0);
    // Which scopes have a checkbox belongs to the question.
    let page = alice.open(&url(&app, "read write", &[])).await;
    operator.done(&["scope", "update", "write", "--required"]);
    see_changes(&server).await;
    let again = allow(&mut alice, &page, "read").await;
    assert_eq!(scopes_of(&again), ("read".into(), String::new()));
}

#[tokio::test]
async fn without_the_setting_refused_scopes_are_asked_about_as_a_whole() {
    let (server, app, mut alice) = started().await;
    let operator = Operator::of(&server);
    let page = alice.open(&url(&app, "read write", &[])).await;
    allow(&mut alice, &page, "read").await;
    operator.done(&["client", "update", "app", "--partial-consent", "false"]);
    see_changes(&server).await;
    assert_eq!(scope_of(&app, &alice.get(&url(&app, "read", &[SILENT])).await).await, "read");
    let silent = alice.open(&url(&app, "read write", &[SILENT])).await;
    silent.assert_redirect_error("consent_required", "consent.required", &server.url);
    let page = alice.open(&url(&app, "read write", &[])).await;
    assert!(checkboxes(&page).is_empty());
    denied(&server, &alice.submit(&page, &[("deny", "1")]).await);

    // Deny has changed nothing, so the refusal counts again with the setting.
    operator.done(&["client", "update", "app", "--partial-consent"]);
    see_changes(&server).await;
    assert_eq!(scope_of(&app, &alice.get(&url(&app, "read write", &[SILENT])).await).await, "read");
    operator.done(&["client", "update", "app", "--partial-consent", "false"]);
    see_changes(&server).await;
    let page = alice.open(&url(&app, "read write", &[])).await;
    assert_eq!(scope_of(&app, &alice.allow(&page).await).await, "read write");
    operator.done(&["client", "update", "app", "--partial-consent"]);
    see_changes(&server).await;
    assert_eq!(scope_of(&app, &alice.get(&url(&app, "read write", &[SILENT])).await).await, "read write");
}

#[tokio::test]
async fn of_two_tabs_the_last_answer_counts() {
    let (_server, app, mut alice) = started().await;
    let first = alice.open(&url(&app, "openid read write", &[AGAIN])).await;
    let second = alice.open(&url(&app, "openid read write", &[AGAIN])).await;
    let back = allow(&mut alice, &first, "read").await;
    assert_eq!(scope_of(&app, &back).await, "openid read");
    let back = allow(&mut alice, &second, "write").await;
    assert_eq!(scope_of(&app, &back).await, "openid write");
    let known = alice.get(&url(&app, "openid read write", &[SILENT])).await;
    assert_eq!(scope_of(&app, &known).await, "openid write");
}

#[tokio::test]
async fn the_scope_of_a_code_does_not_grow_with_a_later_answer() {
    let (_server, app, mut alice) = started().await;
    let page = alice.open(&url(&app, "openid read write", &[])).await;
    let first = allow(&mut alice, &page, "read").await;
    let page = alice.open(&url(&app, "openid read write", &[AGAIN])).await;
    let second = allow(&mut alice, &page, "read write").await;
    let tokens = redeemed(&app, &first).await;
    assert_eq!(tokens.get("scope"), "openid read");
    assert_eq!(app.refresh_by_hand(&tokens.get("refresh_token")).await.get("scope"), "openid read");
    assert_eq!(scope_of(&app, &second).await, "openid read write");
}

#[tokio::test]
async fn without_offline_access_the_tokens_end_with_the_session() {
    let (_server, app, mut alice) = started().await;
    let page = alice.open(&url(&app, "openid read offline_access", &[])).await;
    // The person has not decided yet how long it lasts.
    assert!(
        !page.body.contains("after you sign out") && !page.body.contains("when you sign out"),
        "{page:?}"
    );
    let back = allow(&mut alice, &page, "read").await;
    let tokens = redeemed(&app, &back).await;
    assert_eq!(tokens.get("scope"), "openid read");
    alice.sign_out().await;
    let refused = app.refresh_by_hand(&tokens.get("refresh_token")).await;
    refused.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
}

#[tokio::test]
async fn a_device_gets_what_is_ticked() {
    let (server, _app, mut alice) = started().await;
    let tv = partial(
        Registration::native("tv")
            .grants(&[GrantType::DeviceCode, GrantType::RefreshToken])
            .scopes("openid read write"),
    );
    let tv = server.register(tv).await;
    let form = [("scope", "read write")];
    let asked = async |alice: &mut Browser| {
        let begun = tv.post("/device_authorization", &form).await;
        let page = alice.open_device("/device").await;
        let page = alice.submit(&page, &[("user_code", &begun.get("user_code"))]).await;
        (begun.get("device_code"), page)
    };
    let poll = async |code: &str| tv.token(&[("grant_type", DEVICE_CODE), ("device_code", code)]).await;

    let (code, page) = asked(&mut alice).await;
    assert_eq!(scopes_of(&page), ("read write".into(), String::new()));
    let done = allow_with(&mut alice, &page, "read", &[("scope", "openid")]).await;
    assert!(done.body.contains("id=\"allowed\""), "{done:?}");
    let tokens = poll(&code).await;
    assert_eq!(tokens.get("scope"), "read");
    assert_eq!(tv.refresh_by_hand(&tokens.get("refresh_token")).await.get("scope"), "read");

    // A device always asks, and shows what was refused before.
    let (code, page) = asked(&mut alice).await;
    assert_eq!(scopes_of(&page), ("read".into(), "write".into()));
    let done = allow(&mut alice, &page, "").await;
    assert!(done.body.contains("id=\"denied\""), "{done:?}");
    poll(&code).await.assert_json_error(400, "access_denied", "device_code.denied");
    let (code, page) = asked(&mut alice).await;
    allow(&mut alice, &page, "read write").await;
    assert_eq!(poll(&code).await.get("scope"), "read write");
}

#[tokio::test]
async fn a_resource_stays_as_long_as_one_of_its_scopes_does() {
    let (server, app, mut alice) = started().await;
    server.resource(API, "read write").await;
    server.resource("https://other.example.com", "pay").await;
    see_changes(&server).await;
    let url = |scope: &str, prompt: &str| {
        let params = [
            ("client_id", app.id.as_str()),
            ("redirect_uri", &app.redirect_uri),
            ("response_type", "code"),
            ("scope", scope),
            ("state", "the state"),
            ("prompt", prompt),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("resource", API),
            ("resource", "https://other.example.com"),
        ];
        format!("{}/authorize?{}", server.url, serde_urlencoded::to_string(params).unwrap())
    };
    let page = alice.open(&url("openid read write pay", "consent")).await;
    let back = allow(&mut alice, &page, "read").await;
    // The only resource that is left needs no name.
    let tokens = redeemed(&app, &back).await;
    assert_eq!(tokens.get("scope"), "read");
    assert_eq!(claims(&tokens.get("access_token"))["aud"], API);
    let refresh = tokens.get("refresh_token");
    let other = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh.as_str()),
        ("resource", "https://other.example.com"),
    ];
    app.token(&other).await.assert_json_error(400, "invalid_target", "resource.widened");
    let own =
        [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str()), ("resource", &server.url)];
    assert_eq!(app.token(&own).await.get("scope"), "openid");

    // Of no resource a scope is left: the token is for this server.
    let page = alice.open(&url("openid read write pay", "consent")).await;
    let back = allow(&mut alice, &page, "").await;
    let tokens = redeemed(&app, &back).await;
    assert_eq!(tokens.get("scope"), "openid");
    assert_eq!(server.user_info(&tokens.get("access_token")).await.status, 200);
    let page = alice.open(&url("read pay", "consent")).await;
    denied(&server, &allow(&mut alice, &page, "").await);
    let known = alice.get(&url("openid read write pay", "none")).await;
    assert_eq!(scope_of(&app, &known).await, "openid");
}

#[tokio::test]
async fn an_application_that_cannot_prove_who_it_is_asks_each_time_and_shows_what_was_refused() {
    let server = TestServer::start().await;
    let uri = "http://127.0.0.1/callback";
    let app = server.register(partial(Registration::native("app").redirect_uri(uri))).await;
    let mut alice = server.alice().await;
    let page = alice.open(&url(&app, "read write", &[])).await;
    let page = alice.sign_in(&page, "alice").await;
    let back = allow(&mut alice, &page, "read").await;
    assert_eq!(scope_of(&app, &back).await, "read");
    let page = alice.open(&url(&app, "read write", &[])).await;
    assert_eq!(scopes_of(&page), ("read".into(), "write".into()));
    let back = allow(&mut alice, &page, "write").await;
    assert_eq!(scope_of(&app, &back).await, "write");
}

#[tokio::test]
async fn nothing_changes_for_an_application_of_the_operator() {
    let server = TestServer::start().await;
    let mut registration = partial(Registration::of_kind("app", ClientKind::Web));
    registration.client.first_party = true;
    let (own, mut alice) = (server.register(registration).await, server.alice().await);
    let page = alice.open(&url(&own, "read write", &[])).await;
    let back = alice.sign_in(&page, "alice").await;
    assert_eq!(scope_of(&own, &back).await, "read write");
    let page = alice.open(&url(&own, "read write", &[AGAIN])).await;
    assert!(checkboxes(&page).is_empty());
    let back = allow(&mut alice, &page, "read").await;
    assert_eq!(scope_of(&own, &back).await, "read write");
}

#[tokio::test]
async fn a_deleted_scope_leaves_what_was_refused_and_a_revoked_consent_takes_the_refusals_with_it() {
    let (server, app, mut alice) = started().await;
    let operator = Operator::of(&server);
    let page = alice.open(&url(&app, "openid read write pay", &[])).await;
    allow(&mut alice, &page, "read").await;
    operator.done(&["scope", "delete", "write", "--force", "--yes"]);
    assert_eq!(server.number("SELECT COUNT(*) FROM consents WHERE refused = '{\"scope\":\"pay\"}'").await, 1);
    operator.done(&["scope", "create", "write", "--description", "Something else"]);
    operator.done(&["client", "update", "app", "--add-scope", "write"]);
    see_changes(&server).await;
    let page = alice.open(&url(&app, "openid read write pay", &[])).await;
    assert_eq!(scopes_of(&page), ("read write".into(), "pay".into()));

    operator.done(&["grant", "revoke", "--user", "alice", "--client", "app", "--yes"]);
    let page = alice.open(&url(&app, "openid read write pay", &[])).await;
    assert_eq!(scopes_of(&page), ("pay read write".into(), String::new()));
    allow(&mut alice, &page, "read").await;
    operator.done(&["user", "delete", "alice", "--yes"]);
    assert_eq!(server.number("SELECT COUNT(*) FROM consents").await, 0);
}

#[tokio::test]
async fn a_page_may_have_more_checkboxes_than_a_request_has_parameters() {
    let (server, _app, mut alice) = started().await;
    let names: Vec<String> = (100..250).map(|number| format!("s{number}")).collect();
    let stored = names.clone();
    server
        .store(async move |tx| {
            for name in &stored {
                let scope =
                    ScopeRecord { name: name.clone(), description: "One".into(), ..ScopeRecord::default() };
                scopes::save(tx, &scope, grantor::clock::Timestamp::from_unix(0)).await?;
            }
            Ok(())
        })
        .await;
    see_changes(&server).await;
    let mut registration = partial(Registration::web("many"));
    registration.client.scopes = Scope::from_stored(&names.join(" "));
    let many = server.register(registration).await;
    let page = alice.open(&many.url_with(&[("scope", "")])).await;
    assert_eq!(checkboxes(&page).len(), 150);
    let ticked = names[..149].join(" ");
    let back = allow(&mut alice, &page, &ticked).await;
    assert_eq!(scope_of(&many, &back).await, ticked);
    // Every other form keeps its bound, and so does this one.
    let page = alice.open(&many.url_with(&[("scope", ""), AGAIN])).await;
    let padding: Vec<(&str, &str)> = vec![("more", "1"); 248 - 149];
    let refused = allow_with(&mut alice, &page, &ticked, &[&padding[..], &[("more", "1")]].concat()).await;
    refused.assert_page(400, "parameter.too_many");
    let back = allow_with(&mut alice, &page, &ticked, &padding).await;
    assert_ne!(back.get("code"), "");
}

#[tokio::test]
async fn the_settings_are_registered_shown_and_checked() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let uri = "https://app.example/callback";
    let create = ["client", "create", "--id", "app", "--name", "App", "--kind", "web", "--redirect-uri", uri];
    operator.done(&[&create[..], &["--partial-consent", "--scope", "read"]].concat());
    let setting = || operator.json(&["client", "show", "app"])["partial_consent"].clone();
    assert_eq!(setting(), true);
    assert!(operator.done(&["client", "show", "app"]).contains("partial consent  yes"));
    let why = operator.refused(&["client", "update", "app", "--first-party"]);
    assert!(why.contains("--partial-consent is for clients that people are asked about"), "{why}");
    operator.done(&["client", "update", "app", "--first-party", "--partial-consent", "false"]);
    assert_eq!(setting(), false);

    let scope = |arguments: &[&str]| operator.json(&[&["scope"], arguments].concat())["required"].clone();
    assert_eq!(scope(&["create", "basic", "--description", "Basic", "--required"]), true);
    assert_eq!(scope(&["create", "extra", "--description", "Extra"]), false);
    assert_eq!(scope(&["update", "basic", "--description", "The basics"]), true);
    assert_eq!(scope(&["update", "basic", "--required", "false"]), false);
}
