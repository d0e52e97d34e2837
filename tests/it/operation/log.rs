//! The log: what it says to the operator, and what it must never contain.

use reqwest::Method;

use super::{SECRET, furnish};
use crate::support::relying_party::{REDIRECT_URI, basic};
use crate::support::server::PASSWORD;
use crate::support::{Application, Browser, CommandLine, VERIFIER};

#[tokio::test]
async fn the_log_says_why_an_application_got_no_refresh_token() {
    let cli = CommandLine::new().await;
    furnish(&cli);
    cli.done(&["client", "update", "web", "--grant", "authorization_code"]);
    let serving = cli.serve(&[]);
    let web = Application::registered_at(&serving.url, "web", Some(SECRET), REDIRECT_URI);
    let back = Browser::new(&serving.url).authorize(&web.url_with(&[("scope", "read")])).await;
    let answer = web.redeem_by_hand(&back.get("code")).await;
    assert_eq!((answer.status.as_u16(), answer.get("refresh_token")), (200, String::new()));
    let (_, log) = serving.stop();
    let line = log.lines().find(|line| line.contains("no_refresh_token")).expect("a line");
    assert!(line.contains("the client is not registered for the grant refresh_token"), "{line}");
    assert!(line.contains("\"client\":\"web\"") && line.contains(answer.header("x-request-id")), "{line}");
}

/// The secrets that a log must not contain, each with its description.
type Secrets = Vec<(&'static str, String)>;

#[tokio::test]
async fn no_secret_reaches_the_log_however_much_is_logged() {
    let cli = CommandLine::new().await;
    furnish(&cli);
    let serving = cli.serve(&[("GRANTOR_LOG__FILTER", "trace")]);
    let web = Application::registered_at(&serving.url, "web", Some(SECRET), REDIRECT_URI);
    let mut secrets = good_flow(&web, &serving.url).await;
    secrets.extend(bad_flow(&web, &serving.url).await);
    let key = std::fs::read_to_string(cli.directory().join("grantor.key")).unwrap();
    secrets.push(("the master key", key.trim().to_owned()));
    secrets.push(("the password in a URL", PASSWORD.replace(' ', "+")));
    secrets.push(("the password in a URL", PASSWORD.replace(' ', "%20")));
    let (ended_well, log) = serving.stop();
    assert!(ended_well);
    assert!(
        log.contains("TRACE") && log.contains("code.unknown") && log.contains("sign_in.failed"),
        "it did log"
    );
    for (what, secret) in secrets {
        assert!(secret.len() > 8, "{what} is {secret:?}");
        let line = log.lines().find(|line| line.contains(&secret));
        assert_eq!(line, None, "{what} is in the log");
    }
}

async fn good_flow(web: &Application, url: &str) -> Secrets {
    let mut browser = Browser::new(url);
    let url = web.url_with(&[("scope", "openid read"), ("nonce", "canary-of-the-nonce")]);
    let page = browser.open(&url).await;
    let (flow_cookies, form_token) = (browser.cookies.clone(), page.form_token());
    let back = browser.authorize(&url).await;
    let tokens = web.redeem_by_hand(&back.get("code")).await;
    let refreshed = web.refresh_by_hand(&tokens.get("refresh_token")).await;
    let post = [("grant_type", "refresh_token"), ("client_id", "web"), ("client_secret", SECRET)];
    let again = browser
        .post("/token", &[&post[..], &[("refresh_token", &refreshed.get("refresh_token"))]].concat())
        .await;
    let bearer = format!("Bearer {}", refreshed.get("access_token"));
    let reply = browser.request(Method::GET, "/userinfo", &[("authorization", &bearer)], "").await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let silent = [("prompt", "none"), ("id_token_hint", &tokens.get("id_token"))];
    assert_ne!(browser.get(&web.url_with(&silent)).await.get("code"), "");
    let mut secrets = vec![
        ("the password", PASSWORD.to_owned()),
        ("the client secret", SECRET.to_owned()),
        ("the Basic credentials", basic("web", SECRET).trim_start_matches("Basic ").to_owned()),
        ("the verifier", VERIFIER.to_owned()),
        ("the code", back.get("code")),
        ("a form token", form_token),
    ];
    for answer in [tokens, refreshed, again] {
        assert_eq!(answer.status, 200, "{answer:?}");
        secrets.push(("an access token", answer.get("access_token")));
        secrets.push(("an ID Token", answer.get("id_token")));
        secrets.push(("a refresh token", answer.get("refresh_token")));
    }
    let cookies = flow_cookies.into_iter().chain(browser.cookies);
    secrets.extend(
        cookies.map(|(_, value)| ("a cookie", value.rsplit('.').next().unwrap_or_default().to_owned())),
    );
    secrets
}

/// Sends requests that are refused, with secrets in places where they do not belong.
async fn bad_flow(web: &Application, url: &str) -> Secrets {
    let mut browser = Browser::new(url);
    let page = browser.open(&web.url_with(&[])).await;
    browser.submit_only(&page, &[("username", "alice"), ("password", "canary-wrong-password")]).await;
    browser.submit_only(&page, &[("username", "alice"), ("Password", "canary-case-password")]).await;
    browser.submit_only(&page, &[("username", "canary-typed-into-username"), ("password", "x")]).await;
    web.redeem_with("gac_canary-unknown-code", &[("code_verifier", &"canary-verifier".repeat(4))]).await;
    web.refresh_by_hand("grt_canary-unknown-refresh").await;
    for form in [
        [
            ("client_id", "web"),
            ("client_secret", "canary-wrong-secret"),
            ("grant_type", "client_credentials"),
        ],
        [("client_id", "web"), ("Client_Secret", "canary-case-secret"), ("grant_type", "refresh_token")],
        [
            ("client_id", "canary-not-known"),
            ("client_secret", "canary-other-secret"),
            ("grant_type", "refresh_token"),
        ],
    ] {
        browser.post("/token", &form).await;
    }
    browser
        .post("/token?client_secret=canary-query-secret&code=canary-query-code", &[("grant_type", "x")])
        .await;
    browser.get("/authorize?client_id=web&password=canary-query-password&code_challenge=x").await;
    let (method, cookie) = (
        Method::GET,
        [("cookie", "grantor-session=canary-cookie"), ("authorization", "Bearer canary-bearer")],
    );
    browser.request(method, &web.url_with(&[]), &cookie, "").await;
    browser
        .request(
            Method::POST,
            "/token",
            &[("content-type", "application/json")],
            "{\"client_secret\":\"canary-json\"}",
        )
        .await;
    let canaries = [
        "canary-wrong-password",
        "canary-case-password",
        "canary-typed-into-username",
        "canary-unknown-code",
        "canary-verifier",
        "canary-unknown-refresh",
        "canary-wrong-secret",
        "canary-case-secret",
        "canary-other-secret",
        "canary-query-secret",
        "canary-query-code",
        "canary-query-password",
        "canary-cookie",
        "canary-bearer",
        "canary-json",
    ];
    canaries.iter().map(|canary| ("a refused secret", (*canary).to_owned())).collect()
}
