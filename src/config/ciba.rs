//! The section `[ciba]`: how long a backchannel request waits, and how often applications may ask for one person.

use serde::Deserialize;

use super::{Config, Span};
use crate::clock::Seconds;
use crate::oauth::grant::backchannel::PersonLimits;

/// Requests of applications for people who answer elsewhere.
#[derive(Clone, Debug, Deserialize)]
pub struct CibaOptions {
    pub(super) lifetime: Span,
    pub(super) max_lifetime: Span,
    pub poll_interval: Span,
    pub(super) waiting: u32,
    pub(super) waiting_of_client: u32,
    pub(super) hourly: u32,
    pub(super) hourly_of_client: u32,
    pub(super) quiet_after_denial: Span,
}

impl CibaOptions {
    /// For how long a request waits that asks for `requested`, or for nothing (CIBA Core §7.1).
    pub fn lifetime(&self, requested: Option<Seconds>) -> Seconds {
        let most = self.max_lifetime.seconds();
        requested.unwrap_or_else(|| self.lifetime.seconds()).min(most)
    }

    /// The longest time for which a request waits.
    pub fn max_lifetime(&self) -> Seconds {
        self.max_lifetime.seconds()
    }

    pub(super) fn person_limits(&self) -> PersonLimits {
        PersonLimits {
            waiting: self.waiting.into(),
            waiting_of_client: self.waiting_of_client.into(),
            hourly: self.hourly.into(),
            hourly_of_client: self.hourly_of_client.into(),
            quiet: self.quiet_after_denial.seconds(),
        }
    }

    /// What is wrong with the section, each with its option.
    pub(super) fn check(&self) -> Vec<(&'static str, String)> {
        let mut mistakes = Vec::new();
        for (key, most) in [
            ("ciba.waiting", self.waiting),
            ("ciba.waiting_of_client", self.waiting_of_client),
            ("ciba.hourly", self.hourly),
            ("ciba.hourly_of_client", self.hourly_of_client),
        ] {
            if most == 0 {
                mistakes.push((key, format!("{key} must be at least 1, or no application could ask anyone")));
            }
        }
        for (key, span) in [
            ("ciba.lifetime", self.lifetime),
            ("ciba.max_lifetime", self.max_lifetime),
            ("ciba.poll_interval", self.poll_interval),
        ] {
            if span.seconds() == Seconds::ZERO {
                mistakes.push((key, format!("{key} must be longer than 0s")));
            }
        }
        for (key, span) in
            [("ciba.max_lifetime", self.max_lifetime), ("ciba.quiet_after_denial", self.quiet_after_denial)]
        {
            if span.seconds() > LONGEST {
                mistakes.push((key, format!("{key} must not be longer than 1h")));
            }
        }
        mistakes
    }
}

/// Requests are remembered for an hour after their end, so that they can be counted.
const LONGEST: Seconds = Seconds::new(3600);

impl Config {
    /// How often applications may ask for one person. `None` if the limits are off.
    pub fn person_limits(&self) -> Option<PersonLimits> {
        self.limits.enabled.then(|| self.ciba.person_limits())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_waits_for_as_long_as_it_asks_but_not_longer_than_allowed() {
        let options = [("ciba.lifetime", "2m"), ("ciba.max_lifetime", "5m")];
        let ciba = Config::with(&options).unwrap().ciba;
        for (requested, granted) in [(None, 120), (Some(30), 30), (Some(300), 300), (Some(301), 300)] {
            assert_eq!(ciba.lifetime(requested.map(Seconds::new)), Seconds::new(granted), "{requested:?}");
        }
    }

    #[test]
    fn a_section_that_makes_no_sense_is_refused() {
        for (key, value, why) in [
            ("ciba.waiting", "0", "at least 1"),
            ("ciba.waiting_of_client", "0", "at least 1"),
            ("ciba.hourly", "0", "at least 1"),
            ("ciba.hourly_of_client", "0", "at least 1"),
            ("ciba.lifetime", "0s", "longer than 0s"),
            ("ciba.poll_interval", "0s", "longer than 0s"),
            ("ciba.max_lifetime", "61m", "longer than 1h"),
            ("ciba.quiet_after_denial", "2h", "longer than 1h"),
        ] {
            let sentence = Config::with(&[(key, value)]).unwrap_err().to_string();
            assert!(sentence.contains(key) && sentence.contains(why), "{sentence}");
        }
        assert!(Config::with(&[("ciba.quiet_after_denial", "0s")]).is_ok());
        assert!(Config::with(&[("limits.enabled", "false")]).unwrap().person_limits().is_none());
    }
}
