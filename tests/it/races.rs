//! Many callers at once: what must happen once happens once.

use std::collections::HashSet;

use futures_util::future::join_all;

use crate::support::{Answer, TestServer};

const CALLERS: usize = 64;

fn successes(answers: &[Answer]) -> Vec<&Answer> {
    assert!(answers.iter().all(|answer| !answer.status.is_server_error()), "{answers:#?}");
    answers.iter().filter(|answer| answer.status == 200).collect()
}

#[tokio::test]
async fn threat_07_of_64_parallel_redemptions_of_a_code_one_succeeds() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    for _ in 0..12 {
        let code = web.code(&mut browser).await;
        let answers = join_all((0..CALLERS).map(|_| web.redeem_by_hand(&code))).await;
        let won = successes(&answers);
        assert_eq!(won.len(), 1);
        for refused in answers.iter().filter(|answer| answer.status != 200) {
            refused.assert_json_error(400, "invalid_grant", "code.replayed");
        }
        // Every further presentation was a replay, and the winner's tokens went with it.
        let refused = web.refresh_by_hand(&won[0].get("refresh_token")).await;
        refused.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
    }
}

#[tokio::test]
async fn threat_08_of_64_parallel_refreshes_all_are_told_the_one_successor() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let code = web.code(&mut browser).await;
    let mut token = web.redeem_by_hand(&code).await.get("refresh_token");
    for _ in 0..6 {
        let answers = join_all((0..CALLERS).map(|_| web.refresh_by_hand(&token))).await;
        assert_eq!(successes(&answers).len(), CALLERS);
        let successors: HashSet<String> = answers.iter().map(|answer| answer.get("refresh_token")).collect();
        assert_eq!(successors.len(), 1, "one live chain");
        token = successors.into_iter().next().unwrap();
    }
}

#[tokio::test]
async fn parallel_sign_ins_and_consents_of_one_person_do_not_collide() {
    let server = TestServer::start().await;
    let web = server.web().await;
    server.user("alice").await;
    let answers = join_all((0..16).map(async |_| {
        let mut browser = server.browser();
        browser.authorize(&web.url_with(&[])).await
    }));
    for answer in answers.await {
        assert_ne!(answer.get("code"), "", "{answer:?}");
    }
}
