//! Backchannel requests: an application asks for a person, who answers on a device of their own (OpenID Client-Initiated
//! Backchannel Authentication Core 1.0).

mod clients;
mod hints;
mod library;
mod limits;
mod nodes;
mod ping;
mod ping_list;
mod polls;
mod requests;
mod settings;
mod signed;
mod tokens;
mod user_codes;

use grantor::oauth::client::GrantType;
use serde_json::Value;

use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Browser, TestServer};

const CIBA: &str = "urn:openid:params:grant-type:ciba";
const BEGIN: &str = "/bc-authorize";
/// A good request about Alice.
const ALICE: &[(&str, &str)] = &[("scope", "openid read"), ("login_hint", "alice")];

fn asking(id: &str) -> Registration {
    Registration::web(id)
        .grants(&[GrantType::Ciba, GrantType::RefreshToken])
        .scopes("openid read write offline_access")
}

/// A bank that asks its customers, and the customer Alice.
async fn bank(server: &TestServer) -> (Application, Browser) {
    (server.register(asking("bank")).await, server.alice().await)
}

/// The good request with `changes` over it; an empty value removes a parameter.
fn form<'f>(changes: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    let mut form = ALICE.to_vec();
    for (name, value) in changes {
        form.retain(|(key, _)| key != name);
        if !value.is_empty() {
            form.push((name, value));
        }
    }
    form
}

async fn ask(app: &Application, changes: &[(&str, &str)]) -> Answer {
    app.post(BEGIN, &form(changes)).await
}

/// A request that is accepted. Returns its `auth_req_id`.
async fn begin(app: &Application, changes: &[(&str, &str)]) -> String {
    let answer = ask(app, changes).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "no-store"), "{answer:?}");
    answer.get("auth_req_id")
}

async fn poll(app: &Application, id: &str) -> Answer {
    app.token(&[("grant_type", CIBA), ("auth_req_id", id)]).await
}

/// Opens a page, and signs in as this person first if no one is signed in.
async fn open(browser: &mut Browser, path: &str, username: &str) -> Answer {
    let page = browser.open(path).await;
    if page.is_sign_in() { browser.sign_in(&page, username).await } else { page }
}

/// The question of the request that waits for Alice.
async fn question(browser: &mut Browser) -> Answer {
    let page = open(browser, "/approve", "alice").await;
    let page = browser.open(&link(&page)).await;
    assert!(page.is_consent(), "{page:?}");
    page
}

/// The first link to a request on the page that lists them.
fn link(page: &Answer) -> String {
    let links = page.body.split("href=\"").skip(1).filter_map(|text| text.split('"').next());
    let mut links = links.map(|link| link.replace("&#x2f;", "/"));
    links.find(|link| link.contains("/approve/")).unwrap_or_else(|| panic!("a request: {page:?}"))
}

/// Alice answers the request that waits: `allow` or `deny`.
pub(crate) async fn answer(browser: &mut Browser, field: &str) {
    let page = question(browser).await;
    let done = browser.submit(&page, &[(field, "1")]).await;
    assert_eq!((done.status.as_u16(), done.url.path()), (200, "/approve"), "{done:?}");
}

/// An allowed request. Returns its tokens.
async fn tokens(app: &Application, browser: &mut Browser, changes: &[(&str, &str)]) -> Answer {
    let id = begin(app, changes).await;
    answer(browser, "allow").await;
    let tokens = poll(app, &id).await;
    assert_eq!(tokens.status, 200, "{tokens:?}");
    tokens
}

async fn requests(server: &TestServer) -> i64 {
    server.number("SELECT COUNT(*) FROM backchannel_requests").await
}

async fn metadata(server: &TestServer) -> Value {
    server.get("/.well-known/openid-configuration").await.json()
}
