//! Redirect URIs that are not registered or ambiguous lead to an error page.

use grantor::oauth::client::ClientKind;

use super::corpus::corpus;
use super::register;
use crate::support::{Answer, Application, Browser, TestServer};

const WEB: [&str; 2] = ["https://app.example/callback", "https://app.example/return?tenant=1"];
const LOOPBACK: [&str; 2] = ["http://127.0.0.1/cb?x=1", "http://[::1]:9000/cb?x=1"];
const PRIVATE: [&str; 1] = ["com.example.app:/cb"];

/// Other errors in the same request: the redirect URI is checked first.
const CHANGES: [&[(&str, &str)]; 2] = [&[], &[("response_type", "token"), ("scope", "unknown")]];

/// Sends every hostile URI in every way, and expects an error page each time.
async fn refuses_all(server: &TestServer, application: &Application, good: &str) {
    let corpus = corpus();
    assert!(corpus.len() >= 600, "the corpus has {} URIs", corpus.len());
    let mut browser = server.browser();
    for changes in CHANGES {
        // With the registered URI the same requests redirect, so the URI alone makes the difference.
        for answer in send(&mut browser, application, good, changes).await {
            assert_eq!(answer.status, 303, "{answer:?}");
        }
        for uri in &corpus {
            for answer in send(&mut browser, application, uri, changes).await {
                assert_refused(server, uri, &answer);
            }
            browser.cookies.clear();
        }
    }
}

/// Sends a request as GET and as POST.
async fn send(
    browser: &mut Browser,
    application: &Application,
    uri: &str,
    rest: &[(&str, &str)],
) -> [Answer; 2] {
    let mut changes = vec![("redirect_uri", uri)];
    changes.extend_from_slice(rest);
    let body = application.request_with(&changes).into_bytes();
    let got = browser.get(&application.url_with(&changes)).await;
    [got, browser.post_raw("/authorize", "application/x-www-form-urlencoded", body).await]
}

#[track_caller]
fn assert_refused(server: &TestServer, uri: &str, answer: &Answer) {
    assert_eq!(answer.status, 400, "{uri:?}: {answer:?}");
    assert!(!answer.headers.contains_key("location"), "{uri:?}");
    assert!(!answer.headers.contains_key("refresh"), "{uri:?}");
    assert!(!answer.headers.contains_key("set-cookie"), "{uri:?}");
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{uri:?}");
    let reasons = ["<code>redirect_uri.", "<code>parameter.too_long<", "<code>parameter.malformed<"];
    assert!(reasons.iter().any(|reason| answer.body.contains(reason)), "{uri:?}: {answer:?}");
    // A few are so short, or so similar to the server's own address, that every page contains them.
    if uri.len() > 8 && !server.url.contains(uri) {
        assert!(!outside_code(&answer.body).contains(uri), "{uri:?} is in the page, and not only as text");
    }
}

/// A page without the elements that show the address that came and the part that differs, each of which is text only.
fn outside_code(body: &str) -> String {
    // The address of the page, with which it comes again in another language, has the parameters as well.
    let (before, rest) = body.split_once(" name=\"return_to\" value=\"").unwrap_or((body, "\""));
    let (_, after) = rest.split_once('"').expect("the end of the attribute");
    ["came", "differs"].iter().fold(format!("{before}{after}"), |body, id| {
        let begin = format!("<code id=\"{id}\">");
        let Some((before, rest)) = body.split_once(&begin) else { return body };
        let (text, after) = rest.split_once("</code>").expect("the end of the element");
        let text = text.replace("<mark>", "").replace("</mark>", "");
        assert!(!text.contains('<') && text.is_ascii() && text.len() < 2000, "{text}");
        format!("{before}{after}")
    })
}

