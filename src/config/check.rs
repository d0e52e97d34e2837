//! Checks that the types do not express: values that make sense, and options that fit together.

use std::net::SocketAddr;
use std::time::Duration;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use url::{Host, Url};

use super::{Config, descriptors};
use crate::clock::Seconds;
use crate::oauth::grant::code::LONGEST_LIFETIME;
use crate::oauth::host::{self, WRONG_HOST};
use crate::oauth::identity::password::{MAX_MIN_LENGTH, MIN_LENGTH};
use crate::oauth::signing_key::{JWKS_MAX_AGE, SigningAlgorithm};
use crate::secret::from_base64url;
use crate::store::db::{Engine, check_url};

/// The sentence about a filter that cannot be parsed.
pub const BAD_FILTER: &str = "log.filter cannot be used; write one of the levels error, warn, info, debug, trace and off, \
                              or a list with a level for this program, such as grantor=debug,warn";

const IDLE_SESSION: &str = "sessions.idle_lifetime";
const IDLE_REFRESH_TOKEN: &str = "tokens.refresh_token_idle_lifetime";
const POLL_INTERVAL: &str = "device.poll_interval";
const CIBA_INTERVAL: &str = "ciba.poll_interval";
const CIBA_LIFETIME: &str = "ciba.lifetime";

/// A shorter time would delete events before anyone has read them.
const SHORTEST_RETENTION: Duration = Duration::from_secs(86_400);

