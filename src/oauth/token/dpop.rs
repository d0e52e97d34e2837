//! DPoP proofs: whether one is good for the request that it came with (RFC 9449 §4.3).

use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::clock::{Seconds, Timestamp};
use crate::oauth::detail::{Detail, DetailSubject};
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;
use crate::oauth::token::binding::Binding;
use crate::oauth::token::http_uri;
use crate::oauth::word::word;

/// The algorithms of proofs. All are asymmetric (RFC 9449 §11.6). `Ed25519` is the new name of what `EdDSA` was mostly used
/// for (RFC 9864 §2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
pub enum ProofAlgorithm {
    #[strum(serialize = "ES256")]
    Es256,
    #[strum(serialize = "ES384")]
    Es384,
    #[strum(serialize = "PS256")]
    Ps256,
    #[strum(serialize = "RS256")]
    Rs256,
    #[strum(serialize = "EdDSA")]
    EdDsa,
    #[strum(serialize = "Ed25519")]
    Ed25519,
}

word!(ProofAlgorithm);

/// A proof that its own key has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DpopProof {
    pub algorithm: ProofAlgorithm,
    /// The thumbprint of the key (RFC 7638).
    pub thumbprint: String,
    /// `jti`.
    pub id: String,
    /// `htm`.
    pub method: String,
    /// `htu`.
    pub url: String,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp` and `nbf`, which a proof may have (RFC 7519 §4.1).
    pub ends_at: Option<Timestamp>,
    pub begins_at: Option<Timestamp>,
    /// `ath`.
    pub token_hash: Option<String>,
    pub nonce: Option<String>,
}

/// The request that a proof came with.
#[derive(Clone, Copy, Debug)]
pub struct ProvenRequest<'a> {
    pub method: &'a str,
    /// The addresses that the request may have been sent to, from the configuration, without a query. There are several only
    /// where it cannot be known.
    pub urls: &'a [&'a str],
    /// The SHA-256 of the access token in the request, in base64url. `None` if the request has no access token.
    pub token_hash: Option<&'a str>,
    pub now: Timestamp,
}

/// When a proof may have been signed, by this server's clock.
#[derive(Clone, Copy, Debug)]
pub struct ProofTimes {
    /// For how long a proof can be used.
    pub max_age: Seconds,
    /// How far ahead the sender's clock may be.
    pub max_ahead: Seconds,
}

/// How far the clocks of two nodes may be apart.
const SKEW: Seconds = Seconds::new(60);

impl DpopProof {
    /// What the tokens are bound to that are issued for this proof.
    pub fn binding(&self) -> Binding {
        Binding::DpopKey(self.thumbprint.clone())
    }

    /// Until when the use of the proof must be remembered: until no node accepts it any more.
    pub fn remembered_until(&self, times: ProofTimes) -> Timestamp {
        self.issued_at + times.max_age + SKEW
    }

    /// Checks that the proof is for this request, and was signed just now (RFC 9449 §4.3). Its signature, its nonce and
    /// whether it was used before are checked elsewhere.
    ///
    /// # Errors
    /// If the proof is for another method, address or access token, or its time is not now.
    pub fn check(&self, request: ProvenRequest<'_>, times: ProofTimes) -> Result<(), OAuthError> {
        if self.method != request.method {
            let detail =
                Detail::of(DetailSubject::ProofMethod).came(&self.method).registered([request.method]);
            return Err(Reason::DpopMethod
                .because(format!("the htm of the DPoP proof is not {}", request.method))
                .with(detail));
        }
        if !request.urls.iter().any(|url| http_uri::is_same(&self.url, url)) {
            let detail = Detail::of(DetailSubject::ProofUrl).came(&self.url);
            return Err(Reason::DpopUrl
                .because(
                    "the htu of the DPoP proof is not the address that this request was sent to, as the metadata has it",
                )
                .with(detail.registered(request.urls.iter().copied())));
        }
        self.check_time(request.now, times)?;
        match (request.token_hash, self.token_hash.as_deref()) {
            (None, _) => Ok(()),
            (Some(hash), Some(proven)) if hash == proven => Ok(()),
            (Some(_), None) => {
                Err(Reason::DpopToken
                    .because("the DPoP proof has no ath, which it needs beside an access token"))
            }
            (Some(_), Some(_)) => {
                Err(Reason::DpopToken
                    .because("the ath of the DPoP proof is not the hash of the access token"))
            }
        }
    }

    fn check_time(&self, now: Timestamp, times: ProofTimes) -> Result<(), OAuthError> {
        let (late, early) = (now - self.issued_at, self.issued_at - now);
        let too_early = |begin: &Timestamp| *begin - now > times.max_ahead;
        let ended = self.ends_at.filter(|end| *end <= now);
        let not_begun = self.begins_at.filter(too_early);
        let (at, by, what) = match (ended, not_begun) {
            _ if late > times.max_age => (self.issued_at, late, "was signed too long ago"),
            _ if early > times.max_ahead => (self.issued_at, early, "was signed in the future"),
            (Some(end), _) => (end, now - end, "has ended, as its exp says"),
            (None, Some(begin)) => (begin, begin - now, "begins in the future, as its nbf says"),
            (None, None) => return Ok(()),
        };
        let subject = if at <= now { DetailSubject::ProofAge } else { DetailSubject::ProofBegin };
        let detail = Detail::of(subject).came(&at.iso()).registered([now.iso().as_str()]).by(by);
        Err(Reason::DpopTime.because(format!("the DPoP proof {what}; compare the clocks")).with(detail))
    }
}

/// For how many seconds the server gives out the same nonce.
const NONCE_STEP: i64 = 300;

/// The numbers of the nonces that are accepted at `now`, the one to give out first. A nonce is good for five to ten
/// minutes, and that of a node whose clock is ahead is known, too (RFC 9449 §8).
pub fn nonce_numbers(now: Timestamp) -> [i64; 3] {
    let number = now.as_unix().div_euclid(NONCE_STEP);
    let next = (now + SKEW).as_unix().div_euclid(NONCE_STEP);
    [number, number - 1, next]
}

/// The longest thumbprint of SHA-256 in base64url.
const THUMBPRINT_LENGTH: usize = 43;

/// The binding of a code by the parameter `dpop_jkt` (RFC 9449 §10). `None` if the request does not have it.
///
/// # Errors
/// If it is not a SHA-256 thumbprint in base64url.
pub fn requested_key(thumbprint: Option<&str>) -> Result<Option<Binding>, OAuthError> {
    let Some(text) = thumbprint else { return Ok(None) };
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    match text.len() == THUMBPRINT_LENGTH && text.bytes().all(is_base64url) {
        true => Ok(Some(Binding::DpopKey(text.to_owned()))),
        false => Err(Reason::DpopJktMalformed.because(
            "the parameter dpop_jkt is not a SHA-256 thumbprint of a key: 43 characters of base64url",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN_ENDPOINT: &str = "https://server.example.com/token";
    const TIMES: ProofTimes = ProofTimes { max_age: Seconds::new(60), max_ahead: Seconds::new(10) };

    fn proof() -> DpopProof {
        DpopProof {
            algorithm: ProofAlgorithm::Es256,
            thumbprint: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I".into(),
            id: "-BwC3ESc6acc2lTc".into(),
            method: "POST".into(),
            url: TOKEN_ENDPOINT.into(),
            issued_at: Timestamp::from_unix(1000),
            ends_at: None,
            begins_at: None,
            token_hash: None,
            nonce: None,
        }
    }

    fn checked(proof: &DpopProof, token_hash: Option<&str>, now: i64) -> Result<(), Reason> {
        let now = Timestamp::from_unix(now);
        let request = ProvenRequest { method: "POST", urls: &[TOKEN_ENDPOINT], token_hash, now };
        proof.check(request, TIMES).map_err(|error| error.reason)
    }

    #[test]
    fn a_proof_is_for_one_method_one_address_and_one_token() {
        let good = proof();
        assert_eq!(checked(&good, None, 1000), Ok(()));
        for method in ["GET", "post", "Post", "", "POST "] {
            let other = DpopProof { method: method.into(), ..good.clone() };
            assert_eq!(checked(&other, None, 1000), Err(Reason::DpopMethod), "{method}");
        }
        let other = DpopProof { url: "https://server.example.com/par".into(), ..good.clone() };
        assert_eq!(checked(&other, None, 1000), Err(Reason::DpopUrl));
        let with = |hash: &str| DpopProof { token_hash: Some(hash.into()), ..good.clone() };
        assert_eq!(checked(&good, Some("hash"), 1000), Err(Reason::DpopToken));
        assert_eq!(checked(&with("other"), Some("hash"), 1000), Err(Reason::DpopToken));
        assert_eq!(checked(&with(""), Some("hash"), 1000), Err(Reason::DpopToken));
        assert_eq!(checked(&with("hash"), Some("hash"), 1000), Ok(()));
    }

    #[test]
    fn a_proof_can_be_used_for_a_minute_and_its_clock_may_be_ten_seconds_ahead() {
        for (now, is_good) in
            [(1060, true), (1061, false), (990, true), (989, false), (0, false), (9000, false)]
        {
            assert_eq!(checked(&proof(), None, now).is_ok(), is_good, "{now}");
        }
        let far = DpopProof { issued_at: Timestamp::MAX, ..proof() };
        assert_eq!(checked(&far, None, 1000), Err(Reason::DpopTime));
        let request = ProvenRequest {
            method: "POST",
            urls: &[TOKEN_ENDPOINT],
            token_hash: None,
            now: Timestamp::from_unix(1075),
        };
        let detail = proof().check(request, TIMES).unwrap_err().detail.unwrap();
        assert_eq!((detail.subject, detail.seconds), (DetailSubject::ProofAge, Some(Seconds::new(75))));
    }

    #[test]
    fn a_proof_with_an_end_or_a_begin_is_good_between_them() {
        let at = |seconds: i64| Some(Timestamp::from_unix(seconds));
        for (ends_at, begins_at, is_good) in [
            (at(1011), None, true),
            (at(1010), None, false),
            (at(0), None, false),
            (None, at(1000), true),
            (None, at(1020), true),
            (None, at(1021), false),
            (at(1060), at(990), true),
            (at(1060), at(9000), false),
        ] {
            let bounded = DpopProof { ends_at, begins_at, ..proof() };
            let expected = if is_good { Ok(()) } else { Err(Reason::DpopTime) };
            assert_eq!(checked(&bounded, None, 1010), expected, "{ends_at:?} {begins_at:?}");
        }
    }

    #[test]
    fn a_nonce_is_good_for_five_to_ten_minutes() {
        let given = |at: i64| nonce_numbers(Timestamp::from_unix(at))[0];
        let is_accepted = |nonce, at: i64| nonce_numbers(Timestamp::from_unix(at)).contains(&nonce);
        for begin in 3000..3300 {
            let nonce = given(begin);
            assert!((begin..=begin + 300).all(|at| is_accepted(nonce, at)), "{begin}");
            assert!(!is_accepted(nonce, begin + 601) && !is_accepted(nonce, begin + 86_400), "{begin}");
            assert!(is_accepted(nonce, begin - 60), "another node gave it, whose clock is ahead");
        }
    }

    #[test]
    fn a_key_is_requested_by_its_thumbprint() {
        let thumbprint = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
        assert_eq!(requested_key(None), Ok(None));
        assert_eq!(requested_key(Some(thumbprint)), Ok(Some(Binding::DpopKey(thumbprint.into()))));
        for wrong in ["x", &thumbprint[1..], &format!("{thumbprint}A"), &thumbprint.replace('-', "+")] {
            assert!(requested_key(Some(wrong)).is_err(), "{wrong}");
        }
    }
}
