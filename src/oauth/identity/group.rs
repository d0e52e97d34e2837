//! Groups of people, and what requires membership in one.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::oauth::client::Client;
use crate::oauth::detail::{Detail, DetailSubject};
use crate::oauth::display_text::{is_blank, is_line};
use crate::oauth::grant::scope::{KnownScopes, Scope};

/// The maximum length of a group's name in bytes.
const MAX_LENGTH: usize = 200;

/// The groups that a person is in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups(BTreeSet<String>);

impl Groups {
    /// The groups in the claim `groups` of a person's stored claims; empty if there is no such claim.
    pub fn of_claims(claims: &str) -> Self {
        // A quick check, because most people have no groups and this runs at every sign-in.
        if !claims.contains("\"groups\"") {
            return Self::default();
        }
        let claims: Value = serde_json::from_str(claims).unwrap_or_default();
        let names = claims["groups"].as_array().into_iter().flatten().filter_map(Value::as_str);
        Self(names.map(str::to_owned).collect())
    }

    /// What the operator sees of a person who lacks groups that are required: those that the person has, and the missing
    /// ones.
    pub fn beside(&self, required: &BTreeSet<String>) -> Detail {
        let groups: Vec<&str> = self.0.iter().map(String::as_str).collect();
        let missing = required.iter().filter(|group| !self.contains(group)).map(String::as_str);
        Detail::of(DetailSubject::Group).came(&groups.join(", ")).registered(missing)
    }

    /// Whether the person is in this group.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

/// The groups that a person must be in to get `scope` at `client`.
pub fn required(client: &Client, scope: &Scope, known: &impl KnownScopes) -> BTreeSet<String> {
    let of_scopes =
        scope.names().filter_map(|name| known.find(name)).filter_map(|record| record.required_group.clone());
    client.required_group.clone().into_iter().chain(of_scopes).collect()
}

/// Checks a group's name.
///
/// # Errors
/// A sentence for the operator.
pub fn check_name(name: &str) -> Result<(), String> {
    if is_blank(name) || name.len() > MAX_LENGTH || !is_line(name) {
        return Err(format!("a group has a name of 1 to {MAX_LENGTH} bytes on one line"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_exactly_in_the_groups_of_the_claim() {
        let groups = Groups::of_claims(r#"{"level":"admin","groups":["staff","on call"]}"#);
        assert!(groups.contains("staff") && groups.contains("on call"));
        assert!(!groups.contains("admin") && !groups.contains("Staff") && !groups.contains(""));
        for none in
            ["{}", "", "null", r#"{"groups":"staff"}"#, r#"{"x":"\"groups\""}"#, r#"{"groups":["staff""#]
        {
            assert_eq!(Groups::of_claims(none), Groups::default(), "{none}");
        }
    }
}
