//! Memory of a fixed size for the counts of any number of senders.

use std::array;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::nanos::Nanos;
use governor::state::StateStore;

/// The number of sets; a power of two. With 8 slots of 16 bytes each, they take about a megabyte.
const SETS: usize = 8192;
/// How many senders a set holds.
const SLOTS: usize = 8;

/// The count of one sender: the time until which its requests have used up its limit, in nanoseconds since the process
/// began. Afterwards the sender is like one that has never sent anything.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    key: u64,
    until: u64,
}

/// A set for each value of the last bits of the keys. A new sender takes the slot of the sender of its set whose count
/// ends first. So the many senders of a flood take each other's slots, and not the slot of one that has sent much.
#[derive(Clone, Debug)]
pub(super) struct Store(Arc<[Mutex<[Slot; SLOTS]>]>);

impl Default for Store {
    fn default() -> Self {
        Self((0..SETS).map(|_| Mutex::new(array::from_fn(|_| Slot::default()))).collect())
    }
}

impl Store {
    /// The set of a key. The lock is held for some nanoseconds only.
    fn set(&self, key: u64) -> MutexGuard<'_, [Slot; SLOTS]> {
        let index = usize::try_from(key % SETS as u64).unwrap_or_default();
        self.0[index].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the count of a sender earlier by `span`.
    pub(super) fn give_back(&self, key: u64, span: Duration) {
        let mut set = self.set(key);
        if let Some(slot) = set.iter_mut().find(|slot| slot.key == key) {
            slot.until = slot.until.saturating_sub(Nanos::from(span).as_u64());
        }
    }
}

impl StateStore for Store {
    /// The hash of a sender.
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, key: &u64, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut set = self.set(*key);
        let known = set.iter().position(|slot| slot.key == *key);
        let before = known.map(|index| set[index].until).filter(|until| *until > 0);
        let (outcome, until) = measure(before.map(Nanos::from))?;
        let first_to_end =
            || set.iter().enumerate().min_by_key(|(_, slot)| slot.until).map(|(index, _)| index);
        let index = known.or_else(first_to_end).unwrap_or_default();
        set[index] = Slot { key: *key, until: until.as_u64() };
        Ok(outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_fixed_and_a_megabyte() {
        let store = Store::default();
        let size = size_of_val(&*store.0);
        for key in 0..1_000_000_u64 {
            let _: Result<(), ()> = store
                .measure_and_replace(&key.wrapping_mul(0x9e37_79b9_7f4a_7c15), |_| {
                    Ok(((), Nanos::from(key + 1)))
                });
        }
        assert_eq!(size_of_val(&*store.0), size);
        assert!(size <= 1_200_000, "{size}");
    }
}
