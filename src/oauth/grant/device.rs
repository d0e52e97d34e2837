//! The device grant: the code that a person types, and the answers to a polling device (RFC 8628).

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

use crate::clock::{Seconds, Timestamp};
use crate::oauth::client::{Client, GrantType};
use crate::oauth::detail::{Detail, DetailSubject};
use crate::oauth::error::OAuthError;
use crate::oauth::grant::granted::Granted;
use crate::oauth::id::{ClientId, GrantId, SessionId, UserId};
use crate::oauth::reason::Reason;

/// The code that a person types to identify a device (RFC 8628 §6.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserCode(String);

impl UserCode {
    /// Without vowels, so that no words appear, and without digits, which look like letters.
    const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
    /// 20^8 codes: 34 bits.
    const LENGTH: usize = 8;

    /// Makes a code from random bytes. Some bytes are dropped, so that all letters are equally likely. `None` if too
    /// few bytes remain.
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let count = Self::LETTERS.len();
        let fair = 256 - 256 % count;
        let letters = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < fair);
        let text: String =
            letters.take(Self::LENGTH).map(|byte| char::from(Self::LETTERS[byte % count])).collect();
        (text.len() == Self::LENGTH).then_some(Self(text))
    }

    /// Parses typed text: upper or lower case, also in full width (NFKC), with any separators. `None` if it is not a code.
    pub fn parse(typed: &str) -> Option<Self> {
        let letters =
            typed.nfkc().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase());
        let text: String = letters.take(Self::LENGTH + 1).collect();
        let is_one = text.len() == Self::LENGTH && text.bytes().all(|letter| Self::LETTERS.contains(&letter));
        is_one.then_some(Self(text))
    }

    /// The code as it is stored, without the dash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (one, other) = self.0.split_at(Self::LENGTH / 2);
        write!(f, "{one}-{other}")
    }
}

/// What a device requested, and the person's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRequest {
    /// The grant that everything issued to the device belongs to.
    pub grant: GrantId,
    pub client: ClientId,
    /// What the device is granted if a person allows it.
    pub granted: Granted,
    /// The address from which the device asked.
    pub address: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub answer: DeviceAnswer,
}

/// The person's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceAnswer {
    /// Not yet given; contains the user code.
    Awaited(UserCode),
    Allowed(SessionId),
    Denied,
}

impl DeviceRequest {
    /// Checks that the person can still answer. The errors are written for the person.
    ///
    /// # Errors
    /// If the client is disabled or may not use the device grant, or the request was denied or has expired.
    pub fn check(&self, client: &Client, now: Timestamp) -> Result<(), OAuthError> {
        if client.disabled {
            return Err(Reason::ClientDisabled.because("this client is disabled"));
        }
        client.may_use(GrantType::DeviceCode)?;
        let over = |what| Err(Reason::DeviceAnswered.because(what));
        match self.answer {
            DeviceAnswer::Denied => over("the request of the device was denied"),
            DeviceAnswer::Allowed(_) => Ok(()),
            DeviceAnswer::Awaited(_) if now >= self.expires_at => {
                over("the request of the device has expired")
            }
            DeviceAnswer::Awaited(_) => Ok(()),
        }
    }
}

/// A polled device code that yields no tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevicePoll {
    pub grant: GrantId,
    pub client: ClientId,
    /// The user who allowed the request; `None` if no one has.
    pub allowed_by: Option<UserId>,
    pub is_denied: bool,
    pub is_consumed: bool,
    pub expires_at: Timestamp,
    /// Seconds that the device must wait between two polls.
    pub interval: Seconds,
    pub polled_at: Option<Timestamp>,
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

/// How many seconds the interval grows when a device polls too fast (RFC 8628 §3.5).
const INTERVAL_STEP: Seconds = Seconds::new(5);
/// The longest interval in seconds, however fast the device was, because the person waits, too.
const MAX_INTERVAL: Seconds = Seconds::new(60);

