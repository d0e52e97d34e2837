//! Lists on the command line: which rows, how many, and in which order; and the options that change a list of an object.

use clap::{Args, ValueEnum};

use super::CliError;
use crate::failure::Denied;
use crate::oauth::grant::scope::Scope;
use crate::oauth::id::ClientId;
use crate::operations::fault::Faults;
use crate::operations::list::{List, Listing, MAX_PAGE_SIZE};
use crate::operations::list_change::ListChange;
use crate::operations::scopes;
use crate::store::deliveries::DeliveryState;

/// How many rows of a list, and in which order.
#[derive(Args, Clone, Default)]
#[group(skip)]
pub(super) struct ListOptions {
    /// The largest number of rows
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Sort by a column of the table, such as created; -created sorts in the other direction
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true)]
    sort: Option<String>,
    /// Whether other options leave rows out.
    #[arg(skip)]
    is_filtered: bool,
}

/// Whether an object is enabled.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum EnabledState {
    Enabled,
    Disabled,
}

/// The state of a delivery.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum DeliveryStateOption {
    /// The server will send it, for the first time or again
    Waiting,
    /// The receiver has confirmed it
    Delivered,
    /// The server tried for three days without success, or cannot send it
    Failed,
}

impl From<DeliveryStateOption> for DeliveryState {
    fn from(state: DeliveryStateOption) -> Self {
        match state {
            DeliveryStateOption::Waiting => Self::Waiting,
            DeliveryStateOption::Delivered => Self::Delivered,
            DeliveryStateOption::Failed => Self::Failed,
        }
    }
}

impl EnabledState {
    pub(super) fn is_disabled(self) -> bool {
        self == Self::Disabled
    }
}

impl ListOptions {
    /// The same options, for a list whose own options leave rows out if `is_filtered`.
    pub(super) fn filtered(&self, is_filtered: bool) -> Self {
        Self { is_filtered, ..self.clone() }
    }

    /// The words for an empty list.
    pub(super) fn none(&self) -> &'static str {
        if self.is_filtered { "none that match" } else { "none" }
    }

    /// The rows that match the filter. They are sorted and cut to the limit by [`Self::arrange`].
    pub(super) async fn read<F: Clone, T>(
        &self,
        filter: F,
        list: impl AsyncFn(Listing<F>) -> Result<List<T>, Denied<Faults>>,
    ) -> Result<Vec<T>, CliError> {
        self.read_at_most(u32::MAX, filter, list).await
    }

    /// As [`Self::read`], but without options only the first `usual` rows.
    pub(super) async fn read_at_most<F: Clone, T>(
        &self,
        usual: u32,
        filter: F,
        list: impl AsyncFn(Listing<F>) -> Result<List<T>, Denied<Faults>>,
    ) -> Result<Vec<T>, CliError> {
        match (&self.sort, self.limit) {
            (Some(_), _) => all(filter, list).await,
            (None, limit) => first(limit.unwrap_or(usual), filter, list).await,
        }
    }

    /// The places of the rows to show, in their order. `header` has the names of the columns.
    pub(super) fn arrange<const N: usize>(
        &self,
        header: &[&str; N],
        rows: &[[String; N]],
    ) -> Result<Vec<usize>, CliError> {
        let mut places: Vec<usize> = (0..rows.len()).collect();
        if let Some(sort) = &self.sort {
            let (name, is_reversed) =
                sort.strip_prefix('-').map_or((sort.as_str(), false), |name| (name, true));
            let column = header.iter().position(|column| word(column) == name.to_lowercase());
            let column = column.ok_or_else(|| {
                let known: Vec<String> = header.iter().map(|column| word(column)).collect();
                format!("there is no column with this name to sort by; the columns are {}", known.join(", "))
            })?;
            places.sort_by_key(|place| sort_key(&rows[*place][column]));
            if is_reversed {
                places.reverse();
            }
        }
        places.truncate(self.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX)));
        Ok(places)
    }
}

