//! `--role`.

use clap::ValueEnum;

use crate::oauth::identity::role::Role;

/// A role, or the word for no role.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RoleOrNone {
    Owner,
    Operator,
    Auditor,
    None,
}

impl From<RoleOrNone> for Option<Role> {
    fn from(word: RoleOrNone) -> Self {
        match word {
            RoleOrNone::Owner => Some(Role::Owner),
            RoleOrNone::Operator => Some(Role::Operator),
            RoleOrNone::Auditor => Some(Role::Auditor),
            RoleOrNone::None => None,
        }
    }
}
