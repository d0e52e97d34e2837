//! How many connections a listener holds, in total and from one network, and how much memory together; and which one is
//! closed beyond that.

use std::cell::Cell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use futures_util::task::AtomicWaker;

use crate::config::TrustedProxies;
use crate::network::Network;

/// Set in [`TakenSeat::state`] while the connection is not idle.
const BUSY: u64 = 1 << 63;
/// How many bytes of unfinished requests and unread answers all connections may hold together. What is free is not
/// counted.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// How many bytes each connection may hold in any case. Ordinary requests have fewer.
const FREE_BYTES: usize = 4 * 1024;
/// How often the log says at most that connections give way.
const REPORT_EVERY: Duration = Duration::from_secs(60);

// Why connections give way, for the log.
const ALL_TAKEN: &str = "all http.connections are taken; the longest idle ones give way";
const NETWORK_FULL: &str =
    "a network holds http.connections_per_network connections; its longest idle ones give way";
const TOO_MUCH: &str = "unfinished requests and unread answers take too much memory; the largest give way";

/// The connections of one listener.
#[derive(Debug)]
pub struct Seats {
    most: usize,
    most_of_network: usize,
    /// Proxies that send the requests of many clients. The bound for a network does not apply to them, and their
    /// connections are closed last.
    exempt: TrustedProxies,
    began: Instant,
    taken: Mutex<TakenSeats>,
}

#[derive(Debug, Default)]
struct TakenSeats {
    next: u64,
    seats: HashMap<u64, Arc<TakenSeat>>,
    /// How many seats each network holds; networks without a seat are not in it.
    held: HashMap<Network, usize>,
    /// The bytes that all connections hold.
    bytes: usize,
    reported: Option<Instant>,
}

/// One connection, as other connections see it.
#[derive(Debug)]
struct TakenSeat {
    /// `None` for an exempt peer.
    network: Option<Network>,
    /// Since when the connection is idle, or busy with one request: microseconds since [`Seats::began`], and [`BUSY`].
    /// So the smallest value is the longest idle one, and if all are busy, the longest busy one.
    state: AtomicU64,
    /// The bytes that the connection holds; changed only under the lock of all seats.
    bytes: AtomicUsize,
    gives_way: AtomicBool,
    waker: AtomicWaker,
}

/// A connection's own seat. The seat becomes free when this value is dropped.
#[derive(Debug)]
pub(super) struct OwnSeat {
    /// The bytes that were last counted.
    bytes: Cell<usize>,
    seats: Arc<Seats>,
    number: u64,
    seat: Arc<TakenSeat>,
}

impl Seats {
    /// Seats for `most` connections, of which one network may hold `most_of_network`.
    pub fn new(most: usize, most_of_network: usize, exempt: TrustedProxies) -> Arc<Self> {
        let began = Instant::now();
        Arc::new(Self { most, most_of_network, exempt, began, taken: Mutex::default() })
    }

    /// How many connections may be open.
    pub fn most(&self) -> usize {
        self.most
    }

    /// How many connections are open.
    pub fn taken_count(&self) -> usize {
        self.taken().seats.len()
    }

    /// Gives a new connection a seat. If no seat is free, another connection gives way. If the network of the new
    /// connection already holds as many as it may, that is its longest idle connection, or else its longest busy one. If
    /// all seats are taken, it is the longest idle connection of all, or else the longest busy one of the network that
    /// holds most.
    ///
    /// `None` if no connection can give way, because all belong to exempt peers and are busy.
    pub(super) fn take(self: &Arc<Self>, peer: IpAddr) -> Option<OwnSeat> {
        let peer = peer.to_canonical();
        let network = (!self.exempt.have(peer)).then(|| Network::of(peer));
        let mut taken = self.taken();
        let is_network_full = network.is_some_and(|network| taken.held_by(network) >= self.most_of_network);
        if is_network_full || taken.seats.len() >= self.most {
            let victim =
                if is_network_full { taken.longest(|seat| seat.network == network) } else { taken.weakest() };
            taken.report(if is_network_full { NETWORK_FULL } else { ALL_TAKEN }, network);
            taken.give_way(victim?);
        }
        let seat = Arc::new(TakenSeat {
            network,
            state: AtomicU64::new(self.micros(Instant::now())),
            bytes: AtomicUsize::new(0),
            gives_way: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        });
        let number = taken.next;
        taken.next += 1;
        taken.seats.insert(number, seat.clone());
        if let Some(network) = network {
            *taken.held.entry(network).or_default() += 1;
        }
        Some(OwnSeat { bytes: Cell::new(0), seats: self.clone(), number, seat })
    }

    fn taken(&self) -> MutexGuard<'_, TakenSeats> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn micros(&self, time: Instant) -> u64 {
        u64::try_from(time.saturating_duration_since(self.began).as_micros()).unwrap_or(BUSY) & !BUSY
    }
}

