//! Errors: the form that each surface requires, at every endpoint, and the pages that explain them.

mod bodies;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use grantor::oauth::error_code::ErrorCode;
use grantor::oauth::reason::Reason;
use grantor::secret::Hash;
use reqwest::Method;
use serde_json::Value;

use crate::support::{Answer, TestServer};

const FORM: &str = "application/x-www-form-urlencoded";
/// The Accept header of a browser.
const PAGE: (&str, &str) = ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
const METADATA: &str = "/.well-known/oauth-authorization-server";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    OAuth,
    Page,
    Api,
}

/// Every endpoint, the form of its errors, and the methods that it allows.
const ENDPOINTS: [(&str, Form, &str); 16] = [
    ("/authorize", Form::Page, "GET, HEAD, POST"),
    ("/authorize/resume", Form::Page, "GET, HEAD"),
    ("/token", Form::OAuth, "POST, OPTIONS"),
    (METADATA, Form::Api, "GET, HEAD, OPTIONS"),
    ("/.well-known/openid-configuration", Form::Api, "GET, HEAD, OPTIONS"),
    ("/userinfo", Form::OAuth, "GET, HEAD, POST, OPTIONS"),
    ("/jwks", Form::Api, "GET, HEAD, OPTIONS"),
    ("/healthz", Form::Api, "GET, HEAD"),
    ("/sign-in", Form::Page, "GET, HEAD, POST"),
    ("/consent", Form::Page, "GET, HEAD, POST"),
    ("/logout", Form::Page, "GET, HEAD, POST"),
    ("/", Form::Page, "GET, HEAD"),
    ("/errors", Form::Page, "GET, HEAD"),
    ("/errors/code.expired", Form::Page, "GET, HEAD"),
    ("/assets/style.css", Form::Page, "GET, HEAD"),
    ("/logos/none", Form::Page, "GET, HEAD"),
];

#[track_caller]
fn assert_error(form: Form, answer: &Answer, status: u16, reason: &str) {
    match form {
        Form::OAuth => answer.assert_json_error(status, "invalid_request", reason),
        Form::Page => {
            answer.assert_page(status, reason);
            assert_safe_page(answer);
        }
        Form::Api => assert_api_error(answer, status),
    }
}

/// Asserts an error in the form of the general API.
#[track_caller]
fn assert_api_error(answer: &Answer, status: u16) {
    let json = answer.json();
    assert_eq!(answer.status.as_u16(), status, "{answer:?}");
    let name = answer.status.canonical_reason().unwrap();
    assert_eq!(json["message"], format!("{status} {name}"));
    assert!(json["description"].as_str().is_some_and(|text| text.len() > 10), "{answer:?}");
    assert_eq!(json["error"], Value::Null, "this is no OAuth error");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_request_id(answer);
    assert_eq!(json["request_id"], answer.header("x-request-id"));
}

#[track_caller]
fn assert_request_id(answer: &Answer) {
    let id = answer.header("x-request-id");
    let is_id = id.len() == 22 && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    assert!(is_id, "{id:?}: {answer:?}");
}

/// Asserts what protects every page: no scripts, no framing, no caching, no referrer to other sites.
#[track_caller]
fn assert_safe_page(answer: &Answer) {
    assert_request_id(answer);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{answer:?}");
    assert_eq!(answer.header("x-frame-options"), "DENY", "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store", "{answer:?}");
    assert_eq!(answer.header("referrer-policy"), "same-origin", "{answer:?}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{answer:?}");
    assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{answer:?}");
    assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{answer:?}");
    let policy = answer.header("content-security-policy");
    let directives: Vec<&str> = policy.split(';').map(str::trim).collect();
    for needed in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(directives.contains(&needed), "{needed} in {policy}");
    }
    for forbidden in ["unsafe", "http:", "https:", "data:", "*"] {
        assert!(!policy.contains(forbidden), "{forbidden} in {policy}");
    }
    // A page may have one script, of this server, which the policy names by its hash.
    let scripts: Vec<&str> = answer.body.split("<script>").skip(1).collect();
    assert_eq!(answer.body.matches("<script").count(), scripts.len(), "{answer:?}");
    let hash = |script: &str| STANDARD.encode(Hash::of(script.split("</script>").next().unwrap()).as_bytes());
    let allowed: Vec<String> =
        scripts.iter().map(|script| format!("script-src 'sha256-{}'", hash(script))).collect();
    let named: Vec<&str> = directives.iter().copied().filter(|one| one.starts_with("script-src")).collect();
    assert_eq!(named, allowed, "{answer:?}");
    for forbidden in [" style=", "javascript:", " onclick=", " onload=", "<iframe", "<base"] {
        assert!(!answer.body.contains(forbidden), "{forbidden} in {}", answer.body);
    }
    assert_no_cors(answer);
}

#[track_caller]
fn assert_no_cors(answer: &Answer) {
    assert!(
        !answer.headers.keys().any(|name| name.as_str().starts_with("access-control-")),
        "no other origin may read this: {answer:?}"
    );
}

