//! Partial consent: people leave scopes and claims out on the consent page, and the application gets the rest.

mod settings;
mod taken_back;
mod tokens;

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
