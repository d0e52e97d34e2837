//! Several accounts in one browser: choosing, adding, replacing, and signing out of one or all.

use futures_util::future::join;

use crate::support::chromium::Chromium;
use crate::support::jwt::claims;
use crate::support::relying_party::Registration;
use crate::support::server::PASSWORD;
use crate::support::site::{Site, arrival};
use crate::support::{Answer, Application, Browser, Operator, TestServer};

const SELECT: (&str, &str) = ("prompt", "select_account");
const SILENT: (&str, &str) = ("prompt", "none");

async fn app(server: &TestServer) -> Application {
    let mut registration = Registration::web("app").scopes("openid read");
    registration.client.first_party = true;
    server.register(registration).await
}

fn is_choice(page: &Answer) -> bool {
    page.body.contains("<h1>Choose an account</h1>")
}

/// The sessions that an account chooser offers, with the name beside each.
fn offered(page: &Answer) -> Vec<(String, String)> {
    let buttons = page.body.split("name=\"session\" value=\"").skip(1);
    let button = |rest: &str| {
        let (session, rest) = rest.split_once("\">").unwrap();
        let text = rest.split("<bdi class=\"name\">").nth(1).and_then(|rest| rest.split("</bdi>").next());
        (text.expect("a name").to_owned(), session.to_owned())
    };
    buttons.map(button).collect()
}

fn names(page: &Answer) -> Vec<String> {
    offered(page).into_iter().map(|(name, _)| name).collect()
}

/// Signs another person in while somebody is already signed in. Returns the answer to the application.
async fn add(app: &Application, browser: &mut Browser, username: &str) -> Answer {
    let page = browser.open(&app.url_with(&[("scope", "openid"), SELECT])).await;
    let page = if is_choice(&page) { browser.submit(&page, &[("another", "1")]).await } else { page };
    browser.sign_in(&page, username).await
}

async fn choose(browser: &mut Browser, page: &Answer, username: &str) -> Answer {
    let offered = offered(page);
    let (_, session) = offered.iter().find(|(name, _)| name == username).expect("an account");
    browser.submit(page, &[("session", session)]).await
}

/// The user that a code was issued for.
async fn user(app: &Application, back: &Answer) -> String {
    let id_token = app.redeem_by_hand(&back.get("code")).await.get("id_token");
    claims(&id_token)["sub"].as_str().unwrap().to_owned()
}

/// A server with users, a browser in which all of them are signed in, and the users' ids.
async fn with_people(people: &[&str]) -> (TestServer, Application, Browser, Vec<String>) {
    let server = TestServer::start().await;
    let app = app(&server).await;
    let (mut browser, mut ids) = (server.browser(), Vec::new());
    for name in people {
        ids.push(server.user(name).await.to_string());
        assert_ne!(add(&app, &mut browser, name).await.get("code"), "");
    }
    (server, app, browser, ids)
}

#[tokio::test]
async fn a_person_with_several_accounts_chooses_one_for_each_application() {
    let (_server, app, mut browser, ids) = with_people(&["alice", "bob"]).await;
    let page = browser.open(&app.url_with(&[("scope", "openid")])).await;
    assert!(is_choice(&page), "{page:?}");
    assert_eq!(names(&page), ["bob", "alice"], "the last signed in first");
    for (name, id) in [("alice", &ids[0]), ("bob", &ids[1])] {
        let page = browser.open(&app.url_with(&[("scope", "openid")])).await;
        let back = choose(&mut browser, &page, name).await;
        assert_eq!(user(&app, &back).await, *id);
    }
    let page = browser.open(&app.url_with(&[])).await;
    let back = browser.submit(&page, &[("cancel", "1")]).await;
    assert_eq!((back.get("error"), back.get("state")), ("access_denied".into(), "the state".into()));
}

