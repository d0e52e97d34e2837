//! Applications that cannot prove who they are: a page for each request, and the schemes of their addresses (RFC 8252).

use serde_json::json;

use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Browser, Operator, TestServer};

const LOOPBACK: &str = "http://127.0.0.1/cb";
const PRIVATE: &str = "com.example.app:/cb";
const CURSOR: &str = "cursor://anysphere.cursor-mcp/oauth/callback";

async fn native(server: &TestServer, uri: &str) -> Application {
    server.register(Registration::native("native").redirect_uri(uri)).await
}

/// Opens a request with another loopback port, if the address is one.
async fn ask_again(app: &Application, browser: &mut Browser, changes: &[(&str, &str)]) -> Answer {
    let uri = app.redirect_uri.replace("127.0.0.1", "127.0.0.1:49152");
    browser.open(&app.url_with(&[&[("redirect_uri", uri.as_str())], changes].concat())).await
}

#[track_caller]
fn assert_code(answer: &Answer) {
    assert!(answer.location().is_some() && answer.get("code").starts_with("gac_"), "{answer:?}");
}

#[tokio::test]
async fn a_client_that_cannot_prove_who_it_is_never_gets_a_code_without_a_page() {
    for uri in [LOOPBACK, PRIVATE] {
        let server = TestServer::start().await;
        let (app, mut alice) = (native(&server, uri).await, server.alice().await);
        assert_code(&alice.authorize(&app.url_with(&[])).await);
        // It was allowed, and the same is asked for again.
        for _ in 0..2 {
            let page = ask_again(&app, &mut alice, &[]).await;
            assert!(page.is_consent() && page.body.contains("Read your things"), "{uri}: {page:?}");
            assert!(page.body.contains("you are asked each time"), "{page:?}");
            assert_code(&alice.allow(&page).await);
        }
        let silent = ask_again(&app, &mut alice, &[("prompt", "none")]).await;
        silent.assert_redirect_error("consent_required", "consent.required", &server.url);
        let page = ask_again(&app, &mut alice, &[]).await;
        let denied = alice.submit(&page, &[("deny", "1")]).await;
        denied.assert_redirect_error("access_denied", "consent.denied", &server.url);
        // A password that was typed for this very request was a page.
        let page = ask_again(&app, &mut alice, &[("prompt", "login")]).await;
        assert_code(&alice.sign_in(&page, "alice").await);
        assert!(
            ask_again(&app, &mut alice, &[]).await.is_consent(),
            "the password was for the request before"
        );
    }
}

#[tokio::test]
async fn an_own_application_on_a_device_asks_one_question() {
    let server = TestServer::start().await;
    let mut registration = Registration::native("own").redirect_uri(LOOPBACK);
    registration.client.first_party = true;
    let (app, mut alice) = (server.register(registration).await, server.alice().await);
    let page = alice.open(&app.url_with(&[])).await;
    assert_code(&alice.sign_in(&page, "alice").await);
    let question = ask_again(&app, &mut alice, &[]).await;
    assert!(
        question.is_consent() && question.body.contains("Continue to <bdi>The own application</bdi>?"),
        "{question:?}"
    );
    assert!(!question.body.contains("Read your things") && !question.body.contains("wants to:"));
    assert_code(&alice.allow(&question).await);
    let again = ask_again(&app, &mut alice, &[]).await;
    let denied = alice.submit(&again, &[("deny", "1")]).await;
    denied.assert_redirect_error("access_denied", "consent.denied", &server.url);
    let silent = ask_again(&app, &mut alice, &[("prompt", "none")]).await;
    silent.assert_redirect_error("consent_required", "consent.required", &server.url);
    // It may still ask for the whole page.
    let page = ask_again(&app, &mut alice, &[("prompt", "consent")]).await;
    assert!(page.body.contains("Read your things"), "{page:?}");
}

#[tokio::test]
async fn clients_that_prove_who_they_are_and_those_that_the_operator_trusts_are_not_asked_again() {
    let server = TestServer::start().await;
    let mut alice = server.alice().await;
    let mut trusted = Registration::native("trusted").redirect_uri(LOOPBACK);
    trusted.client.may_reuse_consent = true;
    for registration in [
        // An https address that the application's domain proves.
        Registration::native("claimed"),
        Registration::spa("spa"),
        // A secret.
        Registration::web("web").redirect_uri(LOOPBACK),
        trusted,
    ] {
        let app = server.register(registration).await;
        assert_code(&alice.authorize(&app.url_with(&[])).await);
        assert_code(&alice.open(&app.url_with(&[])).await);
        assert_code(&alice.open(&app.url_with(&[("prompt", "none")])).await);
    }
}