#[tokio::test]
async fn every_reason_and_every_error_has_its_page_and_a_link_to_it() {
    let server = TestServer::start().await;
    let mut browser = server.browser();
    let index = browser.get("/errors").await;
    assert_eq!(index.status, 200);
    assert_safe_page(&index);
    let codes =
        ErrorCode::ALL.iter().map(|code| (code.as_str(), code.as_str(), code.meaning(), code.section()));
    let reasons =
        Reason::ALL.iter().map(|reason| (reason.word(), reason.code().as_str(), reason.what(), reason.fix()));
    for (word, code, first, second) in codes.chain(reasons) {
        let link = format!("<a href=\"{}/errors/{word}\">", server.url);
        assert!(index.body.replace("&#x2f;", "/").contains(&link), "/errors links to {word}");
        let page = browser.get(&format!("/errors/{word}")).await;
        assert_eq!(page.status, 200, "{word}");
        assert_safe_page(&page);
        let text = readable(&page.body);
        for part in [word, code, first, second] {
            assert!(text.contains(part), "{part} on the page of {word}: {text}");
        }
    }
}

/// The text of a page with HTML entities decoded.
fn readable(html: &str) -> String {
    let entities =
        [("&#x2f;", "/"), ("&#x27;", "'"), ("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    entities.iter().fold(html.to_owned(), |text, (entity, character)| text.replace(entity, character))
}

#[tokio::test]
async fn an_unknown_word_has_a_page_that_leads_to_the_list() {
    let server = TestServer::start().await;
    let mut browser = server.browser();
    for word in
        ["nothing", "code.expire", "CODE.EXPIRED", "%3Cscript%3E", "..%2f", "token", "healthz", "a%00b"]
    {
        let page = browser.get(&format!("/errors/{word}")).await;
        assert_eq!(page.status, 404, "{word}");
        assert_safe_page(&page);
        assert!(page.body.replace("&#x2f;", "/").contains(&format!("href=\"{}/errors\"", server.url)));
        assert!(!page.body.contains("<script"));
    }
}

#[tokio::test]
async fn an_unknown_path_is_json_for_programs_and_a_page_for_people() {
    let server = TestServer::start().await;
    let mut browser = server.browser();
    for path in
        ["/nothing", "/Token", "/token/", "/authorize/", "//authorize", "/.env", "/errors/a/b", "/%74oken/x"]
    {
        for accept in [("accept", "application/json"), ("accept", "*/*"), ("accept", "")] {
            let answer = browser.request(Method::GET, path, &[accept], "").await;
            assert_api_error(&answer, 404);
        }
        let page = browser.request(Method::GET, path, &[PAGE], "").await;
        assert_eq!(page.status, 404, "{path}");
        assert_safe_page(&page);
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
            let answer = browser.request(method, path, &[], "").await;
            assert_api_error(&answer, 404);
        }
    }
    for path in ["/assets/nothing.css", "/logos/nothing"] {
        assert_api_error(&browser.get(path).await, 404);
    }
}

#[tokio::test]
async fn a_wrong_method_gets_405_with_the_allowed_ones() {
    let server = TestServer::start().await;
    let mut browser = server.browser();
    let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "GETT"];
    let mut refused = 0;
    for (path, form, allowed) in ENDPOINTS {
        for method in methods.iter().filter(|method| !allowed.split(", ").any(|name| name == **method)) {
            let method: Method = method.parse().unwrap();
            for accept in [PAGE, ("accept", "application/json")] {
                let answer = browser.request(method.clone(), path, &[accept], "").await;
                assert_eq!(answer.status, 405, "{method} {path}: {answer:?}");
                assert_eq!(answer.header("allow"), allowed, "{method} {path}");
                assert_request_id(&answer);
                match method {
                    Method::HEAD => assert_eq!(answer.body, ""),
                    _ => assert_error(form, &answer, 405, "request.method"),
                }
                refused += 1;
            }
        }
    }
    assert!(refused > 150, "{refused}");
}

#[tokio::test]
async fn the_token_endpoint_answers_json_whatever_the_accept_header_says() {
    let server = TestServer::start().await;
    let mut browser = server.browser();
    for accept in
        ["text/html", "text/html,*/*;q=0", "image/png", "", "application/xml", "application/json;q=0"]
    {
        let headers = [("accept", accept), ("content-type", FORM)];
        let answer = browser.request(Method::POST, "/token", &headers, "grant_type=password").await;
        answer.assert_json_error(400, "unsupported_grant_type", "grant_type.unsupported");
        assert_eq!(answer.header("pragma"), "no-cache");
        let form = "grant_type=client_credentials&client_id=nobody&client_secret=x";
        let answer = browser.request(Method::POST, "/token", &headers, form).await;
        answer.assert_json_error(401, "invalid_client", "client.unknown");
        assert!(answer.header("www-authenticate").starts_with("OAuth-Client realm="));
    }
}

