//! What the outboxes have in common: the state of a delivery, and the result of an attempt.

use crate::clock::{Seconds, Timestamp};
use crate::oauth::id::ClientId;

/// The state of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    Waiting,
    Delivered,
    Failed,
}

impl DeliveryState {
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::Failed];

    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    /// Returns the state with this word. `None` if no state has it.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == word)
    }
}

/// Which deliveries to list. `None` everywhere: all of them.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    pub client: Option<ClientId>,
    pub state: Option<DeliveryState>,
}

/// When the next attempt of a delivery in this state is made. `None` if no attempt follows.
pub fn next_attempt(state: &str, at: Timestamp) -> Option<Timestamp> {
    (state == DeliveryState::Waiting.as_str()).then_some(at)
}

/// The result of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryOutcome {
    Delivered,
    /// There is another attempt, at this time in seconds.
    Again {
        why: String,
        at: Timestamp,
    },
    Failed(String),
}

/// What a delivery's row says after an attempt.
pub(super) struct OutcomeColumns {
    pub(super) state: &'static str,
    pub(super) last_error: Option<String>,
    pub(super) next_attempt_at: Timestamp,
    pub(super) done_at: Option<Timestamp>,
}

impl DeliveryOutcome {
    /// The result of a call that failed: there is another attempt after the pause, if there is one.
    pub fn after_failure(why: String, pause: Option<Seconds>, now: Timestamp) -> Self {
        match pause {
            Some(pause) => Self::Again { why, at: now + pause },
            None => Self::Failed(why),
        }
    }

    pub(super) fn columns(&self, now: Timestamp) -> OutcomeColumns {
        let (state, last_error, next_attempt_at, done_at) = match self {
            Self::Delivered => (DeliveryState::Delivered, None, now, Some(now)),
            Self::Again { why, at } => (DeliveryState::Waiting, Some(why.clone()), *at, None),
            Self::Failed(why) => (DeliveryState::Failed, Some(why.clone()), now, Some(now)),
        };
        OutcomeColumns { state: state.as_str(), last_error, next_attempt_at, done_at }
    }
}
