//! The options of the protocol.

use serde::{Deserialize, Deserializer};

use super::one_of;
use super::span::Span;
use crate::oauth::client::Demand;
use crate::oauth::client::demand::Demands;

#[derive(Clone, Debug, Deserialize)]
pub struct OAuth {
    #[serde(deserialize_with = "demand")]
    pub pkce: Demand,
    #[serde(deserialize_with = "demand")]
    pub par: Demand,
    #[serde(deserialize_with = "demand")]
    pub jar: Demand,
    pub pushed_request_lifetime: Span,
    #[serde(deserialize_with = "demand")]
    pub token_redirect_uri: Demand,
}

fn demand<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Demand, D::Error> {
    one_of(deserializer, &Demand::ALL.iter().map(|known| (known.as_str(), *known)).collect::<Vec<_>>())
}

impl OAuth {
    /// What is demanded of clients without settings of their own.
    pub fn demands(&self) -> Demands {
        let Self { pkce, par, jar, token_redirect_uri, .. } = *self;
        Demands { pkce, par, jar, token_redirect_uri }
    }
}
