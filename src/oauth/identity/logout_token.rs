//! Logout tokens, which notify an application of an ended session, and when to retry (OpenID Connect Back-Channel
//! Logout §2.4 and §2.5).

use serde::Serialize;
use serde_json::{Value, json};

use crate::clock::{Seconds, Timestamp};
use crate::oauth::id::ClientId;
use crate::oauth::retry::pause_in;
use crate::oauth::token::id_token::NamesForClient;

/// The `typ` of the header, so that no other kind of token can be mistaken for it.
pub const TYP: &str = "logout+jwt";
/// The lifetime in seconds: it is read at once, and each attempt makes a new one.
const LIFETIME: Seconds = Seconds::new(120);
/// The pauses between attempts in seconds: more than three days in total, so that an outage over a weekend does no
/// harm.
const RETRY_DELAYS: [i64; 10] =
    [5, 30, 2 * 60, 10 * 60, 3600, 6 * 3600, 12 * 3600, 12 * 3600, 24 * 3600, 24 * 3600];

/// The claims of a logout token.
#[derive(Debug, Serialize)]
pub struct LogoutToken<'a> {
    iss: &'a str,
    aud: &'a str,
    iat: Timestamp,
    exp: Timestamp,
    jti: &'a str,
    sub: &'a str,
    sid: &'a str,
    events: Value,
}

impl<'a> LogoutToken<'a> {
    /// The claims for one attempt (OpenID Connect Back-Channel Logout §2.4). `id` must be new for each attempt, because
    /// the previous one may have arrived.
    pub fn new(
        issuer: &'a str,
        client: &'a ClientId,
        names: &'a NamesForClient,
        id: &'a str,
        now: Timestamp,
    ) -> Self {
        Self {
            iss: issuer,
            aud: client.as_str(),
            iat: now,
            exp: now + LIFETIME,
            jti: id,
            sub: &names.subject,
            sid: &names.session,
            events: json!({ "http://schemas.openid.net/event/backchannel-logout": {} }),
        }
    }
}

/// The pause after an attempt; `None` after the last attempt. The first attempt is number 1.
pub fn pause_after(attempt: i64) -> Option<Seconds> {
    pause_in(&RETRY_DELAYS, attempt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logout_token_names_person_and_session_and_has_no_nonce() {
        let names = NamesForClient { subject: "u".into(), session: "s".into() };
        let client = ClientId::new("app");
        let token =
            LogoutToken::new("https://id.example.com", &client, &names, "j", Timestamp::from_unix(100));
        let expected = json!({
            "iss": "https://id.example.com", "aud": "app", "iat": 100, "exp": 220, "jti": "j", "sub": "u", "sid": "s",
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        assert_eq!(serde_json::to_value(&token).unwrap(), expected);
    }

    #[test]
    fn retries_go_on_for_three_days_at_growing_intervals() {
        let pauses: Vec<Seconds> = (1..).map_while(pause_after).collect();
        assert!(pauses.is_sorted(), "{pauses:?}");
        assert!((3 * 86_400..4 * 86_400).contains(&pauses.iter().copied().sum::<Seconds>().as_i64()));
        assert_eq!((pause_after(0), pause_after(-1), pause_after(1)), (None, None, Some(Seconds::new(5))));
    }
}
