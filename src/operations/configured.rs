//! Checks of objects against the configuration.

use super::fault::Fault;
use crate::clock::Seconds;
use crate::config::KeyOptions;
use crate::oauth::signing_key::SigningAlgorithm;

/// Returns what is wrong with the lifetime of an access token in seconds. The key that signed a JWT must be published
/// for as long as the JWT lives.
pub(super) fn lifetime_fault(options: &KeyOptions, lifetime: Option<Seconds>) -> Option<Fault> {
    let longest = options.keep_published.seconds();
    let is_wrong = lifetime.is_some_and(|seconds| seconds < Seconds::new(1) || seconds > longest);
    is_wrong.then(|| {
        let sentence = format!(
            "an access token lives between 1s and {longest}s, for which keys.keep_published publishes its key"
        );
        Fault::invalid("access_token_lifetime", sentence)
    })
}

/// Returns what is wrong with an algorithm for signing. The server has keys for the algorithms of `keys.algorithms`
/// only.
pub(super) fn algorithm_fault(
    options: &KeyOptions,
    member: &'static str,
    chosen: Option<SigningAlgorithm>,
) -> Option<Fault> {
    let offered = &options.algorithms;
    let chosen = chosen.filter(|chosen| !offered.contains(chosen))?;
    let offered: Vec<&str> = offered.iter().map(|algorithm| algorithm.as_str()).collect();
    let sentence =
        format!("the server does not sign with {chosen}; keys.algorithms offers {}", offered.join(", "));
    Some(Fault::invalid(member, sentence))
}
