//! How often a secret may be guessed. A guess is counted before it is checked, so many guesses at once gain nothing.

use crate::clock::{Seconds, Timestamp};

/// For how long guesses are remembered after the last one.
pub const MEMORY: Seconds = Seconds::new(3600);
/// By how much the clocks of two nodes may differ.
const SKEW: Seconds = Seconds::new(60);
/// The longest time that one guess has to wait for the one before it.
const MAX_DELAY: Seconds = Seconds::new(60);
/// The number of wrong passwords after which a known browser is no longer known.
pub const WRONG_IN_KNOWN_BROWSER: i64 = 10;
/// For how long a browser stays known after the last sign-in to the account.
pub const BROWSER_KNOWN_FOR: Seconds = Seconds::new(365 * 24 * 3600);

/// How many guesses a bucket takes, and when it takes the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// `most` guesses at once. After each span of `every`, there is room for one more.
    Rate { most: i64, every: Seconds },
    /// `free` guesses at once. Each further guess waits for the one before it: one second, then twice as long each
    /// time, at most a minute.
    Delay { free: i64 },
    /// `most` guesses until `until`.
    Total { most: i64, until: Timestamp },
}

/// The guesses in a bucket, as they are stored. They are forgotten at `expires_at`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuessCount {
    pub count: i64,
    pub expires_at: Timestamp,
}

impl Limit {
    /// The limit of `most` guesses in an hour, all at once or spread.
    pub fn hourly(most: i64) -> Self {
        Self::Rate { most, every: Seconds::new((MEMORY.as_i64() / most.max(1)).max(1)) }
    }

    /// Counts one more guess, and returns the count to store. `before`: the stored count; `None` if nothing is stored.
    ///
    /// # Errors
    /// The seconds to wait, at least 1, if the bucket does not take the guess now.
    pub fn count(self, before: Option<GuessCount>, now: Timestamp) -> Result<GuessCount, Seconds> {
        let before = before.filter(|before| before.expires_at > now);
        let count = before.map_or(0, |before| before.count.max(0));
        match self {
            Self::Rate { most, every } => {
                let full_at = now + every * most;
                let begin = match before {
                    None => now,
                    Some(before) if is_possible(before, full_at) => before.expires_at,
                    Some(_) => full_at - every,
                };
                let expires_at = begin + every;
                let wait = expires_at - full_at;
                if wait > Seconds::ZERO { Err(wait) } else { Ok(GuessCount { count: count + 1, expires_at }) }
            }
            Self::Delay { free } => {
                let last = before.filter(|before| is_possible(*before, now + MEMORY));
                let since_last = last.map_or(MEMORY, |last| now + MEMORY - last.expires_at);
                let wait = delay(count - free) - since_last;
                if wait > Seconds::ZERO {
                    return Err(wait.min(MAX_DELAY));
                }
                Ok(GuessCount { count: count + 1, expires_at: now + MEMORY })
            }
            Self::Total { most, until } => {
                if count >= most {
                    return Err((until - now).max(Seconds::new(1)));
                }
                Ok(GuessCount { count: count + 1, expires_at: until })
            }
        }
    }

    /// How much earlier the bucket ends after one guess is taken back; zero if the end does not depend on the number of
    /// guesses.
    pub fn span_of_one(self) -> Seconds {
        match self {
            Self::Rate { every, .. } => every,
            Self::Delay { .. } | Self::Total { .. } => Seconds::ZERO,
        }
    }
}

/// Whether a bucket that ends at `latest` or earlier can hold these guesses. If not, the clock that counted them was
/// ahead, and the bucket must not stay closed until the time of that clock.
fn is_possible(before: GuessCount, latest: Timestamp) -> bool {
    before.expires_at <= latest + SKEW
}

/// How long a guess waits for the one before it, after `beyond` guesses more than the free ones.
fn delay(beyond: i64) -> Seconds {
    match u32::try_from(beyond) {
        Err(_) => Seconds::ZERO,
        Ok(beyond) => Seconds::new(1_i64.checked_shl(beyond).filter(|delay| *delay > 0).unwrap_or(i64::MAX))
            .min(MAX_DELAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(1_700_000_000 + seconds)
    }

    /// Tries a guess in each second. Returns the seconds in which it was counted.
    fn counted(limit: Limit, seconds: std::ops::Range<i64>) -> Vec<i64> {
        let mut before = None;
        let mut counted = Vec::new();
        for second in seconds {
            while let Ok(after) = limit.count(before, at(second)) {
                before = Some(after);
                counted.push(second);
                assert!(counted.len() < 1000, "no end");
            }
        }
        counted
    }

    #[test]
    fn a_rate_takes_some_at_once_and_then_one_after_each_span() {
        let limit = Limit::Rate { most: 3, every: Seconds::new(10) };
        assert_eq!(counted(limit, 0..35), [0, 0, 0, 10, 20, 30]);
        let mut before = None;
        for _ in 0..3 {
            before = Some(limit.count(before, at(0)).unwrap());
        }
        assert_eq!(limit.count(before, at(0)), Err(Seconds::new(10)));
        assert_eq!(limit.count(before, at(9)), Err(Seconds::new(1)));
        assert!(limit.count(before, at(10)).is_ok());
        assert_eq!(Limit::hourly(120), Limit::Rate { most: 120, every: Seconds::new(30) });
    }

    #[test]
    fn the_delay_doubles_up_to_a_minute() {
        let limit = Limit::Delay { free: 5 };
        let seconds = counted(limit, 0..300);
        assert_eq!(seconds, [0, 0, 0, 0, 0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
        let many = GuessCount { count: 1_000_000, expires_at: at(0) + MEMORY };
        assert_eq!(limit.count(Some(many), at(0)), Err(MAX_DELAY));
        assert_eq!(limit.count(Some(many), at(59)), Err(Seconds::new(1)));
        assert!(limit.count(Some(many), at(60)).is_ok());
        assert_eq!(limit.count(Some(many), at(3600)).unwrap().count, 1, "forgotten after an hour");
    }

    #[test]
    fn a_total_is_never_more() {
        let limit = Limit::Total { most: 10, until: at(500) };
        assert_eq!(counted(limit, 0..500), [0; 10]);
    }

    #[test]
    fn a_clock_that_was_ahead_closes_no_bucket() {
        let ahead = GuessCount { count: 9, expires_at: at(1_000_000) };
        let limit = Limit::Rate { most: 3, every: Seconds::new(10) };
        let after = limit.count(Some(ahead), at(0)).unwrap();
        assert_eq!(after.expires_at, at(30), "one more guess, and the bucket is full");
        assert_eq!(limit.count(Some(after), at(0)), Err(Seconds::new(10)));
        let after = Limit::Delay { free: 5 }.count(Some(ahead), at(0)).unwrap();
        assert_eq!(Limit::Delay { free: 5 }.count(Some(after), at(0)), Err(Seconds::new(32)));
    }
}
