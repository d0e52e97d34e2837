//! Backchannel requests: an application asks for a person, who answers on a device of their own (OpenID Client-Initiated
//! Backchannel Authentication Core 1.0).

use std::fmt;

use crate::clock::{Seconds, Timestamp};
use crate::oauth::client::{Client, GrantType};
use crate::oauth::display_text::{is_blank, is_shown};
use crate::oauth::error::OAuthError;
use crate::oauth::grant::granted::Granted;
use crate::oauth::grant::polling::PollReasons;
use crate::oauth::id::{ClientId, GrantId, SessionId, UserId};
use crate::oauth::reason::Reason;

/// What an application requested, and the person's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackchannelRequest {
    /// The grant that everything issued for the request belongs to. The pages name the request by it.
    pub grant: GrantId,
    pub client: ClientId,
    /// The only person who may answer.
    pub user: UserId,
    /// What the application is granted if the person allows it.
    pub granted: Granted,
    pub binding_message: Option<BindingMessage>,
    /// The address from which the application asked.
    pub address: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub answer: BackchannelAnswer,
}

/// The person's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackchannelAnswer {
    Awaited,
    Allowed(SessionId),
    Denied,
}

/// The text that both devices show, so that the person sees that they belong together (CIBA Core §7.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindingMessage(String);

impl BindingMessage {
    /// The maximum number of characters: more than that is not compared.
    pub const MAX_LENGTH: usize = 64;

    /// Parses a text that people can read and compare: one line, without what turns the words around it or is not shown.
    ///
    /// # Errors
    /// If it is empty or too long, or has a character that is not shown.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        let refused = |what: &'static str| Err(Reason::BackchannelBindingMessage.because(what));
        if is_blank(text) {
            return refused("the binding_message is empty");
        }
        if text.chars().count() > Self::MAX_LENGTH {
            return refused("the binding_message has more than 64 characters, which people do not compare");
        }
        // The decoder writes U+FFFD for bytes that are not UTF-8.
        if !is_shown(text) || text.contains('\u{fffd}') {
            return refused(
                "the binding_message has a line break, a control character, one that is not shown, or one that changes the \
                 writing direction",
            );
        }
        Ok(Self(text.to_owned()))
    }

    /// Reads a text that was stored.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text as both devices show it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BindingMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl BackchannelRequest {
    /// Checks that the person can still answer. The errors are written for the person.
    ///
    /// # Errors
    /// If the client is disabled or may not send such requests, or the request was denied or has expired.
    pub fn check(&self, client: &Client, now: Timestamp) -> Result<(), OAuthError> {
        if client.disabled {
            return Err(Reason::ClientDisabled.because("this client is disabled"));
        }
        client.may_use(GrantType::Ciba)?;
        let over = |what| Err(Reason::BackchannelAnswered.because(what));
        match self.answer {
            BackchannelAnswer::Denied => over("the request was denied"),
            BackchannelAnswer::Allowed(_) => Ok(()),
            BackchannelAnswer::Awaited if now >= self.expires_at => over("the request has expired"),
            BackchannelAnswer::Awaited => Ok(()),
        }
    }
}

/// What a refused poll of an `auth_req_id` is called.
pub const POLL_REASONS: PollReasons = PollReasons {
    wrong_client: (Reason::AuthReqIdWrongClient, "the auth_req_id was issued to another client"),
    replayed: (
        Reason::AuthReqIdReplayed,
        "the auth_req_id was redeemed before; everything issued from it has been revoked",
    ),
    refused_before: (
        Reason::AuthReqIdRefusedBefore,
        "the auth_req_id was used up by an earlier request, which was refused; nothing was issued from it",
    ),
    denied: (Reason::AuthReqIdDenied, "the person denied the request"),
    expired: (Reason::AuthReqIdExpired, "the auth_req_id has expired; send a new request"),
    pending: (Reason::AuthReqIdPending, "the person has not answered yet; ask again after the interval"),
    slow_down: Reason::AuthReqIdSlowDown,
};

/// How many attempts there are to tell an application of an answer.
const PINGS: i64 = 8;

/// The pause after the n-th attempt to tell an application of an answer: a second, then twice as long each time, at most a
/// minute. `None` after the last one. An application that learns nothing can poll.
pub fn pause_after_ping(attempt: i64) -> Option<Seconds> {
    let doubled = (0..6).contains(&(attempt - 1)).then(|| 1_i64 << (attempt - 1));
    (attempt < PINGS).then(|| Seconds::new(doubled.unwrap_or(60)))
}

/// How often applications may ask for one person, so that they wear no one down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonLimits {
    /// How many requests may wait for the person at once: of all applications, and of one.
    pub waiting: i64,
    pub waiting_of_client: i64,
    /// How many requests there may be within an hour: of all applications, and of one.
    pub hourly: i64,
    pub hourly_of_client: i64,
    /// For how long an application that was denied has to leave the person alone.
    pub quiet: Seconds,
}

