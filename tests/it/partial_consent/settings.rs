//! Which applications ask so, what an operator changes, and the settings themselves.

use super::*;

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
    assert!(why.contains("--partial-consent is for clients that need consent"), "{why}");
    operator.done(&["client", "update", "app", "--first-party", "--partial-consent", "false"]);
    assert_eq!(setting(), false);

    let scope = |arguments: &[&str]| operator.json(&[&["scope"], arguments].concat())["required"].clone();
    assert_eq!(scope(&["create", "basic", "--description", "Basic", "--required"]), true);
    assert_eq!(scope(&["create", "extra", "--description", "Extra"]), false);
    assert_eq!(scope(&["update", "basic", "--description", "The basics"]), true);
    assert_eq!(scope(&["update", "basic", "--required", "false"]), false);
}
