//! Lists on the command line: reads one page after another.

use super::CliError;
use crate::failure::Denied;
use crate::operations::fault::Faults;
use crate::operations::list::{List, Listing, MAX_PAGE_SIZE};

/// Returns all objects that match the filter.
pub(super) async fn all<F: Clone, T>(
    filter: F,
    list: impl AsyncFn(Listing<F>) -> Result<List<T>, Denied<Faults>>,
) -> Result<Vec<T>, CliError> {
    first(u32::MAX, filter, list).await
}

/// Returns the first `max` objects that match the filter.
pub(super) async fn first<F: Clone, T>(
    max: u32,
    filter: F,
    list: impl AsyncFn(Listing<F>) -> Result<List<T>, Denied<Faults>>,
) -> Result<Vec<T>, CliError> {
    let (mut found, mut cursor, mut left) = (Vec::new(), None, max);
    while left > 0 {
        let limit = left.min(MAX_PAGE_SIZE);
        let page = list(Listing { filter: filter.clone(), limit, cursor }).await?;
        found.extend(page.items);
        let Some(next) = page.next else { break };
        (cursor, left) = (Some(next), left - limit);
    }
    Ok(found)
}
