//! A change of a list in an object: all of it, or some of its members.

use std::fmt::Display;

use super::fault::Fault;

/// What an update does to a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ListChange<T> {
    #[default]
    Keep,
    Replace(Vec<T>),
    Edit {
        add: Vec<T>,
        remove: Vec<T>,
    },
}

impl<T: Clone + PartialEq + Display> ListChange<T> {
    /// The change that replaces the list by `replacement`, if there is one or `clears` is set, and otherwise adds and
    /// removes members.
    pub fn of(replacement: Vec<T>, clears: bool, add: Vec<T>, remove: Vec<T>) -> Self {
        if clears || !replacement.is_empty() {
            return Self::Replace(replacement);
        }
        if add.is_empty() && remove.is_empty() { Self::Keep } else { Self::Edit { add, remove } }
    }

    /// The list after the change, in its order, with new members at the end. `what` names a member in a sentence.
    ///
    /// # Errors
    /// If a member to remove is not in the list.
    pub fn applied_to(&self, before: &[T], member: &'static str, what: &str) -> Result<Vec<T>, Fault> {
        let (add, remove) = match self {
            Self::Keep => return Ok(before.to_vec()),
            Self::Replace(list) => return Ok(list.clone()),
            Self::Edit { add, remove } => (add, remove),
        };
        if let Some(missing) = remove.iter().find(|gone| !before.contains(gone)) {
            return Err(Fault::invalid(
                member,
                format!("the {what} {missing} is not there, so it cannot be removed"),
            ));
        }
        let mut after: Vec<T> = before.iter().filter(|kept| !remove.contains(kept)).cloned().collect();
        for new in add {
            if !after.contains(new) {
                after.push(new.clone());
            }
        }
        Ok(after)
    }

    /// Every member that the change brings.
    pub fn new_members(&self) -> &[T] {
        match self {
            Self::Keep => &[],
            Self::Replace(list) => list,
            Self::Edit { add, .. } => add,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(
        replacement: &[&'static str],
        add: &[&'static str],
        remove: &[&'static str],
    ) -> ListChange<&'static str> {
        ListChange::of(replacement.to_vec(), false, add.to_vec(), remove.to_vec())
    }

    #[test]
    fn a_list_is_kept_replaced_or_edited() {
        let before = ["a", "b"];
        for (change, after) in [
            (change(&[], &[], &[]), vec!["a", "b"]),
            (change(&["c"], &[], &[]), vec!["c"]),
            (change(&[], &["c", "a", "c"], &["b"]), vec!["a", "c"]),
            (change(&[], &["b"], &["b"]), vec!["a", "b"]),
            (ListChange::of(Vec::new(), true, Vec::new(), Vec::new()), vec![]),
        ] {
            assert_eq!(change.applied_to(&before, "x", "letter").unwrap(), after, "{change:?}");
        }
        let fault = change(&[], &["z"], &["z"]).applied_to(&before, "x", "letter").unwrap_err();
        assert_eq!(fault.sentence, "the letter z is not there, so it cannot be removed");
    }
}
