//! Refresh tokens: rotation that detects theft but tolerates a lost answer (RFC 9700 §4.14).

use std::cmp::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::clock::{Seconds, Timestamp};
use crate::oauth::client::Client;
use crate::oauth::client::demand::Demands;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::Grant;
use crate::oauth::id::{ClientId, GrantId};
use crate::oauth::reason::Reason;

/// The first characters, so that secret scanners recognize a leaked token.
const PREFIX: &str = "grt_";
const ID_BYTES: usize = 16;
const GENERATION_BYTES: usize = 4;
const MAC_BYTES: usize = 32;

/// The content of a refresh token: the authorization that it belongs to, and its generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshName {
    pub grant_id: GrantId,
    pub generation: u32,
}

impl RefreshName {
    /// Parses a token into its content and its MAC; `None` if it has another form. The content can be trusted only
    /// after the MAC was verified.
    pub fn parse(token: &str) -> Option<(Self, Vec<u8>)> {
        let bytes = URL_SAFE_NO_PAD.decode(token.strip_prefix(PREFIX)?).ok()?;
        if bytes.len() != ID_BYTES + GENERATION_BYTES + MAC_BYTES {
            return None;
        }
        let (id, rest) = bytes.split_at(ID_BYTES);
        let (generation, mac) = rest.split_at(GENERATION_BYTES);
        let generation = u32::from_be_bytes(generation.try_into().ok()?);
        Some((Self { grant_id: GrantId::new(URL_SAFE_NO_PAD.encode(id)), generation }, mac.to_vec()))
    }

    /// The bytes that the MAC covers: the grant's id and the generation.
    pub fn message(&self) -> Vec<u8> {
        let mut message = URL_SAFE_NO_PAD.decode(self.grant_id.as_str()).unwrap_or_default();
        message.extend(self.generation.to_be_bytes());
        message
    }

    /// The token with this MAC.
    pub fn token(&self, mac: &[u8]) -> String {
        let mut bytes = self.message();
        bytes.extend(mac);
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The content of the next refresh token of the chain (RFC 6749 §10.4).
    pub fn successor(&self) -> Self {
        Self { grant_id: self.grant_id.clone(), generation: self.generation.saturating_add(1) }
    }
}

/// The authorization of a chain of refresh tokens.
#[derive(Clone, Debug)]
pub struct Chain {
    pub grant: Grant,
    /// The generation of the valid token.
    pub generation: u32,
    /// When the valid token replaced its predecessor.
    pub rotated_at: Timestamp,
    /// The network that the valid token was first issued to; `None` for the first token of the chain.
    pub rotated_from: Option<String>,
    /// How often the valid token was issued again, because its predecessor was presented again.
    pub answered_again: i64,
    /// The end if the chain is not used.
    pub idle_expires_at: Timestamp,
    /// The end in any case.
    pub expires_at: Timestamp,
    pub revoked: bool,
}

/// How far the clock may be set back before an instant that lies ahead no longer counts as "a moment ago".
const SKEW: Seconds = Seconds::new(60);

/// How often a replaced token gets its successor again. An application that lost the answer needs one or two; requests of
/// an application that refreshes in several places at once need a few more.
pub const MOST_ANSWERS_AGAIN: i64 = 8;

/// What to do with a genuine refresh token of this chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshVerdict {
    /// It is the valid one: rotate, unless the tokens of the client stay.
    Rotate,
    /// It is newer than the record, so the record is out of date (a restored backup, or a failover that lost the last
    /// commits). Its MAC says that this server issued it: rotate from it.
    CatchUp,
    /// Its successor was issued a moment ago and never used, so the answer may have been lost: return the successor
    /// again.
    AnswerAgain,
}

impl RefreshVerdict {
    /// Whether the token is the valid one; `false` if it is only answered because the last answer may have been lost.
    pub fn is_valid(self) -> bool {
        matches!(self, Self::Rotate | Self::CatchUp)
    }

    /// The refresh token that the client gets for the presented one. `is_replaced`: whether a refresh replaces the token of the
    /// grant; one that was replaced before gets its successor in any case.
    pub fn given(self, presented: &RefreshName, is_replaced: bool) -> RefreshName {
        match self {
            Self::Rotate | Self::CatchUp if !is_replaced => presented.clone(),
            Self::Rotate | Self::CatchUp | Self::AnswerAgain => presented.successor(),
        }
    }
}

/// Whether a refresh replaces the refresh token of this grant. The token of a public client stays only if it is bound (RFC 9700
/// §2.2.2), and one that was issued before the client was registered for that is not.
pub fn is_replaced(client: &Client, demands: &Demands, grant: &Grant) -> bool {
    let is_constrained = !client.kind.is_public() || grant.binding.is_some();
    !is_constrained || client.rotates_refresh_tokens(demands)
}

