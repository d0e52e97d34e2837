//! The calendar of the demo: the same appointments for everyone, on the next days.

use minijinja::{Value, context};

use crate::clock::Timestamp;

const DAY: i64 = 86_400;
const WEEKDAYS: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];

/// Days from today, the time and the subject.
const APPOINTMENTS: [(i64, &str, &str); 4] = [
    (0, "09:30", "Stand-up meeting"),
    (0, "12:15", "Lunch with Robin"),
    (1, "15:00", "Dentist"),
    (3, "18:30", "Choir practice"),
];

/// The appointments of the next days, each with its day and time.
pub(super) fn appointments(now: Timestamp) -> Vec<Value> {
    let today = now.as_unix().div_euclid(DAY);
    let listed = APPOINTMENTS.into_iter().map(|(days, time, subject)| {
        let day = match days {
            0 => "Today",
            1 => "Tomorrow",
            days => weekday(today + days),
        };
        context! { day, time, subject }
    });
    listed.collect()
}

/// The weekday of a day since 1970-01-01, a Thursday.
fn weekday(day: i64) -> &'static str {
    usize::try_from(day.rem_euclid(7)).ok().and_then(|index| WEEKDAYS.get(index)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_their_weekday() {
        // 2026-11-29 is a Sunday.
        for (day, name) in [(0, "Thursday"), (-1, "Wednesday"), (20_786, "Sunday"), (20_787, "Monday")] {
            assert_eq!(weekday(day), name);
        }
    }
}
