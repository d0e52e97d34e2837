//! People who are signed in: each account has a limit, and the answer is a page that leads to no application.

use std::time::Duration;

use reqwest::Method;

use super::{PROXIED, assert_limited};
use crate::support::{Answer, Browser, TestServer};

const OPTIONS: [(&str, &str); 2] = [PROXIED, ("limits.account", "10")];

/// Opens a page in a signed-in browser, each time from another network.
async fn open(browser: &mut Browser, network: usize, path: &str) -> Answer {
    let from = format!("203.0.113.{network}");
    browser.request(Method::GET, path, &[("x-forwarded-for", &from)], "").await
}

#[tokio::test]
async fn an_account_has_a_limit_whatever_the_network_and_may_still_sign_out() {
    let server = TestServer::start_with(&OPTIONS).await;
    let web = server.web().await;
    let mut alice = server.alice().await;
    web.code(&mut alice).await;
    server.clock.advance(Duration::from_secs(60));
    for network in 0..10 {
        assert_eq!(open(&mut alice, network, "/").await.status, 200, "{network}");
    }
    for path in ["/".to_owned(), web.url_with(&[]), web.url_with(&[("prompt", "none")])] {
        let limited = open(&mut alice, 11, &path).await;
        limited.assert_page(429, "limits.account");
        assert_limited(&limited, "pages-account", 10, 6);
    }
    assert_eq!(open(&mut alice.stranger(), 11, "/").await.status, 200, "without the session");
    server.user("bob").await;
    let mut bob = server.browser();
    let page = bob.open(&web.url_with(&[])).await;
    let page = bob.sign_in(&page, "bob").await;
    assert!(page.is_consent(), "{page:?}");
    server.clock.advance(Duration::from_secs(5));
    assert_limited(&open(&mut alice, 1, "/").await, "pages-account", 10, 1);
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(open(&mut alice, 1, "/").await.status, 200);
    assert_limited(&open(&mut alice, 1, "/").await, "pages-account", 10, 6);
    alice.sign_out().await;
}

#[tokio::test]
async fn userinfo_counts_for_the_account_and_not_for_the_network_of_the_application() {
    let options = [PROXIED, ("limits.account", "10"), ("limits.userinfo", "2")];
    let server = TestServer::start_with(&options).await;
    let web = server.register(crate::support::relying_party::Registration::web("web").scopes("openid")).await;
    let mut tokens = Vec::new();
    for name in ["alice", "bob"] {
        server.user(name).await;
        let mut browser = server.browser();
        let page = browser.open(&web.url_with(&[("scope", "openid")])).await;
        let page = browser.sign_in(&page, name).await;
        let code = browser.allow(&page).await.get("code");
        tokens.push(web.redeem_by_hand(&code).await.get("access_token"));
    }
    for _ in 0..10 {
        assert_eq!(server.user_info(&tokens[0]).await.status, 200);
    }
    let limited = server.user_info(&tokens[0]).await;
    limited.assert_json_error(429, "temporarily_unavailable", "limits.account");
    assert_limited(&limited, "userinfo-account", 10, 6);
    assert_eq!(server.user_info(&tokens[1]).await.status, 200, "another person");
    for _ in 0..2 {
        assert_eq!(server.user_info("gat_unknown").await.status, 401);
    }
    assert_limited(&server.user_info(&tokens[1]).await, "userinfo", 2, 30);
}
