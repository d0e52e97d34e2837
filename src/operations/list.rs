//! Lists in pages: a filter, a limit, and a cursor that says where the previous page ended.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Context;
use super::fault::{Fault, Faults};
use crate::failure::Denied;
use crate::secret::{Hash, from_base64url, to_base64url};
use crate::store::db::{Conn, DbError};
use crate::store::page::Page;

/// The largest number of objects on a page.
pub const MAX_PAGE_SIZE: u32 = 500;
/// The largest length of a cursor in characters. A cursor contains a name or an address.
const MAX_CURSOR_LENGTH: usize = 8192;
/// How many characters of the hash of a filter are in a cursor.
const HASH_LENGTH: usize = 16;

/// What the caller asks of a list.
#[derive(Clone, Debug)]
pub struct Listing<F> {
    pub filter: F,
    /// The largest number of items: 1 to [`MAX_PAGE_SIZE`].
    pub limit: u32,
    /// [`List::next`] of the previous page. `None` for the first page.
    pub cursor: Option<String>,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct List<T> {
    pub items: Vec<T>,
    /// The cursor of the next page. `None` if this is the last page.
    pub next: Option<String>,
}

/// The list that a cursor belongs to, and its order, if the list has more than one.
#[derive(Clone, Copy, Debug)]
pub struct Cursor {
    list: &'static str,
    order: &'static str,
    is_of_log: bool,
}

/// A cursor of a list with one filter in one order.
#[derive(Clone, Debug)]
pub struct BoundCursor {
    list: &'static str,
    /// The order and the hash of the filter. Empty for a log.
    binding: String,
}

/// Reads a page for people to look at. It may be a little out of date, because it comes from the replica if the
/// server has one.
///
/// `list` reads rows from the database; `key` is the sort key of a row.
///
/// # Errors
/// If the limit is out of bounds, or the cursor does not belong to this list.
pub(super) async fn read<F, K, T>(
    context: &Context<'_>,
    cursor: Cursor,
    listing: Listing<F>,
    list: impl AsyncFn(&mut Conn, &Page<F, K>) -> Result<Vec<T>, DbError> + Clone + Send + 'static,
    key: impl FnOnce(&T) -> K,
) -> Result<List<T>, Denied<Faults>>
where
    F: Clone + Debug + Send + 'static,
    K: Clone + Send + Serialize + DeserializeOwned + 'static,
    T: Send + 'static,
{
    let (limit, cursor) = (listing.limit, cursor.bound_to(&listing.filter));
    let page = listing.page(&cursor)?;
    let work = async move |conn: &mut Conn| list(conn, &page).await;
    let items = context.db.read_lagging(work).await?;
    Ok(List::of(items, limit, &cursor, key))
}

/// Reads a page as [`read`] does, but always from the primary database.
///
/// # Errors
/// Those of [`read`].
pub(super) async fn read_now<F, K, T>(
    context: &Context<'_>,
    cursor: Cursor,
    listing: Listing<F>,
    list: impl AsyncFn(&mut Conn, &Page<F, K>) -> Result<Vec<T>, DbError> + Send + 'static,
    key: impl FnOnce(&T) -> K,
) -> Result<List<T>, Denied<Faults>>
where
    F: Debug + Send + 'static,
    K: Send + Serialize + DeserializeOwned + 'static,
    T: Send + 'static,
{
    let (limit, cursor) = (listing.limit, cursor.bound_to(&listing.filter));
    let page = listing.page(&cursor)?;
    let work = async move |conn: &mut Conn| list(conn, &page).await;
    let items = context.db.read(work).await?;
    Ok(List::of(items, limit, &cursor, key))
}

/// Returns a page of `items`, which are all in memory, in their order. `key` identifies each item.
///
/// # Errors
/// Those of [`read`].
pub(super) fn of_all<F: Debug, T>(
    items: Vec<T>,
    cursor: Cursor,
    listing: Listing<F>,
    key: impl Fn(&T) -> String,
) -> Result<List<T>, Fault> {
    let (limit, cursor) = (listing.limit, cursor.bound_to(&listing.filter));
    let page: Page<F, String> = listing.page(&cursor)?;
    let before = |item: &T| page.after.as_ref().is_some_and(|after| key(item) != *after);
    let mut rest: Vec<T> = match page.after {
        None => items,
        Some(_) => items.into_iter().skip_while(before).skip(1).collect(),
    };
    rest.truncate(usize::try_from(page.limit).unwrap_or(usize::MAX));
    Ok(List::of(rest, limit, &cursor, key))
}

impl<F> Listing<F> {
    /// The same page, of a list with this filter.
    pub fn with<G>(self, filter: G) -> Listing<G> {
        Listing { filter, limit: self.limit, cursor: self.cursor }
    }

