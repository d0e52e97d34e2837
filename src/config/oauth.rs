//! The options of the protocol.

use serde::{Deserialize, Deserializer};

use super::one_of;
use super::span::Span;
use crate::oauth::client::{Demand, PkcePolicy};

#[derive(Clone, Debug, Deserialize)]
pub struct OAuth {
    pub require_pkce: RequirePkce,
    #[serde(deserialize_with = "demand")]
    pub par: Demand,
    pub pushed_request_lifetime: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequirePkce {
    All,
    Public,
}

impl<'de> Deserialize<'de> for RequirePkce {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        one_of(deserializer, &[("all", Self::All), ("public", Self::Public)])
    }
}

fn demand<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Demand, D::Error> {
    one_of(deserializer, &Demand::ALL.iter().map(|known| (known.as_str(), *known)).collect::<Vec<_>>())
}

impl RequirePkce {
    /// The policy for a confidential client that has none of its own.
    pub fn default_policy(self) -> PkcePolicy {
        match self {
            Self::All => PkcePolicy::Required,
            Self::Public => PkcePolicy::Optional,
        }
    }
}
