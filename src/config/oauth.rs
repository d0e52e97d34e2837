//! The options of the protocol.

use serde::{Deserialize, Deserializer};

use super::one_of;
use super::span::Span;
use crate::oauth::client::demand::Demands;
use crate::oauth::client::profile::Profile;
use crate::oauth::client::{Demand, NoncePolicy};
use crate::oauth::token::dpop::ProofTimes;

#[derive(Clone, Debug, Deserialize)]
pub struct OAuth {
    #[serde(deserialize_with = "profile")]
    pub profile: Profile,
    #[serde(deserialize_with = "demand")]
    pub pkce: Demand,
    #[serde(deserialize_with = "demand")]
    pub par: Demand,
    #[serde(deserialize_with = "demand")]
    pub jar: Demand,
    pub pushed_request_lifetime: Span,
    #[serde(deserialize_with = "demand")]
    pub token_redirect_uri: Demand,
    #[serde(deserialize_with = "demand")]
    pub dpop: Demand,
    #[serde(deserialize_with = "nonce_policy")]
    pub dpop_nonce: NoncePolicy,
    pub dpop_max_age: Span,
    pub dpop_max_ahead: Span,
}

fn profile<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Profile, D::Error> {
    one_of(deserializer, &Profile::ALL.iter().map(|known| (known.as_str(), *known)).collect::<Vec<_>>())
}

fn demand<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Demand, D::Error> {
    one_of(deserializer, &Demand::ALL.iter().map(|known| (known.as_str(), *known)).collect::<Vec<_>>())
}

fn nonce_policy<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NoncePolicy, D::Error> {
    one_of(deserializer, &NoncePolicy::ALL.iter().map(|known| (known.as_str(), *known)).collect::<Vec<_>>())
}

impl OAuth {
    /// When a DPoP proof may have been signed.
    pub fn proof_times(&self) -> ProofTimes {
        ProofTimes { max_age: self.dpop_max_age.seconds(), max_ahead: self.dpop_max_ahead.seconds() }
    }

    /// What is demanded of clients without settings of their own.
    pub fn demands(&self) -> Demands {
        let Self { profile, pkce, par, jar, token_redirect_uri, dpop, .. } = *self;
        Demands { profile, pkce, par, jar, token_redirect_uri, dpop }
    }
}
