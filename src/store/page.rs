//! A part of a list, found by its sort key: it costs the same wherever in the list it begins.

use crate::oauth::identity::user::folded;

/// Which rows of a list to return.
#[derive(Clone, Debug)]
pub struct Page<F, K> {
    pub filter: F,
    /// The sort key of the row before; `None` for the beginning of the list.
    pub after: Option<K>,
    /// How many rows at most.
    pub limit: u32,
}

/// The filter of a list that is searched by name.
#[derive(Clone, Debug, Default)]
pub struct NameFilter {
    /// Part of the name, or of what else the list is searched by, in any spelling. `None`: everything.
    pub q: Option<String>,
}

impl<F, K> Page<F, K> {
    /// The number of rows, for a `LIMIT`.
    pub(super) fn rows(&self) -> i64 {
        i64::from(self.limit)
    }
}

/// The most characters of a text that is searched: nothing has longer names, and SQLite refuses patterns of 50,000 bytes.
const LONGEST_PART: usize = 1000;

/// A pattern for `LIKE … ESCAPE '\'`. It matches every folded text that contains `part`, in any spelling.
pub(super) fn in_any_spelling(part: &str) -> String {
    containing(&folded(part))
}

/// A pattern for `LIKE … ESCAPE '\'` that fits every text with `part` in it.
fn containing(part: &str) -> String {
    let mut pattern = String::from("%");
    for c in part.chars().take(LONGEST_PART) {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::containing;

    #[test]
    fn what_a_pattern_is_made_of_means_itself() {
        assert_eq!(containing("50%_\\x"), r"%50\%\_\\x%");
    }
}
