//! Sign-up: people create their own accounts, if the operator allows it.

use futures_util::future::join_all;

use crate::support::chromium::Chromium;
use crate::support::relying_party::Registration;
use crate::support::server::PASSWORD;
use crate::support::site::{Site, arrival};
use crate::support::{Answer, Application, Browser, Operator, TestServer};

const ON: (&str, &str) = ("sign_up.enabled", "true");
const CREATE: (&str, &str) = ("prompt", "create");

async fn started() -> (TestServer, Application, Browser) {
    let server = TestServer::start_with(&[ON]).await;
    let mut registration = Registration::web("app").scopes("openid read");
    registration.client.first_party = true;
    let app = server.register(registration).await;
    let browser = server.browser();
    (server, app, browser)
}

fn is_sign_up(page: &Answer) -> bool {
    page.body.contains("<h1>Create your account</h1>")
}

#[tokio::test]
async fn a_person_creates_an_account_and_returns_signed_in() {
    let (server, app, mut browser) = started().await;
    let page = browser.open(&app.url_with(&[CREATE, ("scope", "openid")])).await;
    assert!(is_sign_up(&page), "{page:?}");
    let fields = [
        ("username", "\tZo\u{eb}\u{200b} "),
        ("name", "\u{feff}Zo\u{eb} Doe\u{200e}"),
        ("password", PASSWORD),
    ];
    let back = browser.submit(&page, &fields).await;
    assert!(!back.get("code").is_empty(), "{back:?}");
    let shown = Operator::of(&server).json(&["user", "show", "zo\u{eb}"]);
    assert_eq!((&shown["username"], &shown["name"]), (&"Zo\u{eb}".into(), &"Zo\u{eb} Doe".into()));
    assert!(shown["email"].is_null(), "{shown}");
    assert!(!browser.get(&app.url_with(&[])).await.get("code").is_empty(), "signed in");
    let mut elsewhere = server.browser();
    let page = elsewhere.open(&app.url_with(&[])).await;
    assert!(!elsewhere.sign_in(&page, "zo\u{eb}").await.get("code").is_empty(), "and can sign in");
}

#[tokio::test]
async fn the_sign_in_page_leads_there_and_back() {
    let (server, app, mut browser) = started().await;
    server.user("alice").await;
    let sign_in = browser.open(&app.url_with(&[])).await;
    let sign_up = browser.open(&sign_in.attribute("id=\"sign-up\" href=\"")).await;
    assert!(is_sign_up(&sign_up), "{sign_up:?}");
    let back = browser.submit(&sign_up, &[("cancel", "1")]).await;
    assert_eq!((back.get("error"), back.get("state")), ("access_denied".into(), "the state".into()));

    // Signing in to an existing account satisfies prompt=create.
    let sign_up = browser.open(&app.url_with(&[CREATE])).await;
    let sign_in = browser.open(&sign_up.attribute("id=\"sign-in-instead\" href=\"")).await;
    assert!(!browser.sign_in(&sign_in, "alice").await.get("code").is_empty());
    // Asked again, a person who is signed in creates another account.
    let sign_up = browser.open(&app.url_with(&[CREATE])).await;
    assert!(is_sign_up(&sign_up));
    let back = browser.submit(&sign_up, &[("username", "second"), ("password", PASSWORD)]).await;
    assert!(!back.get("code").is_empty());
    let choice = browser.open(&app.url_with(&[])).await;
    assert!(choice.body.contains(">second<") && choice.body.contains(">alice<"), "both are here: {choice:?}");
}

#[tokio::test]
async fn mistakes_are_shown_beside_the_field_and_no_account_is_created() {
    let (server, app, mut browser) = started().await;
    server.user("alice").await;
    let page = browser.open(&app.url_with(&[CREATE])).await;
    let long = "x".repeat(255);
    for (username, name, password, said) in [
        ("ALICE", "", PASSWORD, "This username is taken."),
        ("alice@example.com", "", PASSWORD, "without @"),
        ("", "", PASSWORD, "letters of one alphabet"),
        ("a\u{0}b", "", PASSWORD, "letters of one alphabet"),
        (long.as_str(), "", PASSWORD, "letters of one alphabet"),
        ("bob", long.as_str(), PASSWORD, "This name is too long."),
        ("bob", "Bob\u{202e}B", PASSWORD, "This name contains an invisible character."),
        ("bob", "Bob\tB", PASSWORD, "This name contains an invisible character."),
        ("bob", "", "fourteen chars", "Use at least 15 characters."),
        ("bob", "", "", "Use at least 15 characters."),
        ("bob", "", "Qwerty123456789", "Many people use this password"),
        ("bob.the.builder", "", "Bob.The.Builder", "Your password must not be your name"),
        ("bob", "Bob the Builder", "bob THE builder", "Your password must not be your name"),
    ] {
        let fields = [("username", username), ("name", name), ("password", password)];
        let again = browser.submit(&page, &fields).await;
        assert_eq!(again.status, 422, "{username}");
        assert!(
            again.body.contains(said) && again.body.contains("aria-invalid=\"true\""),
            "{said}: {again:?}"
        );
        assert!(!again.body.contains(PASSWORD), "no password comes back");
    }
    assert_eq!(server.number("SELECT COUNT(*) FROM users").await, 1);
    assert!(!browser.cookies.contains_key("grantor-session"));
    let hostile = [("username", "\"><script>alert(1)</script>"), ("password", "short")];
    assert!(!browser.submit(&page, &hostile).await.body.contains("<script>alert"));
}

