//! What an application gets while the person decides, and after that.

use std::time::Duration;

use futures_util::future::join_all;
use grantor::store::expired::ExpiringTable;

use super::{answer, asking, bank, begin, poll, question, requests};
use crate::support::{Answer, Operator, TestServer};

#[tokio::test]
async fn a_polling_application_gets_status_400_and_what_it_waits_for() {
    let server = TestServer::start_with(&[("ciba.quiet_after_denial", "0s")]).await;
    let (bank, mut alice) = bank(&server).await;
    let id = begin(&bank, &[]).await;
    let reply = async |error: &str, reason: &str| {
        poll(&bank, &id).await.assert_json_error(400, error, reason);
    };
    reply("authorization_pending", "auth_req_id.pending").await;
    reply("slow_down", "auth_req_id.slow_down").await;
    server.clock.advance(Duration::from_secs(8));
    reply("slow_down", "auth_req_id.slow_down").await;
    server.clock.advance(Duration::from_secs(15));
    reply("authorization_pending", "auth_req_id.pending").await;
    answer(&mut alice, "deny").await;
    reply("access_denied", "auth_req_id.denied").await;
    reply("access_denied", "auth_req_id.denied").await;

    let late = begin(&bank, &[]).await;
    let page = question(&mut alice).await;
    server.clock.advance(Duration::from_secs(300));
    alice.submit(&page, &[("allow", "1")]).await.assert_page(400, "backchannel.over");
    poll(&bank, &late).await.assert_json_error(400, "expired_token", "auth_req_id.expired");
    // An application whose request was allowed must fetch the tokens before it ends.
    let unfetched = begin(&bank, &[]).await;
    answer(&mut alice, "allow").await;
    server.clock.advance(Duration::from_secs(300));
    poll(&bank, &unfetched).await.assert_json_error(400, "expired_token", "auth_req_id.expired");
    poll(&bank, "gbr_made-up").await.assert_json_error(400, "invalid_grant", "auth_req_id.unknown");
    poll(&bank, "").await.assert_json_error(400, "invalid_request", "auth_req_id.missing");
}

#[tokio::test]
async fn a_second_poll_in_the_same_second_is_too_fast_however_short_the_interval_is() {
    for (interval, pause) in [("1s", 6), ("2s", 7)] {
        let server = TestServer::start_with(&[("ciba.poll_interval", interval)]).await;
        let (bank, _alice) = bank(&server).await;
        let id = begin(&bank, &[]).await;
        for (error, reason, wait) in [
            ("authorization_pending", "auth_req_id.pending", 1),
            ("authorization_pending", "auth_req_id.pending", 0),
            ("slow_down", "auth_req_id.slow_down", pause),
            ("authorization_pending", "auth_req_id.pending", 0),
        ] {
            poll(&bank, &id).await.assert_json_error(400, error, reason);
            server.clock.advance(Duration::from_secs(wait));
        }
    }
}

#[tokio::test]
async fn of_64_parallel_polls_one_gets_tokens_which_end_when_the_id_comes_again() {
    let server = TestServer::start().await;
    let (bank, mut alice) = bank(&server).await;
    for _ in 0..3 {
        let id = begin(&bank, &[("scope", "openid offline_access")]).await;
        answer(&mut alice, "allow").await;
        let answers = join_all((0..64).map(|_| poll(&bank, &id))).await;
        let won: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(won.len(), 1);
        for lost in answers.iter().filter(|answer| answer.status != 200) {
            lost.assert_json_error(400, "invalid_grant", "auth_req_id.replayed");
        }
        let refused = bank.refresh_by_hand(&won[0].get("refresh_token")).await;
        refused.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
    }
}

#[tokio::test]
async fn a_refused_poll_uses_an_allowed_request_up_and_the_next_one_learns_that() {
    let server = TestServer::start().await;
    let (bank, mut alice) = bank(&server).await;
    let id = begin(&bank, &[("scope", "openid offline_access")]).await;
    answer(&mut alice, "allow").await;
    let operator = Operator::of(&server);
    operator.done(&["user", "disable", "alice"]);
    poll(&bank, &id).await.assert_json_error(400, "invalid_grant", "subject.disabled");
    operator.done(&["user", "enable", "alice"]);
    let id = begin(&bank, &[]).await;
    answer(&mut alice, "allow").await;
    alice.sign_out().await;
    poll(&bank, &id).await.assert_json_error(400, "invalid_grant", "session.ended");
    for _ in 0..2 {
        let again = poll(&bank, &id).await;
        again.assert_json_error(400, "invalid_grant", "auth_req_id.refused_before");
    }
    assert_eq!(server.number("SELECT COUNT(*) FROM grants").await, 0, "nothing was revoked");
}

#[tokio::test]
async fn a_request_of_another_client_is_refused_and_stays_valid_for_its_own() {
    let server = TestServer::start().await;
    let (bank, mut alice) = bank(&server).await;
    let shop = server.register(asking("shop")).await;
    let id = begin(&bank, &[]).await;
    let reason = "auth_req_id.wrong_client";
    poll(&shop, &id).await.assert_json_error(400, "invalid_grant", reason);
    answer(&mut alice, "allow").await;
    poll(&shop, &id).await.assert_json_error(400, "invalid_grant", reason);
    assert_eq!(poll(&bank, &id).await.status, 200);
    poll(&shop, &id).await.assert_json_error(400, "invalid_grant", reason);
}

#[tokio::test]
async fn what_an_operator_or_person_takes_back_is_not_redeemed() {
    let server = TestServer::start_with(&[("ciba.waiting_of_client", "9")]).await;
    let (bank, mut alice) = bank(&server).await;
    let operator = Operator::of(&server);
    for (command, reason) in [
        (&["grant", "revoke", "--user", "alice", "--client", "bank", "--yes"][..], "auth_req_id.unknown"),
        (&["grant", "revoke", "--client", "bank", "--yes"], "auth_req_id.unknown"),
        (&["session", "end", "--user", "alice", "--yes"], "session.ended"),
        (
            &["client", "update", "bank", "--grant", "authorization_code", "--grant", "refresh_token"],
            "client.grant_not_allowed",
        ),
    ] {
        let id = begin(&bank, &[]).await;
        answer(&mut alice, "allow").await;
        operator.done(command);
        let refused = poll(&bank, &id).await;
        assert_eq!((refused.status.as_u16(), refused.get("reason").as_str()), (400, reason), "{refused:?}");
        let back = [
            "client",
            "update",
            "bank",
            "--grant",
            "urn:openid:params:grant-type:ciba",
            "--grant",
            "refresh_token",
        ];
        operator.done(&back);
    }
    assert_eq!(server.number("SELECT COUNT(*) FROM grants").await, 0);
}

#[tokio::test]
async fn ended_requests_are_deleted_and_redeemed_ones_stay_as_long_as_their_grants() {
    let server = TestServer::start().await;
    let (bank, mut alice) = bank(&server).await;
    begin(&bank, &[]).await;
    server.clock.advance(Duration::from_secs(300));
    let id = begin(&bank, &[("scope", "openid offline_access")]).await;
    answer(&mut alice, "allow").await;
    assert_eq!(poll(&bank, &id).await.status, 200);
    server.clock.advance(Duration::from_secs(2 * 3600));
    super::limits::purge(&server, ExpiringTable::BackchannelRequests).await;
    assert_eq!(requests(&server).await, 1, "the one whose grant lives");
    poll(&bank, &id).await.assert_json_error(400, "invalid_grant", "auth_req_id.replayed");
}
