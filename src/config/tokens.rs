//! What follows from the options about tokens.

use super::Config;
use crate::oauth::signing_key::SigningAlgorithm;
use crate::oauth::token::TokenDefaults;

impl Config {
    /// The lifetime and the algorithm of access tokens, unless the client, the resource or a scope says something else.
    pub fn token_defaults(&self) -> TokenDefaults {
        let offered = &self.keys.algorithms;
        let best = [SigningAlgorithm::Es256, SigningAlgorithm::EdDsa, SigningAlgorithm::Ed25519]
            .into_iter()
            .find(|best| offered.contains(best));
        let tokens = &self.tokens;
        TokenDefaults {
            lifetime: tokens.access_token_lifetime.seconds(),
            max_lifetime: self.keys.keep_published.seconds(),
            algorithm: tokens
                .access_token_alg
                .or(best)
                .or(offered.first().copied())
                .unwrap_or(SigningAlgorithm::Es256),
        }
    }
}
