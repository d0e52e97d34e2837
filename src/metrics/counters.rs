//! Counters by the words of closed lists: how people signed in, which tokens were issued, which guesses had to wait.

use std::marker::PhantomData;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use strum::{IntoStaticStr, VariantArray};

use crate::oauth::client::GrantType;
use crate::oauth::reason::Reason;
use crate::store::deliveries::DeliveryOutcome;

/// How an attempt to sign in ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum SignInResult {
    /// The person has a new session.
    Succeeded,
    /// The person made an account, and has a session in it.
    SignedUp,
    /// Name or password was wrong, or the account is disabled.
    Wrong,
    /// The password was not checked, because of wrong guesses before.
    Delayed,
    /// The server could not check the password.
    Failed,
}

/// The result of an attempt to deliver a message to a webhook, or a ping to an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum DeliveryResult {
    Delivered,
    /// There will be another attempt.
    Retried,
    /// It was the last attempt.
    Failed,
}

impl From<&DeliveryOutcome> for DeliveryResult {
    fn from(outcome: &DeliveryOutcome) -> Self {
        match outcome {
            DeliveryOutcome::Delivered => Self::Delivered,
            DeliveryOutcome::Again { .. } => Self::Retried,
            DeliveryOutcome::Failed(_) => Self::Failed,
        }
    }
}

/// What was guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum GuessKind {
    Password,
    UserCode,
    ClientSecret,
}

impl GuessKind {
    /// The kind of the guess that was refused for this reason, because it has to wait; `None` for other reasons.
    fn of(reason: Reason) -> Option<Self> {
        match reason {
            Reason::SignInGuesses => Some(Self::Password),
            Reason::UserCodeGuesses => Some(Self::UserCode),
            Reason::ClientSecretGuesses => Some(Self::ClientSecret),
            _ => None,
        }
    }
}

/// One label: its name and its value.
type WordLabel = [(&'static str, &'static str); 1];

/// A counter for each word of a list. They begin with 0, so that the first increase is visible. Clones share them.
#[derive(Clone, Debug)]
pub struct WordCounters<W> {
    pub(super) family: Family<WordLabel, Counter>,
    /// In the order of the words. To count is one atomic addition, without a look into the family.
    counters: Vec<Counter>,
    words: PhantomData<W>,
}

impl<W: Copy + PartialEq + Into<&'static str> + VariantArray> WordCounters<W> {
    fn new(label: &'static str) -> Self {
        let family = Family::<WordLabel, Counter>::default();
        let counter = |word: &W| family.get_or_create_owned(&[(label, (*word).into())]);
        Self { counters: W::VARIANTS.iter().map(counter).collect(), family, words: PhantomData }
    }

    /// Counts one more.
    pub fn count(&self, word: W) {
        let index = W::VARIANTS.iter().position(|other| *other == word);
        if let Some(counter) = index.and_then(|index| self.counters.get(index)) {
            counter.inc();
        }
    }
}

/// What this process has counted since its start. Clones share the counters.
#[derive(Clone, Debug)]
pub struct Counters {
    pub sign_ins: WordCounters<SignInResult>,
    tokens: WordCounters<GrantType>,
    /// In the family of `tokens`.
    implicit: Counter,
    pub(super) delayed: WordCounters<GuessKind>,
    pub webhooks: WordCounters<DeliveryResult>,
    pub pings: WordCounters<DeliveryResult>,
}

impl Default for Counters {
    fn default() -> Self {
        let tokens = WordCounters::new("grant_type");
        Self {
            sign_ins: WordCounters::new("outcome"),
            implicit: tokens.family.get_or_create_owned(&[("grant_type", "implicit")]),
            tokens,
            delayed: WordCounters::new("kind"),
            webhooks: WordCounters::new("outcome"),
            pings: WordCounters::new("outcome"),
        }
    }
}

impl Counters {
    /// The tokens that were issued, by grant type.
    pub(super) fn issued(&self) -> Family<WordLabel, Counter> {
        self.tokens.family.clone()
    }

    /// Counts an answer of `/token` that has tokens.
    pub fn issue(&self, grant: GrantType) {
        self.tokens.count(grant);
    }

    /// Counts an answer of `/authorize` that has tokens: the grant type `implicit` (RFC 7591 §2).
    pub fn issue_implicitly(&self) {
        self.implicit.inc();
    }

    /// Counts what an answer with this reason means beside the refusal.
    pub fn refused(&self, reason: Reason) {
        if let Some(kind) = GuessKind::of(reason) {
            self.delayed.count(kind);
        }
    }
}
