//! "Stay signed in": whether a session outlives the closing of the browser.

use std::time::Duration;

use crate::support::chromium::Chromium;
use crate::support::server::PASSWORD;
use crate::support::{Answer, Application, Browser, TestServer};

const BOX: &str = "name=\"stay\" type=\"checkbox\"";

/// The session cookies that an answer sets: the name and the seconds that the browser keeps it, if it is kept.
fn cookies(answer: &Answer) -> Vec<(String, Option<i64>)> {
    let lines = answer.headers.get_all("set-cookie").into_iter().map(|line| line.to_str().unwrap());
    let cookie = |line: &str| {
        let (name, rest) = line.split_once('=').unwrap();
        let age =
            rest.split("; ").find_map(|part| part.strip_prefix("Max-Age=")).map(|age| age.parse().unwrap());
        assert!(rest.contains("HttpOnly") && rest.contains("SameSite=Lax"), "{line}");
        (name.to_owned(), age)
    };
    lines.filter(|line| line.contains("session=")).map(cookie).collect()
}

/// Closes the browser: only cookies with an age are left.
fn closed(browser: &Browser) -> Browser {
    let mut reopened = browser.clone_with_cookies();
    reopened.cookies.remove("grantor-session");
    reopened
}

async fn sign_in(web: &Application, browser: &mut Browser, username: &str, stay: bool) -> Answer {
    let page = browser.open(&web.url_with(&[("prompt", "login")])).await;
    let form = [("username", username), ("password", PASSWORD), ("stay", "1")];
    browser.submit_only(&page, &form[..if stay { 3 } else { 2 }]).await
}

async fn is_signed_in(browser: &mut Browser, username: &str) -> bool {
    browser.get("/").await.body.contains(&format!(">{username}</bdi>"))
}

fn session() -> (String, Option<i64>) {
    ("grantor-session".to_owned(), None)
}

fn kept(age: i64) -> (String, Option<i64>) {
    ("grantor-kept-session".to_owned(), Some(age))
}

fn removed(name: &str) -> (String, Option<i64>) {
    (name.to_owned(), Some(0))
}

#[tokio::test]
async fn a_person_who_does_not_tick_the_box_is_signed_out_when_the_browser_is_closed() {
    let server = TestServer::start().await;
    let (web, mut alice) = (server.web().await, server.alice().await);
    let page = alice.open(&web.url_with(&[])).await;
    assert!(page.body.contains(BOX) && !page.body.contains("value=\"1\" checked"), "{page:?}");
    let answer = sign_in(&web, &mut alice, "alice", false).await;
    assert_eq!(cookies(&answer), [session()]);
    assert!(is_signed_in(&mut alice, "alice").await);
    assert!(!is_signed_in(&mut closed(&alice), "alice").await);
}

#[tokio::test]
async fn a_person_who_ticks_the_box_stays_signed_in_as_long_as_a_session_lasts() {
    let server =
        TestServer::start_with(&[("sessions.lifetime", "30d"), ("sessions.idle_lifetime", "10d")]).await;
    let (web, mut alice) = (server.web().await, server.alice().await);
    // A wrong password keeps the tick.
    let page = alice.open(&web.url_with(&[])).await;
    let wrong = [("username", "alice"), ("password", "wrong password"), ("stay", "1")];
    let page = alice.submit(&page, &wrong).await;
    assert!(page.is_sign_in() && page.body.contains("value=\"1\" checked"), "{page:?}");
    let answer = sign_in(&web, &mut alice, "alice", true).await;
    assert_eq!(cookies(&answer), [removed("grantor-session"), kept(30 * 24 * 3600)]);
    let mut reopened = closed(&alice);
    assert!(is_signed_in(&mut reopened, "alice").await);
    // The server still ends the session when it is not used for too long.
    server.clock.advance(Duration::from_secs(10 * 24 * 3600 + 1));
    assert!(!is_signed_in(&mut reopened, "alice").await);
}

#[tokio::test]
async fn who_stays_signed_in_signs_in_again_as_before_and_signs_out_at_once() {
    let server = TestServer::start().await;
    let (web, mut alice) = (server.web().await, server.alice().await);
    sign_in(&web, &mut alice, "alice", true).await;
    let mut alice = closed(&alice);
    let page = alice.open(&web.url_with(&[("prompt", "login")])).await;
    assert!(page.body.contains("value=\"1\" checked"), "the same person is asked: {page:?}");
    let other = alice.open(&page.url.as_str().replace("/sign-in?", "/sign-in?another=1&")).await;
    assert!(other.is_sign_in() && !other.body.contains("value=\"1\" checked"), "another person: {other:?}");
    // The choice can be taken back.
    let answer = sign_in(&web, &mut alice, "alice", false).await;
    assert_eq!(cookies(&answer), [session(), removed("grantor-kept-session")]);
    assert!(!is_signed_in(&mut closed(&alice), "alice").await);
    sign_in(&web, &mut alice, "alice", true).await;
    let thief = alice.clone_with_cookies();
    alice.sign_out().await;
    assert!(alice.cookies.keys().all(|name| !name.contains("session")), "{:?}", alice.cookies);
    for mut browser in [alice, thief] {
        assert!(!is_signed_in(&mut browser, "alice").await, "the session is over, not only its cookie");
    }
}

