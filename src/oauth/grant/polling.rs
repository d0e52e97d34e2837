//! The answers to a client that polls for tokens while a person decides elsewhere (RFC 8628 §3.5, CIBA Core §11).

use crate::clock::{Seconds, Timestamp};
use crate::oauth::detail::{Detail, DetailSubject};
use crate::oauth::error::OAuthError;
use crate::oauth::id::{ClientId, GrantId, UserId};
use crate::oauth::reason::Reason;

/// A poll that yields no tokens, and the request that it asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poll {
    pub grant: GrantId,
    pub client: ClientId,
    /// The user who allowed the request; `None` if no one has.
    pub allowed_by: Option<UserId>,
    pub is_denied: bool,
    pub is_consumed: bool,
    pub expires_at: Timestamp,
    /// Seconds that the client must wait between two polls.
    pub interval: Seconds,
    pub polled_at: Option<Timestamp>,
}

/// What a refused poll is called, with the sentence for the client's developer.
#[derive(Clone, Copy, Debug)]
pub struct PollReasons {
    pub wrong_client: (Reason, &'static str),
    pub replayed: (Reason, &'static str),
    /// The code was used up by a request that was refused, so there is nothing to revoke.
    pub refused_before: (Reason, &'static str),
    pub denied: (Reason, &'static str),
    pub expired: (Reason, &'static str),
    pub pending: (Reason, &'static str),
    pub slow_down: Reason,
}

/// What must be stored together with a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollEffect {
    Nothing,
    /// The time of the poll, and the interval from now on.
    Poll {
        interval: Seconds,
    },
    /// The code was used up before: revoke what was issued from it, if anything was.
    Revoke,
}

/// How many seconds the interval grows when a client polls too fast (RFC 8628 §3.5).
const INTERVAL_STEP: Seconds = Seconds::new(5);
/// The longest interval in seconds, however fast the client was, because the person waits, too.
const MAX_INTERVAL: Seconds = Seconds::new(60);

/// Why a poll of `client` yields no tokens, and what to store. `None` if the person has allowed the request: then only the
/// client's record has changed in between, and the attempt must be repeated.
pub fn evaluate_poll(
    polled: &Poll,
    client: &ClientId,
    reasons: &PollReasons,
    now: Timestamp,
) -> Option<(OAuthError, PollEffect)> {
    let refused = |(reason, what): (Reason, &'static str)| Some((reason.because(what), PollEffect::Nothing));
    if polled.client != *client {
        return refused(reasons.wrong_client);
    }
    if polled.is_consumed {
        let (reason, what) = reasons.replayed;
        return Some((reason.because(what), PollEffect::Revoke));
    }
    if polled.is_denied {
        return refused(reasons.denied);
    }
    if now >= polled.expires_at {
        let detail = Detail::of(DetailSubject::CodeExpiry).came(&polled.expires_at.iso());
        let detail = detail.registered([now.iso().as_str()]).by(now - polled.expires_at);
        let (error, effect) = refused(reasons.expired)?;
        return Some((error.with(detail), effect));
    }
    if polled.allowed_by.is_some() {
        return None;
    }
    if is_early(polled, now) {
        let interval = (polled.interval + INTERVAL_STEP).min(MAX_INTERVAL.max(polled.interval));
        let what =
            format!("the client polls too fast; from now on it waits {interval} seconds between two polls");
        return Some((reasons.slow_down.because(what), PollEffect::Poll { interval }));
    }
    let (reason, what) = reasons.pending;
    Some((reason.because(what), PollEffect::Poll { interval: polled.interval }))
}

/// Whether a poll comes clearly before the end of the interval. A second is forgiven, because requests take different times on
/// their way. But times are whole seconds, so a second poll in the same one always comes early.
fn is_early(polled: &Poll, now: Timestamp) -> bool {
    let at_least = (polled.interval - Seconds::new(1)).max(Seconds::new(1));
    polled.polled_at.is_some_and(|last| now - last < at_least)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::grant::device::POLL_REASONS;

    fn polled() -> Poll {
        Poll {
            grant: GrantId::new("g"),
            client: ClientId::new("tv"),
            allowed_by: None,
            is_denied: false,
            is_consumed: false,
            expires_at: Timestamp::from_unix(700),
            interval: Seconds::new(5),
            polled_at: Some(Timestamp::from_unix(100)),
        }
    }

    #[test]
    fn a_polling_client_learns_what_it_waits_for() {
        let evaluated = |polled: &Poll, now| {
            evaluate_poll(polled, &ClientId::new("tv"), &POLL_REASONS, Timestamp::from_unix(now))
                .map(|(error, then)| (error.reason, then))
        };
        let poll = |interval| PollEffect::Poll { interval: Seconds::new(interval) };
        assert_eq!(evaluated(&polled(), 105), Some((Reason::DeviceCodePending, poll(5))));
        assert_eq!(
            evaluated(&polled(), 104),
            Some((Reason::DeviceCodePending, poll(5))),
            "a second is forgiven"
        );
        assert_eq!(evaluated(&polled(), 103), Some((Reason::DeviceCodeSlowDown, poll(10))));
        let first = Poll { polled_at: None, ..polled() };
        assert_eq!(evaluated(&first, 100), Some((Reason::DeviceCodePending, poll(5))));
        for seconds in [1, 2] {
            let short = Poll { interval: Seconds::new(seconds), ..polled() };
            let faster = poll(seconds + 5);
            assert_eq!(evaluated(&short, 100), Some((Reason::DeviceCodeSlowDown, faster)), "{seconds}");
            assert_eq!(evaluated(&short, 101), Some((Reason::DeviceCodePending, poll(seconds))), "{seconds}");
        }
        let slow = Poll { interval: Seconds::new(60), ..polled() };
        assert_eq!(evaluated(&slow, 101), Some((Reason::DeviceCodeSlowDown, poll(60))));
        assert_eq!(evaluated(&polled(), 700), Some((Reason::DeviceCodeExpired, PollEffect::Nothing)));
        let denied = Poll { is_denied: true, ..polled() };
        assert_eq!(evaluated(&denied, 101), Some((Reason::DeviceCodeDenied, PollEffect::Nothing)));
        let allowed = Poll { allowed_by: Some(UserId::new("u")), ..polled() };
        assert_eq!(evaluated(&allowed, 101), None);
        assert_eq!(evaluated(&allowed, 700), Some((Reason::DeviceCodeExpired, PollEffect::Nothing)));
        let consumed = Poll { is_consumed: true, ..allowed };
        assert_eq!(evaluated(&consumed, 9000), Some((Reason::DeviceCodeReplayed, PollEffect::Revoke)));
        let other =
            evaluate_poll(&consumed, &ClientId::new("other"), &POLL_REASONS, Timestamp::from_unix(101))
                .unwrap();
        assert_eq!((other.0.reason, other.1), (Reason::DeviceCodeWrongClient, PollEffect::Nothing));
    }
}
