//! Browsers in which a person has signed in before: there, wrong guesses of others do not stop the sign-in.

use crate::clock::Timestamp;
use crate::oauth::id::UserId;
use crate::oauth::identity::guessing::BROWSER_KNOWN_FOR;

/// The most accounts that one browser is known for; the oldest sign-in is dropped.
pub const MOST: usize = 5;

/// A browser that is known for one account. The browser keeps it as a cookie that only this server can read and make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownBrowser {
    pub user: UserId,
    /// Names the cookie, so that wrong passwords are counted for each.
    pub id: String,
    /// When the person signed in.
    pub since: Timestamp,
}

impl KnownBrowser {
    /// The time from which the browser is no longer known.
    pub fn ends_at(&self) -> Timestamp {
        self.since + BROWSER_KNOWN_FOR
    }

    /// The text inside of the cookie.
    pub fn to_text(&self) -> String {
        format!("{} {} {}", self.user, self.id, self.since.as_unix())
    }

    /// Reads the text inside of a cookie; `None` if the text has another form, or the browser is no longer known at
    /// `now`.
    pub fn read(text: &str, now: Timestamp) -> Option<Self> {
        let mut parts = text.split(' ');
        let (user, id, since) = (parts.next()?, parts.next()?, parts.next()?.parse().ok()?);
        let known = Self { user: UserId::new(user), id: id.to_owned(), since: Timestamp::from_unix(since) };
        (parts.next().is_none() && now < known.ends_at()).then_some(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Seconds;

    #[test]
    fn a_browser_is_known_for_a_year() {
        let known = KnownBrowser {
            user: UserId::new("u"),
            id: "b".into(),
            since: Timestamp::from_unix(1_700_000_000),
        };
        let text = known.to_text();
        let just = known.ends_at() - Seconds::new(1);
        assert_eq!(KnownBrowser::read(&text, just), Some(known.clone()));
        assert_eq!(KnownBrowser::read(&text, known.ends_at()), None);
        for other in ["", "u b", "u b x", "u b 1700000000 more"] {
            assert_eq!(KnownBrowser::read(other, just), None, "{other}");
        }
    }
}
