//! When something that could not be delivered is tried again.

use crate::clock::Seconds;

/// The pause after an attempt, from the pauses of a schedule in seconds; `None` after the last attempt. The first attempt
/// is number 1.
pub(in crate::oauth) fn pause_in(schedule: &[i64], attempt: i64) -> Option<Seconds> {
    let place = usize::try_from(attempt.checked_sub(1)?).ok()?;
    schedule.get(place).copied().map(Seconds::new)
}
