//! What a person may do with the management API.

use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::oauth::grant::scope::Scope;
use crate::oauth::permission::Permissions;
use crate::oauth::word::word;

/// The role of a person. Most people have no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum Role {
    Owner,
    Operator,
    Auditor,
}

word!(Role);

/// What an operator may do: neither roles nor API keys, and of the signing keys and the configuration only read.
const OF_OPERATOR: &str = "grantor.clients.write grantor.users.write grantor.grants.write grantor.audit.write \
                           grantor.keys.read grantor.config.read";

impl Role {
    /// Returns the most that a person with this role may do, whatever scopes the person's token has.
    pub fn limit(self) -> Permissions {
        match self {
            Self::Owner => Permissions::all(),
            Self::Operator => Permissions::of(&Scope::from_stored(OF_OPERATOR)),
            Self::Auditor => Permissions::of(&Scope::from_stored("grantor.read")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::permission::{Area, Need};

    #[test]
    fn each_role_may_do_what_the_table_says() {
        use Area::{ApiKeys, Audit, Clients, Config, Grants, Keys, Users};
        for (area, operator_reads, operator_writes) in [
            (Clients, true, true),
            (Users, true, true),
            (Grants, true, true),
            (Audit, true, true),
            (Keys, true, false),
            (Config, true, false),
            (ApiKeys, false, false),
        ] {
            let limits =
                |role: Role| (role.limit().cover(Need::read(area)), role.limit().cover(Need::write(area)));
            assert_eq!(limits(Role::Owner), (true, true), "{area:?}");
            assert_eq!(limits(Role::Operator), (operator_reads, operator_writes), "{area:?}");
            assert_eq!(limits(Role::Auditor), (true, false), "{area:?}");
        }
        assert!(Role::Owner.limit().are_all());
    }
}
