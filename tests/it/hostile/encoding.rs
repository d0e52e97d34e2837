//! Values that break decoders: in parameters, credentials and cookies.

use super::{AUTHORIZE, FORM, assert_4xx, assert_well};
use crate::support::relying_party::REDIRECT_URI;
use crate::support::{Answer, TestServer};
use crate::token_endpoint::PARAMETERS;

/// Values that break decoders and headers, and whether one may be a valid value at all.
const BREAKERS: [(&str, bool); 14] = [
    ("%00", false),
    ("a%00b", false),
    ("%0d%0aX-Injected:%20yes%0d%0a%0d%0a<b>", false),
    ("%0aSet-Cookie:%20a=b", false),
    ("%0d", false),
    ("%FF%FE", false),
    ("%C0%AF", false),
    ("%ED%A0%80", false),
    ("%1b[31m", false),
    ("%C2%85", false),
    ("%", true),
    ("%zz", true),
    ("100%", true),
    ("%e5%98%8a%e5%98%8dX-Injected:%20yes", true),
];

#[tokio::test]
async fn values_that_break_decoders_break_nothing_at_the_authorization_endpoint() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let mut browser = server.browser();
    for (value, fits) in BREAKERS {
        for name in AUTHORIZE {
            let request = format!("{}&{name}={value}", web.request_with(&[(name, "")]));
            let got = browser.get(&format!("/authorize?{request}")).await;
            let posted = browser.post_raw("/authorize", FORM, request.into_bytes()).await;
            for answer in [got, posted] {
                let what = format!("{name}={value}: {answer:?}");
                assert!(!answer.headers.contains_key("x-injected"), "{what}");
                match (name, fits) {
                    ("client_id" | "redirect_uri", _) => assert_4xx(&answer, &what),
                    // Either no error, or an error about this parameter; both go to the registered URI or to a page
                    // here.
                    ("state" | "nonce", true) => assert!(!answer.get("flow").is_empty(), "{what}"),
                    (_, true) => assert_goes_back(&answer, None),
                    (_, false) => assert_goes_back(&answer, Some("parameter.malformed")),
                }
            }
            browser.cookies.clear();
        }
    }
    assert_well(&server).await;
}

#[track_caller]
fn assert_goes_back(answer: &Answer, reason: Option<&str>) {
    let location = answer.location().unwrap_or_else(|| panic!("a redirect: {answer:?}"));
    assert_eq!(answer.status, 303);
    assert!(location.starts_with(&format!("{REDIRECT_URI}?error=")), "{location}");
    assert!(location.bytes().all(|byte| byte.is_ascii_graphic()), "{location:?}");
    assert!(answer.get("error_uri").ends_with(reason.unwrap_or_default()), "{location}");
}

#[tokio::test]
async fn values_that_break_decoders_break_nothing_at_the_token_endpoint() {
    let server = TestServer::start().await;
    server.web().await;
    let mut browser = server.browser();
    for (value, fits) in BREAKERS {
        for name in PARAMETERS {
            let good = [
                ("grant_type", "authorization_code"),
                ("client_id", "web"),
                ("client_secret", "x"),
                ("code", "x"),
                ("redirect_uri", REDIRECT_URI),
            ];
            let rest: Vec<_> = good.into_iter().filter(|(key, _)| *key != name).collect();
            let body = format!("{}&{name}={value}", serde_urlencoded::to_string(rest).unwrap());
            let answer = browser.post_raw("/token", FORM, body.into_bytes()).await;
            let status = answer.status.as_u16();
            assert!(matches!(status, 400 | 401), "{name}={value}: {answer:?}");
            let reason = answer.get("reason");
            assert_eq!(reason == "parameter.malformed", !fits, "{name}={value}: {answer:?}");
            answer.assert_json_error(status, &answer.get("error"), &reason);
            assert!(!answer.headers.contains_key("x-injected"), "{name}={value}");
        }
    }
    assert_well(&server).await;
}

#[tokio::test]
#[rustfmt::skip]
async fn hostile_authorization_headers_are_refused() {
    let server = TestServer::start().await;
    server.web().await;
    let mut browser = server.browser();
    let long = format!("Basic {}", "QUFB".repeat(10_000));
    let headers = [
        "Basic", "Basic ", "Basic !!!", "Basic \t", "Basic =", "Basic OnNlY3JldA==", "Basic Og==",
        "Basic AAAA", "Bearer x", "Digest a=b", "basic", "\u{ff}", "Basic d2ViOiUwMA==", "Basic JTAwOiUwMA==",
        "Basic d2ViOiUwZCUwYQ==", "Basic 8J+Yig==",
        &long,
    ];
    for header in headers {
        let sent = [("authorization", header), ("content-type", FORM)];
        let answer =
            browser.request(reqwest::Method::POST, "/token", &sent, "grant_type=client_credentials").await;
        assert!(matches!(answer.status.as_u16(), 400 | 401), "{header:?}: {answer:?}");
        answer.assert_json_error(answer.status.as_u16(), &answer.get("error"), &answer.get("reason"));
    }
    assert_well(&server).await;
}

#[tokio::test]
async fn hostile_cookies_are_ignored() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let url = web.url_with(&[]);
    let many = "grantor-flow-x=1.y; ".repeat(200);
    let long = format!("grantor-session={}", "x".repeat(30_000));
    let secrets = format!("grantor-browser={0}; grantor-browser={0}; grantor-posted={0}", "A".repeat(60));
    for cookie in [
        "grantor-session=",
        "grantor-session",
        "=",
        ";;;",
        "grantor-session=%00",
        "a=b; grantor-session=\"x",
        &many,
        &long,
        &secrets,
    ] {
        let answer = server.browser().request(reqwest::Method::GET, &url, &[("cookie", cookie)], "").await;
        assert!(
            answer.location().is_some_and(|location| location.contains("/sign-in?flow=")),
            "{cookie}: {answer:?}"
        );
    }
}