#[tokio::test]
async fn without_sign_up_there_is_no_such_page() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let refused = browser.get(&web.url_with(&[CREATE])).await;
    refused.assert_redirect_error("invalid_request", "prompt.unknown", &server.url);
    let page = browser.open(&web.url_with(&[])).await;
    assert!(!page.body.contains("sign-up"), "{page:?}");
    let path = page.url.as_str().replace("/sign-in?", "/sign-up?");
    browser.get(&path).await.assert_page(400, "sign_up.off");
    let token = page.form_token();
    let form = [("form_token", token.as_str()), ("username", "mallory"), ("password", PASSWORD)];
    browser.post(&path, &form).await.assert_page(400, "sign_up.off");
    assert_eq!(server.number("SELECT COUNT(*) FROM users").await, 1);
    let listed = |answer: Answer| answer.json()["prompt_values_supported"].clone();
    let off = listed(server.get("/.well-known/openid-configuration").await);
    assert_eq!(off, serde_json::json!(["none", "login", "consent", "select_account"]));
    let (on, ..) = started().await;
    let on = listed(on.get("/.well-known/openid-configuration").await);
    assert_eq!(on, serde_json::json!(["none", "login", "consent", "select_account", "create"]));
}

#[tokio::test]
async fn a_form_from_another_site_creates_no_account() {
    let (server, app, mut browser) = started().await;
    let page = browser.open(&app.url_with(&[CREATE])).await;
    let other = browser.open(&app.url_with(&[CREATE])).await;
    let fields = [("username", "mallory"), ("password", PASSWORD)];
    browser.post(&page.form_action(), &fields).await.assert_page(400, "form.forged");
    let token = other.form_token();
    let crossed = [("form_token", token.as_str()), fields[0], fields[1]];
    browser.post(&page.form_action(), &crossed).await.assert_page(400, "form.forged");
    browser.stranger().submit(&page, &fields).await.assert_page(400, "flow.other_browser");
    assert_eq!(server.number("SELECT COUNT(*) FROM users").await, 0);
}

#[tokio::test]
async fn of_many_parallel_sign_ups_with_one_name_one_succeeds() {
    let (server, app, _) = started().await;
    let answers = join_all((0..8).map(async |_| {
        let mut browser = server.browser();
        let page = browser.open(&app.url_with(&[CREATE])).await;
        browser.submit(&page, &[("username", "wanted"), ("password", PASSWORD)]).await
    }))
    .await;
    let (made, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.location().is_some());
    assert_eq!((made.len(), refused.len()), (1, 7));
    assert!(
        refused.iter().all(|answer| answer.status == 422 && answer.body.contains("This username is taken."))
    );
    assert_eq!(server.number("SELECT COUNT(*) FROM users").await, 1);
    assert_eq!(server.number("SELECT COUNT(*) FROM sessions").await, 1);
}

#[tokio::test]
async fn a_person_creates_an_account_in_a_real_browser() {
    let Some(browser) = Chromium::start().await else { return };
    let (server, ..) = started().await;
    let site = Site::start(|_| arrival("Here"));
    let uri = format!("http://127.0.0.1:{}/callback", site.port);
    let mut registration = Registration::web("other").scopes("openid").redirect_uri(&uri);
    registration.client.first_party = true;
    let app = server.register(registration).await;
    browser.open(&app.url_with(&[("scope", "openid")])).await;
    browser.click("sign-up").await;
    browser.type_into("name", "Carol").await;
    browser.type_into("username", "carol").await;
    browser.type_into("password", PASSWORD).await;
    browser.click("sign-up").await;
    browser.arrive().await;
    assert_eq!(server.number("SELECT COUNT(*) FROM users WHERE username = 'carol'").await, 1);
}

#[tokio::test]
async fn the_address_of_another_person_is_refused_as_a_username() {
    let (server, app, mut browser) = started().await;
    let operator = Operator::of(&server);
    for name in
        ["mallory@example.com", "mallory\u{ff20}example.com", "mallory\u{fe6b}example.com", "mal\u{200b}lory"]
    {
        let page = browser.open(&app.url_with(&[CREATE])).await;
        let again = browser.submit(&page, &[("username", name), ("password", PASSWORD)]).await;
        assert!(is_sign_up(&again), "{name}: {again:?}");
        let create = ["user", "create", "--username", name, "--password-stdin"];
        let refused = operator.with_input(&create, PASSWORD);
        assert_eq!(refused.status.code(), Some(1), "{name}: {refused:?}");
    }
    assert_eq!(server.number("SELECT COUNT(*) FROM user_names").await, 0);
}

