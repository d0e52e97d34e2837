//! The order of a list: by which column, in which direction, and where a page of it begins.

use serde::{Deserialize, Serialize};

use super::db::Query;
use crate::clock::Timestamp;

/// An order. `C` has the columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order<C> {
    pub by: C,
    /// Whether the largest value comes first.
    pub is_descending: bool,
}

/// The value of the column in a row, by which a list is sorted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SortValue {
    Time(Timestamp),
    Text(String),
}

/// The orders of a list, each with its word: the name of a member, with `-` before it if the largest value comes first.
pub type Orders<C> = [(&'static str, Order<C>)];

impl<C: Copy + PartialEq> Order<C> {
    /// The smallest value first.
    pub const fn up(by: C) -> Self {
        Self { by, is_descending: false }
    }

    /// The largest value first.
    pub const fn down(by: C) -> Self {
        Self { by, is_descending: true }
    }

    /// Returns the word of the order among `orders`; empty if `orders` does not have it.
    pub fn word(self, orders: &Orders<C>) -> &'static str {
        orders.iter().find(|(_, order)| *order == self).map_or("", |(word, _)| word)
    }
}

/// The place of a row in a list: the value of the column, and the row's id, which tells rows with the same value apart.
pub type SortKey = (SortValue, String);

/// Binds the place after which a page begins, if it is not the first page. `is_time`: the column has times. A value of the
/// other kind is from a cursor that someone has made up, and is taken for the beginning of the list.
pub(super) fn bind_after<'c>(query: Query<'c>, after: Option<&SortKey>, is_time: bool) -> Query<'c> {
    match (after, is_time) {
        (None, _) => query,
        (Some((SortValue::Time(time), id)), true) => query.bind(*time).bind(id.as_str()),
        (Some((SortValue::Text(text), id)), false) => query.bind(text.as_str()).bind(id.as_str()),
        (Some((_, id)), true) => query.bind(Timestamp::MIN).bind(id.as_str()),
        (Some((_, id)), false) => query.bind("").bind(id.as_str()),
    }
}

/// The text of a statement for a page of a list in an order: `before`, the condition that the rows come after the place in
/// `value` and `id`, the order, the limit, and `after`. On the first page there is no place, and no condition for it.
macro_rules! page_in_order {
    ($before:ident, $after:literal, $value:literal, $id:literal, $limit:literal,
     ($order:expr, $is_first:expr) { $($by:path => $column:literal),+ }) => {
        match ($order.by, $order.is_descending, $is_first) {
            $(
                ($by, false, true) => {
                    concat!($before!(), " ORDER BY ", $column, ", id LIMIT ", $limit, $after)
                }
                ($by, false, false) => concat!(
                    $before!(), " AND (", $column, ", id) > (", $value, ", ", $id, ") ORDER BY ", $column, ", id LIMIT ",
                    $limit, $after
                ),
                ($by, true, true) => {
                    concat!($before!(), " ORDER BY ", $column, " DESC, id DESC LIMIT ", $limit, $after)
                }
                ($by, true, false) => concat!(
                    $before!(), " AND (", $column, ", id) < (", $value, ", ", $id, ") ORDER BY ", $column,
                    " DESC, id DESC LIMIT ", $limit, $after
                ),
            )+
        }
    };
}
pub(super) use page_in_order;
