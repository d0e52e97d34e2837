//! Wrong user codes: how many an account and a network may type before they wait.

use std::time::Duration;

use futures_util::future::join_all;
use grantor::clock::Seconds;
use grantor::store::db::Tx;

use super::{WRONG, begin, television, type_code};
use crate::support::TestServer;

#[tokio::test]
async fn an_account_may_type_ten_wrong_codes_and_one_more_in_each_minute() {
    let server = TestServer::start().await;
    let (tv, mut alice) = (television(&server).await, server.alice().await);
    for _ in 0..10 {
        assert_eq!(type_code(&mut alice, WRONG).await.status, 422);
    }
    // A correct code between wrong ones does not reset the count, and is refused with the others.
    let begun = begin(&tv, &[]).await;
    let mut elsewhere = server.browser();
    for code in [WRONG, &begun.user_code] {
        for browser in [&mut alice, &mut elsewhere] {
            let refused = type_code(browser, code).await;
            refused.assert_page(429, "user_code.too_many_guesses");
            assert_eq!(refused.header("retry-after"), "60");
            assert!(refused.body.contains("in 60 seconds"), "{refused:?}");
        }
    }
    server.clock.advance(Duration::from_secs(59));
    assert_eq!(type_code(&mut alice, WRONG).await.status, 429);
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(type_code(&mut alice, WRONG).await.status, 422, "one more after a minute");
    assert_eq!(type_code(&mut alice, WRONG).await.status, 429);

    // A neighbour connects a device as if nothing had happened.
    server.user("bob").await;
    let mut bob = server.browser();
    let page = bob.open(&begun.complete).await;
    let page = bob.sign_in(&page, "bob").await;
    let page = bob.submit(&page, &[("user_code", &begun.user_code)]).await;
    assert!(page.is_consent(), "{page:?}");
}

#[tokio::test]
async fn a_right_code_does_not_reset_the_count_of_wrong_ones() {
    let server = TestServer::start().await;
    let (tv, mut alice) = (television(&server).await, server.alice().await);
    for round in 0..12 {
        let wrong = type_code(&mut alice, WRONG).await;
        assert_eq!(wrong.status.as_u16(), if round >= 10 { 429 } else { 422 }, "{round}");
        let begun = begin(&tv, &[]).await;
        let right = type_code(&mut alice, &begun.user_code).await;
        assert_eq!(right.status.as_u16(), if round >= 9 { 429 } else { 200 }, "{round}: {right:?}");
    }
}

#[tokio::test]
async fn of_64_parallel_guesses_of_one_account_ten_are_checked() {
    let server = TestServer::start().await;
    let mut alice = server.alice().await;
    let page = alice.open_device("/device").await;
    let answers = (0..64).map(async |_| {
        let mut window = alice.clone_with_cookies();
        window.submit(&page, &[("user_code", WRONG)]).await.status.as_u16()
    });
    let statuses = join_all(answers).await;
    assert!(statuses.iter().all(|status| matches!(status, 422 | 429)), "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 422).count(), 10);
}

#[tokio::test]
async fn a_network_full_of_accounts_has_a_limit_of_its_own() {
    let server = TestServer::start().await;
    let mut alice = server.alice().await;
    assert_eq!(type_code(&mut alice, WRONG).await.status, 422);
    let end = server.app.now() + Seconds::new(999);
    let fill = async move |tx: &mut Tx| {
        let bucket = "user_code network 127.0.0.1";
        tx.query("UPDATE guesses SET expires_at = $1 WHERE bucket = $2")
            .bind(end)
            .bind(bucket)
            .execute()
            .await
    };
    assert_eq!(server.store(fill).await, 1);
    assert_eq!(type_code(&mut alice, WRONG).await.status, 422, "the thousandth");
    let refused = type_code(&mut alice, WRONG).await;
    refused.assert_page(429, "user_code.too_many_guesses");
    assert_eq!(refused.header("retry-after"), "1");
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(type_code(&mut alice, WRONG).await.status, 422);
}
