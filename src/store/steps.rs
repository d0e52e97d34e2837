//! Changes of any number of rows, in steps: no transaction changes more than a few hundred rows, so that no one who writes
//! at the same time waits long.

use super::db::{Conn, DbError, Param, Record};

/// The number of rows that one transaction changes, which takes a few milliseconds of the writer's time.
pub const STEP: i64 = 500;
/// The number of rows that are read at once while a whole table is searched.
pub const LOOK: i64 = 5_000;

/// A part of a table in the order of its key: the rows after `after` up to `until`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch<K> {
    pub after: K,
    pub until: K,
}

/// The next rows of a table in the order of its key, at most [`LOOK`], each with whether it is wanted.
///
/// `sql` selects the key and `is_wanted`, with the key after `$1`, what the wanted rows have as `$2`, and `LIMIT $3`.
///
/// # Errors
/// Only failures of the database.
pub(super) async fn look<K>(
    conn: &mut Conn,
    sql: &'static str,
    after: impl Param,
    wanted: &str,
) -> Result<Vec<(K, bool)>, DbError>
where
    (K, bool): Record,
{
    conn.query(sql).bind(after).bind(wanted).bind(LOOK).all().await
}

/// Divides the rows after `after`, at most [`LOOK`], into stretches with at most [`STEP`] wanted rows each. The rows are
/// keys in their order, each with whether it is wanted. Every wanted row is in a stretch.
pub fn stretches<K: Clone>(after: K, rows: &[(K, bool)]) -> Vec<Stretch<K>> {
    let step = usize::try_from(STEP).unwrap_or(usize::MAX);
    let wanted: Vec<&K> = rows.iter().filter(|(_, wanted)| *wanted).map(|(key, _)| key).collect();
    let mut begin = after;
    let ends = wanted.chunks(step).filter_map(|part| part.last());
    ends.map(|until| Stretch {
        after: std::mem::replace(&mut begin, (*until).clone()),
        until: (*until).clone(),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wanted_row_is_in_one_stretch_and_no_stretch_has_more_than_a_step() {
        for period in [1, 2, 7, 4000, 10_000] {
            let rows: Vec<(i64, bool)> = (1..=LOOK).map(|key| (key, key % period == 0)).collect();
            let parts = stretches(0, &rows);
            let mut last = 0;
            for Stretch { after, until } in &parts {
                assert_eq!(*after, last, "no gap");
                let wanted = (after + 1..=*until).filter(|key| key % period == 0).count();
                assert!(wanted > 0 && wanted <= usize::try_from(STEP).unwrap(), "{wanted}");
                last = *until;
            }
            assert_eq!(last, LOOK / period * period, "up to the last wanted row");
        }
        assert_eq!(stretches(0, &[]), []);
    }
}