/// Why a device gets no tokens (RFC 8628 §3.5), and what to store. `None` if the person has allowed the request: then
/// only the client's record has changed in between, and the attempt must be repeated.
pub fn evaluate_poll(
    polled: &DevicePoll,
    client: &ClientId,
    now: Timestamp,
) -> Option<(OAuthError, PollEffect)> {
    let refused = |reason: Reason, what: &'static str| Some((reason.because(what), PollEffect::Nothing));
    if polled.client != *client {
        return refused(Reason::DeviceCodeWrongClient, "the device code was issued to another client");
    }
    if polled.is_consumed {
        let what = "the device code was redeemed before; everything issued from it has been revoked";
        return Some((Reason::DeviceCodeReplayed.because(what), PollEffect::Revoke));
    }
    if polled.is_denied {
        return refused(Reason::DeviceCodeDenied, "the person denied the request");
    }
    if now >= polled.expires_at {
        let detail = Detail::of(DetailSubject::CodeExpiry).came(&polled.expires_at.iso());
        let detail = detail.registered([now.iso().as_str()]).by(now - polled.expires_at);
        let (error, effect) =
            refused(Reason::DeviceCodeExpired, "the device code has expired; ask for a new one")?;
        return Some((error.with(detail), effect));
    }
    if polled.allowed_by.is_some() {
        return None;
    }
    // Times are whole seconds, so a poll after the full interval may seem one second early.
    let is_early = polled.polled_at.is_some_and(|last| now - last < polled.interval - Seconds::new(1));
    if is_early {
        let interval = (polled.interval + INTERVAL_STEP).min(MAX_INTERVAL.max(polled.interval));
        let what =
            format!("the device polls too fast; from now on it waits {interval} seconds between two polls");
        return Some((Reason::DeviceCodeSlowDown.because(what), PollEffect::Poll { interval }));
    }
    let what = "the person has not answered yet; ask again after the interval";
    let effect = PollEffect::Poll { interval: polled.interval };
    Some((Reason::DeviceCodePending.because(what), effect))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_user_code_is_read_in_any_case_with_any_separators() {
        let code = UserCode::of_bytes(&[0, 1, 2, 255, 250, 3, 4, 5, 6, 239]).unwrap();
        assert_eq!(code.to_string(), "BCDF-GHJZ");
        for typed in [
            "BCDF-GHJZ",
            "bcdfghjz",
            " bcdf ghjz ",
            "B.C.D.F\u{2013}GHJZ",
            "b-c-d-f-g-h-j-z",
            "ＢＣＤＦ－ｇｈｊｚ",
        ] {
            assert_eq!(UserCode::parse(typed).as_ref(), Some(&code), "{typed}");
        }
        for none in
            ["", "BCDF-GHJ", "BCDF-GHJZZ", "BCDF-GHJA", "BCDF-GHJ1", "\u{412}CDF-GHJZ", &"B".repeat(9000)]
        {
            assert_eq!(UserCode::parse(none), None, "{none}");
        }
        assert_eq!(UserCode::of_bytes(&[255; 32]), None);
        assert_eq!(UserCode::of_bytes(&[0; 7]), None);
    }

    fn polled() -> DevicePoll {
        DevicePoll {
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
    fn a_polling_device_learns_what_it_waits_for() {
        let evaluated = |polled: &DevicePoll, now| {
            evaluate_poll(polled, &ClientId::new("tv"), Timestamp::from_unix(now))
                .map(|(error, then)| (error.reason, then))
        };
        let poll = |interval| PollEffect::Poll { interval: Seconds::new(interval) };
        assert_eq!(evaluated(&polled(), 105), Some((Reason::DeviceCodePending, poll(5))));
        assert_eq!(
            evaluated(&polled(), 104),
            Some((Reason::DeviceCodePending, poll(5))),
            "clocks round down"
        );
        assert_eq!(evaluated(&polled(), 103), Some((Reason::DeviceCodeSlowDown, poll(10))));
        let first = DevicePoll { polled_at: None, ..polled() };
        assert_eq!(evaluated(&first, 100), Some((Reason::DeviceCodePending, poll(5))));
        let slow = DevicePoll { interval: Seconds::new(60), ..polled() };
        assert_eq!(evaluated(&slow, 101), Some((Reason::DeviceCodeSlowDown, poll(60))));
        assert_eq!(evaluated(&polled(), 700), Some((Reason::DeviceCodeExpired, PollEffect::Nothing)));
        let denied = DevicePoll { is_denied: true, ..polled() };
        assert_eq!(evaluated(&denied, 101), Some((Reason::DeviceCodeDenied, PollEffect::Nothing)));
        let allowed = DevicePoll { allowed_by: Some(UserId::new("u")), ..polled() };
        assert_eq!(evaluated(&allowed, 101), None);
        assert_eq!(evaluated(&allowed, 700), Some((Reason::DeviceCodeExpired, PollEffect::Nothing)));
        let consumed = DevicePoll { is_consumed: true, ..allowed };
        assert_eq!(evaluated(&consumed, 9000), Some((Reason::DeviceCodeReplayed, PollEffect::Revoke)));
        let other = evaluate_poll(&consumed, &ClientId::new("other"), Timestamp::from_unix(101)).unwrap();
        assert_eq!((other.0.reason, other.1), (Reason::DeviceCodeWrongClient, PollEffect::Nothing));
    }

    proptest! {
        #[test]
        fn any_input_is_a_valid_user_code_or_none(typed in ".{0,40}") {
            if let Some(code) = UserCode::parse(&typed) {
                prop_assert_eq!(UserCode::parse(&code.to_string()), Some(code));
            }
        }
    }
}
