//! The list of signed-in accounts from which a person chooses one.

use minijinja::{Value, context};

use crate::flows::Accounts;

/// Returns the accounts as the templates show them.
pub(super) fn shown(accounts: &Accounts) -> Vec<Value> {
    let shown = accounts.people.iter();
    shown.map(|here| context! { session => here.session.as_str(), username => &here.username }).collect()
}
