//! The options of the protocol.

use serde::{Deserialize, Deserializer};

use super::one_of;
use super::span::Span;
use crate::oauth::client::{Demand, NoncePolicy, PkcePolicy};
use crate::oauth::token::dpop::ProofTimes;

#[derive(Clone, Debug, Deserialize)]
pub struct OAuth {
    pub require_pkce: RequirePkce,
    #[serde(deserialize_with = "demand")]
    pub par: Demand,
    pub pushed_request_lifetime: Span,
    #[serde(deserialize_with = "demand")]
    pub dpop: Demand,
    #[serde(deserialize_with = "nonce_policy")]
    pub dpop_nonce: NoncePolicy,
    pub dpop_max_age: Span,
    pub dpop_max_ahead: Span,
}

impl OAuth {
    /// When a DPoP proof may have been signed.
    pub fn proof_times(&self) -> ProofTimes {
        ProofTimes { max_age: self.dpop_max_age.seconds(), max_ahead: self.dpop_max_ahead.seconds() }
    }
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

fn nonce_policy<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NoncePolicy, D::Error> {
    one_of(deserializer, &NoncePolicy::ALL.iter().map(|known| (known.as_str(), *known)).collect::<Vec<_>>())
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