#[tokio::test]
async fn of_two_people_in_one_browser_only_the_one_who_chose_it_stays() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    server.user("bob").await;
    sign_in(&web, &mut browser, "alice", true).await;
    server.clock.advance(Duration::from_secs(60));
    let page = browser.open(&web.url_with(&[("prompt", "login")])).await;
    let page = browser.open(&page.url.as_str().replace("/sign-in?", "/sign-in?another=1&")).await;
    let form = [("username", "bob"), ("password", PASSWORD)];
    let answer = browser.submit_only(&page, &form).await;
    assert_eq!(cookies(&answer), [session(), kept(7 * 24 * 3600)]);
    // The last one to sign in comes first, whichever cookie has the token.
    let home = browser.get("/").await.body;
    let place = |name: &str| home.find(&format!(">{name}</bdi>")).unwrap();
    assert!(place("bob") < place("alice"), "{home}");
    let mut reopened = closed(&browser);
    assert!(is_signed_in(&mut reopened, "alice").await && !is_signed_in(&mut reopened, "bob").await);
    // Signing out of one leaves the other as it was.
    let question = browser.open("/logout").await;
    let session = question.body.split("name=\"session\" value=\"").nth(2).unwrap().split('"').next().unwrap();
    browser.submit(&question, &[("session", session)]).await;
    assert!(is_signed_in(&mut browser, "bob").await && !is_signed_in(&mut browser, "alice").await);
    assert!(!is_signed_in(&mut closed(&browser), "alice").await);
}

#[tokio::test]
async fn an_operator_can_decide_it_for_everyone() {
    for (persistent, expected) in
        [("always", vec![removed("grantor-session"), kept(7 * 24 * 3600)]), ("never", vec![session()])]
    {
        let options = [("sessions.persistent", persistent), ("sign_up.enabled", "true")];
        let server = TestServer::start_with(&options).await;
        let (web, mut alice) = (server.web().await, server.alice().await);
        let page = alice.open(&web.url_with(&[])).await;
        assert!(!page.body.contains(BOX), "{persistent}: {page:?}");
        // A made-up field changes nothing.
        let answer = sign_in(&web, &mut alice, "alice", persistent == "never").await;
        assert_eq!(cookies(&answer), expected, "{persistent}");
        let mut new = server.browser();
        let page = new.open(&web.url_with(&[("prompt", "create")])).await;
        assert!(!page.body.contains(BOX), "{persistent}: {page:?}");
        let form = [("username", "newcomer"), ("password", "a long password"), ("stay", "1")];
        let answer = new.submit_only(&page, &form).await;
        assert_eq!(cookies(&answer), expected, "{persistent}");
    }
    let wrong =
        grantor::config::Config::with(&[("sessions.persistent", "sometimes")]).unwrap_err().to_string();
    assert!(wrong.contains("it is not one of ask, always, never"), "{wrong}");
}

#[tokio::test]
async fn a_person_who_makes_an_account_chooses_as_well() {
    let server = TestServer::start_with(&[("sign_up.enabled", "true")]).await;
    let web = server.web().await;
    for (username, stay) in [("carol", true), ("dave", false)] {
        let mut browser = server.browser();
        let page = browser.open(&web.url_with(&[("prompt", "create")])).await;
        assert!(page.body.contains(BOX) && !page.body.contains("value=\"1\" checked"), "{page:?}");
        let form = [("username", username), ("password", "a long password"), ("stay", "1")];
        browser.submit_only(&page, &form[..if stay { 3 } else { 2 }]).await;
        assert_eq!(is_signed_in(&mut closed(&browser), username).await, stay);
    }
}

#[tokio::test]
async fn a_real_browser_keeps_the_cookie_of_a_person_who_ticks_the_box() {
    let Some(chromium) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    let web = server.web().await;
    server.user("alice").await;
    for (stay, name) in [(false, "grantor-session"), (true, "grantor-kept-session")] {
        chromium.open(&web.url_with(&[("prompt", "login consent")])).await;
        chromium.type_into("password", PASSWORD).await;
        if stay {
            chromium.click("stay").await;
        } else {
            chromium.type_into("username", "alice").await;
        }
        chromium.click("sign-in").await;
        chromium.text_of("allow").await;
        let all = chromium.page.get_all_cookies().await.unwrap();
        let cookie =
            all.iter().find(|cookie| cookie.name() == name).unwrap_or_else(|| panic!("{name}: {all:?}"));
        assert_eq!(cookie.expires_datetime().is_some(), stay, "{cookie:?}");
        let sessions = all.iter().filter(|cookie| cookie.name().ends_with("session")).count();
        assert_eq!(sessions, 1, "{all:?}");
    }
}
