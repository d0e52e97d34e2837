//! How many refusals the log has one by one: repeated ones of one network are summed up, so that no stranger fills the
//! disk.

use std::collections::HashMap;
use std::mem;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use super::kept_refusals::KeptRefusals;
use crate::clock::{Seconds, Timestamp};
use crate::network::Network;
use crate::telemetry;

/// The word in the sums beside the words of reasons. It is no reason, because such a request gets no error document.
const LARGE_HEAD: &str = "head_too_large";

/// How many refusals of a network are lines of their own in each [`WINDOW`].
const LINES: u32 = 30;
/// After this time the refusals that were not logged are summed up.
pub const WINDOW: Seconds = Seconds::new(60);
/// How many networks are counted apart in each [`WINDOW`]; all others are counted together.
const NETWORKS: usize = 1024;

/// Counts the refusals of each network.
#[derive(Debug, Default)]
pub struct RefusalLog {
    counts: Mutex<Counts>,
    /// The refusals that have a line of their own, for the operator.
    pub kept: KeptRefusals,
}

#[derive(Debug, Default)]
struct Counts {
    /// `None` if no refusal has been counted since the last sum.
    began: Option<Timestamp>,
    networks: HashMap<Network, Count>,
    others: Count,
}

#[derive(Debug, Default)]
struct Count {
    lines: u32,
    /// By the word of the reason.
    not_logged: HashMap<&'static str, u64>,
}

impl RefusalLog {
    /// A log that also keeps refusals for the operator if `keeps` is `true`.
    pub fn new(keeps: bool) -> Self {
        Self { kept: KeptRefusals::new(keeps), ..Self::default() }
    }

    /// Logs that the head of a request was too large or had too many fields, or counts it only, as every refusal.
    pub fn large_head(&self, peer: IpAddr, now: Timestamp) {
        let address = peer.to_canonical();
        if self.count(Network::of(address), LARGE_HEAD, now) {
            tracing::info!(%address, "a request's head is too large: it may have 32 KiB and 96 fields");
        }
    }

    /// Counts a refusal, by the word of its reason. Returns whether it gets a line of its own.
    pub fn count(&self, network: Network, reason: &'static str, now: Timestamp) -> bool {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = counts.take_ended(now);
        counts.began.get_or_insert(now);
        let has_line = counts.of(network).count(reason);
        drop(counts);
        ended.log();
        has_line
    }

    /// Logs the sums of a [`WINDOW`] that has ended.
    pub fn sum_up(&self, now: Timestamp) {
        let ended = self.counts.lock().unwrap_or_else(PoisonError::into_inner).take_ended(now);
        ended.log();
    }

    /// Logs the sums of the refusals that have not been logged, however long ago the last sum was.
    pub fn finish(&self) {
        let ended = mem::take(&mut *self.counts.lock().unwrap_or_else(PoisonError::into_inner));
        ended.log();
    }
}

impl Counts {
    /// The counts if their [`WINDOW`] has ended, also if the clock was set back; otherwise none. Begins new ones.
    fn take_ended(&mut self, now: Timestamp) -> Self {
        let is_current = |began: Timestamp| began <= now && now - began < WINDOW;
        match self.began {
            Some(began) if !is_current(began) => mem::take(self),
            _ => Self::default(),
        }
    }

    fn of(&mut self, network: Network) -> &mut Count {
        if self.networks.len() >= NETWORKS && !self.networks.contains_key(&network) {
            return &mut self.others;
        }
        self.networks.entry(network).or_default()
    }

    /// Each network that was refused more often than it has lines, and the sum of these refusals.
    fn sums(&self) -> Vec<(String, &Count)> {
        let own = self.networks.iter().map(|(network, count)| (network.to_string(), count));
        let all = own.chain([("others".to_owned(), &self.others)]);
        all.filter(|(_, count)| !count.not_logged.is_empty()).collect()
    }

    fn log(&self) {
        for (network, count) in self.sums() {
            let (refused, reasons) = (count.not_logged.values().sum::<u64>(), count.reasons());
            // Usually the next refusal causes this line, and it is of another network.
            telemetry::outside_of_requests(|| {
                tracing::info!(network, refused, reasons, "refused more requests of this network");
            });
        }
    }
}

impl Count {
    /// Counts a refusal. Returns whether it gets a line of its own.
    fn count(&mut self, reason: &'static str) -> bool {
        if self.lines < LINES {
            self.lines += 1;
            return true;
        }
        *self.not_logged.entry(reason).or_default() += 1;
        false
    }

    /// The reasons with their numbers, the most frequent first.
    fn reasons(&self) -> String {
        let mut reasons: Vec<_> = self.not_logged.iter().collect();
        reasons.sort_by_key(|(word, times)| (std::cmp::Reverse(**times), *word));
        reasons.iter().map(|(word, times)| format!("{word} {times}")).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: Timestamp = Timestamp::from_unix(1_000_000);

    fn network(number: u32) -> Network {
        Network::of(std::net::Ipv4Addr::from(number).into())
    }

    #[test]
    fn after_thirty_lines_the_refusals_of_a_network_are_counted_until_the_minute_ends() {
        let log = RefusalLog::default();
        let lines = (0..1000).filter(|_| log.count(network(1), "code.unknown", BEGIN)).count();
        assert_eq!(lines, 30);
        assert!(log.count(network(2), "code.unknown", BEGIN), "another network");
        assert!(!log.count(network(1), "client.unknown", BEGIN + Seconds::new(59)));
        {
            let counts = log.counts.lock().unwrap();
            let [(network, count)] = &counts.sums()[..] else { panic!("{counts:?}") };
            assert_eq!(
                (network.as_str(), count.reasons().as_str()),
                ("0.0.0.1", "code.unknown 970, client.unknown 1")
            );
        }
        assert!(log.count(network(1), "code.unknown", BEGIN + WINDOW));
        assert!(log.counts.lock().unwrap().sums().is_empty());
    }

    #[test]
    fn a_million_networks_take_a_bounded_number_of_lines_and_counts() {
        let log = RefusalLog::default();
        let lines =
            (0..1_000_000).filter(|number| log.count(network(*number), "code.unknown", BEGIN)).count();
        let counts = log.counts.lock().unwrap();
        assert_eq!((lines, counts.networks.len()), (NETWORKS + 30, NETWORKS));
        let [(name, others)] = &counts.sums()[..] else { panic!("one sum") };
        assert_eq!((name.as_str(), others.not_logged["code.unknown"]), ("others", 1_000_000 - 1024 - 30));
    }

    #[test]
    fn a_clock_that_is_set_back_begins_a_new_minute() {
        let log = RefusalLog::default();
        while log.count(network(1), "code.unknown", BEGIN) {}
        assert!(log.count(network(1), "code.unknown", BEGIN - Seconds::new(1)));
    }
}
