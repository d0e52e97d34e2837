//! Lists on the command line: every page, one after another.

use super::Trouble;
use crate::failure::Denied;
use crate::operations::fault::Faults;
use crate::operations::list::{List, Listing, MOST};

/// Everything that fits the filter.
pub(super) async fn all<F: Clone, T>(
    filter: F,
    list: impl AsyncFn(Listing<F>) -> Result<List<T>, Denied<Faults>>,
) -> Result<Vec<T>, Trouble> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = list(Listing { filter: filter.clone(), limit: MOST, cursor }).await?;
        found.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return Ok(found);
        }
    }
}
