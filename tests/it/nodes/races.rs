//! What must happen once happens once, when many requests for it are spread over all nodes.

use futures_util::future::join_all;

use super::{DEVICE_CODE, assert_who, assertion, signer, television};
use crate::races::{self, CALLERS, REFRESHING, successes};
use crate::support::{Answer, Application, Browser, Cluster};

/// The application, 64 times, at the nodes in turn.
fn everywhere(cluster: &Cluster, app: &Application) -> Vec<Application> {
    cluster.nodes.iter().cycle().take(CALLERS).map(|node| app.at(&node.url)).collect()
}

/// Redeems one code at all nodes at once: one request gets tokens.
pub(super) async fn one_code(cluster: &Cluster, web: &Application, alice: &mut Browser) {
    let callers = everywhere(cluster, web);
    let callers: Vec<_> = callers.iter().collect();
    for _ in 0..4 {
        races::one_code(web, &callers, alice).await;
    }
}

/// Refreshes with one token at all nodes at once: all get the same successor.
pub(super) async fn one_successor(cluster: &Cluster, web: &Application, alice: &mut Browser) {
    let callers = everywhere(cluster, web);
    let callers: Vec<_> = callers.iter().take(REFRESHING).collect();
    let mut token = web.redeem_by_hand(&web.code(alice).await).await.get("refresh_token");
    for _ in 0..4 {
        token = races::one_successor(&callers, &token).await;
    }
}

#[tokio::test]
async fn a_code_is_redeemed_at_one_of_three_nodes() {
    let cluster = Cluster::of(3).await;
    let (web, mut alice) = (cluster.server.web().await, cluster.server.alice().await);
    one_code(&cluster, &web, &mut alice).await;
}

#[tokio::test]
async fn a_refresh_token_has_the_same_successor_at_three_nodes() {
    let cluster = Cluster::of(3).await;
    let (web, mut alice) = (cluster.server.web().await, cluster.server.alice().await);
    one_successor(&cluster, &web, &mut alice).await;
}

#[tokio::test]
async fn conflicts_between_nodes_log_no_warnings() {
    let mut cluster = Cluster::of(2).await;
    let (web, mut alice) = (cluster.server.web().await, cluster.server.alice().await);
    let mut tokens = Vec::new();
    for _ in 0..CALLERS {
        tokens.push(web.redeem_by_hand(&web.code(&mut alice).await).await.get("refresh_token"));
    }
    let everywhere = everywhere(&cluster, &web);
    for _ in 0..8 {
        let answers = everywhere.iter().zip(&tokens).map(|(app, token)| app.refresh_by_hand(token));
        tokens = join_all(answers).await.iter().map(|answer| answer.get("refresh_token")).collect();
    }
    for node in cluster.nodes.drain(..) {
        let (ended_well, log) = node.stop();
        assert!(ended_well && !log.contains("WARN"), "{log}");
    }
}

#[tokio::test]
async fn a_device_code_is_redeemed_at_one_of_three_nodes() {
    let cluster = Cluster::of(3).await;
    let (tv, mut alice) = (television(&cluster.server).await, cluster.server.alice().await);
    let callers = everywhere(&cluster, &tv);
    for _ in 0..2 {
        let code = tv.device_code(&mut alice, &[]).await;
        let form = [("grant_type", DEVICE_CODE), ("device_code", code.as_str())];
        let answers = join_all(callers.iter().map(|app| app.token(&form))).await;
        assert_eq!(successes(&answers).len(), 1);
        for refused in answers.iter().filter(|answer| answer.status != 200) {
            refused.assert_json_error(400, "invalid_grant", "device_code.replayed");
        }
    }
}

#[tokio::test]
async fn an_assertion_is_accepted_at_one_of_three_nodes() {
    let cluster = Cluster::of(3).await;
    let key = signer(&cluster.server).await;
    let windows = cluster.windows();
    for _ in 0..3 {
        let assertion = assertion(&cluster.server, &key);
        let callers = (0..CALLERS).map(|n| windows[n % windows.len()].stranger());
        let answers = join_all(callers.map(async |mut browser| assert_who(&mut browser, &assertion).await));
        let answers = answers.await;
        assert_eq!(successes(&answers).len(), 1);
        for refused in answers.iter().filter(|answer| answer.status != 200) {
            refused.assert_json_error(401, "invalid_client", "client_assertion.replayed");
        }
    }
}

/// The consent page of a request that always asks.
async fn question(web: &Application, browser: &mut Browser) -> Answer {
    let page = browser.open(&web.url_with(&[("prompt", "consent")])).await;
    let question = if page.is_sign_in() { browser.sign_in(&page, "alice").await } else { page };
    assert!(question.is_consent(), "{question:?}");
    question
}

/// Asserts that one of the answers goes to the application, and that all others say that the request has its answer.
#[track_caller]
fn assert_one_answer(answers: &[Answer]) {
    let (sent, others): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.location().is_some());
    assert_eq!(sent.len(), 1, "{answers:#?}");
    for other in others {
        other.assert_page(200, "flow.answered");
    }
}

#[tokio::test]
async fn of_16_copies_of_the_last_step_at_two_nodes_one_is_answered() {
    let cluster = Cluster::of(2).await;
    let server = &cluster.server;
    let (web, mut alice) = (server.web().await, server.alice().await);
    for round in 1..=4 {
        let question = question(&web, &mut alice).await;
        let onward = alice.submit_only(&question, &[("allow", "1")]).await.location().unwrap();
        let path = onward.strip_prefix(&server.url).unwrap();
        let mut copies: Vec<Browser> = (0..8).flat_map(|_| cluster.windows()).collect();
        let answers = join_all(copies.iter_mut().map(async |copy| {
            copy.cookies = alice.cookies.clone();
            copy.get(path).await
        }));
        let answers = answers.await;
        assert_eq!(answers.len(), 16);
        assert_one_answer(&answers);
        assert_eq!(server.number("SELECT COUNT(*) FROM codes").await, round);
    }
}

#[tokio::test]
async fn of_allowing_and_denying_at_once_at_two_nodes_one_counts() {
    let cluster = Cluster::of(2).await;
    let server = &cluster.server;
    let (web, mut alice) = (server.web().await, server.alice().await);
    for _ in 0..4 {
        let question = question(&web, &mut alice).await;
        let answers = join_all((0..16).map(async |n| {
            let field = if n % 2 == 0 { "allow" } else { "deny" };
            alice.clone_with_cookies().submit(&question, &[(field, "1")]).await
        }));
        assert_one_answer(&answers.await);
    }
}