#[tokio::test]
async fn the_page_and_the_log_show_the_address_that_came_and_what_differs() {
    let server = TestServer::start().await;
    let uris = ["https://app.example/callback", "http://127.0.0.1:3000/cb?x=1"];
    let web = server.register(register(ClientKind::Web, "web", &uris)).await;
    let long = format!("https://app.example/{}", "x".repeat(3000));
    for (uri, part, text) in [
        ("http://127.0.0.1:3001/cb?x=1", "port", "3001"),
        ("http://127.0.0.1:3000/cb?x=2", "query", "x=2"),
        ("http://127.0.0.1:3000/cb", "query", "(empty)"),
        ("https://app.example/callback/", "path", "/callback/"),
        ("http://app.example/callback", "scheme", "http"),
        ("https://evil.example/callback", "host", "evil.example"),
        ("https://app.example:443/callback", "spelling", "https://app.example:443/callback"),
        ("HTTPS://app.example/callback", "spelling", "HTTPS://app.example/callback"),
        ("https://app.example/callback ", "spelling", "https://app.example/callback%20"),
        (" https://app.example/callback", "spelling", "%20https://app.example/callback"),
        ("HTTP://app.example/callback", "scheme", "HTTP"),
        ("https://app.example/a%20b", "path", "/a%20b"),
        ("https://app.example/a%2520b", "path", "/a%2520b"),
        ("https://app.example/callback?a=%41", "query", "a=%41"),
        ("https://\u{fc}ber.example/\u{202e}", "host", "xn--ber-goa.example"),
        ("https://app.example/<b>", "path", "/<b>"),
        (long.as_str(), "path", "xxx"),
    ] {
        let page = server.get(&web.url_with(&[("redirect_uri", uri)])).await;
        assert_eq!(page.status, 400);
        let shown = |id: &str| {
            let (_, rest) = page.body.split_once(&format!("<code id=\"{id}\">")).expect("the element");
            let text = rest.split("</code>").next().unwrap();
            text.replace("<mark>", "")
                .replace("</mark>", "")
                .replace("&#x2f;", "/")
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&amp;", "&")
        };
        let came = shown("came");
        assert!(came.is_ascii() && came.len() < 320, "{came}");
        assert!(
            came == uri.replace(' ', "%20") || came.ends_with("...") || came.contains("%C3"),
            "{uri}: {came}"
        );
        assert!(page.body.contains(&format!("<dd>The {part}: ")), "{uri}: {page:?}");
        let differs = shown("differs");
        assert!(differs == text || (text == "xxx" && differs.contains(text)), "{uri}: {differs}");
        // The registered address is for the operator.
        assert!(!page.body.contains("registered: "), "{page:?}");
    }
}

#[tokio::test]
async fn an_address_that_cannot_be_compared_is_shown_alone() {
    let server = TestServer::start().await;
    let web = server.register(register(ClientKind::Web, "web", &WEB)).await;
    let twice = server.get(&web.url_with(&[("redirect_uri", "https%3A%2F%2Fapp.example%2Fcallback")])).await;
    assert!(
        twice.body.contains("<code id=\"came\">https%3A%2F%2Fapp.example%2Fcallback</code>"),
        "{twice:?}"
    );
    let page = server.get(&web.url_with(&[("redirect_uri", "/callback")])).await;
    page.assert_page(400, "redirect_uri.malformed");
    assert!(
        page.body.contains("<code id=\"came\">&#x2f;callback</code>")
            && !page.body.contains("id=\"differs\"")
    );
    let after = "/logout?client_id=web&post_logout_redirect_uri=https://app.example/bye";
    assert!(
        server
            .get(after)
            .await
            .body
            .contains("<code id=\"came\">https:&#x2f;&#x2f;app.example&#x2f;bye</code>")
    );
}

#[tokio::test]
async fn the_page_never_blames_a_port_that_is_free() {
    let server = TestServer::start().await;
    let mut registration = register(ClientKind::Native, "native", &LOOPBACK);
    registration.client.post_logout_redirect_uris = registration.client.redirect_uris.clone();
    let native = server.register(registration).await;
    for (uri, part, text) in [
        ("http://127.0.0.1:51004/back?x=1", "path", "&#x2f;back"),
        ("http://[::1]:51004/cb?x=2", "query", "x=2"),
        ("http://127.0.0.1:0/cb?x=1", "port", "0"),
    ] {
        let after: String =
            serde_urlencoded::to_string([("client_id", "native"), ("post_logout_redirect_uri", uri)])
                .unwrap();
        for path in [native.url_with(&[("redirect_uri", uri)]), format!("/logout?{after}")] {
            let page = server.get(&path).await;
            let said = format!("The {part}: <code id=\"differs\">{text}</code>");
            assert!(page.body.contains(&said), "{uri}: {page:?}");
        }
    }
}

#[tokio::test]
async fn no_hostile_uri_is_followed_for_a_web_client() {
    let server = TestServer::start().await;
    let web = server.register(register(ClientKind::Web, "web", &WEB)).await;
    refuses_all(&server, &web, WEB[1]).await;
}

