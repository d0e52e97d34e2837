//! The height of the audit trail: the number of its last event. It is kept apart from the events, beside the server's key, so
//! that a trail that was removed as a whole is noticed.

use crate::clock::Timestamp;
use crate::secret::equal;
use crate::store::db::{Conn, DbError, Tx};
use crate::store::server_keys;

/// The row of the height.
pub(super) const ROW: &str = "event_height";
/// The length of a MAC.
const MAC_LENGTH: usize = 32;

type Mac = [u8; MAC_LENGTH];

/// The last event that was numbered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailHeight {
    /// 0 before the first event.
    pub number: i64,
    /// The event's place in the chain.
    pub chain: Vec<u8>,
}

/// What the row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptHeight {
    /// There is no row.
    Missing,
    /// Not one of the server's nodes wrote the row.
    Forged,
    Genuine(TrailHeight),
}

impl TrailHeight {
    /// The height before the first event.
    pub fn beginning() -> Self {
        Self { number: 0, chain: vec![0; MAC_LENGTH] }
    }

    /// The row: number, chain and a MAC over both. `mac` makes the MAC of events.
    pub fn row(&self, mac: impl Fn(&[u8]) -> Mac) -> Vec<u8> {
        let known = [&self.number.to_be_bytes()[..], &self.chain].concat();
        let mac = mac(&message(&known));
        [known, mac.to_vec()].concat()
    }

    fn of_row(row: &[u8], mac: impl Fn(&[u8]) -> Mac) -> Option<Self> {
        let (known, row_mac) = row.split_last_chunk::<MAC_LENGTH>()?;
        let (number, chain) = known.split_first_chunk()?;
        let height = Self { number: i64::from_be_bytes(*number), chain: chain.to_vec() };
        equal(row_mac, &mac(&message(known))).then_some(height)
    }

    /// Keeps the height that this row says. Without a row before, it is kept only if `is_first`: a row that was removed does
    /// not come back.
    ///
    /// # Errors
    /// Only failures of the database.
    pub async fn keep(tx: &mut Tx, row: &[u8], (is_first, now): (bool, Timestamp)) -> Result<(), DbError> {
        if is_first {
            server_keys::save(tx, ROW, row, now).await?;
        }
        server_keys::replace(tx, ROW, row).await
    }
}

/// What the MAC is made over.
fn message(known: &[u8]) -> Vec<u8> {
    [b"height", known].concat()
}

impl KeptHeight {
    /// What [`find`] has read. `mac` makes the MAC of events.
    pub fn of(row: Option<&[u8]>, mac: impl Fn(&[u8]) -> Mac) -> Self {
        let Some(row) = row else { return Self::Missing };
        TrailHeight::of_row(row, mac).map_or(Self::Forged, Self::Genuine)
    }
}

/// Reads the row, if there is one.
///
/// # Errors
/// Only failures of the database.
pub async fn find(conn: &mut Conn) -> Result<Option<Vec<u8>>, DbError> {
    server_keys::find(conn, ROW).await
}
