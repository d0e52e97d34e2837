//! How long access tokens live.

use super::fault::Fault;
use crate::clock::Seconds;
use crate::config::Config;

/// What is wrong with the lifetime of an access token in seconds: a JWT is verified by a key that must still be published.
pub(super) fn fault(config: &Config, lifetime: Option<Seconds>) -> Option<Fault> {
    let longest = config.keys.keep_published.seconds();
    let is_wrong = lifetime.is_some_and(|seconds| !(1..=longest).contains(&seconds));
    is_wrong.then(|| {
        let sentence = format!(
            "an access token lives between 1s and {longest}s, for which keys.keep_published publishes its key"
        );
        Fault::invalid("access_token_lifetime", sentence)
    })
}
