//! Many callers at once: what must happen once happens once.

use std::collections::HashSet;

use futures_util::future::join_all;

use crate::support::{Answer, Application, Browser, TestServer};

pub(crate) const CALLERS: usize = 64;
/// The callers that one refresh token serves: the first, and those that get its successor again.
pub(crate) const REFRESHING: usize = 9;

/// The successful answers. No answer may be a server error.
pub(crate) fn successes(answers: &[Answer]) -> Vec<&Answer> {
    assert!(answers.iter().all(|answer| !answer.status.is_server_error()), "{answers:#?}");
    answers.iter().filter(|answer| answer.status == 200).collect()
}

/// Redeems one code by all callers at once: one gets tokens, which are revoked because the code came again.
pub(crate) async fn one_code(web: &Application, callers: &[&Application], browser: &mut Browser) {
    let code = web.code(browser).await;
    let answers = join_all(callers.iter().map(|app| app.redeem_by_hand(&code))).await;
    let won = successes(&answers);
    assert_eq!(won.len(), 1);
    for refused in answers.iter().filter(|answer| answer.status != 200) {
        refused.assert_json_error(400, "invalid_grant", "code.replayed");
    }
    // Every other redemption was a replay, so the winner's tokens are revoked.
    let refused = web.refresh_by_hand(&won[0].get("refresh_token")).await;
    refused.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
}

/// Refreshes with one token by all callers at once: all get the same successor.
pub(crate) async fn one_successor(callers: &[&Application], token: &str) -> String {
    let answers = join_all(callers.iter().map(|app| app.refresh_by_hand(token))).await;
    assert_eq!(successes(&answers).len(), callers.len());
    let successors: HashSet<String> = answers.iter().map(|answer| answer.get("refresh_token")).collect();
    assert_eq!(successors.len(), 1, "one live chain");
    successors.into_iter().next().unwrap()
}

#[tokio::test]
async fn of_64_parallel_redemptions_of_a_code_one_succeeds() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    for _ in 0..12 {
        one_code(&web, &[&web; CALLERS], &mut browser).await;
    }
}

#[tokio::test]
async fn nine_parallel_refreshes_all_get_the_same_successor() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let code = web.code(&mut browser).await;
    let mut token = web.redeem_by_hand(&code).await.get("refresh_token");
    for _ in 0..6 {
        token = one_successor(&[&web; REFRESHING], &token).await;
    }
}

#[tokio::test]
async fn of_64_parallel_refreshes_nine_get_the_same_successor_and_the_chain_ends() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let token = web.redeem_by_hand(&web.code(&mut browser).await).await.get("refresh_token");
    let answers = join_all((0..CALLERS).map(|_| web.refresh_by_hand(&token))).await;
    let won = successes(&answers);
    let successors: HashSet<String> = won.iter().map(|answer| answer.get("refresh_token")).collect();
    assert_eq!((won.len(), successors.len()), (REFRESHING, 1));
    for successor in successors {
        let ended = web.refresh_by_hand(&successor).await;
        ended.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
    }
}

#[tokio::test]
async fn parallel_sign_ins_and_consents_of_one_person_do_not_collide() {
    // All attempts are under way at the same time, and each counts until its password was right.
    let server = TestServer::start_with(&[("limits.free_passwords", "100")]).await;
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
