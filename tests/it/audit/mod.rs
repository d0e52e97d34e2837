//! The audit trail: which events there are, what they say, and that no one changes them.

mod chain;
mod commands;
mod height;
mod objects;
mod recorded;
mod refused;
mod taken_away;

use grantor::operations::events::{self, EventFilter};
use grantor::operations::list::Listing;
use grantor::work::audit;
use serde_json::{Value, json};

use crate::support::TestServer;

/// All events as JSON, after everything that waits has been written and numbered.
async fn all(server: &TestServer) -> Vec<Value> {
    of(server, EventFilter::default()).await
}

/// The events that match a filter, as JSON.
async fn of(server: &TestServer, filter: EventFilter) -> Vec<Value> {
    audit::pass(&server.app).await.unwrap();
    let context = server.app.operations(server.app.now(), grantor::operations::actor::Actor::server());
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page =
            events::list(&context, Listing { filter: filter.clone(), limit: 500, cursor }).await.unwrap();
        let is_last = page.items.len() < 500;
        found.extend(page.items.iter().map(events::to_json));
        if is_last {
            return found;
        }
        cursor = page.next;
    }
}

/// The events of this act, without what differs each time.
async fn acts(server: &TestServer, act: &str) -> Vec<Value> {
    let filter = EventFilter { act: Some(act.to_owned()), ..EventFilter::default() };
    let mut found = of(server, filter).await;
    for event in &mut found {
        let members = event.as_object_mut().unwrap();
        for member in ["id", "number", "time", "request_id"] {
            assert!(members.remove(member).is_some(), "{member}");
        }
    }
    found
}

/// One value of each event.
fn each(events: &[Value], pointer: &str) -> Vec<Value> {
    events.iter().map(|event| event.pointer(pointer).cloned().unwrap_or(json!("missing"))).collect()
}