#[tokio::test]
async fn hint_prompt_and_choice_decide_which_account_a_request_uses() {
    let (server, app, mut browser, ids) = with_people(&["alice", "bob"]).await;
    let page = browser.open(&app.url_with(&[("scope", "openid")])).await;
    let back = choose(&mut browser, &page, "alice").await;
    let hint = app.redeem_by_hand(&back.get("code")).await.get("id_token");
    let url = |changes: &[(&str, &str)]| app.url_with(&[&[("scope", "openid")], changes].concat());

    let silent = browser.get(&url(&[SILENT])).await;
    silent.assert_redirect_error("account_selection_required", "account.selection_required", &server.url);
    for (changes, id) in [
        (vec![SILENT, ("id_token_hint", hint.as_str())], &ids[0]),
        (vec![SILENT, ("login_hint", "Alice")], &ids[0]),
        (vec![SILENT, ("login_hint", "bob")], &ids[1]),
        (vec![SILENT, ("login_hint", "\u{200b}bob \r\n")], &ids[1]),
        (vec![("id_token_hint", hint.as_str())], &ids[0]),
        (vec![("id_token_hint", hint.as_str()), ("login_hint", "bob")], &ids[0]),
    ] {
        let back = browser.open(&url(&changes)).await;
        assert_eq!(user(&app, &back).await, *id, "{changes:?}");
    }
    assert!(is_choice(&browser.open(&url(&[("login_hint", "nobody")])).await));
    assert!(
        is_choice(&browser.open(&url(&[SELECT, ("id_token_hint", &hint)])).await),
        "asked for in so many words"
    );
    let none = browser.get(&url(&[("prompt", "none select_account")])).await;
    none.assert_redirect_error("invalid_request", "prompt.none_combined", &server.url);

    // With a single account the page is shown only on request.
    let mut carol = server.browser();
    server.user("carol").await;
    add(&app, &mut carol, "carol").await;
    assert_ne!(carol.get(&url(&[])).await.get("code"), "");
    let page = carol.open(&url(&[SELECT])).await;
    assert_eq!(names(&page), ["carol"]);
    let mut nobody = server.browser();
    assert!(nobody.open(&url(&[SELECT])).await.is_sign_in());
}

#[tokio::test]
async fn a_chosen_account_signs_in_again_if_the_application_wants_it() {
    let (_server, app, mut browser, ids) = with_people(&["alice", "bob"]).await;
    let page = browser.open(&app.url_with(&[("scope", "openid"), ("prompt", "login")])).await;
    assert!(is_choice(&page));
    let page = choose(&mut browser, &page, "alice").await;
    assert!(page.is_sign_in() && page.body.contains("value=\"alice\""), "{page:?}");
    let back = browser.sign_in(&page, "alice").await;
    assert_eq!(user(&app, &back).await, ids[0]);
    let page = browser.open(&app.url_with(&[])).await;
    assert_eq!(names(&page), ["alice", "bob"], "both are still here");
}

#[tokio::test]
async fn another_account_is_added_to_the_others_up_to_five() {
    let (server, app, mut browser, _) = with_people(&["one", "two", "three", "four", "five"]).await;
    let page = browser.open(&app.url_with(&[SELECT])).await;
    assert_eq!(names(&page), ["five", "four", "three", "two", "one"]);
    let tokens = browser.cookies["grantor-session"].clone();
    server.user("six").await;
    add(&app, &mut browser, "six").await;
    let page = browser.open(&app.url_with(&[SELECT])).await;
    assert_eq!(names(&page), ["six", "five", "four", "three", "two"]);
    let mut thief = server.browser();
    thief.cookies.insert("grantor-session".into(), tokens.rsplit('.').next().unwrap().to_owned());
    assert!(
        thief.open(&app.url_with(&[])).await.is_sign_in(),
        "the first session is over, not only its cookie"
    );

    // Signing in to an account that is already signed in adds no second entry.
    add(&app, &mut browser, "four").await;
    let page = browser.open(&app.url_with(&[SELECT])).await;
    assert_eq!(names(&page), ["four", "six", "five", "three", "two"]);
    assert_eq!(server.number("SELECT COUNT(*) FROM sessions").await, 5);
}

#[tokio::test]
async fn a_sign_in_requested_for_one_person_replaces_only_that_session() {
    let (server, app, mut browser, ids) = with_people(&["alice", "bob"]).await;
    server.user("mallory").await;
    let page = browser.open(&app.url_with(&[("prompt", "login"), ("login_hint", "alice")])).await;
    assert!(page.is_sign_in() && page.body.contains("value=\"alice\""), "{page:?}");
    browser.sign_in(&page, "mallory").await;
    let page = browser.open(&app.url_with(&[SELECT])).await;
    assert_eq!(names(&page), ["mallory", "bob"]);
    let alices = server
        .store(async move |tx| {
            let query =
                tx.query("SELECT revoked_for FROM grants WHERE user_id = $1 AND revoked_at IS NOT NULL");
            let rows: Vec<(String,)> = query.bind(ids[0].as_str()).all().await?;
            Ok(rows)
        })
        .await;
    assert!(alices.iter().all(|(why,)| why == "session.replaced"), "{alices:?}");

    // With several accounts and no hint, the server does not guess one.
    let page = browser.open(&app.url_with(&[("id_token_hint", "")])).await;
    let page = browser.submit(&page, &[("another", "1")]).await;
    browser.sign_in(&page, "alice").await;
    assert_eq!(names(&browser.open(&app.url_with(&[SELECT])).await), ["alice", "mallory", "bob"]);
}

