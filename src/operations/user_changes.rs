//! What changes of a user, and what is wrong with it.

use serde_json::Value;

use super::event::Act;
use super::fault::Fault;
use super::list_change::ListChange;
use super::merge_patch::merge;
use super::user_codes::UserCodeChange;
use crate::clock::Timestamp;
use crate::oauth::identity::claims::{self, Claims, Person};
use crate::oauth::identity::role::Role;
use crate::oauth::identity::user::{check_email, check_username};
use crate::store::users::UserRecord;

/// The changes; everything that is not named stays the same.
#[derive(Clone, Debug, Default)]
pub struct UserChanges {
    pub username: Option<String>,
    /// Claims to remove.
    pub removed: Vec<String>,
    /// Claims to add or replace.
    pub claims: Claims,
    pub manner: ClaimManner,
    /// What changes of the claim `groups`, if `claims` does not have it.
    pub groups: ListChange<String>,
    /// `Some(None)`: the user no longer has a role.
    pub role: Option<Option<Role>>,
    /// Disables the user, as [`super::users::disable`] does, or enables the user.
    pub disabled: Option<bool>,
    pub user_code: UserCodeChange,
}

/// What becomes of the claims that a user has, when others are set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClaimManner {
    /// The other claims stay.
    #[default]
    Set,
    /// The other claims stay, and an object is merged into the one that the user has (RFC 7396).
    Merge,
    /// The other claims are removed, and so are the name and the e-mail address.
    Replace,
}

impl UserChanges {
    /// What is wrong with the changes, whichever user they are for.
    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut faults = self.username.as_deref().map(username_faults).unwrap_or_default();
        let mut claims = self.claims.clone();
        // What is only a part of an object is checked when it is merged.
        claims.retain(|_, value| self.manner != ClaimManner::Merge || !value.is_object());
        if !self.groups.new_members().is_empty() {
            claims.insert("groups".to_owned(), self.groups.new_members().into());
        }
        faults.extend(claim_faults(&claims));
        faults
    }

    /// The person after the changes, as far as they can be made. What is wrong with them is added to the faults.
    pub(super) fn applied_to(&self, before: &Person, now: Timestamp, faults: &mut Vec<Fault>) -> Person {
        let username = self.username.clone().unwrap_or_else(|| before.username.clone());
        let renamed = Person { username, updated_at: now, ..before.clone() };
        let (removed, claims) = self.of_claims(before, faults);
        changed(renamed, &removed, claims, faults)
    }

    /// The claims to remove and those to set, with the groups.
    fn of_claims(&self, before: &Person, faults: &mut Vec<Fault>) -> (Vec<String>, Claims) {
        let (mut removed, mut claims) = (self.removed.clone(), self.claims.clone());
        match self.manner {
            ClaimManner::Set => {}
            ClaimManner::Merge => {
                for (name, value) in claims.iter_mut().filter(|(_, value)| value.is_object()) {
                    let patch =
                        std::mem::replace(value, before.claims.get(name).cloned().unwrap_or_default());
                    merge(value, patch);
                }
                let merged = claims.iter().filter(|(name, _)| self.claims[name.as_str()].is_object());
                let merged: Claims = merged.map(|(name, value)| (name.clone(), value.clone())).collect();
                faults.extend(claim_faults(&merged));
            }
            ClaimManner::Replace => {
                removed.extend(["name", "email"].map(str::to_owned));
                removed.extend(before.claims.keys().cloned());
            }
        }
        if let ListChange::Edit { .. } = self.groups {
            let listed = before.claims.get("groups").and_then(Value::as_array);
            let listed = listed.into_iter().flatten().filter_map(Value::as_str);
            let listed: Vec<String> = listed.map(str::to_owned).collect();
            match self.groups.applied_to(&listed, "groups", "group") {
                Err(fault) => faults.push(fault),
                Ok(groups) if groups.is_empty() => removed.push("groups".to_owned()),
                Ok(groups) => drop(claims.insert("groups".to_owned(), groups.into())),
            }
        }
        (removed, claims)
    }

    /// Returns the act that an update with these changes is recorded as.
    pub(super) fn act(&self, before: &UserRecord) -> Act {
        match self.disabled.filter(|disabled| *disabled != before.disabled_at.is_some()) {
            Some(true) => Act::UserDisabled,
            Some(false) => Act::UserEnabled,
            None => Act::UserUpdated,
        }
    }
}

/// The person without the claims that were removed and with the new ones, if that can be. What is wrong with all claims
/// together is added to the faults; what is wrong with one of them is there already.
pub(super) fn changed(person: Person, removed: &[String], claims: Claims, faults: &mut Vec<Fault>) -> Person {
    let is_right = !faults.iter().any(|fault| fault.member.as_deref() == Some("email"));
    person.clone().changed(removed, claims).unwrap_or_else(|sentence| {
        faults.extend(is_right.then(|| Fault::invalid("claims", sentence)));
        person
    })
}

/// What is wrong with a username.
pub(super) fn username_faults(username: &str) -> Vec<Fault> {
    check_username(username).err().map(|sentence| Fault::invalid("username", sentence)).into_iter().collect()
}

/// What is wrong with the claims, each under the member in which it is given.
pub(super) fn claim_faults(claims: &Claims) -> Vec<Fault> {
    let fault = |(name, value): (&String, &Value)| {
        let checked = claims::check_name(name).and_then(|()| claims::check(name, value));
        let checked = checked.and_then(|()| match (name.as_str(), value) {
            ("email", Value::String(address)) => check_email(address),
            _ => Ok(()),
        });
        checked.err().map(|sentence| Fault::invalid(member(name), sentence))
    };
    claims.iter().filter_map(fault).collect()
}

/// The member in which a claim is given.
fn member(claim: &str) -> &'static str {
    let own = ["name", "email", "email_verified", "groups"];
    own.into_iter().find(|own| *own == claim).unwrap_or("claims")
}
