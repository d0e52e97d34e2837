//! Time as an argument: this is the only place that asks the system for the time.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Mul, Sub};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// An instant in whole seconds since 1970-01-01T00:00:00Z, as everywhere in the database and on the wire.
///
/// Arithmetic stops at [`Timestamp::MIN`] and [`Timestamp::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// A span of time in whole seconds, which may be negative.
///
/// Arithmetic stops at [`Seconds::MIN`] and [`Seconds::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(i64);

impl Timestamp {
    /// The first instant: no other is before it.
    pub const MIN: Self = Self(i64::MIN);
    /// The last instant: it never comes.
    pub const MAX: Self = Self(i64::MAX);

    /// The instant that is this many seconds after 1970-01-01T00:00:00Z.
    pub const fn from_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// The seconds since 1970-01-01T00:00:00Z.
    pub const fn as_unix(self) -> i64 {
        self.0
    }

    /// Reads a time as RFC 3339 writes it, such as `2026-01-31T12:00:00Z` or `2026-01-31T13:00:00+01:00`; parts of a second
    /// are dropped. `None` if the text is no such time.
    pub fn parse(text: &str) -> Option<Self> {
        use time::format_description::well_known::Rfc3339;
        let parsed = time::OffsetDateTime::parse(text, &Rfc3339).ok()?;
        // In UTC, the year of such a time may have five digits, or be before the year 0.
        let in_utc = parsed.checked_to_offset(time::UtcOffset::UTC)?;
        (0..=9999).contains(&in_utc.year()).then(|| Self(parsed.unix_timestamp()))
    }

