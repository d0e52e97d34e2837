//! What the management API lets its callers do, as scopes: `grantor.clients.read`, `grantor.write`, and so on.

use std::collections::BTreeSet;

use strum::{IntoStaticStr, VariantArray};

use crate::oauth::grant::scope::Scope;

/// The beginning of the name of every scope of the management API.
const PREFIX: &str = "grantor.";

/// The objects that one scope is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Area {
    Clients,
    /// Users with their sessions, consents and links.
    Users,
    Grants,
    Keys,
    /// Events and refusals.
    Audit,
    /// Scopes, resources, trusted issuers and webhooks.
    Config,
    /// API keys. No scope is only about them: they need `grantor.read` and `grantor.write`.
    ApiKeys,
}

/// Whether a caller only looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    Read,
    Write,
}

/// What a request to the management API needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    pub area: Area,
    pub access: Access,
}

/// What a caller may do. Who may write to an area may also read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions(BTreeSet<(Area, Access)>);

impl Area {
    fn name(self) -> &'static str {
        self.into()
    }
}

impl Need {
    pub const fn read(area: Area) -> Self {
        Self { area, access: Access::Read }
    }

    pub const fn write(area: Area) -> Self {
        Self { area, access: Access::Write }
    }

    /// The narrowest scope that is enough.
    pub fn scope(self) -> String {
        let access = self.access.name();
        match self.area {
            Area::ApiKeys => format!("{PREFIX}{access}"),
            area => format!("{PREFIX}{}.{access}", area.name()),
        }
    }
}

impl Access {
    fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

impl Permissions {
    /// The permission to do everything, like `grantor.write`.
    pub fn all() -> Self {
        Self(Self::of_all(Access::Write).collect())
    }

    /// What these scopes permit. Scopes that are not about the management API permit nothing.
    pub fn of(scope: &Scope) -> Self {
        Self(scope.names().filter_map(permitted).flatten().collect())
    }

    /// Whether this is enough for a request.
    pub fn cover(&self, need: Need) -> bool {
        self.0.contains(&(need.area, Access::Write)) || self.0.contains(&(need.area, need.access))
    }

    /// Whether the holder may do all that the other may, so that nothing is gained by acting as the other.
    pub fn include(&self, other: &Self) -> bool {
        other.0.iter().all(|(area, access)| self.cover(Need { area: *area, access: *access }))
    }

    /// Whether the holder may do everything.
    pub fn are_all(&self) -> bool {
        self.include(&Self::all())
    }

    /// What both permit.
    #[must_use]
    pub fn within(&self, limit: &Self) -> Self {
        let all = Self::of_all(Access::Read).chain(Self::of_all(Access::Write));
        let both = |(area, access): &(Area, Access)| {
            let need = Need { area: *area, access: *access };
            self.cover(need) && limit.cover(need)
        };
        Self(all.filter(both).collect())
    }

    /// The scopes that permit this, sorted and separated by spaces.
    pub fn scope(&self) -> String {
        let scopes = self.0.iter().map(|(area, access)| Need { area: *area, access: *access }.scope());
        scopes.collect::<Vec<_>>().join(" ")
    }

    /// Whether nothing is permitted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn of_all(access: Access) -> impl Iterator<Item = (Area, Access)> {
        Area::VARIANTS.iter().map(move |area| (*area, access))
    }
}

/// Whether a scope is about the management API, so that not everyone may give it to a client.
pub fn is_management_scope(name: &str) -> bool {
    name.starts_with(PREFIX)
}

/// The names of all scopes of the management API.
pub fn management_scopes() -> impl Iterator<Item = String> {
    let areas = Area::VARIANTS.iter().filter(|area| **area != Area::ApiKeys);
    let narrow = areas.flat_map(|area| [Need::read(*area).scope(), Need::write(*area).scope()]);
    narrow.chain([Need::read(Area::ApiKeys).scope(), Need::write(Area::ApiKeys).scope()])
}

/// What one scope permits. `None` if it is not about the management API.
fn permitted(name: &str) -> Option<Vec<(Area, Access)>> {
    let rest = name.strip_prefix(PREFIX)?;
    let access = |word: &str| [Access::Read, Access::Write].into_iter().find(|access| access.name() == word);
    match rest.split_once('.') {
        None => Some(Permissions::of_all(access(rest)?).collect()),
        Some((area, word)) => {
            let mut areas = Area::VARIANTS.iter().filter(|known| **known != Area::ApiKeys);
            let area = areas.find(|known| known.name() == area)?;
            Some(vec![(*area, access(word)?)])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(scope: &str) -> Permissions {
        Permissions::of(&Scope::from_stored(scope))
    }

    #[test]
    fn a_scope_permits_its_own_area_and_writing_includes_reading() {
        for (scope, need, is_enough) in [
            ("grantor.clients.read", Need::read(Area::Clients), true),
            ("grantor.clients.read", Need::write(Area::Clients), false),
            ("grantor.clients.write", Need::read(Area::Clients), true),
            ("grantor.clients.write", Need::read(Area::Users), false),
            ("grantor.read", Need::read(Area::ApiKeys), true),
            ("grantor.read", Need::write(Area::Clients), false),
            ("grantor.write", Need::write(Area::ApiKeys), true),
            ("grantor.write", Need::read(Area::Audit), true),
            ("grantor.api_keys.write", Need::read(Area::ApiKeys), false),
            ("grantor.clients", Need::read(Area::Clients), false),
            ("clients.read openid", Need::read(Area::Clients), false),
        ] {
            assert_eq!(of(scope).cover(need), is_enough, "{scope} for {need:?}");
        }
    }

    #[test]
    fn every_scope_alone_is_enough_for_what_it_is_named_after_and_two_are_all() {
        for name in management_scopes() {
            assert_eq!(of(&name).are_all(), name == "grantor.write", "{name}");
            assert!(!of(&name).is_empty() && is_management_scope(&name), "{name}");
        }
        assert_eq!(management_scopes().count(), 14);
        assert!(of("grantor.write").include(&of("grantor.read")) && !of("grantor.read").are_all());
    }

    #[test]
    fn a_limit_leaves_only_what_both_permit() {
        let both = of("grantor.clients.write grantor.users.read").within(&of("grantor.read"));
        assert!(both.cover(Need::read(Area::Clients)) && both.cover(Need::read(Area::Users)));
        assert!(!both.cover(Need::write(Area::Clients)) && !both.cover(Need::read(Area::Keys)));
    }
}