/// How often applications have asked for a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PersonLoad {
    pub waiting: i64,
    pub waiting_of_client: i64,
    pub hourly: i64,
    pub hourly_of_client: i64,
    /// When the first of those that wait ends: of all applications, and of one.
    pub first_end: Option<Timestamp>,
    pub first_end_of_client: Option<Timestamp>,
    /// When the first within the hour came: of all applications, and of one.
    pub first: Option<Timestamp>,
    pub first_of_client: Option<Timestamp>,
    /// When the person last denied a request of the application.
    pub denied_at: Option<Timestamp>,
}

/// The span of [`PersonLimits::hourly`].
pub const HOUR: Seconds = Seconds::new(3600);

impl PersonLimits {
    /// Checks whether the application may ask for the person once more. The error says after which time.
    ///
    /// # Errors
    /// If the person has just denied a request of the application, or too many requests ask for the person.
    pub fn check(&self, load: &PersonLoad, now: Timestamp) -> Result<(), OAuthError> {
        let wait = |until: Option<Timestamp>| {
            until.map_or(Seconds::new(1), |until| (until - now).max(Seconds::new(1)))
        };
        if let Some(denied_at) = load.denied_at
            && now < denied_at + self.quiet
        {
            let what = "the person has just denied a request of this client, which has to leave the person alone for a while";
            return Err(Reason::BackchannelDeniedBefore
                .because(what)
                .after(wait(Some(denied_at + self.quiet))));
        }
        let too_many = |what: &'static str, until| {
            Err(Reason::BackchannelTooManyForPerson.because(what).after(wait(until)))
        };
        if load.waiting_of_client >= self.waiting_of_client {
            return too_many(
                "too many requests of this client wait for the person",
                load.first_end_of_client,
            );
        }
        if load.hourly_of_client >= self.hourly_of_client {
            let what = "this client has asked the person too often within an hour";
            return too_many(what, load.first_of_client.map(|first| first + HOUR));
        }
        // Which other clients ask the person is not this client's business.
        let what = "too many requests ask for this person";
        if load.waiting >= self.waiting {
            return too_many(what, load.first_end);
        }
        if load.hourly >= self.hourly {
            return too_many(what, load.first.map(|first| first + HOUR));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binding_message_is_one_short_line() {
        for good in ["W4SCT", "Überweisung 4711", &"x".repeat(64), "\u{645}\u{631}\u{62d}\u{628}\u{627}"] {
            assert_eq!(BindingMessage::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            " ",
            "\u{2800}\u{a0}",
            "a\nb",
            "a\tb",
            "a\u{85}b",
            "a\u{202e}b",
            "a\u{2066}b",
            "a\0b",
            "a\u{2028}b",
            "\u{200b}\u{200b}",
            "\u{3164}",
            "\u{e0041}",
            "a\u{ad}b",
            "a\u{fffd}",
            &"é".repeat(65),
        ] {
            let error = BindingMessage::parse(bad).unwrap_err();
            assert_eq!(error.reason, Reason::BackchannelBindingMessage, "{bad:?}");
        }
    }

    #[test]
    fn an_application_is_told_again_with_growing_pauses() {
        let pauses: Vec<i64> = (1..20).map_while(pause_after_ping).map(Seconds::as_i64).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60]);
    }

    #[test]
    fn a_person_is_left_alone() {
        let at = Timestamp::from_unix;
        let limits = PersonLimits {
            waiting: 4,
            waiting_of_client: 2,
            hourly: 20,
            hourly_of_client: 10,
            quiet: Seconds::new(300),
        };
        let refused = |load: PersonLoad| {
            let error = limits.check(&load, at(1000)).unwrap_err();
            (error.reason, error.retry_after.unwrap().as_i64())
        };
        let free = PersonLoad {
            waiting: 3,
            waiting_of_client: 1,
            hourly: 19,
            hourly_of_client: 9,
            first_end: Some(at(1030)),
            first_end_of_client: Some(at(1040)),
            first: Some(at(-2000)),
            first_of_client: Some(at(-1000)),
            denied_at: Some(at(700)),
        };
        assert_eq!(limits.check(&free, at(1000)), Ok(()));
        let many = Reason::BackchannelTooManyForPerson;
        assert_eq!(refused(PersonLoad { waiting: 4, ..free }), (many, 30));
        assert_eq!(refused(PersonLoad { waiting_of_client: 2, ..free }), (many, 40));
        assert_eq!(refused(PersonLoad { hourly: 20, ..free }), (many, 600));
        assert_eq!(refused(PersonLoad { hourly_of_client: 10, ..free }), (many, 1600));
        let denied = PersonLoad { denied_at: Some(at(701)), ..free };
        assert_eq!(refused(denied), (Reason::BackchannelDeniedBefore, 1));
    }
}
