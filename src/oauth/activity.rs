//! What is counted about the requests of all and of each client, and the form in which the counts of a client are kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::clock::{Seconds, Timestamp};
use crate::oauth::word::word;

/// For how long counts are kept.
pub const KEPT: Seconds = Seconds::new(30 * 86_400);
/// The span of a count of the whole server.
pub const HOUR: Seconds = Seconds::new(3600);
/// The span of the counts of a client.
pub const DAY: Seconds = Seconds::new(86_400);

/// The beginning of the hour or day, in UTC, that an instant is in.
pub fn begin_of(span: Seconds, at: Timestamp) -> Timestamp {
    Timestamp::from_unix(at.as_unix().div_euclid(span.as_i64()) * span.as_i64())
}

/// What is counted for the whole server, by hour. The word is stored, and never changes its meaning.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum CountKind {
    /// Attempts to sign in, and accounts that people made, by outcome.
    SignIns,
    /// Answers with tokens, by grant type.
    Tokens,
    /// Answers with an error, by the word of the reason.
    Refusals,
}

/// A fact about a client, as it is counted. The word is stored, and never changes its meaning.
///
/// A fact with values is counted for each value. A value is always from a closed list or from the registration of the
/// client, never what somebody sent, so that no stranger makes entries.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumString, IntoStaticStr, VariantArray,
)]
pub enum FactKind {
    /// Authorization requests that were answered with a code or tokens.
    #[strum(serialize = "authorized")]
    Authorized,
    /// Those of them that got a code.
    #[strum(serialize = "authorized.code")]
    AuthorizedCode,
    /// Those that got a code and had no challenge (RFC 7636).
    #[strum(serialize = "authorized.without_pkce")]
    WithoutPkce,
    /// Those with the scope `openid`.
    #[strum(serialize = "authorized.openid")]
    AuthorizedOpenid,
    /// Those with the scope `openid` and without a nonce (OpenID Connect Core §3.1.2.1).
    #[strum(serialize = "authorized.without_nonce")]
    WithoutNonce,
    /// Those without a state (RFC 6749 §4.1.1).
    #[strum(serialize = "authorized.without_state")]
    WithoutState,
    /// Those whose redirect URI has another port than the registered one (RFC 8252 §7.3).
    #[strum(serialize = "authorized.other_port")]
    OtherPort,
    /// Answered requests that met a demand which was only reported, by the demand.
    #[strum(serialize = "demand.met")]
    DemandMet,
    /// Those that would have been refused if it had been required.
    #[strum(serialize = "demand.missed")]
    DemandMissed,
    /// The redirect URI of answered authorization requests, as it is registered.
    #[strum(serialize = "redirect_uri")]
    RedirectUri,
    /// The scopes of issued tokens, as far as the client is registered for them.
    #[strum(serialize = "scope")]
    Scope,
    /// The grant types of answers with tokens. `implicit`: tokens in the answer of `/authorize`.
    #[strum(serialize = "grant_type")]
    GrantType,
    /// The client secrets that were presented and are right, by their id.
    #[strum(serialize = "secret")]
    Secret,
    /// Replaced refresh tokens that got their successor again, within the grace period.
    #[strum(serialize = "refresh.answered_again")]
    RefreshAnsweredAgain,
    /// Requests that named this client and were refused, by the word of the reason.
    #[strum(serialize = "refused")]
    Refused,
}

word!(CountKind, FactKind);

impl FactKind {
    /// Whether the last use of each value is remembered for as long as the client exists.
    pub fn is_use(self) -> bool {
        matches!(self, Self::RedirectUri | Self::Scope | Self::GrantType)
    }
}

/// How often something was counted, and when it was counted last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, Timestamp)", into = "(u64, Timestamp)")]
pub struct FactTally {
    pub count: u64,
    pub last: Timestamp,
}

impl From<(u64, Timestamp)> for FactTally {
    fn from((count, last): (u64, Timestamp)) -> Self {
        Self { count, last }
    }
}

impl From<FactTally> for (u64, Timestamp) {
    fn from(tally: FactTally) -> Self {
        (tally.count, tally.last)
    }
}

impl FactTally {
    /// Adds another tally of the same fact.
    pub fn add(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.last = self.last.max(other.last);
    }
}

/// The counts of a client: for each fact and value, how often and when last. In JSON
/// `{"scope": {"read": [12, 1790000000]}}`; a fact without values has the value `""`.
///
/// Words that a newer release has written are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FactCounts(BTreeMap<String, BTreeMap<String, FactTally>>);

impl FactCounts {
    /// Adds to the count of a fact.
    pub fn add(&mut self, kind: FactKind, value: &str, tally: FactTally) {
        self.add_word(kind.as_str(), value, tally);
    }

    /// Adds all counts of `others`.
    pub fn merge(&mut self, others: &Self) {
        for (word, values) in &others.0 {
            for (value, tally) in values {
                self.add_word(word, value, *tally);
            }
        }
    }

    fn add_word(&mut self, word: &str, value: &str, tally: FactTally) {
        let values = match self.0.get_mut(word) {
            Some(values) => values,
            None => self.0.entry(word.to_owned()).or_default(),
        };
        match values.get_mut(value) {
            Some(known) => known.add(tally),
            None => drop(values.insert(value.to_owned(), tally)),
        }
    }

    /// The count of a fact with this value. `None` if it was not counted.
    pub fn of(&self, kind: FactKind, value: &str) -> Option<FactTally> {
        self.0.get(kind.as_str())?.get(value).copied()
    }

    /// The count of a fact without values. 0 if it was not counted.
    pub fn number(&self, kind: FactKind) -> u64 {
        self.of(kind, "").map_or(0, |tally| tally.count)
    }

    /// Each counted value of a fact, in the order of the values.
    pub fn values(&self, kind: FactKind) -> impl Iterator<Item = (&str, FactTally)> {
        let values = self.0.get(kind.as_str()).into_iter().flatten();
        values.map(|(value, tally)| (value.as_str(), *tally))
    }

    /// Each counted value whose last use is remembered.
    pub fn uses(&self) -> impl Iterator<Item = (FactKind, &str, FactTally)> {
        let kinds = FactKind::ALL.iter().copied().filter(|kind| kind.is_use());
        kinds.flat_map(|kind| self.values(kind).map(move |(value, tally)| (kind, value, tally)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_kept_in_a_short_form_and_words_of_a_newer_release_stay() {
        let stored = r#"{"later":{"x":[1,5]},"scope":{"read":[2,10]}}"#;
        let mut counts: FactCounts = serde_json::from_str(stored).unwrap();
        let mut others = FactCounts::default();
        others.add(FactKind::Scope, "read", FactTally { count: 3, last: Timestamp::from_unix(7) });
        others.add(FactKind::Authorized, "", FactTally { count: 1, last: Timestamp::from_unix(8) });
        counts.merge(&others);
        let text = serde_json::to_string(&counts).unwrap();
        assert_eq!(text, r#"{"authorized":{"":[1,8]},"later":{"x":[1,5]},"scope":{"read":[5,10]}}"#);
        assert_eq!(counts.number(FactKind::Authorized), 1);
        assert_eq!(counts.uses().map(|(_, value, _)| value).collect::<Vec<_>>(), ["read"]);
    }
}
