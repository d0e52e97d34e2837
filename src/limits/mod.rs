//! How many requests a network, a client and an account may send. Each process counts for itself, in memory of a fixed
//! size.

mod store;

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock;
use governor::middleware::NoOpMiddleware;
use governor::{InsufficientCapacity, NotUntil, Quota, RateLimiter};

use crate::clock::{Clock, Seconds};
use crate::network::Network;
use store::Store;

/// The span of every limit, as the clients get it.
pub const WINDOW: Seconds = Seconds::new(60);
/// How many times the limit of a /64 one /48 of IPv6 has, the most that one customer gets.
pub const NETWORKS_OF_SITE: u32 = 4;

/// Routes that share a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    Pages,
    Token,
    Introspection,
    DeviceAuthorization,
    UserInfo,
    /// Answers that are the same for everyone, and unknown paths.
    Metadata,
    /// The management API.
    Management,
}

impl Class {
    pub const ALL: [Self; 7] = [
        Self::Pages,
        Self::Token,
        Self::Introspection,
        Self::DeviceAuthorization,
        Self::UserInfo,
        Self::Metadata,
        Self::Management,
    ];

    /// The name of its option in `[limits]`, and of its policy in the header `RateLimit-Policy`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pages => "pages",
            Self::Token => "token",
            Self::Introspection => "introspection",
            Self::DeviceAuthorization => "device_authorization",
            Self::UserInfo => "userinfo",
            Self::Metadata => "metadata",
            Self::Management => "management",
        }
    }
}

/// What sends requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequestSender {
    Network,
    /// A /48 of IPv6.
    Site,
    /// A client that has authenticated.
    Client,
    /// A person who is signed in.
    Account,
}

/// How many requests may come in each [`WINDOW`], all at once or spread.
#[derive(Clone, Copy, Debug)]
pub struct Quotas {
    /// For each network, in the order of [`Class::ALL`].
    pub networks: [NonZeroU32; Class::ALL.len()],
    /// For each client that has authenticated, in each class.
    pub client: NonZeroU32,
    /// For each account, in each class.
    pub account: NonZeroU32,
}

/// A request that exceeds a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limited {
    pub class: Class,
    pub sender: RequestSender,
    /// The number of requests that may come in each [`WINDOW`].
    pub quota: u32,
    /// There is room for one more request after this time, at least a second.
    pub wait: Seconds,
}

type Limiter = RateLimiter<u64, Store, Uptime, NoOpMiddleware<Duration>>;

/// The limits for all requests of this process.
#[derive(Debug)]
pub struct RateLimits(Option<Limiters>);

#[derive(Debug)]
struct Limiters {
    /// The keys of the store are hashes under a secret of the process, so no one can choose colliding ones.
    hasher: RandomState,
    store: Store,
    networks: [Meter; Class::ALL.len()],
    sites: [Meter; Class::ALL.len()],
    client: Meter,
    account: Meter,
}

/// A limiter and its quota.
#[derive(Debug)]
struct Meter {
    quota: NonZeroU32,
    limiter: Limiter,
}

/// The clock of the limiters: the time since the process began.
#[derive(Clone, Debug)]
struct Uptime(Clock);

impl clock::Clock for Uptime {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.since_start()
    }
}

impl RateLimits {
    /// Limits by these quotas; `None` limits nothing.
    pub fn new(quotas: Option<Quotas>, clock: &Clock) -> Self {
        Self(quotas.map(|quotas| Limiters::new(&quotas, clock)))
    }

    /// Counts a request of a network.
    ///
    /// # Errors
    /// If the network, or its /48, has sent too many; then the request is not counted for the network.
    pub fn count_network(&self, class: Class, network: Network) -> Result<(), Limited> {
        let Some(limiters) = &self.0 else { return Ok(()) };
        let own = (RequestSender::Network, class, network);
        limiters.networks[class as usize].count(limiters.key(own), RequestSender::Network, class)?;
        match network.site() {
            Some(site) => {
                let own = (RequestSender::Site, class, site);
                limiters.sites[class as usize].count(limiters.key(own), RequestSender::Site, class)
            }
            None => Ok(()),
        }
    }

