//! What holds for every page of the console: its policy, its size, its time, and its links.

use std::collections::BTreeSet;
use std::time::Instant;

use grantor::work::{activity, kept_refusals};
use serde_json::json;

use super::Visitor;
use crate::api::Api;
use crate::support::TestServer;

/// The most that a page may load with its style sheets, in bytes.
const MOST: usize = 60_000;

/// A server with an object of each kind, and a person who has visited all of them.
pub(super) async fn filled() -> (TestServer, Visitor) {
    let server = TestServer::start_with(&[("limits.enabled", "false"), ("fetch.allow", "127.0.0.1")]).await;
    let (web, api) = (server.web().await, Api::owner(&server).await);
    server.resource("https://api.example.com", "read").await;
    let issuer = json!({
        "issuer": "https://idp.example.com", "jwks_uri": "https://idp.example.com/jwks", "scope": "read", "clients": ["web"],
    });
    let record = json!({ "name": "payment", "schema": {}, "template": "Pay" });
    assert_eq!(api.post("/authorization-types", record).await.status, 201);
    assert_eq!(api.post("/issuers", issuer).await.status, 201);
    // Nothing listens there, so what is sent stays in the list.
    let hook = json!({ "name": "Directory", "url": "http://127.0.0.1:1/", "types": ["client."] });
    let hook = api.post("/webhooks", hook).await.json();
    let sent = api.post(&format!("/webhooks/{}/test", hook["id"].as_str().unwrap()), json!({})).await;
    assert_eq!(sent.status, 201, "{sent:?}");
    let mut browser = server.alice().await;
    let code = web.code(&mut browser).await;
    assert_eq!(web.redeem_with(&code, &[]).await.status, 200);
    for uri in
        ["https://app.example/callback/", "http://app.example/callback", "https://www.app.example/callback"]
    {
        server.get(&web.url_with(&[("redirect_uri", uri)])).await;
    }
    server.get(&web.url_with(&[("scope", "read secret")])).await;
    kept_refusals::store(&server.app).await;
    activity::store(&server.app).await;
    let visitor = Visitor::owner(&server).await;
    (server, visitor)
}

/// The paths of all pages that can be reached from the overview by links, without their queries.
pub(super) async fn reached(server: &TestServer, visitor: &mut Visitor) -> Vec<String> {
    let (mut seen, mut next) = (BTreeSet::new(), vec![("/admin".to_owned(), String::new())]);
    let (mut pages, mut broken) = (Vec::new(), Vec::new());
    while let Some((path, from)) = next.pop() {
        let plain = path.split('?').next().unwrap().to_owned();
        if !seen.insert(plain) {
            continue;
        }
        let page = visitor.open(&path).await;
        if page.status != 200 {
            broken.push(format!("{path}, a link of {from}: {}", page.status));
        }
        let links = page.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let own = links.map(|link| link.replace("&#x2f;", "/").replace("&amp;", "&"));
        let own_path = path.clone();
        next.extend(own.filter_map(|link| {
            let path = link.strip_prefix(&server.url)?.to_owned();
            path.starts_with("/admin").then(|| (path, own_path.clone()))
        }));
        pages.push(path);
    }
    assert!(broken.is_empty(), "{broken:?}");
    pages
}

#[tokio::test]
async fn every_page_is_small_and_quick_has_a_strict_policy_and_leads_somewhere() {
    let (server, mut visitor) = filled().await;
    let paths = reached(&server, &mut visitor).await;
    assert!(paths.len() > 60, "{paths:?}");
    let page = visitor.open("/admin").await;
    let styles =
        page.body.split("<link rel=\"stylesheet\" href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let mut weight = 0;
    for style in styles {
        weight += visitor.browser.get(&style.replace("&#x2f;", "/")).await.body.len();
    }
    assert!(weight > 10_000, "{weight}");
    for path in &paths {
        let mut quickest = u128::MAX;
        for _ in 0..3 {
            let began = Instant::now();
            let page = visitor.browser.get(path).await;
            quickest = quickest.min(began.elapsed().as_millis());
            assert_eq!(page.status, 200, "{path}");
            assert!(page.body.len() + weight <= MOST, "{path} has {} bytes", page.body.len() + weight);
            assert_eq!(
                page.header("content-security-policy"),
                "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                 frame-ancestors 'none'",
                "{path}"
            );
            assert_eq!(page.header("cache-control"), "no-store", "{path}");
            assert_eq!(page.header("x-frame-options"), "DENY", "{path}");
            for forbidden in ["<script", " style=\"", "javascript:", " onclick"] {
                assert!(!page.body.contains(forbidden), "{path} has {forbidden}");
            }
        }
        // A build for tests is several times slower than the one that is shipped, for which the figure is 30 ms.
        assert!(quickest < 300, "{path} takes {quickest} ms");
    }
}

#[tokio::test]
async fn a_page_that_does_not_exist_is_an_error_page_of_the_console() {
    let server = TestServer::start().await;
    let mut visitor = Visitor::owner(&server).await;
    for path in [
        "/admin/nothing",
        "/admin/clients/none",
        "/admin/users/none",
        "/admin/clients/none/edit",
        "/admin/new/x",
        "/admin/clients/%00",
    ] {
        let page = visitor.open(path).await;
        assert_eq!(page.status, 404, "{path}: {page:?}");
        assert!(page.body.contains("aria-label=\"Console\""), "{page:?}");
    }
    let page = visitor.open("/admin/clients?cursor=wrong").await;
    assert_eq!(page.status, 400, "{page:?}");
    let answer = visitor.browser.post("/admin/clients", &[]).await;
    assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "GET, HEAD"));
    assert!(answer.body.contains("<html"), "{answer:?}");
}
