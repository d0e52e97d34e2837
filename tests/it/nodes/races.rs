//! What must happen once happens once, when 64 requests for it are spread over all nodes.

use futures_util::future::join_all;

use super::{DEVICE_CODE, assert_who, assertion, signer, television};
use crate::races::{self, CALLERS, REFRESHING, successes};
use crate::support::{Application, Browser, Cluster};

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
