//! Assertions that clients and trusted issuers sign for this server: the checks that all of them share (RFC 7523 §3).

use serde::{Deserialize, Deserializer};
use serde_json::{Number, Value};

use crate::clock::{Seconds, Timestamp};
use crate::oauth::detail::{Detail, DetailSubject};
use crate::oauth::error::{OAuthError, quoted};
use crate::oauth::reason::Reason;

/// The longest lifetime of an assertion in seconds. Some libraries always use an hour.
pub(in crate::oauth) const MAX_LIFETIME: Seconds = Seconds::new(3600);
/// The tolerated difference between the signer's clock and ours in seconds.
pub(in crate::oauth) const SKEW: Seconds = Seconds::new(60);
/// The maximum length of a `jti` in bytes.
pub(in crate::oauth) const MAX_ID_LENGTH: usize = 256;

/// The claims of an assertion whose signature was verified.
#[derive(Clone, Debug, Deserialize)]
pub struct AssertionClaims {
    pub iss: String,
    pub sub: String,
    aud: Value,
    #[serde(deserialize_with = "numeric_date")]
    pub exp: Timestamp,
    #[serde(default, deserialize_with = "optional_numeric_date")]
    nbf: Option<Timestamp>,
    #[serde(default, deserialize_with = "optional_numeric_date")]
    iat: Option<Timestamp>,
    jti: Option<String>,
    /// The current actor (RFC 8693 §4.1).
    pub act: Option<Value>,
    /// Who may act for the subject (RFC 8693 §4.4).
    pub may_act: Option<Value>,
}

impl AssertionClaims {
    /// Whether `aud` is one text, and no list.
    pub fn has_one_audience(&self) -> bool {
        self.aud.is_string()
    }
}

/// An instant as other servers write it: a number of seconds since 1970-01-01T00:00:00Z, which may have parts of a second
/// (NumericDate, RFC 7519 §2). The parts are dropped, and a number that is too large means [`Timestamp::MAX`].
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "Number")]
struct NumericDate(Timestamp);

impl TryFrom<Number> for NumericDate {
    type Error = &'static str;

    fn try_from(number: Number) -> Result<Self, &'static str> {
        let seconds = number.as_f64().filter(|seconds| *seconds >= 0.0).ok_or("not a time")?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the cast drops the parts and stops at the largest number"
        )]
        let seconds = seconds as i64;
        Ok(Self(Timestamp::from_unix(seconds)))
    }
}

fn numeric_date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    NumericDate::deserialize(deserializer).map(|date| date.0)
}

/// Reads an instant as other servers write it; `None` if it is `null`.
pub(in crate::oauth) fn optional_numeric_date<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    Ok(Option::<NumericDate>::deserialize(deserializer)?.map(|date| date.0))
}

/// The instant in a claim that other servers or clients wrote (NumericDate, RFC 7519 §2). `None` if the claim is no time.
pub fn instant(claim: &Value) -> Option<Timestamp> {
    NumericDate::deserialize(claim).ok().map(|date| date.0)
}

/// A kind of assertion: its name in descriptions, and the reasons of its refusals.
#[derive(Clone, Copy, Debug)]
pub struct AssertionKind {
    pub name: &'static str,
    pub claims: Reason,
    pub audience: Reason,
    pub times: Reason,
    /// The time of the assertion is over.
    pub expired: Reason,
}

/// What an assertion may have as its audience.
#[derive(Clone, Copy, Debug)]
pub struct AcceptedAudiences<'a> {
    pub issuer: &'a str,
    /// URLs of endpoints, for libraries that use them.
    pub endpoints: &'a [String],
}

