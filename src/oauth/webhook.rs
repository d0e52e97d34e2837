//! Webhooks: which messages they get, and for how long the server tries to deliver them (Standard Webhooks).

use std::fmt;

use super::retry::pause_in;
use crate::clock::Seconds;

/// The pauses between attempts in seconds: more than three days in total. The schedule that Standard Webhooks recommends.
const RETRY_DELAYS: [i64; 9] =
    [5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600];
/// By how much chance makes a pause longer, at most: one in this many. So the messages of an outage do not all come back in
/// the same second.
const SPREAD: i64 = 10;
/// For how long every attempt must have failed before a webhook is disabled.
pub const FAILING_FOR: Seconds = Seconds::new(5 * 86_400);

/// The pause after an attempt, made longer by `chance`, which is any number; `None` after the last attempt. The first
/// attempt is number 1.
pub fn pause_after(attempt: i64, chance: u16) -> Option<Seconds> {
    let pause = pause_in(&RETRY_DELAYS, attempt)?;
    let most = pause.as_i64() / SPREAD;
    Some(pause + Seconds::new(most * i64::from(chance) / i64::from(u16::MAX)))
}

/// The longest time that a receiver can ask the server to wait.
const LONGEST_WAIT: Seconds = Seconds::new(86_400);

/// The pause after an attempt whose answer asked the server to wait (RFC 9110 §10.2.3): never shorter than without that,
/// and at most a day if the receiver decides.
pub fn pause_as_asked(pause: Seconds, asked: Option<Seconds>) -> Seconds {
    asked.map_or(pause, |asked| pause.max(asked.min(LONGEST_WAIT)))
}

/// Which messages a webhook gets: words such as `client.updated`, and beginnings such as `user.`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageTypes(Vec<String>);

impl MessageTypes {
    /// These words, each once and sorted. Without a word: all messages.
    pub fn new(mut words: Vec<String>) -> Self {
        words.sort_unstable();
        words.dedup();
        Self(words)
    }

    /// Reads what [`fmt::Display`] wrote.
    pub fn from_stored(text: &str) -> Self {
        Self(text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect())
    }

    /// The words, sorted.
    pub fn words(&self) -> &[String] {
        &self.0
    }

    /// Whether a message of this type is among them by its own name.
    pub fn name(&self, message: &str) -> bool {
        self.0.iter().any(|word| word == message)
    }

    /// Whether a message of this type is among them.
    pub fn contain(&self, message: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|word| covers(word, message))
    }
}

/// The type of the message about a request that waits for its person (CIBA). It is no event of the audit trail, and says more
/// about the person than events do, so a webhook gets it only if it names this type.
pub const BACKCHANNEL_REQUESTED: &str = "backchannel.requested";

/// Whether a word of a webhook means messages of this type.
pub fn covers(word: &str, message: &str) -> bool {
    if word.ends_with('.') { message.starts_with(word) } else { message == word }
}

impl fmt::Display for MessageTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

/// Why a webhook is disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisabledBecause {
    /// An operator has disabled it.
    Operator,
    /// The receiver answered 410: it wants no more messages.
    Gone,
    /// Every attempt failed for [`FAILING_FOR`].
    Failing,
}

impl DisabledBecause {
    /// The word that is stored and shown; it never changes its meaning.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }

    /// Reads what [`Self::as_str`] returned; `None` for other words.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Operator, Self::Gone, Self::Failing].into_iter().find(|known| known.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_go_on_for_three_days_at_growing_intervals_and_chance_only_makes_them_longer() {
        for chance in [0, 1, u16::MAX / 2, u16::MAX] {
            let pauses: Vec<Seconds> = (1..).map_while(|attempt| pause_after(attempt, chance)).collect();
            assert!(pauses.len() == RETRY_DELAYS.len() && pauses.is_sorted(), "{pauses:?}");
            for (pause, least) in pauses.iter().zip(RETRY_DELAYS) {
                assert!((least..=least + least / SPREAD).contains(&pause.as_i64()), "{pause:?}");
            }
        }
        assert!((3 * 86_400..4 * 86_400).contains(&RETRY_DELAYS.iter().sum::<i64>()));
        assert_eq!((pause_after(0, 0), pause_after(-1, 0), pause_after(i64::MIN, 0)), (None, None, None));
    }

    #[test]
    fn a_receiver_can_make_a_pause_longer_and_no_longer_than_a_day() {
        for (pause, asked, expected) in [
            (5, None, 5),
            (5, Some(0), 5),
            (5, Some(120), 120),
            (300, Some(120), 300),
            (5, Some(i64::MAX), 86_400),
            (90_000, Some(100_000), 90_000),
        ] {
            assert_eq!(pause_as_asked(Seconds::new(pause), asked.map(Seconds::new)), Seconds::new(expected));
        }
    }

    #[test]
    fn a_word_means_itself_and_a_beginning_means_all_words_that_begin_so() {
        let types = MessageTypes::new(vec!["user.".into(), "client.updated".into(), "user.".into()]);
        assert_eq!(types.to_string(), "client.updated user.");
        assert_eq!(MessageTypes::from_stored(&types.to_string()), types);
        for (message, is_one) in [
            ("client.updated", true),
            ("user.created", true),
            ("client.updated_more", false),
            ("client.created", false),
            ("users.created", false),
            ("user", false),
        ] {
            assert_eq!(types.contain(message), is_one, "{message}");
        }
        assert!(MessageTypes::default().contain("anything"));
        for (words, is_named) in
            [(vec![], false), (vec!["backchannel."], false), (vec![BACKCHANNEL_REQUESTED], true)]
        {
            let types = MessageTypes::new(words.into_iter().map(str::to_owned).collect());
            assert_eq!(types.name(BACKCHANNEL_REQUESTED), is_named, "{types}");
        }
    }
}
