//! Response modes: how codes and errors reach the application (query, fragment, form_post).

use std::sync::{Arc, Mutex};

use crate::support::chromium::Chromium;
use crate::support::relying_party::Registration;
use crate::support::site::{Site, arrival};
use crate::support::{Answer, TestServer};

#[tokio::test]
async fn code_and_error_come_in_the_fragment_if_requested() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let by_fragment = ("response_mode", "fragment");
    let code = browser.authorize(&web.url_with(&[by_fragment])).await.location().unwrap();
    assert!(code.starts_with("https://app.example/callback#code=gac_"), "{code}");
    assert!(code.contains("&state=the+state&iss=http"), "{code}");
    let error = browser.get(&web.url_with(&[by_fragment, ("scope", "nonsense")])).await.location().unwrap();
    assert!(error.starts_with("https://app.example/callback#error=invalid_scope&"), "{error}");
}

/// Asserts a page that posts a form to the application, and returns the form's fields.
#[track_caller]
fn assert_form_post(answer: &Answer) {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.location(), None);
    assert_eq!(answer.form_action(), "https://app.example/callback");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("referrer-policy"), "strict-origin");
    let policy = answer.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none';") && policy.contains("; script-src 'sha256-"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe") && !policy.contains("form-action"), "{policy}");
    assert_eq!(answer.body.matches("<script").count(), 1);
}

#[tokio::test]
async fn code_and_error_come_in_a_form_if_requested() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let by_form = ("response_mode", "form_post");
    let hostile = "\"><script>alert(1)</script>";
    let form = browser.authorize(&web.url_with(&[by_form, ("state", hostile)])).await;
    assert_form_post(&form);
    let state = "name=\"state\" value=\"&quot;&gt;&lt;script&gt;alert(1)&lt;&#x2f;script&gt;\"";
    assert!(form.body.contains("name=\"code\" value=\"gac_") && form.body.contains(state), "{form:?}");
    for (changes, error) in [
        ([by_form, ("scope", "nonsense")], "invalid_scope"),
        ([by_form, ("prompt", "none login")], "invalid_request"),
        ([by_form, ("scope", "secret")], "forbidden_scope"),
    ] {
        let form = browser.get(&web.url_with(&changes)).await;
        assert_form_post(&form);
        assert!(form.body.contains(&format!("name=\"error\" value=\"{error}\"")), "{form:?}");
    }
    // To an unregistered redirect URI nothing is sent, in any mode.
    let elsewhere = [by_form, ("redirect_uri", "https://evil.example/callback")];
    let page = browser.get(&web.url_with(&elsewhere)).await;
    page.assert_page(400, "redirect_uri.host_mismatch");
    assert!(!page.body.contains("name=\"state\""));
}

#[tokio::test]
async fn a_browser_submits_the_form_by_itself_under_the_pages_policy() {
    let Some(chromium) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    server.user("alice").await;
    let landed = arrival("here");
    let requests = Arc::new(Mutex::new(Vec::new()));
    let seen = requests.clone();
    let site = Site::start(move |path| {
        seen.lock().unwrap().push(path.to_owned());
        landed.clone()
    });
    let uri = format!("http://localhost:{}/callback", site.port);
    let web = server.register(Registration::web("web").redirect_uri(&uri)).await;

    chromium.open(&web.url_with(&[("response_mode", "form_post"), ("scope", "nonsense")])).await;
    chromium.arrive().await;
    chromium.open("about:blank").await;
    chromium.open(&web.url_with(&[("response_mode", "form_post")])).await;
    chromium.sign_in_and_allow("alice").await;
    let callbacks: Vec<String> =
        requests.lock().unwrap().iter().filter(|path| path.starts_with("/callback")).cloned().collect();
    let [error, code] = callbacks.as_slice() else { panic!("two answers: {callbacks:?}") };
    assert!(error.starts_with("/callback error=invalid_scope&"), "{error}");
    assert!(code.starts_with("/callback code=gac_") && code.contains("&state=the+state&iss=http"), "{code}");
}