#[tokio::test]
async fn a_name_that_looks_like_another_or_like_nothing_cannot_be_chosen() {
    let (server, app, mut browser) = started().await;
    for name in ["alice", "Isabel", "ace", "modern"] {
        server.user(name).await;
    }
    let page = browser.open(&app.url_with(&[CREATE])).await;
    for (name, said) in [
        ("alice\u{2800}", "without spaces"),
        ("\u{2800}", "without spaces"),
        ("alic\u{435}", "one alphabet"),
        ("a\u{332}lice", "one alphabet"),
        ("a\u{338}lice", "one alphabet"),
        ("ali\u{fffc}ce", "without spaces"),
        ("bob  smith", "without spaces"),
        ("bob smith", "without spaces"),
        ("\u{202e}ecila", "without spaces"),
        ("al\u{ad}ice", "without spaces"),
        ("alice\u{661}", "one alphabet"),
        ("\u{ff41}lice", "This username is taken."),
        ("aIice", "This username is taken."),
        ("a1ice", "This username is taken."),
        ("isabeI", "This username is taken."),
        ("\u{430}\u{441}\u{435}", "This username is taken."),
        ("modem", "This username is taken."),
    ] {
        let again = browser.submit(&page, &[("username", name), ("password", PASSWORD)]).await;
        assert_eq!(again.status, 422, "{name}");
        assert!(again.body.contains(said), "{name}: {said}: {again:?}");
    }
    assert_eq!(server.number("SELECT COUNT(*) FROM users").await, 4);
    let back = browser.submit(&page, &[("username", "al\u{ef}ce"), ("password", PASSWORD)]).await;
    assert!(!back.get("code").is_empty(), "another name: {back:?}");

    // Sign-in compares keys and never looks: every one of these is a wrong password, and modem is not modern.
    let mut elsewhere = server.browser();
    for name in ["aIice", "a1ice", "\u{430}\u{441}\u{435}", "modem", "alice\u{2800}"] {
        let page = elsewhere.open(&app.url_with(&[])).await;
        let refused = elsewhere.sign_in(&page, name).await;
        assert!(refused.status == 422 && refused.location().is_none(), "{name}: {refused:?}");
    }
}

#[tokio::test]
async fn an_operator_is_warned_of_a_name_that_looks_like_another_and_goes_on() {
    let (server, app, mut browser) = started().await;
    let operator = Operator::of(&server);
    let create = |name: &str| {
        let create = ["user", "create", "--username", name, "--password-stdin"];
        let done = operator.with_input(&create, PASSWORD);
        assert!(done.status.success(), "{name}: {done:?}");
        String::from_utf8(done.stderr).unwrap()
    };
    assert_eq!(create("modern"), "");
    let said = create("modem");
    assert!(said.contains("warning: the username modem looks like modern, which another user has"), "{said}");
    let said = create("alic\u{435}");
    assert!(said.contains("warning: people could not choose the username alic\u{435} themselves"), "{said}");
    let renamed = operator.run(&["user", "update", "alic\u{435}", "--username", "MODERN.1"]);
    assert_eq!(String::from_utf8(renamed.stderr).unwrap(), "");
    let renamed = operator.run(&["user", "update", "modern.1", "--username", "m0dern"]);
    let said = String::from_utf8(renamed.stderr).unwrap();
    assert!(renamed.status.success() && said.contains("m0dern looks like mode"), "{said}");
    let other = operator.run(&["user", "update", "m0dern", "--name", "Someone"]);
    assert_eq!(String::from_utf8(other.stderr).unwrap(), "", "the name is not new");
    assert_eq!(server.number("SELECT COUNT(DISTINCT user_id) FROM user_skeletons").await, 3);
    // Both can sign in, each to their own account.
    for name in ["modem", "modern"] {
        let page = browser.open(&app.url_with(&[("prompt", "login")])).await;
        assert!(!browser.sign_in(&page, name).await.get("code").is_empty(), "{name}");
    }
    operator.done(&["user", "delete", "modem", "--yes"]);
    assert_eq!(server.number("SELECT COUNT(DISTINCT user_id) FROM user_skeletons").await, 2);
}

#[tokio::test]
async fn of_parallel_sign_ups_with_names_that_look_alike_one_succeeds() {
    let (server, app, _) = started().await;
    let names = ["modern", "modem", "rnodem", "m0dern", "moderN", "rnodern", "m0dem", "MODERN"];
    let answers = join_all(names.iter().map(async |name| {
        let mut browser = server.browser();
        let page = browser.open(&app.url_with(&[CREATE])).await;
        browser.submit(&page, &[("username", name), ("password", PASSWORD)]).await
    }))
    .await;
    let made = answers.iter().filter(|answer| answer.location().is_some()).count();
    assert_eq!((made, server.number("SELECT COUNT(*) FROM users").await), (1, 1));
}