#[tokio::test]
async fn a_session_stays_when_the_password_changes_between_verifying_and_replacing_it() {
    let server = TestServer::start().await;
    let (app, mut browser) = (app(&server).await, server.alice().await);
    add(&app, &mut browser, "alice").await;
    server.user("bob").await;
    let page = browser.open(&app.url_with(&[("prompt", "login")])).await;
    // Bob's account is disabled; that has no effect on Alice's session.
    server.sql("UPDATE users SET disabled_at = 1 WHERE username = 'bob'").await;
    let page = browser.submit(&page, &[("username", "bob"), ("password", PASSWORD)]).await;
    assert!(page.is_sign_in());
    assert_ne!(browser.get(&app.url_with(&[])).await.get("code"), "", "she is still signed in");
}

#[tokio::test]
async fn a_person_signs_out_of_one_account_or_of_all() {
    let (server, app, mut browser, ids) = with_people(&["alice", "bob", "carol"]).await;
    let page = browser.open("/logout").await;
    assert_eq!(names(&page), ["carol", "bob", "alice"]);
    let session = offered(&page)[1].1.clone();
    let home = browser.submit(&page, &[("session", &session)]).await;
    assert!(home.body.contains(">alice</bdi>") && !home.body.contains("bob"), "{home:?}");

    let hint = {
        let back = browser.open(&app.url_with(&[("scope", "openid"), ("login_hint", "alice")])).await;
        app.redeem_by_hand(&back.get("code")).await.get("id_token")
    };
    assert_eq!(claims(&hint)["sub"], ids[0].as_str());
    let home = browser.open(&format!("/logout?id_token_hint={hint}")).await;
    assert!(home.body.contains(">carol</bdi>") && !home.body.contains("alice"), "{home:?}");
    assert_eq!(server.number("SELECT COUNT(*) FROM sessions").await, 1);

    add(&app, &mut browser, "bob").await;
    browser.sign_out().await;
    assert_eq!(server.number("SELECT COUNT(*) FROM sessions").await, 0);
    assert!(!browser.cookies.contains_key("grantor-session"));
}

#[tokio::test]
async fn an_account_that_is_not_signed_in_here_cannot_be_chosen() {
    let (server, app, mut browser, _) = with_people(&["alice", "bob"]).await;
    server.user("mallory").await;
    let mut other = server.browser();
    add(&app, &mut other, "mallory").await;
    let theirs = offered(&other.open(&app.url_with(&[SELECT])).await)[0].1.clone();

    let page = browser.open(&app.url_with(&[])).await;
    let after = browser.submit(&page, &[("session", &theirs)]).await;
    assert!(after.is_sign_in(), "not one of this browser's: {after:?}");
    let (action, sessions) = (page.form_action(), offered(&page));
    let forged = browser.post(&action, &[("session", &sessions[0].1)]).await;
    forged.assert_page(400, "form.forged");
    let elsewhere = browser.open(&app.url_with(&[])).await.form_token();
    let forged = browser.post(&action, &[("session", &sessions[0].1), ("form_token", &elsewhere)]).await;
    forged.assert_page(400, "form.forged");
    other.get(page.url.as_str()).await.assert_page(400, "flow.other_browser");
    let gone = server.browser().get("/accounts").await;
    gone.assert_page(400, "flow.unknown");
}

#[tokio::test]
async fn a_cookie_of_any_kind_is_harmless() {
    let (server, app, mut browser, _) = with_people(&["alice", "bob"]).await;
    let good = browser.cookies["grantor-session"].clone();
    let (bob, alice) = good.split_once('.').unwrap();
    for (cookie, expected) in [
        (format!("{alice}.{alice}.{alice}"), vec!["alice"]),
        (format!("...{alice}..{bob}."), vec!["alice", "bob"]),
        (format!("made-up.{bob}"), vec!["bob"]),
        (format!("{}{alice}", "x.".repeat(100)), vec![]),
        ("x".repeat(4000), vec![]),
    ] {
        browser.cookies.insert("grantor-session".into(), cookie.clone());
        let page = browser.open(&app.url_with(&[SELECT])).await;
        assert_eq!(names(&page), expected, "{cookie}");
    }
    browser.cookies.insert("grantor-session".into(), good);
    server.sql("UPDATE users SET disabled_at = 1 WHERE username = 'bob'").await;
    assert_eq!(
        names(&browser.open(&app.url_with(&[SELECT])).await),
        ["alice"],
        "a disabled one is not offered"
    );
}