#[tokio::test]
async fn head_is_answered_like_get_without_the_body() {
    let server = TestServer::start().await;
    let mut browser = server.browser();
    let web = server.web().await;
    let style = server.app.pages.style_name();
    let paths = [
        "/".to_owned(),
        "/errors".into(),
        "/errors/code.expired".into(),
        "/errors/nothing".into(),
        "/healthz".into(),
        METADATA.into(),
        "/nothing".into(),
        "/logos/nothing".into(),
        format!("/assets/{style}"),
        "/authorize".into(),
        web.url_with(&[]),
        web.url_with(&[("scope", "unknown")]),
        "/sign-in?flow=none".into(),
        "/consent?flow=none".into(),
        "/logout".into(),
    ];
    for path in paths {
        let got = browser.request(Method::GET, &path, &[PAGE], "").await;
        let head = browser.request(Method::HEAD, &path, &[PAGE], "").await;
        // Where GET may change something, HEAD looks at nothing, so it knows of no error (see the module `head`).
        let is_looked_at =
            !["/authorize", "/sign-in", "/consent", "/logout"].iter().any(|page| path.contains(page));
        assert_eq!(head.status.as_u16(), if is_looked_at { got.status.as_u16() } else { 200 }, "{path}");
        assert_eq!(head.body, "", "{path}");
        assert_request_id(&head);
        if got.status.is_redirection() {
            continue;
        }
        for name in [
            "content-type",
            "cache-control",
            "content-security-policy",
            "x-content-type-options",
            "x-frame-options",
            "access-control-allow-origin",
        ] {
            assert_eq!(head.header(name), got.header(name), "{name} of {path}");
        }
        assert_eq!(head.headers.contains_key("location"), got.headers.contains_key("location"), "{path}");
    }
}

#[tokio::test]
async fn every_page_of_a_sign_in_is_safe_to_show() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let first = browser.get(&web.url_with(&[])).await;
    assert_eq!((first.status.as_u16(), first.header("cache-control")), (303, "no-store"));
    assert_eq!(
        (first.header("referrer-policy"), first.header("x-content-type-options")),
        ("same-origin", "nosniff")
    );
    assert_request_id(&first);
    assert_no_cors(&first);

    let sign_in = browser.follow(first).await;
    assert_safe_page(&sign_in);
    let wrong = browser.submit_only(&sign_in, &[("username", "alice"), ("password", "wrong")]).await;
    assert_eq!(wrong.status, 422);
    assert_safe_page(&wrong);
    let consent = browser.sign_in(&wrong, "alice").await;
    assert!(consent.is_consent());
    assert_safe_page(&consent);

    let back = browser.submit_only(&consent, &[("allow", "1")]).await;
    let back = browser.follow(back).await;
    assert_eq!((back.status.as_u16(), back.header("cache-control")), (303, "no-store"));
    assert_eq!(back.header("referrer-policy"), "same-origin", "the code must not travel in a Referer");
    assert_no_cors(&back);

    for path in ["/authorize", "/sign-in", "/consent", "/authorize/resume", "/", "/logout", "/sign-in?flow=x"]
    {
        assert_safe_page(&browser.get(path).await);
    }
}

#[tokio::test]
async fn no_other_origin_may_read_the_pages() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let origin = [("origin", "https://evil.example"), ("access-control-request-method", "GET")];
    let url = web.url_with(&[]);
    let paths = [
        url.as_str(),
        "/authorize",
        "/sign-in",
        "/consent",
        "/logout",
        "/",
        "/errors",
        "/errors/code.expired",
        "/errors/token",
        "/errors/healthz",
        "/assets/token",
        "/logos/token",
        "/authorize/resume",
    ];
    for path in paths {
        for method in [Method::GET, Method::OPTIONS, Method::POST] {
            assert_no_cors(&browser.request(method, path, &origin, "").await);
        }
    }
}

#[tokio::test]
async fn with_an_https_address_every_answer_keeps_browsers_on_https() {
    let https = ("public_url", "https://id.example.com");
    let paths = ["/", "/jwks", "/healthz", "/sign-in", "/authorize", "/nothing-here", "/logos/x", "/errors"];
    for (options, value) in [
        (vec![https], "max-age=31536000"),
        (vec![https, ("http.strict_transport_security", "0s")], "max-age=0"),
        (vec![("public_url", "https://id.example.com:8443/auth")], "max-age=31536000"),
    ] {
        let server = TestServer::start_with(&options).await;
        for path in paths {
            let answer = server.get(path).await;
            assert_eq!(answer.header("strict-transport-security"), value, "{path}");
        }
        let token = server.browser().post("/token", &[]).await;
        assert_eq!(token.header("strict-transport-security"), value, "{token:?}");
    }
    for url in
        ["", "https://localhost:8443", "https://app.localhost", "https://127.0.0.1:8443", "https://[::1]"]
    {
        let server = TestServer::start_with(&[("public_url", url)]).await;
        let answer = server.get("/").await;
        assert!(!answer.headers.contains_key("strict-transport-security"), "{url}: {answer:?}");
    }
}