#[tokio::test]
async fn an_address_on_the_device_itself_proves_nothing_also_with_https() {
    let server = TestServer::start().await;
    let mut alice = server.alice().await;
    for (uri, registration) in [
        ("http://localhost:3000/cb", Registration::spa("script")),
        ("https://localhost:3000/cb", Registration::spa("script-tls")),
        ("https://app.localhost/cb", Registration::spa("name")),
        ("https://127.0.0.1:8443/cb", Registration::native("ipv4")),
        ("https://127.0.0.2/cb", Registration::native("ipv4-other")),
        ("https://[::1]:8443/cb", Registration::native("ipv6")),
        ("https://localhost/cb", Registration::native("host")),
    ] {
        let app = server.register(registration.redirect_uri(uri)).await;
        assert_code(&alice.authorize(&app.url_with(&[])).await);
        let page = alice.open(&app.url_with(&[])).await;
        assert!(page.is_consent() && page.body.contains("you are asked each time"), "{uri}: {page:?}");
        let silent = alice.open(&app.url_with(&[("prompt", "none")])).await;
        silent.assert_redirect_error("consent_required", "consent.required", &server.url);
    }
}

#[tokio::test]
async fn an_operator_can_have_it_otherwise() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let create =
        ["client", "create", "--id", "app", "--name", "A", "--kind", "native", "--redirect-uri", LOOPBACK];
    operator.done(&[&create[..], &["--may-reuse-consent", "--scope", "read"]].concat());
    let setting = || operator.json(&["client", "show", "app"])["may_reuse_consent"].clone();
    assert_eq!(setting(), true);
    operator.done(&["client", "update", "app", "--may-reuse-consent", "false"]);
    assert_eq!(setting(), false);
    let web = ["client", "create", "--id", "web", "--name", "A", "--kind", "web", "--redirect-uri", LOOPBACK];
    let why = operator.refused(&[&web[..], &["--may-reuse-consent"]].concat());
    assert!(why.contains("--may-reuse-consent is for public clients"), "{why}");
}

#[tokio::test]
async fn a_scheme_without_a_dot_is_refused_unless_the_operator_allows_it_for_the_client() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let create = |uri: &str, more: &[&str]| -> Vec<String> {
        let all =
            ["client", "create", "--id", "app", "--name", "A", "--scope", "read", "--redirect-uri", uri];
        all.iter().chain(more).map(|text| (*text).to_owned()).collect()
    };
    let refused = |uri: &str, more: &[&str]| {
        let arguments = create(uri, more);
        operator.refused(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let kind = ["--kind", "native"];
    for uri in [CURSOR, "msauth://com.example.app/x", "vscode://ms.example/cb"] {
        let why = refused(uri, &kind);
        assert!(why.contains("--allow-scheme can allow") && why.contains("can claim such a scheme"), "{why}");
    }
    let why = refused(CURSOR, &["--kind", "native", "--allow-scheme", "vscode"]);
    assert!(why.contains("--allow-scheme can allow cursor"), "{why}");
    let fails = |arguments: &[String]| {
        let output = operator.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
    };
    fails(&create(CURSOR, &["--kind", "web", "--allow-scheme", "cursor"]));
    let never = "javascript JavaScript data file about blob http HTTP vbscript Cursor search-ms shell itms-services webcal";
    for never in never.split(' ') {
        let uri = format!("{never}:/cb");
        fails(&create(LOOPBACK, &["--kind", "native", "--allow-scheme", never, "--redirect-uri", &uri]));
        // The permission alone is refused, too.
        fails(&create(LOOPBACK, &["--kind", "native", "--allow-scheme", never]));
    }

    let good = create(CURSOR, &["--kind", "native", "--allow-scheme", "cursor"]);
    operator.done(&good.iter().map(String::as_str).collect::<Vec<_>>());
    let show = || operator.json(&["client", "show", "app"])["allowed_schemes"].clone();
    assert_eq!(show(), json!(["cursor"]));
    let app = Application::registered_at(&server.url, "app", None, CURSOR);
    let mut alice = server.alice().await;
    let page = alice.open(&app.url_with(&[])).await;
    let page = alice.sign_in(&page, "alice").await;
    // What follows the scheme looks like a host, but is not one.
    assert!(page.body.contains("you go to <strong><bdi>cursor</bdi></strong>"), "{page:?}");
    let back = alice.allow(&page).await;
    assert!(back.location().unwrap().starts_with(&format!("{CURSOR}?code=gac_")), "{back:?}");
    // The permission cannot go while an address needs it.
    let why = operator.refused(&["client", "update", "app", "--no-allowed-schemes"]);
    assert!(why.contains("--allow-scheme can allow cursor"), "{why}");
    operator.done(&["client", "update", "app", "--redirect-uri", PRIVATE, "--no-allowed-schemes"]);
    assert_eq!(show(), json!([]));
}