    /// What is to be read: one row more than fits on the page, which shows whether there is a next page.
    fn page<K: DeserializeOwned>(self, cursor: &BoundCursor) -> Result<Page<F, K>, Fault> {
        if !(1..=MAX_PAGE_SIZE).contains(&self.limit) {
            return Err(Fault::invalid("limit", format!("a page has 1 to {MAX_PAGE_SIZE} items")));
        }
        let after = self.cursor.as_deref().map(|text| cursor.read(text)).transpose()?;
        Ok(Page { filter: self.filter, after, limit: self.limit + 1 })
    }
}

impl<T> List<T> {
    /// Makes a page of `limit` items from the rows that were read for it.
    fn of<K: Serialize>(
        mut items: Vec<T>,
        limit: u32,
        cursor: &BoundCursor,
        key: impl FnOnce(&T) -> K,
    ) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if items.len() <= limit {
            return Self { items, next: None };
        }
        items.truncate(limit);
        let next = items.last().map(|last| cursor.write(&key(last)));
        Self { items, next }
    }
}

impl Cursor {
    /// The cursor of a list in its only order.
    pub const fn of(list: &'static str) -> Self {
        Self { list, order: "", is_of_log: false }
    }

    /// The cursor of a log, which grows at its end: a place in it is the same whatever the filter leaves out.
    pub const fn of_log(list: &'static str) -> Self {
        Self { list, order: "", is_of_log: true }
    }

    /// The cursor of the same list in another order.
    pub const fn sorted(self, order: &'static str) -> Self {
        Self { order, ..self }
    }

    /// The cursor of the list with this filter. Items that another filter shows would be left out after it.
    pub fn bound_to(self, filter: &impl Debug) -> BoundCursor {
        let binding = match self.is_of_log {
            true => String::new(),
            false => {
                let mut hash = Hash::of(&format!("{filter:?}")).to_text();
                hash.truncate(HASH_LENGTH);
                format!("{} {hash}", self.order)
            }
        };
        BoundCursor { list: self.list, binding }
    }
}

impl BoundCursor {
    /// The text of the cursor after the item with this key.
    pub fn write(&self, key: &impl Serialize) -> String {
        to_base64url(&serde_json::to_vec(&(self.list, &self.binding, key)).unwrap_or_default())
    }

    /// The key of the item that a text of [`Self::write`] goes on after.
    ///
    /// # Errors
    /// If the text is not a cursor of this list with this filter and in this order.
    pub fn read<K: DeserializeOwned>(&self, text: &str) -> Result<K, Fault> {
        let parse = |text: &str| {
            let bytes = from_base64url(text).filter(|_| text.len() <= MAX_CURSOR_LENGTH)?;
            serde_json::from_slice::<(String, String, K)>(&bytes).ok()
        };
        match parse(text) {
            Some((list, binding, key)) if list == self.list && binding == self.binding => Ok(key),
            _ => {
                let sentence =
                    "the cursor is not one that this list has given for the same filters and order";
                Err(Fault::invalid("cursor", sentence))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: Cursor = Cursor::of("users");

    fn listing(limit: u32, cursor: Option<String>) -> Listing<()> {
        Listing { filter: (), limit, cursor }
    }

    #[test]
    fn a_page_goes_on_where_the_one_before_ended() {
        let rows = |from: u32| (from..from + 3).map(|id| ("name".to_owned(), id)).collect::<Vec<_>>();
        let users = USERS.bound_to(&());
        let page: Page<(), (String, u32)> = listing(2, None).page(&users).unwrap();
        assert_eq!((page.after, page.limit), (None, 3));
        let first = List::of(rows(1), 2, &users, Clone::clone);
        assert_eq!(first.items.len(), 2);
        let page: Page<(), (String, u32)> = listing(2, first.next).page(&users).unwrap();
        assert_eq!(page.after, Some(("name".to_owned(), 2)));
        assert_eq!(List::of(rows(1), 3, &users, Clone::clone).next, None, "exactly full, and the last");
    }

    #[test]
    fn a_place_in_a_log_stays_the_same_with_another_filter() {
        const LOG: Cursor = Cursor::of_log("events");
        let place = LOG.bound_to(&"of alice").write(&7);
        assert_eq!(LOG.bound_to(&"of bob").read::<i64>(&place), Ok(7));
        assert!(Cursor::of("events").bound_to(&"of bob").read::<i64>(&place).is_err());
    }

    #[test]
    fn a_cursor_of_another_list_and_a_made_up_one_are_refused() {
        let users = USERS.bound_to(&());
        let other = Cursor::of("scopes").bound_to(&()).write(&("name", 1));
        let otherwise_sorted = USERS.sorted("-name").bound_to(&()).write(&("name", 1));
        let filtered = USERS.bound_to(&"a").write(&("name", 1));
        let long = "A".repeat(MAX_CURSOR_LENGTH + 1);
        for cursor in [other.as_str(), &otherwise_sorted, &filtered, "", "x", "%", &other[1..], &long] {
            let page: Result<Page<(), (String, u32)>, Fault> =
                listing(2, Some(cursor.to_owned())).page(&users);
            assert_eq!(page.unwrap_err().member.as_deref(), Some("cursor"), "{cursor}");
        }
        for limit in [0, MAX_PAGE_SIZE + 1, u32::MAX] {
            let page: Result<Page<(), (String, u32)>, Fault> = listing(limit, None).page(&users);
            assert_eq!(page.unwrap_err().member.as_deref(), Some("limit"), "{limit}");
        }
    }
}
