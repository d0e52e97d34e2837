//! Refused credentials: strangers cause them, so only the first few of a network and an account are events of their own.

use std::collections::HashMap;
use std::net::IpAddr;

use serde_json::{Value, json};

use crate::clock::{Seconds, Timestamp};
use crate::network::Network;
use crate::operations::event::{Event, Object};

/// After this time the refusals that got no event of their own are summed up.
const WINDOW: Seconds = Seconds::new(60);
/// How many refusals of a network and an account are events of their own in each [`WINDOW`].
const SINGLE: u64 = 5;
/// How many refusals of all networks together are events of their own in each [`WINDOW`].
const SINGLE_IN_ALL: u64 = 120;
/// How many pairs of a network and an account are summed up apart; all others together, for each act.
const PAIRS: usize = 128;

/// What is counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct RefusedKey {
    network: Option<Network>,
    account: String,
    act: &'static str,
    reason: Option<&'static str>,
}

/// Counts refused credentials.
#[derive(Debug, Default)]
pub(super) struct RefusedCredentials {
    /// `None` if nothing was counted since the last sum.
    began: Option<Timestamp>,
    singles: u64,
    counts: HashMap<RefusedKey, RefusedCount>,
}

#[derive(Debug)]
struct RefusedCount {
    event: Event,
    address: Option<IpAddr>,
    seen: u64,
    /// How many of them are no events of their own.
    summed_up: u64,
}

impl RefusedCredentials {
    /// The counts if their [`WINDOW`] has ended, also if the clock was set back; otherwise none. Begins new ones.
    pub(super) fn take_ended(&mut self, now: Timestamp) -> Self {
        let is_current = |began: Timestamp| began <= now && now - began < WINDOW;
        match self.began {
            Some(began) if !is_current(began) => std::mem::take(self),
            _ => Self::default(),
        }
    }

    /// Counts a refusal. Returns whether it is an event of its own.
    pub(super) fn count(&mut self, event: &Event, address: Option<IpAddr>, now: Timestamp) -> bool {
        self.began.get_or_insert(now);
        let key = RefusedKey {
            network: address.map(Network::of),
            account: event.object.id.clone(),
            act: event.act.word(),
            reason: event.reason,
        };
        let is_known = self.counts.len() < PAIRS || self.counts.contains_key(&key);
        let (key, event, address) =
            if is_known { (key, event.clone(), address) } else { others(&key, event.clone()) };
        let count = self.counts.entry(key).or_insert(RefusedCount { event, address, seen: 0, summed_up: 0 });
        count.seen += 1;
        if is_known && count.seen <= SINGLE && self.singles < SINGLE_IN_ALL {
            self.singles += 1;
            return true;
        }
        count.summed_up += 1;
        false
    }

    /// An event for each sum, with the address of the first refusal in it.
    pub(super) fn sums(self) -> impl Iterator<Item = (Event, Option<IpAddr>)> {
        self.counts.into_values().filter(|count| count.summed_up > 0).map(|count| {
            let times = json!({ "times": count.summed_up });
            // The first request of many says little about the others.
            let event = Event { changes: Vec::new(), ..count.event };
            (event.changing(Value::Null, times), count.address)
        })
    }
}

/// The key and the event for all accounts and networks that are not counted apart. There are few reasons.
fn others(key: &RefusedKey, event: Event) -> (RefusedKey, Event, Option<IpAddr>) {
    let object = Object { id: String::new(), name: None, ..event.object };
    let event = Event { object, user: None, client: None, ..event };
    (RefusedKey { network: None, account: String::new(), act: key.act, reason: key.reason }, event, None)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::operations::event::{Act, ObjectKind};

    const BEGIN: Timestamp = Timestamp::from_unix(1_000_000);

    fn refusal(account: &str) -> Event {
        Event::new(Act::SessionRefused, ObjectKind::User, account).because("sign_in.failed")
    }

    fn address(number: u32) -> Option<IpAddr> {
        Some(Ipv4Addr::from(number).into())
    }

    /// The account, the address and the number of each sum.
    fn sums(refused: RefusedCredentials) -> Vec<(String, Option<IpAddr>, Value)> {
        let sum = |(event, address): (Event, Option<IpAddr>)| {
            (event.object.id, address, event.changes[0].after.clone())
        };
        refused.sums().map(sum).collect()
    }

    #[test]
    fn after_five_events_the_refusals_of_a_network_and_an_account_are_summed_up() {
        let mut refused = RefusedCredentials::default();
        let single = (0..100).filter(|_| refused.count(&refusal("alice"), address(1), BEGIN)).count();
        assert_eq!(single, 5);
        assert!(refused.count(&refusal("alice"), address(2), BEGIN), "another network");
        assert!(refused.count(&refusal("bob"), address(1), BEGIN), "another account");
        assert!(sums(refused.take_ended(BEGIN + Seconds::new(59))).is_empty());
        let ended = refused.take_ended(BEGIN + WINDOW);
        assert_eq!(sums(ended), [("alice".to_owned(), address(1), json!(95))]);
        assert!(refused.count(&refusal("alice"), address(1), BEGIN + WINDOW), "a new minute");
    }

    #[test]
    fn strangers_cause_a_bounded_number_of_events() {
        let mut refused = RefusedCredentials::default();
        let single =
            (0..100_000).filter(|number| refused.count(&refusal("alice"), address(*number), BEGIN)).count();
        let sums = sums(refused);
        assert_eq!((single, sums.len()), (120, 9));
        let others = sums.iter().find(|(account, ..)| account.is_empty()).unwrap();
        assert_eq!(*others, (String::new(), None, json!(100_000 - 128)));
    }
}