    /// Counts a request of a network, which was counted once, as `more` further ones.
    ///
    /// # Errors
    /// If the network, or its /48, has sent too many; then nothing more is counted for the network.
    pub fn count_more(&self, class: Class, network: Network, more: u32) -> Result<(), Limited> {
        let Some(limiters) = &self.0 else { return Ok(()) };
        let own = (RequestSender::Network, class, network);
        let meter = &limiters.networks[class as usize];
        meter.count_more(limiters.key(own), (RequestSender::Network, class), more)?;
        match network.site() {
            Some(site) => {
                let own = (RequestSender::Site, class, site);
                limiters.sites[class as usize].count_more(
                    limiters.key(own),
                    (RequestSender::Site, class),
                    more,
                )
            }
            None => Ok(()),
        }
    }

    /// Takes a request out of the count of its network again.
    pub fn give_back(&self, class: Class, network: Network) {
        let Some(limiters) = &self.0 else { return };
        let own = limiters.key((RequestSender::Network, class, network));
        limiters.store.give_back(own, limiters.networks[class as usize].span_of_one());
        if let Some(site) = network.site() {
            let own = limiters.key((RequestSender::Site, class, site));
            limiters.store.give_back(own, limiters.sites[class as usize].span_of_one());
        }
    }

    /// Counts a request of a client that has authenticated.
    ///
    /// # Errors
    /// If the client has sent too many.
    pub fn count_client(&self, class: Class, client: &str) -> Result<(), Limited> {
        let Some(limiters) = &self.0 else { return Ok(()) };
        limiters.client.count(
            limiters.key((RequestSender::Client, class, client)),
            RequestSender::Client,
            class,
        )
    }

    /// Counts a request of a person who is signed in.
    ///
    /// # Errors
    /// If too many came for this account.
    pub fn count_account(&self, class: Class, user: &str) -> Result<(), Limited> {
        let Some(limiters) = &self.0 else { return Ok(()) };
        limiters.account.count(
            limiters.key((RequestSender::Account, class, user)),
            RequestSender::Account,
            class,
        )
    }
}

impl Limiters {
    fn new(quotas: &Quotas, clock: &Clock) -> Self {
        let store = Store::default();
        let meter = |quota: NonZeroU32| Meter::new(quota, store.clone(), clock);
        let site = |quota: NonZeroU32| {
            meter(quota.saturating_mul(NonZeroU32::MIN.saturating_add(NETWORKS_OF_SITE - 1)))
        };
        Self {
            hasher: RandomState::new(),
            networks: quotas.networks.map(meter),
            sites: quotas.networks.map(site),
            client: meter(quotas.client),
            account: meter(quotas.account),
            store,
        }
    }

    fn key(&self, counted: impl Hash) -> u64 {
        self.hasher.hash_one(counted)
    }
}

impl Meter {
    fn new(quota: NonZeroU32, store: Store, clock: &Clock) -> Self {
        Self { quota, limiter: RateLimiter::new(Quota::per_minute(quota), store, Uptime(clock.clone())) }
    }

    fn count(&self, key: u64, sender: RequestSender, class: Class) -> Result<(), Limited> {
        self.limiter.check_key(&key).map_err(|too_early| self.limited(&too_early, sender, class))
    }

    /// Counts a request that was counted once as `more` further ones. A quota below that is used up by one request.
    fn count_more(
        &self,
        key: u64,
        (sender, class): (RequestSender, Class),
        more: u32,
    ) -> Result<(), Limited> {
        let Some(more) = NonZeroU32::new(more.min(self.quota.get() - 1)) else { return Ok(()) };
        match self.limiter.check_key_n(&key, more) {
            Ok(counted) => counted.map_err(|too_early| self.limited(&too_early, sender, class)),
            // It is below the quota.
            Err(InsufficientCapacity(_)) => Ok(()),
        }
    }

    fn limited(&self, too_early: &NotUntil<Duration>, sender: RequestSender, class: Class) -> Limited {
        let wait = too_early.wait_time_from(clock::Clock::now(self.limiter.clock()));
        let wait = Seconds::new(i64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(i64::MAX));
        Limited { class, sender, quota: self.quota.get(), wait: wait.max(Seconds::new(1)) }
    }