/// Decides about a refresh token whose MAC was verified (RFC 9700 §4.14).
///
/// `grace`: for how long a replaced token is answered again; zero means never.
///
/// # Errors
/// If the token was issued to another client or was reused, or the chain has expired or was revoked.
pub fn evaluate(
    chain: &Chain,
    presented: &RefreshName,
    client: &ClientId,
    grace: Seconds,
    now: Timestamp,
) -> Result<RefreshVerdict, OAuthError> {
    if chain.grant.client != *client {
        return Err(Reason::RefreshTokenWrongClient.because("the refresh token was issued to another client"));
    }
    if chain.revoked {
        return Err(Reason::RefreshTokenRevoked.because("the authorization of the refresh token was revoked"));
    }
    if now >= chain.expires_at || now >= chain.idle_expires_at {
        return Err(Reason::RefreshTokenExpired.because("the refresh token has expired"));
    }
    match presented.generation.cmp(&chain.generation) {
        Ordering::Equal => return Ok(RefreshVerdict::Rotate),
        Ordering::Greater => return Ok(RefreshVerdict::CatchUp),
        Ordering::Less => {}
    }
    let was_last = presented.generation.checked_add(1) == Some(chain.generation);
    // Negative if the clock was set back, which must not make the grace period longer.
    let since = now - chain.rotated_at;
    let is_recent = since >= Seconds::ZERO - SKEW && since.max(Seconds::ZERO) < grace;
    if was_last && is_recent && chain.answered_again < MOST_ANSWERS_AGAIN {
        return Ok(RefreshVerdict::AnswerAgain);
    }
    Err(Reason::RefreshTokenReused
        .because("the refresh token was used before; its whole chain has been revoked"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::grant::Parties;
    use crate::oauth::grant::granted::Granted;
    use crate::oauth::grant::scope::Scope;
    use crate::oauth::id::{SessionId, UserId};
    use crate::oauth::identity::authentication::{Amr, Authentication};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(seconds)
    }

    fn chain(generation: u32, rotated_at: i64) -> Chain {
        let parties =
            Parties { client: ClientId::new("c"), user: UserId::new("u"), session: SessionId::new("s") };
        let granted = Granted::of_scope(Scope::from_stored("read"));
        let grant = Grant::new(GrantId::new("g"), parties, granted, Authentication::by(Amr::Pwd, at(0)));
        Chain {
            grant,
            generation,
            rotated_at: at(rotated_at),
            rotated_from: None,
            answered_again: 0,
            idle_expires_at: at(1_000),
            expires_at: at(2_000),
            revoked: false,
        }
    }

    fn verdict(chain: &Chain, generation: u32, now: i64) -> Result<RefreshVerdict, Reason> {
        let presented = RefreshName { grant_id: GrantId::new("AAAAAAAAAAAAAAAAAAAAAA"), generation };
        evaluate(chain, &presented, &ClientId::new("c"), Seconds::new(10), at(now))
            .map_err(|error| error.reason)
    }

    #[test]
    fn within_the_grace_period_the_last_token_gets_its_successor_again() {
        let chain = chain(5, 100);
        assert_eq!(verdict(&chain, 5, 105), Ok(RefreshVerdict::Rotate));
        assert_eq!(verdict(&chain, 4, 109), Ok(RefreshVerdict::AnswerAgain));
        assert_eq!(verdict(&chain, 4, 110), Err(Reason::RefreshTokenReused));
        assert_eq!(verdict(&chain, 3, 101), Err(Reason::RefreshTokenReused), "its successor was used");
    }

    #[test]
    fn a_token_that_is_newer_than_the_record_is_not_reused() {
        assert_eq!(verdict(&chain(5, 100), 6, 101), Ok(RefreshVerdict::CatchUp));
        assert_eq!(verdict(&chain(5, 100), 90, 900), Ok(RefreshVerdict::CatchUp));
        assert_eq!(verdict(&chain(5, 100), 6, 1_000), Err(Reason::RefreshTokenExpired));
        let revoked = Chain { revoked: true, ..chain(5, 100) };
        assert_eq!(verdict(&revoked, 6, 101), Err(Reason::RefreshTokenRevoked));
    }

    #[test]
    fn a_successor_is_issued_again_a_few_times() {
        let again = |answered_again| verdict(&Chain { answered_again, ..chain(5, 100) }, 4, 101);
        assert_eq!(again(MOST_ANSWERS_AGAIN - 1), Ok(RefreshVerdict::AnswerAgain));
        assert_eq!(again(MOST_ANSWERS_AGAIN), Err(Reason::RefreshTokenReused));
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_make_the_grace_period_longer() {
        let chain = chain(5, 100);
        assert_eq!(verdict(&chain, 4, 40), Ok(RefreshVerdict::AnswerAgain), "clocks of two nodes differ");
        assert_eq!(verdict(&chain, 4, 39), Err(Reason::RefreshTokenReused));
        let presented = RefreshName { grant_id: GrantId::new("AAAAAAAAAAAAAAAAAAAAAA"), generation: 4 };
        let off = evaluate(&chain, &presented, &ClientId::new("c"), Seconds::ZERO, at(99));
        assert_eq!(off.map_err(|error| error.reason), Err(Reason::RefreshTokenReused));
    }

    #[test]
    fn a_chain_ends_idle_absolutely_and_by_revocation() {
        assert_eq!(verdict(&chain(1, 0), 1, 1_000), Err(Reason::RefreshTokenExpired));
        let used = Chain { idle_expires_at: at(9_000), ..chain(1, 0) };
        assert_eq!(verdict(&used, 1, 2_000), Err(Reason::RefreshTokenExpired));
        let revoked = Chain { revoked: true, ..chain(1, 0) };
        assert_eq!(verdict(&revoked, 1, 1), Err(Reason::RefreshTokenRevoked));
        assert_eq!(
            verdict(&revoked, 0, 1),
            Err(Reason::RefreshTokenRevoked),
            "a replay after logout is no theft"
        );
    }

    #[test]
    fn parsing_a_token_is_the_inverse_of_making_it() {
        let name = RefreshName { grant_id: GrantId::new("AAECAwQFBgcICQoLDA0ODw"), generation: 7 };
        let token = name.token(&[9; 32]);
        assert_eq!(RefreshName::parse(&token), Some((name, vec![9; 32])));
        for bad in ["", "grt_", "grt_AAAA", "gat_AAECAwQFBgcICQoLDA0ODw", &token[..token.len() - 1]] {
            assert_eq!(RefreshName::parse(bad), None, "{bad}");
        }
    }
}
