//! What the configuration allows an object to say.

use super::fault::Fault;
use crate::clock::Seconds;
use crate::config::Config;
use crate::oauth::signing_key::SigningAlgorithm;

/// What is wrong with the lifetime of an access token in seconds: a JWT is verified by a key that must still be published.
pub(super) fn lifetime_fault(config: &Config, lifetime: Option<Seconds>) -> Option<Fault> {
    let longest = config.keys.keep_published.seconds();
    let is_wrong = lifetime.is_some_and(|seconds| !(1..=longest).contains(&seconds));
    is_wrong.then(|| {
        let sentence = format!(
            "an access token lives between 1s and {longest}s, for which keys.keep_published publishes its key"
        );
        Fault::invalid("access_token_lifetime", sentence)
    })
}

/// What is wrong with an algorithm that this server is to sign with: it has keys for those of `keys.algorithms`.
pub(super) fn algorithm_fault(
    config: &Config,
    member: &'static str,
    chosen: Option<SigningAlgorithm>,
) -> Option<Fault> {
    let offered = &config.keys.algorithms;
    let chosen = chosen.filter(|chosen| !offered.contains(chosen))?;
    let offered: Vec<&str> = offered.iter().map(|algorithm| algorithm.as_str()).collect();
    let sentence =
        format!("the server does not sign with {chosen}; keys.algorithms offers {}", offered.join(", "));
    Some(Fault::invalid(member, sentence))
}
