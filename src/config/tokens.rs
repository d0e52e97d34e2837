//! What follows from the options about tokens.

use super::Config;
use crate::oauth::client::profile::Profile;
use crate::oauth::signing_key::SigningAlgorithm;
use crate::oauth::token::TokenDefaults;
use crate::oauth::token::algorithm::TokenAlgorithms;

impl Config {
    /// The lifetime and the algorithm of access tokens, unless the client, the resource or a scope says something else.
    pub fn token_defaults(&self) -> TokenDefaults {
        TokenDefaults {
            lifetime: self.tokens.access_token_lifetime.seconds(),
            max_lifetime: self.keys.keep_published.seconds(),
            algorithms: self.token_algorithms(),
        }
    }

    /// The algorithms of access tokens for the APIs that name none.
    pub fn token_algorithms(&self) -> TokenAlgorithms {
        TokenAlgorithms {
            usual: self.token_algorithm(Profile::None),
            of_fapi: self.token_algorithm(Profile::Fapi2),
            demands: self.oauth.demands(),
        }
    }

    /// The written algorithm, whether the profile allows it or not; without one, the best that is offered and allowed.
    fn token_algorithm(&self, profile: Profile) -> SigningAlgorithm {
        let offered = &self.keys.algorithms;
        let best = [SigningAlgorithm::Es256, SigningAlgorithm::EdDsa, SigningAlgorithm::Ed25519];
        let mut in_order = best.iter().filter(|best| offered.contains(best)).chain(offered).copied();
        let allowed = in_order.clone().find(|algorithm| profile.allows_algorithm(algorithm.as_str()));
        let chosen = self.tokens.access_token_alg.or(allowed).or_else(|| in_order.next());
        chosen.unwrap_or(SigningAlgorithm::Es256)
    }
}
