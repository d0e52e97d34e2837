//! Signing out at the server itself.

use crate::support::TestServer;

const SIGNED_OUT: &str = "You are signed out</h1>";
const QUESTION: &str = "<h1>Sign out?</h1>";

#[tokio::test]
async fn a_person_who_signs_out_is_asked_for_the_password_again() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    web.code(&mut browser).await;
    assert!(browser.get("/").await.body.contains(">alice</bdi>"));
    let question = browser.get("/logout").await;
    assert!(question.body.contains(QUESTION) && question.body.contains(">alice</bdi>"));
    let mut thief = browser.clone_with_cookies();

    let ended = browser.submit_only(&question, &[]).await;
    assert_eq!((ended.status.as_u16(), ended.location()), (303, Some(format!("{}/logout", server.url))));
    assert!(browser.cookies.is_empty() || !browser.cookies.contains_key("grantor-session"));
    assert!(browser.follow(ended).await.body.contains(SIGNED_OUT));
    assert!(!browser.get("/").await.body.contains("alice"));
    for browser in [&mut browser, &mut thief] {
        let page = browser.open(&web.url_with(&[])).await;
        assert!(page.is_sign_in(), "the session is over, not only its cookie: {page:?}");
    }
}

#[tokio::test]
async fn another_site_or_a_form_for_another_session_signs_no_one_out() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    web.code(&mut browser).await;
    let mut other = browser.stranger();
    web.code(&mut other).await;
    let foreign = other.get("/logout").await.form_token();
    let own = browser.get("/logout").await.form_token();
    let body = |token: &str| serde_urlencoded::to_string([("form_token", token)]).unwrap();
    let form = ("content-type", "application/x-www-form-urlencoded");
    for (headers, body) in [
        (vec![form], String::new()),
        (vec![form], body("made-up")),
        (vec![form], body(&foreign)),
        (vec![form, ("origin", "https://evil.example")], body(&own)),
        (vec![form, ("sec-fetch-site", "cross-site")], body(&own)),
    ] {
        let answer = browser.request(reqwest::Method::POST, "/logout", &headers, &body).await;
        let asked = browser.follow(answer).await;
        assert!(asked.body.contains(QUESTION), "{headers:?} {body}: {asked:?}");
    }
    assert!(browser.open(&web.url_with(&[])).await.get("code").starts_with("gac_"));
}

#[tokio::test]
async fn the_page_says_that_no_one_is_signed_in_for_every_method() {
    let server = TestServer::start().await;
    let mut browser = server.browser();
    assert!(browser.get("/logout").await.body.contains(SIGNED_OUT));
    let answer = browser.post("/logout", &[]).await;
    assert!(browser.follow(answer).await.body.contains(SIGNED_OUT));
    browser.cookies.insert("grantor-session".into(), "made-up".into());
    assert!(browser.get("/logout").await.body.contains(SIGNED_OUT));
}

#[tokio::test]
async fn a_name_is_shown_as_text_on_the_logout_page() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    web.code(&mut browser).await;
    server.sql("UPDATE users SET username = '<script>alert(1)</script>'").await;
    for path in ["/logout", "/"] {
        let body = browser.get(path).await.body;
        assert!(!body.contains("<script") && body.contains("&lt;script&gt;"), "{path}: {body}");
    }
}
