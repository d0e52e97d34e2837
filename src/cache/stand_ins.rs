//! Hashes for names without an account. A wrong password for such a name must take as long as for an account, so the
//! hashes have the parameters of stored ones, in the same proportions.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::fresh::Fresh;
use crate::clock::{Seconds, Timestamp};
use crate::failure::Failure;
use crate::secret::passwords::{Passwords, parameters};
use crate::store::db::{Conn, Db};
use crate::store::users;

/// How many stored hashes are read. The ids of users are random, so the first are a fair sample.
const SAMPLE: i64 = 1000;
/// For how long a sample is used.
const AGE: Seconds = Seconds::new(60);
/// Longer than any sample is used: its age is judged by the server's clock.
const EVER: Duration = Duration::from_secs(3600);

/// The stand-ins for the stored hashes.
#[derive(Default)]
pub struct StandIns(Fresh<Sample, Arc<Failure>>);

struct Sample {
    read_at: Timestamp,
    /// A hash that no password matches for each set of parameters, and how many stored hashes have them.
    kinds: Vec<(String, u64)>,
}

impl StandIns {
    /// A hash that no password matches, with the parameters of a stored hash. `None` if no hash is stored.
    ///
    /// `choice`: a random number that is always the same for one name.
    ///
    /// # Errors
    /// Only failures.
    pub async fn find(
        &self,
        db: &Db,
        passwords: &Passwords,
        choice: u64,
        now: Timestamp,
    ) -> Result<Option<String>, Failure> {
        let start = Instant::now();
        let since = start.checked_sub(EVER).unwrap_or(start);
        let is_recent = |sample: &Sample| (sample.read_at..sample.read_at + AGE).contains(&now);
        let read = async || Sample::read(db, passwords, now).await.map_err(Arc::new);
        let (sample, _) = self.0.get(since, is_recent, read).await.map_err(Failure::Shared)?;
        Ok(sample.choose(choice))
    }
}

impl Sample {
    async fn read(db: &Db, passwords: &Passwords, now: Timestamp) -> Result<Self, Failure> {
        let hashes = db.read(async |conn: &mut Conn| users::some_hashes(conn, SAMPLE).await).await?;
        let mut counts: BTreeMap<&str, (&str, u64)> = BTreeMap::new();
        for phc in &hashes {
            counts.entry(parameters(phc)).or_insert((phc, 0)).1 += 1;
        }
        // A damaged hash is reported when its user signs in.
        let kinds =
            counts.into_values().filter_map(|(phc, count)| Some((passwords.stand_in(phc).ok()?, count)));
        Ok(Self { read_at: now, kinds: kinds.collect() })
    }

    fn choose(&self, choice: u64) -> Option<String> {
        let total: u64 = self.kinds.iter().map(|(_, count)| count).sum();
        let mut rest = choice.checked_rem(total)?;
        for (phc, count) in &self.kinds {
            if rest < *count {
                return Some(phc.clone());
            }
            rest -= count;
        }
        None
    }
}
