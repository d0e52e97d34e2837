//! What must happen once happens once, when 64 requests for it meet all nodes.

use std::collections::HashSet;

use futures_util::future::join_all;

use super::{DEVICE_CODE, assert_who, assertion, signer, television};
use crate::support::{Answer, Application, Browser, Cluster};

const CALLERS: usize = 64;

/// The answers of 200, where none is a failure of a server.
fn successes(answers: &[Answer]) -> Vec<&Answer> {
    assert!(answers.iter().all(|answer| !answer.status.is_server_error()), "{answers:#?}");
    answers.iter().filter(|answer| answer.status == 200).collect()
}

/// The application at each node, again and again.
fn everywhere(cluster: &Cluster, app: &Application) -> Vec<Application> {
    let at = |index: usize| {
        let node = &cluster.nodes[index % cluster.nodes.len()];
        Application::registered_at(&node.url, &app.id, app.secret.as_deref(), &app.redirect_uri)
    };
    (0..CALLERS).map(at).collect()
}

/// Of all that redeem a code one gets tokens, which end because it came again.
pub(super) async fn one_code(cluster: &Cluster, web: &Application, alice: &mut Browser) {
    let callers = everywhere(cluster, web);
    for _ in 0..4 {
        let code = web.code(alice).await;
        let answers = join_all(callers.iter().map(|app| app.redeem_by_hand(&code))).await;
        let won = successes(&answers);
        assert_eq!(won.len(), 1);
        for refused in answers.iter().filter(|answer| answer.status != 200) {
            refused.assert_json_error(400, "invalid_grant", "code.replayed");
        }
        let refused = web.refresh_by_hand(&won[0].get("refresh_token")).await;
        refused.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
    }
}

/// All that refresh with one token are told the same successor.
pub(super) async fn one_successor(cluster: &Cluster, web: &Application, alice: &mut Browser) {
    let callers = everywhere(cluster, web);
    let mut token = web.redeem_by_hand(&web.code(alice).await).await.get("refresh_token");
    for _ in 0..4 {
        let answers = join_all(callers.iter().map(|app| app.refresh_by_hand(&token))).await;
        assert_eq!(successes(&answers).len(), CALLERS);
        let successors: HashSet<String> = answers.iter().map(|answer| answer.get("refresh_token")).collect();
        assert_eq!(successors.len(), 1, "one live chain");
        token = successors.into_iter().next().unwrap();
    }
}

#[tokio::test]
async fn threat_07_a_code_is_redeemed_at_one_of_three_nodes() {
    let cluster = Cluster::of(3).await;
    let (web, mut alice) = (cluster.server.web().await, cluster.server.alice().await);
    one_code(&cluster, &web, &mut alice).await;
}

#[tokio::test]
async fn threat_08_a_refresh_token_has_the_same_successor_at_three_nodes() {
    let cluster = Cluster::of(3).await;
    let (web, mut alice) = (cluster.server.web().await, cluster.server.alice().await);
    one_successor(&cluster, &web, &mut alice).await;
}

#[tokio::test]
async fn threat_35_a_device_code_is_redeemed_at_one_of_three_nodes() {
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
async fn threat_14_an_assertion_counts_at_one_of_three_nodes() {
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