/// The name of a column as an option takes it.
fn word(column: &str) -> String {
    column.to_lowercase().replace(' ', "-")
}

/// Numbers by their value, and texts without regard to capitals.
fn sort_key(cell: &str) -> (u64, String) {
    (cell.parse().unwrap_or_default(), cell.to_lowercase())
}

/// Returns all objects that match the filter.
pub(super) async fn all<F: Clone, T>(
    filter: F,
    list: impl AsyncFn(Listing<F>) -> Result<List<T>, Denied<Faults>>,
) -> Result<Vec<T>, CliError> {
    first(u32::MAX, filter, list).await
}

/// Returns the first `max` objects that match the filter.
async fn first<F: Clone, T>(
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

/// The scopes in a text; the empty text has none.
pub(super) fn scope(text: &str) -> Result<Scope, CliError> {
    if text.is_empty() { Ok(Scope::default()) } else { Ok(scopes::parse(text)?) }
}

/// The change that `--scope`, `--add-scope` and `--remove-scope` ask for.
pub(super) fn scope_change(
    replacement: Option<&str>,
    add: Option<&str>,
    remove: Option<&str>,
) -> Result<ListChange<String>, CliError> {
    let names = |text: Option<&str>| -> Result<Vec<String>, CliError> {
        Ok(scope(text.unwrap_or_default())?.names().map(str::to_owned).collect())
    };
    Ok(ListChange::of(names(replacement)?, replacement.is_some(), names(add)?, names(remove)?))
}

/// The change that the options about clients ask for. `clears`: the list becomes empty.
pub(super) fn client_change(
    replacement: Vec<String>,
    clears: bool,
    add: Vec<String>,
    remove: Vec<String>,
) -> ListChange<ClientId> {
    let ids = |texts: Vec<String>| texts.into_iter().map(ClientId::new).collect();
    ListChange::of(ids(replacement), clears, ids(add), ids(remove))
}

/// Refuses a list in the place of one value: several URIs that are separated by commas or spaces.
pub(super) fn check_single(texts: &[String], option: &str) -> Result<(), CliError> {
    let is_list = |text: &&String| {
        let parts: Vec<&str> = text.split([',', ' ']).filter(|part| !part.is_empty()).collect();
        parts.len() > 1 && parts.iter().all(|part| part.contains("://"))
    };
    match texts.iter().find(is_list) {
        Some(list) => {
            Err(format!("{option} takes one URI; give it once for each, instead of {list:?}").into())
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_by_a_column_in_both_directions_and_cut() {
        let rows = [["b", "10"], ["A", "9"], ["c", "-"]].map(|row| row.map(str::to_owned));
        let arranged = |sort: &str, limit| {
            let options = ListOptions { limit, sort: Some(sort.to_owned()), ..ListOptions::default() };
            options.arrange(&["NAME", "LAST USED"], &rows)
        };
        assert_eq!(arranged("name", None).unwrap(), [1, 0, 2]);
        assert_eq!(arranged("-Name", Some(2)).unwrap(), [2, 0]);
        assert_eq!(arranged("last-used", None).unwrap(), [2, 1, 0]);
        let refused = arranged("created", None).unwrap_err().to_string();
        assert_eq!(refused, "there is no column with this name to sort by; the columns are name, last-used");
        assert_eq!(
            ListOptions { limit: Some(1), ..ListOptions::default() }.arrange(&["A", "B"], &rows).unwrap(),
            [0]
        );
    }

    #[test]
    fn several_uris_in_one_value_are_refused_and_a_comma_in_one_uri_is_not() {
        for list in ["https://a.example/cb,https://b.example/cb", "https://a.example http://b.example"] {
            assert!(check_single(&[list.to_owned()], "--redirect-uri").is_err(), "{list}");
        }
        for one in ["https://a.example/a,b", "com.example:/cb", "https://a.example/?x=a,https"] {
            assert!(check_single(&[one.to_owned()], "--redirect-uri").is_ok(), "{one}");
        }
    }
}
