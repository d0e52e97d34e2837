//! Time as an argument: this is the only place that asks the system for the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds since 1970-01-01T00:00:00Z, as everywhere in the database and on the wire.
pub type Seconds = i64;

/// The source of the current time: the system, or in tests a clock that only moves when it is advanced.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    #[default]
    System,
    Manual(ManualClock),
}

impl Clock {
    /// The current time.
    pub fn now(&self) -> Seconds {
        match self {
            Self::System => system_seconds(),
            Self::Manual(clock) => clock.0.load(Ordering::SeqCst),
        }
    }
}

/// A clock that only moves when it is advanced.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that begins with the system's time.
    pub fn starting_now() -> Self {
        Self(Arc::new(AtomicI64::new(system_seconds())))
    }

    /// Moves the clock forward; parts of a second are ignored.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_secs()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that asks the system for the time")]
fn system_seconds() -> Seconds {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX)
}
