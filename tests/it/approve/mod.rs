//! `/approve`: people find the requests that applications on other devices send them, and answer them (CIBA).

mod browsers;
mod other_people;
mod webhook;

use std::time::Duration;

use futures_util::future::join_all;
use grantor::oauth::client::GrantType;

use crate::support::cluster::Cluster;
use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Browser, Operator, TestServer};

const CIBA: &str = "urn:openid:params:grant-type:ciba";
const MESSAGE: &str = "Order 4711";

fn shop(id: &str) -> Registration {
    Registration::web(id).grants(&[GrantType::Ciba]).scopes("openid read write pay")
}

/// Asks for `alice` with a message. Returns the `auth_req_id`.
async fn ask(app: &Application) -> String {
    ask_with(app, &[("login_hint", "alice"), ("binding_message", MESSAGE)]).await
}

async fn ask_with(app: &Application, form: &[(&str, &str)]) -> String {
    let answer = app.post("/bc-authorize", &[&[("scope", "openid read")], form].concat()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.get("auth_req_id")
}

async fn poll(app: &Application, auth_req_id: &str) -> Answer {
    app.token(&[("grant_type", CIBA), ("auth_req_id", auth_req_id)]).await
}

/// The list of the requests, for `alice`, who signs in first if she is not.
async fn list(alice: &mut Browser) -> Answer {
    let page = alice.open("/approve").await;
    if page.is_sign_in() { alice.sign_in(&page, "alice").await } else { page }
}

/// The address of a request in the list; the first one is the newest.
fn address(list: &Answer, place: usize) -> String {
    list.attribute(&format!("id=\"request-{place}\" class=\"row ask\" href=\""))
}

/// How many requests the list has.
fn length(list: &Answer) -> usize {
    list.body.matches("class=\"row ask\"").count()
}

/// Opens the question of the newest request.
async fn question(alice: &mut Browser) -> Answer {
    let page = list(alice).await;
    let page = alice.open(&address(&page, 1)).await;
    assert!(page.is_consent(), "{page:?}");
    page
}

#[tokio::test]
async fn a_person_finds_a_request_allows_it_and_the_application_gets_tokens() {
    let server = TestServer::start().await;
    let (app, mut alice) = (server.register(shop("shop")).await, server.alice().await);
    let sign_in = alice.open("/approve").await;
    assert!(sign_in.is_sign_in() && sign_in.body.contains("Sign in to see your requests"), "{sign_in:?}");
    let page = alice.sign_in(&sign_in, "alice").await;
    assert!(page.body.contains("id=\"nothing\"") && page.url.path() == "/approve", "{page:?}");
    assert!(!alice.open("/").await.body.contains("id=\"approve\""));

    let id = ask(&app).await;
    poll(&app, &id).await.assert_json_error(400, "authorization_pending", "auth_req_id.pending");
    for path in ["/", "/device"] {
        let page = alice.open(path).await;
        assert_eq!(page.attribute("id=\"approve\" href=\""), format!("{}/approve", server.url), "{path}");
        assert!(page.body.contains("A request waits for your answer"), "{page:?}");
    }
    server.clock.advance(Duration::from_secs(65));
    let page = alice.open("/approve").await;
    for part in ["A request waits for your answer", "The shop application", MESSAGE, "Asked a minute ago."] {
        assert!(page.body.contains(part), "{part}: {page:?}");
    }
    assert!(!page.body.contains("alice@example.com"), "one account needs no name: {page:?}");
    let page = alice.open(&address(&page, 1)).await;
    assert!(page.is_consent(), "{page:?}");
    for part in [
        "Allow the request of <bdi>The shop application</bdi>?",
        "<bdi id=\"message\">Order 4711</bdi>",
        "must show exactly this",
        "do not allow it",
        "Asked a minute ago.",
        "Read your things",
        "alice@example.com",
    ] {
        assert!(page.body.contains(part), "{part}: {page:?}");
    }
    assert!(!page.body.contains("id=\"accounts\""), "only this account can answer: {page:?}");
    let done = alice.submit(&page, &[("allow", "1")]).await;
    assert!(done.body.contains("id=\"allowed\"") && done.body.contains("close this page"), "{done:?}");
    let tokens = poll(&app, &id).await;
    assert_eq!((tokens.status.as_u16(), tokens.get("scope").as_str()), (200, "openid read"), "{tokens:?}");
    let reply = server.user_info(&tokens.get("access_token")).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(length(&alice.open("/approve").await), 0);
    assert!(!alice.open("/").await.body.contains("id=\"approve\""));
}

#[tokio::test]
async fn a_denied_request_is_over_and_the_application_learns_it() {
    let server = TestServer::start().await;
    let (app, mut alice) = (server.register(shop("shop")).await, server.alice().await);
    let id = ask(&app).await;
    let at = address(&list(&mut alice).await, 1);
    let page = question(&mut alice).await;
    let done = alice.submit(&page, &[("deny", "1")]).await;
    assert!(done.body.contains("id=\"denied\"") && done.body.contains("you did the right thing"), "{done:?}");
    poll(&app, &id).await.assert_json_error(400, "access_denied", "auth_req_id.denied");
    // The link in a message, an older copy of the question, and an id that no request has.
    let over = async |answer: Answer| {
        answer.assert_page(400, "backchannel.over");
        assert!(answer.body.contains("This request is over"), "{answer:?}");
    };
    over(alice.open(&at).await).await;
    over(alice.submit(&page, &[("allow", "1")]).await).await;
    for made_up in ["/approve/made-up", &format!("/approve/{}", "x".repeat(500)), "/approve/%00"] {
        over(alice.open(made_up).await).await;
    }
    poll(&app, &id).await.assert_json_error(400, "access_denied", "auth_req_id.denied");
    let events = server.number("SELECT COUNT(*) FROM events WHERE act = 'backchannel.denied'").await;
    assert_eq!(events, 1);
}

#[tokio::test]
async fn each_request_is_asked_and_the_page_after_an_answer_leads_to_the_next() {
    let server = TestServer::start().await;
    let mut own = shop("shop");
    own.client.first_party = true;
    let (app, mut alice) = (server.register(own).await, server.alice().await);
    let first = ask(&app).await;
    server.clock.advance(Duration::from_secs(5));
    let second = ask_with(&app, &[("login_hint", "alice")]).await;
    let page = list(&mut alice).await;
    assert_eq!((length(&page), page.body.contains("2 requests wait for your answer")), (2, true), "{page:?}");
    // The newest is the one without a message.
    let page = question(&mut alice).await;
    assert!(page.body.contains("only if you have just started it yourself"), "{page:?}");
    let done = alice.submit(&page, &[("allow", "1")]).await;
    assert!(done.body.contains("id=\"allowed\"") && done.body.contains("A request waits"), "{done:?}");
    assert_eq!(poll(&app, &second).await.status, 200);
    let page = question(&mut alice).await;
    assert!(page.body.contains(MESSAGE), "{page:?}");
    alice.submit(&page, &[("allow", "1")]).await;
    assert_eq!(poll(&app, &first).await.status, 200);
}

#[tokio::test]
async fn a_request_that_expires_while_its_page_is_open_is_over() {
    let server = TestServer::start().await;
    let (app, mut alice) = (server.register(shop("shop")).await, server.alice().await);
    let id = ask_with(&app, &[("login_hint", "alice"), ("requested_expiry", "60")]).await;
    let page = question(&mut alice).await;
    server.clock.advance(Duration::from_secs(60));
    alice.submit(&page, &[("allow", "1")]).await.assert_page(400, "backchannel.over");
    alice.submit(&page, &[("deny", "1")]).await.assert_page(400, "backchannel.over");
    assert_eq!(length(&list(&mut alice).await), 0);
    poll(&app, &id).await.assert_json_error(400, "expired_token", "auth_req_id.expired");
}

#[tokio::test]
async fn what_an_application_sends_is_only_text() {
    let server = TestServer::start().await;
    let (app, mut alice) = (server.register(shop("shop")).await, server.alice().await);
    ask_with(&app, &[("login_hint", "alice"), ("binding_message", "<b>\"4711\"</b> & more")]).await;
    for page in [list(&mut alice).await, question(&mut alice).await] {
        assert!(page.body.contains("&lt;b&gt;&quot;4711&quot;&lt;&#x2f;b&gt; &amp; more"), "{page:?}");
        assert!(!page.body.contains("<b>"), "{page:?}");
    }
}

#[tokio::test]
async fn a_part_of_a_request_can_be_allowed() {
    let server = TestServer::start().await;
    let mut partial = shop("shop");
    partial.client.partial_consent = true;
    let (app, mut alice) = (server.register(partial).await, server.alice().await);
    let form = [("scope", "openid read pay"), ("login_hint", "alice")];
    let answer = app.post("/bc-authorize", &form).await;
    let page = question(&mut alice).await;
    let done = alice.submit(&page, &[("allow", "1"), ("scope", "read")]).await;
    assert!(done.body.contains("id=\"allowed\""), "{done:?}");
    assert_eq!(poll(&app, &answer.get("auth_req_id")).await.get("scope"), "openid read");
}

#[tokio::test]
async fn a_client_that_is_disabled_asks_no_one_any_more() {
    let server = TestServer::start().await;
    let (app, mut alice) = (server.register(shop("shop")).await, server.alice().await);
    ask(&app).await;
    let page = list(&mut alice).await;
    let at = address(&page, 1);
    Operator::of(&server).done(&["client", "update", "shop", "--disable"]);
    alice.open(&at).await.assert_page(400, "client.disabled");
    assert_eq!(length(&alice.open("/approve").await), 0, "the client was read anew");
}

#[tokio::test]
async fn of_64_answers_at_once_on_two_nodes_one_counts() {
    let cluster = Cluster::of(2).await;
    let app = cluster.server.register(shop("shop")).await;
    cluster.server.user("alice").await;
    let mut alice = cluster.server.browser();
    let id = ask(&app).await;
    let page = question(&mut alice).await;
    let mut windows: Vec<Browser> = (0..64).map(|_| alice.clone_with_cookies()).collect();
    let page = &page;
    let answers = windows.iter_mut().enumerate().map(async |(n, window)| {
        let button = if n % 2 == 0 { "allow" } else { "deny" };
        window.submit(page, &[(button, "1")]).await
    });
    let answers = join_all(answers).await;
    let ended = |outcome: &str| {
        let mark = format!("id=\"{outcome}\"");
        answers.iter().filter(|page| page.body.contains(&mark)).count()
    };
    let (allowed, denied) = (ended("allowed"), ended("denied"));
    assert!((allowed == 0) != (denied == 0), "{allowed} allowed, {denied} denied");
    let polled = poll(&app, &id).await;
    assert_eq!(polled.status == 200, allowed > 0, "{polled:?}");
}