/// An option, and the sentence about its mistake.
pub(super) type OptionMistake = (&'static str, String);

impl Config {
    /// Every mistake, in the order of the options.
    pub(super) fn check(&self) -> Vec<OptionMistake> {
        let mut mistakes = Vec::new();
        mistakes.extend(self.check_address());
        mistakes.extend(self.check_tls());
        mistakes.extend(self.check_http());
        mistakes.extend(self.check_listeners());
        if self.audit.retention.duration() < SHORTEST_RETENTION {
            mistakes.push(("audit.retention", "audit.retention must be at least 1d".into()));
        }
        mistakes.extend(self.check_lifetimes());
        mistakes.extend(self.check_spans_of_fapi());
        mistakes.extend(self.check_signing());
        mistakes.extend(self.check_database());
        mistakes.extend(self.check_limits());
        mistakes.extend(self.ciba.check());
        mistakes.extend(self.check_brand());
        let master_key = self.keys.master_key.expose();
        let key_bytes = from_base64url(master_key.trim_end_matches('='));
        if !master_key.is_empty() && key_bytes.is_none_or(|bytes| bytes.len() != 32) {
            mistakes.push(("keys.master_key", "keys.master_key is not 32 bytes in base64url".into()));
        }
        let hashing = &self.passwords;
        if let Err(error) =
            argon2::Params::new(hashing.memory_kib, hashing.iterations, hashing.parallelism, None)
        {
            let sentence = format!("passwords: Argon2 does not take these parameters: {error}");
            mistakes.push(("passwords", sentence));
        }
        if !(MIN_LENGTH..=MAX_MIN_LENGTH).contains(&hashing.min_length) {
            let sentence = format!("passwords.min_length must be between {MIN_LENGTH} and {MAX_MIN_LENGTH}");
            mistakes.push(("passwords.min_length", sentence));
        }
        if !is_filter(&self.log.filter) {
            mistakes.push(("log.filter", BAD_FILTER.into()));
        }
        mistakes
    }

    fn check_address(&self) -> Option<OptionMistake> {
        if !self.public_url.is_empty() {
            return check_public_url(&self.public_url).err().map(|sentence| ("public_url", sentence));
        }
        let listen = self.listen;
        (!listen.ip().is_loopback()).then(|| {
            ("public_url", format!("public_url must be set, because {listen} is not a loopback address"))
        })
    }

    fn check_http(&self) -> Vec<OptionMistake> {
        let mut mistakes = Vec::new();
        let too_many = self.check_connections(descriptors::hard_limit());
        mistakes.extend(too_many.map(|sentence| ("http.connections", sentence)));
        for (key, count) in [
            ("http.connections_per_network", self.http.connections_per_network),
            ("http.requests", self.http.requests),
        ] {
            if count == 0 {
                mistakes.push((key, format!("{key} must be at least 1")));
            }
        }
        mistakes
    }

    /// Every listener has an address of its own.
    fn check_listeners(&self) -> Vec<OptionMistake> {
        let all = [
            ("listen", Some(self.listen)),
            ("metrics.listen", self.metrics.listen),
            ("admin.listen", self.admin.listen),
            ("tls.mtls_listen", self.tls.mtls_listen),
        ];
        let is_same = |one: SocketAddr, other: SocketAddr| {
            let is_all = one.ip().is_unspecified() || other.ip().is_unspecified();
            one.port() != 0 && one.port() == other.port() && (is_all || one.ip() == other.ip())
        };
        let mut mistakes = Vec::new();
        for (at, (key, own)) in all.into_iter().enumerate() {
            let taken = all[..at]
                .iter()
                .find(|(_, before)| own.zip(*before).is_some_and(|(own, before)| is_same(own, before)));
            if let Some((before, Some(address))) = taken {
                mistakes
                    .push((key, format!("{key} must be another address than {before}, which is {address}")));
            }
        }
        mistakes
    }

    fn check_database(&self) -> Option<OptionMistake> {
        let options = self.database_options();
        let is_set = |key: &'static str| Some((key, format!("{key} is for PostgreSQL")));
        match (check_url(&options.url), &options.replica_url) {
            (Err(why), _) => Some(("database.url", format!("database.url {why}"))),
            (Ok(Engine::Sqlite), Some(_)) => is_set("database.replica_url"),
            (Ok(Engine::Sqlite), None) if self.database.pooler => is_set("database.pooler"),
            (Ok(Engine::Postgres), Some(url)) => match check_url(url) {
                Ok(Engine::Postgres) => None,
                Ok(Engine::Sqlite) => {
                    let sentence = "database.replica_url must begin with postgres://";
                    Some(("database.replica_url", sentence.into()))
                }
                Err(why) => Some(("database.replica_url", format!("database.replica_url {why}"))),
            },
            (Ok(_), None) => None,
        }
    }

    fn check_limits(&self) -> Vec<OptionMistake> {
        let limits = &self.limits;
        let passwords = [
            ("limits.free_passwords", limits.free_passwords),
            ("limits.account_passwords", limits.account_passwords),
            ("limits.network_passwords", limits.network_passwords),
        ];
        let requests = [
            ("limits.pages", limits.pages),
            ("limits.token", limits.token),
            ("limits.introspection", limits.introspection),
            ("limits.device_authorization", limits.device_authorization),
            ("limits.userinfo", limits.userinfo),
            ("limits.metadata", limits.metadata),
            ("limits.management", limits.management),
            ("limits.client", limits.client),
            ("limits.account", limits.account),
        ];
        let zeros = |options: &[(&'static str, u32)], why: &str| -> Vec<OptionMistake> {
            let zeros = options.iter().filter(|(_, most)| *most == 0);
            zeros.map(|(key, _)| (*key, format!("{key} must be at least 1, or {why}"))).collect()
        };
        let mut mistakes = zeros(&requests, "every request would be refused");
        mistakes.extend(zeros(&passwords, "no one could sign in"));
        mistakes.extend(limits.check_row_budgets());
        mistakes
    }

    fn check_signing(&self) -> Vec<OptionMistake> {
        let keys = &self.keys;
        let mut mistakes = Vec::new();
        let mut found = |key: &'static str, why: &str| mistakes.push((key, format!("{key} {why}")));
        if keys.algorithms.is_empty() {
            found("keys.algorithms", "must name one algorithm at least");
        }
        let profile = self.oauth.profile;
        let is_allowed = |algorithm: &SigningAlgorithm| profile.allows_algorithm(algorithm.as_str());
        if !keys.algorithms.iter().any(is_allowed) && profile.is_fapi() {
            found("oauth.profile", "needs one of PS256, ES256, EdDSA and Ed25519 in keys.algorithms");
        }
        if let Some(chosen) = self.tokens.access_token_alg.filter(|chosen| !is_allowed(chosen)) {
            found("tokens.access_token_alg", &format!("is {chosen}, which oauth.profile does not allow"));
        }
        if let Some(chosen) = self.tokens.access_token_alg.filter(|chosen| !keys.algorithms.contains(chosen))
        {
            found("tokens.access_token_alg", &format!("is {chosen}, which keys.algorithms does not offer"));
        }
        if keys.publish_before.seconds() <= JWKS_MAX_AGE {
            found("keys.publish_before", "must be longer than 1h, for which /jwks may be cached");
        }
        if keys.rotate_every.seconds() != Seconds::ZERO && keys.rotate_every <= keys.publish_before {
            found("keys.rotate_every", "must be longer than keys.publish_before, or 0s");
        }
        if keys.keep_published < self.tokens.access_token_lifetime.max(self.tokens.id_token_lifetime) {
            found("keys.keep_published", "must be at least as long as the lifetime of tokens");
        }
        mistakes
    }

    fn check_lifetimes(&self) -> Vec<OptionMistake> {
        let mut mistakes = Vec::new();
        if !(1..=LONGEST_LIFETIME.as_i64()).contains(&self.tokens.code_lifetime.seconds().as_i64()) {
            let sentence = "tokens.code_lifetime must be between 1s and 60s";
            mistakes.push(("tokens.code_lifetime", sentence.to_owned()));
        }
        if !(5..=600).contains(&self.oauth.pushed_request_lifetime.seconds().as_i64()) {
            let sentence = "oauth.pushed_request_lifetime must be between 5s and 10m";
            mistakes.push(("oauth.pushed_request_lifetime", sentence.to_owned()));
        }
        for (key, span, most) in [
            ("oauth.dpop_max_age", self.oauth.dpop_max_age, 600),
            ("oauth.dpop_max_ahead", self.oauth.dpop_max_ahead, 60),
        ] {
            if !(1..=most).contains(&span.seconds().as_i64()) {
                mistakes.push((key, format!("{key} must be between 1s and {most}s")));
            }
        }
        for (key, span) in [
            ("tokens.access_token_lifetime", self.tokens.access_token_lifetime),
            ("tokens.id_token_lifetime", self.tokens.id_token_lifetime),
            ("tokens.refresh_token_idle_lifetime", self.tokens.refresh_token_idle_lifetime),
            ("tokens.refresh_token_lifetime", self.tokens.refresh_token_lifetime),
            ("sessions.idle_lifetime", self.sessions.idle_lifetime),
            ("sessions.lifetime", self.sessions.lifetime),
            ("sign_in.flow_lifetime", self.sign_in.flow_lifetime),
            ("device.code_lifetime", self.device.code_lifetime),
            ("device.poll_interval", self.device.poll_interval),
            ("http.deadline", self.http.deadline),
            ("http.keep_alive", self.http.keep_alive),
            ("fetch.deadline", self.fetch.deadline),
        ] {
            if span.seconds() == Seconds::ZERO {
                mistakes.push((key, format!("{key} must be longer than 0s")));
            }
        }
        mistakes.extend(self.check_order());
        mistakes
    }

    /// FAPI 2.0 Security Profile §5.3.2.1 and §5.3.2.2: a `request_uri` lives for less than ten minutes, and a clock that is ten
    /// seconds ahead is no mistake.
    fn check_spans_of_fapi(&self) -> Vec<OptionMistake> {
        let (oauth, mut mistakes) = (&self.oauth, Vec::new());
        let mut found = |key: &'static str, why: &str| {
            mistakes
                .push((key, format!("{key} must be {why} with oauth.profile {}", oauth.profile.as_str())));
        };
        if !oauth.profile.is_fapi() {
            return mistakes;
        }
        if oauth.pushed_request_lifetime.seconds() >= Seconds::new(600) {
            found("oauth.pushed_request_lifetime", "shorter than 10m");
        }
        if oauth.dpop_max_ahead.seconds() < Seconds::new(10) {
            found("oauth.dpop_max_ahead", "at least 10s");
        }
        mistakes
    }

    /// Spans that have no effect, because another one ends first.
    fn check_order(&self) -> impl Iterator<Item = OptionMistake> {
        let (tokens, sessions, device, ciba) = (&self.tokens, &self.sessions, &self.device, &self.ciba);
        let pairs = [
            (IDLE_SESSION, sessions.idle_lifetime, "sessions.lifetime", sessions.lifetime),
            (
                IDLE_REFRESH_TOKEN,
                tokens.refresh_token_idle_lifetime,
                "tokens.refresh_token_lifetime",
                tokens.refresh_token_lifetime,
            ),
            (POLL_INTERVAL, device.poll_interval, "device.code_lifetime", device.code_lifetime),
            (CIBA_INTERVAL, ciba.poll_interval, CIBA_LIFETIME, ciba.lifetime),
            (CIBA_LIFETIME, ciba.lifetime, "ciba.max_lifetime", ciba.max_lifetime),
        ];
        pairs.into_iter().filter(|(_, shorter, _, longer)| shorter > longer).map(|(key, _, other, _)| {
            (key, format!("{key} is longer than {other}, which ends first, so it would have no effect"))
        })
    }

    /// The options that may keep their defaults when another option ends first: only a value that was written is a
    /// mistake.
    pub(super) const MAY_BE_LONGER: [&str; 5] =
        [IDLE_SESSION, IDLE_REFRESH_TOKEN, POLL_INTERVAL, CIBA_INTERVAL, CIBA_LIFETIME];
}

/// Whether a filter of the log can be used. A list that has no level, neither for everything nor for this program, would
/// show nothing; and a word that is not a level, such as `loud`, is taken for the name of a part of a program.
fn is_filter(text: &str) -> bool {
    // The errors of the parser repeat parts of the value.
    if EnvFilter::try_new(text).is_err() {
        return false;
    }
    let is_level = |word: &str| word.parse::<LevelFilter>().is_ok();
    let is_ours = |word: &str| word == "grantor" || word.starts_with("grantor::");
    let mut words = text.split(',').map(str::trim).filter(|word| !word.is_empty()).peekable();
    let has_any = words.peek().is_some();
    let mut decides = false;
    let all_are_known = words.all(|word| match word.split_once(['=', '[']) {
        Some((target, _)) => {
            decides |= target.is_empty() || is_ours(target);
            true
        }
        None => {
            decides |= is_level(word) || is_ours(word);
            is_level(word) || is_ours(word)
        }
    });
    has_any && all_are_known && decides
}

/// Checks an address for `public_url`.
///
/// # Errors
/// A sentence for the operator.
pub fn check_public_url(text: &str) -> Result<(), String> {
    let Ok(url) = Url::parse(text) else {
        return Err("public_url is not a URL; write it like https://id.example.com".into());
    };
    if url.query().is_some() || url.fragment().is_some() || text.contains('@') {
        return Err("public_url must not have a query, a fragment or a user name".into());
    }
    // Only now, because the parts above may be secret.
    let refuse = |why: &str| Err(format!("public_url {text:?} {why}"));
    if url.as_str().trim_end_matches('/') != text.trim_end_matches('/') {
        return refuse(&format!("is not in its normal form; write {:?}", url.as_str().trim_end_matches('/')));
    }
    if !host::is_plain(&url) {
        return refuse(&format!("has a host that {WRONG_HOST}"));
    }
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => Ok(()),
        ("http", Some(host)) if is_loopback(&host) => Ok(()),
        _ => refuse("must be https; http is for 127.0.0.1, [::1] and localhost only"),
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_that_another_one_cuts_off_is_a_mistake_if_it_was_written() {
        for (shorter, longer) in [
            ("sessions.idle_lifetime", "sessions.lifetime"),
            ("tokens.refresh_token_idle_lifetime", "tokens.refresh_token_lifetime"),
            ("device.poll_interval", "device.code_lifetime"),
            ("ciba.poll_interval", "ciba.lifetime"),
            ("ciba.lifetime", "ciba.max_lifetime"),
        ] {
            let refused = Config::with(&[(shorter, "3m"), (longer, "2m")]);
            let sentence = refused.unwrap_err().to_string();
            assert!(sentence.starts_with(&format!("{shorter} is longer than {longer}")), "{sentence}");
            assert!(Config::with(&[(shorter, "2m"), (longer, "2m")]).is_ok());
            assert!(Config::with(&[(longer, "1s")]).is_ok(), "the default of {shorter} is no mistake");
        }
    }

    #[test]
    fn a_fapi_profile_needs_another_algorithm_than_rs256() {
        let with = |algorithms| Config::with(&[("oauth.profile", "fapi2"), ("keys.algorithms", algorithms)]);
        assert!(with("RS256").unwrap_err().to_string().contains("oauth.profile needs one of PS256"));
        assert!(with("RS256 PS256").is_ok());
    }

    #[test]
    fn a_fapi_profile_bounds_pushed_requests_and_the_clocks_of_proofs() {
        for (key, wrong, right) in
            [("oauth.pushed_request_lifetime", "10m", "599s"), ("oauth.dpop_max_ahead", "9s", "10s")]
        {
            let with = |profile, value| Config::with(&[("oauth.profile", profile), (key, value)]);
            for profile in ["fapi2", "fapi2-message-signing"] {
                let sentence = with(profile, wrong).unwrap_err().to_string();
                assert!(sentence.contains(&format!("{key} must be ")), "{sentence}");
                assert!(sentence.contains(&format!("with oauth.profile {profile}")), "{sentence}");
                assert!(with(profile, right).is_ok(), "{key}");
            }
            assert!(with("none", wrong).is_ok() && with("oauth21", wrong).is_ok(), "{key}");
        }
    }

    #[test]
    fn a_filter_of_the_log_that_shows_nothing_is_refused() {
        let is_used = |text| Config::with(&[("log.filter", text)]).is_ok();
        for text in [
            "info",
            "DEBUG",
            "off",
            "grantor=debug,warn",
            "grantor",
            "warn,grantor::keys=error",
            "sqlx=debug,info",
        ] {
            assert!(is_used(text), "{text}");
        }
        for text in ["loud", "", ",", "info,loud", "grantr=debug", "sqlx=debug", "==="] {
            assert!(!is_used(text), "{text}");
        }
    }
}
