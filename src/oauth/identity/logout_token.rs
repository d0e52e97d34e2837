//! Logout tokens: how an application hears that a session is over, and when it is told again (OpenID Connect
//! Back-Channel Logout §2.4 and §2.5).

use serde::Serialize;
use serde_json::{Value, json};

use crate::clock::Seconds;
use crate::oauth::id::ClientId;
use crate::oauth::token::id_token::Names;

/// The `typ` of its header, so that it can be taken for no other token.
pub const TYP: &str = "logout+jwt";
/// It is read at once; an old one is good for nothing.
const LIFETIME: Seconds = 120;
/// Seconds from one attempt to the next: over three days in all, as long as an outage over a weekend.
const PAUSES: [Seconds; 10] =
    [5, 30, 2 * 60, 10 * 60, 3600, 6 * 3600, 12 * 3600, 12 * 3600, 24 * 3600, 24 * 3600];

/// The claims of a logout token.
#[derive(Debug, Serialize)]
pub struct LogoutToken<'a> {
    iss: &'a str,
    aud: &'a str,
    iat: Seconds,
    exp: Seconds,
    jti: &'a str,
    sub: &'a str,
    sid: &'a str,
    events: Value,
}

impl<'a> LogoutToken<'a> {
    /// Tells `client` that the session is over; `id` is of this attempt alone, as the one before may have arrived.
    pub fn new(issuer: &'a str, client: &'a ClientId, names: &'a Names, id: &'a str, now: Seconds) -> Self {
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

/// Seconds from the attempt of this number, counted from one, to the next; `None` when it was the last.
pub fn pause_after(attempt: i64) -> Option<Seconds> {
    usize::try_from(attempt).ok().and_then(|attempt| PAUSES.get(attempt.checked_sub(1)?)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_who_and_which_session_and_has_no_nonce() {
        let names = Names { subject: "u".into(), session: "s".into() };
        let client = ClientId::new("app");
        let token = LogoutToken::new("https://id.example.com", &client, &names, "j", 100);
        let expected = json!({
            "iss": "https://id.example.com", "aud": "app", "iat": 100, "exp": 220, "jti": "j", "sub": "u", "sid": "s",
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        assert_eq!(serde_json::to_value(&token).unwrap(), expected);
    }

    #[test]
    fn an_application_is_told_again_for_three_days_and_ever_more_seldom() {
        let pauses: Vec<Seconds> = (1..).map_while(pause_after).collect();
        assert!(pauses.is_sorted(), "{pauses:?}");
        assert!((3 * 86_400..4 * 86_400).contains(&pauses.iter().sum::<Seconds>()));
        assert_eq!((pause_after(0), pause_after(-1), pause_after(1)), (None, None, Some(5)));
    }
}
