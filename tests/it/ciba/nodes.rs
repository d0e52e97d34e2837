//! Two nodes on one database: every rule counts for both together.

use futures_util::future::join_all;

use super::{ALICE, BEGIN, CIBA, answer, asking, begin};
use crate::races::successes;
use crate::support::{Application, Cluster};

/// The application, 64 times, at the nodes in turn.
fn everywhere(cluster: &Cluster, app: &Application) -> Vec<Application> {
    cluster.nodes.iter().cycle().take(64).map(|node| app.at(&node.url)).collect()
}

#[tokio::test]
async fn an_auth_req_id_is_redeemed_at_one_of_two_nodes() {
    let cluster = Cluster::of(2).await;
    let bank = cluster.server.register(asking("bank")).await;
    let mut alice = cluster.server.alice().await;
    let callers = everywhere(&cluster, &bank);
    for _ in 0..2 {
        let id = begin(&bank, &[]).await;
        answer(&mut alice, "allow").await;
        let form = [("grant_type", CIBA), ("auth_req_id", id.as_str())];
        let answers = join_all(callers.iter().map(|app| app.token(&form))).await;
        assert_eq!(successes(&answers).len(), 1);
        for refused in answers.iter().filter(|answer| answer.status != 200) {
            refused.assert_json_error(400, "invalid_grant", "auth_req_id.replayed");
        }
    }
}

#[tokio::test]
async fn the_limits_of_a_person_count_for_both_nodes() {
    let cluster = Cluster::of(2).await;
    let bank = cluster.server.register(asking("bank")).await;
    cluster.server.user("alice").await;
    let callers = everywhere(&cluster, &bank);
    let answers = join_all(callers.iter().map(|app| app.post(BEGIN, ALICE))).await;
    assert_eq!(successes(&answers).len(), 2);
    for refused in answers.iter().filter(|answer| answer.status != 200) {
        refused.assert_json_error(429, "temporarily_unavailable", "backchannel.too_many_for_person");
    }
}