#[tokio::test]
async fn no_hostile_uri_is_followed_for_a_native_client_on_loopback() {
    let server = TestServer::start().await;
    let native = server.register(register(ClientKind::Native, "native", &LOOPBACK)).await;
    refuses_all(&server, &native, "http://127.0.0.1:51004/cb?x=1").await;
}

#[tokio::test]
async fn no_hostile_uri_is_followed_for_a_native_client_with_a_private_scheme() {
    let server = TestServer::start().await;
    let native = server.register(register(ClientKind::Native, "native", &PRIVATE)).await;
    refuses_all(&server, &native, PRIVATE[0]).await;
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused_in_a_redirect_uri() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let rest = web.request_with(&[("redirect_uri", "")]);
    for bytes in ["%FF", "%C0%AF", "%ED%A0%80", "%F5%80%80%80", "%E2%82"] {
        let query = format!("{rest}&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback{bytes}");
        let got = server.get(&format!("/authorize?{query}")).await;
        got.assert_page(400, "parameter.malformed");
        let posted = server
            .browser()
            .post_raw("/authorize", "application/x-www-form-urlencoded", query.into_bytes())
            .await;
        posted.assert_page(400, "parameter.malformed");
    }
}

#[tokio::test]
async fn a_repeated_missing_or_empty_client_or_redirect_uri_ends_on_a_page() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let good = web.request_with(&[]);
    let without_uri = web.request_with(&[("redirect_uri", "")]);
    let without_client = web.request_with(&[("client_id", "")]);
    let own = "redirect_uri=https%3A%2F%2Fapp.example%2Fcallback";
    let evil = "redirect_uri=https%3A%2F%2Fevil.example%2F";
    let cases = [
        (format!("{good}&{own}"), "redirect_uri.repeated"),
        (format!("{good}&{evil}"), "redirect_uri.repeated"),
        (format!("{evil}&{good}"), "redirect_uri.repeated"),
        (format!("{good}&redirect_uri="), "redirect_uri.repeated"),
        (format!("redirect_uri&{good}"), "redirect_uri.repeated"),
        (without_uri.clone(), "redirect_uri.missing"),
        (format!("{without_uri}&redirect_uri="), "redirect_uri.missing"),
        (format!("{without_uri}&Redirect_uri=https%3A%2F%2Fapp.example%2Fcallback"), "redirect_uri.missing"),
        (
            format!("{without_uri}&redirect_uri[]=https%3A%2F%2Fapp.example%2Fcallback"),
            "redirect_uri.missing",
        ),
        (format!("{good}&client_id=web"), "client_id.repeated"),
        (format!("client_id=other&{good}"), "client_id.repeated"),
        (format!("{good}&client_id="), "client_id.repeated"),
        (without_client.clone(), "client_id.missing"),
        (format!("{without_client}&client_id="), "client_id.missing"),
        (format!("{without_client}&client_id=nobody"), "client.unknown"),
        (format!("{without_client}&client_id=WEB"), "client.unknown"),
        (format!("{without_client}&client_id=web%20"), "client.unknown"),
        (format!("{without_client}&client_id=web%00"), "parameter.malformed"),
        (format!("{without_client}&client_id=w%D0%B5b"), "client.unknown"),
    ];
    for (query, reason) in cases {
        let mut browser = server.browser();
        browser.get(&format!("/authorize?{query}")).await.assert_page(400, reason);
        let form = query.into_bytes();
        let posted = browser.post_raw("/authorize", "application/x-www-form-urlencoded", form).await;
        posted.assert_page(400, reason);
    }
}

#[tokio::test]
async fn query_parameters_of_a_post_are_ignored() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let mut browser = server.alice().await;
    let path = "/authorize?redirect_uri=https%3A%2F%2Fevil.example%2F&client_id=nobody&response_type=token";
    let form = web.request_with(&[("scope", "unknown")]).into_bytes();
    let answer = browser.post_raw(path, "application/x-www-form-urlencoded", form).await;
    answer.assert_redirect_error("invalid_scope", "scope.unknown", &server.url);
    assert!(answer.location().unwrap().starts_with("https://app.example/callback?error="));
}

#[tokio::test]
async fn a_disabled_client_is_not_returned_to() {
    let server = TestServer::start().await;
    let web = server.web().await;
    server.sql("UPDATE clients SET disabled_at = 1, version = version + 1").await;
    server.get(&web.url_with(&[])).await.assert_page(400, "client.disabled");
    server.get(&web.url_with(&[("scope", "unknown")])).await.assert_page(400, "client.disabled");
}
