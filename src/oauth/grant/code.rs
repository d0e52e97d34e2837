//! Authorization codes: when a code may be exchanged for tokens (RFC 6749 §4.1.3).

use crate::clock::{Seconds, Timestamp};
use crate::oauth::detail::{Detail, DetailSubject};
use crate::oauth::error::OAuthError;
use crate::oauth::grant::Grant;
use crate::oauth::reason::Reason;
use crate::oauth::request::pkce::{self, Challenge};
use crate::oauth::token::binding::Binding;

/// The longest lifetime that the configuration may give a code.
pub const LONGEST_LIFETIME: Seconds = Seconds::new(60);
/// How far the clocks of two nodes may be apart. A code that ends later than that allows is from before the clock was set
/// back.
pub const SKEW: Seconds = Seconds::new(60);

/// An issued code; the code itself is stored only as a hash.
#[derive(Clone, Debug)]
pub struct Code {
    /// Everything that is issued from this code belongs to this grant. The code is bound to the key of the grant (RFC 9449
    /// §10).
    pub grant: Grant,
    pub redirect_uri: String,
    pub challenge: Option<Challenge>,
    pub nonce: Option<String>,
    pub expires_at: Timestamp,
}

/// The parameters of the token request that must match the code.
#[derive(Clone, Debug)]
pub struct Redemption {
    pub redirect_uri: Option<String>,
    /// Whether the redirect URI may be missing. A code without a challenge needs it in any case: nothing else binds the code
    /// to the request that it was issued for.
    pub may_omit_redirect_uri: bool,
    pub verifier: Option<String>,
}

/// Checks a code that its own client has just consumed (RFC 6749 §4.1.3, RFC 7636 §4.6, RFC 9449 §10). `proven`: all that
/// the request proves.
///
/// The code is consumed before these checks, so the client cannot try a second verifier.
///
/// # Errors
/// If the code has expired or its expiry is impossibly late, or the redirect URI, the verifier or the key does not match.
pub fn redeem(
    code: &Code,
    redemption: &Redemption,
    proven: [Option<&Binding>; 2],
    now: Timestamp,
) -> Result<(), OAuthError> {
    if now >= code.expires_at || code.expires_at - now > LONGEST_LIFETIME + SKEW {
        let late = if now >= code.expires_at { now - code.expires_at } else { code.expires_at - now };
        let detail = Detail::of(DetailSubject::CodeExpiry).came(&code.expires_at.iso());
        return Err(Reason::CodeExpired
            .because("the code has expired; codes are redeemed at once")
            .with(detail.registered([now.iso().as_str()]).by(late)));
    }
    match redemption.redirect_uri.as_deref() {
        Some(uri) if uri == code.redirect_uri => {}
        Some(uri) => {
            let detail = Detail::of(DetailSubject::RedirectUri).came(uri);
            return Err(Reason::CodeRedirectUri
                .because("the redirect_uri is not the one of the authorization request")
                .with(detail.registered([code.redirect_uri.as_str()])));
        }
        None if redemption.may_omit_redirect_uri && code.challenge.is_some() => {}
        None => {
            let detail = Detail::of(DetailSubject::RedirectUri);
            return Err(Reason::CodeRedirectUri
                .because("the parameter redirect_uri is missing; send the one of the authorization request")
                .with(detail.registered([code.redirect_uri.as_str()])));
        }
    }
    pkce::verify(code.challenge.as_ref(), redemption.verifier.as_deref())?;
    Binding::check(code.grant.binding.as_ref(), proven, "code")
}