    /// The text in ISO 8601, such as 2026-01-31T12:00:00Z.
    pub fn iso(self) -> String {
        let (days, seconds) = (self.0.div_euclid(86_400), self.0.rem_euclid(86_400));
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// The microseconds since `then` by the clock of the system: 0 if it is ahead, and at most 2²⁴ − 1, which are 16 seconds.
#[expect(clippy::disallowed_methods, reason = "the manual clock of tests has no microseconds")]
pub fn micros_since(then: Timestamp) -> u32 {
    const MOST: u128 = (1 << 24) - 1;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
    let then = u128::try_from(then.0).unwrap_or_default() * 1_000_000;
    u32::try_from(now.saturating_sub(then).min(MOST)).unwrap_or_default()
}

impl Seconds {
    pub const ZERO: Self = Self(0);
    pub const MIN: Self = Self(i64::MIN);
    pub const MAX: Self = Self(i64::MAX);

    /// A span of this many seconds.
    pub const fn new(seconds: i64) -> Self {
        Self(seconds)
    }

    /// The number of seconds.
    pub const fn as_i64(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Seconds {
    /// Writes the number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Duration> for Seconds {
    /// Parts of a second are ignored.
    fn from(duration: Duration) -> Self {
        Self(i64::try_from(duration.as_secs()).unwrap_or(i64::MAX))
    }
}

impl Add<Seconds> for Timestamp {
    type Output = Self;

    fn add(self, span: Seconds) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Seconds> for Timestamp {
    type Output = Self;

    fn sub(self, span: Seconds) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Sub for Timestamp {
    type Output = Seconds;

    fn sub(self, earlier: Self) -> Seconds {
        Seconds(self.0.saturating_sub(earlier.0))
    }
}

impl Add for Seconds {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Seconds {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Mul<i64> for Seconds {
    type Output = Self;

    fn mul(self, times: i64) -> Self {
        Self(self.0.saturating_mul(times))
    }
}

impl Sum for Seconds {
    fn sum<I: Iterator<Item = Self>>(spans: I) -> Self {
        spans.fold(Self::ZERO, Add::add)
    }
}

/// The source of the current time: the system, or in tests a clock that only moves when it is advanced.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    #[default]
    System,
    Manual(ManualClock),
}

impl Clock {
    /// The current time.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => system_time(),
            Self::Manual(clock) => clock.begun + clock.passed() + clock.offset(),
        }
    }

    /// The time since the process began, by a clock that is never set.
    pub fn uptime(&self) -> Seconds {
        self.since_start().into()
    }

    /// The time since the process began, by a clock that is never set, with parts of a second.
    pub fn since_start(&self) -> Duration {
        match self {
            Self::System => BEGUN.elapsed(),
            Self::Manual(clock) => {
                Duration::from_secs(u64::try_from(clock.passed().as_i64()).unwrap_or_default())
            }
        }
    }

    /// The current time, and the time since the process began, at one moment.
    pub fn now_and_uptime(&self) -> (Timestamp, Seconds) {
        match self {
            Self::System => (self.now(), self.uptime()),
            Self::Manual(clock) => {
                let passed = clock.passed();
                (clock.begun + passed + clock.offset(), passed)
            }
        }
    }

    /// How far `now`, as this clock said it, is ahead of what the clock of a database on the system's time said.
    pub fn ahead_of(&self, now: Timestamp, database: Timestamp) -> Seconds {
        match self {
            Self::System => now - database,
            Self::Manual(clock) => system_time() - database + clock.offset(),
        }
    }
}

static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// A clock that only moves when it is advanced or set.
#[derive(Clone, Debug)]
pub struct ManualClock {
    begun: Timestamp,
    /// The seconds that have passed, and by how many more the clock was set.
    moved: Arc<(AtomicI64, AtomicI64)>,
}

impl ManualClock {
    /// A clock that begins with the system's time.
    pub fn starting_now() -> Self {
        Self { begun: system_time(), moved: Arc::default() }
    }

    /// Lets time pass; parts of a second are ignored.
    pub fn advance(&self, by: Duration) {
        self.moved.0.fetch_add(Seconds::from(by).0, Ordering::SeqCst);
    }

    /// Sets the clock ahead, although no time has passed; parts of a second are ignored.
    pub fn set_ahead(&self, by: Duration) {
        self.moved.1.fetch_add(Seconds::from(by).0, Ordering::SeqCst);
    }

    /// Sets the clock back; parts of a second are ignored.
    pub fn set_back(&self, by: Duration) {
        self.moved.1.fetch_sub(Seconds::from(by).0, Ordering::SeqCst);
    }

    fn passed(&self) -> Seconds {
        Seconds(self.moved.0.load(Ordering::SeqCst))
    }

    fn offset(&self) -> Seconds {
        Seconds(self.moved.1.load(Ordering::SeqCst))
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that asks the system for the time")]
fn system_time() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(Seconds::from(since_epoch).0)
}

/// Year, month and day of a number of days since 1970-01-01 (Howard Hinnant's `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    // Counted from 0000-03-01, so that the leap day is a year's last; an era has 400 years.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_right_on_leap_days_and_at_centuries() {
        for (time, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_208_000, "2024-02-29T12:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(Timestamp(time).iso(), text);
        }
    }

    #[test]
    fn every_time_that_is_read_can_be_written_and_read_again() {
        for text in ["9999-12-31T23:59:59-12:00", "0000-01-01T00:00:00+12:00", "2027-02-30T00:00:00Z", ""] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
        for text in ["9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "2027-01-31T12:00:00Z"] {
            assert_eq!(Timestamp::parse(text).unwrap().iso(), text);
        }
    }

    #[test]
    fn instants_and_spans_are_added_and_subtracted() {
        let (begin, end) = (Timestamp(100), Timestamp(160));
        assert_eq!((end - begin, begin - end), (Seconds(60), Seconds(-60)));
        assert_eq!((begin + Seconds(60), end - Seconds(60)), (end, begin));
        assert_eq!((Seconds(60) + Seconds(5), Seconds(60) - Seconds(65)), (Seconds(65), Seconds(-5)));
        assert_eq!(
            (Seconds(60) * 2, [Seconds(60), Seconds(5)].into_iter().sum()),
            (Seconds(120), Seconds(65))
        );
        assert_eq!(Seconds::from(Duration::from_millis(1999)), Seconds(1));
    }

    #[test]
    fn arithmetic_stops_at_both_ends() {
        assert_eq!(
            (Timestamp::MAX + Seconds(1), Timestamp::MAX - Seconds(-1)),
            (Timestamp::MAX, Timestamp::MAX)
        );
        assert_eq!(
            (Timestamp::MIN - Seconds(1), Timestamp::MIN + Seconds(-1)),
            (Timestamp::MIN, Timestamp::MIN)
        );
        assert_eq!(Timestamp::MAX - Timestamp(-1), Seconds::MAX);
        assert_eq!(Timestamp::MIN - Timestamp(1), Seconds::MIN);
        assert_eq!((Seconds::MAX + Seconds(1), Seconds::MIN - Seconds(1)), (Seconds::MAX, Seconds::MIN));
        assert_eq!((Seconds::MAX * 2, Seconds::MAX * -2), (Seconds::MAX, Seconds::MIN));
        assert_eq!([Seconds::MAX, Seconds(1)].into_iter().sum::<Seconds>(), Seconds::MAX);
        assert_eq!(Seconds::from(Duration::MAX), Seconds::MAX);
    }

    #[test]
    fn json_has_them_as_numbers() {
        let json = serde_json::to_string(&(Timestamp(1_700_000_000), Seconds(-60))).unwrap();
        assert_eq!(json, "[1700000000,-60]");
        assert_eq!(
            serde_json::from_str::<(Timestamp, Seconds)>(&json).unwrap(),
            (Timestamp(1_700_000_000), Seconds(-60))
        );
    }
}