impl AssertionKind {
    /// Parses the claims of an already verified assertion (RFC 7523 §3).
    ///
    /// # Errors
    /// If a required claim is missing or has the wrong form, or a name in it holds control characters.
    pub fn read(&self, claims: Value) -> Result<AssertionClaims, OAuthError> {
        let claims: AssertionClaims = serde_json::from_value(claims).map_err(|_| {
            let what =
                "lacks iss, sub, aud or exp, or has a claim in another form; times are seconds since 1970";
            self.refuse(self.claims, what)
        })?;
        let texts = [Some(&claims.iss), Some(&claims.sub), claims.jti.as_ref()];
        if texts.into_iter().flatten().any(|text| text.chars().any(char::is_control)) {
            return Err(self.refuse(self.claims, "has control characters in iss, sub or jti"));
        }
        Ok(claims)
    }

    /// Checks that an assertion is addressed to this server and valid at `now` (RFC 7523 §3). Returns the time until
    /// which its use must be remembered.
    ///
    /// # Errors
    /// If the audience is wrong, or the assertion has expired, is not valid yet, or is valid for too long.
    pub fn check(
        &self,
        claims: &AssertionClaims,
        accepted: AcceptedAudiences<'_>,
        now: Timestamp,
    ) -> Result<Timestamp, OAuthError> {
        self.check_audience(&claims.aud, accepted)?;
        if claims.exp <= now - SKEW {
            let detail = Detail::at(DetailSubject::Expiry, claims.exp, now).by(now - claims.exp);
            return Err(self.refuse(self.expired, "has expired").with(detail));
        }
        if claims.exp > now + MAX_LIFETIME + SKEW {
            let detail = Detail::at(DetailSubject::Expiry, claims.exp, now).by(claims.exp - now);
            return Err(self
                .refuse(self.times, "lives for more than an hour; give it a minute")
                .with(detail));
        }
        if let Some(begin) = claims.nbf.into_iter().chain(claims.iat).find(|begin| *begin > now + SKEW) {
            let detail = Detail::at(DetailSubject::Begin, begin, now).by(begin - now);
            return Err(self.refuse(self.times, "begins in the future; compare the clocks").with(detail));
        }
        Ok(claims.exp + SKEW)
    }

    /// The `jti` of an assertion that may be used only once (RFC 7523 §3).
    ///
    /// # Errors
    /// If it is missing, empty or too long.
    pub fn id(&self, claims: &AssertionClaims) -> Result<String, OAuthError> {
        match &claims.jti {
            Some(id) if !id.is_empty() && id.len() <= MAX_ID_LENGTH => Ok(id.clone()),
            _ => Err(self.refuse(self.claims, "needs a jti of 1 to 256 bytes, a new one each time")),
        }
    }

    /// Makes a refusal; `what` continues the sentence after the name of the assertion.
    pub fn refuse(&self, reason: Reason, what: &str) -> OAuthError {
        reason.because(format!("{} {what}", self.name))
    }

    /// The audience must be the only one, so that no other server that is listed with this one can use the assertion here
    /// (CVE-2025-27370). It may be in a list (RFC 7519 §4.1.3).
    fn check_audience(
        &self,
        aud: &Value,
        AcceptedAudiences { issuer, endpoints }: AcceptedAudiences<'_>,
    ) -> Result<(), OAuthError> {
        let only = match aud {
            Value::Array(list) => list.first().filter(|_| list.len() == 1),
            aud => Some(aud),
        };
        let Some(aud) = only.and_then(Value::as_str) else {
            let detail = Detail::of(DetailSubject::Audience).came(&aud.to_string()).registered([issuer]);
            let what = "must have the issuer as its aud, and nothing else";
            return Err(self.refuse(self.audience, what).with(detail));
        };
        if aud == issuer || endpoints.iter().any(|endpoint| endpoint == aud) {
            return Ok(());
        }
        let what = format!("is for {}, and not for the issuer {}", quoted(aud), quoted(issuer));
        let detail = Detail::of(DetailSubject::Audience).came(aud).registered([issuer]);
        Err(self.refuse(self.audience, &what).with(detail))
    }
}