#[tokio::test]
async fn two_parallel_sign_ins_in_one_browser_both_succeed() {
    let (server, app, mut browser, _) = with_people(&["alice"]).await;
    server.user("bob").await;
    server.user("carol").await;
    let mut one = browser.clone_with_cookies();
    let page_one = one.open(&app.url_with(&[SELECT])).await;
    let page_one = one.submit(&page_one, &[("another", "1")]).await;
    let page_two = browser.open(&app.url_with(&[SELECT])).await;
    let page_two = browser.submit(&page_two, &[("another", "1")]).await;
    let (first, second) = join(one.sign_in(&page_one, "bob"), browser.sign_in(&page_two, "carol")).await;
    assert!(!first.get("code").is_empty() && !second.get("code").is_empty());
    for (browser, expected) in [(&mut one, ["bob", "alice"]), (&mut browser, ["carol", "alice"])] {
        assert_eq!(names(&browser.open(&app.url_with(&[SELECT])).await), expected);
    }
}

#[tokio::test]
async fn the_consent_page_lets_a_person_switch_accounts() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    server.user("bob").await;
    let page = browser.open(&web.url_with(&[])).await;
    let consent = browser.sign_in(&page, "alice").await;
    assert!(consent.is_consent());
    let link = consent.attribute("id=\"accounts\" href=\"");
    let choice = browser.open(&link).await;
    assert_eq!(names(&choice), ["alice"]);
    let page = browser.submit(&choice, &[("another", "1")]).await;
    let consent = browser.sign_in(&page, "bob").await;
    assert!(consent.is_consent() && consent.body.contains(">bob</bdi>"), "{consent:?}");
    assert_ne!(browser.allow(&consent).await.get("code"), "");
    let sessions = Operator::of(&server).json(&["session", "list"]);
    assert_eq!(sessions.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_person_chooses_in_a_real_browser() {
    let Some(browser) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    let site = Site::start(|_| arrival("Here"));
    let uri = format!("http://127.0.0.1:{}/callback", site.port);
    let mut registration = Registration::web("app").scopes("openid").redirect_uri(&uri);
    registration.client.first_party = true;
    let app = server.register(registration).await;
    for name in ["alice", "bob"] {
        server.user(name).await;
        browser.open(&app.url_with(&[("scope", "openid"), SELECT])).await;
        if name == "bob" {
            browser.click("another").await;
        }
        browser.sign_in(name).await;
        browser.arrive().await;
    }
    browser.open(&app.url_with(&[("scope", "openid")])).await;
    browser.until("account-1", |text| text.contains("bob")).await;
    browser.click("account-2").await;
    browser.arrive().await;
    browser.open(&format!("{}/logout", server.url)).await;
    browser.until("sign-out-2", |text| text.contains("alice") && text.ends_with("Sign out")).await;
    browser.click("sign-out-2").await;
    browser.until("accounts", |text| text.contains("bob") && !text.contains("alice")).await;
    browser.open(&format!("{}/logout", server.url)).await;
    browser.click("sign-out").await;
    browser.until("signed-out", |text| text == "You are signed out").await;
}

#[tokio::test]
async fn without_pages_an_application_learns_nothing_about_people_who_have_not_allowed_it() {
    let server = TestServer::start().await;
    let web = server.register(Registration::web("web").scopes("openid read write")).await;
    let curious = server.register(Registration::web("curious").scopes("openid")).await;
    for name in ["alice", "bob"] {
        server.user(name).await;
    }
    let mut browser = server.browser();
    let page = browser.open(&web.url_with(&[])).await;
    let page = browser.sign_in(&page, "alice").await;
    browser.allow(&page).await;
    Operator::of(&server).done(&["client", "update", "curious", "--require-group", "staff"]);
    let silent = async |browser: &mut Browser, app: &Application, more: &[(&str, &str)]| {
        browser.get(&app.url_with(&[&[("scope", "openid"), SILENT], more].concat())).await
    };
    let answer = silent(&mut browser, &curious, &[]).await;
    answer.assert_redirect_error("consent_required", "consent.required", &server.url);

    let page = add(&web, &mut browser, "bob").await;
    assert!(page.is_consent(), "{page:?}");
    for hint in ["alice", "bob", "zoe"] {
        let answer = silent(&mut browser, &curious, &[("login_hint", hint)]).await;
        answer.assert_redirect_error("account_selection_required", "account.selection_required", &server.url);
    }
    let hinted = browser.get(&web.url_with(&[SILENT, ("login_hint", "alice")])).await;
    assert_ne!(hinted.get("code"), "", "alice has allowed it: {hinted:?}");
    let hinted = browser.get(&web.url_with(&[SILENT, ("login_hint", "bob")])).await;
    hinted.assert_redirect_error("account_selection_required", "account.selection_required", &server.url);
}
