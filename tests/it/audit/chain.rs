//! The chain of events: numbers without gaps, and everything that changes them from outside is found.

use std::time::Duration;

use grantor::audit::chain::{Verification, number, verify};
use grantor::operations::actor::Actor;
use grantor::operations::events::{self, EventFilter};
use grantor::operations::list::Listing;
use grantor::operations::users;
use grantor::work::audit;
use grantor::work::purge::{Pass, pass};
use serde_json::json;

use super::{all, each};
use crate::support::TestServer;
use crate::support::server::purging;

/// A server with ten events: `alice` is disabled and enabled in turns.
pub(super) async fn with_ten_events() -> TestServer {
    let server = TestServer::start().await;
    server.user("alice").await;
    more(&server, 5).await;
    server
}

/// Disables and enables `alice` so often.
pub(super) async fn more(server: &TestServer, times: usize) {
    let context = server.app.operations(server.app.now(), Actor::server());
    for _ in 0..times {
        users::disable(&context, "alice").await.unwrap();
        users::enable(&context, "alice").await.unwrap();
    }
    audit::pass(&server.app).await.unwrap();
}

pub(super) async fn verified(server: &TestServer) -> Verification {
    verify(&server.app.db, &server.app.keys).await.unwrap()
}

/// What a verification finds after these statements.
async fn findings_after(statements: &[&'static str]) -> Vec<String> {
    let server = with_ten_events().await;
    for statement in statements {
        assert!(server.sql(statement).await > 0, "{statement}");
    }
    verified(&server).await.findings
}

#[tokio::test]
async fn numbers_have_no_gaps_and_nothing_is_found_in_a_chain_that_no_one_changed() {
    let server = with_ten_events().await;
    let found = verified(&server).await;
    assert_eq!(found, Verification { events: 10, from_to: Some((1, 10)), findings: Vec::new() });
    let numbers: Vec<_> = (1..=10).map(|number| json!(number)).collect();
    assert_eq!(each(&all(&server).await, "/number"), numbers);
    let times = ["user.disabled", "user.enabled"].repeat(5);
    assert_eq!(each(&all(&server).await, "/act"), times);
}

#[tokio::test]
async fn an_event_that_is_removed_changed_moved_or_inserted_is_found() {
    let removed = findings_after(&["DELETE FROM events WHERE number IN (4, 5)"]).await;
    assert_eq!(removed, ["the events 4 to 5 are missing"]);
    let first = findings_after(&["DELETE FROM events WHERE number = 1"]).await;
    assert_eq!(first, ["the event 1 is missing"]);
    let last = findings_after(&["DELETE FROM events WHERE number > 8"]).await;
    assert_eq!(last, ["the events 9 to 10 are missing"]);
    for statement in [
        "UPDATE events SET reason = 'x' WHERE number = 4",
        "UPDATE events SET user_id = NULL WHERE number = 4",
        "UPDATE events SET time = time + 1 WHERE number = 4",
        "UPDATE events SET address = '' WHERE number = 4",
        "UPDATE events SET object_name = 'bob' WHERE number = 4",
    ] {
        let [changed] = &findings_after(&[statement]).await[..] else { panic!("{statement}") };
        assert!(changed.starts_with("the event 4 (user.enabled, "), "{changed}");
    }
    let moved = findings_after(&[
        "UPDATE events SET number = 99 WHERE number = 3",
        "UPDATE events SET number = 3 WHERE number = 5",
        "UPDATE events SET number = 5 WHERE number = 99",
    ])
    .await;
    assert!(moved[0].starts_with("the event 3 (user.disabled, "), "{moved:?}");
    let before_the_first = findings_after(&[
        "INSERT INTO events (id, number, chain, time, act, object_kind, object_id, actor_kind)
         SELECT 'x', -3, chain, time, act, object_kind, object_id, actor_kind FROM events WHERE number = 3",
    ])
    .await;
    assert_eq!(before_the_first, ["the event -3 was inserted: the first one is 1"]);
    let inserted = findings_after(&[
        "UPDATE events SET number = number + 100 WHERE number > 3",
        "UPDATE events SET number = number - 99 WHERE number > 100",
        "INSERT INTO events (id, number, chain, time, act, object_kind, object_id, actor_kind)
         SELECT 'x', 4, chain, time, act, object_kind, object_id, actor_kind FROM events WHERE number = 3",
    ])
    .await;
    assert!(inserted[0].starts_with("the event 4 (user.disabled, "), "{inserted:?}");
}

#[tokio::test]
async fn a_chain_that_is_cut_at_either_end_is_found_although_its_end_is_moved_too() {
    let cut = findings_after(&[
        "DELETE FROM events WHERE number > 8",
        "UPDATE event_chain SET number = 8, chain = (SELECT chain FROM events WHERE number = 8) WHERE id = 'head'",
    ])
    .await;
    assert_eq!(cut, ["the row head of the table event_chain was changed", "the events 9 to 10 are missing"]);
    let cut = findings_after(&[
        "INSERT INTO event_chain (id, number, chain, mac)
         SELECT 'base', 2, (SELECT chain FROM events WHERE number = 2), mac FROM event_chain WHERE id = 'head'",
        "DELETE FROM events WHERE number < 3",
    ])
    .await;
    assert_eq!(cut, ["the row base of the table event_chain was changed"]);
    let gone = findings_after(&["DELETE FROM event_chain WHERE id = 'head'"]).await;
    assert_eq!(gone, ["the row about the last event (event_chain, head) is missing"]);
}

#[tokio::test]
async fn old_events_are_deleted_and_the_rest_of_the_chain_is_still_verified() {
    let server = TestServer::start_with(&[("audit.retention", "2d")]).await;
    server.user("alice").await;
    more(&server, 3).await;
    server.clock.advance(Duration::from_secs(86_400));
    more(&server, 2).await;
    let purge = async || {
        let live = server.app.live_sessions(server.app.now());
        assert!(matches!(pass(&purging(&server.app, "test"), live).await.unwrap(), Pass::Purged(_)));
    };
    purge().await;
    assert_eq!(verified(&server).await.events, 10, "none is old enough");
    server.clock.advance(Duration::from_secs(86_400 + 61));
    purge().await;
    assert_eq!(
        verified(&server).await,
        Verification { events: 4, from_to: Some((7, 10)), findings: Vec::new() }
    );
    more(&server, 1).await;
    assert_eq!(verified(&server).await.from_to, Some((7, 12)));
    server.sql("DELETE FROM events WHERE number = 7").await;
    assert_eq!(verified(&server).await.findings, ["the event 7 is missing"]);
    server.sql("UPDATE events SET number = 3 WHERE number = 8").await;
    let found = verified(&server).await.findings;
    assert!(found[0].starts_with("the event 3 was inserted: "), "{found:?}");
    server.clock.advance(Duration::from_secs(3 * 86_400));
    purge().await;
    assert_eq!(server.number("SELECT COUNT(*) FROM events").await, 0);
}

#[tokio::test]
async fn a_trail_of_which_every_event_became_too_old_is_verified() {
    let server = TestServer::start_with(&[("audit.retention", "2d")]).await;
    server.user("alice").await;
    more(&server, 3).await;
    server.clock.advance(Duration::from_secs(3 * 86_400));
    let live = server.app.live_sessions(server.app.now());
    assert!(matches!(pass(&purging(&server.app, "test"), live).await.unwrap(), Pass::Purged(_)));
    let nothing = Verification { events: 0, from_to: None, findings: Vec::new() };
    assert_eq!(verified(&server).await, nothing);
    more(&server, 1).await;
    assert_eq!(verified(&server).await.from_to, Some((7, 8)));
}

#[tokio::test]
async fn several_nodes_number_each_event_once() {
    let server = TestServer::start().await;
    server.user("alice").await;
    let context = server.app.operations(server.app.now(), Actor::server());
    let (db, keys, now) = (&server.app.db, &server.app.keys, server.app.now());
    for _ in 0..10 {
        users::disable(&context, "alice").await.unwrap();
        users::enable(&context, "alice").await.unwrap();
        let nodes = ["a", "b", "c", "d"].map(|node| number(db, keys, node, now));
        for numbered in futures_util::future::join_all(nodes).await {
            numbered.unwrap();
        }
    }
    // Another node may have had the lease until now.
    server.clock.advance(Duration::from_secs(11));
    audit::pass(&server.app).await.unwrap();
    assert_eq!(
        verified(&server).await,
        Verification { events: 20, from_to: Some((1, 20)), findings: Vec::new() }
    );
}

#[tokio::test]
async fn a_reader_goes_on_after_the_end_and_misses_nothing() {
    let server = with_ten_events().await;
    let context = server.app.operations(server.app.now(), Actor::server());
    let read = async |cursor: Option<String>, limit| {
        let listing = Listing { filter: EventFilter::default(), limit, cursor };
        let page = events::list(&context, listing).await.unwrap();
        let numbers: Vec<i64> = page.items.iter().map(|record| record.number).collect();
        (numbers, page.next)
    };
    let (first, next) = read(None, 7).await;
    assert_eq!(first, [1, 2, 3, 4, 5, 6, 7]);
    let (second, next) = read(next, 7).await;
    assert_eq!(second, [8, 9, 10]);
    let (end, next) = read(next, 7).await;
    assert!(end.is_empty() && next.is_some());
    more(&server, 1).await;
    let (later, _) = read(next, 7).await;
    assert_eq!(later, [11, 12]);
    let filter = EventFilter {
        since: Some(server.app.now()),
        until: Some(server.app.now()),
        ..EventFilter::default()
    };
    assert!(events::list(&context, Listing { filter, limit: 7, cursor: None }).await.is_err());
}
