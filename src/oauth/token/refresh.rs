//! Refresh tokens: rotation that is strict about theft and kind to a lost answer (RFC 9700 §4.14).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::oauth::error::OAuthError;
use crate::oauth::grant::Grant;
use crate::oauth::id::{ClientId, GrantId};
use crate::oauth::reason::Reason;

/// What stands in the first characters, so that a secret scanner knows a leaked one.
const PREFIX: &str = "grt_";
const ID_BYTES: usize = 16;
const GENERATION_BYTES: usize = 4;
const MAC_BYTES: usize = 32;

/// What a refresh token says of itself: which authorization it belongs to, and how often that was refreshed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshName {
    pub grant_id: GrantId,
    pub generation: u32,
}

impl RefreshName {
    /// Reads a token's own words; whether they are true only its hash or MAC tells.
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

    /// What the server's key authenticates: token id and generation.
    pub fn message(&self) -> Vec<u8> {
        let mut message = URL_SAFE_NO_PAD.decode(self.grant_id.as_str()).unwrap_or_default();
        message.extend(self.generation.to_be_bytes());
        message
    }

    /// The token itself, from its MAC.
    pub fn token(&self, mac: &[u8]) -> String {
        let mut bytes = self.message();
        bytes.extend(mac);
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    pub fn successor(&self) -> Self {
        Self { grant_id: self.grant_id.clone(), generation: self.generation.saturating_add(1) }
    }
}

/// The authorization that a chain of refresh tokens lives on.
#[derive(Clone, Debug)]
pub struct Chain {
    pub grant: Grant,
    /// The generation of the one token that is live.
    pub generation: u32,
    /// When the live token replaced its predecessor.
    pub rotated_at: i64,
    /// The end when nobody refreshes.
    pub idle_expires_at: i64,
    /// The end in any case.
    pub expires_at: i64,
    pub revoked: bool,
}

/// What a genuine refresh token of this chain is worth now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The live one: rotate.
    Rotate,
    /// Its successor was told moments ago and never used, so the answer may have been lost: tell it again.
    TellAgain,
}

/// Decides over a refresh token whose MAC was verified.
pub fn judge(
    chain: &Chain,
    presented: &RefreshName,
    client: &ClientId,
    grace: i64,
    now: i64,
) -> Result<Verdict, OAuthError> {
    if chain.grant.client != *client {
        return Err(Reason::RefreshTokenWrongClient.because("the refresh token was issued to another client"));
    }
    if chain.revoked {
        return Err(Reason::RefreshTokenRevoked.because("the authorization of the refresh token was revoked"));
    }
    if now >= chain.expires_at || now >= chain.idle_expires_at {
        return Err(Reason::RefreshTokenExpired.because("the refresh token has expired"));
    }
    if presented.generation == chain.generation {
        return Ok(Verdict::Rotate);
    }
    let was_last = presented.generation.checked_add(1) == Some(chain.generation);
    if was_last && now - chain.rotated_at < grace {
        return Ok(Verdict::TellAgain);
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

    fn chain(generation: u32, rotated_at: i64) -> Chain {
        let parties =
            Parties { client: ClientId::new("c"), user: UserId::new("u"), session: SessionId::new("s") };
        let granted = Granted::of_scope(Scope::from_stored("read"));
        let grant = Grant::new(GrantId::new("g"), parties, granted, Authentication::by(Amr::Pwd, 0));
        Chain { grant, generation, rotated_at, idle_expires_at: 1_000, expires_at: 2_000, revoked: false }
    }

    fn verdict(chain: &Chain, generation: u32, now: i64) -> Result<Verdict, Reason> {
        let presented = RefreshName { grant_id: GrantId::new("AAAAAAAAAAAAAAAAAAAAAA"), generation };
        judge(chain, &presented, &ClientId::new("c"), 10, now).map_err(|error| error.reason)
    }

    #[test]
    fn inside_the_grace_the_last_one_is_told_its_successor_again() {
        let chain = chain(5, 100);
        assert_eq!(verdict(&chain, 5, 105), Ok(Verdict::Rotate));
        assert_eq!(verdict(&chain, 4, 109), Ok(Verdict::TellAgain));
        assert_eq!(verdict(&chain, 4, 110), Err(Reason::RefreshTokenReused));
        assert_eq!(verdict(&chain, 3, 101), Err(Reason::RefreshTokenReused), "its successor was used");
    }

    #[test]
    fn a_chain_ends_idle_absolutely_and_by_revocation() {
        assert_eq!(verdict(&chain(1, 0), 1, 1_000), Err(Reason::RefreshTokenExpired));
        let used = Chain { idle_expires_at: 9_000, ..chain(1, 0) };
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
    fn a_token_and_its_name_are_each_others_inverse() {
        let name = RefreshName { grant_id: GrantId::new("AAECAwQFBgcICQoLDA0ODw"), generation: 7 };
        let token = name.token(&[9; 32]);
        assert_eq!(RefreshName::parse(&token), Some((name, vec![9; 32])));
        for bad in ["", "grt_", "grt_AAAA", "gat_AAECAwQFBgcICQoLDA0ODw", &token[..token.len() - 1]] {
            assert_eq!(RefreshName::parse(bad), None, "{bad}");
        }
    }
}
