//! Lists in pages: `limit`, `cursor`, and where the next page is.

use serde_json::{Value, json};

use super::call::ApiCall;
use super::error::ApiError;
use super::reply::ApiReply;
use crate::config::mount_path;
use crate::operations::list::{List, Listing, MAX_PAGE_SIZE};

/// The number of items on a page if the request names none.
const USUAL_PAGE_SIZE: u32 = 50;

/// Reads `limit` and `cursor`, and checks that the query has no other parameter. `filter` was made from the query before.
///
/// # Errors
/// If a parameter is not valid or not known.
pub(super) fn of<F>(call: &ApiCall<'_>, filter: F) -> Result<Listing<F>, ApiError> {
    let number = |text: &str| text.parse().ok().filter(|number| (1..=MAX_PAGE_SIZE).contains(number));
    let limit = call.parsed("limit", number, || format!("limit is a number from 1 to {MAX_PAGE_SIZE}"));
    let limit = limit.unwrap_or(USUAL_PAGE_SIZE);
    let cursor = call.operation.cursor().and_then(|name| call.parameter(name));
    call.end_of_query()?;
    Ok(Listing { filter, limit, cursor })
}

/// The answer with a page of a list: `items`, and `next`, the cursor of the next page or `null`.
pub(super) fn reply<T>(call: &ApiCall<'_>, list: &List<T>, shown: impl FnMut(&T) -> Value) -> ApiReply {
    let items: Vec<Value> = list.items.iter().map(shown).collect();
    let next = list.next.as_deref().map(|cursor| address(call, cursor));
    ApiReply::ok(json!({ "items": items, "next": list.next })).with_next(next)
}

/// The path and query of this request, with another cursor.
fn address(call: &ApiCall<'_>, cursor: &str) -> String {
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_str(call.request.query_string()).unwrap_or_default();
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let parameter = call.operation.cursor().unwrap_or("cursor");
    query.extend_pairs(pairs.iter().filter(|(name, _)| name != parameter));
    query.append_pair(parameter, cursor);
    let mount = mount_path(&call.app.issuer);
    let path = call.request.path.strip_prefix(&mount).unwrap_or(&call.request.path);
    format!("{path}?{}", query.finish())
}
