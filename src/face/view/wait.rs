//! How long a person has to wait.

use serde::Serialize;

use crate::clock::Seconds;
use crate::face::text_names::{TIME_UNITS, named};

/// A time in a unit in which people say it, rounded up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct WaitTime {
    /// The end of the name of its text in the catalogue.
    pub unit: &'static str,
    pub count: i64,
}

impl WaitTime {
    /// The longest time in seconds that is said in seconds, and in minutes that is said in minutes.
    const LONGEST: i64 = 90;

    /// Returns a time, which is at least a second.
    pub fn of(wait: Seconds) -> Self {
        const SECOND: &str = named(&TIME_UNITS, "second");
        const MINUTE: &str = named(&TIME_UNITS, "minute");
        const HOUR: &str = named(&TIME_UNITS, "hour");
        let seconds = wait.as_i64().max(1);
        let minutes = rounded_up(seconds);
        match (seconds <= Self::LONGEST, minutes <= Self::LONGEST) {
            (true, _) => Self { unit: SECOND, count: seconds },
            (false, true) => Self { unit: MINUTE, count: minutes },
            (false, false) => Self { unit: HOUR, count: rounded_up(minutes) },
        }
    }
}

/// A number of small units in units that are sixty times as large.
fn rounded_up(count: i64) -> i64 {
    count / 60 + i64::from(count % 60 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_said_in_a_unit_that_people_use_and_never_too_short() {
        for (seconds, unit, count) in [
            (-1, "second", 1),
            (0, "second", 1),
            (1, "second", 1),
            (90, "second", 90),
            (91, "minute", 2),
            (1200, "minute", 20),
            (1201, "minute", 21),
            (5400, "minute", 90),
            (5401, "hour", 2),
            (86_401, "hour", 25),
            (i64::MAX, "hour", i64::MAX / 3600 + 1),
        ] {
            assert_eq!(WaitTime::of(Seconds::new(seconds)), WaitTime { unit, count }, "{seconds}");
        }
    }
}