impl TakenSeats {
    fn held_by(&self, network: Network) -> usize {
        self.held.get(&network).copied().unwrap_or_default()
    }

    /// Among some seats, the one that is idle for longest; if all are busy, the one that is busy for longest.
    fn longest(&self, is_meant: impl Fn(&TakenSeat) -> bool) -> Option<u64> {
        let meant = self.seats.iter().filter(|(_, seat)| is_meant(seat));
        meant.min_by_key(|(_, seat)| seat.state()).map(|(number, _)| *number)
    }

    /// The seat that gives way when all are taken.
    fn weakest(&self) -> Option<u64> {
        let is_idle = |seat: &TakenSeat| seat.state() & BUSY == 0;
        let idle = self.longest(|seat| seat.network.is_some() && is_idle(seat));
        let of_largest = || {
            let (largest, _) = self.held.iter().max_by_key(|(_, count)| **count)?;
            self.longest(|seat| seat.network == Some(*largest))
        };
        idle.or_else(of_largest)
            .or_else(|| self.longest(is_idle).filter(|number| is_idle(&self.seats[number])))
    }

    /// Counts the bytes that a connection holds. If that is too much together with the others, one gives way.
    fn hold(&mut self, number: u64, bytes: usize) {
        // Without a seat the connection already gives way.
        let Some(seat) = self.seats.get(&number) else { return };
        self.bytes = self.bytes + bytes - seat.bytes.swap(bytes, Ordering::Relaxed);
        while self.bytes > MOST_BYTES
            && let Some(largest) = self.largest()
        {
            self.report(TOO_MUCH, self.seats[&largest].network);
            self.give_way(largest);
        }
    }

    /// The seat that gives way when all hold too many bytes: the largest of the network that holds most.
    fn largest(&self) -> Option<u64> {
        let mut networks = HashMap::<Option<Network>, usize>::new();
        for seat in self.seats.values() {
            *networks.entry(seat.network).or_default() += seat.bytes();
        }
        // Exempt peers are the last.
        let most = |(network, bytes): &(Option<Network>, usize)| (network.is_some() && *bytes > 0, *bytes);
        let (network, _) = networks.into_iter().max_by_key(most)?;
        let seats = self.seats.iter().filter(|(_, seat)| seat.network == network);
        seats.max_by_key(|(_, seat)| seat.bytes()).map(|(number, _)| *number)
    }

    fn give_way(&mut self, number: u64) {
        if let Some(seat) = self.remove(number) {
            seat.gives_way.store(true, Ordering::Release);
            seat.waker.wake();
        }
    }

    fn remove(&mut self, number: u64) -> Option<Arc<TakenSeat>> {
        let seat = self.seats.remove(&number)?;
        self.bytes -= seat.bytes();
        if let Some(network) = seat.network
            && let Some(count) = self.held.get_mut(&network)
        {
            *count -= 1;
            if *count == 0 {
                self.held.remove(&network);
            }
        }
        Some(seat)
    }

    /// Logs that connections give way, and the network of one of them or of the new one, but not for every connection.
    fn report(&mut self, why: &str, network: Option<Network>) {
        if self.reported.is_none_or(|reported| reported.elapsed() >= REPORT_EVERY) {
            self.reported = Some(Instant::now());
            tracing::warn!(network = network.map(tracing::field::display), "{why}");
        }
    }
}

impl TakenSeat {
    fn state(&self) -> u64 {
        self.state.load(Ordering::Relaxed)
    }

    fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl OwnSeat {
    pub(super) fn is_idle_since(&self, time: Instant) {
        self.seat.state.store(self.seats.micros(time), Ordering::Relaxed);
    }

    pub(super) fn is_busy_since(&self, time: Instant) {
        self.seat.state.store(self.seats.micros(time) | BUSY, Ordering::Relaxed);
    }

    /// Says how many bytes of an unfinished request, or of an answer that the peer does not take, are in memory.
    pub(super) fn holds(&self, bytes: usize) {
        let bytes = bytes.saturating_sub(FREE_BYTES);
        if self.bytes.replace(bytes) != bytes {
            self.seats.taken().hold(self.number, bytes);
        }
    }

    /// Whether this connection must give way to another. If not yet, wakes `waker` when it must.
    pub(super) fn must_give_way(&self, waker: &Waker) -> bool {
        self.seat.waker.register(waker);
        self.seat.gives_way.load(Ordering::Acquire)
    }
}

impl Drop for OwnSeat {
    fn drop(&mut self) {
        self.seats.taken().remove(self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATER: Duration = Duration::from_secs(1);

    fn seats(most: usize, most_of_network: usize) -> Arc<Seats> {
        Seats::new(most, most_of_network, "10.0.0.0/8".parse().unwrap())
    }

    /// Seats for peers, each busy a second later than the one before it.
    fn taken(seats: &Arc<Seats>, peers: &[&str]) -> Vec<OwnSeat> {
        let seats = peers.iter().map(|peer| seats.take(peer.parse().unwrap()).unwrap());
        let mut seats: Vec<OwnSeat> = seats.collect();
        let mut time = Instant::now();
        for seat in &mut seats {
            time += LATER;
            seat.is_busy_since(time);
        }
        seats
    }

    fn that_give_way(seats: &[OwnSeat]) -> Vec<usize> {
        let gives_way = |seat: &OwnSeat| seat.must_give_way(Waker::noop());
        seats.iter().enumerate().filter(|(_, seat)| gives_way(seat)).map(|(index, _)| index).collect()
    }

    fn take(seats: &Arc<Seats>, peer: &str) -> Option<OwnSeat> {
        seats.take(peer.parse().unwrap())
    }

    #[test]
    fn when_all_are_taken_the_longest_idle_one_gives_way() {
        let seats = seats(3, 3);
        let held = taken(&seats, &["192.0.2.1", "192.0.2.1", "192.0.2.2"]);
        held[2].is_idle_since(Instant::now() + LATER);
        held[1].is_idle_since(Instant::now() + LATER * 2);
        let _third = take(&seats, "192.0.2.3").unwrap();
        assert_eq!(that_give_way(&held), [2]);
    }

    #[test]
    fn when_none_is_idle_the_network_that_holds_most_gives_way() {
        let seats = seats(3, 3);
        let held = taken(&seats, &["192.0.2.2", "192.0.2.1", "192.0.2.1"]);
        let new = take(&seats, "192.0.2.3").unwrap();
        assert_eq!(that_give_way(&held), [1]);
        drop((held, new));
        let none = Vec::from_iter((0..3).map_while(|_| take(&seats, "192.0.2.9")));
        assert_eq!((none.len(), that_give_way(&none)), (3, Vec::new()), "seats become free again");
    }

    #[test]
    fn a_network_gives_way_to_itself_beyond_its_bound() {
        let seats = seats(9, 2);
        let held = taken(&seats, &["192.0.2.1", "2001:db8::1", "2001:db8::2:3:4:5", "192.0.2.1"]);
        held[0].is_idle_since(Instant::now());
        let _new = take(&seats, "2001:db8::9").unwrap();
        assert_eq!(that_give_way(&held), [1], "no other network gives way, though idle");
    }

    #[test]
    fn the_largest_of_the_network_that_holds_most_bytes_gives_way() {
        let seats = seats(9, 9);
        let held = taken(&seats, &["192.0.2.1", "192.0.2.2", "192.0.2.2", "192.0.2.3", "10.0.0.1"]);
        let third = MOST_BYTES / 3;
        for (seat, bytes) in [(0, third + 9), (1, third / 2), (2, third), (4, third / 2 - 9)] {
            held[seat].holds(bytes + FREE_BYTES);
        }
        assert_eq!(that_give_way(&held), [0; 0], "it is just enough");
        held[3].holds(FREE_BYTES + 3);
        assert_eq!(that_give_way(&held), [2]);
        held[2].holds(MOST_BYTES);
        held[3].holds(third);
        assert_eq!(that_give_way(&held), [2], "what a connection holds that gives way counts no more");
        held[0].holds(0);
        held[4].holds(MOST_BYTES + FREE_BYTES);
        assert_eq!(that_give_way(&held), [1, 2, 3], "an exempt peer is the last");
        held[4].holds(MOST_BYTES + FREE_BYTES + 1);
        assert_eq!(that_give_way(&held), [1, 2, 3, 4]);
    }

    #[test]
    fn bytes_count_until_a_connection_ends_or_holds_fewer() {
        let seats = seats(9, 9);
        let held = taken(&seats, &["192.0.2.1", "192.0.2.2"]);
        for _ in 0..9 {
            let gone = taken(&seats, &["192.0.2.3"]);
            gone[0].holds(MOST_BYTES / 2);
            held[0].holds(MOST_BYTES / 2);
            held[0].holds(0);
        }
        held[1].holds(MOST_BYTES);
        assert_eq!(that_give_way(&held), [0; 0]);
        assert_eq!(seats.taken().bytes, MOST_BYTES - FREE_BYTES);
    }

    #[test]
    fn trusted_proxies_have_no_bound_and_give_way_last() {
        let seats = seats(4, 1);
        let held = taken(&seats, &["10.0.0.1", "10.0.0.1", "10.0.0.1", "192.0.2.1"]);
        held[0].is_idle_since(Instant::now());
        let _proxy = take(&seats, "10.0.0.1").unwrap();
        assert_eq!(that_give_way(&held), [3]);
        let second = take(&seats, "10.0.0.2").unwrap();
        assert_eq!(that_give_way(&held), [0, 3]);
        second.is_busy_since(Instant::now());
        _proxy.is_busy_since(Instant::now());
        assert!(take(&seats, "192.0.2.1").is_none(), "four requests of proxies are in flight");
    }
}