    fn span_of_one(&self) -> Duration {
        Quota::per_minute(self.quota).replenish_interval()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    const FEW: NonZeroU32 = NonZeroU32::new(3).unwrap();
    const MANY: NonZeroU32 = NonZeroU32::new(1000).unwrap();

    fn limits(networks: NonZeroU32) -> (RateLimits, ManualClock) {
        let clock = ManualClock::starting_now();
        let quotas = Quotas { networks: [networks; Class::ALL.len()], client: FEW, account: FEW };
        (RateLimits::new(Some(quotas), &Clock::Manual(clock.clone())), clock)
    }

    fn network(text: &str) -> Network {
        Network::of(text.parse().unwrap())
    }

    #[test]
    fn classes_are_in_their_order() {
        for (index, class) in Class::ALL.into_iter().enumerate() {
            assert_eq!(class as usize, index);
        }
    }

    #[test]
    fn a_network_may_send_its_quota_at_once_and_then_one_at_each_interval() {
        let (limits, clock) = limits(FEW);
        let network = network("192.0.2.1");
        for _ in 0..3 {
            assert_eq!(limits.count_network(Class::Token, network), Ok(()));
        }
        let limited =
            Limited { class: Class::Token, sender: RequestSender::Network, quota: 3, wait: Seconds::new(20) };
        assert_eq!(limits.count_network(Class::Token, network), Err(limited));
        assert_eq!(limits.count_network(Class::Pages, network), Ok(()), "another class");
        clock.advance(Duration::from_secs(19));
        let later = Limited { wait: Seconds::new(1), ..limited };
        assert_eq!(limits.count_network(Class::Token, network), Err(later));
        clock.advance(Duration::from_secs(1));
        assert_eq!(limits.count_network(Class::Token, network), Ok(()));
        assert_eq!(limits.count_network(Class::Token, network), Err(limited));
    }

    #[test]
    fn what_is_given_back_may_be_sent_again() {
        let (limits, _) = limits(FEW);
        for from in ["192.0.2.1", "2001:db8::1"] {
            for _ in 0..100 {
                assert_eq!(limits.count_network(Class::Token, network(from)), Ok(()));
                limits.give_back(Class::Token, network(from));
            }
            for _ in 0..3 {
                assert_eq!(limits.count_network(Class::Token, network(from)), Ok(()));
            }
            assert!(limits.count_network(Class::Token, network(from)).is_err());
        }
    }

    #[test]
    fn the_networks_of_a_site_share_four_times_the_limit_of_one() {
        let (limits, _) = limits(FEW);
        for number in 0..12 {
            let from = network(&format!("2001:db8:1:{number:x}::1"));
            assert_eq!(limits.count_network(Class::Token, from), Ok(()));
        }
        let limited = limits.count_network(Class::Token, network("2001:db8:1:ff::1")).unwrap_err();
        assert_eq!((limited.sender, limited.quota), (RequestSender::Site, 12));
        assert_eq!(limits.count_network(Class::Token, network("2001:db8:2::1")), Ok(()), "another site");
    }

    #[test]
    fn clients_and_accounts_are_counted_apart() {
        let (limits, _) = limits(MANY);
        for _ in 0..3 {
            assert_eq!(limits.count_client(Class::Token, "same"), Ok(()));
            assert_eq!(limits.count_account(Class::Token, "same"), Ok(()));
        }
        assert_eq!(limits.count_client(Class::Token, "same").unwrap_err().sender, RequestSender::Client);
        assert_eq!(limits.count_account(Class::Token, "same").unwrap_err().sender, RequestSender::Account);
        assert_eq!(limits.count_client(Class::Introspection, "same"), Ok(()));
        assert_eq!(limits.count_client(Class::Token, "other"), Ok(()));
    }

    #[test]
    fn nothing_is_limited_without_quotas() {
        let limits = RateLimits::new(None, &Clock::System);
        for _ in 0..10_000 {
            assert_eq!(limits.count_network(Class::Token, network("192.0.2.1")), Ok(()));
            assert_eq!(limits.count_client(Class::Token, "client"), Ok(()));
        }
    }

    #[test]
    fn a_million_made_up_networks_do_not_reset_the_count_of_one_that_sends_much() {
        let (limits, _) = limits(MANY);
        let offender = network("192.0.2.1");
        while limits.count_network(Class::Token, offender).is_ok() {}
        let made_up = |number: u32| Network::of(std::net::Ipv4Addr::from(number).into());
        for number in 0..1_000_000 {
            let _ = limits.count_network(Class::Token, made_up(0x0a00_0000 + number));
        }
        assert!(limits.count_network(Class::Token, offender).is_err());
    }
}
