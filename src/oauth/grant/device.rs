//! The device grant: the code that a person types, and the request of the device (RFC 8628).

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

use crate::clock::Timestamp;
use crate::oauth::client::{Client, GrantType};
use crate::oauth::error::OAuthError;
use crate::oauth::grant::granted::Granted;
use crate::oauth::grant::polling::PollReasons;
use crate::oauth::id::{ClientId, GrantId, SessionId};
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

/// What a refused poll of a device is called.
pub const POLL_REASONS: PollReasons = PollReasons {
    wrong_client: (Reason::DeviceCodeWrongClient, "the device code was issued to another client"),
    replayed: (
        Reason::DeviceCodeReplayed,
        "the device code was redeemed before; everything issued from it has been revoked",
    ),
    refused_before: (
        Reason::DeviceCodeRefusedBefore,
        "the device code was used up by an earlier request, which was refused; nothing was issued from it",
    ),
    denied: (Reason::DeviceCodeDenied, "the person denied the request"),
    expired: (Reason::DeviceCodeExpired, "the device code has expired; ask for a new one"),
    pending: (Reason::DeviceCodePending, "the person has not answered yet; ask again after the interval"),
    slow_down: Reason::DeviceCodeSlowDown,
};

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

    proptest! {
        #[test]
        fn any_input_is_a_valid_user_code_or_none(typed in ".{0,40}") {
            if let Some(code) = UserCode::parse(&typed) {
                prop_assert_eq!(UserCode::parse(&code.to_string()), Some(code));
            }
        }
    }
}
