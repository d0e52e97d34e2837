//! Proof Key for Code Exchange, S256 only (RFC 7636).

use aws_lc_rs::{constant_time, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::oauth::client::Client;
use crate::oauth::client::demand::{Demanded, Demands};
use crate::oauth::detail::{Detail, DetailSubject};
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;

/// BASE64URL(SHA256(verifier)): 43 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge(String);

impl Challenge {
    /// The challenge of an authorization request (RFC 7636 §4.3); `None` if the request has no challenge
    /// and the policy allows that.
    ///
    /// # Errors
    /// If it is required and missing, malformed, or its method is not S256.
    pub fn from_request(
        client: &Client,
        server: &Demands,
        params: &Params,
    ) -> Result<Option<Self>, OAuthError> {
        let method = params.one("code_challenge_method")?;
        let Some(challenge) = params.one("code_challenge")? else {
            let missing = Detail::of(DetailSubject::CodeChallenge);
            if let Some(method) = method {
                return Err(Reason::ChallengeMissing
                    .because("the parameter code_challenge_method came without the parameter code_challenge")
                    .with(missing.differs("code_challenge_method", method)));
            }
            if client.must(Demanded::Pkce, server) {
                return Err(Reason::ChallengeMissing
                    .because("the parameter code_challenge is missing; this client must use PKCE with S256")
                    .with(missing));
            }
            return Ok(None);
        };
        if method != Some("S256") {
            let detail = Detail::of(DetailSubject::CodeChallengeMethod).registered(["S256"]);
            let detail = method.map_or(detail.clone(), |method| detail.came(method));
            return Err(Reason::ChallengeMethod
                .because("the parameter code_challenge_method must be S256")
                .with(detail));
        }
        let is_sha256 = URL_SAFE_NO_PAD.decode(challenge).is_ok_and(|bytes| bytes.len() == 32);
        if !is_sha256 {
            return Err(Reason::ChallengeMalformed
                .because("the parameter code_challenge must be 43 characters of base64url"));
        }
        Ok(Some(Self(challenge.to_owned())))
    }

    /// Reads a challenge that was checked before it was stored.
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The challenge as it was sent: 43 characters of base64url.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The verifier of a token request (RFC 7636 §4.5); `None` if the request has no verifier.
///
/// # Errors
/// If the verifier is repeated or malformed.
pub fn verifier(params: &Params) -> Result<Option<&str>, OAuthError> {
    let Some(verifier) = params.one("code_verifier")? else { return Ok(None) };
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(unreserved) {
        return Err(Reason::VerifierMalformed
            .because("the parameter code_verifier must have 43 to 128 characters from A-Z a-z 0-9 - . _ ~"));
    }
    Ok(Some(verifier))
}

/// Checks that the verifier matches the stored challenge, or that both are absent (RFC 7636 §4.6).
///
/// # Errors
/// If they do not match, or only one of them is present.
pub fn verify(challenge: Option<&Challenge>, verifier: Option<&str>) -> Result<(), OAuthError> {
    match (challenge, verifier) {
        (None, None) => Ok(()),
        (None, Some(_)) => {
            Err(Reason::VerifierUnexpected.because("the code was asked for without a code_challenge"))
        }
        (Some(_), None) => Err(Reason::VerifierMissing
            .because("the parameter code_verifier is missing")
            .with(Detail::of(DetailSubject::CodeVerifier))),
        (Some(challenge), Some(verifier)) => {
            let digest = digest::digest(&digest::SHA256, verifier.as_bytes());
            let computed = URL_SAFE_NO_PAD.encode(digest);
            constant_time::verify_slices_are_equal(challenge.0.as_bytes(), computed.as_bytes()).map_err(
                |_| Reason::VerifierMismatch.because("the code_verifier does not match the code_challenge"),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::client::{ClientKind, Demand, example};

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn request(text: &str, kind: ClientKind, pkce: Demand) -> Result<Option<Challenge>, Reason> {
        let params = Params::parse(text.as_bytes()).unwrap();
        let server = Demands { pkce, ..Demands::NOTHING };
        Challenge::from_request(&example(kind), &server, &params).map_err(|error| error.reason)
    }

    #[test]
    fn the_example_of_rfc_7636_verifies() {
        let challenge = Challenge::from_stored(CHALLENGE);
        assert_eq!(verify(Some(&challenge), Some(VERIFIER)), Ok(()));
        assert_eq!(verify(Some(&challenge), Some(CHALLENGE)).unwrap_err().reason, Reason::VerifierMismatch);
    }

    #[test]
    fn a_challenge_binds_and_a_verifier_alone_is_refused() {
        let challenge = Challenge::from_stored(CHALLENGE);
        assert_eq!(verify(Some(&challenge), None).unwrap_err().reason, Reason::VerifierMissing);
        assert_eq!(verify(None, Some(VERIFIER)).unwrap_err().reason, Reason::VerifierUnexpected);
        assert_eq!(verify(None, None), Ok(()));
    }

    #[test]
    fn public_clients_always_need_a_challenge() {
        assert_eq!(request("", ClientKind::Spa, Demand::Off), Err(Reason::ChallengeMissing));
        assert_eq!(request("", ClientKind::Web, Demand::Require), Err(Reason::ChallengeMissing));
        assert_eq!(request("", ClientKind::Web, Demand::Report), Ok(None));
    }

    #[test]
    fn plain_short_and_padded_challenges_are_refused() {
        let required = |text: &str| request(text, ClientKind::Web, Demand::Require);
        let plain = format!("code_challenge={VERIFIER}&code_challenge_method=plain");
        assert_eq!(required(&plain), Err(Reason::ChallengeMethod));
        assert_eq!(required(&format!("code_challenge={CHALLENGE}")), Err(Reason::ChallengeMethod));
        for bad in ["x", &CHALLENGE[1..], &format!("{CHALLENGE}%3D"), &"A".repeat(129)] {
            let text = format!("code_challenge={bad}&code_challenge_method=S256");
            assert_eq!(required(&text), Err(Reason::ChallengeMalformed), "{bad}");
        }
    }

    #[test]
    fn verifiers_have_43_to_128_characters() {
        for (length, fits) in [(42, false), (43, true), (128, true), (129, false)] {
            let text = format!("code_verifier={}", "a".repeat(length));
            assert_eq!(verifier(&Params::parse(text.as_bytes()).unwrap()).is_ok(), fits, "{length}");
        }
    }
}
