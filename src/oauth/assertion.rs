//! Tokens that others sign for this server: what each of them must say, whoever makes it (RFC 7523 §3).

use serde::Deserialize;
use serde_json::Value;

use crate::clock::Seconds;
use crate::oauth::client::AssertionAudience;
use crate::oauth::error::{OAuthError, shown};
use crate::oauth::reason::Reason;

/// The most that one lives: as long as libraries make it that let nobody choose.
const LONGEST: Seconds = 3600;
/// How far its maker's clock may be from this server's.
const SKEW: Seconds = 60;
/// Bytes of a `jti`.
const LONGEST_ID: usize = 256;

/// What its signature was found to cover.
#[derive(Clone, Debug, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub sub: String,
    aud: Value,
    pub exp: Seconds,
    nbf: Option<Seconds>,
    iat: Option<Seconds>,
    jti: Option<String>,
    /// Who acts for the subject (RFC 8693 §4.1).
    pub act: Option<Value>,
    /// Who may (RFC 8693 §4.4).
    pub may_act: Option<Value>,
}

/// What tokens of one kind are called, and for what they are refused.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    pub name: &'static str,
    pub claims: Reason,
    pub audience: Reason,
    pub times: Reason,
}

impl Kind {
    /// Reads what a signature covers.
    pub fn read(&self, claims: Value) -> Result<Claims, OAuthError> {
        serde_json::from_value(claims)
            .map_err(|_| self.refuse(self.claims, "lacks iss, sub, aud or exp, or has them in another form"))
    }

    /// Checks that a token is for this server and for now; until when its use must be remembered.
    pub fn check(
        &self,
        claims: &Claims,
        audience: Option<AssertionAudience>,
        issuer: &str,
        now: Seconds,
    ) -> Result<Seconds, OAuthError> {
        self.check_audience(&claims.aud, audience, issuer)?;
        if claims.exp <= now - SKEW {
            return Err(self.refuse(self.times, "has expired"));
        }
        if claims.exp > now + LONGEST + SKEW {
            return Err(self.refuse(self.times, "lives for more than an hour; give it a minute"));
        }
        if claims.nbf.into_iter().chain(claims.iat).any(|begin| begin > now + SKEW) {
            return Err(self.refuse(self.times, "begins in the future; compare the clocks"));
        }
        Ok(claims.exp + SKEW)
    }

    /// The `jti` of a token that counts once.
    pub fn id(&self, claims: &Claims) -> Result<String, OAuthError> {
        match &claims.jti {
            Some(id) if !id.is_empty() && id.len() <= LONGEST_ID => Ok(id.clone()),
            _ => Err(self.refuse(self.claims, "needs a jti of 1 to 256 bytes, a new one each time")),
        }
    }

    /// Refuses a token of this kind for what is said of it.
    pub fn refuse(&self, reason: Reason, what: &str) -> OAuthError {
        reason.because(format!("{} {what}", self.name))
    }

    /// One string, so that no other server that is named beside this one could use it here (CVE-2025-27370).
    fn check_audience(
        &self,
        aud: &Value,
        audience: Option<AssertionAudience>,
        issuer: &str,
    ) -> Result<(), OAuthError> {
        let Some(aud) = aud.as_str() else {
            let what = "must have the issuer as its aud, as one string and not in a list";
            return Err(self.refuse(self.audience, what));
        };
        let is_token_endpoint = aud.strip_prefix(issuer) == Some("/token");
        match audience {
            _ if aud == issuer => Ok(()),
            Some(AssertionAudience::TokenEndpoint) if is_token_endpoint => Ok(()),
            _ => {
                let what = format!("is for {}, and not for the issuer {}", shown(aud), shown(issuer));
                Err(self.refuse(self.audience, &what))
            }
        }
    }
}
